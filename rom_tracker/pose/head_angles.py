"""The clinical angle of a movement of the head over time: from the face, or in profile from ear, eye and nose."""

from __future__ import annotations

import numpy as np

from rom_tracker.landmarks import INDEX, Side, middle_of
from rom_tracker.movements import Movement
from rom_tracker.pose.angles import AngleSeries, jitter, noise_of_looks, resting_value, turn_deg
from rom_tracker.pose.sequence import Floats, PoseSequence
from rom_tracker.pose.smoothing import smooth
from rom_tracker.pose.view import View

#: A head turns no farther than this beyond what its speed allows, and no faster than the second; degrees, degrees per second.
LEAP_DEG = 10.0
FASTEST_HEAD_DEG_S = 200.0

#: The trunk's lean is taken from hips and shoulders of this visibility, in this share of the frames; below it they are guessed.
TRUNK_VISIBLE = 0.3
TRUNK_SEEN_SHARE = 0.5


def head_series(turns: Floats, poses: PoseSequence, movement: Movement, side: Side, view: View) -> AngleSeries:
    """The angle of a movement of the head in every frame.

    The moving axis of the head is followed from its direction at zero towards the movement's direction, in the axes of the trunk as
    it stands to the camera. The trunk's own lean in the picture since the starting position is taken out; its turn towards or
    away from the camera is not, since the shoulder landmarks turn along with the head by a third (16 to 21 degrees for 52 to 59
    of neck rotation with a still trunk).

    Parameters
    ----------
    turns : (frame, 3, 3)
        Rotation of the head since the starting position, as :func:`rom_tracker.pose.head.head_turns` gives it.
    poses : PoseSequence
    movement : Movement
        One whose moving segment is an axis of the head.
    side : {"left", "right"}
    view : View

    Returns
    -------
    AngleSeries
        ``confidence`` is 1 where the face was found.
    """
    leaned = _rolls(-_trunk_lean_deg(poses)) @ turns
    yaw = np.radians(view.body.yaw_deg)
    left, up = np.array([np.cos(yaw), 0.0, -np.sin(yaw)]), np.array([0.0, 1.0, 0.0])
    forward = np.cross(left, up)
    outward = left if side == "left" else -left
    axes = {"up": up, "down": -up, "forward": forward, "backward": -forward, "outward": outward, "inward": -outward}
    zero, towards = axes[movement.moving.at_zero], axes[movement.positive]
    moved = leaned @ zero
    raw = without_leaps(poses.time_s, np.degrees(np.arctan2(moved @ towards, moved @ zero)))
    angle = smooth(poses.time_s, raw)
    angle = angle - resting_value(poses.time_s, angle)
    known = np.isfinite(angle)
    return AngleSeries(
        time_s=poses.time_s,
        angle_deg=angle,
        confidence=known.astype(np.float64),
        noise_deg=noise_of_looks(jitter(poses, raw[:, None]), known, poses),
        out_of_picture=np.zeros(len(poses), dtype=bool),
    )


def profile_series(poses: PoseSequence, movement: Movement, side: Side, view: View) -> AngleSeries:
    """The angle of a nod of the head that is seen from the side, in every frame.

    The line from the ears to the middle of nose and eyes turns in the picture; the trunk's own lean is taken out. Against four
    rendered people extension comes out right within a few degrees; in flexion the landmarks lose a third of the angle.

    Parameters and result as for :func:`angle_series`.
    """
    front = (poses.point("nose", side) + poses.point("left_eye_outer", side) / 2 + poses.point("right_eye_outer", side) / 2) / 2
    line = (front - poses.point("mid_ear", side)).astype(np.float64)
    forward = np.array([view.in_image("forward", side)])
    sense = np.sign(turn_deg(np.array([view.in_image("up", side)]), forward))[0] * (1 if movement.positive == "forward" else -1)
    raw = np.asarray(sense * (turn_deg(np.broadcast_to(forward, line.shape), line) - _trunk_lean_deg(poses)))
    angle = smooth(poses.time_s, raw)
    angle = angle - resting_value(poses.time_s, angle)
    known = np.isfinite(angle)
    return AngleSeries(
        time_s=poses.time_s,
        angle_deg=angle,
        confidence=np.where(known, poses.visibility[:, [INDEX["nose"]]].min(axis=1), 0.0),
        noise_deg=noise_of_looks(jitter(poses, raw[:, None]), known, poses),
        out_of_picture=np.zeros(len(poses), dtype=bool),
    )


def without_leaps(time_s: Floats, angle_deg: Floats) -> Floats:
    """An angle with NaN for the stretches that begin with a leap no head makes.

    A face that turns away is lost, and found again too far to the front: at 78 degrees of rotation one rendered recording fell from
    58 to -20 within 0.2 s. A stretch without a leap inside is dropped whole where it begins farther from the last kept angle than
    :data:`LEAP_DEG` and :data:`FASTEST_HEAD_DEG_S` in the time between allow.

    Parameters
    ----------
    time_s, angle_deg : (frame,)
        Seconds; degrees, NaN where unknown.
    """
    kept = angle_deg.copy()
    known = np.flatnonzero(np.isfinite(angle_deg))
    if not len(known):
        return kept
    allowed = LEAP_DEG + FASTEST_HEAD_DEG_S * np.diff(time_s[known])
    breaks = np.flatnonzero(np.abs(np.diff(angle_deg[known])) > allowed) + 1
    last = None
    for stretch in np.split(known, breaks):
        first = stretch[0]
        if last is not None and abs(angle_deg[first] - angle_deg[last]) > LEAP_DEG + FASTEST_HEAD_DEG_S * (
            time_s[first] - time_s[last]
        ):
            kept[stretch] = np.nan
        else:
            last = stretch[-1]
    return kept


def trunk_is_seen(poses: PoseSequence) -> bool:
    """Whether hips and shoulders are visible and in the picture for most of the recording, so that the trunk's lean is known."""
    seen = np.ones(len(poses), dtype=bool)
    for name in ("shoulder", "hip"):
        pair = [INDEX[f"left_{name}"], INDEX[f"right_{name}"]]
        middle = middle_of(poses.filmed_xy, name)
        with np.errstate(invalid="ignore"):
            seen &= ((middle >= 0) & (middle < np.array(poses.image_size))).all(axis=1)
        seen &= poses.visibility[:, pair].max(axis=1) >= TRUNK_VISIBLE
    return bool(seen.mean() > TRUNK_SEEN_SHARE) if len(poses) else False


def _trunk_lean_deg(poses: PoseSequence) -> Floats:
    """(frame,) degrees clockwise by which the trunk leans in the picture since the starting position; 0 where it is not seen."""
    trunk = poses.trunk
    lean = turn_deg(np.broadcast_to(np.array([0.0, -1.0]), trunk.shape), trunk.astype(np.float64))
    if not trunk_is_seen(poses):
        return np.zeros(len(poses))
    lean = smooth(poses.time_s, lean)
    return np.asarray(np.nan_to_num(lean - resting_value(poses.time_s, lean)))


def _rolls(clockwise_deg: Floats) -> Floats:
    """(frame, 3, 3) rotations in the plane of the picture; x right, y up, z to the camera."""
    cos, sin, zero = np.cos(np.radians(clockwise_deg)), np.sin(np.radians(clockwise_deg)), np.zeros(len(clockwise_deg))
    rows = [[cos, sin, zero], [-sin, cos, zero], [zero, zero, zero + 1]]
    return np.moveaxis(np.array(rows), -1, 0)
