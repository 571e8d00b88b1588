"""The sessions in a row in one chart, for the client: before and after, what measuring error allows, norm and other side.

In the style of :mod:`~rom_tracker.charts.style`: marks and line styles differ as well as colours, so it reads on a grey print and
where a phone shows it small. Its words are in the reader's language.
"""

from __future__ import annotations

import textwrap
from datetime import date
from typing import Any

import matplotlib.dates as mdates
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from rom_tracker.analysis.progress import Progress, SessionMark
from rom_tracker.charts.style import (
    AXIS_CHARACTERS,
    BLACK,
    BLUE,
    GREEN,
    GREY,
    LABEL_PT,
    PURPLE,
    SMALL_PT,
    VERMILLION,
    add_legend,
    height_of,
    new_figure,
    write_headline,
)
from rom_tracker.client_words import TRENDS, angle, movement_name, trend_meaning
from rom_tracker.i18n import Translator, translator

#: As many days are written under the axis at most.
_MOST_DAYS = 6

#: Room at both ends of the time axis: this share of it, and at least so many days.
_ROOM_SHARE, _ROOM_DAYS = 0.06, 2.0


def progress_chart(progress: Progress, words: Translator | None = None, *, headline: bool = True) -> Figure:
    """End ranges before (rings) and after (squares) the treatments over the days, each session's two joined by a thin line.

    The grey band about the first end range before a treatment is what cannot be told from measuring error. The line of the trend is
    drawn only where there is one that counts. The norm is dotted, with one standard deviation to both sides where it is known.

    Parameters
    ----------
    progress : Progress
    words : Translator, optional
        English without it.
    headline : bool
        Whether the verdict of the trend is written over it.
    """
    _ = words or translator()
    figure = new_figure()
    axes = figure.subplots()
    handles = _draw(axes, progress, _)
    _name_axes(axes, progress, _)
    add_legend(figure, handles, columns=2)
    meaning = trend_meaning(_, progress)
    if headline:
        write_headline(figure, _(TRENDS[progress.verdict]), meaning[:1])
    name = movement_name(_, progress.movement, progress.side)
    figure.set_label(f"{name}. {_(TRENDS[progress.verdict])}. {' '.join(meaning)} {_table(progress, _)}")
    return figure


def _draw(axes: Axes, progress: Progress, _: Translator) -> list[Any]:
    """Draw all marks; what stands in the legend."""
    handles: list[Any] = []
    if progress.band_deg is not None:
        axes.axhspan(*progress.band_deg, color=GREY, alpha=0.2, linewidth=0, gid="measuring error")
    for mark in progress.sessions:
        if mark.before_deg is not None and mark.after_deg is not None:
            axes.plot([_x(mark.day)] * 2, [mark.before_deg, mark.after_deg], color=GREY, linewidth=1.2, zorder=2, gid="session")
    before: dict[str, Any] = {"color": VERMILLION, "linestyle": (0, (4, 2)), "marker": "o", "markerfacecolor": "white"}
    after: dict[str, Any] = {"color": BLUE, "linestyle": "none", "marker": "s", "markerfacecolor": BLUE}
    for look, name, gid in ((before, _("before"), "before"), (after, _("after"), "after")):
        known = [(_x(mark.day), value) for mark in progress.sessions if (value := getattr(mark, f"{gid}_deg")) is not None]
        if known:
            axes.plot(*np.array(known).T, linewidth=1.4, markersize=8, markeredgewidth=1.8, zorder=4, gid=gid, **look)
            handles.append(Line2D([], [], markersize=8, markeredgewidth=1.8, linewidth=1.4, label=name, **look))
    handles += _draw_other_side(axes, progress, _)
    if progress.band_deg is not None:
        handles.append(Patch(color=GREY, alpha=0.25, linewidth=0, label=_("cannot be told from the first")))
    handles += _draw_norm(axes, progress, _)
    trend = progress.trend
    if trend is not None and progress.verdict in ("improved", "worse"):
        ends = [_x(trend.first), _x(trend.last)], [trend.first_deg, trend.last_deg]
        axes.plot(*ends, color=BLACK, linewidth=2.4, zorder=3, gid="trend")
        handles.append(Line2D([], [], color=BLACK, linewidth=2.4, label=_("trend of before")))
    return handles


def _draw_other_side(axes: Axes, progress: Progress, _: Translator) -> list[Any]:
    known = [(_x(mark.day), mark.before_deg) for mark in progress.other_side if mark.before_deg is not None]
    if not known:
        return []
    look: dict[str, Any] = {"color": PURPLE, "linestyle": ":", "marker": "^", "markerfacecolor": "white", "linewidth": 1.2}
    axes.plot(*np.array(known).T, markersize=7, zorder=3, gid="other side", **look)
    return [Line2D([], [], markersize=7, label=_("other side, before"), **look)]


def _draw_norm(axes: Axes, progress: Progress, _: Translator) -> list[Any]:
    norm = progress.norm
    if norm is None or not norm.comparable:
        return []
    if norm.sd_deg is not None:
        band = norm.mean_deg - norm.sd_deg, norm.mean_deg + norm.sd_deg
        axes.axhspan(*band, facecolor="none", edgecolor=GREEN, alpha=0.35, hatch="..", linewidth=0, gid="norm band")
    axes.axhline(norm.mean_deg, color=GREEN, linestyle="-.", linewidth=1.8, gid="norm")
    return [Line2D([], [], color=GREEN, linestyle="-.", linewidth=1.8, label=_("mean of people of that age"))]


def _name_axes(axes: Axes, progress: Progress, _: Translator) -> None:
    days = sorted({mark.day for mark in (*progress.sessions, *progress.other_side)})
    first, last = _x(days[0]), _x(days[-1])
    room = max((last - first) * _ROOM_SHARE, _ROOM_DAYS)
    axes.set_xlim(first - room, last + room)
    ticks = _spread(days)
    with_year = days[0].year != days[-1].year
    names = [_.short_day(day) + (f"\n{day.year}" if with_year else "") for day in ticks]
    axes.set_xticks([_x(day) for day in ticks], names, fontsize=SMALL_PT)
    values = [v for m in (*progress.sessions, *progress.other_side) for v in (m.before_deg, m.after_deg) if v is not None]
    if progress.norm is not None and progress.norm.comparable:
        values.append(progress.norm.mean_deg)
    if values:
        axes.set_ylim(height_of(np.array(values, dtype=np.float64), progress.band_deg))
    else:
        axes.set_yticks([])
        axes.text(0.5, 0.5, _("no end range in any session"), transform=axes.transAxes, ha="center", fontsize=LABEL_PT, color=GREY)
    name = _("{movement} (degrees)").format(movement=movement_name(_, progress.movement, progress.side))
    axes.set_ylabel(textwrap.fill(name, AXIS_CHARACTERS), fontsize=LABEL_PT)
    axes.tick_params(labelsize=SMALL_PT)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)


def _spread(days: list[date]) -> list[date]:
    """First and last day and some between, so far apart that their names do not touch."""
    least = (days[-1] - days[0]).days / _MOST_DAYS
    chosen = [days[0]]
    for day in days[1:-1]:
        if (day - chosen[-1]).days >= least and (days[-1] - day).days >= least:
            chosen.append(day)
    return chosen if len(days) == 1 else [*chosen, days[-1]]


def _x(day: date) -> float:
    return float(mdates.date2num(day))  # type: ignore[no-untyped-call]


def _table(progress: Progress, _: Translator) -> str:
    """Every session in words, for people who do not see the chart."""
    return " ".join(_session(mark, _) for mark in progress.sessions)


def _session(mark: SessionMark, _: Translator) -> str:
    before, after = (_("no result") if value is None else angle(_, value) for value in (mark.before_deg, mark.after_deg))
    return _("{day}: before {before}, after {after}.").format(day=_.day(mark.day), before=before, after=after)
