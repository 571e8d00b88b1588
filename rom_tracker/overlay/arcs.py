"""A measured angle as an arc in the picture: where its zero points there, and how far the moving segment has gone from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement, Segment
from rom_tracker.pose.angles import sense_and_offset
from rom_tracker.pose.sequence import Floats, PoseSequence
from rom_tracker.pose.view import View

#: A movement of the head is shown as an arc where the camera looks along its axis, up to this share of straight.
_ALONG_THE_AXIS = 0.7


@dataclass(frozen=True, eq=False)
class AngleArcs:
    """The angle as an arc in the picture, for every frame; NaN where the angle is unknown.

    Attributes
    ----------
    centre : (frame, 2)
        The joint, pixels.
    zero_deg : (frame,)
        Where the moving segment would point at angle 0; degrees clockwise from the right edge of the picture.
    sweep_deg : (frame,)
        From there to where it points; degrees, clockwise positive.
    length : (frame,)
        Length of the moving segment in pixels.
    sense : float
        1 where the angle grows clockwise in the picture, -1 where it does not.
    """

    centre: Floats
    zero_deg: Floats
    sweep_deg: Floats
    length: Floats
    sense: float


def angle_arcs(poses: PoseSequence, movement: Movement, side: Side, view: View, angle_deg: Floats) -> AngleArcs:
    """The arcs of a measured angle.

    Parameters
    ----------
    poses : PoseSequence
    movement, side, view
        What the angle was measured with.
    angle_deg : (frame,)
        The measured angle; it tells arcs apart that differ by whole turns, and fixes the zero of movements that are counted from
        the client's own start.
    """
    sense, offset = sense_and_offset(movement, side, view)
    start, end = movement.moving.points
    centre = poses.point(start, side).astype(np.float64)
    moving = poses.point(end, side) - centre
    zero = _direction_deg(_reference(poses, movement, side)) + offset
    pointing = _direction_deg(moving)
    if movement.zero == "start":
        zero = zero + sense * _resting_turn(sense * (pointing - zero) - angle_deg)
    return _arcs(centre, zero, pointing, np.linalg.norm(moving, axis=1), sense, angle_deg)


def head_arcs(measurement: RomMeasurement, poses: PoseSequence) -> AngleArcs | None:
    """The arcs of a movement of the head about the ears; None where the camera does not look along its axis.

    Parameters
    ----------
    measurement : RomMeasurement
    poses : PoseSequence
        Where the joints are in the picture.
    """
    movement, view = measurement.movement, measurement.view
    assert view is not None
    axes = axes_to_camera(view.body.yaw_deg, measurement.side)
    zero, towards = axes[movement.moving.at_zero], axes[movement.positive]
    if abs(np.cross(zero, towards)[2]) < _ALONG_THE_AXIS:
        return None
    sense = float(np.sign(zero[1] * towards[0] - zero[0] * towards[1]))
    ears = poses.point("mid_ear", measurement.side).astype(np.float64)
    length, angle_deg = poses.trunk_px / 2, measurement.angles.angle_deg
    if measurement.head is not None:
        now = (measurement.head @ zero)[:, :2] * (1, -1)
        zero_deg = np.full(len(poses), float(np.degrees(np.arctan2(-zero[1], zero[0]))))
        return _arcs(ears, zero_deg, _direction_deg(now), length * np.linalg.norm(now, axis=1), sense, angle_deg)
    pointing = _direction_deg(poses.point("nose", measurement.side) - ears)
    return _arcs(ears, pointing - sense * angle_deg, pointing, length, sense, angle_deg)


def axes_to_camera(yaw_deg: float, side: Side) -> dict[str, Floats]:
    """(3,) each: the body's directions as right, up, towards the camera, of a body that faces so far from the camera."""
    yaw = np.radians(yaw_deg)
    up, left, forward = (
        np.array([0.0, 1.0, 0.0]),
        np.array([np.cos(yaw), 0.0, -np.sin(yaw)]),
        np.array([np.sin(yaw), 0.0, np.cos(yaw)]),
    )
    outward = left if side == "left" else -left
    return {"up": up, "down": -up, "forward": forward, "backward": -forward, "outward": outward, "inward": -outward}


def _arcs(centre: Floats, zero_deg: Floats, pointing_deg: Floats, length: Floats, sense: float, angle_deg: Floats) -> AngleArcs:
    """Arcs that run the way the measured angle does, NaN where that is unknown."""
    measured = sense * angle_deg
    known = np.isfinite(angle_deg)
    return AngleArcs(
        centre=np.where(known[:, None], centre, np.nan),
        zero_deg=np.where(known, zero_deg, np.nan),
        sweep_deg=measured + _within_half_turn(pointing_deg - zero_deg - measured),
        length=np.where(known, length, np.nan),
        sense=sense,
    )


def _reference(poses: PoseSequence, movement: Movement, side: Side) -> Floats:
    if isinstance(movement.reference, Segment):
        start, end = movement.reference.points
        return poses.point(end, side) - poses.point(start, side)
    return np.broadcast_to(np.array([0.0, -1.0]), (len(poses), 2))


def _direction_deg(vectors: Floats) -> Floats:
    """(frame,) degrees clockwise from the right of (frame, 2) vectors whose y points down."""
    return np.asarray(np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])))


def _within_half_turn(turn: Floats) -> Floats:
    return (turn + 180) % 360 - 180


def _resting_turn(turn: Floats) -> float:
    """The usual one of turns that are alike up to whole ones; 0 where none is known."""
    known = turn[np.isfinite(turn)]
    if not len(known):
        return 0.0
    return float(known[0] + np.median(_within_half_turn(known - known[0])))
