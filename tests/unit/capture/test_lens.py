from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rom_tracker.capture import RecordingInfo
from rom_tracker.capture.lens import LensProfile, kept_profiles, lens_of, profile_path
from rom_tracker.capture.recording import write_sidecar
from rom_tracker.errors import CalibrationError, OutputError

SIZE = (1280, 720)
WIDE = LensProfile.from_field(88.0, -0.11, SIZE, "camera 0")
CROOKED = replace(
    WIDE, matrix=((700.0, 0.0, 655.0), (0.0, 705.0, 348.0), (0.0, 0.0, 1.0)), distortion=(-0.11, 0.02, 0.001, -0.002, 0.0)
)


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ROM_TRACKER_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.parametrize("lens", [WIDE, CROOKED, WIDE.scaled((640, 360))])
@given(x=st.floats(0, 1), y=st.floats(0, 1))
def test_undone_and_done_again(lens, x, y):
    point = [x * lens.size[0], y * lens.size[1]]
    assert lens.distorted(lens.undistorted(point)) == pytest.approx(point, abs=1e-3)


@pytest.mark.parametrize(("lens", "within_px"), [(WIDE, 1e-3), (CROOKED, 5.0)])
@given(x=st.floats(-2000, 4000), y=st.floats(-2000, 4000))
def test_undone_and_done_again_outside_the_picture(lens, within_px, x, y):
    assert lens.distorted(lens.undistorted([x, y])) == pytest.approx([x, y], abs=within_px)


def test_undone_as_the_model_says():
    straight = WIDE.undistorted([[640, 360], [1280, 360], [640, 0]])
    rays = (straight - (640, 360)) / WIDE.matrix[0][0]
    r2 = (rays**2).sum(axis=1, keepdims=True)
    assert rays * (1 - 0.11 * r2) * WIDE.matrix[0][0] + (640, 360) == pytest.approx(
        np.array([[640, 360], [1280, 360], [640, 0]]), abs=1e-6
    )


def test_what_is_not_known_stays_unknown():
    moved = WIDE.undistorted(np.array([[[100.0, 50.0], [np.nan, 3.0]]], dtype=np.float32))
    assert np.isfinite(moved[0, 0]).all()
    assert np.isnan(moved[0, 1]).any()
    assert WIDE.undistorted(np.empty((0, 33, 2))).shape == (0, 33, 2)


@pytest.mark.parametrize("order", ["C", "F"])
def test_many_points_move_as_they_do_in_parts(monkeypatch, order):
    points = np.asarray(np.random.default_rng(5).uniform(0, 700, (7, 33, 2)), order=order)
    points[3, 4] = np.nan
    whole = CROOKED.undistorted(points)
    assert np.abs(whole - points)[np.isfinite(whole)].max() > 1
    monkeypatch.setattr("rom_tracker.capture.lens._AT_ONCE", 20)
    np.testing.assert_array_equal(CROOKED.undistorted(points), whole)


def test_points_far_outside_move_like_the_farthest_of_their_direction():
    """The model itself would fold them back into the picture."""
    on_the_way = np.array([(640 + t, 360 + t / 2) for t in range(0, 6000, 10)])
    radii = np.linalg.norm(WIDE.undistorted(on_the_way) - (640, 360), axis=1)
    assert (np.diff(radii) > 0).all()


def test_a_straight_line_is_bent_by_the_lens_and_straight_again():
    straight = np.stack([np.linspace(-80, 1350, 50), np.full(50, 60.0)], axis=1)
    filmed = WIDE.distorted(straight)
    assert np.ptp(filmed[:, 1]) > 20
    assert np.ptp(WIDE.undistorted(filmed)[:, 1]) < 1e-6


@pytest.mark.parametrize(("field_deg", "k1"), [(88, -0.11), (60, 0.0), (75, 0.05), (65, -0.2)])
@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (640, 480)])
def test_the_field_is_that_of_the_longer_edge(field_deg, k1, size):
    lens = LensProfile.from_field(field_deg, k1, size)
    assert lens.field_deg == pytest.approx(field_deg, abs=1e-6)
    assert not lens.folds


def test_a_model_that_folds_the_picture_is_known():
    assert LensProfile.from_field(100, -0.22, SIZE).folds


def test_another_resolution_of_the_same_shape():
    half = WIDE.scaled((640, 360))
    points = np.random.default_rng(0).uniform((0, 0), SIZE, (50, 2))
    # The middle of the first pixel is at 0, that of a pixel twice as large at half a pixel.
    assert half.undistorted((points - 0.5) / 2) * 2 + 0.5 == pytest.approx(WIDE.undistorted(points))
    assert half.field_deg == pytest.approx(88, abs=0.1)
    assert WIDE.scaled(SIZE) is WIDE


@pytest.mark.parametrize("size", [(640, 480), (720, 1280), (1280, 800)])
def test_another_shape_of_picture_is_refused(size):
    with pytest.raises(CalibrationError, match=r"camera 0 is for 1280x720 pixels, and the recording has .* calibrate lens"):
        WIDE.scaled(size)


def test_saved_and_loaded(tmp_path):
    path = CROOKED.save(tmp_path / "lens.json")
    assert LensProfile.load(path) == CROOKED
    assert json.loads(path.read_text())["schema_version"] == 1
    assert [file.name for file in tmp_path.iterdir()] == ["lens.json"]


def test_kept_by_camera_and_resolution(own_data):
    assert kept_profiles() == []
    path = WIDE.save()
    assert path == profile_path("camera 0", SIZE) == own_data / "lenses" / "camera_0_1280x720.json"
    assert kept_profiles() == [path]


def test_it_is_found_by_the_sidecar(tmp_path):
    about = RecordingInfo("", "knee_flexion", "left", "before", camera="camera 0")
    write_sidecar(tmp_path / "a.mkv", about)
    write_sidecar(tmp_path / "b.mkv", replace(about, camera="camera 1"))
    (tmp_path / "damaged.recording.json").write_text("{")
    assert lens_of(tmp_path / "a.mkv", SIZE) is None
    WIDE.save()
    assert lens_of(tmp_path / "a.mkv", SIZE) == WIDE
    assert lens_of(tmp_path / "a.mkv", (640, 360)) is None
    assert lens_of(tmp_path / "b.mkv", SIZE) is None
    assert lens_of(tmp_path / "no sidecar.mkv", SIZE) is None
    assert lens_of(tmp_path / "damaged.mkv", SIZE) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"matrix": [[1, 2], [3, 4]]}, "matrix"),
        ({"matrix": [[-700, 0, 640], [0, 700, 360], [0, 0, 1]]}, "camera matrix"),
        ({"distortion": [0, 0, 0, 0]}, "distortion"),
        ({"size": [0, 0]}, "size"),
        ({"camera": None}, "camera"),
        ({"made_on": "yesterday"}, "made_on"),
    ],
)
def test_a_damaged_profile_says_what_is_wrong(tmp_path, changed, said):
    path = tmp_path / "lens.json"
    path.write_text(json.dumps({**WIDE.as_dict(), **changed}))
    with pytest.raises(CalibrationError, match=rf"is not a lens profile: .*{said}"):
        LensProfile.load(path)


def test_no_profile_and_no_json(tmp_path):
    with pytest.raises(CalibrationError, match="there is no lens profile"):
        LensProfile.load(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("k1 = -0.11")
    with pytest.raises(CalibrationError, match="is not a lens profile"):
        LensProfile.load(tmp_path / "text.json")
    with pytest.raises(OutputError):
        WIDE.save(tmp_path / "nowhere" / "lens.json")


def test_made_on_is_a_day():
    assert WIDE.made_on == date.today()
