"""Before and after in one picture of the body, for the client: how far the movement went, and what cannot be told from error.

Drawn from the definition that is measured, as :mod:`rom_tracker.pictures.movement` draws it, in the colours and lines of the chart
of a comparison: a dashed line with a ring for before, a solid one with a square for after, and grey for what is no detectable
change. The picture has no words but those handed in, so it is in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from rom_tracker.charts.style import BLACK, DASHED, GREY, SOLID
from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement
from rom_tracker.movements.mannequin import Floats, posed
from rom_tracker.pictures.angle import Fan, angle_in, fan_of, is_near, typical_range_deg
from rom_tracker.pictures.at_ease import at_ease
from rom_tracker.pictures.stage import HALO, draw_arrow, draw_body, draw_furniture, framed_of, stage_of
from rom_tracker.pictures.viewpoint import viewpoint_of

FIGURE_INCHES = (4.6, 4.2)

#: Of the words in the picture, of the value and of the zero.
VALUE_PT, ZERO_PT = 17, 13

#: How far the lines go: this share of the moving segment, and at least this share of the picture.
_LINE, _LEAST_LINE = 1.2, 0.3

#: Where the arrow lies, as a share of the lines.
_ARROW = 0.85

#: Half the width and height of a name with its value, and how far from the end of a level and of an upright line its
#: middle stands, in points.
_HALF_WORDS, _BEYOND_PT = (47.0, 23.0), (48.0, 30.0)

#: The least angle, in degrees, that an arrow shows.
_LEAST_ARROW_DEG = 3.0


@dataclass(frozen=True)
class ChangeShown:
    """What the picture shows.

    Attributes
    ----------
    start_deg, before_deg, after_deg : float
        Where the client started, and the end ranges, in degrees from the movement's clinical zero.
    detectable_deg : float
        The smallest change that is told from error.
    told : bool
        Whether there is a detectable change; only then an arrow is drawn.
    before, after : str
        What the two lines are called, with their values.
    """

    start_deg: float
    before_deg: float
    after_deg: float
    detectable_deg: float
    told: bool
    before: str
    after: str


def change_picture(movement: Movement, side: Side, shown: ChangeShown) -> Figure:
    """The body as it moved after, with the lines of before and after, and the grey of what cannot be told from before."""
    view = viewpoint_of(movement, side)
    end_deg = shown.after_deg if abs(shown.after_deg) > 1 else float(np.copysign(1, shown.after_deg))
    body = at_ease(posed(movement, side, [_start_deg(movement, shown), end_deg, 0.0]), movement, side)
    fan = fan_of(view, movement, side, body)
    angle = angle_in(view, movement, side, body, (0.0, end_deg))
    framed = framed_of(view, movement, side, body, angle, near=is_near(movement, side, body))
    size_pt = 72 * np.array(FIGURE_INCHES)
    length = max(_LINE * fan.reach, _LEAST_LINE * float((framed[1] - framed[0]).max()))
    m_per_pt = 1.15 * float(((framed[1] - framed[0]) / size_pt).max())
    words = _places_of_words(fan, length, shown, m_per_pt)
    half = np.array(_HALF_WORDS) * m_per_pt
    framed = np.stack([np.minimum(framed[0], words.min(axis=0) - half), np.maximum(framed[1], words.max(axis=0) + half)])
    figure = Figure(figsize=FIGURE_INCHES)
    stage = stage_of(figure, framed, 0.0, 0.0, place=(0.0, 0.0, 1.0, 1.0))
    draw_furniture(stage, view, movement, body)
    draw_body(stage, view, movement, side, body, fingers=side if movement.instrument == "hand" else None)
    _draw_lines(stage, fan, length, shown)
    for (x, y), name, look in zip(words, (shown.before, shown.after), (DASHED, SOLID), strict=True):
        style: dict[str, Any] = {"color": look["color"], "fontsize": VALUE_PT, "fontweight": "bold", "path_effects": HALO}
        stage.text(x, y, name, ha="center", va="center", linespacing=1.05, zorder=6, **style)
    return figure


def _start_deg(movement: Movement, shown: ChangeShown) -> float:
    """Where the grey body stands; where a client started far off, where the movement starts in its own picture."""
    low, high = movement.limits_deg
    return shown.start_deg if low <= shown.start_deg <= high else typical_range_deg(movement)[0]


def _places_of_words(fan: Fan, length: float, shown: ChangeShown, m_per_pt: float) -> Floats:
    """(2, 2) where the words of before and after stand: beyond the lines' ends, and so far apart that they do not touch."""
    middle = (shown.before_deg + shown.after_deg) / 2
    upright = abs(float((fan.about(middle, 1.0) - fan.corner)[1]))
    away = length + m_per_pt * ((1 - upright) * _BEYOND_PT[0] + upright * _BEYOND_PT[1])
    needed = 2 * m_per_pt * ((1 - upright) * _HALF_WORDS[1] + upright * _HALF_WORDS[0])
    least = 2 * float(np.degrees(np.arcsin(min(1.0, needed / 2 / away))))
    half = max(abs(shown.after_deg - shown.before_deg), least) / 2
    low, high = fan.about(middle - half, away), fan.about(middle + half, away)
    return np.stack([low, high] if shown.before_deg <= shown.after_deg else [high, low])


def _draw_lines(stage: Axes, fan: Fan, length: float, shown: ChangeShown) -> None:
    band = np.linspace(shown.before_deg - shown.detectable_deg, shown.before_deg + shown.detectable_deg, 40)
    wedge: Floats = np.vstack([fan.corner, fan.about(band, length)])
    stage.add_patch(Polygon(wedge, facecolor=GREY, edgecolor=BLACK, alpha=0.5, linewidth=0.8, zorder=2.5, gid="measuring error"))
    zero = np.stack([fan.corner, fan.about(0.0, length)])
    stage.plot(*zero.T, color=BLACK, linewidth=1.4, linestyle=":", gid="zero", path_effects=HALO)
    for value, look, name in ((shown.before_deg, DASHED, "before"), (shown.after_deg, SOLID, "after")):
        line = np.stack([fan.corner, fan.about(value, length)])
        stage.plot(*line.T, linewidth=3, markersize=9, markevery=[1], zorder=5, gid=name, path_effects=HALO, **look)
    if shown.told and abs(shown.after_deg - shown.before_deg) > _LEAST_ARROW_DEG:
        way = fan.about(np.linspace(shown.before_deg, shown.after_deg, 30), _ARROW * length)
        draw_arrow(stage, way, BLACK, 2.4, "change")
