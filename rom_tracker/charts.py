"""Charts of a measurement, of a comparison and of both sides, for the client's phone and for the therapist's file.

    from rom_tracker import charts

    charts.save_chart(charts.angle_chart(measurement), "before.png")
    charts.save_chart(charts.comparison_chart(comparison), "change.svg")

The colours are those of Okabe and Ito, "Color Universal Design" (2008, jfly.uni-koeln.de/color), which people of every kind of
colour vision tell apart; since two of them look alike on a grey print, line style and marker differ as well. Text is 12 points
and more on a figure 6.4 inches wide, so that it stays readable where a phone shows the figure 390 pixels wide. A figure carries
the words of :func:`describe` as its label, and :func:`save_chart` puts them into the file.
"""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.flag import Flag
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.repetitions import PLATEAU_S, Repetition
from rom_tracker.analysis.sides import SideComparison
from rom_tracker.analysis.uncertainty import ErrorBudget
from rom_tracker.errors import UsageError
from rom_tracker.output_files import written_whole
from rom_tracker.pose.sequence import Floats

BLACK, ORANGE, SKY_BLUE, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#666666"

MINUS, EN_DASH = "\N{MINUS SIGN}", "\N{EN DASH}"

FIGURE_INCHES = (6.4, 4.8)
DOTS_PER_INCH = 200
HEADLINE_PT, LABEL_PT, SMALL_PT = 14, 13, 12

#: Characters that fit on a line of the figure, and of the angle axis, at those sizes.
HEADLINE_CHARACTERS, REASON_CHARACTERS, AXIS_CHARACTERS = 54, 66, 40

#: The least height of the angle axis in degrees: a still client must not look like a moving one.
LEAST_HEIGHT_DEG = 20.0

#: What is shown of the rest before and after a repetition, in seconds.
REST_SHOWN_S = 0.3

#: Names of the metadata in which each kind of file takes a description.
_DESCRIPTION_KEY = {".png": "Description", ".svg": "Description", ".pdf": "Subject"}

_DASHED: dict[str, Any] = {"color": VERMILLION, "linestyle": (0, (4, 2)), "marker": "o", "markerfacecolor": "white"}
_SOLID: dict[str, Any] = {"color": BLUE, "linestyle": "-", "marker": "s", "markerfacecolor": BLUE}
_STYLE = {"before": _DASHED, "after": _SOLID, "left": _SOLID, "right": _DASHED}


def angle_chart(measurement: RomMeasurement) -> Figure:
    """The angle over time, with the repetitions, the end range of each, and their mean with its 95 % interval.

    The line has gaps where the angle is unknown. A refused measurement is drawn as far as it goes, with the reason in words and
    without end ranges.
    """
    figure = Figure(figsize=FIGURE_INCHES, layout="constrained")
    axes = figure.subplots()
    angles = measurement.angles
    _name_axes(axes, _name(measurement), "Time (s)")
    axes.set_xlim(0, max(float(angles.time_s[-1]), 0.1) if len(angles) else 1)
    if np.isfinite(angles.angle_deg).any():
        axes.plot(angles.time_s, angles.angle_deg, color=BLUE, linewidth=2, marker=".", markersize=2, label="angle")
        axes.set_ylim(_height(_known(angles.angle_deg), measurement.interval_deg))
        _mark_repetitions(axes, measurement)
    else:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no angle in any frame", transform=axes.transAxes, ha="center", fontsize=LABEL_PT, color=GREY)
    if measurement.peak_deg is not None:
        _mark_end_range(axes, measurement, measurement.peak_deg)
        handles = [
            Line2D([], [], color=BLACK, linewidth=6, label="end range of each"),
            Line2D([], [], color=GREEN, linewidth=2, linestyle="--", label="mean"),
            Patch(color=GREEN, alpha=0.2, linewidth=0, label="95 % interval"),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=SMALL_PT, frameon=False, columnspacing=1.2)
    _headline(figure, end_range_words(measurement), measurement.verdict, measurement.flags)
    figure.set_label(describe(measurement))
    return figure


def comparison_chart(comparison: Comparison) -> Figure:
    """Before against after on one axis, each repetition from the start of its lengthening phase, with the change.

    The repetition nearest to the mean is drawn boldly, the others thinly. The grey band about the end range before is what
    cannot be told from measuring error: an end range after it within the band is no detectable change.
    """
    pair = {"before": comparison.before, "after": comparison.after}
    told = comparison.verdict in ("improved", "worse")
    figure = _pair_figure(pair, comparison.budget, "-|>" if told else None, name=_name(comparison.before))
    _headline(figure, change_words(comparison), comparison.verdict, comparison.flags)
    figure.set_label(describe(comparison))
    return figure


def sides_chart(sides: SideComparison) -> Figure:
    """Left against right on one axis, drawn as :func:`comparison_chart` draws before and after.

    The grey band lies about the end range of the left side: one of the right side within it is no detectable difference. A refused
    side is drawn as far as it goes, without an end range.
    """
    pair = {"left": sides.left, "right": sides.right}
    told = sides.verdict == "sides differ"
    figure = _pair_figure(pair, sides.budget, "<|-|>" if told else None, name=sides.left.movement.title)
    _headline(figure, side_words(sides), sides.verdict, sides.flags)
    figure.set_label(describe(sides))
    return figure


def save_chart(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a chart, with its description inside, under its name only when it is complete.

    Raises
    ------
    UsageError
        The name does not end in .png, .svg or .pdf.
    OutputError
        The file cannot be written there; nothing is left behind.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _DESCRIPTION_KEY:
        raise UsageError(f'expected a name ending in {", ".join(_DESCRIPTION_KEY)} for a chart, got "{path.name}"')
    with written_whole(path) as part:
        figure.savefig(part, format=suffix[1:], dpi=DOTS_PER_INCH, metadata={_DESCRIPTION_KEY[suffix]: str(figure.get_label())})


def describe(result: RomMeasurement | Comparison | SideComparison) -> str:
    """The chart in a few plain sentences, for people who do not see it."""
    if isinstance(result, SideComparison):
        return f"{result.left.movement.title}, left against right. {_sentences(_sides_description(result), result.flags)}"
    if isinstance(result, Comparison):
        return f"{_name(result.before)}, before against after. {_sentences(_change_description(result), result.flags)}"
    return f"{_name(result)}, angle over time. {_sentences(_end_range_description(result), result.flags)}"


def end_range_words(measurement: RomMeasurement) -> str:
    """The result of a measurement in a few words, such as "End range 96° (95 %: ...), 2 repetitions"."""
    if measurement.peak_deg is None or measurement.interval_deg is None:
        return f"No result. {_reasons(measurement.flags)}"
    n = len(measurement.repetitions.scored)
    words = f"End range {degrees(measurement.peak_deg)} (95 %: {_span(measurement.interval_deg)}), "
    return words + f"{n} {'repetition' if n == 1 else 'repetitions'}"


def change_words(comparison: Comparison) -> str:
    """The result of a comparison in a few words, which claim no more than its verdict."""
    change, detectable, interval = comparison.change_deg, comparison.detectable_deg, comparison.interval_deg
    if change is None or detectable is None or interval is None:
        return f"No comparison. {_reasons(comparison.flags)}"
    if comparison.verdict == "no detectable change":
        return f"No detectable change: {_smaller_than(change, detectable, signed=True)}"
    low, high = (degrees(value, signed=True) for value in interval)
    return f"{degrees(change, signed=True)} {comparison.verdict} (95 %: {low} to {high})"


def side_words(sides: SideComparison) -> str:
    """The result of a comparison of both sides in a few words, which claim no more than its verdict."""
    difference, detectable, interval = sides.difference_deg, sides.detectable_deg, sides.interval_deg
    if difference is None or detectable is None or interval is None:
        return f"No difference is given. {_reasons(sides.flags)}"
    if sides.verdict == "no detectable difference":
        return f"No detectable difference: {_smaller_than(abs(difference), detectable)}"
    low, high = interval if difference > 0 else (-interval[1], -interval[0])
    return f"The {'left' if difference > 0 else 'right'} side goes {degrees(abs(difference))} further (95 %: {_span((low, high))})"


def degrees(value_deg: float, digits: int = 0, *, signed: bool = False) -> str:
    """An angle as people write it.

    >>> degrees(95.6), degrees(-0.2), degrees(12.6, signed=True), degrees(8.72, 1)
    ('96°', '0°', '+13°', '8.7°')
    """
    rounded = round(value_deg, digits)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded):.{digits}f}°"


def _smaller_than(value_deg: float, detectable_deg: float, *, signed: bool = False) -> str:
    """Both numbers with as many digits as tell them apart."""
    digits = next((d for d in (0, 1, 2) if round(abs(value_deg), d) < round(detectable_deg, d)), 3)
    return (
        f"{degrees(value_deg, digits, signed=signed)}, smaller than the {degrees(detectable_deg, digits)} that can be told from "
        "measuring error"
    )


def _span(interval_deg: tuple[float, float]) -> str:
    low, high = (degrees(value) for value in interval_deg)
    return f"{low.removesuffix('°')}{EN_DASH}{high}" if interval_deg[0] >= 0 else f"{low} to {high}"


def _name(measurement: RomMeasurement) -> str:
    return measurement.movement.of_side(measurement.side)


def _reasons(flags: tuple[Flag, ...]) -> str:
    return " ".join(flag.message for flag in flags if flag.severity == "refused")


def _sentences(result: str, flags: tuple[Flag, ...]) -> str:
    cautions = " ".join(flag.message for flag in flags if flag.severity == "caution")
    return f"{result} Caution: {cautions}" if cautions else result


def _end_range_description(measurement: RomMeasurement) -> str:
    words = end_range_words(measurement)
    if measurement.peak_deg is None:
        return words
    each = ", ".join(degrees(r.peak_deg) for r in measurement.repetitions.scored)
    return f"{words}: {each}."


def _change_description(comparison: Comparison) -> str:
    before, after = comparison.before, comparison.after
    words = change_words(comparison)
    if before.peak_deg is None or after.peak_deg is None:
        return words
    return f"End range {degrees(before.peak_deg)} before and {degrees(after.peak_deg)} after. {words}."


def _sides_description(sides: SideComparison) -> str:
    each = " and ".join(f"{degrees(m.peak_deg)} {m.side}" for m in (sides.left, sides.right) if m.peak_deg is not None)
    words = side_words(sides)
    if not each:
        return words
    return f"End range {each}. {words}" + ("" if words.endswith((".", "?")) else ".")


def _headline(figure: Figure, words: str, verdict: str, flags: tuple[Flag, ...]) -> None:
    """Write the result over the figure, or the reason why there is none; the figure grows with it."""
    if verdict == "refused":
        lines = textwrap.wrap(words, REASON_CHARACTERS)
        style: dict[str, Any] = {"fontsize": SMALL_PT}
    else:
        caution = ", with caution" if any(flag.severity == "caution" for flag in flags) else ""
        lines = textwrap.wrap(words + caution, HEADLINE_CHARACTERS)
        style = {"fontsize": HEADLINE_PT, "fontweight": "bold"}
    figure.suptitle("\n".join(lines), x=0.02, ha="left", **style)
    figure.set_figheight(FIGURE_INCHES[1] + max(len(lines) - 2, 0) * 1.2 * SMALL_PT / 72)


def _name_axes(axes: Axes, name: str, time_label: str) -> None:
    axes.set_xlabel(time_label, fontsize=LABEL_PT)
    axes.set_ylabel(textwrap.fill(f"{name} (degrees)", AXIS_CHARACTERS), fontsize=LABEL_PT)
    axes.tick_params(labelsize=SMALL_PT)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)


def _known(angle_deg: Floats) -> Floats:
    return angle_deg[np.isfinite(angle_deg)]


def _height(angle_deg: Floats, band_deg: tuple[float, float] | None) -> tuple[float, float]:
    """Limits of the angle axis: all of the angle, and a band about it as far as it does not make the angle small."""
    low, high = float(angle_deg.min()), float(angle_deg.max())
    room = max(high - low, LEAST_HEIGHT_DEG)
    if band_deg is not None:
        low, high = min(low, max(band_deg[0], low - 0.4 * room)), max(high, min(band_deg[1], high + 0.4 * room))
    spare = max(LEAST_HEIGHT_DEG - (high - low), 0) / 2
    return low - spare - 0.05 * room, high + spare + 0.14 * room


def _mark_repetitions(axes: Axes, measurement: RomMeasurement) -> None:
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
        _write_upwards(axes, (r.start_s + r.end_s) / 2, "not scored", top=0.98)
    for time_s in found.cut_off:
        axes.axvline(time_s, color=GREY, linestyle=":", linewidth=1.5, gid="cut off")
        _write_upwards(axes, time_s, "not seen", top=0.6)


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


def _pair_figure(pair: dict[str, RomMeasurement], budget: ErrorBudget | None, arrow: str | None, *, name: str) -> Figure:
    """Two measurements on one axis and, beside it, their end ranges and how far they lie apart.

    ``budget`` is that of the difference, None where the two are not to be compared: then no two end ranges stand side by side.
    ``arrow`` is drawn between them where the difference is more than measuring error.
    """
    figure = Figure(figsize=FIGURE_INCHES, layout="constrained")
    axes, beside = figure.subplots(1, 2, sharey=True, width_ratios=[3.2, 1])
    _name_axes(axes, name, "Time since each repetition began (s)")
    levels = np.concatenate([_draw_aligned(axes, measurement, which) for which, measurement in pair.items()])
    _name_columns(beside, list(pair))
    band = _too_small_to_tell(pair, budget)
    if len(levels):
        axes.set_ylim(_height(levels, band))
        axes.set_xlim(left=-REST_SHOWN_S)
    else:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no repetition in either", transform=axes.transAxes, ha="center", fontsize=LABEL_PT, color=GREY)
    for panel in (axes, beside):
        if band is not None:
            panel.axhspan(*band, color=GREY, alpha=0.2, linewidth=0, gid="measuring error")
        for which, measurement in pair.items():
            if measurement.peak_deg is not None:
                style = {key: _STYLE[which][key] for key in ("color", "linestyle")}
                panel.axhline(measurement.peak_deg, linewidth=1.2, **style, gid=f"end range {which}")
    if band is not None or any(m.peak_deg is None for m in pair.values()):
        _mark_end_ranges(beside, pair)
    if band is not None:
        _mark_difference(beside, pair, arrow)
    handles = [Line2D([], [], linewidth=2, markersize=8, label=which, **_STYLE[which]) for which in pair]
    if band is not None:
        handles.append(Patch(color=GREY, alpha=0.25, linewidth=0, label="measuring error"))  # type: ignore[arg-type]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=SMALL_PT, frameon=False, columnspacing=1.2)
    return figure


def _draw_aligned(axes: Axes, measurement: RomMeasurement, which: str) -> Floats:
    """Draw every repetition from the start of its lengthening phase; the angles drawn, (point,) degrees."""
    angles, scored = measurement.angles, measurement.repetitions.scored
    style = _STYLE[which]
    drawn: list[Floats] = [np.empty(0)]
    for r in scored:
        shown = (angles.time_s >= r.start_s - REST_SHOWN_S) & (angles.time_s <= r.end_s + REST_SHOWN_S)
        bold = r is _nearest_to_mean(scored)
        line = {"color": style["color"], "linestyle": style["linestyle"], "linewidth": 2.4 if bold else 1}
        axes.plot(angles.time_s[shown] - r.start_s, angles.angle_deg[shown], **line, alpha=1 if bold else 0.5, gid=which)
        if measurement.verdict != "refused":
            point = {key: style[key] for key in ("color", "marker", "markerfacecolor")}
            axes.plot(
                [r.peak_s - r.start_s], [r.peak_deg], **point, markersize=8 if bold else 5, zorder=3, gid=f"{which} end range"
            )
        drawn.append(_known(angles.angle_deg[shown]))
    return np.concatenate(drawn)


def _nearest_to_mean(scored: tuple[Repetition, ...]) -> Repetition:
    mean = float(np.mean([r.peak_deg for r in scored]))
    return min(scored, key=lambda r: abs(r.peak_deg - mean))


def _name_columns(beside: Axes, names: list[str]) -> None:
    beside.set_xlim(-0.6, 1.6)
    beside.set_xticks([0, 1], names, fontsize=SMALL_PT)
    beside.spines[["top", "right", "left"]].set_visible(False)
    beside.tick_params(axis="y", length=0)
    beside.tick_params(axis="x", length=0)
    beside.grid(axis="y", color="#DDDDDD", linewidth=0.8)
    beside.set_axisbelow(True)


def _too_small_to_tell(pair: dict[str, RomMeasurement], budget: ErrorBudget | None) -> tuple[float, float] | None:
    """The end ranges of the second measurement that are no detectable difference from the first."""
    first, _ = pair.values()
    if budget is None or first.peak_deg is None:
        return None
    return budget.interval_deg(first.peak_deg)


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


def _mark_difference(beside: Axes, pair: dict[str, RomMeasurement], arrow: str | None) -> None:
    """An arrow from the first end range to the second, or a grey bar where the difference may be measuring error."""
    first, second = (m.peak_deg for m in pair.values())
    style = {
        "arrowstyle": arrow or "|-|,widthA=0.3,widthB=0.3",
        "color": BLACK if arrow else GREY,
        "linewidth": 2,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    beside.annotate("", (0.5, second), (0.5, first), arrowprops=style)
