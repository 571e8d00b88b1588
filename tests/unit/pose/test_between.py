"""What lies between the frames that were looked at, by hand, and the same in parts."""

from __future__ import annotations

import numpy as np
import pytest

from rom_tracker.pose import between
from rom_tracker.pose.between import LONGEST_BETWEEN_S, at_times, known_at

LOOKED_S = np.array([0.0, 0.1, 0.2, 0.3, 0.9, 1.0])
FOUND = np.array([True, True, True, False, True, True])
TIME_S = np.arange(0, 1.2, 0.05)


def test_what_is_too_far_from_a_look_or_beyond_the_last_is_not_known():
    known = known_at(TIME_S, LOOKED_S, FOUND)
    assert LOOKED_S[4] - LOOKED_S[3] > LONGEST_BETWEEN_S
    np.testing.assert_allclose(TIME_S[known], [0, 0.05, 0.1, 0.15, 0.2, 0.9, 0.95, 1.0])


def test_values_between_looks_lie_between_theirs_and_are_theirs_at_them():
    values = np.array([[0.0], [1.0], [3.0], [np.nan], [5.0], [4.0]])
    found = at_times(values, TIME_S, LOOKED_S, FOUND)[:, 0]
    assert found[[0, 2, 4, 18, 20]] == pytest.approx([0, 1, 3, 5, 4])
    assert 0 < found[1] < 1 < found[3] < 3
    assert 4 < found[19] < 5
    assert np.isnan(found[[5, 6, 10, 17, 21, 23]]).all()


def test_of_a_single_look_only_its_own_time_is_known():
    found = at_times(np.array([[7.0]]), np.array([0.0, 0.1]), np.array([0.1]), np.array([True]), unknown=0.0)
    assert found[:, 0].tolist() == [0.0, 7.0]


@pytest.mark.parametrize("at_once", [1, 100, 10_000])
def test_a_long_recording_is_the_same_in_parts(monkeypatch, at_once):
    rng = np.random.default_rng(3)
    values = rng.normal(size=(len(LOOKED_S), 33, 3)).astype(np.float32)
    whole = at_times(values, TIME_S, LOOKED_S, FOUND)
    monkeypatch.setattr(between, "AT_ONCE", at_once)
    np.testing.assert_array_equal(at_times(values, TIME_S, LOOKED_S, FOUND), whole)
