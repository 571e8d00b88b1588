"""Charts of a measurement, its error budget, a comparison, both sides, sessions in a row, and repeatability.

    from rom_tracker import charts

    charts.save_chart(charts.angle_chart(measurement), "before.png")
    charts.save_chart(charts.comparison_chart(comparison), "change.svg")

For the client's phone and for the therapist's file. How they look is told in :mod:`rom_tracker.charts.style`. A figure carries the
words of :func:`describe` as its label, and :func:`save_chart` puts them into the file.
"""

from rom_tracker.charts.budget import budget_chart
from rom_tracker.charts.comparison import comparison_chart, sides_chart
from rom_tracker.charts.measurement import angle_chart
from rom_tracker.charts.progress import progress_chart
from rom_tracker.charts.reliability import bland_altman_chart
from rom_tracker.charts.style import save_chart
from rom_tracker.result_words import describe

__all__ = [
    "angle_chart",
    "bland_altman_chart",
    "budget_chart",
    "comparison_chart",
    "describe",
    "progress_chart",
    "save_chart",
    "sides_chart",
]
