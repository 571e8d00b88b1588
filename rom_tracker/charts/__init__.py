"""Charts of a measurement, of a comparison, of both sides, of sessions in a row and of repeatability.

    from rom_tracker import charts

    charts.save_chart(charts.angle_chart(measurement), "before.png")
    charts.save_chart(charts.comparison_chart(comparison), "change.svg")

For the client's phone and for the therapist's file. How they look is told in :mod:`rom_tracker.charts.style`. A figure carries the
words of :func:`describe` as its label, and :func:`save_chart` puts them into the file.
"""

from rom_tracker.charts.comparison import comparison_chart, sides_chart
from rom_tracker.charts.measurement import angle_chart
from rom_tracker.charts.style import save_chart
from rom_tracker.result_words import describe

__all__ = ["angle_chart", "comparison_chart", "describe", "save_chart", "sides_chart"]
