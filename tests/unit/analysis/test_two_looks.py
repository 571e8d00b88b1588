from __future__ import annotations

import numpy as np
import pytest
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.landmarks import INDEX
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.sequence import PosePasses

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
