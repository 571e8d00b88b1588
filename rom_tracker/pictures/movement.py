"""The picture of one movement: where it starts, where it ends, and the angle that is meant, as the camera should see it."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from rom_tracker.charts.style import BLACK, BLUE, GREY, VERMILLION
from rom_tracker.landmarks import INDEX, Side
from rom_tracker.movements import Movement
from rom_tracker.movements.mannequin import Body, posed
from rom_tracker.pictures.angle import Angle, angle_in, is_near, typical_range_deg
from rom_tracker.pictures.at_ease import at_ease
from rom_tracker.pictures.stage import HALO, draw_arrow, draw_body, draw_furniture, framed_of, stage_of
from rom_tracker.pictures.viewpoint import Viewpoint, at_camera, end_on, viewpoint_of
from rom_tracker.result_words import degrees

FIGURE_INCHES = (4.2, 4.8)
TITLE_PT, VALUE_PT, WORDS_PT = 14, 15, 11
TITLE_CHARACTERS, WORDS_CHARACTERS = 32, 43

#: The height of words under the title, and of each row of the title and of the words below, of which so many leave it its height.
UNDER_TITLE, TITLE_ROW, ROW = 0.045, 0.0486, 0.043
TITLE_ROWS, ROWS_BELOW = 2, 3


def movement_picture(movement: Movement, side: Side = "right") -> Figure:
    """A picture of one movement, of the built-in catalogue or of a user's own.

    Grey is where the client starts, blue the moving segment at the end of a typical range, light blue what it takes along. The
    angle runs from the dashed line of 0 to the orange line of the moving segment; the black line is what it is measured against.
    Where the movement's camera cannot show the angle, a view that does is drawn and said to be a sketch.
    """
    view = viewpoint_of(movement, side)
    start_deg, end_deg = typical_range_deg(movement)
    body = at_ease(posed(movement, side, [start_deg, end_deg, 0.0]), movement, side)
    near = is_near(movement, side, body)
    angle = angle_in(view, movement, side, body, (start_deg, end_deg))
    figure = Figure(figsize=FIGURE_INCHES)
    under, below = at_camera(movement, view, side), _where_the_camera_stands(movement, view)
    title = _title(movement)
    above = TITLE_ROW * max(len(title) - TITLE_ROWS, 0) + (UNDER_TITLE if under else 0.0)
    framed = framed_of(view, movement, side, body, angle, near=near)
    stage = stage_of(figure, framed, ROW * max(len(below) - ROWS_BELOW, 0), above)
    draw_furniture(stage, view, movement, body)
    draw_body(stage, view, movement, side, body, fingers=side if movement.instrument == "hand" else None)
    _draw_angle(stage, angle)
    if movement.instrument == "hand" and end_on(view, body, side):
        _name_hand(stage, view, body, side)
    _write(figure, title, under, below)
    return figure


def _name_hand(stage: Axes, view: Viewpoint, body: Body, side: Side) -> None:
    """Write which side of the hand that points at the camera is the thumb's, and which is the palm."""
    wrist, thumb, middle, ulnar, radial = (
        body.points_m[1, INDEX[f"{side}_hand_{name}"]] for name in ("wrist", "thumb_tip", "middle_mcp", "ulnar_edge", "radial_edge")
    )
    palmar = np.cross(middle - wrist, radial - ulnar) * (1 if side == "left" else -1)
    to_thumb = (radial - ulnar) / np.linalg.norm(radial - ulnar)
    palm = view(middle + 0.05 * palmar / np.linalg.norm(palmar) - 0.05 * to_thumb)[:2]
    below = view(thumb)[:2] + np.array([0.0, 0.035])
    ground = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1}
    look: dict[str, Any] = {"fontsize": WORDS_PT, "color": BLACK, "bbox": ground, "ha": "center", "va": "center", "zorder": 4}
    for words, (x, y) in (("thumb", below), ("palm", palm)):
        stage.text(x, y, words, gid=words, **look)


def _draw_angle(stage: Axes, angle: Angle) -> None:
    line: dict[str, Any] = {"solid_capstyle": "round", "path_effects": HALO}
    if angle.reference is not None:
        stage.plot(*angle.reference.T, color=BLACK, linewidth=2, marker="o", markersize=5, gid="reference", **line)
    stage.plot(*angle.zero.T, color=BLACK, linewidth=1.6, linestyle=(0, (4, 2.5)), gid="zero", path_effects=HALO)
    ends = np.stack([angle.corner, angle.moving[1]])
    stage.plot(*ends.T, color=VERMILLION, linewidth=2.4, gid="moving", **line)
    stage.plot(*angle.moving.T, color=VERMILLION, linewidth=2.4, marker="o", markersize=5, **line)
    if angle.path is not None:
        draw_arrow(stage, angle.path, GREY, 1.6, "path")
    draw_arrow(stage, angle.arc, VERMILLION, 2.4, "arc", head=angle.path is None)
    words: dict[str, Any] = {"ha": "center", "va": "center", "fontweight": "bold", "path_effects": HALO}
    stage.text(angle.label[0], angle.label[1], degrees(angle.end_deg), color=VERMILLION, fontsize=VALUE_PT, gid="value", **words)
    stage.text(angle.nought[0], angle.nought[1], "0°", color=BLACK, fontsize=WORDS_PT + 1, gid="nought", **words)


def _where_the_camera_stands(movement: Movement, view: Viewpoint) -> list[str]:
    sketch = "" if view.is_the_cameras else f"Sketch {view.words}. "
    return textwrap.wrap(f"{sketch}Camera {movement.camera_words}", WORDS_CHARACTERS)


def _title(movement: Movement) -> list[str]:
    rows = -(-len(movement.title) // TITLE_CHARACTERS)
    return textwrap.wrap(movement.title, max(len(movement.title) // rows + 5, 12))


def _write(figure: Figure, title: list[str], under: str, below: list[str]) -> None:
    """The title above, and under it what the view hides; below the picture where the camera stands."""
    figure.text(0.5, 0.985, "\n".join(title), ha="center", va="top", fontsize=TITLE_PT, fontweight="bold")
    top = 0.975 - len(title) * TITLE_ROW
    if under:
        figure.text(0.5, top, under, ha="center", va="top", fontsize=WORDS_PT)
    _draw_camera(figure)
    figure.text(0.125, 0.012, "\n".join(below), ha="left", va="bottom", fontsize=WORDS_PT, linespacing=1.15)


def _draw_camera(figure: Figure) -> None:
    icon = figure.add_axes((0.02, 0.02, 0.09, 0.065))
    icon.set_axis_off()
    icon.set_xlim(0, 10)
    icon.set_ylim(0, 6.6)
    icon.add_patch(Rectangle((0.3, 0.8), 6, 5, facecolor=BLUE, linewidth=0))
    icon.add_patch(Polygon([(6.5, 3.3), (9.6, 5.6), (9.6, 1.0)], facecolor=BLUE, linewidth=0))
