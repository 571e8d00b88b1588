"""Measures the range of motion of a joint from video, and says honestly whether it changed.

    from rom_tracker import compare, measure

    before = measure("before.mp4", "shoulder_abduction", "left")
    after = measure("after.mp4", "shoulder_abduction", "left")
    print(before.peak_deg, before.interval_deg)
    change = compare(before, after)
    print(change.verdict, change.change_deg, change.detectable_deg)
    before.angles.angle_deg    # (frame,) degrees; .time_s, .confidence

Inside, one noun leads to the next: ``capture.VideoFile`` yields frames, ``pose.poses_of`` turns them into ``PosePasses``,
``pose.angle_series`` into an ``AngleSeries``, ``analysis.measure`` into a ``RomMeasurement``, ``analysis.compare`` two of them
into a ``Comparison``, ``analysis.compare_sides`` two sides into a ``SideComparison``; ``charts`` draws all three. Every error is a
``RomTrackerError``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from rom_tracker.analysis.comparison import Comparison, compare
    from rom_tracker.analysis.measurement import RomMeasurement
    from rom_tracker.analysis.measuring import measure
    from rom_tracker.analysis.sides import SideComparison, compare_sides
    from rom_tracker.errors import RomTrackerError
    from rom_tracker.movements import load_catalogue

__all__ = [
    "Comparison",
    "RomMeasurement",
    "RomTrackerError",
    "SideComparison",
    "__version__",
    "compare",
    "compare_sides",
    "load_catalogue",
    "measure",
]

_HOMES = {
    "Comparison": "rom_tracker.analysis.comparison",
    "compare": "rom_tracker.analysis.comparison",
    "RomMeasurement": "rom_tracker.analysis.measurement",
    "measure": "rom_tracker.analysis.measuring",
    "SideComparison": "rom_tracker.analysis.sides",
    "compare_sides": "rom_tracker.analysis.sides",
    "RomTrackerError": "rom_tracker.errors",
    "load_catalogue": "rom_tracker.movements",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: importing the package alone stays immediate."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
