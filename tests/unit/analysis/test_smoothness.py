from __future__ import annotations

import numpy as np
import pytest
from stick_figure import repetitions_deg

from rom_tracker.analysis.smoothness import spectral_arc_length


def minimum_jerk(duration_s: float = 1.0, size_deg: float = 90.0, fps: float = 100.0) -> tuple[np.ndarray, np.ndarray]:
    """Velocity of a minimum-jerk stroke: 30 s^2 - 60 s^3 + 30 s^4 of size over duration."""
    t = np.linspace(0, duration_s, round(duration_s * fps) + 1)
    s = t / duration_s
    return t, size_deg / duration_s * 30 * (s * (1 - s)) ** 2


def strokes(n: int, pause_s: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    _, v = minimum_jerk()
    pause = np.zeros(round(pause_s * 100))
    joined = np.concatenate([*[np.concatenate([v[:-1], pause])] * (n - 1), v])
    return np.arange(len(joined)) / 100, joined


def test_one_smooth_stroke_has_the_published_value():
    # Balasubramanian et al. (2015): about -1.4 for a minimum-jerk movement
    assert spectral_arc_length(*minimum_jerk()) == pytest.approx(-1.41, abs=0.05)


@pytest.mark.parametrize("size_deg", [0.1, 20.0, 170.0, -90.0])
@pytest.mark.parametrize("duration_s", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("fps", [30.0, 240.0])
def test_neither_size_nor_duration_nor_frame_rate_matters(size_deg, duration_s, fps):
    # above the highest frequency looked at, a stroke of half a second has nothing left to lose
    assert spectral_arc_length(*minimum_jerk(duration_s, size_deg, fps)) == pytest.approx(-1.41, abs=0.08)


def test_every_stop_makes_it_more_negative():
    values = [spectral_arc_length(*strokes(n)) for n in (1, 2, 3, 4)]
    assert np.all(np.diff(values) < -0.3)
    assert spectral_arc_length(*strokes(2, pause_s=0.5)) < values[1]


def test_tremor_makes_it_more_negative():
    t, v = minimum_jerk(2.0)
    assert spectral_arc_length(t, v + 15 * np.sin(2 * np.pi * 6 * t)) < spectral_arc_length(t, v) - 0.3


def test_frame_intervals_may_vary():
    t = np.sort(np.random.default_rng(0).uniform(0, 1, 60))
    t[0], t[-1] = 0, 1
    v = 90 * 30 * (t * (1 - t)) ** 2
    assert spectral_arc_length(t, v) == pytest.approx(-1.41, abs=0.05)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_too_short_to_tell(n):
    assert spectral_arc_length(np.arange(n) / 30, np.ones(n)) is None


def test_no_movement_has_no_smoothness():
    assert spectral_arc_length(np.arange(30) / 30, np.zeros(30)) is None


def test_a_hesitant_repetition_is_less_smooth_than_a_fluent_one():
    t, a = repetitions_deg([90], move_s=2.0)
    v = np.gradient(a, t)
    up = (t > 0.7) & (t < 2.7)
    hesitant = v * (1 - 0.9 * np.exp(-(((t - 1.7) / 0.15) ** 2)))
    assert spectral_arc_length(t[up], hesitant[up]) < spectral_arc_length(t[up], v[up]) - 0.2
