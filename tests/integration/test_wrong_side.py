"""The leg that stands still is no leg to be measured, though the pose model gives it the name of the one that moves."""

from __future__ import annotations

import pytest

from rom_tracker.analysis.measuring import measure
from rom_tracker.landmarks import opposite_side
from rom_tracker.movements import load_catalogue
from rom_tracker.sample_clips import SampleClip, sample_clips

pytestmark = pytest.mark.slow

LEGS = [clip for clip in sample_clips() if load_catalogue()[clip.movement].still is not None]


@pytest.mark.parametrize("clip", LEGS, ids=lambda clip: clip.path.stem)
def test_the_other_leg_is_refused(clip: SampleClip) -> None:
    other = opposite_side(clip.side)
    found = measure(clip.path, clip.movement, other)
    assert (found.verdict, found.peak_deg) == ("refused", None)
    (said,) = [flag.message for flag in found.flags if flag.code == "wrong_side"]
    assert said.endswith(f"Did you mean the {clip.side} side?")
    assert measure(clip.path, clip.movement, clip.side).peak_deg is not None
