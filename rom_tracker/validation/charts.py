"""The pictures of the accuracy page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rom_tracker.analysis.reliability import Agreement
from rom_tracker.charts.reliability import mark_agreement
from rom_tracker.charts.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    LABEL_PT,
    ORANGE,
    PURPLE,
    SKY_BLUE,
    SMALL_PT,
    VERMILLION,
    add_legend,
    new_figure,
    write_headline,
)
from rom_tracker.result_words import degrees
from rom_tracker.validation.evidence import USES, Use
from rom_tracker.validation.figures import Beside, LeftOut, Share, agreement, measured
from rom_tracker.validation.tables import ChangeRow, RecordingRow

_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY_BLUE, BLACK, GREY)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

#: How the marks are filled by what a person was used for, and what that means.
_USES: Mapping[Use, tuple[str, str]] = {
    "tuned on": ("hollow", "something was tuned on"),
    "intervals only": ("grey", "behind intervals only"),
    "untouched": ("full", "untouched"),
}

#: The longest label of a legend in two columns.
_CHARACTERS_A_COLUMN = 27

#: Height of a row of the chart beside the naive loop.
_INCHES_A_MOVEMENT = 0.34


def agreement_chart(title: str, rows: Sequence[RecordingRow], titles: Mapping[str, str], uses: Mapping[str, Use]) -> Figure:
    """Error of the end range over the true one, with bias, limits of agreement and their 95 % intervals as bands.

    The true angle is exact, so that it stands on the axis itself and not the mean of both (Krouwer 2008, Stat Med 27:778-780).

    Parameters
    ----------
    title : str
    rows : sequence of RecordingRow
    titles : mapping of str to str
        The movements' titles by key.
    uses : mapping of str to Use
        What each person was used for.
    """
    figure = new_figure()
    axes = figure.subplots()
    chosen = measured(rows)
    movements = list(dict.fromkeys(row.movement for row in chosen))
    for place, movement in enumerate(movements):
        for use in USES:
            of_use = [row for row in chosen if row.movement == movement and uses[row.person] == use]
            _points(axes, [(row.true_deg, row.error_deg) for row in of_use], place, use)
    found = agreement(rows)
    if found is not None:
        mark_agreement(axes, found)
    axes.axhline(0, color=GREY, linewidth=0.8, zorder=1)
    _style(axes, "True end range (degrees)", "Measured less true (degrees)")
    axes.margins(x=0.08, y=0.12)
    write_headline(figure, title, [_agreement_words(found, len(chosen))])
    handles = _legend(movements, titles, {uses[row.person] for row in chosen})
    longest = max(len(str(handle.get_label())) for handle in handles)
    add_legend(figure, handles, columns=2 if longest <= _CHARACTERS_A_COLUMN else 1)
    return figure


def change_chart(changes: Sequence[ChangeRow]) -> Figure:
    """Measured change over the true one, by what it was called."""
    figure = new_figure()
    axes = figure.subplots()
    known = [row for row in changes if row.error_deg is not None and row.true_deg is not None]
    looks = {"improved": (GREEN, "^"), "no detectable change": (GREY, "o"), "worse": (VERMILLION, "v")}
    for verdict, (colour, marker) in looks.items():
        chosen = [row for row in known if row.verdict == verdict]
        axes.errorbar(
            [row.true_deg or 0.0 for row in chosen],
            [row.measured_deg or 0.0 for row in chosen],
            yerr=[row.detectable_deg or 0.0 for row in chosen],
            fmt=marker, color=colour, ecolor=colour, elinewidth=0.6, markersize=6, label=verdict, zorder=3,
        )  # fmt: skip
    ends = [row.true_deg for row in known if row.true_deg is not None]
    axes.axline((0, 0), slope=1, color=BLACK, linewidth=0.8)
    axes.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
    axes.set_xlim(min(ends) - 2, max(ends) + 2)
    _style(axes, "True change (degrees)", "Measured change (degrees)")
    inside = Share(sum(row.inside or False for row in known), len(known))
    write_headline(
        figure, "Change between two recordings of one person", [f"Bars: 95 % interval; {inside.part} of {inside.of} reach the line"]
    )
    handles = [Line2D([], [], color=c, marker=m, linestyle="", label=verdict) for verdict, (c, m) in looks.items()]
    add_legend(figure, handles, columns=3)
    return figure


def interval_chart(found: Sequence[LeftOut[RecordingRow]], classes: Mapping[str, str]) -> Figure:
    """Size of the error over half the width of the interval; below the line the interval holds the true value."""
    figure = new_figure()
    axes = figure.subplots()
    names = list(dict.fromkeys(classes[one.row.movement] for one in found))
    for place, name in enumerate(names):
        chosen = [one for one in found if classes[one.row.movement] == name]
        x, y = [one.half_width_deg for one in chosen], [abs(one.error_deg) for one in chosen]
        colour, marker = _COLOURS[place % len(_COLOURS)], _MARKERS[place % len(_MARKERS)]
        axes.plot(x, y, linestyle="", color=colour, marker=marker, markersize=6)
    most = max(max(one.half_width_deg, abs(one.error_deg)) for one in found) * 1.06
    axes.plot([0, most], [0, most], color=BLACK, linewidth=0.8)
    axes.set(xlim=(0, most), ylim=(0, most))
    _style(axes, "Half the width of the 95 % interval (degrees)", "Size of the error (degrees)")
    inside = sum(one.inside for one in found)
    words = f"{inside} of {len(found)} errors lie within, each interval made without the person whom it is of"
    write_headline(figure, "The interval of people who are no evidence for it", [words])
    handles = [
        Line2D([], [], color=_COLOURS[i % len(_COLOURS)], marker=_MARKERS[i % len(_MARKERS)], linestyle="", label=name)
        for i, name in enumerate(names)
    ]
    add_legend(figure, handles, columns=2)
    return figure


def naive_chart(beside: Mapping[str, Beside]) -> Figure:
    """Mean absolute error of the end range by movement: this program, and the naive loop."""
    figure = new_figure()
    known = {name: one for name, one in beside.items() if one.own is not None and one.naive is not None}
    figure.set_figheight(1.6 + _INCHES_A_MOVEMENT * len(known))
    axes = figure.subplots()
    for place, one in enumerate(reversed(known.values())):
        assert one.own is not None
        assert one.naive is not None
        ends = (one.own.mean_absolute_deg, one.naive.mean_absolute_deg)
        axes.plot(ends, (place, place), color="#BBBBBB", linewidth=2, zorder=1)
        axes.plot(ends[0], place, "o", color=BLUE, markersize=8, zorder=3)
        axes.plot(ends[1], place, "s", color=VERMILLION, markersize=7, zorder=2)
    axes.set_yticks(range(len(known)), list(reversed(known)))
    axes.set_xlim(left=0)
    _style(axes, "Mean absolute error (degrees)", "")
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)
    write_headline(figure, "End range, beside the naive loop")
    handles = [
        Line2D([], [], color=BLUE, marker="o", linestyle="", label="rom_tracker"),
        Line2D([], [], color=VERMILLION, marker="s", linestyle="", label="naive loop"),
    ]
    add_legend(figure, handles, columns=2)
    return figure


def _points(axes: Axes, at: Sequence[tuple[float | None, float | None]], place: int, use: Use) -> None:
    colour, marker = _COLOURS[place % len(_COLOURS)], _MARKERS[place % len(_MARKERS)]
    x, y = [one[0] or 0.0 for one in at], [one[1] or 0.0 for one in at]
    axes.plot(x, y, linestyle="", marker=marker, markersize=7, color=colour, zorder=3, markerfacecolor=_face(use, colour))


def _face(use: Use, colour: str) -> str:
    return {"hollow": "white", "grey": "#CCCCCC", "full": colour}[_USES[use][0]]


def _legend(movements: Sequence[str], titles: Mapping[str, str], used: set[Use]) -> list[Line2D]:
    marks = [
        Line2D([], [], color=_COLOURS[i % 8], marker=_MARKERS[i % 8], linestyle="", label=titles.get(movement, movement))
        for i, movement in enumerate(movements)
    ]
    people = [
        Line2D([], [], color=BLACK, marker="o", linestyle="", markerfacecolor=_face(use, BLACK), label=_USES[use][1])
        for use in USES
        if use in used
    ]
    return [*marks, *people]


def _agreement_words(found: Agreement | None, recordings: int) -> str:
    if found is None:
        return f"{recordings} recordings of too few people for limits of agreement"
    low, high = found.limits_deg
    span = f"{degrees(low, 1, signed=True)} to {degrees(high, 1, signed=True)}"
    return f"95 % limits of agreement {span}, {recordings} recordings of {found.pairs} people; shaded: 95 % intervals"


def _style(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=LABEL_PT)
    axes.set_ylabel(y, fontsize=LABEL_PT)
    axes.tick_params(labelsize=SMALL_PT)
    axes.spines[["top", "right"]].set_visible(False)
