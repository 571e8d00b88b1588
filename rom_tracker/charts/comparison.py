"""Charts of two measurements beside each other: before and after, left and right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.repetitions import Repetition
from rom_tracker.analysis.sides import SideComparison
from rom_tracker.charts.style import (
    BLACK,
    DASHED,
    GREY,
    LABEL_PT,
    SMALL_PT,
    SOLID,
    Words,
    add_legend,
    height_of,
    known,
    name_axes,
    new_figure,
    write_headline,
)
from rom_tracker.i18n import N_
from rom_tracker.pose.sequence import Floats
from rom_tracker.result_words import caution_words, change_words, degrees, describe, name_of, refused_words, side_words

#: So many characters stand beside each other below the end ranges.
_NAMES_BESIDE = 11

#: What the grey band is, as :attr:`~rom_tracker.analysis.comparison.Comparison.detectable_from` says.
_BAND_NAMES = (N_("measuring error"), N_("own repeatability"))

#: What is shown of the rest before and after a repetition, in seconds.
REST_SHOWN_S = 0.3

#: Width of the repetition nearest to the mean, of the others, and of the line of an end range.
_TYPICAL_PT, _OTHER_PT, _END_RANGE_PT = 2.4, 1.0, 1.2

_STYLE = {"before": DASHED, "after": SOLID, "left": SOLID, "right": DASHED}


def comparison_chart(comparison: Comparison, _: Words = str, *, headline: bool = True) -> Figure:
    """Before against after on one axis, each repetition from the start of its lengthening phase, with the change.

    The typical repetition, the one nearest to the mean, is drawn boldly, the others thinly. The grey band about the end range
    before is what cannot be told from error: an end range after it within the band is no detectable change.

    Parameters
    ----------
    comparison : Comparison
    _ : callable, optional
        Puts the labels into another language, such as a :class:`~rom_tracker.i18n.Translator`.
    headline : bool
        Write the result over it, which is in English.
    """
    pair = {"before": comparison.before, "after": comparison.after}
    told = comparison.verdict in ("improved", "worse")
    marks = _Marks("-|>" if told else None, _("change"), _(comparison.detectable_from or _BAND_NAMES[0]))
    figure = _pair_figure(pair, comparison.detectable_deg, marks, _, name=name_of(comparison.before, _))
    if not headline:
        pass
    elif comparison.verdict == "refused":
        write_headline(figure, "No comparison", refused_words(comparison.flags))
    else:
        write_headline(figure, change_words(comparison), [caution_words(comparison.flags)])
    figure.set_label(describe(comparison))
    return figure


def sides_chart(sides: SideComparison) -> Figure:
    """Left against right on one axis, drawn as :func:`comparison_chart` draws before and after.

    The grey band lies about the end range of the left side: one of the right side within it is no detectable difference. A refused
    side is drawn as far as it goes, without an end range.
    """
    pair = {"left": sides.left, "right": sides.right}
    marks = _Marks("<|-|>" if sides.verdict == "sides differ" else None, "difference", "measuring error")
    figure = _pair_figure(pair, sides.detectable_deg, marks, str, name=sides.left.movement.title)
    if sides.verdict == "refused":
        write_headline(figure, "No difference is given", refused_words(sides.flags))
    else:
        write_headline(figure, side_words(sides), [caution_words(sides.flags)])
    figure.set_label(describe(sides))
    return figure


@dataclass(frozen=True)
class _Marks:
    """The arrow between two end ranges, None where they may be alike, its name, and that of the grey band."""

    arrow: str | None
    arrow_name: str
    band_name: str


def _pair_figure(pair: dict[str, RomMeasurement], detectable_deg: float | None, marks: _Marks, _: Words, *, name: str) -> Figure:
    """Two measurements on one axis and, beside it, their end ranges and how far they lie apart.

    ``detectable_deg`` is the least difference that counts, None where the two are not to be compared: then no two end ranges stand
    side by side.
    """
    figure = new_figure()
    axes, beside = figure.subplots(1, 2, sharey=True, width_ratios=[3.2, 1])
    name_axes(axes, name, _("Time since each repetition began (s)"), _("degrees"))
    levels = np.concatenate([_draw_aligned(axes, measurement, which) for which, measurement in pair.items()])
    _name_columns(beside, [_(which) for which in pair])
    band = _too_small_to_tell(pair, detectable_deg)
    if len(levels):
        axes.set_ylim(height_of(levels, band))
        axes.set_xlim(left=-REST_SHOWN_S)
    else:
        axes.set_yticks([])
        axes.text(0.5, 0.5, _("no repetition in either"), transform=axes.transAxes, ha="center", fontsize=LABEL_PT, color=GREY)
    for panel in (axes, beside):
        if band is not None:
            panel.axhspan(*band, color=GREY, alpha=0.2, linewidth=0, gid="measuring error")
        for which, measurement in pair.items():
            if measurement.peak_deg is not None:
                style = {key: _STYLE[which][key] for key in ("color", "linestyle")}
                panel.axhline(measurement.peak_deg, linewidth=_END_RANGE_PT, **style, gid=f"end range {which}")
    if band is not None or any(m.peak_deg is None for m in pair.values()):
        _mark_end_ranges(beside, pair)
    if band is not None and marks.arrow is not None:
        _mark_difference(beside, pair, marks.arrow)
    handles = _handles(pair, marks, _, band=band is not None)
    add_legend(figure, handles, columns=3, meanings={tuple: HandlerTuple(ndivide=None, pad=0.4)})
    return figure


def _handles(pair: dict[str, RomMeasurement], marks: _Marks, _: Words, *, band: bool) -> list[Any]:
    """What stands in the legend: every mark that is drawn, in the order in which three columns are filled."""
    shown = {which: {key: _STYLE[which][key] for key in ("color", "linestyle")} for which in pair}
    handles: list[Any] = [Line2D([], [], linewidth=_TYPICAL_PT, label=_(which), **shown[which]) for which in pair]
    if band and marks.arrow is not None:
        handles.append(Line2D([], [], linewidth=2, color=BLACK, marker=">", markersize=7, label=marks.arrow_name))
    if any(len(m.repetitions.scored) > 1 for m in pair.values()):
        handles.append(Line2D([], [], linewidth=_TYPICAL_PT, color=BLACK, label=_("typical repetition")))
        handles.append(Line2D([], [], linewidth=_OTHER_PT, color=BLACK, alpha=0.6, label=_("other repetitions")))
    measured = [which for which, m in pair.items() if m.peak_deg is not None]
    if measured:
        look: dict[str, Any] = {"linewidth": _END_RANGE_PT, "markersize": 8, "label": _("mean end range")}
        handles.append(tuple(Line2D([], [], **look, **_STYLE[which]) for which in measured))
    if band:
        handles.append(Patch(color=GREY, alpha=0.25, linewidth=0, label=marks.band_name))
    return handles


def _draw_aligned(axes: Axes, measurement: RomMeasurement, which: str) -> Floats:
    """Draw every repetition from the start of its lengthening phase; the angles drawn, (point,) degrees."""
    angles, scored = measurement.angles, measurement.repetitions.scored
    style = {key: _STYLE[which][key] for key in ("color", "linestyle")}
    drawn: list[Floats] = [np.empty(0)]
    for r in scored:
        shown = (angles.time_s >= r.start_s - REST_SHOWN_S) & (angles.time_s <= r.end_s + REST_SHOWN_S)
        typical = r is _nearest_to_mean(scored)
        line = {**style, "linewidth": _TYPICAL_PT if typical else _OTHER_PT, "alpha": 1 if typical else 0.6}
        axes.plot(angles.time_s[shown] - r.start_s, angles.angle_deg[shown], **line, gid=which)
        drawn.append(known(angles.angle_deg[shown]))
    return np.concatenate(drawn)


def _nearest_to_mean(scored: tuple[Repetition, ...]) -> Repetition:
    mean = float(np.mean([r.peak_deg for r in scored]))
    return min(scored, key=lambda r: abs(r.peak_deg - mean))


def _name_columns(beside: Axes, names: list[str]) -> None:
    beside.set_xlim(-0.6, 1.6)
    beside.set_xticks([0, 1], names, fontsize=SMALL_PT if sum(map(len, names)) <= _NAMES_BESIDE else SMALL_PT - 2.5)
    beside.spines[["top", "right", "left"]].set_visible(False)
    beside.tick_params(axis="y", length=0)
    beside.tick_params(axis="x", length=0)
    beside.grid(axis="y", color="#DDDDDD", linewidth=0.8)
    beside.set_axisbelow(True)


def _too_small_to_tell(pair: dict[str, RomMeasurement], detectable_deg: float | None) -> tuple[float, float] | None:
    """The end ranges of the second measurement that are no detectable difference from the first."""
    first, _ = pair.values()
    if detectable_deg is None or first.peak_deg is None:
        return None
    return first.peak_deg - detectable_deg, first.peak_deg + detectable_deg


def _mark_end_ranges(beside: Axes, pair: dict[str, RomMeasurement]) -> None:
    """Draw and write each end range, of two the lower one below its point and the other above."""
    levels = {which: m.peak_deg for which, m in pair.items() if m.peak_deg is not None}
    lower = min(levels, key=lambda which: levels[which]) if len(levels) > 1 else None
    for which, level in levels.items():
        x = list(pair).index(which)
        point = {key: _STYLE[which][key] for key in ("color", "marker", "markerfacecolor")}
        beside.plot([x], [level], **point, markersize=10, zorder=4, gid=f"{which} end range")
        place: dict[str, Any] = {
            "textcoords": "offset points",
            "ha": "center",
            "va": "top" if which == lower else "bottom",
            "fontweight": "bold",
        }
        beside.annotate(degrees(level), (x, level), (0, -9 if which == lower else 9), fontsize=LABEL_PT, **place)


def _mark_difference(beside: Axes, pair: dict[str, RomMeasurement], arrow: str) -> None:
    """An arrow from the first end range to the second."""
    first, second = (m.peak_deg for m in pair.values())
    style: dict[str, Any] = {"arrowstyle": arrow, "color": BLACK, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    beside.annotate("", (0.5, second), (0.5, first), arrowprops=style)
