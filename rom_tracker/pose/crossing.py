"""How long the tested limb lies across somebody else's body in the picture.

There the pose model mixes two people: it takes the other's arm for the client's, with full visibility and in both looks alike. So
it is the places that tell: the limb as found, and the outline of the others as they stand for most of the recording.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.landmarks import LANDMARKS, Side
from rom_tracker.movements import Movement
from rom_tracker.pose.client import Client
from rom_tracker.pose.hands_on import moves_a_limb
from rom_tracker.pose.passes import mean_look
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence

#: The landmarks that outline a body.
_OUTLINE = [
    LANDMARKS.index(f"{side}_{point}")
    for side in ("left", "right")
    for point in ("ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
]

#: What a limb's segment takes along.
_BEYOND = {"elbow": "wrist", "knee": "ankle"}

#: A body reaches so far beyond its joints, in the client's trunk lengths.
MARGIN = 0.15

#: Points looked at on each piece of the limb.
_POINTS = 6


def crossing_s(
    client: Client, passes: PosePasses, movement: Movement, side: Side, not_scored: NDArray[np.bool_] | None = None
) -> float:
    """Seconds for which the client's limb, in either look, is found within the outline of another person.

    Parameters
    ----------
    client : Client
    passes : PosePasses
        In pixels as filmed.
    movement, side
        What the client does; 0 where no limb of the body moves.
    not_scored : (frame,) bool, optional
        Frames that do not count, since nothing is read in them.
    """
    if client.place is None or not moves_a_limb(movement) or not passes.person_found.any():
        return 0.0
    poses = mean_look(passes, movement, side)
    limb = _limb(poses, movement, side)
    across = np.zeros(len(poses), dtype=bool)
    for body in client.others:
        outline = cv2.convexHull(body[_OUTLINE].astype(np.float32))
        across |= [_is_within(points, outline, MARGIN * client.place.trunk_px) for points in limb]
    if not_scored is not None:
        across &= ~not_scored
    return float(np.gradient(poses.time_s)[across].sum()) if len(poses) > 1 else 0.0


def _limb(poses: PoseSequence, movement: Movement, side: Side) -> Floats:
    """(frame, point, 2) points on the moving segment, its near end left out, and on what it takes along."""
    start, end = movement.moving.points
    names = [start, end, *([_BEYOND[end]] if end in _BEYOND else [])]
    joints = [poses.point(name, side) for name in names]
    share = np.linspace(0, 1, _POINTS + 1)[1:, None]
    pieces = [a[:, None] + share * (b - a)[:, None] for a, b in pairwise(joints)]
    return np.concatenate(pieces, axis=1)


def _is_within(points: Floats, outline: np.ndarray, margin: float) -> bool:
    """Whether any of the points lies within a convex outline or so many pixels from it; none that is unknown does."""
    return any(cv2.pointPolygonTest(outline, (float(x), float(y)), True) > -margin for x, y in points if np.isfinite(x))
