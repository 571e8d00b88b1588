"""The stage of a picture: which part of the body is on it, and the body, the furniture and the arrows drawn on it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.patheffects import withStroke

from rom_tracker.charts.style import GREY, SKY_BLUE
from rom_tracker.landmarks import ALL_LANDMARKS, INDEX, Side, locate
from rom_tracker.movements import Movement
from rom_tracker.movements.mannequin import Body, Floats, parts_of
from rom_tracker.pictures.angle import Angle
from rom_tracker.pictures.body_shapes import Shape, shapes_of
from rom_tracker.pictures.viewpoint import Viewpoint, end_on

#: Still parts, moving parts where they start, and at the end those that the moving segment takes along.
STILL, GHOST, TAKEN_ALONG = "#BFC4C9", "#E4E7EA", "#B5DBF2"
FEATURES = {GHOST: "#C9CED3"}
FURNITURE = "#8C7B6B"

#: The part of the figure, from its lower left corner, in which the body is drawn.
STAGE = (0.0, 0.155, 1.0, 0.735)

#: Room about the body, and about what is looked at from near, in metres.
ROOM_M, NEAR_ROOM_M = 0.12, 0.05

#: From above they would be seen under the trunk.
_LEGS = ("knee", "ankle", "foot_index")

HALO = [withStroke(linewidth=3, foreground="white")]


def framed_of(view: Viewpoint, movement: Movement, side: Side, body: Body, angle: Angle, *, near: bool) -> Floats:
    """(2, 2) the least and greatest x and y that have to be in the picture, in metres."""
    names = [name for name in INDEX if "_hand_" not in name]
    if movement.instrument == "face":
        names = [name for name in names if name.endswith(("shoulder", "ear"))]
    elif movement.instrument == "hand":
        names = [f"{side}_elbow", *(name for name in INDEX if name.startswith(f"{side}_hand_"))]
        if end_on(view, body, side):
            names += [f"{side}_shoulder", f"{side}_hip"]
    elif near:
        names = [ALL_LANDMARKS[i] for point in movement.points for i in locate(point, side)]
    elif not any(name.endswith(_LEGS) for name in _moving_names(body)):
        names = [name for name in names if not name.endswith((*_LEGS, "heel"))]
    shown = view(body.points_m[:2, [INDEX[name] for name in names]])[..., :2].reshape(-1, 2)
    room = NEAR_ROOM_M if near else ROOM_M
    everything = np.concatenate([shown, angle.zero, angle.arc, angle.moving, [angle.label, angle.nought]])
    return np.stack([everything.min(axis=0) - room, everything.max(axis=0) + room])


def _moving_names(body: Body) -> list[str]:
    """Landmarks that do not stay where they are."""
    return [name for name, i in INDEX.items() if not np.allclose(body.points_m[0, i], body.points_m[1, i], atol=1e-6)]


def stage_of(figure: Figure, framed: Floats, below: float, above: float, *, place: tuple[float, ...] = STAGE) -> Axes:
    """Axes in metres, x right and y down, in which all that is framed is seen undistorted; less high by shares of the figure."""
    left, bottom, width, height = place
    height -= below + above
    stage = figure.add_axes((left, bottom + below, width, height))
    stage.set_axis_off()
    size = figure.get_size_inches() * (width, height)
    middle, span = framed.mean(axis=0), framed[1] - framed[0]
    half = size * float((span / size).max()) / 2
    stage.set_xlim(middle[0] - half[0], middle[0] + half[0])
    stage.set_ylim(middle[1] + half[1], middle[1] - half[1])
    return stage


def _points_per_m(stage: Axes) -> float:
    left, right = stage.get_xlim()
    figure = stage.get_figure(root=True)
    assert figure is not None
    return float(figure.get_figwidth() * stage.get_position().width * 72 / (right - left))


def draw_body(stage: Axes, view: Viewpoint, movement: Movement, side: Side, body: Body, *, fingers: Side | None) -> None:
    """What stays, what moves where it starts, and over them what moves where it ends."""
    start, end = (_in_the_picture(stage, shapes_of(body, frame, view, fingers=fingers)) for frame in (0, 1))
    segment = parts_of(movement.moving, side)
    still = [shape for shape in start if any(_covers(other, shape) and other.parts == shape.parts for other in end)]
    for shape in _nearest(start):
        stays = any(_covers(shape, other) for other in still)
        if not (stays and view.pitch_deg and any(part.endswith(_LEGS) for part in shape.parts)):
            _draw(stage, shape, STILL if stays else GHOST)
    for shape in _nearest(end):
        if not any(_covers(shape, other) and other.parts == shape.parts for other in start):
            _draw(stage, shape, SKY_BLUE if shape.parts and shape.parts <= segment else TAKEN_ALONG)


def _in_the_picture(stage: Axes, shapes: list[Shape]) -> list[Shape]:
    edges = np.sort(np.array([stage.get_xlim(), stage.get_ylim()]))
    return [s for s in shapes if ((s.xy.max(0) + s.width_m > edges[:, 0]) & (s.xy.min(0) - s.width_m < edges[:, 1])).all()]


def _nearest(shapes: list[Shape]) -> list[Shape]:
    """Without those that lie just behind their like of the other side."""
    return [shape for i, shape in enumerate(shapes) if not any(_covers(other, shape) for other in shapes[i + 1 :])]


def _covers(a: Shape, b: Shape) -> bool:
    return a.width_m == b.width_m and a.xy.shape == b.xy.shape and bool(np.allclose(a.xy, b.xy, atol=1e-6))


def _draw(stage: Axes, shape: Shape, colour: str) -> None:
    """A shape with a thin white rim, which tells it from the one behind it."""
    width = shape.width_m * _points_per_m(stage)
    colour = colour if shape.parts else FEATURES.get(colour, GREY)
    # A line seen from its end would have no length, and not every file format draws one without.
    end_on = np.linspace(0, 0.001, len(shape.xy))[:, None] if np.ptp(shape.xy, axis=0).max() < 0.001 else 0
    rims = [("white", width + 2)] if shape.parts else []
    for rim, thick in (*rims, (colour, width)):
        if shape.filled:
            area: dict[str, Any] = {"facecolor": colour, "edgecolor": rim, "linewidth": thick, "zorder": 2}
            stage.add_patch(Polygon(shape.xy, joinstyle="round", capstyle="round", **area))
        else:
            line: dict[str, Any] = {"solid_capstyle": "round", "solid_joinstyle": "round", "snap": False}
            stage.plot(*(shape.xy + end_on).T, color=rim, linewidth=thick, **line)


def draw_furniture(stage: Axes, view: Viewpoint, movement: Movement, body: Body) -> None:
    """The floor, the seat or the table, where the view shows it from its edge."""
    if view.pitch_deg:
        return
    start = dict(zip(INDEX, view(body.points_m[0]), strict=True))
    style: dict[str, Any] = {"facecolor": FURNITURE, "alpha": 0.5, "linewidth": 0}
    xs = [p[0] for p in start.values()]
    if movement.posture.lies:
        top = max(start["left_shoulder"][1], start["left_hip"][1]) + 0.075
        stage.add_patch(Rectangle((min(xs) - 0.15, top), max(xs) - min(xs) + 0.3, 0.035, gid="table", **style))
    elif movement.posture.seated:
        top, hip, knee = start["left_hip"][1] + 0.07, start["left_hip"][0], start["left_knee"][0]
        ends = sorted((hip - np.sign(knee - hip) * 0.16, knee - np.sign(knee - hip) * 0.10))
        if abs(knee - hip) < 0.05:
            ends = [-0.28, 0.28]
        stage.add_patch(Rectangle((ends[0], top), ends[1] - ends[0], 0.035, gid="seat", **style))
    else:
        floor = max(p[1] for p in start.values()) + 0.028
        left, right = stage.get_xlim()
        stage.add_patch(Rectangle((left, floor), right - left, 0.012, gid="floor", **style))


def draw_arrow(stage: Axes, line: Floats, colour: str, width: float, gid: str, *, head: bool = True) -> None:
    """A line through (point, 2) metres that ends in an arrowhead."""
    stage.plot(*line.T, color=colour, linewidth=width, solid_capstyle="butt", gid=gid, path_effects=HALO)
    if head:
        tip: dict[str, Any] = {"arrowstyle": "-|>,head_width=0.28,head_length=0.5", "color": colour, "linewidth": width}
        stage.annotate("", line[-1], line[-2], arrowprops={**tip, "shrinkA": 0, "shrinkB": 0})
