from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from boards import WIDE, Film, Image, Pose, card_sheet, filmed

from rom_tracker.calibration.card import picture_frame, read_card
from rom_tracker.capture.lens import LensProfile
from rom_tracker.errors import CalibrationError, UsageError

SHARP = LensProfile.from_field(88.0, -0.11, (1280, 720), "wide webcam")


@pytest.fixture(scope="module")
def card() -> Image:
    return card_sheet()


def shown(card: Image, pose: Pose, lens: LensProfile = WIDE) -> Film:
    return Film.of([filmed(card, pose, lens, noise=2, supersampled=2)], held=1)


@pytest.mark.parametrize("pose", [Pose(away_mm=420), Pose(away_mm=420, in_plane=35), Pose(at=(0.3, -0.2), away_mm=420)])
def test_printed_angles_are_read(card, pose):
    found = read_card(shown(card, pose), WIDE)
    assert [arm.printed_deg for arm in found.arms] == [45, 90, 120]
    for arm in found.arms:
        assert arm.measured_deg == pytest.approx(arm.printed_deg, abs=0.5)
    assert found.turned_deg < 3
    assert found.frames == 1


def test_near_the_edge_the_profile_takes_the_error_away(card):
    film = shown(card, Pose(at=(0.55, 0.2), away_mm=600), SHARP)
    without, undone = read_card(film), read_card(film, SHARP)
    assert max(abs(arm.error_deg) for arm in without.arms) > 2
    assert max(abs(arm.error_deg) for arm in undone.arms) < 0.5
    assert undone.arms[1].filmed_deg == without.arms[1].filmed_deg
    assert any("calibrate the lens first" in advice for advice in without.advice)
    assert undone.advice == ["Nothing to do: at this place in the picture the camera's own error is small."]


@pytest.mark.parametrize("roll_deg", [-4.0, 2.0])
def test_a_rolled_camera(card, roll_deg):
    """The card turned clockwise in the picture stands for a camera turned the other way."""
    found = read_card(shown(card, Pose(away_mm=420, in_plane=-roll_deg)), WIDE)
    assert found.roll_deg == pytest.approx(roll_deg, abs=0.3)
    way = "counter-clockwise" if roll_deg > 0 else "clockwise"
    assert any(f"turn the camera {way}," in advice for advice in found.advice)


@pytest.mark.parametrize("turn", [{"about_vertical": 20}, {"about_horizontal": -20}])
def test_a_turned_card(card, turn):
    found = read_card(shown(card, Pose(away_mm=420, **turn)), WIDE)
    assert found.turned_deg == pytest.approx(20, abs=2)
    assert found.roll_deg == pytest.approx(0, abs=0.5)
    for arm in found.arms:
        assert arm.measured_deg == pytest.approx(arm.turned_deg, abs=0.5)
    assert any("hold it square to the camera" in advice for advice in found.advice)


def test_a_card_far_away_is_too_small(card):
    assert "bring it nearer" in read_card(shown(card, Pose(away_mm=800)), WIDE).advice[0]


def test_the_median_of_a_recording(card):
    near = filmed(card, Pose(away_mm=420), WIDE)
    film = Film.of([np.full_like(near, 90), near, near, filmed(card, Pose(away_mm=420, in_plane=5), WIDE)], held=1)
    found = read_card(film, WIDE)
    assert found.frames == 3
    assert found.roll_deg == pytest.approx(0, abs=0.2)


def test_no_card(card):
    with pytest.raises(CalibrationError, match="not found in the picture: all five markers"):
        read_card(Film.of([np.full((360, 640, 3), 90, dtype=np.uint8)], held=1))
    mirrored = Film.of([np.ascontiguousarray(filmed(card, Pose(away_mm=420), WIDE)[:, ::-1])], held=2)
    with pytest.raises(CalibrationError, match="any of 2 pictures"):
        read_card(mirrored)


def test_a_profile_of_another_shape(card):
    with pytest.raises(CalibrationError, match="another shape of picture"):
        read_card(shown(card, Pose(away_mm=420)), LensProfile.from_field(60, 0, (640, 480)))


def test_picture_files(tmp_path: Path, card):
    cv2.imwrite(str(tmp_path / "card.png"), filmed(card, Pose(away_mm=420), WIDE))
    assert picture_frame(tmp_path / "card.png").image.shape == (360, 640, 3)
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty.png").touch()
    for name in ("text.png", "empty.png"):
        with pytest.raises(CalibrationError, match="not a picture"):
            picture_frame(tmp_path / name)
    with pytest.raises(UsageError, match="no file"):
        picture_frame(tmp_path / "none.png")
