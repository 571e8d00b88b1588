"""Comparisons of every verdict, of a stick figure that moves as told."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
from stick_figure import repetitions_deg, stick_passes

from rom_tracker import compare, load_catalogue
from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.analysis.progress import Progress, SessionMark, progress_of
from rom_tracker.pose.sequence import PosePasses

SURE = {"residual_deg": 2.0, "residual_people": 20, "change_residual_deg": 1.0, "change_residual_people": 20}
FIRST_DAY = date(2026, 3, 2)

PEAKS = {
    "improved": ((100, 104, 96), (118, 121, 116)),
    "no detectable change": ((100, 104, 96), (102, 103, 100)),
    "worse": ((100, 104, 96), (80, 84, 81)),
}

#: End ranges before the treatments, a week apart, of every verdict of a trend.
COURSES = {
    "improved": (75, 79, 82, 88, 93, 96, 100),
    "no detectable change": (80, 76, 82, 79, 81, 78, 80),
    "worse": (100, 96, 93, 88, 82, 79, 75),
    "too few sessions": (75, 95),
}


def measured(peaks_deg, key="elbow_flexion", *, side="left", seen=True, **changed) -> RomMeasurement:
    movement = load_catalogue()[key].model_copy(update={**SURE, **changed})
    time_s, angle_deg = repetitions_deg(peaks_deg)
    passes = stick_passes(key, side, angle_deg, time_s, faces=f"image_{side}")
    if not seen:
        look = passes.as_filmed.replaced(xy=np.full_like(passes.as_filmed.xy, np.nan))
        passes = PosePasses(look, look)
    return measure_poses(passes, movement, side)


@cache
def compared(verdict: str, key: str = "elbow_flexion", *, primary: bool = False, better: str = "larger") -> Comparison:
    if verdict == "refused":
        return compare(measured((90,), key, seen=False), measured((100,), key), primary=primary)
    mirrored = {"improved": "worse", "worse": "improved"}.get(verdict, verdict) if better == "smaller" else verdict
    found = compare(*(measured(peaks, key, better=better) for peaks in PEAKS[mirrored]), primary=primary)
    assert found.verdict == verdict
    return found


def course(verdict: str, comparison: Comparison, *, detectable_deg: float = 8.0) -> Progress:
    marks = [
        SessionMark(FIRST_DAY + timedelta(weeks=week), deg, deg + 5.0, "no detectable change", detectable_deg)
        for week, deg in enumerate(COURSES[verdict])
    ]
    found = progress_of(comparison.before.movement, comparison.before.side, marks)
    assert found.verdict == verdict
    return found
