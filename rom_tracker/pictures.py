"""Pictures of the movements: where it starts, where it ends, and the angle that is meant, as the camera should see it.

    from rom_tracker import load_catalogue, pictures

    pictures.movement_picture(load_catalogue()["knee_flexion"]).savefig("knee_flexion.png")

The picture is drawn from the same definition that is measured, so a movement of a user's own file has one as well. Colours are
those of :mod:`rom_tracker.chart_style`.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.patheffects import withStroke

from rom_tracker.at_ease import at_ease
from rom_tracker.body_shapes import Shape, shapes_of
from rom_tracker.chart_style import BLACK, BLUE, GREY, SKY_BLUE, VERMILLION
from rom_tracker.landmarks import ALL_LANDMARKS, INDEX, Side, locate
from rom_tracker.mannequin import Body, Floats, axis_of, parts_of, plane_of, posed
from rom_tracker.movements import Movement, Segment
from rom_tracker.movements.norms import Sex, norm_for
from rom_tracker.picture_view import View, at_camera, end_on, view_of
from rom_tracker.result_words import degrees

FIGURE_INCHES = (4.2, 4.8)
TITLE_PT, VALUE_PT, WORDS_PT = 14, 15, 11
TITLE_CHARACTERS, WORDS_CHARACTERS = 32, 43

#: Still parts, moving parts where they start, and at the end those that the moving segment takes along.
STILL, GHOST, TAKEN_ALONG = "#BFC4C9", "#E4E7EA", "#B5DBF2"
FEATURES = {GHOST: "#C9CED3"}
FURNITURE = "#8C7B6B"

#: The part of the figure, from its lower left corner, in which the body is drawn.
STAGE = (0.0, 0.155, 1.0, 0.735)

#: The height of words under the title, and of each row of the title and of the words below, of which so many leave it its height.
UNDER_TITLE, TITLE_ROW, ROW = 0.045, 0.0486, 0.043
TITLE_ROWS, ROWS_BELOW = 2, 3

#: A moving segment shorter than this is looked at from near.
NEAR_M = 0.25

#: A hand is so small that its angle is drawn beyond the finger tips, with lines of so many metres.
HAND_REACH_M = 0.24

#: So far beside the line of 0, away from the moving segment, its name stands, in degrees.
NOUGHT_OFF_DEG = 9.0

#: Room about the body, and about what is looked at from near, in metres.
ROOM_M, NEAR_ROOM_M = 0.12, 0.05

#: A norm this small, in degrees, is a limb that ends straight; it is drawn this far short of straight, where there is an angle to
#: be seen, and from half its lower limit.
STRAIGHT_WITHIN_DEG, SHORT_OF_STRAIGHT_DEG = 10.0, -25.0

#: How long an axis of the head is drawn.
HEAD_AXIS_M = 0.26

#: Where there is no norm: this share of the upper limit.
SHARE_OF_LIMIT = 0.55

#: The person whose norm is drawn.
_AGE: float = 30
_SEX: Sex = "M"

#: From above they would be seen under the trunk.
_LEGS = ("knee", "ankle", "foot_index")

HALO = [withStroke(linewidth=3, foreground="white")]


@dataclass(frozen=True, eq=False)
class Angle:
    """What the angle is made of, in metres right and down of the picture.

    Attributes
    ----------
    start_deg, end_deg : float
        Where the movement starts and ends.
    corner : (2,)
    arc : (point, 2)
        About the corner, from the line of 0 to the moving segment.
    zero, moving, reference : (2, 2)
        Lines from their start to their end; the reference is None where the view shows none.
    path : (point, 2)
        The way from start to end, where it does not start at 0; else None.
    label, nought : (2,)
        Where the value and the 0 stand.
    """

    start_deg: float
    end_deg: float
    corner: Floats
    arc: Floats
    zero: Floats
    moving: Floats
    reference: Floats | None
    path: Floats | None
    label: Floats
    nought: Floats


def movement_picture(movement: Movement, side: Side = "right") -> Figure:
    """A picture of one movement, of the built-in catalogue or of a user's own.

    Grey is where the client starts, blue the moving segment at the end of a typical range, light blue what it takes along. The
    angle runs from the dashed line of 0 to the orange line of the moving segment; the black line is what it is measured against.
    Where the movement's camera cannot show the angle, a view that does is drawn and said to be a sketch.
    """
    view = view_of(movement, side)
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


def typical_range_deg(movement: Movement) -> tuple[float, float]:
    """Where the movement starts and ends in its picture: from 0 to the published norm, or a share of the limit without one."""
    low, high = movement.limits_deg
    norm = norm_for(movement.key, age=_AGE, sex=_SEX)
    end = SHARE_OF_LIMIT * high if norm is None else norm.mean_deg
    if (norm is None and -low > 2 * high) or (norm is not None and abs(end) < STRAIGHT_WITHIN_DEG):
        return low / 2, SHORT_OF_STRAIGHT_DEG
    return 0.0, end


@dataclass(frozen=True, eq=False)
class Fan:
    """Where the angles of a movement lie in the picture: about which corner, from which line on, and which way.

    Attributes
    ----------
    corner : (2,)
    zero : (2,)
        The direction of 0.
    sense : float
        1 where the angle grows clockwise, else -1.
    reach : float
        How far its lines go, in metres.
    moving : (2, 2)
        The moving segment at the end.
    """

    corner: Floats
    zero: Floats
    sense: float
    reach: float
    moving: Floats

    def about(self, angle_deg: Floats | float, away: float) -> Floats:
        """(..., 2) points at angles of the movement, so many metres from the corner."""
        turned = np.arctan2(self.zero[1], self.zero[0]) + self.sense * np.radians(angle_deg)
        return np.asarray(self.corner + away * np.stack([np.cos(turned), np.sin(turned)], axis=-1))


def fan_of(view: View, movement: Movement, side: Side, body: Body) -> Fan:
    """Where the angles lie; the body's frames are start, end and 0."""
    moving = np.stack([_line_of(movement, side, body, view, frame) for frame in range(3)])
    vector = moving[1, 1] - moving[1, 0]
    length = float(np.linalg.norm(vector))
    pivot = view(body.pivot_m)[:2]
    off_line = abs(float(np.cross([*vector, 0], [*(pivot - moving[1, 0]), 0])[2])) / length
    along, towards = (view(axis)[:2] for axis in plane_of(movement, side))
    reach = length if length > NEAR_M else 1.2 * length
    return Fan(
        corner=pivot if off_line < 0.01 else moving[1, 0],
        zero=(moving[2, 1] - moving[2, 0]) / length,
        sense=float(np.sign(along[0] * towards[1] - along[1] * towards[0])),
        reach=HAND_REACH_M if movement.instrument == "hand" else reach,
        moving=moving[1],
    )


def angle_in(view: View, movement: Movement, side: Side, body: Body, range_deg: tuple[float, float]) -> Angle:
    """The angle as it is seen; the body's frames are start, end and 0."""
    start_deg, end_deg = range_deg
    fan = fan_of(view, movement, side, body)
    about, corner, reach = fan.about, fan.corner, fan.reach
    radius = 0.55 * reach
    reference = None if movement.reference == "up" else _segment(body, movement.reference, side, view, 1)
    if reference is not None and np.linalg.norm(reference[1] - reference[0]) < 0.02:
        reference = None
    steps = max(round(abs(end_deg) / 3), 4)
    wide = abs(end_deg) > 50
    label_deg = end_deg / 2 if wide else end_deg + 26 if end_deg > 0 else 40
    return Angle(
        start_deg,
        end_deg,
        corner,
        arc=about(np.linspace(0, end_deg, steps), radius),
        zero=np.stack([corner, about(0.0, 1.12 * reach)]),
        moving=fan.moving,
        reference=reference,
        path=about(np.linspace(start_deg, end_deg, 30), 0.85 * reach) if start_deg else None,
        label=about(label_deg, 1.5 * radius if wide else 1.4 * radius),
        nought=about(-NOUGHT_OFF_DEG * np.sign(end_deg), 1.22 * reach),
    )


def _line_of(movement: Movement, side: Side, body: Body, view: View, frame: int) -> Floats:
    """(2, 2) the moving segment; an axis of the head from where the head turns."""
    if movement.moving.of is None:
        return _segment(body, movement.moving, side, view, frame)
    axis = body.trunk[frame] @ body.head[frame] @ axis_of(movement.moving.at_zero, side)
    return np.stack([view(body.pivot_m)[:2], view(body.pivot_m + HEAD_AXIS_M * axis)[:2]])


def _segment(body: Body, segment: Segment, side: Side, view: View, frame: int) -> Floats:
    points = [body.points_m[frame, list(locate(name, side))].mean(axis=0) for name in segment.points]
    return view(np.stack(points))[:, :2]


def is_near(movement: Movement, side: Side, body: Body) -> bool:
    """Whether the moving segment is so small that it is looked at from near."""
    if movement.moving.of is not None:
        return True
    start, end = (body.points_m[0, list(locate(name, side))].mean(axis=0) for name in movement.moving.points)
    return float(np.linalg.norm(end - start)) < NEAR_M


def framed_of(view: View, movement: Movement, side: Side, body: Body, angle: Angle, *, near: bool) -> Floats:
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


def _name_hand(stage: Axes, view: View, body: Body, side: Side) -> None:
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


def draw_body(stage: Axes, view: View, movement: Movement, side: Side, body: Body, *, fingers: Side | None) -> None:
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


def draw_furniture(stage: Axes, view: View, movement: Movement, body: Body) -> None:
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


def draw_arrow(stage: Axes, line: Floats, colour: str, width: float, gid: str, *, head: bool = True) -> None:
    """A line through (point, 2) metres that ends in an arrowhead."""
    stage.plot(*line.T, color=colour, linewidth=width, solid_capstyle="butt", gid=gid, path_effects=HALO)
    if head:
        tip: dict[str, Any] = {"arrowstyle": "-|>,head_width=0.28,head_length=0.5", "color": colour, "linewidth": width}
        stage.annotate("", line[-1], line[-2], arrowprops={**tip, "shrinkA": 0, "shrinkB": 0})


def _where_the_camera_stands(movement: Movement, view: View) -> list[str]:
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
