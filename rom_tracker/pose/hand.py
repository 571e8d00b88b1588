"""The tested hand: found with the hand landmarker, and joined to the body's landmarks.

The pose model's own hand landmarks lose 13 to 28 degrees at the wrist, so wrist and forearm are measured with the hand model. It
is run on a region about the tested wrist, and the hand nearest to the body's wrist is taken, whatever the model calls it: seen from
its finger tips a hand gets the other hand's name in up to 95 % of the frames, and thumb and little finger are exchanged with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture import VideoFile
from rom_tracker.landmarks import ALL_LANDMARKS, HAND_LANDMARKS, INDEX, LANDMARKS, Side
from rom_tracker.pose import cache
from rom_tracker.pose.between import at_times, nearest_index
from rom_tracker.pose.estimator import FoundHand, Progress, look_through
from rom_tracker.pose.gaze import Attention, EveryFrame, Looks
from rom_tracker.pose.region import wrist_region
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence
from rom_tracker.pose.view import HandView

#: A hand farther than this from the body's wrist is another hand; in forearm lengths.
REACH = 0.75

#: The forearm's direction is taken from the body's landmarks where both looks find the body in at least this share of the frames.
#: In recordings that cut off the head one look loses it, and the elbow of the other is up to 18 degrees off.
BODY_SEEN_SHARE = 0.8

#: Farther turned to the camera than this, palm or back are seen and not the finger tips.
PALM_SEEN_DEG = 45.0

#: The axis across the palm jumps between frames, so that it is taken as a median over this time, in seconds.
AXIS_WINDOW_S = 0.4

_MODEL_POINTS = 21
_WRIST, _INDEX_MCP, _MIDDLE_MCP, _RING_MCP, _PINKY_MCP = 0, 5, 9, 13, 17


@dataclass(frozen=True, eq=False)
class HandSequence:
    """The tested hand over a recording, in two looks: as filmed and mirrored.

    Attributes
    ----------
    time_s : (frame,)
    xyz : (2, frame, 21, 3)
        Pixels, x right, y down, z away from the camera and relative to the wrist; NaN where the hand was not found.
    world : (2, frame, 21, 3)
        The model's estimate in metres, axes alike.
    named_right : (2, frame) bool
        Whether the model gave it the name of the tested side.
    looked_at : (frame,) bool or None
        Frames that the model looked at; what the others hold lies between them. None where it looked at all.
    """

    time_s: Floats
    xyz: Floats
    world: Floats
    named_right: NDArray[np.bool_]
    looked_at: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        n = len(self.time_s)
        for name, shape in {
            "xyz": (2, n, _MODEL_POINTS, 3),
            "world": (2, n, _MODEL_POINTS, 3),
            "named_right": (2, n),
        }.items():
            if np.shape(getattr(self, name)) != shape:
                raise ValueError(f"{name}: expected shape {shape}, got {np.shape(getattr(self, name))}")

    @property
    def found(self) -> NDArray[np.bool_]:
        """(frame,) whether either look found the hand."""
        return np.asarray(np.isfinite(self.xyz[..., 0, 0]).any(axis=0))

    def at(self, time_s: Floats) -> Self:
        """The hand at other times, in each look as between the frames before and after; named as in the nearest one."""
        if np.array_equal(time_s, self.time_s):
            return self
        seen = np.isfinite(self.xyz[..., 0, 0])
        arrays = {
            name: np.stack([at_times(look, time_s, self.time_s, own) for look, own in zip(getattr(self, name), seen, strict=True)])
            for name in ("xyz", "world")
        }
        nearest = nearest_index(self.time_s, time_s)
        looked_at = np.isin(time_s, self.time_s)
        return replace(self, time_s=time_s, named_right=self.named_right[:, nearest], looked_at=looked_at, **arrays)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays to be kept."""
        return {name: getattr(self, name) for name in ("time_s", "xyz", "world", "named_right")}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The sequence that :meth:`to_arrays` gave."""
        return cls(**{name: arrays[name] for name in ("time_s", "xyz", "world", "named_right")})


def hands_of(
    video: VideoFile, passes: PosePasses, side: Side, progress: Progress | None = None, attention: Attention | None = None
) -> HandSequence:
    """The tested hand in every frame of a recording: from the cache, or found with MediaPipe and put there.

    ``attention`` says which frames to look at; between them the hand is interpolated.

    Raises
    ------
    VideoError
        The recording cannot be read.
    ModelFileError
        The hand model is not here and cannot be fetched.
    """
    from rom_tracker.pose.mediapipe import HandEstimator

    estimator = HandEstimator(wrist_region(passes, side))
    attention = attention or EveryFrame()
    what = (estimator.name, str(estimator.region), passes.as_filmed.model, side, *([attention.name] if attention.name else []))
    key = cache.key(video.content_hash(), *what)
    kept = cache.load(key, HandSequence)
    if kept is not None:
        return kept.at(passes.all_time_s)
    chosen: tuple[list[FoundHand | None], list[FoundHand | None]] = ([], [])
    times: list[float] = []
    nearest = _Nearest(passes, side)

    def keep(index: int, time_s: float, found: Mapping[Looks, tuple[FoundHand, ...]]) -> None:
        times.append(time_s)
        for look, hands in zip(Looks.BOTH, chosen, strict=True):
            hands.append(nearest.of(found.get(look, ()), index))

    with estimator:
        look_through(video, estimator, attention.begin(), keep, progress)
    hands = _sequence(np.array(times, dtype=np.float64), chosen, side)
    cache.store(key, hands)
    return hands.at(passes.all_time_s)


class _Nearest:
    """Chooses the hand at the tested wrist; the largest one where the body is not in the picture."""

    def __init__(self, passes: PosePasses, side: Side) -> None:
        looks = tuple(look.at(passes.all_time_s) for look in (passes.as_filmed, passes.mirrored))
        with np.errstate(invalid="ignore"):
            wrists = np.stack([poses.point("wrist", side) for poses in looks])
            known = np.isfinite(wrists[..., 0])
            self.wrist = np.where(known[..., None], wrists, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)[:, None]
        self.wrist[~known.any(axis=0)] = np.nan
        forearms = [np.linalg.norm(poses.point("wrist", side) - poses.point("elbow", side), axis=1) for poses in looks]
        lengths = np.concatenate(forearms)
        lengths = lengths[np.isfinite(lengths)]
        self.reach = REACH * float(np.percentile(lengths, 98)) if len(lengths) else np.inf

    def of(self, hands: tuple[FoundHand, ...], frame: int) -> FoundHand | None:
        if not hands:
            return None
        wrist = self.wrist[frame]
        if not np.isfinite(wrist[0]):
            return max(hands, key=lambda hand: float(np.linalg.norm(hand.xyz[_MIDDLE_MCP, :2] - hand.xyz[_WRIST, :2])))
        away = [float(np.linalg.norm(hand.xyz[_WRIST, :2] - wrist)) for hand in hands]
        best = int(np.argmin(away))
        return hands[best] if away[best] <= self.reach else None


def _sequence(time_s: Floats, looks: tuple[list[FoundHand | None], list[FoundHand | None]], side: Side) -> HandSequence:
    shape = (2, len(time_s), _MODEL_POINTS, 3)
    xyz, world = np.full(shape, np.nan, dtype=np.float32), np.full(shape, np.nan, dtype=np.float32)
    named_right = np.zeros(shape[:2], dtype=bool)
    for look, hands in enumerate(looks):
        for frame, hand in enumerate(hands):
            if hand is not None:
                xyz[look, frame], world[look, frame] = hand.xyz, hand.world
                named_right[look, frame] = hand.word == side
    return HandSequence(time_s, xyz, world, named_right)


def body_is_seen(passes: PosePasses) -> bool:
    """Whether the body's landmarks are sure enough to give the forearm's direction (see :data:`BODY_SEEN_SHARE`)."""
    return min(float(poses.person_found.mean()) for poses in (passes.as_filmed, passes.mirrored)) >= BODY_SEEN_SHARE


def with_hand(poses: PoseSequence, hands: HandSequence, side: Side) -> PoseSequence:
    """The body's landmarks and those of the tested hand: the mean of both looks, and the axis across the palm."""
    n = len(poses)
    points = _mean_of_looks(hands.xyz[..., :2])
    across = palm_axis(hands) if hands.found.any() else np.full((n, 2), np.nan)
    middle = points[:, [_INDEX_MCP, _PINKY_MCP]].mean(axis=1)
    width = np.linalg.norm(points[:, _INDEX_MCP] - points[:, _PINKY_MCP], axis=1)[hands.found]
    half = across * (float(np.median(width)) if len(width) else np.nan) / 2
    hand = np.concatenate([points, (middle - half)[:, None], (middle + half)[:, None]], axis=1)
    first = INDEX[f"{side}_{HAND_LANDMARKS[0]}"]
    columns = slice(first, first + len(HAND_LANDMARKS))

    def extended(array: Floats, missing: float) -> Floats:
        wider = np.full((n, len(ALL_LANDMARKS), *array.shape[2:]), missing, dtype=array.dtype)
        wider[:, : len(LANDMARKS)] = array
        return wider

    xy, visibility = extended(poses.xy, np.nan), extended(poses.visibility, 0.0)
    xy[:, columns] = hand
    visibility[:, columns] = np.isfinite(hand[..., 0])
    arrays = {"xy": xy, "world": extended(poses.world, np.nan), "visibility": visibility}
    return poses.replaced(looked_at=hands.looked_at, **arrays)


def palm_axis(hands: HandSequence) -> Floats:
    """(frame, 2) unit vector in the picture across the palm, from the little finger's side to the thumb's; NaN where unknown.

    Of two readings the mean is taken: the line of the four knuckles, and the perpendicular of the palm's normal, which discounts
    what the hand's own length adds to that line when it does not point straight at the camera. Seen from the finger tips the
    first errs towards pronation and the second the other way (8 recordings of 4 rendered people, root mean square error of the
    end range: 9.5 and 6.8 degrees, mean 7.0 with the smallest worst case).

    Where the model mistakes the hand for the other one, thumb and little finger are exchanged, so single frames tell the axis but
    not its direction. The direction is that which keeps the axis within half a turn over the recording and agrees with the frames
    in which the hand has its right name, and disagrees with the others. Where palm or back face the camera the thumb is seen, a
    wrong name means that one was taken for the other, and the landmarks' own direction holds.
    """
    named = np.where(hands.named_right, 1.0, -1.0)
    if _palm_to_camera_deg(hands) > PALM_SEEN_DEG:
        named = np.ones(named.shape)
    directions = named[..., None] * _across(hands.xyz)
    doubled = np.exp(2j * np.arctan2(directions[..., 1], directions[..., 0]))
    axis = _within_half_a_turn(np.angle(_running_median(hands.time_s, doubled)) / 2)
    agreement = np.nansum(directions[..., 0] * np.cos(axis) + directions[..., 1] * np.sin(axis))
    if agreement < 0:
        axis = axis + np.pi
    return np.stack([np.cos(axis), np.sin(axis)], axis=-1)


def _running_median(time_s: Floats, looks: NDArray[np.complexfloating[Any, Any]]) -> NDArray[np.complexfloating[Any, Any]]:
    """(frame,) median, part by part, of both looks over :data:`AXIS_WINDOW_S`; NaN where neither look found the hand."""
    known = np.isfinite(looks)
    median = np.full(len(time_s), np.nan + 0j)
    first = np.searchsorted(time_s, time_s - AXIS_WINDOW_S / 2, side="left")
    last = np.searchsorted(time_s, time_s + AXIS_WINDOW_S / 2, side="right")
    for frame in np.flatnonzero(known.any(axis=0)):
        near = looks[:, first[frame] : last[frame]]
        near = near[np.isfinite(near)]
        median[frame] = np.median(near.real) + 1j * np.median(near.imag)
    return median


def _across(xyz: Floats) -> Floats:
    """(..., 2) the mean of both readings in one look, of unit length."""
    weights = {_INDEX_MCP: 3.0, _MIDDLE_MCP: 1.0, _RING_MCP: -1.0, _PINKY_MCP: -3.0}
    line = sum(weight * xyz[..., point, :2] for point, weight in weights.items())
    line = _unit(np.asarray(line))
    normal = np.cross(xyz[..., _INDEX_MCP, :] - xyz[..., _WRIST, :], xyz[..., _PINKY_MCP, :] - xyz[..., _WRIST, :])
    beside = np.nan_to_num(_unit(np.stack([normal[..., 1], -normal[..., 0]], axis=-1)))  # None where the palm faces the camera.
    beside = beside * np.where((line * beside).sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    return _unit(line + beside)


def _within_half_a_turn(axis: Floats) -> Floats:
    """Directions of an axis in radians, known but for half turns, moved into one half turn cut where the fewest lie."""
    known = axis[np.isfinite(axis)]
    if not len(known):
        return axis
    bins = 36
    counts = np.bincount((known % np.pi / np.pi * bins).astype(int) % bins, minlength=bins).astype(float)
    wide = np.convolve(np.concatenate([counts, counts, counts]), np.hanning(17), mode="same")[bins : 2 * bins]
    cut = (np.argmin(wide) + 0.5) * np.pi / bins
    return np.asarray((axis - cut) % np.pi + cut)


def hand_view(hands: HandSequence, side: Side) -> HandView | None:
    """How the tested hand lies in the picture; None where it was never found.

    The palm's normal comes from the model's world landmarks, with the tested side's handedness.
    """
    if not hands.found.any():
        return None
    along = _unit(hands.xyz[..., _MIDDLE_MCP, :2] - hands.xyz[..., _WRIST, :2])
    normal = _palm_normal(hands) * (1.0 if side == "right" else -1.0)
    across = palm_axis(hands)
    mean_along = _mean_of_looks(along)
    seen = np.flatnonzero(hands.found)
    resting = _unit(_mean_of_looks(mean_along[seen[hands.time_s[seen] <= hands.time_s[seen[0]] + 0.5]]))
    return HandView(
        distal=(float(resting[0]), float(resting[1])),
        palmar_turns=_sign(np.nansum(_cross(along, normal[..., :2]))),
        radial_turns=_sign(np.nansum(_cross(mean_along, across))),
        palm_to_camera_deg=_palm_to_camera_deg(hands),
        edge_off_sight_deg=_edge_off_sight_deg(hands),
    )


def _edge_off_sight_deg(hands: HandSequence) -> float:
    """0 where the camera looks along the axis across the palm; rendered hands filmed from their edge read 9 to 18."""
    across = _unit(hands.world[..., _INDEX_MCP, :] - hands.world[..., _PINKY_MCP, :])[..., 2]
    return float(np.degrees(np.arccos(np.clip(np.median(np.abs(across[np.isfinite(across)])), 0, 1))))


def _palm_to_camera_deg(hands: HandSequence) -> float:
    """0 where the hand is seen from its edge or its finger tips, 90 where palm or back face the camera."""
    depth = np.abs(_palm_normal(hands)[..., 2])
    return float(np.degrees(np.arcsin(np.clip(np.median(depth[np.isfinite(depth)]), 0, 1))))


def _palm_normal(hands: HandSequence) -> Floats:
    """(look, frame, 3) unit normal of the palm, out of the palm of a right hand and out of the back of a left one."""
    wrist = hands.world[..., _WRIST, :]
    return _unit(np.cross(hands.world[..., _INDEX_MCP, :] - wrist, hands.world[..., _PINKY_MCP, :] - wrist))


def _mean_of_looks(looks: Floats) -> Floats:
    """The mean over the first axis of what is known."""
    known = np.isfinite(looks)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, looks, 0).sum(axis=0) / np.maximum(count, 1), np.nan)


def _unit(vectors: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def _cross(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def _sign(value: np.floating[Any]) -> float:
    return 1.0 if value >= 0 else -1.0
