"""The range of motion in one recording, and all that speaks for and against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rom_tracker import __version__
from rom_tracker.analysis.check import Check
from rom_tracker.analysis.compensation import CompensationFound
from rom_tracker.analysis.flag import Flag, Verdict
from rom_tracker.analysis.repetitions import Repetition, Repetitions
from rom_tracker.analysis.uncertainty import ErrorBudget
from rom_tracker.capture import Part
from rom_tracker.capture.lens import LensProfile
from rom_tracker.landmarks import Side, middle_of
from rom_tracker.movements import Movement
from rom_tracker.pose import smoothing
from rom_tracker.pose.angles import AngleSeries
from rom_tracker.pose.passes import MergedPasses
from rom_tracker.pose.sequence import Floats
from rom_tracker.pose.skeleton import Skeleton
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
    looks_contradict : bool
        The two looks at the picture contradict each other at the end ranges, where the angle was taken in the picture.
    offset_deg, overhead_deg : float
        The corrections in ``peak_deg``: the movement's, and that of an arm overhead; see :mod:`rom_tracker.analysis.correction`.
    hand_on : (frame,) bool or None
        Where somebody else's hand lay on the limb, which is not scored; None where nobody else is in the picture.
    part : Part or None
        The part of the recording that was looked at; None for all of it.
    checks : tuple of Check
        The set-up: what was found of view, distance, light and so on, how far that is fine, and what to do about it.
    version : str
        Of rom_tracker, when it measured.
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
    looks_contradict: bool = False
    offset_deg: float = 0.0
    overhead_deg: float = 0.0
    hand_on: NDArray[np.bool_] | None = None
    part: Part | None = None
    checks: tuple[Check, ...] = ()
    version: str = __version__

    def __repr__(self) -> str:
        """What it is of and what came of it, in a line: the arrays would fill pages."""
        number = "no number" if self.peak_deg is None else f"end range {self.peak_deg:.1f} degrees"
        return f"<RomMeasurement of {self.movement.of_side(self.side)}: {self.verdict}, {number}>"

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
        hips = middle_of(poses.filmed_xy, "hip")
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
            "part_s": None if self.part is None else [self.part.from_s, self.part.to_s],
            "seconds": round(float(np.ptp(self.angles.time_s)), 3) if len(self.angles) else 0.0,
            "view": self.view
            and {
                "yaw_deg": round(self.view.body.yaw_deg, 1),
                "faces": self.view.body.faces,
                "off_plane_deg": round(self.view.off_plane_deg(self.movement), 1),
            },
            "method": {
                "rom_tracker": self.version,
                "model": self.model,
                "instrument": self.movement.instrument,
                "zero": self.movement.zero,
                "offset_deg": round(self.offset_deg, 2),
                "overhead_deg": round(self.overhead_deg, 2),
                "geometry": self.geometry,
                "looks": None if self.merged is None else self.merged.used,
                "smoothing": smoothing.statement(self.angles.time_s),
                "lens": None if self.lens is None else self.lens.summary(),
            },
        }


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
