"""A tracker that finds the trunk half way between where it was and where it is, as one does that seeks it where it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from stick_figure import stick_passes

from rom_tracker.capture import Frame
from rom_tracker.pose import mediapipe
from rom_tracker.pose.estimator import FrameLandmarks
from rom_tracker.pose.gaze import Looks
from rom_tracker.pose.mediapipe import AGAIN_STAMPS, MediaPipeEstimator
from rom_tracker.pose.trunk import TURNED_DEG

#: Trunk flexion in the frame whose picture has that value.
LEANS = stick_passes("trunk_flexion", "right", np.arange(91), np.arange(91) / 30).as_filmed


class Tracker:
    """What was found last."""

    found: float | None = None

    def close(self):
        pass


@pytest.fixture(autouse=True)
def no_model_file(monkeypatch):
    monkeypatch.setattr(mediapipe, "ensure_working_model", lambda key: Path("no file"))


class Leaning(MediaPipeEstimator):
    """Each look's tracker leans towards its last answer; a picture tells how far the trunk is bent, and 255 shows nobody."""

    def __enter__(self):
        self.asked: list[int] = []
        return super().__enter__()

    def _open(self, options):
        return Tracker()

    def _detect(self, landmarker, rgb, stamp):
        self.asked.append(stamp)
        bent = int(rgb[0, 0, 0])
        if bent == 255:
            return FrameLandmarks.nobody()
        landmarker.found = bent if landmarker.found is None else (bent + landmarker.found) / 2
        return FrameLandmarks(LEANS.xy[round(landmarker.found)], np.zeros((33, 3)), np.ones(33))

    def _unmirrored(self, found, width):
        return found


def frames(*bent: int):
    return [Frame(i, i / 4, np.full((4, 4, 3), b, dtype=np.uint8)) for i, b in enumerate(bent)]


def bent_deg(found: FrameLandmarks) -> float:
    return float(np.argmin(np.abs(LEANS.xy - found.xy).sum(axis=(1, 2))))


def test_a_trunk_that_stays_is_looked_at_once_and_one_that_turned_until_it_stays():
    with Leaning() as estimator:
        found = [estimator.look(frame, Looks.AS_FILMED)[Looks.AS_FILMED] for frame in frames(10, 12, 52)]
    assert [bent_deg(each) for each in found[:2]] == pytest.approx([10, 11], abs=1)
    assert bent_deg(found[2]) == pytest.approx(52, abs=TURNED_DEG)
    assert len(estimator.asked) == 2 + 3, "31.5, 41.75, and 46.9 degrees, which is near enough"
    assert (np.diff(estimator.asked) >= AGAIN_STAMPS).all()


def test_each_look_is_taken_again_on_its_own():
    with Leaning() as estimator:
        first, second, third = frames(10, 12, 52)
        estimator.look(first)
        estimator.look(second, Looks.AS_FILMED)
        found = estimator.look(third)
    assert [bent_deg(each) for each in found.values()] == pytest.approx([52, 52], abs=TURNED_DEG)


def test_nobody_is_not_looked_for_again():
    with Leaning() as estimator:
        for frame in frames(10, 255, 60):
            estimator.look(frame, Looks.AS_FILMED)
    assert len(estimator.asked) == 3


def test_a_recording_begins_without_what_the_one_before_showed():
    estimator = Leaning()
    for _ in range(2):
        with estimator:
            for frame in frames(10, 80):
                found = estimator.look(frame, Looks.AS_FILMED)[Looks.AS_FILMED]
                again = len(estimator.asked)
            assert bent_deg(found) == pytest.approx(80, abs=TURNED_DEG)
            assert again == 5
