"""The angle of a movement as it lies in its picture: about which corner, from where to where, and how far its lines go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rom_tracker.landmarks import Side, point_of
from rom_tracker.movements import Movement, Segment
from rom_tracker.movements.mannequin import Body, Floats, axis_of, plane_of
from rom_tracker.movements.norms import Sex, norm_for
from rom_tracker.pictures.viewpoint import Viewpoint

#: A moving segment shorter than this is looked at from near.
NEAR_M = 0.25

#: A hand is so small that its angle is drawn beyond the finger tips, with lines of so many metres.
HAND_REACH_M = 0.24

#: So far beside the line of 0, away from the moving segment, its name stands, in degrees.
NOUGHT_OFF_DEG = 9.0

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


def typical_range_deg(movement: Movement) -> tuple[float, float]:
    """Where the movement starts and ends in its picture: from 0 to the published norm, or a share of the limit without one."""
    low, high = movement.limits_deg
    norm = norm_for(movement.key, age=_AGE, sex=_SEX)
    end = SHARE_OF_LIMIT * high if norm is None else norm.mean_deg
    if (norm is None and -low > 2 * high) or (norm is not None and abs(end) < STRAIGHT_WITHIN_DEG):
        return low / 2, SHORT_OF_STRAIGHT_DEG
    return 0.0, end


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


def fan_of(view: Viewpoint, movement: Movement, side: Side, body: Body) -> Fan:
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


def angle_in(view: Viewpoint, movement: Movement, side: Side, body: Body, range_deg: tuple[float, float]) -> Angle:
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


def _line_of(movement: Movement, side: Side, body: Body, view: Viewpoint, frame: int) -> Floats:
    """(2, 2) the moving segment; an axis of the head from where the head turns."""
    if movement.moving.of is None:
        return _segment(body, movement.moving, side, view, frame)
    axis = body.trunk[frame] @ body.head[frame] @ axis_of(movement.moving.at_zero, side)
    return np.stack([view(body.pivot_m)[:2], view(body.pivot_m + HEAD_AXIS_M * axis)[:2]])


def _segment(body: Body, segment: Segment, side: Side, view: Viewpoint, frame: int) -> Floats:
    points = [point_of(body.points_m[frame], name, side) for name in segment.points]
    return view(np.stack(points))[:, :2]


def is_near(movement: Movement, side: Side, body: Body) -> bool:
    """Whether the moving segment is so small that it is looked at from near."""
    if movement.moving.of is not None:
        return True
    start, end = (point_of(body.points_m[0], name, side) for name in movement.moving.points)
    return float(np.linalg.norm(end - start)) < NEAR_M
