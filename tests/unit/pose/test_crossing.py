from __future__ import annotations

import numpy as np
import pytest
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis.seeing import CROSSING_S, crossing_flags
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.client import Client
from rom_tracker.pose.crossing import crossing_s
from rom_tracker.pose.region import ClientPlace, Region

MOVEMENTS = load_catalogue().movements
TIME_S, ANGLE_DEG = repetitions_deg([100, 100])
PASSES = stick_passes("shoulder_abduction", "left", ANGLE_DEG, TIME_S)
STANDING = PASSES.as_filmed.xy[0]
TRUNK_PX = float(np.linalg.norm(PASSES.as_filmed.point("mid_shoulder", "left")[0] - PASSES.as_filmed.point("mid_hip", "left")[0]))


def beside(trunks: float) -> Client:
    """The client and somebody who stands so many trunk lengths to the right of the picture, on the side of the raised arm."""
    place = ClientPlace(Region(0, 0, 640, 640), hips=(320.0, 340.0), trunk_px=TRUNK_PX, reach_px=40.0)
    return Client(2, place, others=(STANDING + np.array([trunks * TRUNK_PX, 0]))[None])


def test_an_arm_raised_across_somebody_else_is_told():
    found = crossing_s(beside(1.6), PASSES, MOVEMENTS["shoulder_abduction"], "left")
    away = ANGLE_DEG > 60
    assert found == pytest.approx(np.gradient(TIME_S)[away].sum(), rel=0.5)
    assert found > CROSSING_S
    (flag,) = crossing_flags(found)
    assert (flag.code, flag.severity) == ("limb_across_somebody", "refused")
    assert f"{found:.1f} s" in flag.message


@pytest.mark.parametrize("trunks", [3.5, -1.6, -3.5])
def test_somebody_out_of_reach_or_on_the_other_side_does_not_matter(trunks):
    found = crossing_s(beside(trunks), PASSES, MOVEMENTS["shoulder_abduction"], "left")
    assert found == 0
    assert crossing_flags(found) == ()


def test_nobody_else_or_no_limb_is_not_looked_at():
    assert crossing_s(Client(1), PASSES, MOVEMENTS["shoulder_abduction"], "left") == 0
    assert crossing_s(beside(0.2), PASSES, MOVEMENTS["trunk_lateral_flexion"], "left") == 0


def test_what_is_not_scored_does_not_count():
    held = ANGLE_DEG > 30
    assert crossing_s(beside(1.6), PASSES, MOVEMENTS["shoulder_abduction"], "left", held) == 0
    once = held & (TIME_S[-1] / 2 > TIME_S)
    found = crossing_s(beside(1.6), PASSES, MOVEMENTS["shoulder_abduction"], "left", once)
    assert found == pytest.approx(crossing_s(beside(1.6), PASSES, MOVEMENTS["shoulder_abduction"], "left") / 2, rel=0.1)
