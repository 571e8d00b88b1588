"""What speaks against a number, all taken together."""

from __future__ import annotations

import numpy as np

from rom_tracker.analysis.flag import Flag
from rom_tracker.analysis.repetitions import PLATEAU_S, SMALLEST_EXCURSION_DEG, Repetition, Repetitions, on_plateau
from rom_tracker.analysis.seeing import FEWEST_FRAMES, hand_on_flags, instrument_flags, is_held, times, view_flags
from rom_tracker.capture import Part
from rom_tracker.landmarks import Side, opposite_side
from rom_tracker.movements import Movement, Segment
from rom_tracker.pose.angles import AngleSeries, resting_value, turn_deg
from rom_tracker.pose.passes import MergedPasses
from rom_tracker.pose.reading import Reading
from rom_tracker.pose.sequence import Floats
from rom_tracker.pose.view import View

#: Below this median rate a quick end range may fall between two frames, in frames per second.
LOWEST_FPS = 12.0

#: Share of frames without an angle that is worth a caution.
UNKNOWN_SHARE = 0.1

#: Median visibility of the least visible landmark that is worth a caution.
LOW_CONFIDENCE = 0.5

#: Median visibility below which the far side of the body is only guessed.
GUESSED_CONFIDENCE = 0.3

#: A movement of the trunk or head that goes so far to the other side, and nowhere to the named one, is the other side's.
OTHER_WAY_DEG = 10.0

#: Share of frames with exchanged legs beyond which it is not the model that mistook the side. In 23 rendered recordings of hip and
#: knee in profile, looked at with two models: up to 0.42; with the wrong side named 0.50 and more.
WRONG_SIDE_SHARE = 0.46

#: Share of the range that the limb itself must turn by; below the first the rest is said, below the second nothing is reported.
#: Of the shoulder it is: arm and trunk are its own two segments, whichever of them moves. At the hip the trunk stands in for the
#: pelvis, which does not lean along.
OWN_SHARE_CAUTION = 0.7
OWN_SHARE_REFUSED = 0.4

#: Share of known frames beyond the movement's limits from which no angle is reported.
IMPLAUSIBLE_SHARE = 0.02

#: Two looks at the same pictures that differ by more than this at the end range do not know where the joint is; in degrees.
#: Recordings of one person in clear view: 11 at most (82 recordings, with an error of 14.5 there). Beyond the second no angle is
#: given: 25 where a bent leg lay before somebody else's, and the angle was 41 degrees short.
LOOKS_APART_DEG = 12.0
LOOKS_REFUSED_DEG = 20.0

#: A joint that lies outside the picture so near to an end range, in seconds, left it on the way there.
LEAVING_WITHIN_S = 0.5

#: Spread of the end range over the repetitions that is worth a caution: standard deviation in degrees.
WIDE_SPREAD_DEG = 5.0


def no_person(movement: Movement) -> Flag:
    """Nobody was found in any frame."""
    who = "No hand and nobody" if movement.instrument == "hand" else "Nobody"
    message = f"{who} was found in the recording. {movement.title} has to be filmed {movement.camera_words}, well lit."
    return Flag("no_person", message, "refused")


def file_flags(*, ended_early: bool, model: str, usual: str, part: Part | None = None) -> tuple[Flag, ...]:
    """Flags that do not depend on what the recording shows."""
    found: list[Flag] = []
    if ended_early:
        found.append(
            Flag(
                "cut_off",
                "The file is cut off: the recording or a copy of it stopped before its end. What is there was measured.",
                "caution",
            )
        )
    if part is not None:
        found.append(Flag("part_chosen", f"Only the part from {part} was looked at.", "note"))
    if model != usual:
        found.append(
            Flag(
                "other_model",
                f"The error of this movement was found with the {usual} pose model; that of the {model} one is "
                "larger, and so is the interval.",
                "caution",
            )
        )
    return tuple(found)


def small_range(rom_deg: float, half_width_deg: float) -> tuple[Flag, ...]:
    """A flag where the range of motion is no larger than its own measuring error."""
    if rom_deg >= half_width_deg:
        return ()
    return (
        Flag(
            "small_range",
            f"The range of motion, {rom_deg:.0f} degrees, is no larger than the measuring error of {half_width_deg:.0f}. "
            "Check the movement and the side.",
            "caution",
        ),
    )


def flags_of(reading: Reading, repetitions: Repetitions, side: Side) -> tuple[Flag, ...]:
    """All flags of one recording in which somebody was found."""
    angles, movement, merged, view = reading.angles, reading.movement, reading.merged, reading.view
    return (
        *_frame_flags(angles),
        *view_flags(view, movement, side),
        *instrument_flags(reading, repetitions),
        *hand_on_flags(reading, repetitions),
        *_repetition_flags(angles, repetitions, movement, held=is_held(reading)),
        *_direction_flags(angles, repetitions, merged, movement, side),
        *_visibility_flags(angles, movement, side, view),
        *_looks_flags(reading, repetitions.scored),
        *_identity_flags(angles, merged, movement, side),
        *_evidence_flags(movement),
    )


def _frame_flags(angles: AngleSeries) -> list[Flag]:
    frames = len(angles)
    if frames < FEWEST_FRAMES:
        return [
            Flag("few_frames", f"The recording has {frames} {'frame' if frames == 1 else 'frames'}; a repetition needs at least "
                 f"{FEWEST_FRAMES}. Record the whole movement.", "refused")
        ]  # fmt: skip
    fps = 1 / float(np.median(np.diff(angles.time_s)))
    if fps < LOWEST_FPS:
        return [
            Flag("low_frame_rate", f"The recording has {fps:.0f} frames per second, so a quick end range may be missed. Move "
                 "slowly and hold the end range, or record with at least 25 per second.", "caution")
        ]  # fmt: skip
    return []


def _repetition_flags(angles: AngleSeries, repetitions: Repetitions, movement: Movement, *, held: bool) -> list[Flag]:
    found: list[Flag] = []
    scored = repetitions.scored
    known = angles.angle_deg[np.isfinite(angles.angle_deg)]
    if not scored and len(angles) >= FEWEST_FRAMES:
        if held:
            pass  # Said already.
        elif repetitions.cut_off:
            found.append(
                Flag("end_range_not_seen", f"The end range near {times(repetitions.cut_off)} was not seen: a joint was lost there "
                     "or the recording ended on the way. Record again with the whole movement in the picture.", "refused")
            )  # fmt: skip
        elif len(known) < FEWEST_FRAMES and movement.instrument != "body":
            pass  # Said already.
        elif len(known) < FEWEST_FRAMES:
            where = "lay outside the picture" if angles.out_of_picture.any() else "were not found"
            found.append(
                Flag("joint_not_seen", f"The joints of {movement.title.lower()} {where}. Move the camera so that the whole limb "
                     "stays in the picture.", "refused")
            )  # fmt: skip
        elif not _goes_the_other_way(angles, movement):
            found.append(
                Flag("no_movement", f"The angle changed by {np.ptp(known):.0f} degrees and no repetition of at least "
                     f"{SMALLEST_EXCURSION_DEG:.0f} degrees was found. Check the movement and the side, or record again.",
                     "refused")
            )  # fmt: skip
    if len(scored) == 1:
        found.append(
            Flag(
                "one_repetition",
                "Only one repetition was found; three or more make the result more certain.",
                "caution",
            )
        )
    if len(scored) == 2:
        found.append(Flag("two_repetitions", "Two repetitions were found; three to five make the result more certain.", "note"))
    if leaving := _leaves_the_picture(angles, scored):
        found.append(
            Flag("end_range_not_seen", f"A joint leaves the picture near the end range ({times(leaving)}), so that the end range "
                 "itself was not seen. Move the camera so that the whole limb stays in the picture, and record again.", "refused")
        )  # fmt: skip
    elif scored and repetitions.cut_off:
        found.append(
            Flag("end_range_not_seen", f"The end range near {times(repetitions.cut_off)} was not seen and is not scored.",
                 "caution")
        )  # fmt: skip
    if repetitions.partial:
        found.append(
            Flag("partial_repetition", f"{len(repetitions.partial)} partial "
                 f"{'repetition is' if len(repetitions.partial) == 1 else 'repetitions are'} not scored (near "
                 f"{times([r.peak_s for r in repetitions.partial])}).", "caution")
        )  # fmt: skip
    spread = float(np.std([r.peak_deg for r in scored], ddof=1)) if len(scored) > 1 else 0.0
    if spread > WIDE_SPREAD_DEG:
        found.append(
            Flag("uneven_repetitions", f"The end range differs much between the repetitions (standard deviation {spread:.0f} "
                 "degrees): the client varied, or the joints were lost. Look at the overlay video.", "caution")
        )  # fmt: skip
    return found


def _leaves_the_picture(angles: AngleSeries, scored: tuple[Repetition, ...]) -> list[float]:
    """Times in seconds of the end ranges beside which a joint lies outside the picture: the highest angle is where it left."""
    outside = angles.time_s[angles.out_of_picture]
    return [r.peak_s for r in scored if len(outside) and float(np.abs(outside - r.peak_s).min()) <= LEAVING_WITHIN_S]


def _direction_flags(
    angles: AngleSeries, repetitions: Repetitions, merged: MergedPasses, movement: Movement, side: Side
) -> list[Flag]:
    """Whether it was this movement that the client did."""
    scored = repetitions.scored
    if not scored and _goes_the_other_way(angles, movement):
        return [_other_direction(float(np.nanmin(angles.angle_deg)), movement, side)]
    if not scored:
        return []
    start, peak = (float(np.mean([getattr(r, name) for r in scored])) for name in ("start_deg", "peak_deg"))
    rest = resting_value(angles.time_s, angles.angle_deg)
    if sum(movement.limits_deg) > 0 and peak - rest < SMALLEST_EXCURSION_DEG < rest - start:
        return [_other_direction(start, movement, side)]
    share = _own_share(scored, merged, movement, side)
    if share < OWN_SHARE_CAUTION:
        return [
            Flag(
                "trunk_moved",
                f"Only {max(share, 0):.0%} of the range came from the limb itself, the rest from the trunk leaning. "
                "Let the client keep the trunk still, or choose the trunk's movement.",
                "refused" if share < OWN_SHARE_REFUSED and movement.joint != "shoulder" else "caution",
            )
        ]
    return []


def _goes_the_other_way(angles: AngleSeries, movement: Movement) -> bool:
    """Whether a movement of trunk or head goes to the other side only."""
    known = angles.angle_deg[np.isfinite(angles.angle_deg)]
    if not movement.two_way or not len(known):
        return False
    rest = resting_value(angles.time_s, angles.angle_deg)
    return bool(rest - known.min() > OTHER_WAY_DEG > known.max() - rest)


def _other_direction(farthest_deg: float, movement: Movement, side: Side) -> Flag:
    meant = f"Did you mean the {opposite_side(side)} side?" if movement.two_way else "Check the movement and the side."
    return Flag(
        "other_direction",
        f"The client moves the other way: from rest to {farthest_deg:.0f} degrees, and never beyond rest in the direction of "
        f"{movement.title.lower()}. {meant}",
        "refused",
    )


def _own_share(scored: tuple[Repetition, ...], merged: MergedPasses, movement: Movement, side: Side) -> float:
    """Share of the range, about 0 to 1, by which the moving segment itself turned in the picture; 1 where the trunk has no part."""
    reference = movement.reference
    if not isinstance(reference, Segment) or not set(reference.points) <= {"mid_hip", "mid_shoulder"} or not movement.moving.points:
        return 1.0
    poses = merged.poses
    start, end = movement.moving.points
    vector = poses.point(end, side) - poses.point(start, side)
    shares = []
    for r in scored:
        at_start, at_peak = (
            np.nanmean(vector[np.abs(poses.time_s - moment_s) <= PLATEAU_S / 2], axis=0) for moment_s in (r.start_s, r.peak_s)
        )
        shares.append(abs(float(turn_deg(at_start[None], at_peak[None])[0])) / r.rom_deg)
    return float(np.median(shares))


def _visibility_flags(angles: AngleSeries, movement: Movement, side: Side, view: View) -> list[Flag]:
    """Whether the joints were seen."""
    found: list[Flag] = []
    known = np.isfinite(angles.angle_deg)
    if not known.any():
        return found
    unknown = 1 - float(known.mean())
    if unknown > UNKNOWN_SHARE:
        outside = " because a joint lay outside the picture" if angles.out_of_picture.mean() > unknown / 2 else ""
        found.append(Flag("frames_lost", f"In {unknown:.0%} of the frames the angle is unknown{outside}.", "caution"))
    confidence = float(np.median(angles.confidence[known]))
    hidden = f"A joint of {movement.title.lower()} is hidden or hard to see (visibility {confidence:.0%}). "
    if confidence < GUESSED_CONFIDENCE and movement.camera == "side" and view.body.near_side() != side:
        meant = f"The {side} side is behind the body. Did you mean the {opposite_side(side)} side?"
        found.append(Flag("hidden_joint", hidden + meant, "refused"))
    elif confidence < LOW_CONFIDENCE:
        found.append(Flag("hidden_joint", f"{hidden}Check light, clothing and the side that faces the camera.", "caution"))
    return found


def looks_contradict(reading: Reading, scored: tuple[Repetition, ...]) -> bool:
    """Whether the two looks at the picture contradict each other in a tenth of what is known of the end ranges, or more."""
    apart = looks_apart_deg(reading, scored)
    return len(apart) > 0 and bool(np.percentile(apart, 90) > LOOKS_APART_DEG)


def looks_apart_deg(reading: Reading, scored: tuple[Repetition, ...]) -> Floats:
    """(frame,) by how much the two looks at the picture differ at the end ranges, degrees, where that is known."""
    if reading.looks_apart_deg is None or not scored:
        return np.empty(0)
    apart = reading.looks_apart_deg[on_plateau(reading.angles.time_s, scored)]
    return apart[np.isfinite(apart)]


def _looks_flags(reading: Reading, scored: tuple[Repetition, ...]) -> list[Flag]:
    """Whether the two looks at the picture agree about the end ranges."""
    apart = looks_apart_deg(reading, scored)
    if not len(apart) or apart.mean() <= LOOKS_APART_DEG:
        return []
    return [
        Flag(
            "joints_unsure",
            f"At the end range two readings of the same pictures differ by {apart.mean():.0f} degrees, so a joint was hard to "
            "find: somebody or something behind it, or clothing. Look at the overlay video.",
            "refused" if apart.mean() > LOOKS_REFUSED_DEG else "caution",
        )
    ]


def _identity_flags(angles: AngleSeries, merged: MergedPasses, movement: Movement, side: Side) -> list[Flag]:
    """Whether the joints were mistaken for others."""
    found: list[Flag] = []
    low, high = movement.limits_deg
    known = angles.angle_deg[np.isfinite(angles.angle_deg)]
    beyond = (known < low) | (known > high)
    if beyond.any():
        found.append(
            Flag(
                "implausible",
                f"The angle leaves what a joint can do ({low:g} to {high:g} degrees): joints were mistaken for others, or another "
                "movement was done. Look at the overlay video.",
                "refused" if beyond.mean() > IMPLAUSIBLE_SHARE else "caution",
            )
        )
    exchanged = float(merged.exchanged.mean())
    other = opposite_side(side)
    if exchanged > WRONG_SIDE_SHARE:
        seen = f"It looks as if the {other} leg moves and the {side} one stands still. Did you mean the {other} side?"
        found.append(Flag("wrong_side", seen, "refused"))
    elif exchanged > 0:
        put_right = "they were told apart by the leg that stands still."
        found.append(
            Flag("legs_exchanged", f"In {exchanged:.0%} of the frames the model had exchanged the legs; {put_right}", "note")
        )
    return found


def _evidence_flags(movement: Movement) -> list[Flag]:
    """Whether the measuring error of the movement is known."""
    if movement.evidence == "own":
        return []
    return [
        Flag(
            "borrowed_error",
            f"{movement.title} was never checked against known angles; the error shown is a cautious guess from other movements.",
            "note",
        )
    ]
