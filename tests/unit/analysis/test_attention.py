from __future__ import annotations

import numpy as np
from rom_tracker.analysis.attention import moments_that_matter
from stick_figure import every, repetitions_deg, stick_passes

from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.estimator import close_frames
from rom_tracker.pose.sequence import PosePasses

KNEE = load_catalogue()["knee_flexion"]


def covered(moments, t):
    return any(start <= t <= end for start, end in moments)


def test_end_ranges_and_starts_are_looked_at_closely_and_the_way_between_is_not():
    time_s, angle_deg = repetitions_deg([100, 95], rest_s=1.5)
    moments = moments_that_matter(every(stick_passes("knee_flexion", "right", angle_deg, time_s), 4), KNEE, "right")
    for peak_s in (3.0, 7.5):
        assert all(covered(moments, t) for t in np.linspace(peak_s - 0.3, peak_s + 0.3, 7))
    assert all(covered(moments, t) for t in (0.0, 0.3, 1.5, 6.0))
    assert not covered(moments, 2.0)
    assert not covered(moments, 4.5)


def test_a_recording_without_a_repetition_is_looked_at_all_through():
    time_s = np.arange(120) / 30
    assert moments_that_matter(every(stick_passes("knee_flexion", "right", np.full(120, 5.0), time_s), 4), KNEE, "right") is None


def test_frames_in_which_somebody_is_lost_are_looked_at_closely():
    time_s, angle_deg = repetitions_deg([100, 95], rest_s=1.5)
    passes = every(stick_passes("knee_flexion", "right", angle_deg, time_s), 4)
    lost = [look.xy.copy() for look in (passes.as_filmed, passes.mirrored)]
    frame = int(np.searchsorted(passes.time_s, 4.4))
    for xy in lost:
        xy[frame] = np.nan
    blind = PosePasses(passes.as_filmed.replaced(xy=lost[0]), passes.mirrored.replaced(xy=lost[1]), passes.all_time_s)
    assert covered(moments_that_matter(blind, KNEE, "right"), passes.time_s[frame])


def test_the_result_is_that_of_every_frame():
    time_s, angle_deg = repetitions_deg([100, 95, 104], hold_s=0.4)
    passes = stick_passes("knee_flexion", "right", angle_deg, time_s, jitter_px=0.5)
    coarse = every(passes, 4)
    close = close_frames(time_s, coarse.looked_at, moments_that_matter(coarse, KNEE, "right"))
    rows = np.flatnonzero(coarse.looked_at | close)
    names = ("xy", "world", "visibility")
    looks = (
        look.replaced(time_s=time_s[rows], **{name: getattr(look, name)[rows] for name in names})
        for look in (passes.as_filmed, passes.mirrored)
    )
    chosen, all_of_them = (measure_poses(each, KNEE, "right") for each in (PosePasses(*looks, time_s), passes))
    assert abs(chosen.peak_deg - all_of_them.peak_deg) < 0.5
    assert len(chosen.repetitions.scored) == 3
    assert chosen.frames_looked_at == len(rows) < 0.6 * len(time_s)
    assert len(chosen.angles) == all_of_them.frames_looked_at == len(time_s)
