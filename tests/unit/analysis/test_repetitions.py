from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stick_figure import repetitions_deg

from rom_tracker.analysis.repetitions import Repetitions, find_repetitions, highest_mean, on_plateau
from rom_tracker.pose.angles import AngleSeries
from rom_tracker.pose.smoothing import smooth


def series(time_s, angle_deg, *, jitter_deg: float = 0.0, seed: int = 0, smoothed: bool = True) -> AngleSeries:
    time_s, angle_deg = np.asarray(time_s, dtype=float), np.array(angle_deg, dtype=float)
    angle_deg += np.random.default_rng(seed).normal(scale=jitter_deg, size=len(time_s)) if jitter_deg else 0.0
    angle_deg = smooth(time_s, angle_deg) if smoothed else angle_deg
    known = np.isfinite(angle_deg)
    return AngleSeries(time_s, angle_deg, known * 1.0, np.where(known, 0.5, np.nan), np.zeros(len(time_s), dtype=bool))


def track(*corners: tuple[float, float], fps: float = 30.0, time_s=None) -> tuple[np.ndarray, np.ndarray]:
    """Times and angles of half-cosine strokes between corners, each (seconds, degrees)."""
    at, level = np.array(corners, dtype=float).T
    t = np.arange(0, at[-1] + 1e-9, 1 / fps) if time_s is None else np.asarray(time_s)
    i = np.clip(np.searchsorted(at, t, side="right") - 1, 0, len(at) - 2)
    return t, level[i] + (level[i + 1] - level[i]) * (1 - np.cos(np.pi * (t - at[i]) / (at[i + 1] - at[i]))) / 2


def peaks(found: Repetitions) -> list[float]:
    return [r.peak_deg for r in found.scored]


def nothing_else(found: Repetitions) -> bool:
    return not found.partial and not found.cut_off


@pytest.mark.parametrize("jitter_deg", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("hold_s", [0.0, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("move_s", [0.5, 1.0, 2.0, 4.0])
def test_repetitions_at_every_speed_and_hold(move_s, hold_s, jitter_deg):
    truth = [120, 126, 123]
    t, a = repetitions_deg(truth, move_s=move_s, hold_s=max(hold_s, 1e-9), rest_s=0.6)
    found = find_repetitions(series(t, a, jitter_deg=jitter_deg, seed=7, smoothed=jitter_deg > 0 and move_s > 0.5))
    # Jitter can only raise the highest of many means; a turn without a hold is averaged with its surroundings.
    assert peaks(found) == pytest.approx(truth, abs=0.6 + 0.6 * jitter_deg + (2.5 if hold_s < 0.3 and move_s < 2 else 0.6))
    assert nothing_else(found)


@pytest.mark.parametrize("fps", [5, 15, 60, 240])
def test_every_frame_rate(fps):
    t, a = repetitions_deg([90, 95, 92], fps=fps)
    found = find_repetitions(series(t, a))
    assert peaks(found) == pytest.approx([90, 95, 92], abs=0.5)
    assert nothing_else(found)


def test_a_frame_rate_that_varies():
    steps = np.random.default_rng(2).choice([1 / 60, 1 / 30, 1 / 12], 700)
    t, a = track(
        (0, 0), (1, 0), (2.5, 100), (3.5, 100), (5, 0), (6, 0), (7.5, 104), (8.5, 104), (10, 0), (11, 0), time_s=np.cumsum(steps)
    )
    t, a = t[t < 11], a[t < 11]
    found = find_repetitions(series(t, a, jitter_deg=0.5))
    assert peaks(found) == pytest.approx([100, 104], abs=0.8)


def test_the_times_of_a_repetition_are_those_it_was_made_with():
    t, a = track((0, 5), (1, 5), (2, 95), (3.2, 95), (4.4, 5), (5.5, 5))
    (r,) = find_repetitions(series(t, a)).scored
    # 5 % of the way of a half cosine is reached after 14 % of its time
    assert r.start_s == pytest.approx(1 + 0.14, abs=0.07)
    assert r.hold_start_s == pytest.approx(2 - 0.14, abs=0.07)
    assert r.hold_end_s == pytest.approx(3.2 + 0.17, abs=0.07)
    assert r.end_s == pytest.approx(4.4 - 0.17, abs=0.07)
    assert 2 <= r.peak_s <= 3.2
    assert (r.start_deg, r.peak_deg, r.rom_deg) == pytest.approx((5, 95, 90), abs=1.0)
    assert r.peak_velocity_deg_s == pytest.approx(90 * np.pi / 2, rel=0.03)
    assert -1.9 < r.smoothness < -1.3


def test_times_of_all_repetitions_are_in_order():
    t, a = repetitions_deg([80, 84, 82, 81])
    found = find_repetitions(series(t, a, jitter_deg=1.0)).scored
    for r in found:
        assert r.start_s < r.hold_start_s <= r.peak_s <= r.hold_end_s < r.end_s
    assert all(a.end_s <= b.start_s for a, b in pairwise(found))


@pytest.mark.parametrize(
    "corners",
    [
        pytest.param([(0, 0), (1, 0), (2, 50), (2.8, 50), (3.8, 100), (4.8, 100), (6, 0), (7, 0)], id="pause midway up"),
        pytest.param([(0, 0), (1, 0), (2, 100), (3, 100), (4, 50), (5, 50), (6, 0), (7, 0)], id="pause midway down"),
        pytest.param([(0, 0), (1, 0), (2, 100), (2.4, 70), (2.8, 100), (3.2, 75), (3.6, 98), (5, 0), (6, 0)], id="bounces"),
        pytest.param([(0, 0), (1, 0), (2, 100), (4, 94), (4.4, 99), (5.4, 0), (6, 0)], id="sagging hold, pushed again"),
        pytest.param([(0, 0), (1, 0), (2, 60), (2.3, 52), (3.3, 100), (4, 100), (5, 0), (6, 0)], id="slips back on the way up"),
    ],
)
def test_one_repetition_is_one_whatever_happens_on_its_way(corners):
    found = find_repetitions(series(*track(*corners)))
    assert len(found.scored) == 1
    assert nothing_else(found)
    assert peaks(found) == pytest.approx([99], abs=2.5)


@pytest.mark.parametrize("share", [0.3, 0.4, 0.5])
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_partial_repetition_among_full_ones_is_told_and_not_scored(share, place):
    truth = [100, 104, 102]
    truth.insert(place, 100 * share)
    t, a = repetitions_deg(truth)
    found = find_repetitions(series(t, a, jitter_deg=0.5))
    assert peaks(found) == pytest.approx([100, 104, 102], abs=1)
    assert [r.peak_deg for r in found.partial] == pytest.approx([100 * share], abs=1)


@pytest.mark.parametrize("back_to", [0.0, 30.0, 48.0])
def test_repetitions_that_return_only_half_way(back_to):
    corners = [
        (0, 0),
        (1, 0),
        (2, 100),
        (2.5, 100),
        (3.5, back_to),
        (4.5, 104),
        (5, 104),
        (6, back_to),
        (7, 102),
        (7.5, 102),
        (9, 0),
    ]
    found = find_repetitions(series(*track(*corners), jitter_deg=0.5))
    assert peaks(found) == pytest.approx([100, 104, 102], abs=1)


@pytest.mark.parametrize("drift_deg", [-15, 15])
def test_a_resting_level_that_drifts(drift_deg):
    t, a = repetitions_deg([100, 100, 100, 100])
    drift = drift_deg * t / t[-1]
    found = find_repetitions(series(t, a + drift, jitter_deg=0.5))
    middles = 0.7 + 1.5 + np.arange(4) * 3.7
    assert peaks(found) == pytest.approx(100 + np.interp(middles, t, drift), abs=1.2)
    assert [r.start_deg for r in found.scored] == pytest.approx(np.interp(middles - 1.6, t, drift), abs=2)
    assert nothing_else(found)


def test_a_recording_that_starts_during_a_return():
    found = find_repetitions(series(*track((0, 60), (0.8, 0), (1.5, 0), (2.5, 100), (3.5, 100), (4.5, 0), (5, 0))))
    assert peaks(found) == pytest.approx([100], abs=0.5)


def test_a_recording_that_starts_on_the_way_up():
    found = find_repetitions(series(*track((0, 30), (1, 100), (2, 100), (3, 0), (4, 0), (5, 104), (6, 104), (7, 0), (8, 0))))
    assert peaks(found) == pytest.approx([100, 104], abs=0.5)


@pytest.mark.parametrize("jitter_deg", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("held_s", [0.3, 0.8, 2.0])
@pytest.mark.parametrize("sagging_deg", [0.0, 4.0])
def test_a_recording_that_ends_during_the_hold_has_seen_the_end_range(held_s, sagging_deg, jitter_deg):
    t, a = track((0, 0), (1, 0), (2, 100), (3, 100), (4, 0), (5, 0), (6, 104), (6 + held_s, 104 - sagging_deg))
    for seed in range(10 if jitter_deg else 1):
        found = find_repetitions(series(t, a, jitter_deg=jitter_deg, seed=seed))
        assert peaks(found) == pytest.approx([100, 104], abs=0.8 + jitter_deg + 0.2 * sagging_deg)
        assert nothing_else(found)


@pytest.mark.parametrize("smoothed", [False, True])
@pytest.mark.parametrize("ends_at_deg", [35.0, 60.0, 90.0])
def test_a_recording_that_ends_while_rising_has_not(ends_at_deg, smoothed):
    t, a = track((0, 0), (1, 0), (2, 100), (3, 100), (4, 0), (5, 0), (6.5, 110))
    kept = ~((t > 5) & (a > ends_at_deg))
    found = find_repetitions(series(t[kept], a[kept], smoothed=smoothed))
    assert peaks(found) == pytest.approx([100], abs=0.5)
    assert found.cut_off == pytest.approx((t[kept][-1],), abs=0.1)


@pytest.mark.parametrize(
    ("where", "gap_s", "seen"),
    [
        (1.7, 0.1, True),
        (1.7, 0.2, True),
        (1.7, 0.5, False),
        (1.7, 1.2, False),
        (2.3, 0.2, True),
        (2.3, 0.5, False),
        (3.2, 0.6, True),
    ],
)
def test_an_end_range_that_is_missing_for_long_is_not_scored(where, gap_s, seen):
    t, a = track((0, 0), (1, 0), (2, 100), (3, 100), (4, 0), (5, 0), (6, 104), (7, 104), (8, 0), (9, 0))
    a[(t > where) & (t < where + gap_s)] = np.nan
    found = find_repetitions(series(t, a))
    assert peaks(found) == pytest.approx([100, 104] if seen else [104], abs=0.8)
    assert len(found.cut_off) == (0 if seen else 1)
    if not seen:
        assert 1 < found.cut_off[0] < 4


def test_a_gap_at_rest_costs_nothing():
    t, a = track((0, 0), (1, 0), (2, 100), (3, 100), (4, 0), (7, 0), (8, 104), (9, 104), (10, 0), (11, 0))
    a[(t > 4.5) & (t < 6.5)] = np.nan
    found = find_repetitions(series(t, a))
    assert peaks(found) == pytest.approx([100, 104], abs=0.5)
    assert nothing_else(found)


def test_two_quick_repetitions_after_a_long_rest():
    t, a = track((0, 0), (20, 0), (20.5, 90), (21, 0), (21.3, 0), (21.8, 94), (22.3, 0), (40, 0))
    found = find_repetitions(series(t, a, jitter_deg=0.5, smoothed=False))
    assert peaks(found) == pytest.approx([90, 94], abs=3)
    assert nothing_else(found)


@pytest.mark.parametrize("sway_deg", [0.0, 1.0, 2.9])
def test_standing_and_swaying_is_no_repetition(sway_deg):
    t = np.arange(0, 20, 1 / 30)
    found = find_repetitions(series(t, 10 + sway_deg * np.sin(2 * np.pi * 0.3 * t)))
    assert found == Repetitions((), (), ())


@pytest.mark.parametrize("sway_deg", [1.0, 3.0])
def test_sway_between_repetitions_is_no_repetition(sway_deg):
    t, a = repetitions_deg([60, 62, 61], rest_s=3.0)
    found = find_repetitions(series(t, a + sway_deg * np.sin(2 * np.pi * 0.6 * t)))
    assert peaks(found) == pytest.approx([60, 62, 61], abs=sway_deg + 0.5)
    assert nothing_else(found)


@pytest.mark.parametrize("corners", [[(0, 90), (3, 0)], [(0, 90), (1, 90), (3, 0), (5, 0)]])
@pytest.mark.parametrize("smoothed", [False, True])
def test_a_recording_of_a_return_alone_holds_no_whole_repetition(corners, smoothed):
    found = find_repetitions(series(*track(*corners), smoothed=smoothed))
    assert not found.partial
    assert len(found.scored) + len(found.cut_off) <= 1


@settings(max_examples=150)
@given(st.lists(st.one_of(st.floats(-180, 180), st.just(np.nan)), max_size=60), st.sampled_from([1.0, 10.0, 30.0]))
def test_any_angles_at_all_give_repetitions_and_no_error(angle_deg, fps):
    found = find_repetitions(series(np.arange(len(angle_deg)) / fps, angle_deg))
    for r in (*found.scored, *found.partial):
        assert r.start_s <= r.hold_start_s <= r.hold_end_s <= r.end_s
        assert np.isfinite([r.start_deg, r.peak_deg, r.peak_velocity_deg_s, r.peak_s]).all()


@pytest.mark.parametrize("frames", [0, 1, 4])
def test_too_few_frames_hold_nothing(frames):
    assert find_repetitions(series(np.arange(frames) / 30, np.linspace(0, 90, frames))) == Repetitions((), (), ())


def test_nothing_known_holds_nothing():
    assert find_repetitions(series(np.arange(90) / 30, np.full(90, np.nan))) == Repetitions((), (), ())


@pytest.mark.parametrize("rest_deg", [-60.0, 0.0, 90.0])
def test_a_limb_that_starts_elsewhere(rest_deg):
    t, a = repetitions_deg([rest_deg + 50, rest_deg + 53], rest_deg=rest_deg)
    found = find_repetitions(series(t, a, jitter_deg=0.5)).scored
    assert [r.peak_deg for r in found] == pytest.approx([rest_deg + 50, rest_deg + 53], abs=0.8)
    assert [r.start_deg for r in found] == pytest.approx([rest_deg] * 2, abs=1.5)


def test_a_single_frame_that_spikes_does_not_raise_the_end_range():
    t, a = repetitions_deg([100, 100])
    spiked = a.copy()
    spiked[[65, 175]] += 25
    plain, raised = (peaks(find_repetitions(series(t, x, smoothed=False))) for x in (a, spiked))
    # a plateau of 0.3 s at 30 frames a second has 9 frames
    assert np.subtract(raised, plain).max() <= 25 / 9 + 0.1
    assert peaks(find_repetitions(series(t, spiked))) == pytest.approx(plain, abs=0.1)


@pytest.mark.parametrize("smoothed", [False, True])
def test_jitter_of_a_degree_raises_the_end_range_by_little(smoothed):
    t, a = repetitions_deg([100] * 40)
    found = peaks(find_repetitions(series(t, a, jitter_deg=1.0, smoothed=smoothed)))
    assert len(found) == 40
    assert 0 < np.mean(found) - 100 < 0.6


@settings(max_examples=80)
@given(
    truth=st.lists(st.floats(85, 110), min_size=1, max_size=7),
    move_s=st.floats(0.7, 3.0),
    hold_s=st.floats(0.4, 2.0),
    rest_s=st.floats(0.3, 2.0),
    rest_deg=st.floats(-30, 25),  # from here the lowest peak still goes 0.7 of the way of the highest
    jitter_deg=st.floats(0, 1.5),
    fps=st.sampled_from([15.0, 24.0, 29.97, 60.0]),
    seed=st.integers(0, 100),
)
def test_any_repetitions_are_counted_and_read(truth, move_s, hold_s, rest_s, rest_deg, jitter_deg, fps, seed):
    t, a = repetitions_deg(truth, rest_deg=rest_deg, move_s=move_s, hold_s=hold_s, rest_s=rest_s, fps=fps)
    found = find_repetitions(series(t, a, jitter_deg=jitter_deg, seed=seed))
    assert len(found.scored) == len(truth)
    assert nothing_else(found)
    assert peaks(found) == pytest.approx(truth, abs=0.5 + 1.2 * jitter_deg)


class TestHighestMean:
    def test_by_hand(self):
        t = np.arange(0, 3.01, 0.1)
        a = np.where((t > 0.95) & (t < 2.05), 50.0, 0.0)
        middle, value = highest_mean(t, a)
        assert value == pytest.approx(50)
        assert 1.15 <= middle <= 1.85

    def test_a_ramp_is_read_half_a_window_before_its_end(self):
        t = np.linspace(0, 2, 61)
        middle, value = highest_mean(t, 30 * t)  # 1 s above half, so that a quarter of it is the window
        assert middle == pytest.approx(2 - 0.125, abs=0.02)
        assert value == pytest.approx(30 * middle, abs=0.05)

    def test_uneven_frames_count_by_their_time(self):
        t = np.array([0, 0.5, 1.0, 1.01, 1.02, 1.03, 1.04, 1.3, 1.6, 2.0])
        a = np.array([0, 10, 20, 20, 20, 20, 20, 20, 10, 0])
        assert highest_mean(t, a)[1] == pytest.approx(20)

    @pytest.mark.parametrize("n", [1, 2])
    def test_one_or_two_frames(self, n):
        assert highest_mean(np.arange(n) / 10, np.arange(n) * 5.0) == ((n - 1) / 10, (n - 1) * 5.0)


def test_frames_of_the_plateaus():
    time_s, angle_deg = track((0, 0), (1, 0), (2, 60), (3, 60), (4, 0), (5, 0), (6, 62), (7, 62), (8, 0), (9, 0))
    scored = find_repetitions(series(time_s, angle_deg)).scored
    on = on_plateau(time_s, scored)
    for r in scored:
        around = np.abs(time_s - r.peak_s) < 0.5
        assert np.ptp(time_s[around & on]) == pytest.approx(0.3, abs=0.04)
        assert on[around & (np.abs(time_s - r.peak_s) < 0.14)].all()
    assert on.sum() <= 2 * 10
    assert not on_plateau(time_s, ()).any()
