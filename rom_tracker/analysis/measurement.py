"""From one recording to one range of motion."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rom_tracker import __version__
from rom_tracker.analysis.attention import ATTENTION_VERSION, moments_that_matter
from rom_tracker.analysis.check import Check
from rom_tracker.analysis.checks import UNKNOWN_SIGHT, Sight, check_flags, checks_of
from rom_tracker.analysis.compensation import CompensationFound, compensation_flags, compensations_of
from rom_tracker.analysis.correction import corrected, offset_for, offset_sd_deg
from rom_tracker.analysis.flag import Flag, Verdict, verdict_of
from rom_tracker.analysis.lens import lens_dict, lens_for, with_lens
from rom_tracker.analysis.quality import file_flags, flags_of, no_person, small_range
from rom_tracker.analysis.repetitions import Repetition, Repetitions, find_repetitions
from rom_tracker.analysis.seeing import SMALL_FACE_PX, VIEW_CAUTION_DEG, client_flags, crossing_flags, fit_flags
from rom_tracker.analysis.uncertainty import ARM_NOT_SEEN_DEG, POOR_NOD_DEG, TURNED_VIEW_DEG, ErrorBudget, end_range_budget
from rom_tracker.capture import VideoFile
from rom_tracker.capture.lens import LensProfile
from rom_tracker.errors import UsageError
from rom_tracker.landmarks import Side, locate
from rom_tracker.movements import Movement, load_catalogue
from rom_tracker.pose import smoothing
from rom_tracker.pose.angles import AngleSeries, fitted_series, is_fitted, resting_value
from rom_tracker.pose.client import client_of, people_in
from rom_tracker.pose.crossing import crossing_s
from rom_tracker.pose.estimator import Closer, ModelChoice, Progress, poses_of
from rom_tracker.pose.hand import HandSequence, hands_of
from rom_tracker.pose.hands_on import hands_on_limb
from rom_tracker.pose.head import FaceSequence, faces_of
from rom_tracker.pose.lens import undistorted, undistorted_mesh
from rom_tracker.pose.light import light_of
from rom_tracker.pose.passes import MergedPasses, merge_passes
from rom_tracker.pose.reading import Reading, read_angle
from rom_tracker.pose.sequence import Floats, PosePasses
from rom_tracker.pose.skeleton import Skeleton, fit_skeleton
from rom_tracker.pose.view import View


@dataclass(frozen=True, eq=False)
class RomMeasurement:
    """The range of motion in one recording, and all that speaks for and against it.

    Attributes
    ----------
    movement : Movement
        As it was measured: counted from the start where the body could not give the direction of the arm.
    side : {"left", "right"}
    verdict : {"ok", "caution", "refused"}
        Refused: no number is given, and ``flags`` say why.
    flags : tuple of Flag
    repetitions : Repetitions
    start_deg, peak_deg, rom_deg : float or None
        Means over the scored repetitions of the start, of the end range, and of the way between them, in degrees from the
        movement's clinical zero.
    best_deg, spread_deg : float or None
        The best end range, and the standard deviation of the end range over the repetitions (None for a single one).
    budget : ErrorBudget or None
        Where the uncertainty of ``peak_deg`` comes from.
    angles : AngleSeries
    compensations : tuple of CompensationFound
        What the client did instead or beside it.
    merged : MergedPasses or None
        The poses behind the angles; None where nobody was found.
    view : View or None
        How the client was seen.
    head : (frame, 3, 3) or None
        Rotation of the head since the starting position, where the face was followed.
    video : str or None
        The recording's name.
    skeleton : Skeleton or None
        The body in space behind the angles; None where they were taken in the picture.
    frames_looked_at : int
        Between these the landmarks are interpolated.
    offset_deg : float
        The correction in ``peak_deg``; see :mod:`rom_tracker.analysis.correction`.
    hand_on : (frame,) bool or None
        Where somebody else's hand lay on the limb, which is not scored; None where nobody else is in the picture.
    checks : tuple of Check
        The set-up: what was found of view, distance, light and so on, how far that is fine, and what to do about it.
    """

    movement: Movement
    side: Side
    verdict: Verdict
    flags: tuple[Flag, ...]
    repetitions: Repetitions
    start_deg: float | None
    peak_deg: float | None
    rom_deg: float | None
    best_deg: float | None
    spread_deg: float | None
    budget: ErrorBudget | None
    angles: AngleSeries
    compensations: tuple[CompensationFound, ...]
    merged: MergedPasses | None
    view: View | None
    model: str
    head: Floats | None = None
    video: str | None = None
    skeleton: Skeleton | None = None
    frames_looked_at: int = 0
    offset_deg: float = 0.0
    hand_on: NDArray[np.bool_] | None = None
    checks: tuple[Check, ...] = ()

    @property
    def geometry(self) -> str:
        """What the angle was taken in, and why."""
        if self.skeleton is None or self.view is None:
            return "turn of the face in space" if self.head is not None else "picture plane"
        return f"3-D fit: the body is turned {self.view.off_plane_deg(self.movement):.0f} degrees out of the movement's plane"

    @property
    def lens(self) -> LensProfile | None:
        """The lens that was undone, if any."""
        return None if self.merged is None else self.merged.poses.lens

    @property
    def interval_deg(self) -> tuple[float, float] | None:
        """95 % interval of ``peak_deg``."""
        if self.peak_deg is None or self.budget is None:
            return None
        return self.budget.interval_deg(self.peak_deg)

    def place_in(self, size: tuple[int, int]) -> tuple[float, float] | None:
        """Where the client's hips were, in pixels of a picture of that width and height; None where nobody was found."""
        if self.merged is None:
            return None
        poses = self.merged.poses
        hips = poses.filmed_xy[:, list(locate("mid_hip", self.side))].mean(axis=1)
        x, y = np.nanmedian(hips, axis=0) * np.array(size) / np.array(poses.image_size)
        return float(x), float(y)

    @property
    def best_rom_deg(self) -> float | None:
        """Largest way from start to end range, in degrees; None where no number is given."""
        return None if self.peak_deg is None else max(r.rom_deg for r in self.repetitions.scored)

    @property
    def rom_spread_deg(self) -> float | None:
        """Standard deviation over the repetitions of the way from start to end range; None for a single one."""
        if self.spread_deg is None:
            return None
        return float(np.std([r.rom_deg for r in self.repetitions.scored], ddof=1))

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, as ``rom-tracker measure --json`` prints them."""
        return {
            "video": self.video,
            "movement": self.movement.key,
            "side": self.side,
            "verdict": self.verdict,
            "flags": [{"code": f.code, "message": f.message, "severity": f.severity} for f in self.flags],
            "start_deg": _rounded(self.start_deg),
            "peak_deg": _rounded(self.peak_deg),
            "rom_deg": _rounded(self.rom_deg),
            "interval_deg": None if self.interval_deg is None else [_rounded(v) for v in self.interval_deg],
            "budget": None if self.budget is None else self.budget.as_list(),
            "best_deg": _rounded(self.best_deg),
            "spread_deg": _rounded(self.spread_deg),
            "best_rom_deg": _rounded(self.best_rom_deg),
            "rom_spread_deg": _rounded(self.rom_spread_deg),
            "repetitions": [_repetition_dict(r) for r in self.repetitions.scored],
            "partial_repetitions": [_repetition_dict(r) for r in self.repetitions.partial],
            "compensations": [found.as_dict() for found in self.compensations],
            "checks": [check.as_dict() for check in self.checks],
            "frames": len(self.angles),
            "frames_looked_at": self.frames_looked_at,
            "seconds": round(float(self.angles.time_s[-1]), 3) if len(self.angles) else 0.0,
            "view": self.view
            and {
                "yaw_deg": round(self.view.body.yaw_deg, 1),
                "faces": self.view.body.faces,
                "off_plane_deg": round(self.view.off_plane_deg(self.movement), 1),
            },
            "method": {
                "rom_tracker": __version__,
                "model": self.model,
                "instrument": self.movement.instrument,
                "zero": self.movement.zero,
                "offset_deg": round(self.offset_deg, 2),
                "geometry": self.geometry,
                "looks": None if self.merged is None else self.merged.used,
                "smoothing": smoothing.statement(self.angles.time_s),
                "lens": lens_dict(self.lens),
            },
        }


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
        Look at every frame, and not only closely where the result hangs on it; see :mod:`rom_tracker.analysis.attention`.
    last : RomMeasurement, optional
        Of the same client before; where others move as much, the one at the place where the client was then is taken.
    roll_deg : float, optional
        By how much the camera is turned about its line of sight, clockwise seen from behind it, as ``rom-tracker calibrate card``
        tells it; undone where the angle is against the vertical. By default it is estimated, and not undone.
    progress : callable, optional
        Called with the seconds of video done, and in all where known.

    Raises
    ------
    UnknownMovementError
        No such movement.
    UsageError
        No such file, a side that is neither left nor right, or a point outside the picture.
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
    source = VideoFile(video)
    lens = lens_for(source, lens)
    chosen = movement.model if model == "auto" else model
    rounds = 1 if movement.instrument == "body" else 2
    before = None if last is None else last.place_in(source.size)
    person = client_of(people_in(source), movement, side, client, before)
    closer = _closer(movement, side) if movement.instrument == "body" and not every_frame else None
    passes = poses_of(source, chosen, _round_of(progress, 0, rounds), person.place, closer)
    second = _round_of(progress, 1, rounds)
    hands = hands_of(source, passes, side, second) if movement.instrument == "hand" else None
    faces = faces_of(source, passes, second) if movement.instrument == "face" and passes.person_found.any() else None
    hand_on = hands_on_limb(source, passes, movement, side, person.place)
    crossing = crossing_flags(crossing_s(person, passes, movement, side, hand_on))
    flags = (*file_flags(ended_early=source.ended_early, model=chosen, usual=movement.model), *client_flags(person), *crossing)
    sight = Sight(people=person.people, light=light_of(source, passes), roll_deg=roll_deg)
    hands, faces = hands and undistorted_mesh(hands, lens), faces and undistorted_mesh(faces, lens)
    found = measure_poses(
        undistorted(passes, lens),
        movement,
        side,
        hands=hands,
        faces=faces,
        hand_on=hand_on,
        video=os.fspath(video),
        flags=flags,
        sight=sight,
        offset=chosen == movement.model,
    )
    if crossing:  # What else is seen in joints that were mistaken is neither a reason nor a number.
        return replace(found, flags=flags, repetitions=Repetitions((), (), ()))
    return with_lens(found)


def _closer(movement: Movement, side: Side) -> tuple[str, Closer]:
    """Where to look closely, and what that is called in the cache."""
    geometry = {"moving", "reference", "positive", "zero", "limits_deg", "plane", "camera", "still", "preferred_view"}
    name = f"{movement.model_dump_json(include=geometry)} {side} {ATTENTION_VERSION}"
    return name, lambda coarse: moments_that_matter(coarse, movement, side)


def _round_of(progress: Progress | None, index: int, rounds: int) -> Progress | None:
    """The progress of one of several rounds over the recording, as a part of all."""
    if progress is None or rounds == 1:
        return progress
    return lambda done, total: progress(done + index * (total or 0.0), None if total is None else rounds * total)


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
    reading = read_angle(passes, movement, side, hands=hands, faces=faces, roll_deg=sight.roll_deg or 0.0)
    if reading is None:
        return _nobody(passes, movement, side, video, flags, sight)
    reading, skeleton = _in_space(reading, passes, side)
    reading = reading.without_hands(hand_on)
    movement, angles = reading.movement, reading.angles
    repetitions = find_repetitions(_to_the_named_side(angles) if movement.two_way else angles)
    usual = offset and skeleton is None and reading.arm_seen
    offset_deg = offset_for(angles, repetitions, movement) if usual else 0.0
    if offset_deg:
        angles = corrected(angles, repetitions, offset_deg)
        reading = replace(reading, angles=angles)
        repetitions = find_repetitions(_to_the_named_side(angles) if movement.two_way else angles)
    compensations = compensations_of(reading.merged.poses, movement, side, repetitions.scored)
    flags = (*flags, *flags_of(reading, repetitions, side), *fit_flags(skeleton))
    flags = (*flags, *compensation_flags(compensations, seen=bool(repetitions.scored)))
    checks = checks_of(reading, side, passes.all_time_s, sight, flags)
    flags = (*flags, *check_flags(checks, flags))
    verdict = verdict_of(flags)
    scored = () if verdict == "refused" else repetitions.scored
    budget = _budget(scored, reading, offset_deg, fitted=skeleton is not None) if scored else None
    rom = _mean([r.rom_deg for r in scored])
    if rom is not None and budget is not None:
        flags = (*flags, *small_range(rom, budget.half_width_deg))
        verdict = verdict_of(flags)
    return RomMeasurement(
        movement=movement,
        side=side,
        verdict=verdict,
        flags=flags,
        repetitions=repetitions,
        start_deg=_mean([r.start_deg for r in scored]),
        peak_deg=_mean([r.peak_deg for r in scored]),
        rom_deg=rom,
        best_deg=_best([r.peak_deg for r in scored], movement),
        spread_deg=float(np.std([r.peak_deg for r in scored], ddof=1)) if len(scored) > 1 else None,
        budget=budget,
        angles=angles,
        compensations=compensations,
        merged=reading.merged,
        view=reading.view,
        head=reading.head,
        model=passes.as_filmed.model,
        video=video,
        skeleton=skeleton,
        frames_looked_at=len(passes.time_s),
        offset_deg=offset_deg,
        hand_on=hand_on,
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


def _to_the_named_side(angles: AngleSeries) -> AngleSeries:
    """The angle without what goes beyond rest to the other side, which is the other side's movement."""
    rest = resting_value(angles.time_s, angles.angle_deg)
    return replace(angles, angle_deg=np.maximum(angles.angle_deg, rest))


def _nobody(
    passes: PosePasses, movement: Movement, side: Side, video: str | None, flags: tuple[Flag, ...], sight: Sight
) -> RomMeasurement:
    n = len(passes.all_time_s)
    flags = (*flags, no_person(movement))
    checks = checks_of(None, side, passes.all_time_s, sight, flags)
    unknown = np.full(n, np.nan)
    return RomMeasurement(
        movement=movement,
        side=side,
        verdict="refused",
        flags=(*flags, *check_flags(checks, flags)),
        checks=checks,
        repetitions=Repetitions((), (), ()),
        start_deg=None,
        peak_deg=None,
        rom_deg=None,
        best_deg=None,
        spread_deg=None,
        budget=None,
        angles=AngleSeries(passes.all_time_s, unknown, np.zeros(n), unknown, np.zeros(n, dtype=bool)),
        compensations=(),
        merged=None,
        view=None,
        model=passes.as_filmed.model,
        video=video,
        frames_looked_at=len(passes.time_s),
    )


def _budget(scored: tuple[Repetition, ...], reading: Reading, offset_deg: float, *, fitted: bool) -> ErrorBudget:
    view_sd_deg = 0.0 if fitted else _view_sd_deg(reading)
    return end_range_budget(
        scored, reading.angles, reading.movement, view_sd_deg=view_sd_deg, offset_sd_deg=offset_sd_deg(offset_deg), fitted=fitted
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


def _best(values: list[float], movement: Movement) -> float | None:
    if not values:
        return None
    return max(values) if movement.better == "larger" else min(values)


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _repetition_dict(r: Repetition) -> dict[str, Any]:
    return {
        "start_s": round(r.start_s, 3),
        "hold_start_s": round(r.hold_start_s, 3),
        "peak_s": round(r.peak_s, 3),
        "hold_end_s": round(r.hold_end_s, 3),
        "end_s": round(r.end_s, 3),
        "start_deg": round(r.start_deg, 2),
        "peak_deg": round(r.peak_deg, 2),
        "rom_deg": round(r.rom_deg, 2),
        "peak_velocity_deg_s": round(r.peak_velocity_deg_s, 1),
        "smoothness": _rounded(r.smoothness),
    }
