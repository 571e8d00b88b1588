"""The loop that one would write without this program, to compare with.

Every frame goes once through the pose model, with the video's own times; one plain angle between landmarks in the picture is its
angle, and the highest one the end range: no smoothing, no repetitions, no check of the view. The highest one per cent is left out,
so that a single wild frame does not decide.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rom_tracker.capture import VideoFile
from rom_tracker.landmarks import Side
from rom_tracker.pose import cache
from rom_tracker.pose.estimator import estimate_poses
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence

#: Share of the frames below the end range, in per cent.
END_RANGE_PERCENTILE = 99

#: A head seen from the front is about this much wider, ear to ear, than its nose stands out from the line of the ears.
NOSE_TO_EARS = 0.66

_Angle = Callable[[PoseSequence, Side], Floats]


def naive_poses(video: VideoFile) -> PoseSequence:
    """One plain look at every frame with the full model, from the cache where it was taken before.

    Raises
    ------
    VideoError
        The recording cannot be read.
    ModelFileError
        The pose model is not here and cannot be fetched.
    """
    from rom_tracker.pose.mediapipe import PlainEstimator

    estimator = PlainEstimator("full")
    key = cache.key(video.content_hash(), estimator.name)
    passes = cache.load(key, PosePasses)
    if passes is None:
        passes = estimate_poses(video, estimator)
        cache.store(key, passes)
    return passes.as_filmed


def naive_angle(poses: PoseSequence, movement: str, side: Side) -> Floats | None:
    """(frame,) the plain angle in degrees, NaN where nobody was found; None for a movement that pose landmarks do not give."""
    angle = ANGLES.get(movement)
    return None if angle is None else angle(poses, side)


def naive_end_range(angle_deg: Floats) -> float | None:
    """The highest angle in degrees but for one frame in a hundred; None where nobody was found."""
    known = angle_deg[np.isfinite(angle_deg)]
    return float(np.percentile(known, END_RANGE_PERCENTILE)) if len(known) else None


def _between(u: Floats, v: Floats) -> Floats:
    """(frame,) unsigned angle in degrees between two rows of vectors in the picture."""
    lengths = np.linalg.norm(u, axis=1) * np.linalg.norm(v, axis=1) + 1e-9
    return np.asarray(np.degrees(np.arccos(np.clip((u * v).sum(axis=1) / lengths, -1, 1))))


def _at(corner: str, end: str, other: str) -> _Angle:
    """The angle between the lines from one landmark to two others."""
    return lambda p, side: _between(p.point(end, side) - p.point(corner, side), p.point(other, side) - p.point(corner, side))


def _bent(corner: str, end: str, other: str, straight_deg: float = 180.0) -> _Angle:
    return lambda p, side: straight_deg - _at(corner, end, other)(p, side)


def _from_trunk(start: str, end: str) -> _Angle:
    return lambda p, side: _between(
        p.point(end, side) - p.point(start, side), p.point("mid_hip", side) - p.point("mid_shoulder", side)
    )


def _from_upright(p: PoseSequence, side: Side) -> Floats:
    trunk = p.point("mid_shoulder", side) - p.point("mid_hip", side)
    return _between(trunk, np.broadcast_to([0.0, -1.0], trunk.shape))


def _forearm_raised(p: PoseSequence, side: Side) -> Floats:
    """Of the forearm over the horizontal; the tested side is taken to be nearest the camera."""
    x, y = (p.point("wrist", side) - p.point("elbow", side)).T
    return np.asarray(np.degrees(np.arctan2(-y, -x if side == "left" else x)))


def _wrist(p: PoseSequence, side: Side) -> Floats:
    knuckles = (p.point("index", side) + p.point("pinky", side)) / 2
    return _between(p.point("wrist", side) - p.point("elbow", side), knuckles - p.point("wrist", side))


def _ankle(p: PoseSequence, side: Side) -> Floats:
    return 90.0 - _between(p.point("knee", side) - p.point("ankle", side), p.point("foot_index", side) - p.point("heel", side))


def _ears_over_shoulders(p: PoseSequence, side: Side) -> Floats:
    ears = p.point("left_ear", side) - p.point("right_ear", side)
    shoulders = p.point("left_shoulder", side) - p.point("right_shoulder", side)
    return np.asarray(np.abs(np.degrees(np.arctan2(ears[:, 1], ears[:, 0]) - np.arctan2(shoulders[:, 1], shoulders[:, 0]))))


def _nose_beside_ears(p: PoseSequence, side: Side) -> Floats:
    width = np.linalg.norm(p.point("left_ear", side) - p.point("right_ear", side), axis=1)
    return np.asarray(np.abs(np.degrees(np.arctan2(_nose(p, side)[:, 0], NOSE_TO_EARS * width + 1e-6))))


def _nose_below_ears(p: PoseSequence, side: Side) -> Floats:
    x, y = _nose(p, side).T
    return np.asarray(np.degrees(np.arctan2(y, np.abs(x))))


def _nose(p: PoseSequence, side: Side) -> Floats:
    return p.point("nose", side) - (p.point("left_ear", side) + p.point("right_ear", side)) / 2


#: The plain angle of every movement that the landmarks of the body give one for.
ANGLES: dict[str, _Angle] = {
    "shoulder_abduction": _from_trunk("shoulder", "elbow"),
    "shoulder_flexion": _at("shoulder", "elbow", "hip"),
    "shoulder_extension": _at("shoulder", "elbow", "hip"),
    "shoulder_external_rotation": _forearm_raised,
    "elbow_flexion": _bent("elbow", "shoulder", "wrist"),
    "wrist_flexion": _wrist,
    "wrist_extension": _wrist,
    "hip_flexion": _bent("hip", "knee", "shoulder"),
    "hip_abduction": _from_trunk("hip", "knee"),
    "knee_flexion": _bent("knee", "hip", "ankle"),
    "ankle_dorsiflexion": _ankle,
    "trunk_flexion": _from_upright,
    "trunk_lateral_flexion": _from_upright,
    "neck_lateral_flexion": _ears_over_shoulders,
    "neck_rotation": _nose_beside_ears,
    "neck_flexion": _nose_below_ears,
}
