"""A first look at some frames, a closer one at others, and what is between them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stick_figure import every, repetitions_deg, stick_passes
from test_estimator import FakeEstimator, FakeVideo

from rom_tracker.landmarks import INDEX
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.angles import angle_series
from rom_tracker.pose.estimator import CLOSE_FPS, COARSE_FPS, close_frames, estimate_poses, paced
from rom_tracker.pose.passes import merge_passes
from rom_tracker.pose.sequence import LONGEST_BETWEEN_S, PosePasses
from rom_tracker.pose.view import View, body_view

KNEE = load_catalogue()["knee_flexion"]


@given(st.floats(10, 240), st.integers(2, 300))
def test_a_paced_look_is_as_dense_as_asked_for_and_no_denser(fps, frames):
    wanted = paced(COARSE_FPS)
    chosen_s = [t for i in range(frames) if wanted(i, t := i / fps)]
    assert chosen_s[0] == 0.0
    if len(chosen_s) > 1:
        assert np.diff(chosen_s).max() <= 1 / COARSE_FPS + 1.01 / fps
        assert np.mean(np.diff(chosen_s)) >= 1 / COARSE_FPS - 2e-3


def test_a_paced_look_takes_every_frame_of_a_slow_recording():
    wanted = paced(COARSE_FPS)
    assert [wanted(i, i / 5) for i in range(20)] == [True] * 20


def test_a_closer_look_is_taken_where_it_is_wanted_and_not_twice():
    time_s = np.arange(90) / 30
    looked_at = np.arange(90) % 4 == 0
    chosen = close_frames(time_s, looked_at, [(1.0, 2.0)])
    assert not (chosen & looked_at).any()
    assert set(np.flatnonzero(chosen)) <= set(range(30, 61))
    assert np.diff(time_s[(chosen | looked_at) & (time_s >= 1) & (time_s <= 2)]).max() <= 1 / CLOSE_FPS + 1e-6
    assert not close_frames(time_s, looked_at, []).any()
    np.testing.assert_array_equal(close_frames(time_s, looked_at, None), ~looked_at)


def test_both_rounds_end_up_in_the_order_of_time():
    fake = FakeEstimator()
    times_s = [i / 30 for i in range(60)]
    told = []
    passes = estimate_poses(FakeVideo(times_s), fake, lambda done, total: told.append((done, total)), lambda coarse: [(0.5, 0.7)])
    np.testing.assert_array_equal(passes.all_time_s, times_s)
    frames = np.flatnonzero(passes.looked_at)
    np.testing.assert_array_equal(passes.as_filmed.xy[:, 0, 0], frames)
    np.testing.assert_array_equal(passes.mirrored.xy[:, 0, 0], frames + 100)
    assert (np.diff(passes.time_s) > 0).all()
    assert 15 < len(frames) < 30
    assert (fake.entered, fake.left) == (1, 1)
    assert told[-1] == (pytest.approx(times_s[-1] + 2.0), 4.0)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_recording_that_is_looked_at_all_through_in_two_rounds_is_that_of_one_round():
    video = FakeVideo([i / 30 for i in range(60)])
    one, two = estimate_poses(video, FakeEstimator()), estimate_poses(video, FakeEstimator(), None, lambda coarse: None)
    np.testing.assert_array_equal(two.as_filmed.xy, one.as_filmed.xy)
    np.testing.assert_array_equal(two.time_s, one.time_s)
    assert two.looked_at.all()


def test_passes_come_back_from_their_arrays_with_the_frames_between():
    time_s, angle_deg = repetitions_deg([90])
    passes = every(stick_passes("knee_flexion", "right", angle_deg, time_s), 4)
    again = PosePasses.from_arrays(passes.to_arrays())
    np.testing.assert_array_equal(again.looked_at, passes.looked_at)
    with pytest.raises(ValueError, match="frames of the recording"):
        PosePasses(passes.as_filmed, passes.mirrored, time_s + 0.01)


@pytest.mark.parametrize("side", ["left", "right"])
def test_between_frames_the_angle_is_that_of_every_frame(side):
    time_s, angle_deg = repetitions_deg([100, 95])
    passes = stick_passes("knee_flexion", side, angle_deg, time_s)
    view = body_view(passes)
    merged = merge_passes(every(passes, 4), KNEE, side, view)
    assert len(merged.poses) == len(time_s)
    found = angle_series(merged.poses, KNEE, side, View(view)).angle_deg
    assert np.nanmax(np.abs(found - angle_deg)[:-4]) < 1.6
    assert np.nanmean(np.abs(found - angle_deg)) < 0.3


def test_nothing_is_invented_where_nobody_was_found_or_nobody_looked():
    time_s = np.arange(60) / 30
    look = every(stick_passes("knee_flexion", "right", np.zeros(60), time_s), 4).as_filmed
    lost = look.xy.copy()
    lost[5] = np.nan
    found = look.replaced(xy=lost).at(time_s).person_found
    np.testing.assert_array_equal(np.flatnonzero(~found), [*range(17, 24), 57, 58, 59])
    sparse = every(stick_passes("knee_flexion", "right", np.zeros(60), time_s), 12).as_filmed
    assert LONGEST_BETWEEN_S < 12 / 30
    np.testing.assert_array_equal(np.flatnonzero(sparse.at(time_s).person_found), [0, 12, 24, 36, 48])
    one = sparse.replaced(xy=np.where(np.arange(5)[:, None, None] == 2, sparse.xy, np.nan))
    np.testing.assert_array_equal(one.at(time_s).xy[:, INDEX["nose"]], np.full((60, 2), np.nan))
