"""How the charts look: colours, sizes, axes, headline and file.

The colours are those of Okabe and Ito, "Color Universal Design" (2008, jfly.uni-koeln.de/color), which people of every kind of
colour vision tell apart; since two of them look alike on a grey print, line style and marker differ as well. Text is 12 points
and more on a figure 6.4 inches wide, so that it stays readable where a phone shows the figure 390 pixels wide.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from rom_tracker.errors import UsageError
from rom_tracker.output_files import written_whole
from rom_tracker.pose.sequence import Floats

BLACK, ORANGE, SKY_BLUE, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#666666"

#: Puts the words of a chart into another language.
Words = Callable[[str], str]

#: Before and the right side, after and the left side.
DASHED: dict[str, Any] = {"color": VERMILLION, "linestyle": (0, (4, 2)), "marker": "o", "markerfacecolor": "white"}
SOLID: dict[str, Any] = {"color": BLUE, "linestyle": "-", "marker": "s", "markerfacecolor": BLUE}

FIGURE_INCHES = (6.4, 4.8)
DOTS_PER_INCH = 200
HEADLINE_PT, LABEL_PT, SMALL_PT = 14, 13, 12

#: So many characters of the legend stand in the figure's width, of which every column's mark takes so many.
_ROW_CHARACTERS, _MARK_CHARACTERS = 75, 9

#: Characters that fit on a line of the figure, and of the angle axis, at those sizes.
HEADLINE_CHARACTERS, REASON_CHARACTERS, AXIS_CHARACTERS = 54, 66, 40

#: The least height of the angle axis in degrees: a still client must not look like a moving one.
LEAST_HEIGHT_DEG = 20.0

#: A line of text takes this share of its size more, and the headline so many inches above and below it.
_LINE_SPACING, _HEADLINE_ROOM = 1.25, 0.06

#: Lines of headline, and rows of the legend, that the figure has room for before it grows.
_LINES_WITHIN, _ROWS_WITHIN = 2, 1

#: Names of the metadata in which each kind of file takes a description.
_DESCRIPTION_KEY = {".png": "Description", ".svg": "Description", ".pdf": "Subject"}


def new_figure() -> Figure:
    """An empty figure, to which axes are added."""
    return Figure(figsize=FIGURE_INCHES, layout="constrained")


def write_headline(figure: Figure, title: str, below: Sequence[str] = ()) -> None:
    """Write the result over the figure, and smaller below it what there is to know about it; the figure grows with it."""
    titles = textwrap.wrap(title, HEADLINE_CHARACTERS)
    lines = [line for words in below for line in textwrap.wrap(words, REASON_CHARACTERS)]
    title_inches, below_inches = _inches(len(titles), HEADLINE_PT), _inches(len(lines), SMALL_PT)
    _grow(figure, _inches(max(len(titles) + len(lines) - _LINES_WITHIN, 0), SMALL_PT))
    height = figure.get_figheight()
    top = 1 - _HEADLINE_ROOM / height
    place: dict[str, Any] = {"x": 0.02, "ha": "left", "va": "top", "linespacing": 1.1}
    heading = figure.suptitle("\n".join(titles), y=top, fontsize=HEADLINE_PT, fontweight="bold", **place)
    heading.set_in_layout(False)
    if lines:
        reason = figure.text(y=top - title_inches / height, s="\n".join(lines), fontsize=SMALL_PT, **place)
        reason.set_in_layout(False)
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    engine.set(rect=(0, 0, 1, top - (title_inches + below_inches + _HEADLINE_ROOM) / height))


def _inches(lines: int, size_pt: float) -> float:
    return lines * _LINE_SPACING * size_pt / 72


def _grow(figure: Figure, inches: float) -> None:
    figure.set_figheight(figure.get_figheight() + inches)


def add_legend(figure: Figure, handles: Sequence[Any], columns: int, meanings: Mapping[Any, Any] | None = None) -> None:
    """What the marks mean, below the axes, in fewer columns where the words are long; the figure grows with it."""
    labels = [handle[0].get_label() if isinstance(handle, tuple) else handle.get_label() for handle in handles]
    while columns > 1 and _widest_row(labels, columns) > _ROW_CHARACTERS - columns * _MARK_CHARACTERS:
        columns -= 1
    rows = -(-len(handles) // columns)
    _grow(figure, _inches(max(rows - _ROWS_WITHIN, 0), SMALL_PT))
    look: dict[str, Any] = {"fontsize": SMALL_PT, "frameon": False, "columnspacing": 1.2, "handlelength": 2.6}
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, handler_map=meanings, **look)


def _widest_row(labels: Sequence[str], columns: int) -> int:
    """Characters of the longest label of every column, which are filled one after the other."""
    return sum(max(map(len, part)) for part in np.array_split(labels, columns) if len(part))


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


def name_axes(axes: Axes, name: str, time_label: str, unit: str = "degrees") -> None:
    """Name and style the axes of angle over time."""
    axes.set_xlabel(time_label, fontsize=LABEL_PT)
    axes.set_ylabel(textwrap.fill(f"{name} ({unit})", AXIS_CHARACTERS), fontsize=LABEL_PT)
    axes.tick_params(labelsize=SMALL_PT)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)


def known(angle_deg: Floats) -> Floats:
    """The angles that are no NaN."""
    return angle_deg[np.isfinite(angle_deg)]


def height_of(angle_deg: Floats, band_deg: tuple[float, float] | None) -> tuple[float, float]:
    """Limits of the angle axis: all of the angle, and a band about it as far as it does not make the angle small."""
    low, high = float(angle_deg.min()), float(angle_deg.max())
    room = max(high - low, LEAST_HEIGHT_DEG)
    if band_deg is not None:
        low, high = min(low, max(band_deg[0], low - 0.4 * room)), max(high, min(band_deg[1], high + 0.4 * room))
    spare = max(LEAST_HEIGHT_DEG - (high - low), 0) / 2
    return low - spare - 0.05 * room, high + spare + 0.14 * room
