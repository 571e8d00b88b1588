"""Frames in which another person's hand lies on the tested limb.

Under a hand the pose model guesses where the joint is, and a limb that is held may be led: what is read then is not scored. Where
several people are in the picture, a few frames a second are looked at with the hand model, each in a square about the moving limb
that is enlarged for it. A hand whose wrist is not one of the client's is somebody else's; it lies on the limb where it is seen
across the line from joint to joint.

What it does not see: a hand of which no fingers show, a forearm or a body against the limb, the hand of somebody of whom
nothing else is in the picture, a hand over the client's own hand, and hands on the trunk and the head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture import VideoFile
from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement
from rom_tracker.pose import cache
from rom_tracker.pose.passes import average
from rom_tracker.pose.region import ClientPlace, Region
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence

#: Looks a second.
LOOKS_PER_S = 5.0

#: The square about the limb reaches so far, in lengths of the limb's segment from its middle, and in trunk lengths beyond that.
REACH_SEGMENTS, REACH_TRUNKS = 0.6, 0.35

#: A hand whose wrist is found nearer than this to one of the client's wrists is the client's; in trunk lengths.
OWN_WITHIN = 0.2

#: A hand lies on the limb where one of its points is seen nearer than this to the line from joint to joint; in trunk lengths. An
#: arm is twice as wide.
ON_WITHIN = 0.08

#: What reaches farther than this from wrist to fingertip is no hand; in trunk lengths. Found hands of rendered people reach 0.28 to
#: 0.41; 0.47 to 0.51 was a raised forearm, taken for a hand with the wrist at the elbow.
LONGEST_HAND = 0.45

#: A hand found in one look alone, with none in another within so many seconds, is not believed; nor is a gap of that length.
WITHIN_S = 0.5

#: Points of a hand that MediaPipe's hand landmarker gives.
_HAND_POINTS = 21


@dataclass(frozen=True, eq=False)
class HandsNearby:
    """The hands, anybody's, that were found about the tested limb.

    Attributes
    ----------
    time_s : (look,)
        Seconds since the first frame.
    xy : (look, hand, 21, 2)
        Pixels of the picture as filmed; NaN where fewer were found.
    """

    time_s: Floats
    xy: Floats

    def __post_init__(self) -> None:
        if self.xy.ndim != 4 or self.xy.shape[0] != len(self.time_s) or self.xy.shape[2:] != (_HAND_POINTS, 2):
            raise ValueError(f"xy: expected shape ({len(self.time_s)}, hand, {_HAND_POINTS}, 2), got {self.xy.shape}")

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays to be kept."""
        return {"time_s": self.time_s, "xy": self.xy}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What :meth:`to_arrays` gave."""
        return cls(arrays["time_s"], arrays["xy"])


def hands_on_limb(
    video: VideoFile, passes: PosePasses, movement: Movement, side: Side, client: ClientPlace | None
) -> NDArray[np.bool_] | None:
    """(frame,) whether somebody else's hand lies on the tested limb.

    None where that was not asked: nobody else is in the picture (``client`` is None), or no limb of the body moves.

    Raises
    ------
    VideoError
        The recording cannot be read.
    ModelFileError
        The hand model is not here and cannot be fetched.
    """
    if client is None or not moves_a_limb(movement) or not passes.person_found.any():
        return None
    poses = average(passes.as_filmed, passes.mirrored).at(passes.all_time_s)
    hands = _hands_nearby(video, poses, movement, side, client)
    return covered_frames(hands, poses, movement, side)


def covered_frames(hands: HandsNearby, poses: PoseSequence, movement: Movement, side: Side) -> NDArray[np.bool_]:
    """(frame,) whether a hand that is not the client's lies on the moving limb, with the frames next to it.

    Parameters
    ----------
    hands : HandsNearby
    poses : PoseSequence
        The client's, in pixels as filmed.
    movement, side
        What the client does; its moving segment is a line between two landmarks of the body.
    """
    start, end = (poses.point(name, side) for name in movement.moving.points)
    wrists = np.stack([poses.point(name, side) for name in ("wrist", "opposite_wrist")], axis=1)
    trunk_px = _trunk_px(poses)
    frames = np.searchsorted(poses.time_s, hands.time_s).clip(0, len(poses) - 1)
    on = np.zeros(len(hands.time_s), dtype=bool)
    for look, frame in enumerate(frames):
        for hand in hands.xy[look]:
            if np.isnan(hand).any() or np.isnan(start[frame]).any():
                continue
            if np.linalg.norm(hand - hand[0], axis=1).max() > LONGEST_HAND * trunk_px:
                continue
            own = np.linalg.norm(wrists[frame] - hand[0], axis=1).min() < OWN_WITHIN * trunk_px
            on[look] |= not own and _distances(hand, start[frame], end[frame]).min() < ON_WITHIN * trunk_px
    return _frames_near(_believed(hands.time_s, on), poses.time_s)


def _believed(time_s: Floats, on: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """First and last time of every stretch of looks in which the hand was there, one that was seen once only left out."""
    stretches: list[tuple[float, float]] = []
    for t in time_s[on].tolist():
        if stretches and t - stretches[-1][1] <= WITHIN_S:
            stretches[-1] = stretches[-1][0], t
        else:
            stretches.append((t, t))
    return [(first, last) for first, last in stretches if last > first]


def _frames_near(stretches: list[tuple[float, float]], time_s: Floats) -> NDArray[np.bool_]:
    """(frame,) within a look's time of a stretch."""
    near = np.zeros(len(time_s), dtype=bool)
    for first, last in stretches:
        near |= (time_s >= first - 1 / LOOKS_PER_S) & (time_s <= last + 1 / LOOKS_PER_S)
    return near


def _distances(points: Floats, start: Floats, end: Floats) -> Floats:
    """(point,) pixels from each point to the line that ends at ``start`` and ``end``."""
    along = end - start
    share = np.clip((points - start) @ along / max(float(along @ along), 1.0), 0, 1)
    return np.asarray(np.linalg.norm(points - (start + share[:, None] * along), axis=1))


def moves_a_limb(movement: Movement) -> bool:
    """Whether what moves is a line between landmarks of the body that is not its middle."""
    names = movement.moving.points
    return movement.instrument == "body" and bool(names) and not all(name.startswith("mid_") for name in names)


def _trunk_px(poses: PoseSequence) -> float:
    return float(np.nanmedian(np.linalg.norm(poses.point("mid_shoulder", "left") - poses.point("mid_hip", "left"), axis=1)))


def _hands_nearby(video: VideoFile, poses: PoseSequence, movement: Movement, side: Side, client: ClientPlace) -> HandsNearby:
    """The hands about the limb: from the cache, or found with MediaPipe and put there."""
    from rom_tracker.pose.mediapipe import HandFinder

    finder = HandFinder()
    what = ("hands nearby", finder.name, poses.model, str(client), *movement.moving.points, side)
    key = cache.key(video.content_hash(), *what)
    kept = cache.load(key, HandsNearby)
    if kept is not None:
        return kept
    found = _looked(video, finder, _squares(poses, movement, side))
    cache.store(key, found)
    return found


def _squares(poses: PoseSequence, movement: Movement, side: Side) -> list[Region | None]:
    """The part of the picture about the moving limb in every frame; None where it is not in the picture."""
    start, end = (poses.point(name, side) for name in movement.moving.points)
    half = REACH_SEGMENTS * np.linalg.norm(end - start, axis=1) + REACH_TRUNKS * _trunk_px(poses)
    low, high = (start + end) / 2 - half[:, None], (start + end) / 2 + half[:, None]
    size = np.array(poses.image_size)
    parts: list[Region | None] = []
    for corner, opposite in zip(low, high, strict=True):
        if np.isnan(corner).any():
            parts.append(None)
            continue
        left, top = (int(v) for v in np.clip(corner, 0, size))
        right, bottom = (int(v) for v in np.clip(opposite, 0, size))
        parts.append(Region(left, top, right, bottom) if min(right - left, bottom - top) >= 16 else None)
    return parts


def _looked(video: VideoFile, finder: Any, squares: list[Region | None]) -> HandsNearby:
    times: list[float] = []
    found: list[list[Floats]] = []
    with finder:
        for frame, square in zip(video, squares, strict=False):
            if square is None or (times and frame.time_s < times[-1] + 1 / LOOKS_PER_S - 1e-3):
                continue
            times.append(frame.time_s)
            found.append(finder.find(frame.image, square, enlarged=True))
    xy = np.full((len(times), max(map(len, found), default=0), _HAND_POINTS, 2), np.nan)
    for look, hands in enumerate(found):
        for place, hand in enumerate(hands):
            xy[look, place] = hand
    return HandsNearby(np.array(times, dtype=np.float64), xy)
