"""Where the trunk is in a picture, and whether it has moved."""

from __future__ import annotations

import numpy as np

from rom_tracker.landmarks import LANDMARKS, middle_of
from rom_tracker.pose.between import Floats

#: The landmarks at the trunk's corners.
CORNERS = [LANDMARKS.index(f"{side}_{point}") for side in ("left", "right") for point in ("shoulder", "hip")]

#: A trunk has moved that has turned by more than this, or gone farther than this share of its length.
TURNED_DEG = 6.0
SHIFTED_SHARE = 0.1

#: The middle of the hips, and the way from there to the middle of the shoulders, in pixels as complex numbers.
Trunk = tuple[complex, complex]


def trunk_of(xy: Floats) -> Trunk | None:
    """The trunk among landmarks (landmark, 2); None where nobody was found."""
    if np.isnan(xy[0, 0]):
        return None
    hips, shoulders = (middle_of(xy, name) for name in ("hip", "shoulder"))
    return complex(*hips), complex(*(shoulders - hips)) or 1e-6


def trunk_px(marks: Floats) -> Floats:
    """(...) length of the trunk, of (..., landmark, 2) pixels."""
    return np.asarray(np.linalg.norm(middle_of(marks, "shoulder") - middle_of(marks, "hip"), axis=-1))


def has_moved(before: Trunk | None, now: Trunk | None) -> bool:
    """Whether the trunk is seen to have turned or gone."""
    if before is None or now is None:
        return False
    turned_deg = np.degrees(np.abs(np.angle(now[1] / before[1])))
    return bool(turned_deg > TURNED_DEG or abs(now[0] - before[0]) > SHIFTED_SHARE * abs(before[1]))
