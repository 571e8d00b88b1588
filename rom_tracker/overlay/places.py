"""Where words stand in a recording so that they hide neither the body nor each other; decided once for all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from rom_tracker.landmarks import BONES, INDEX
from rom_tracker.overlay.drawing import Box
from rom_tracker.pose.sequence import Floats, PoseSequence

Corner = Literal["top left", "top right", "bottom left", "bottom right"]
TOP: tuple[Corner, ...] = ("top left", "top right")
CORNERS: tuple[Corner, ...] = (*TOP, "bottom left", "bottom right")

#: Landmarks less visible than this are not drawn, and nothing makes room for them.
LEAST_VISIBLE = 0.3

#: The value stands in the middle of a wide arc, and while the arc is small at least this far from the limb, in degrees.
LABEL_OFF_DEG = 45.0

#: Between these angles a value that starts ahead of the limb lets it pass.
_PASSES_FROM_DEG, _PASSES_UNTIL_DEG = 30.0, 75.0

#: So many frames, evenly spread, stand for a recording.
_LOOKED_AT = 60

#: Shares of the way along a bone, across the trunk, and of the head's radius, at which something must not be hidden.
_ALONG = np.linspace(0, 1, 7)
_RINGS = (0.0, 0.5, 1.0)

#: The head's radius as a share of the way from the shoulders to the ears.
_HEAD_SHARE = 0.75


def behind(angle_deg: float) -> float:
    """Where the value stands, in degrees from zero: on the side of the limb that it comes from."""
    return min(angle_deg / 2, angle_deg - LABEL_OFF_DEG)


def ahead(angle_deg: float) -> float:
    """On the side of the limb that it goes to."""
    return angle_deg + LABEL_OFF_DEG


def passing(angle_deg: float) -> float:
    """On the side that the limb goes to while the angle is small, and in the middle of the arc when it is wide."""
    start, end = (_PASSES_FROM_DEG, ahead(_PASSES_FROM_DEG)), (_PASSES_UNTIL_DEG, behind(_PASSES_UNTIL_DEG))
    if angle_deg <= start[0]:
        return ahead(angle_deg)
    return float(np.interp(angle_deg, (start[0], end[0]), (start[1], end[1]))) if angle_deg < end[0] else behind(angle_deg)


#: All of them never jump while the angle changes.
WAYS: tuple[Callable[[float], float], ...] = (behind, passing, ahead)


def sampled_frames(frames: int) -> list[int]:
    """Frames that stand for all."""
    return sorted({round(i) for i in np.linspace(0, frames - 1, min(frames, _LOOKED_AT))}) if frames else []


def body_points(poses: PoseSequence, frames: Sequence[int]) -> Floats:
    """(frame, point, 2) pixels all over the body; NaN where it is not seen.

    Parameters
    ----------
    poses : PoseSequence
        Where the joints are in the picture.
    frames : sequence of int
    """
    chosen = list(frames)
    seen = poses.person_found[chosen, None] & (poses.visibility[chosen] >= LEAST_VISIBLE)
    xy = np.where(seen[..., None], poses.xy[chosen], np.nan).astype(np.float64)
    at = {name: xy[:, i] for name, i in INDEX.items() if i < xy.shape[1]}
    lines = [(at[a], at[b]) for a, b in BONES]
    sides = [[at[f"{side}_shoulder"] + share * (at[f"{side}_hip"] - at[f"{side}_shoulder"]) for share in _ALONG] for side in
             ("left", "right")]  # fmt: skip
    lines += list(zip(*sides, strict=True))
    points = [a + share * (b - a) for a, b in lines for share in _ALONG]
    shoulders, ears = ((at[f"left_{name}"] + at[f"right_{name}"]) / 2 for name in ("shoulder", "ear"))
    radius = _HEAD_SHARE * np.linalg.norm(ears - shoulders, axis=1)[:, None]
    for direction in np.radians(np.arange(0, 360, 30)):
        points += [ears + ring * radius * (np.cos(direction), np.sin(direction)) for ring in _RINGS]
    return np.stack([*points, *(at[name] for name in INDEX if name in at)], axis=1)


def hit(boxes: Floats, points: Floats) -> int:
    """In how many frames any of (frame, point, 2) pixels lies in the frame's box of (frame, 4), or in the one (4,) box of all."""
    low, high = boxes[..., None, :2], boxes[..., None, 2:]
    with np.errstate(invalid="ignore"):
        return int(((points > low) & (points < high)).all(axis=-1).any(axis=-1).sum())


def overlapped(boxes: Floats, box: Box) -> int:
    """How many of (frame, 4) boxes share a place with one."""
    if not len(boxes):
        return 0
    with np.errstate(invalid="ignore"):
        apart = (boxes[:, 2:] < box[:2]) | (boxes[:, :2] > box[2:])
        return int((np.isfinite(boxes[:, 0]) & ~apart.any(axis=1)).sum())


def corner_box(corner: Corner, size: tuple[int, int], picture: tuple[int, int], margin: int) -> Box:
    """Where something of that width and height lies in a corner."""
    left = max(0, picture[0] - size[0] - margin) if corner.endswith("right") else margin
    top = max(0, picture[1] - size[1] - margin) if corner.startswith("bottom") else margin
    return left, top, left + size[0], top + size[1]


def emptiest_corner(boxes: dict[Corner, Box], points: Floats, words: Floats) -> Corner:
    """The first of the corners in which something hides the least of (frame, point, 2) pixels and of (frame, 4) boxes of words."""
    return min(boxes, key=lambda corner: hit(np.array(boxes[corner], dtype=float), points) + overlapped(words, boxes[corner]))
