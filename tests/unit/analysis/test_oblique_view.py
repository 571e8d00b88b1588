from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from oblique import oblique_passes
from stick_figure import repetitions_deg

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.analysis.seeing import fit_flags
from rom_tracker.analysis.uncertainty import FITTED_DEG
from rom_tracker.movements import load_catalogue

CATALOGUE = load_catalogue()


def measured(key, side, peaks_deg, yaw_deg, **more) -> RomMeasurement:
    time_s, angle_deg = repetitions_deg(peaks_deg, rest_s=0.5)
    return measure_poses(oblique_passes(key, side, angle_deg, time_s, yaw_deg=yaw_deg, **more), CATALOGUE[key], side)


@pytest.fixture(scope="module")
def knee() -> RomMeasurement:
    return measured("knee_flexion", "left", [90, 92], -45.0)


def test_an_oblique_view_is_a_caution_and_has_its_number(knee):
    assert knee.verdict == "caution"
    assert knee.peak_deg == pytest.approx(91, abs=5)
    assert knee.skeleton is not None
    assert knee.merged.used == "both averaged"
    off = knee.view.off_plane_deg(knee.movement)
    assert knee.as_dict()["method"]["geometry"] == f"3-D fit: the body is turned {off:.0f} degrees out of the movement's plane"


def test_the_interval_knows_of_the_fit(knee):
    terms = {term.source: term.sd_deg for term in knee.budget.terms}
    assert terms["3-D fit"] == FITTED_DEG
    assert "view" not in terms
    assert knee.interval_deg[0] < 91 < knee.interval_deg[1]
    assert knee.budget.half_width_deg > 10


@pytest.mark.parametrize(
    ("key", "side", "yaw_deg", "advice"),
    [("knee_flexion", "left", -45.0, "45 degrees round the client to the right"),
     ("knee_flexion", "right", 45.0, "45 degrees round the client to the left"),
     ("shoulder_abduction", "left", 45.0, "45 degrees round the client to the right"),
     ("shoulder_abduction", "left", -45.0, "45 degrees round the client to the left")],
)  # fmt: skip
def test_the_flag_says_how_far_and_which_way_the_camera_goes(key, side, yaw_deg, advice):
    found = measured(key, side, [90], yaw_deg)
    flag = next(f for f in found.flags if f.code == "view")
    degrees, words = flag.message.split("move the camera about ")[1].split(" ", 1)
    assert int(degrees) == pytest.approx(int(advice.split(" ", 1)[0]), abs=12)
    assert words == f"{advice.split(' ', 1)[1]}."
    assert flag.severity == "caution"


def test_a_movement_that_cannot_be_fitted_is_measured_in_the_picture_or_refused():
    found = measured("elbow_flexion", "left", [120], 0.0)
    assert found.verdict == "refused"
    assert (found.skeleton, found.geometry) == (None, "picture plane")


def test_from_behind_the_fit_is_refused():
    found = measured("knee_flexion", "left", [90], -135.0)
    assert found.skeleton is None
    assert ("view", "refused") in {(f.code, f.severity) for f in found.flags}


def test_a_correct_view_has_no_skeleton():
    found = measured("knee_flexion", "left", [90], -90.0)
    assert (found.skeleton, found.geometry) == (None, "picture plane")
    assert "3-D fit" not in {term.source for term in found.budget.terms}


def test_a_walk_has_no_end_range():
    found = measured("knee_flexion", "left", [60, 60], -45.0, walked_m=1.5)
    assert ("walking", "refused") in {(f.code, f.severity) for f in found.flags}
    assert found.peak_deg is None
    assert np.isfinite(found.angles.angle_deg).any()


def test_landmarks_that_no_body_fits_are_refused(knee):
    assert fit_flags(None) == fit_flags(knee.skeleton) == ()
    assert [f.code for f in fit_flags(replace(knee.skeleton, converged=False))] == ["no_fit"]
