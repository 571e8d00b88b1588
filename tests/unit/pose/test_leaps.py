from __future__ import annotations

import numpy as np

from rom_tracker.pose.head_angles import without_leaps

TIME_S = np.arange(90) / 30


def turning_to(peak_deg: float) -> np.ndarray:
    """Half a second still, out in half a second, a second there, back in half a second, still."""
    return np.interp(TIME_S, [0, 0.5, 1.0, 2.0, 2.5, 3.0], [0, 0, peak_deg, peak_deg, 0, 0])


def test_a_quick_turn_is_kept_whole():
    np.testing.assert_array_equal(without_leaps(TIME_S, turning_to(80)), turning_to(80))


def test_a_face_that_is_found_again_at_the_front_is_dropped_until_it_is_back():
    angle = turning_to(78)
    lost = (TIME_S > 0.95) & (TIME_S < 1.15)
    wrong = (TIME_S >= 1.15) & (TIME_S < 2.1)
    angle[lost], angle[wrong] = np.nan, -15
    kept = without_leaps(TIME_S, angle)
    assert np.isnan(kept[lost | wrong]).all()
    np.testing.assert_array_equal(kept[~(lost | wrong)], turning_to(78)[~(lost | wrong)])


def test_a_face_that_was_away_for_long_may_be_anywhere_when_it_is_back():
    angle = turning_to(78)
    away = (TIME_S > 0.9) & (TIME_S < 2.6)
    angle[away] = np.nan
    np.testing.assert_array_equal(without_leaps(TIME_S, angle), angle)


def test_nothing_known_stays_unknown():
    assert np.isnan(without_leaps(TIME_S, np.full(90, np.nan))).all()
