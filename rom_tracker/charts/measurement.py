"""The chart of one measurement: the angle over time, the repetitions and their end ranges."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.repetitions import PLATEAU_S
from rom_tracker.charts.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    HEADLINE_PT,
    LABEL_PT,
    SKY_BLUE,
    SMALL_PT,
    Words,
    add_legend,
    height_of,
    known,
    name_axes,
    new_figure,
    write_headline,
)
from rom_tracker.result_words import (
    caution_words,
    degrees,
    describe,
    end_range_words,
    name_of,
)


def angle_chart(measurement: RomMeasurement, _: Words = str, *, headline: bool = True) -> Figure:
    """The angle over time, with the repetitions, the end range of each, and their mean with its 95 % interval.

    The line has gaps where the angle is unknown. A refused measurement is drawn as far as it goes, with the reason in words and
    without end ranges. ``_`` puts the labels into another language; the ``headline``, the result, is in English.
    """
    figure = new_figure()
    axes = figure.subplots()
    angles = measurement.angles
    name_axes(axes, name_of(measurement, _), _("Time (s)"), _("degrees"))
    axes.set_xlim(0, max(float(angles.time_s[-1]), 0.1) if len(angles) else 1)
    if np.isfinite(angles.angle_deg).any():
        axes.plot(angles.time_s, angles.angle_deg, color=BLUE, linewidth=2, marker=".", markersize=2, label=_("angle"))
        axes.set_ylim(height_of(known(angles.angle_deg), measurement.interval_deg))
        _mark_repetitions(axes, measurement, _)
    else:
        axes.set_yticks([])
        axes.text(0.5, 0.5, _("no angle in any frame"), transform=axes.transAxes, ha="center", fontsize=LABEL_PT, color=GREY)
    if measurement.peak_deg is not None:
        _mark_end_range(axes, measurement, measurement.peak_deg)
        handles = [
            Patch(color=SKY_BLUE, alpha=0.3, linewidth=0, label=_("repetition")),
            Line2D([], [], color=BLACK, linewidth=6, label=_("end range of each")),
            Line2D([], [], color=GREEN, linewidth=2, linestyle="--", label=_("mean end range")),
            Patch(color=GREEN, alpha=0.2, linewidth=0, label=_("95 % interval of the mean")),
        ]
        add_legend(figure, handles, columns=2)
    if not headline:
        pass
    elif measurement.verdict == "refused":
        write_headline(figure, "No result", [end_range_words(measurement).removeprefix("No result. ")])
    else:
        write_headline(figure, end_range_words(measurement), [caution_words(measurement.flags)])
    figure.set_label(describe(measurement))
    return figure


def _mark_repetitions(axes: Axes, measurement: RomMeasurement, _: Words) -> None:
    """Shade and number the repetitions, at most one number every twentieth of the axis."""
    found = measurement.repetitions
    refused = measurement.verdict == "refused"
    numbered_s = -np.inf
    for number, r in enumerate(found.scored, 1):
        axes.axvspan(r.start_s, r.end_s, color=SKY_BLUE, alpha=0.18, linewidth=0, gid="repetition")
        middle_s = (r.start_s + r.end_s) / 2
        if not refused and middle_s - numbered_s >= axes.get_xlim()[1] / 20:
            numbered_s = middle_s
            axes.text(middle_s, 0.98, str(number), transform=axes.get_xaxis_transform(), ha="center", va="top", fontsize=LABEL_PT)
    for r in found.partial:
        axes.axvspan(r.start_s, r.end_s, facecolor="none", edgecolor="#BBBBBB", hatch="//", linewidth=0, gid="partial repetition")
        _write_upwards(axes, (r.start_s + r.end_s) / 2, _("not scored"), top=0.98)
    for time_s in found.cut_off:
        axes.axvline(time_s, color=GREY, linestyle=":", linewidth=1.5, gid="cut off")
        _write_upwards(axes, time_s, _("not seen"), top=0.6)


def _write_upwards(axes: Axes, time_s: float, words: str, *, top: float) -> None:
    box: dict[str, Any] = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1}
    place: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "rotation": 90, "ha": "center", "va": "top", "bbox": box}
    axes.text(time_s, top, words, fontsize=SMALL_PT, color=BLACK, **place)


def _mark_end_range(axes: Axes, measurement: RomMeasurement, peak_deg: float) -> None:
    for r in measurement.repetitions.scored:
        ends_s = (r.peak_s - PLATEAU_S / 2, r.peak_s + PLATEAU_S / 2)
        axes.plot(ends_s, (r.peak_deg, r.peak_deg), color=BLACK, linewidth=6, solid_capstyle="butt", gid="plateau")
    axes.axhline(peak_deg, color=GREEN, linestyle="--", linewidth=2, gid="end range")
    if measurement.interval_deg is not None:
        axes.axhspan(*measurement.interval_deg, color=GREEN, alpha=0.2, linewidth=0, gid="95 % interval")
    side: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "center", "fontsize": HEADLINE_PT, "fontweight": "bold"}
    axes.annotate(degrees(peak_deg), (1.01, peak_deg), annotation_clip=False, **side)
