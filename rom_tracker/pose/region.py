"""The part of the picture in which a hand or a face is looked for.

The detectors of hand and face see the whole picture scaled down to 192 and 128 pixels: a face two metres away is lost in it (found
in none of 5 such recordings; in all of them within a region about the head). The region stays the same for a whole recording,
so that the trackers keep their hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.landmarks import LANDMARKS, Side, middle_of
from rom_tracker.pose.greyed_out import GREY
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence

#: Room about the points, as a share of the trunk's length in the picture.
ROOM_ABOUT_THE_HEAD = 0.55
ROOM_ABOUT_THE_WRIST = 0.5

#: Outliers of so many per cent at either end do not widen the region.
OUTLIERS_PERCENT = 2.0

#: A smaller part is enlarged to this longer edge: the hand detector loses small pictures (a hand of 30 pixels was found in a
#: quarter of the frames without it, in half of them with it).
SMALLEST_EDGE_PX = 512

#: A person who is seen in a smaller share of the frames does not tell where the hand or the head is.
SEEN_SHARE = 0.5

#: Hips nearer than this to the client's are the client's; in trunk lengths. Two people side by side are 0.8 apart and more.
CLIENT_WITHIN = 0.45

_HEAD = tuple(range(LANDMARKS.index("mouth_right") + 1))


@dataclass(frozen=True)
class Region:
    """A rectangle of the picture in pixels; right and bottom edge not included."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def scale(self) -> float:
        """By how much the part is enlarged before a model sees it."""
        return max(1.0, SMALLEST_EDGE_PX / max(self.right - self.left, self.bottom - self.top))

    def cut(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(height, width, 3) the part of a picture, enlarged by :attr:`scale`."""
        part = image[self.top : self.bottom, self.left : self.right]
        if self.scale == 1.0:
            return np.ascontiguousarray(part)
        return np.asarray(cv2.resize(part, None, fx=self.scale, fy=self.scale, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)

    def placed(self, xyz: Floats) -> Floats:
        """(point, 3) pixels of the part as cut, in the pixels of the whole picture."""
        return np.asarray(xyz / self.scale + np.array([self.left, self.top, 0.0]))


@dataclass(frozen=True)
class ClientPlace:
    """Where the client is, in a picture with other people.

    Attributes
    ----------
    region : Region
        The part of the picture in which the client moves; others may be in it.
    hips : (float, float)
        Where the middle of the hips is, pixels of the whole picture.
    trunk_px : float
        Length of the trunk in the picture.
    reach_px : float
        Half the width of the strip about the hips that is the client's alone.
    """

    region: Region
    hips: tuple[float, float]
    trunk_px: float
    reach_px: float

    def is_at(self, xy: Floats) -> bool:
        """Whether landmarks (landmark, 2) are the client's: their hips are where the client's are."""
        return bool(np.linalg.norm(middle_of(xy, "hip") - np.array(self.hips)) < CLIENT_WITHIN * self.trunk_px)

    def alone(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The region's picture with all but the client's strip greyed out."""
        middle = (self.hips[0] - self.region.left) * self.region.scale
        reach = self.reach_px * self.region.scale
        left, right = max(round(middle - reach), 0), round(middle + reach)
        grey = np.full_like(rgb, GREY)
        grey[:, left:right] = rgb[:, left:right]
        return grey


def head_region(passes: PosePasses) -> Region | None:
    """Where the head is over the whole recording; None where nobody is seen for most of it."""
    return _region(passes, lambda poses: poses.xy[:, _HEAD], ROOM_ABOUT_THE_HEAD)


def wrist_region(passes: PosePasses, side: Side) -> Region | None:
    """Where the tested hand is over the whole recording; None where nobody is seen for most of it."""

    def wrist(poses: PoseSequence) -> Floats:
        return poses.point("wrist", side)[:, None]

    forearms = [
        np.nanpercentile(np.linalg.norm(poses.point("wrist", side) - poses.point("elbow", side), axis=1), 98)
        for poses in (passes.as_filmed, passes.mirrored)
        if poses.person_found.any()
    ]
    return _region(passes, wrist, ROOM_ABOUT_THE_WRIST, at_least_px=max(forearms, default=0.0))


def _region(passes: PosePasses, points: Callable[[PoseSequence], Floats], room: float, at_least_px: float = 0.0) -> Region | None:
    looks = [poses for poses in (passes.as_filmed, passes.mirrored) if len(poses) and poses.person_found.mean() > SEEN_SHARE]
    if not looks:
        return None
    trunk = np.median([np.nanmedian(poses.trunk_px) for poses in looks])
    margin = max(room * float(trunk), at_least_px)
    found = np.concatenate([points(poses) for poses in looks])
    low = np.nanpercentile(found.min(axis=1), OUTLIERS_PERCENT, axis=0) - margin
    high = np.nanpercentile(found.max(axis=1), 100 - OUTLIERS_PERCENT, axis=0) + margin
    width, height = passes.as_filmed.image_size
    left, right = (int(np.clip(x, 0, width)) for x in (low[0], high[0]))
    top, bottom = (int(np.clip(y, 0, height)) for y in (low[1], high[1]))
    if right - left < 32 or bottom - top < 32:
        return None
    return Region(left, top, right, bottom)
