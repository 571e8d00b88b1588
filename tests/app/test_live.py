"""The live view on a clip of known angles, picture by picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from rom_tracker.app.live import LiveReader, Looked
from rom_tracker.app.live_checks import SetUp, compared
from rom_tracker.capture import VideoFile
from rom_tracker.i18n import translator
from rom_tracker.movements import load_catalogue

CLIP = Path(__file__).parents[2] / "sample_videos" / "elbow_flexion_pre.mp4"
TRUE_PEAKS_DEG = (119.1, 119.9)


def looks(movement: str, side: str, phase: str, *, every: int = 4, picture: object = None) -> Iterator[Looked]:
    reader = LiveReader(load_catalogue()[movement], side)  # type: ignore[arg-type]
    try:
        reader.begin(phase)  # type: ignore[arg-type]
        for frame in VideoFile(CLIP):
            if frame.index % every == 0:
                image = frame.image if picture is None else picture(frame.image)  # type: ignore[operator]
                yield reader.look(image, frame.time_s)
    finally:
        reader.close()


def test_repetitions_are_counted_and_the_angle_is_near_the_truth() -> None:
    found = list(looks("elbow_flexion", "left", "recording"))
    assert found[-1].repetitions == 2
    assert {one.phase for one in found} == {"recording"}
    counts = [one.repetitions for one in found]
    assert counts == sorted(counts)
    peak = max(one.angle_deg for one in found if one.angle_deg is not None)
    assert abs(peak - np.mean(TRUE_PEAKS_DEG)) < 12
    assert found[-1].resting


def advice(found: Looked) -> dict[str, bool]:
    return {check.key: check.ok for check in found.checks}


def last(found: Iterator[Looked], count: int = 6) -> Looked:
    kept = [next(found) for _ in range(count)]
    found.close()  # type: ignore[attr-defined]
    return kept[-1]


def test_a_good_set_up_has_all_ticks() -> None:
    found = last(looks("elbow_flexion", "left", "set-up"))
    assert all(advice(found).values()), found.checks
    assert len(advice(found)) == 8
    assert found.setup is not None


def test_the_wrong_side_is_told() -> None:
    assert not advice(last(looks("elbow_flexion", "right", "set-up")))["side"]


def test_darkness_is_told() -> None:
    dark = last(looks("elbow_flexion", "left", "set-up", picture=lambda image: (image * 0.25).astype(np.uint8)))
    assert not advice(dark).get("light", False)


def test_nobody_is_told() -> None:
    empty = last(looks("elbow_flexion", "left", "set-up", picture=lambda image: np.full_like(image, 128)))
    assert advice(empty) == {"person": False}
    assert empty.angle_deg is None


def test_a_tilted_camera_is_told() -> None:
    def tilted(image: np.ndarray) -> np.ndarray:
        height, width = image.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), 12, 1.0)
        return cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)

    found = last(looks("elbow_flexion", "left", "set-up", picture=tilted))
    (level,) = (check for check in found.checks if check.key == "level")
    assert not level.ok
    assert level.number == pytest.approx(12, abs=4)
    assert "12" in str(level.words(translator("de"))["advice"]) or not level.ok


def test_the_set_up_of_last_time_is_found_again() -> None:
    then = SetUp(trunk=0.26, x=0.5, y=0.55, yaw_deg=-85)
    assert all(check.ok for check in compared(then, then))
    moved = compared(replace(then, trunk=0.36, y=0.40, yaw_deg=-50), then)
    words = [str(check.words(translator())["advice"]) for check in moved]
    assert [check.ok for check in moved] == [False, False, False]
    assert "back" in words[0]
    assert "38 %" in words[0]
    assert "Raise" in words[1]
    assert "35 degrees" in words[2]
    assert compared(replace(then, yaw_deg=175), replace(then, yaw_deg=-175))[2].ok
