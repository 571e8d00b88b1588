"""What the measuring process is asked for: a recording of a known camera is measured through its lens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rom_tracker.app.measuring import measured
from rom_tracker.capture import Part, VideoFile
from rom_tracker.capture.lens import LensProfile
from rom_tracker.errors import CalibrationError, UsageError

CLIP = Path(__file__).parents[2] / "sample_videos" / "elbow_flexion_pre.mp4"
CAMERA = "HD Webcam: C920 (046d:082d)"


@pytest.fixture(autouse=True)
def lens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LensProfile:
    """The kept profile of a wide camera, at the resolution of the clip."""
    monkeypatch.setenv("ROM_TRACKER_DATA", str(tmp_path))
    found = LensProfile.from_field(88.0, -0.11, VideoFile(CLIP).size, CAMERA)
    found.save()
    return found


def nothing(done_s: float, all_s: float | None) -> None:
    pass


def measured_with(camera: str, part: Part | None = None):
    return measured(CLIP, "elbow_flexion", "left", None, part, camera, None, nothing)


def test_the_lens_of_the_camera_that_recorded_is_undone(lens: LensProfile) -> None:
    found = measured_with(CAMERA)
    assert found.lens == lens
    assert "lens_undone" in [flag.code for flag in found.flags]
    assert found.peak_deg != measured_with("").peak_deg


@pytest.mark.parametrize("camera", ["", "another camera", CAMERA.lower()])
def test_of_another_camera_no_lens_is_known(camera: str) -> None:
    assert measured_with(camera).lens is None


def test_a_profile_at_another_resolution_is_not_taken(lens: LensProfile) -> None:
    for path in Path(lens.save()).parent.iterdir():
        path.unlink()
    width, height = lens.size
    replace(lens, size=(2 * width, 2 * height)).save()
    assert measured_with(CAMERA).lens is None


def test_a_damaged_profile_is_told(lens: LensProfile) -> None:
    lens.save().write_text("{}")
    with pytest.raises(CalibrationError, match="is not a lens profile"):
        measured_with(CAMERA)


def test_a_part_alone_is_measured_and_one_beyond_the_end_told() -> None:
    assert len(measured_with("", Part(0.0, 3.1)).repetitions.scored) == 1
    with pytest.raises(UsageError, match=r"6\.1 s long, got 4\.0 to 9\.0 s"):
        measured_with("", Part(4.0, 9.0))
