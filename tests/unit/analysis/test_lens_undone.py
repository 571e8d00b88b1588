"""A client near the edge of a wide webcam's picture: what the lens does to the angle, and that a profile undoes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recordings import each_look, recorded
from stick_figure import MIDDLE_OF_HIPS_PX, repetitions_deg

from rom_tracker.analysis import lens, observation
from rom_tracker.analysis.comparison import compare
from rom_tracker.analysis.lens import unknown_lens_deg, with_lens
from rom_tracker.analysis.measuring import measure, measure_poses
from rom_tracker.analysis.uncertainty import UNKNOWN_LENS
from rom_tracker.capture import RecordingInfo
from rom_tracker.capture.lens import LensProfile
from rom_tracker.capture.recording import write_sidecar
from rom_tracker.errors import CalibrationError
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.hand import HandSequence
from rom_tracker.pose.head import FaceSequence
from rom_tracker.pose.lens import undistorted, undistorted_mesh
from rom_tracker.pose.sequence import PosePasses

SIZE = (1280, 720)
WIDE = LensProfile.from_field(88.0, -0.11, SIZE, "camera 0")
PEAK_DEG = 110.0
TIME_S, ANGLES_DEG = repetitions_deg([PEAK_DEG] * 3)


def filmed(hips_px: tuple[float, float] = (150.0, 420.0)) -> PosePasses:
    """Knee flexion where the wide lens puts it; ``hips_px`` is where the hips were without the lens."""
    true = recorded("knee_flexion", "right", ANGLES_DEG, TIME_S).passes
    place = np.array(hips_px) - MIDDLE_OF_HIPS_PX
    return each_look(true, lambda look: replace(look, xy=WIDE.distorted(look.xy + place), image_size=SIZE))


def test_a_profile_takes_the_error_away():
    movement = load_catalogue()["knee_flexion"]
    without = measure_poses(filmed(), movement, "right")
    undone = measure_poses(undistorted(filmed(), WIDE), movement, "right")
    assert abs(without.peak_deg - PEAK_DEG) > 5
    assert undone.peak_deg == pytest.approx(PEAK_DEG, abs=0.5)
    assert undone.lens == WIDE
    assert not undone.angles.out_of_picture.any()


def test_the_note_states_the_error_that_was_made():
    movement = load_catalogue()["knee_flexion"]
    without = measure_poses(filmed(), movement, "right")
    (note,) = [flag for flag in with_lens(without).flags if flag not in without.flags]
    assert (note.code, note.severity) == ("lens_unknown", "note")
    cost = max(abs(without.peak_deg - PEAK_DEG), abs(without.rom_deg - PEAK_DEG))
    assert float(note.message.split("about ")[1].split(" ")[0]) == pytest.approx(cost, abs=0.7)
    middle = measure_poses(filmed((640.0, 360.0)), movement, "right")
    assert with_lens(middle).flags == middle.flags
    terms = [{t.source: t.sd_deg for t in with_lens(each).budget.terms}[UNKNOWN_LENS] for each in (middle, without)]
    assert 0 < terms[0] < 0.6 < terms[1]


def test_a_long_recording_is_told_part_by_part(monkeypatch):
    found = measure_poses(filmed(), load_catalogue()["knee_flexion"], "right")
    at_once = unknown_lens_deg(found)
    monkeypatch.setattr(lens, "FRAMES_AT_ONCE", len(TIME_S) // 3)
    assert at_once is not None
    assert at_once > 1
    assert unknown_lens_deg(found) == pytest.approx(at_once, abs=0.1)


def test_points_as_filmed_are_kept():
    passes = filmed()
    undone = undistorted(passes, WIDE)
    assert undone.as_filmed.filmed_xy == pytest.approx(passes.as_filmed.xy, abs=0.01)
    assert undone.as_filmed.xy.dtype == passes.as_filmed.xy.dtype
    assert undistorted(passes, None) is passes
    with pytest.raises(ValueError, match="already"):
        undistorted(undone, WIDE)


def test_hands_and_faces_keep_their_depth():
    rng = np.random.default_rng(0)
    time_s = np.arange(5) / 10
    xyz = rng.uniform(0, 700, (2, 5, 21, 3)).astype(np.float32)
    hands = HandSequence(time_s, xyz, xyz / 1000, np.ones((2, 5), dtype=bool))
    moved = undistorted_mesh(hands, WIDE)
    assert moved.xyz[..., :2] == pytest.approx(WIDE.undistorted(xyz[..., :2]), abs=1e-3)
    assert np.array_equal(moved.xyz[..., 2], xyz[..., 2])
    assert moved.world is hands.world
    faces = FaceSequence(time_s, xyz)
    assert undistorted_mesh(faces, None) is faces
    assert undistorted_mesh(faces, WIDE).xyz == pytest.approx(moved.xyz)


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording with the sidecar of camera 0, in which the filmed client is found."""
    from rom_tracker.capture import TimedVideoWriter

    monkeypatch.setenv("ROM_TRACKER_DATA", str(tmp_path / "data"))
    path = tmp_path / "knee.webm"
    with TimedVideoWriter(path, SIZE) as video:
        video.write(np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8), 0.0)
    write_sidecar(path, RecordingInfo("", "knee_flexion", "right", "before", camera="camera 0"))
    monkeypatch.setattr(observation, "poses_of", lambda *args, **options: filmed())
    return path


def test_measure_finds_the_profile_by_itself(recording):
    without = measure(recording, "knee_flexion", "right")
    assert without.as_dict()["method"]["lens"] is None
    assert "lens_unknown" in [flag.code for flag in without.flags]
    WIDE.save()
    found = measure(recording, "knee_flexion", "right")
    assert found.peak_deg - found.offset_deg == pytest.approx(PEAK_DEG, abs=0.5)
    said = found.as_dict()["method"]["lens"]
    assert (said["camera"], said["field_deg"], said["k1"]) == ("camera 0", 88.0, -0.11)
    assert "lens_undone" in [flag.code for flag in found.flags]
    assert "different_lens" in [flag.code for flag in compare(without, found).flags]
    assert "different_lens" not in [flag.code for flag in compare(found, found).flags]


def test_measure_takes_a_profile_of_another_resolution(recording):
    found = measure(recording, "knee_flexion", "right", lens=WIDE.scaled((640, 360)))
    assert found.peak_deg - found.offset_deg == pytest.approx(PEAK_DEG, abs=0.5)
    with pytest.raises(CalibrationError, match="another shape of picture"):
        measure(recording, "knee_flexion", "right", lens=LensProfile.from_field(60, 0.0, (640, 480)))
