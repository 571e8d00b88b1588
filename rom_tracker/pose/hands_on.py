"""Frames in which another person's hand lies on the tested limb.

Under a hand the pose model guesses where the joint is, and a limb that is held may be led: what is read then is not scored. Where
several people are in the picture, the pose model looks for the others a few times a second, with the client's trunk greyed out,
since it finds near neighbours one at a time. A hand lies on the limb where it is seen across the line from joint to joint. The hand
model does no better: it found a flat hand on a forearm in none of six looks, and took a raised forearm for a hand.

What it does not see: the hand of somebody of whom little else is in the picture or who leans over the limb, a hand at the client's
wrist, and hands on the trunk and the head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture import VideoFile
from rom_tracker.landmarks import LANDMARKS, Side, middle_of
from rom_tracker.movements import Movement
from rom_tracker.pose import cache
from rom_tracker.pose.greyed_out import greyed_out
from rom_tracker.pose.passes import mean_look
from rom_tracker.pose.region import ClientPlace, Region
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence

#: Looks a second.
LOOKS_PER_S = 5.0

#: Whose hips are found nearer than this to the client's is the client; in trunk lengths.
CLIENT_WITHIN = 0.35

#: A hand whose wrist is found nearer than this to one of the client's wrists is the client's; in trunk lengths.
OWN_WITHIN = 0.1

#: A hand lies on the limb where one of its points is found nearer than this to the line from joint to joint; in trunk lengths. In
#: rendered recordings hands that lay on a limb were found up to 0.22 from it, those of people half behind 0.25 and more.
ON_WITHIN = 0.2

#: A hand found in one look alone, with none in another within so many seconds, is not believed; nor is a gap of that length.
WITHIN_S = 0.5

#: The points of a hand that the pose model gives, the wrist first.
HAND_POINTS = ("wrist", "thumb", "index", "pinky")

_HANDS = [[LANDMARKS.index(f"{side}_{point}") for point in HAND_POINTS] for side in ("left", "right")]


@dataclass(frozen=True, eq=False)
class OthersHands:
    """The hands of the others in the picture.

    Attributes
    ----------
    time_s : (look,)
        Seconds since the first frame.
    xy : (look, hand, point, 2)
        The :data:`HAND_POINTS` in pixels of the picture as filmed; NaN where fewer were found.
    """

    time_s: Floats
    xy: Floats

    def __post_init__(self) -> None:
        if self.xy.ndim != 4 or self.xy.shape[0] != len(self.time_s) or self.xy.shape[2:] != (len(HAND_POINTS), 2):
            raise ValueError(f"xy: expected shape ({len(self.time_s)}, hand, {len(HAND_POINTS)}, 2), got {self.xy.shape}")

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
        The pose model is not here and cannot be fetched.
    """
    if client is None or not moves_a_limb(movement) or not passes.person_found.any():
        return None
    poses = mean_look(passes, movement, side)
    hands = _others_hands(video, poses, client)
    return covered_frames(hands, poses, movement, side)


def covered_frames(hands: OthersHands, poses: PoseSequence, movement: Movement, side: Side) -> NDArray[np.bool_]:
    """(frame,) whether a hand that is not the client's lies on the moving limb, with the frames next to it.

    Parameters
    ----------
    hands : OthersHands
    poses : PoseSequence
        The client's, in pixels as filmed.
    movement, side
        What the client does; its moving segment is a line between two landmarks of the body.
    """
    start, end = (poses.point(name, side) for name in movement.moving.points)
    wrists = np.stack([poses.point(name, side) for name in ("wrist", "opposite_wrist")], axis=1)
    trunk_px = float(np.nanmedian(poses.trunk_px))
    frames = np.searchsorted(poses.time_s, hands.time_s).clip(0, len(poses) - 1)
    on = np.zeros(len(hands.time_s), dtype=bool)
    for look, frame in enumerate(frames):
        for hand in hands.xy[look]:
            if np.isnan(hand).any() or np.isnan(start[frame]).any():
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


def _others_hands(video: VideoFile, poses: PoseSequence, client: ClientPlace) -> OthersHands:
    """The others' hands: from the cache, or found with MediaPipe and put there."""
    from rom_tracker.pose.people_finder import PeopleFinder

    finder = PeopleFinder(least_presence=0.0)  # Somebody of whom the trunk is hidden has hands too.
    key = cache.key(video.content_hash(), "hands of others", finder.name, poses.model, str(client))
    kept = cache.load(key, OthersHands)
    if kept is not None:
        return kept
    with finder:
        found = _looked(video, finder, poses)
    cache.store(key, found)
    return found


def _looked(video: VideoFile, finder: Any, poses: PoseSequence) -> OthersHands:
    near_px = CLIENT_WITHIN * float(np.nanmedian(poses.trunk_px))
    whole = Region(0, 0, *poses.image_size)
    times: list[float] = []
    found: list[list[Floats]] = []
    whole_frames = (glimpse for glimpse in video.glimpses() if not glimpse.failed)
    for glimpse, marks in zip(whole_frames, poses.xy, strict=False):
        if np.isnan(marks).any() or (times and glimpse.time_s < times[-1] + 1 / LOOKS_PER_S - 1e-3):
            continue
        if (frame := glimpse.frame()) is None:
            continue
        people = finder.find(greyed_out(frame.image, [marks], limbs=False), whole)
        others = [other for other in people if np.linalg.norm(middle_of(other, "hip") - middle_of(marks, "hip")) > near_px]
        times.append(frame.time_s)
        found.append([other[hand] for other in others for hand in _HANDS])
    xy = np.full((len(times), max(map(len, found), default=0), len(HAND_POINTS), 2), np.nan)
    for look, hands in enumerate(found):
        for place, hand in enumerate(hands):
            xy[look, place] = hand
    return OthersHands(np.array(times, dtype=np.float64), xy)
