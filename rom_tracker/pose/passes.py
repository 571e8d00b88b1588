"""From the two looks at a recording to the one pose sequence that a movement is measured on.

Two defects of the pose network are put right here, each from the movement's own definition:

*Exchanged legs.* In profile the network gives the raised leg the other leg's name in up to a third of the frames, with full
visibility. In a test in which the other leg stands still, the leg that is found where the still leg stands *is* the still leg.

*Errors that are not mirror-symmetric.* The full model finds the ankle better when the person looks to the left of the picture,
as it does the knee (root mean square error of the end range 6.2 degrees against 9.4 for the mean of both looks, 22 recordings of 11
rendered people). The mirror image of a recording lets every client look the better way. A movement states it as
``preferred_view``; the others average both looks, as do those that are measured with the heavy model, whose mean is the more exact
one (elbow: standard deviation 1.2 degrees, 11 recordings of 7 people). A look in which the limb is lost gives way to the other, but
for the rotations of the shoulder, in which the mean of both is better all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rom_tracker.landmarks import INDEX, Side, is_of_the_hand, opposite_side
from rom_tracker.movements import Movement, Segment
from rom_tracker.pose.between import at_times, known_at
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence
from rom_tracker.pose.view import BodyView

#: How much nearer, in trunk lengths, the tested leg must be to the still leg's place before the names are exchanged.
EXCHANGE_MARGIN = 0.08

#: Farthest, in trunk lengths, that a leg which stands still is found from its place in nine frames of ten. Rendered people and a
#: real squat: at most 0.13; real walkers: 0.77 and more.
STILL_WITHIN = 0.3

#: A segment that keeps its length in the picture is seen; one shorter than this share of it is lost.
SEEN_LENGTH = 0.8

#: A pass with a larger share of frames lost than this, and than the other one, gives way to it: the hold at the end range takes up
#: about that much of a repetition. In 83 recordings of rendered people (sets development, pairs and later) those that had to give
#: way had 0.21 and more; of the others the worst had 0.17, where looks were taken in turns.
LOST_SHARE = 0.18

Look = Literal["as filmed", "mirrored"]
Used = Literal["as filmed", "mirrored", "both averaged"]


@dataclass(frozen=True, eq=False)
class MergedPasses:
    """One pose sequence out of the two passes, and what was done for it.

    Attributes
    ----------
    poses : PoseSequence
    used : {"as filmed", "mirrored", "both averaged"}
        The look or looks that ``poses`` comes from.
    exchanged : (frame,) bool
        Frames in which the legs' names were put right in a look, or in the frame nearest to them that was looked at.
    """

    poses: PoseSequence
    used: Used
    exchanged: NDArray[np.bool_]


def merge_passes(passes: PosePasses, movement: Movement, side: Side, view: BodyView) -> MergedPasses:
    """Put exchanged legs right in each look and take the look, or the mean of both, that suits the movement.

    Between the frames that were looked at the landmarks are interpolated, so that the result has all frames of the recording.
    """
    poses, used, exchanged = _at_looks(passes, movement, side, view)
    return MergedPasses(poses.at(passes.all_time_s), used, exchanged)


def _at_looks(passes: PosePasses, movement: Movement, side: Side, view: BodyView) -> tuple[PoseSequence, Used, NDArray[np.bool_]]:
    """The poses at the frames that were looked at, the looks they come from, and (frame,) whether legs were put right."""
    looks = [_legs_put_right(poses, movement, side) for poses in (passes.as_filmed, passes.mirrored)]
    exchanged = np.any([_at_nearest(look.time_s, wrong, passes.all_time_s) for look, wrong in looks], axis=0)
    as_filmed, mirrored = in_step(*(look for look, _ in looks))
    lost: dict[Look, float] = {
        "as filmed": lost_share(as_filmed, movement, side, passes.all_time_s),
        "mirrored": lost_share(mirrored, movement, side, passes.all_time_s),
    }
    used = _choose(lost, movement, view)
    if used == "both averaged":
        return average(as_filmed, mirrored), used, exchanged
    return (_filled(as_filmed, mirrored) if used == "as filmed" else _filled(mirrored, as_filmed)), used, exchanged


def _at_nearest(known_s: Floats, known: NDArray[np.bool_], time_s: Floats) -> NDArray[np.bool_]:
    """(frame,) what is known at the nearest of some times, which are in order; False where there are none."""
    if not len(known_s):
        return np.zeros(len(time_s), dtype=bool)
    after = np.searchsorted(known_s, time_s).clip(max=len(known_s) - 1)
    before = np.maximum(after - 1, 0)
    return known[np.where(np.abs(time_s - known_s[before]) <= np.abs(known_s[after] - time_s), before, after)]


def in_step(as_filmed: PoseSequence, mirrored: PoseSequence) -> tuple[PoseSequence, PoseSequence]:
    """Both looks at all frames that were looked at one way or both.

    Where the looks were taken in turns, each is interpolated between its neighbours, if they are near enough. Elsewhere a look that
    was not taken differs from the other one as it does in the frames before and after in which both are known (linear in between):
    what a look adds to the other one changes slowly.
    """
    time_s = np.union1d(as_filmed.time_s, mirrored.time_s)
    taken = [np.isin(time_s, look.time_s) for look in (as_filmed, mirrored)]
    if all(each.all() for each in taken):
        return as_filmed, mirrored
    looks = [look.at(time_s) for look in (as_filmed, mirrored)]
    seen = [look.person_found for look in looks]
    known = [taken[i] | (_in_turns(taken[i], taken[1 - i]) & seen[i]) for i in (0, 1)]
    both = known[0] & known[1] & seen[0] & seen[1]
    made: tuple[dict[str, Floats], dict[str, Floats]] = ({}, {})
    for name in ("xy", "world", "visibility"):
        one, other = (getattr(look, name) for look in looks)
        apart = _between((other - one)[both], time_s[both], time_s) if both.any() else np.full_like(one, np.nan)
        for arrays, values, is_known, told in zip(made, (one, other), known, (other - apart, one + apart), strict=True):
            whole = np.where(is_known.reshape(-1, *[1] * (values.ndim - 1)), values, told)
            arrays[name] = np.clip(np.nan_to_num(whole), 0, 1) if name == "visibility" else whole
    return looks[0].replaced(**made[0]), looks[1].replaced(**made[1])


def _in_turns(taken: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(frame,) where a look was not taken but in the frames before and after, in one of which the other one was not."""
    alone = taken & ~other
    between = np.zeros_like(taken)
    between[1:-1] = ~taken[1:-1] & taken[:-2] & taken[2:] & (alone[:-2] | alone[2:])
    return between


def _between(values: Floats, known_s: Floats, time_s: Floats) -> Floats:
    """(frame, ...) values at other times, linear in between and constant outside."""
    if len(known_s) == 1:
        return np.broadcast_to(values[0], (len(time_s), *values.shape[1:]))
    after = np.clip(np.searchsorted(known_s, time_s), 1, len(known_s) - 1)
    share: Floats = np.clip((time_s - known_s[after - 1]) / (known_s[after] - known_s[after - 1]), 0, 1)
    share = share.astype(values.dtype).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(values[after - 1] * (1 - share) + values[after] * share)


def mean_look(passes: PosePasses, movement: Movement, side: Side) -> PoseSequence:
    """The mean of both looks, exchanged legs put right, in every frame of the recording."""
    return average(*looks_put_right(passes, movement, side)).at(passes.all_time_s)


def looks_put_right(passes: PosePasses, movement: Movement, side: Side) -> tuple[PoseSequence, PoseSequence]:
    """Both looks at the frames that were looked at, each with its exchanged legs put right."""
    return in_step(*(_legs_put_right(poses, movement, side)[0] for poses in (passes.as_filmed, passes.mirrored)))


def _choose(lost: dict[Look, float], movement: Movement, view: BodyView) -> Used:
    if movement.preferred_view == "both":
        return "both averaged"
    better: Look = "mirrored" if lost["mirrored"] < lost["as filmed"] else "as filmed"
    worse: Look = "as filmed" if better == "mirrored" else "mirrored"
    if movement.preferred_view is None:
        return better if lost[worse] > LOST_SHARE else "both averaged"
    preferred: Look = "as filmed" if view.faces == movement.preferred_view else "mirrored"
    return better if lost[preferred] > LOST_SHARE else preferred


def _filled(poses: PoseSequence, other: PoseSequence) -> PoseSequence:
    """The poses, and the other look's where nobody was found."""
    rows = poses.person_found
    return poses.replaced(
        xy=np.where(rows[:, None, None], poses.xy, other.xy),
        world=np.where(rows[:, None, None], poses.world, other.world),
        visibility=np.where(rows[:, None], poses.visibility, other.visibility),
    )


def average(a: PoseSequence, b: PoseSequence) -> PoseSequence:
    """The mean of two looks at the same frames; where one found nobody, the other alone."""
    return a.replaced(
        xy=_mean(a.xy, b.xy),
        world=_mean(a.world, b.world),
        visibility=np.where(
            a.person_found[:, None] & b.person_found[:, None],
            (a.visibility + b.visibility) / 2,
            np.maximum(a.visibility, b.visibility),
        ),
    )


def _mean(a: Floats, b: Floats) -> Floats:
    filled_a, filled_b = np.where(np.isnan(a), b, a), np.where(np.isnan(b), a, b)
    return (filled_a + filled_b) / 2


def _legs_put_right(poses: PoseSequence, movement: Movement, side: Side) -> tuple[PoseSequence, NDArray[np.bool_]]:
    if movement.still is None:
        return poses, np.zeros(len(poses), dtype=bool)
    wrong = exchanged_legs(poses, side)
    return exchange_legs(poses, wrong), wrong


def exchanged_legs(poses: PoseSequence, side: Side) -> NDArray[np.bool_]:
    """(frame,) where the tested and the still leg carry each other's name.

    The still leg's place is the median of its knee and ankle over the recording. A frame counts as exchanged where the
    landmarks named after the tested leg lie nearer to that place than those named after the still leg do, by more than
    :data:`EXCHANGE_MARGIN` trunk lengths. Where no leg stands still, as in walking, no frame does.
    """
    other = opposite_side(side)
    still = poses.xy[:, [INDEX[f"{other}_knee"], INDEX[f"{other}_ankle"]]]
    tested = poses.xy[:, [INDEX[f"{side}_knee"], INDEX[f"{side}_ankle"]]]
    if not poses.person_found.any():
        return np.zeros(len(poses), dtype=bool)
    trunk = float(np.nanmedian(poses.trunk_px))
    wrong = np.zeros(len(poses), dtype=bool)
    for _ in range(3):
        place = np.nanmedian(np.where(wrong[:, None, None], tested, still), axis=0)
        still_off = np.linalg.norm(still - place, axis=2).mean(axis=1) / trunk
        tested_off = np.linalg.norm(tested - place, axis=2).mean(axis=1) / trunk
        with np.errstate(invalid="ignore"):
            wrong = tested_off + EXCHANGE_MARGIN < still_off
    if np.nanpercentile(np.where(wrong, tested_off, still_off), 90) > STILL_WITHIN:
        return np.zeros(len(poses), dtype=bool)
    return wrong


def exchange_legs(poses: PoseSequence, frames: NDArray[np.bool_]) -> PoseSequence:
    """Give the landmarks of both legs below the hip each other's name in the given frames."""
    names = ("knee", "ankle", "heel", "foot_index")
    left, right = ([INDEX[f"{side}_{name}"] for name in names] for side in ("left", "right"))
    arrays = {}
    for field in ("xy", "world", "visibility"):
        array = getattr(poses, field).copy()
        rows = np.flatnonzero(frames)[:, None]
        array[rows, left], array[rows, right] = array[rows, right], array[rows, left]
        arrays[field] = array
    return poses.replaced(**arrays)


def lost_share(poses: PoseSequence, movement: Movement, side: Side, time_s: Floats) -> float:
    """Share of the frames of a recording, 0 to 1, in which a limb segment is much shorter than it was, or nobody was found.

    A limb that moves in the plane of the picture keeps its length there; one that shrinks is not where the model says. The
    trunk is left out: it bends.

    Parameters
    ----------
    poses : PoseSequence
        At the frames that were looked at.
    movement, side
    time_s : (frame,)
        Seconds of all frames.
    """
    found = poses.person_found
    short = ~known_at(time_s, poses.time_s, found)
    for segment in (movement.moving, movement.reference):
        if not isinstance(segment, Segment) or not _is_a_limb(segment):
            continue
        start, end = (at_times(poses.point(name, side), time_s, poses.time_s, found) for name in segment.points)
        length = np.linalg.norm(end - start, axis=1)
        if np.isfinite(length).any():
            with np.errstate(invalid="ignore"):
                short |= length < SEEN_LENGTH * np.nanpercentile(length, 75)
    return float(short.mean())


def _is_a_limb(segment: Segment) -> bool:
    """Whether the pose model sees a limb in it, which keeps its length."""
    return bool(segment.points) and not any(name.startswith("mid_") or is_of_the_hand(name) for name in segment.points)
