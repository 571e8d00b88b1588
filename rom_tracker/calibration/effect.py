"""How many degrees a lens costs where its distortion is not undone."""

from __future__ import annotations

import numpy as np

from rom_tracker.calibration.board import Floats
from rom_tracker.capture.lens import LensProfile

#: Segments of the joints that are tried, as a share of the picture's shorter edge: an arm or a lower leg of a person seen whole.
SEGMENT_SHARE = 0.15

#: Angles between the two segments of a joint, in degrees, and directions of the first one.
_ANGLES_DEG = np.arange(30, 181, 30)
_DIRECTIONS = 24


def joint_errors_deg(lens: LensProfile, share: float) -> Floats:
    """(case,) how many degrees a joint's angle comes out wrong, by geometry.

    Parameters
    ----------
    lens : LensProfile
    share : float
        How far the joint lies from the middle of the picture towards its left and right edge, 0 to 1.

    Returns
    -------
    (case,) float64
        Angle in the picture as filmed less the true angle, for joints at five heights, with both segments parallel to the picture
        plane and inside the picture, for many angles and directions.
    """
    size = np.array(lens.size, dtype=np.float64)
    length = SEGMENT_SHARE * size.min()
    sides, heights = (-1.0, 1.0), (-0.7, -0.35, 0.0, 0.35, 0.7)
    joints = size / 2 * (1 + np.array([(side * share, height) for side in sides for height in heights]))
    first = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
    apart = np.radians(_ANGLES_DEG)
    joint, one, other = np.broadcast_arrays(
        joints[:, None, None], _towards(first)[None, :, None] * length, _towards(first[:, None] + apart)[None] * length
    )
    ends = np.stack([joint + one, joint + other])
    inside = ((ends >= 0) & (ends <= size)).all(axis=(0, -1))
    seen = np.stack([joint, *ends])[:, inside]
    return _angle_deg(seen) - _angle_deg(lens.undistorted(seen))


def usual_and_worst_deg(lens: LensProfile, share: float = 0.8) -> tuple[float, float]:
    """Root mean square and largest size of :func:`joint_errors_deg`; by default a tenth of the picture's width from its edge."""
    errors = joint_errors_deg(lens, share)
    return float(np.sqrt((errors**2).mean())), float(np.abs(errors).max())


def _towards(radians: Floats) -> Floats:
    return np.stack([np.cos(radians), np.sin(radians)], axis=-1)


def _angle_deg(points: Floats) -> Floats:
    """(case,) angle at the first of (3, case, 2) points between the other two."""
    one, other = points[1] - points[0], points[2] - points[0]
    cross = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    return np.asarray(np.degrees(np.abs(np.arctan2(cross, (one * other).sum(axis=1)))))
