from __future__ import annotations

import numpy as np
import pytest
from stick_figure import repetitions_deg

from rom_tracker.pose.smoothing import CUTOFF_HZ, known_runs, smooth, without_outliers


def sine(frequency_hz: float, time_s: np.ndarray) -> np.ndarray:
    return 40 * np.sin(2 * np.pi * frequency_hz * time_s)


def uneven(seconds: float, fps: float, seed: int = 0) -> np.ndarray:
    steps = np.random.default_rng(seed).uniform(0.5, 1.5, int(seconds * fps)) / fps
    return np.cumsum(steps)


@pytest.mark.parametrize("fps", [25, 30, 60, 240])
def test_nothing_is_shifted_in_time(fps):
    t = np.arange(0, 6, 1 / fps)
    angle = sine(0.5, t)
    smoothed = smooth(t, angle)
    middle = slice(fps, -fps)
    lags = np.arange(-fps // 4, fps // 4 + 1)
    match = [np.dot(np.roll(smoothed, -lag)[middle], angle[middle]) for lag in lags]
    assert lags[int(np.argmax(match))] == 0


@pytest.mark.parametrize("frequency_hz", [0.5, 1.0])
def test_an_uneven_frame_rate_is_smoothed_alike(frequency_hz):
    t = uneven(8, 60)
    np.testing.assert_allclose(smooth(t, sine(frequency_hz, t))[30:-30], sine(frequency_hz, t)[30:-30], atol=0.4)


@pytest.mark.parametrize(("frequency_hz", "kept"), [(1, 1.0), (CUTOFF_HZ, 0.5**0.5), (18, 0.03)])
def test_both_passes_together_cut_off_at_the_stated_frequency(frequency_hz, kept):
    t = np.arange(0, 4, 1 / 120)
    angle = sine(frequency_hz, t) / 20  # small enough not to be taken for outliers
    middle = slice(120, -120)
    assert np.std(smooth(t, angle)[middle]) / np.std(angle[middle]) == pytest.approx(kept, abs=0.03)


def test_what_is_unknown_stays_unknown_and_spreads_no_further():
    t = np.arange(0, 6, 1 / 30)
    angle = sine(0.3, t)
    gaps = np.isin(np.arange(len(t)), [30, 31, 32, *range(90, 120)])
    angle[gaps] = np.nan
    smoothed = smooth(t, angle)
    np.testing.assert_array_equal(np.isnan(smoothed), gaps)
    np.testing.assert_allclose(smoothed[~gaps], sine(0.3, t)[~gaps], atol=0.5)


def test_stretches_on_both_sides_of_a_long_gap_do_not_know_each_other():
    t = np.arange(0, 6, 1 / 30)
    angle = np.where(t < 3, 0.0, 100.0)
    angle[(t > 2.5) & (t < 3.5)] = np.nan
    np.testing.assert_allclose(np.nan_to_num(smooth(t, angle)), np.nan_to_num(angle), atol=1e-6)


def test_runs_are_cut_at_long_gaps_only():
    t = np.arange(0, 3, 1 / 30)
    angle = np.zeros(len(t))
    angle[10:15] = np.nan  # 0.2 s
    angle[50:60] = np.nan  # 0.37 s
    assert [(run[0], run[-1]) for run in known_runs(t, angle)] == [(0, 49), (60, 89)]
    assert known_runs(t, np.full(90, np.nan)) == []
    assert [run.tolist() for run in known_runs(t[:1], angle[:1])] == [[0]]


@pytest.mark.parametrize("height", [8.0, 60.0, -90.0])
@pytest.mark.parametrize("width", [1, 2, 4])
def test_outliers_are_removed(height, width):
    t = np.arange(0, 4, 1 / 30)
    angle = 30 + np.random.default_rng(0).normal(scale=0.3, size=len(t))
    spiked = angle.copy()
    spiked[50 : 50 + width] += height
    smoothed = smooth(t, spiked)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(smoothed)), np.arange(50, 50 + width))
    np.testing.assert_allclose(smoothed, np.where(np.isnan(smoothed), np.nan, smooth(t, angle)), atol=0.4)


@pytest.mark.parametrize("move_s", [0.4, 1.0, 4.0])
def test_a_movement_is_not_taken_for_an_outlier(move_s):
    t, angle = repetitions_deg([120, 125], move_s=move_s, hold_s=0.3)
    assert np.isfinite(without_outliers(t, angle)).all()


@pytest.mark.parametrize("jitter_deg", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("period_s", [0.6, 0.8, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("fps", [15, 30, 60, 120])
def test_the_turn_of_a_quick_movement_is_not_taken_for_an_outlier(fps, period_s, jitter_deg):
    t = np.arange(0, 8, 1 / fps)
    angle = 60 - 60 * np.cos(2 * np.pi * t / period_s)
    noise = np.random.default_rng(0).normal(scale=jitter_deg, size=len(t))
    assert np.isnan(without_outliers(t, angle + noise)).mean() <= 0.02


@pytest.mark.parametrize("at_s", [0.5, 1.0, 1.25])
def test_an_outlier_in_a_quick_movement_is_removed(at_s):
    t = np.arange(0, 6, 1 / 30)
    angle = 60 - 60 * np.cos(2 * np.pi * t / 2)
    i = round((2 + at_s) * 30)
    angle[i] += 70
    assert np.flatnonzero(np.isnan(without_outliers(t, angle))).tolist() == [i]


@pytest.mark.parametrize("fps", [30, 60])
def test_a_plateau_of_half_a_second_keeps_its_height(fps):
    t, angle = repetitions_deg([140], move_s=0.8, hold_s=0.5, fps=fps)
    plateau = (t > 0.7 + 0.8 + 0.1) & (t < 0.7 + 0.8 + 0.4)
    np.testing.assert_allclose(smooth(t, angle)[plateau], 140, atol=0.3)
    window = (t >= 0.7 + 0.8) & (t <= 0.7 + 0.8 + 0.5)
    assert smooth(t, angle)[window].mean() == pytest.approx(140, abs=0.3)


@pytest.mark.parametrize(("fps", "frames"), [(5, 60), (10, 100), (30, 15), (30, 2), (30, 1), (30, 0)])
def test_slow_and_short_recordings_are_returned_as_they_are(fps, frames):
    t = np.arange(frames) / fps
    angle = sine(0.2, t) / 10
    np.testing.assert_array_equal(smooth(t, angle), angle)


def test_nothing_known_gives_nothing():
    assert np.isnan(smooth(np.arange(50) / 30, np.full(50, np.nan))).all()


def test_the_input_is_left_alone():
    t = np.arange(60) / 30
    angle = sine(1, t)
    before = angle.copy()
    smooth(t, angle)
    np.testing.assert_array_equal(angle, before)


def test_noise_is_lessened_and_not_biased():
    t = np.arange(0, 60, 1 / 30)
    smoothed = smooth(t, 50 + np.random.default_rng(4).normal(scale=1.0, size=len(t)))
    assert np.nanstd(smoothed) < 0.75
    assert np.nanmean(smoothed) == pytest.approx(50, abs=0.1)
    assert np.isnan(smoothed).mean() < 0.005, "no noise of a degree is an outlier"
