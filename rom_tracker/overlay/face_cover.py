"""Covers the client's face in pictures and videos that leave the computer.

The place comes from the face's landmarks of the pose and is generous: all of the head is meant. Where the head is not found in a
frame, the last place stays covered and grows while it is lost; where nobody was found at all, all of the picture is covered.

What is left of the face is its mean colour in :data:`BLOCKS` by :data:`BLOCKS` fields, each channel in steps of :data:`STEP`: some
two hundred bits, which no sharpening brings back. A blur could be undone, and the many fields of a fine mosaic be put together
over the frames of a video.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.landmarks import INDEX, middle_of
from rom_tracker.pose.sequence import Floats, PoseSequence

#: Fields of the mosaic across the head, and steps of each colour channel.
BLOCKS, STEP = 4, 32

_FACE = ("nose", "left_eye_outer", "right_eye_outer", "left_ear", "right_ear", "mouth_left", "mouth_right")

#: The head's radius: this many times the way from the middle of the face to its farthest landmark, and at least this share of the
#: usual way from the shoulders to the ears. Chin and crown lie about 0.13 m from the middle of the ears, the shoulders 0.22 m.
_BEYOND_FACE, _OF_NECK = 1.8, 0.7

#: How much larger the last place is while the head is lost, at once and for every second, up to a whole.
_LOST_AT_ONCE, _LOST_PER_S, _LOST_MOST = 1.5, 1.0, 4.0


@dataclass(frozen=True, eq=False)
class FaceCover:
    """Where the head is in every frame of a recording.

    Attributes
    ----------
    centre : (frame, 2) float64
        Pixels of the picture as filmed; NaN in all frames where nobody was ever found.
    radius : (frame,) float64
    """

    centre: Floats
    radius: Floats

    @classmethod
    def of(cls, poses: PoseSequence) -> Self:
        """From the poses of a recording."""
        xy = np.asarray(poses.filmed_xy, dtype=np.float64)
        face = xy[:, [INDEX[name] for name in _FACE]]
        centre = face.mean(axis=1)
        found = np.isfinite(centre).all(axis=1)
        if not found.any():
            return cls(centre, np.full(len(centre), np.nan))
        neck = middle_of(xy, "ear") - middle_of(xy, "shoulder")
        usual = float(np.median(np.linalg.norm(neck[found], axis=1)))
        farthest = np.linalg.norm(face - centre[:, None], axis=2).max(axis=1)
        radius = np.maximum(_BEYOND_FACE * farthest, _OF_NECK * usual)
        last = _last_found(found)
        lost_s = np.abs(poses.time_s - poses.time_s[last])
        larger = np.where(found, 1.0, np.minimum(_LOST_AT_ONCE + _LOST_PER_S * lost_s, _LOST_MOST))
        return cls(centre[last], radius[last] * larger)

    def cover(self, image: NDArray[np.uint8], index: int, scale: float = 1.0) -> None:
        """Cover the head in the picture of a frame, which is ``scale`` times the filmed one; changes ``image``."""
        height, width = image.shape[:2]
        if index >= len(self.centre) or not np.isfinite(self.centre[index]).all():
            image[:] = _mosaic(image)
            return
        (x, y), r = self.centre[index] * scale, self.radius[index] * scale
        left, top = max(0, int(np.floor(x - r))), max(0, int(np.floor(y - r)))
        right, bottom = min(width, int(np.ceil(x + r)) + 1), min(height, int(np.ceil(y + r)) + 1)
        if left >= right or top >= bottom:
            return
        part = image[top:bottom, left:right]
        rows, columns = np.ogrid[top:bottom, left:right]
        inside = (columns - x) ** 2 + (rows - y) ** 2 <= r**2
        part[inside] = _mosaic(part)[inside]


def _last_found(found: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(frame,) the frame whose place counts: itself, the last one before, or at the beginning the first one after."""
    places = np.where(found, np.arange(len(found)), -1)
    last = np.maximum.accumulate(places)
    return np.where(last < 0, int(np.argmax(found)), last)


def _mosaic(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    few = cv2.resize(image, (BLOCKS, BLOCKS), interpolation=cv2.INTER_AREA)
    coarse = np.minimum(few.astype(np.int32) // STEP * STEP + STEP // 2, 255).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
