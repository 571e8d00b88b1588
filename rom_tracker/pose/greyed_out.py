"""People painted over in a picture, so that whoever else is in it is found."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.landmarks import LANDMARKS
from rom_tracker.pose.sequence import Floats
from rom_tracker.pose.trunk import CORNERS, trunk_px

#: What is greyed out of somebody, in trunk lengths: so far beyond shoulders and hips to either side, from the top of the picture to
#: the bottom, and limbs so wide. Nobody was found in what was left of the pictures of 32 people alone (two seated ones' legs were,
#: with the trunk alone greyed out).
TRUNK_MARGIN, LIMB_WIDTH = 0.2, 0.35

#: Where the limbs are left, the trunk has no margin, but reaches at least so far to either side; in trunk lengths.
LEAST_REACH = 0.15

#: What they are painted over with.
GREY = 128

#: The landmarks along each arm and leg.
_LIMBS = [
    [LANDMARKS.index(f"{side}_{point}") for point in limb]
    for side in ("left", "right")
    for limb in (("shoulder", "elbow", "wrist", "index"), ("hip", "knee", "ankle", "foot_index"))
]


def greyed_out(image: NDArray[np.uint8], people: list[Floats], *, limbs: bool = True) -> NDArray[np.uint8]:
    """(height, width, 3) a copy of a picture in which people, (landmark, 2) pixels each, are painted over: trunks, and limbs.

    Without the limbs the trunks are painted over less widely too, so that hands on the limbs are left.
    """
    grey = image.copy()
    for marks in people:
        length_px = float(trunk_px(marks))
        trunk_x = marks[CORNERS, 0]
        low, high = float(trunk_x.min()), float(trunk_x.max())
        reach = (high - low) / 2 + TRUNK_MARGIN * length_px if limbs else max((high - low) / 2, LEAST_REACH * length_px)
        left, right = (low + high) / 2 - reach, (low + high) / 2 + reach
        grey[:, max(round(left), 0) : max(round(right), 0)] = GREY
        for limb in _LIMBS if limbs else ():
            points = np.clip(marks[limb], -image.size, image.size).round().astype(np.int32)
            cv2.polylines(grey, [points], isClosed=False, color=(GREY,) * 3, thickness=max(round(LIMB_WIDTH * length_px), 1))
    return grey
