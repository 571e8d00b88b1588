from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from boards import TOUR, WIDE, Film, board_sheet, filmed, tour

from rom_tracker.calibration.effect import joint_errors_deg, usual_and_worst_deg
from rom_tracker.calibration.solve import calibrate, error_words
from rom_tracker.calibration.views import keep_views
from rom_tracker.capture.lens import LensProfile
from rom_tracker.errors import CalibrationError

TODAY = date(2025, 3, 1)


def picture_grid(lens):
    x, y = np.meshgrid(np.linspace(0, lens.size[0], 9), np.linspace(0, lens.size[1], 6))
    return np.stack([x, y], axis=-1)


def test_a_wide_webcam(kept):
    kept.check()
    found = calibrate(kept.kept, "wide webcam", TODAY)
    lens = found.lens
    assert (lens.camera, lens.size, lens.views, lens.made_on) == ("wide webcam", (640, 360), len(kept.kept), TODAY)
    assert lens.field_deg == pytest.approx(88, abs=0.5)
    assert lens.distortion[0] == pytest.approx(-0.11, abs=0.01)
    assert lens.error_px < 0.2
    assert abs(lens.field_deg - 88) < 5 * found.field_sd_deg
    assert found.left_out == 0
    nearest, farthest = found.distances_mm
    assert 150 < nearest < 260
    assert farthest == pytest.approx(520, rel=0.05)
    assert "good" in found.words
    off_px = np.linalg.norm(lens.undistorted(picture_grid(lens)) - WIDE.undistorted(picture_grid(lens)), axis=-1)
    assert off_px[1:-1, 1:-1].max() < 0.5
    assert off_px.max() < 3


def test_an_ordinary_webcam():
    ordinary = LensProfile.from_field(65.0, -0.04, (640, 360))
    sheet = board_sheet()
    keeper = keep_views(Film.of(filmed(sheet, pose, ordinary, noise=2) for pose in tour(ordinary)))
    lens = calibrate(keeper.kept, "", TODAY).lens
    assert lens.field_deg == pytest.approx(65, abs=0.5)
    assert lens.distortion[0] == pytest.approx(-0.04, abs=0.015)


def test_the_profile_takes_the_error_near_the_edge_away(kept):
    """A joint a tenth of the picture's width from its edge, with and without the profile found."""
    lens = calibrate(kept.kept, "", TODAY).lens
    usual, worst = usual_and_worst_deg(WIDE)
    assert usual == pytest.approx(4.8, abs=0.1)
    assert worst == pytest.approx(12.4, abs=0.2)
    left = joint_errors_deg(WIDE, 0.8) - joint_errors_deg(lens, 0.8)
    assert np.sqrt((left**2).mean()) < 0.15
    assert np.abs(left).max() < 0.6


@pytest.mark.parametrize(("share", "usual_deg"), [(0.0, 0.6), (0.33, 1.1), (0.66, 3.2), (0.8, 4.8)])
def test_what_a_wide_lens_costs(share, usual_deg):
    """The numbers that the documents state, for 88 degrees across and k1 = -0.11."""
    assert usual_and_worst_deg(LensProfile.from_field(88, -0.11, (1280, 720)), share)[0] == pytest.approx(usual_deg, abs=0.05)


@pytest.mark.parametrize(("field_deg", "k1", "usual_deg"), [(75, -0.08, 2.1), (60, -0.05, 0.7)])
def test_what_other_lenses_cost_near_the_edge(field_deg, k1, usual_deg):
    assert usual_and_worst_deg(LensProfile.from_field(field_deg, k1, (1280, 720)))[0] == pytest.approx(usual_deg, abs=0.05)


def test_a_lens_that_bends_nothing_costs_nothing():
    assert np.abs(joint_errors_deg(LensProfile.from_field(60, 0.0, (1280, 720)), 0.8)).max() < 1e-6


def test_a_view_that_does_not_fit_is_left_out(kept):
    bent = kept.kept[0]
    crooked = bent.corners_px + np.random.default_rng(0).normal(scale=4, size=bent.corners_px.shape).astype(np.float32)
    found = calibrate([*kept.kept[1:], replace(bent, corners_px=crooked)], "", TODAY)
    assert found.left_out == 1
    assert found.lens.field_deg == pytest.approx(88, abs=0.5)


def test_a_large_error_is_refused(kept):
    rng = np.random.default_rng(0)
    shaken = [replace(v, corners_px=v.corners_px + rng.normal(scale=2, size=v.corners_px.shape)) for v in kept.kept]
    with pytest.raises(CalibrationError, match=r"reprojection error is \d\.\d pixels, .* flat and stiff"):
        calibrate(shaken, "", TODAY)


def test_views_without_tilt_do_not_tell_the_field(sheet):
    flat = [replace(pose, about_vertical=0, about_horizontal=0, away_mm=260) for pose in TOUR]
    keeper = keep_views(Film.of(filmed(sheet, pose, WIDE, noise=2) for pose in flat))
    with pytest.raises(CalibrationError, match=r"stays unsure; show the board tilted|no believable lens"):
        calibrate(keeper.kept, "", TODAY)


@pytest.mark.parametrize(("error_px", "said"), [(0.2, "0.20 pixels"), (0.2, "(good)"), (0.9, "fair")])
def test_the_error_in_words(error_px, said):
    assert said in error_words(replace(LensProfile.from_field(60, 0, (1280, 720)), error_px=error_px))
