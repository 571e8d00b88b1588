from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis import measuring
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.analysis.observation import Observation
from rom_tracker.analysis.repetitions import on_plateau
from rom_tracker.landmarks import INDEX
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.sequence import PosePasses

SAMPLE = Path(__file__).parents[3] / "sample_videos" / "knee_flexion_pre.mp4"
KNEE = load_catalogue()["knee_flexion"]


def with_the_ankle_elsewhere_in_one_look(turned_deg: float) -> PosePasses:
    """Three repetitions of 90 degrees, in which the mirrored look sees the shank turned about the knee."""
    time_s, angle_deg = repetitions_deg([90, 90, 90])
    passes = stick_passes("knee_flexion", "right", angle_deg, time_s)
    xy = passes.mirrored.xy.copy()
    knee = xy[:, INDEX["right_knee"]]
    cos, sin = np.cos(np.radians(turned_deg)), np.sin(np.radians(turned_deg))
    for name in ("right_ankle", "right_heel", "right_foot_index"):
        arm = xy[:, INDEX[name]] - knee
        xy[:, INDEX[name]] = knee + arm @ np.array([[cos, sin], [-sin, cos]])
    return PosePasses(passes.as_filmed, passes.mirrored.replaced(xy=xy))


@pytest.mark.parametrize(
    ("turned_deg", "severity"), [(0, None), (8, None), (16, "caution"), (-16, "caution"), (25, "refused"), (-25, "refused")]
)
def test_two_looks_that_disagree_about_the_end_range_are_told(turned_deg, severity):
    found = measure_poses(with_the_ankle_elsewhere_in_one_look(turned_deg), KNEE, "right")
    flags = [flag for flag in found.flags if flag.code == "joints_unsure"]
    assert [flag.severity for flag in flags] == ([severity] if severity else [])
    if severity:
        assert f"differ by {abs(turned_deg)} degrees" in flags[0].message
        assert found.verdict == severity


def in_some_frames_of_the_end_range(share: float) -> PosePasses:
    """The ankle is elsewhere in the mirrored look, in about such a share of the frames of the end ranges."""
    usual, turned = with_the_ankle_elsewhere_in_one_look(0), with_the_ankle_elsewhere_in_one_look(30)
    repetitions = measure_poses(usual, KNEE, "right").repetitions.scored
    at = np.flatnonzero(on_plateau(usual.time_s, repetitions))
    xy = usual.mirrored.xy.copy()
    chosen = at[: round(share * len(at))]
    xy[chosen] = turned.mirrored.xy[chosen]
    return PosePasses(usual.as_filmed, usual.mirrored.replaced(xy=xy))


@pytest.mark.parametrize(("share", "contradict"), [(0.0, False), (0.05, False), (0.3, True), (1.0, True)])
def test_looks_that_contradict_each_other_in_a_part_of_the_end_range_are_noticed(share, contradict):
    assert measure_poses(in_some_frames_of_the_end_range(share), KNEE, "right").looks_contradict is contradict


@pytest.mark.parametrize(("share", "rounds"), [(0.0, [False]), (0.4, [False, True])])
def test_where_they_do_every_frame_is_looked_at(monkeypatch, share, rounds):
    whole = in_some_frames_of_the_end_range(share)
    some = PosePasses(*(look.of_frames(np.arange(0, len(look), 2)) for look in (whole.as_filmed, whole.mirrored)), whole.time_s)
    asked = []

    def observe(*args, every_frame, **kwargs):
        asked.append(every_frame)
        return Observation(whole if every_frame else some)

    monkeypatch.setattr(measuring, "observe", observe)
    found = measuring.measure(SAMPLE, KNEE, "right")
    assert asked == rounds
    assert found.frames_looked_at == (len(whole.time_s) if rounds[-1] else len(some.time_s))
