"""Ways of going over a recording that are the same whatever it shows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rom_tracker.pose.gaze import EveryFrame, Looks, Steady


@given(st.floats(2, 240), st.floats(1, 30), st.integers(2, 200))
def test_steady_looks_are_as_far_apart_as_asked_for_to_the_nearest_frame(fps, looks_fps, frames):
    gaze = Steady(looks_fps).begin()
    chosen_s = [i / fps for i in range(frames) if gaze.wants(i / fps, 1 / fps if i else 0.0)]
    assert chosen_s[0] == 0.0
    if len(chosen_s) > 1:
        step_s = max(1 / looks_fps, 1 / fps)
        assert np.abs(np.diff(chosen_s) - step_s).max() <= 1.01 / fps
        assert np.mean(np.diff(chosen_s)) == pytest.approx(step_s, abs=1 / fps / (len(chosen_s) - 1) + 0.51 / fps)


def test_every_frame_is_every_frame():
    gaze = EveryFrame().begin()
    assert [gaze.wants(t / 30, 1 / 30) for t in range(90)] == [Looks.BOTH] * 90
    assert EveryFrame().name == ""
