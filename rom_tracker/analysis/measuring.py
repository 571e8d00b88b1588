"""From one recording, or the landmarks in it, to one range of motion."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rom_tracker.analysis.check import Check
from rom_tracker.analysis.checks import UNKNOWN_SIGHT, Sight, check_flags, checks_of
from rom_tracker.analysis.compensation import CompensationFound, compensation_flags, compensations_of
from rom_tracker.analysis.correction import corrected, offset_for, offset_sd_deg, overhead_sd_deg, raised, read_low_deg
from rom_tracker.analysis.flag import Flag, verdict_of
from rom_tracker.analysis.lens import lens_for, with_lens
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.observation import Observation, observe
from rom_tracker.analysis.quality import flags_of, looks_contradict, no_person, small_range
from rom_tracker.analysis.repetitions import Repetition, Repetitions, find_repetitions
from rom_tracker.analysis.seeing import SMALL_FACE_PX, VIEW_CAUTION_DEG, fit_flags
from rom_tracker.analysis.uncertainty import ARM_NOT_SEEN_DEG, POOR_NOD_DEG, TURNED_VIEW_DEG, ErrorBudget, end_range_budget
from rom_tracker.capture import Part, VideoFile
from rom_tracker.capture.lens import LensProfile
from rom_tracker.errors import UsageError
from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement, load_catalogue
from rom_tracker.pose.angles import AngleSeries, fitted_series, is_fitted, resting_value
from rom_tracker.pose.estimator import ModelChoice, Progress
from rom_tracker.pose.hand import HandSequence
from rom_tracker.pose.head import FaceSequence
from rom_tracker.pose.passes import merge_passes
from rom_tracker.pose.reading import Reading, read_angle
from rom_tracker.pose.sequence import PosePasses
from rom_tracker.pose.skeleton import Skeleton, fit_skeleton


def measure(
    video: str | os.PathLike[str],
    movement: str | Movement,
    side: Side,
    *,
    model: ModelChoice = "auto",
    lens: LensProfile | None = None,
    client: tuple[float, float] | None = None,
    every_frame: bool = False,
    last: RomMeasurement | None = None,
    roll_deg: float | None = None,
    part: Part | None = None,
    progress: Progress | None = None,
) -> RomMeasurement:
    """Measure the range of motion in a recording.

    Parameters
    ----------
    video : path-like
        Any video file with a person doing one or more repetitions.
    movement : str or Movement
        A key of the catalogue, such as ``"shoulder_abduction"``, or an entry of it.
    side : {"left", "right"}
        The tested side; for the trunk's side bend, the side bent to.
    model : {"auto", "full", "lite", "heavy"}
        By default the one that the movement is measured best with.
    lens : LensProfile, optional
        Of the camera, at the recording's aspect ratio; by default the kept one of the camera that the sidecar names, if any.
    client : (float, float), optional
        A point on the client, in pixels of the upright picture, where others are in it too; by default the client is the one who
        moves as the movement says.
    every_frame : bool
        Look at every frame, and not only closely where the result hangs on it; see :mod:`rom_tracker.pose.end_ranges`.
    last : RomMeasurement, optional
        Of the same client before; where others move as much, the one at the place where the client was then is taken.
    roll_deg : float, optional
        By how much the camera is turned about its line of sight, clockwise seen from behind it, as ``rom-tracker calibrate card``
        tells it; undone where the angle is against the vertical. By default it is estimated, and not undone.
    part : Part, optional
        Look at that part of the recording alone, as if there were no other; times stay those of the whole recording.
    progress : callable, optional
        Called with the seconds of video done, and in all where known.

    Raises
    ------
    UnknownMovementError
        No such movement.
    UsageError
        No such file, a side that is neither left nor right, a point outside the picture, or a part that the recording ends before.
    VideoError
        The recording cannot be read.
    ModelFileError
        The pose model is not here and cannot be fetched.
    CalibrationError
        The lens profile is damaged or does not fit the recording.

    Examples
    --------
    >>> from rom_tracker import measure
    >>> found = measure("sample_videos/elbow_flexion_pre.mp4", "elbow_flexion", "left")
    >>> len(found.repetitions.scored), found.verdict
    (2, 'ok')
    """
    if isinstance(movement, str):
        movement = load_catalogue()[movement]
    if side not in ("left", "right"):
        raise UsageError(f"expected side 'left' or 'right', got {side!r}")
    source = VideoFile(video, part)
    seen = observe(
        source,
        movement,
        side,
        movement.model if model == "auto" else model,
        lens=lens_for(source, lens),
        client=client,
        last_place=None if last is None else last.place_in(source.size),
        every_frame=every_frame,
        roll_deg=roll_deg,
        progress=progress,
    )
    found = judge(seen, movement, side)
    if not every_frame and _is_doubtful(found):
        return measure(
            video, movement, side, model=model, lens=lens, client=client, every_frame=True, last=last, roll_deg=roll_deg,
            part=part, progress=progress,
        )  # fmt: skip
    if seen.crossed:  # What else is seen in joints that were mistaken is neither a reason nor a number.
        return replace(found, flags=seen.flags, repetitions=Repetitions((), (), ()))
    return with_lens(found)


def _is_doubtful(found: RomMeasurement) -> bool:
    """Whether every frame deserves a look: the body's repetitions are not found, or not whole, or each look tells another end."""
    unsure = not found.repetitions.scored or bool(found.repetitions.cut_off) or found.looks_contradict
    return unsure and found.movement.instrument == "body" and found.frames_looked_at < len(found.angles)


def measure_poses(
    passes: PosePasses,
    movement: Movement,
    side: Side,
    *,
    hands: HandSequence | None = None,
    faces: FaceSequence | None = None,
    hand_on: NDArray[np.bool_] | None = None,
    video: str | None = None,
    flags: tuple[Flag, ...] = (),
    offset: bool = False,
    sight: Sight = UNKNOWN_SIGHT,
) -> RomMeasurement:
    """Measure the range of motion in landmarks that are already there.

    Parameters
    ----------
    passes : PosePasses
    movement : Movement
    side : {"left", "right"}
    hands : HandSequence, optional
        Needed by movements whose instrument is the hand.
    faces : FaceSequence, optional
        Needed by movements whose instrument is the face.
    hand_on : (frame,) bool, optional
        Where somebody else's hand lay on the limb; not scored.
    video : str, optional
        The recording's name.
    flags : tuple of Flag
        Those known of the recording beforehand.
    offset : bool
        Whether the landmarks have the usual error of the movement's pose model, which is then taken out.
    sight : Sight
        What else is known of it: the people in it, the light, the camera's roll.

    Raises
    ------
    UsageError
        The movement is read off the hand or the face, and the recording was not looked at for them.
    """
    seen = Observation(passes, hands, faces, hand_on, video, flags=flags, sight=sight, usual_model=offset)
    return judge(seen, movement, side)


def judge(seen: Observation, movement: Movement, side: Side) -> RomMeasurement:
    """The range of motion in what was seen of the client.

    Raises
    ------
    UsageError
        The movement is read off the hand or the face, and the recording was not looked at for them.
    """
    roll_deg = seen.sight.roll_deg or 0.0
    reading = read_angle(seen.passes, movement, side, hands=seen.hands, faces=seen.faces, roll_deg=roll_deg)
    if reading is None:
        return _nobody(seen, movement, side)
    reading, skeleton = _in_space(reading, seen.passes, side)
    reading = reading.without_hands(seen.hand_on)
    offset_is_known = seen.usual_model and skeleton is None and reading.arm_seen
    repetitions, offset_deg = _repetitions(reading), 0.0
    low_deg = _overhead_low_deg(repetitions, reading.movement) if skeleton is None else 0.0
    if offset_is_known:
        reading, repetitions, offset_deg = _put_right(reading)
    compensations = compensations_of(reading.merged.poses, reading.movement, side, repetitions.scored)
    flags, checks = _said(seen, reading, side, repetitions, compensations, skeleton)
    scored = () if verdict_of(flags) == "refused" else repetitions.scored
    overhead_sd = overhead_sd_deg(low_deg, is_corrected=offset_is_known)
    fitted, other = skeleton is not None, seen.other_model
    budget = _budget(scored, reading, offset_deg, overhead_sd, fitted=fitted, other_model=other) if scored else None
    rom_deg = _mean([r.rom_deg for r in scored])
    if rom_deg is not None and budget is not None:
        flags = (*flags, *small_range(rom_deg, budget.half_width_deg))
    return RomMeasurement(
        **_of_recording(seen, side),
        **_end_ranges(scored, reading.movement),
        movement=reading.movement,
        verdict=verdict_of(flags),
        flags=flags,
        repetitions=repetitions,
        rom_deg=rom_deg,
        budget=budget,
        angles=reading.angles,
        compensations=compensations,
        merged=reading.merged,
        view=reading.view,
        head=reading.head,
        skeleton=skeleton,
        offset_deg=offset_deg,
        overhead_deg=low_deg / 2 if offset_is_known else 0.0,
        looks_contradict=not fitted and looks_contradict(reading, repetitions.scored),
        checks=checks,
    )


def _in_space(reading: Reading, passes: PosePasses, side: Side) -> tuple[Reading, Skeleton | None]:
    """The angle from a body fitted in space instead, where the view asks for it; both looks are averaged for it."""
    movement, view = reading.movement, reading.view
    if not is_fitted(movement, view):
        return reading, None
    merged = merge_passes(passes, movement.model_copy(update={"preferred_view": "both"}), side, view.body)
    skeleton = fit_skeleton(merged.poses)
    if skeleton is None:
        return reading, None
    return replace(reading, merged=merged, angles=fitted_series(skeleton, merged.poses, movement, side)), skeleton


def _repetitions(reading: Reading) -> Repetitions:
    return find_repetitions(_to_the_named_side(reading.angles) if reading.movement.two_way else reading.angles)


def _put_right(reading: Reading) -> tuple[Reading, Repetitions, float]:
    """The reading without the usual errors of the pose model, its repetitions, and what was added for the movement's own."""
    reading = replace(reading, angles=raised(reading.angles, reading.movement))
    repetitions = _repetitions(reading)
    offset_deg = offset_for(reading.angles, repetitions, reading.movement)
    if not offset_deg:
        return reading, repetitions, 0.0
    reading = replace(reading, angles=corrected(reading.angles, repetitions, offset_deg))
    return reading, _repetitions(reading), offset_deg


def _overhead_low_deg(repetitions: Repetitions, movement: Movement) -> float:
    """By how much an arm overhead may be read too low, in degrees, mean over the repetitions."""
    return float(np.mean(read_low_deg([r.peak_deg for r in repetitions.scored], movement))) if repetitions.scored else 0.0


def _to_the_named_side(angles: AngleSeries) -> AngleSeries:
    """The angle without what goes beyond rest to the other side, which is the other side's movement."""
    rest = resting_value(angles.time_s, angles.angle_deg)
    return replace(angles, angle_deg=np.maximum(angles.angle_deg, rest))


def _said(
    seen: Observation,
    reading: Reading,
    side: Side,
    repetitions: Repetitions,
    compensations: tuple[CompensationFound, ...],
    skeleton: Skeleton | None,
) -> tuple[tuple[Flag, ...], tuple[Check, ...]]:
    """What is to be said of the recording, and the checks of its set-up."""
    flags = (*seen.flags, *flags_of(reading, repetitions, side), *fit_flags(skeleton))
    flags = (*flags, *compensation_flags(compensations, seen=bool(repetitions.scored)))
    checks = checks_of(reading, side, seen.passes.all_time_s, seen.sight, flags)
    return (*flags, *check_flags(checks, flags)), checks


def _of_recording(seen: Observation, side: Side) -> dict[str, Any]:
    """The fields of a measurement that hold whatever was found."""
    return {
        "side": side,
        "model": seen.passes.as_filmed.model,
        "video": seen.video,
        "part": seen.part,
        "frames_looked_at": len(seen.passes.time_s),
        "hand_on": seen.hand_on,
    }


def _end_ranges(scored: tuple[Repetition, ...], movement: Movement) -> dict[str, Any]:
    """Start and end range over the scored repetitions; None where there is none."""
    peaks = [r.peak_deg for r in scored]
    best = max if movement.better == "larger" else min
    return {
        "start_deg": _mean([r.start_deg for r in scored]),
        "peak_deg": _mean(peaks),
        "best_deg": best(peaks) if peaks else None,
        "spread_deg": float(np.std(peaks, ddof=1)) if len(peaks) > 1 else None,
    }


def _nobody(seen: Observation, movement: Movement, side: Side) -> RomMeasurement:
    time_s = seen.passes.all_time_s
    flags = (*seen.flags, no_person(movement))
    checks = checks_of(None, side, time_s, seen.sight, flags)
    n, unknown = len(time_s), np.full(len(time_s), np.nan)
    return RomMeasurement(
        **_of_recording(seen, side),
        **_end_ranges((), movement),
        movement=movement,
        verdict="refused",
        flags=(*flags, *check_flags(checks, flags)),
        repetitions=Repetitions((), (), ()),
        rom_deg=None,
        budget=None,
        angles=AngleSeries(time_s, unknown, np.zeros(n), unknown, np.zeros(n, dtype=bool)),
        compensations=(),
        merged=None,
        view=None,
        checks=checks,
    )


def _budget(
    scored: tuple[Repetition, ...], reading: Reading, offset_deg: float, overhead_sd: float, *, fitted: bool, other_model: str
) -> ErrorBudget:
    return end_range_budget(
        scored,
        reading.angles,
        reading.movement,
        view_sd_deg=0.0 if fitted else _view_sd_deg(reading),
        offset_sd_deg=offset_sd_deg(offset_deg),
        overhead_sd_deg=overhead_sd,
        fitted=fitted,
        other_model=other_model,
    )


def _view_sd_deg(reading: Reading) -> float:
    """What the way in which the client was seen adds to the error."""
    movement, view = reading.movement, reading.view
    if not reading.arm_seen:
        return ARM_NOT_SEEN_DEG
    turned = view.off_plane_deg(movement) > VIEW_CAUTION_DEG
    if not view.is_nod(movement):
        return TURNED_VIEW_DEG if turned else 0.0
    small = reading.face_px is not None and reading.face_px < SMALL_FACE_PX
    return POOR_NOD_DEG if small or (turned and not view.in_profile(movement)) else 0.0


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None
