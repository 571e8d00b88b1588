"""Before against after: how much the range of motion changed, and whether that is more than the measuring error.

Two errors can be known of a change. One is the program's own: rendered people of known angles, filmed anew, with what the two
recordings at hand add (:func:`~rom_tracker.analysis.uncertainty.change_budget`). The other is what clients of this place read
differently when they are measured twice without a treatment (:mod:`~rom_tracker.analysis.reliability`). Neither contains the other:
rendered clips have no client who moves differently by the hour; a retest has no true change that could come out too large or too
small. What they share, such as repetitions and landmarks, would count twice in a sum. So a change is called one where it exceeds
both: it is detectable from the larger of the two on. One's own repeatability makes a verdict more careful and never bolder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import stdtr

from rom_tracker.analysis.correction import read_low_deg
from rom_tracker.analysis.flag import Flag, Severity, verdict_of
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.reliability import OwnRepeatability
from rom_tracker.analysis.uncertainty import ErrorBudget, change_budget
from rom_tracker.errors import UsageError
from rom_tracker.movements.measurement_error import manual_error_of

ChangeVerdict = Literal["improved", "no detectable change", "worse", "refused"]
DetectableFrom = Literal["measuring error", "own repeatability"]

#: Difference in how the body stood to the camera that is worth a caution, in degrees.
DIFFERENT_VIEW_DEG = 10.0

#: Difference in how the body stood to the camera beyond which the two are not compared, in degrees.
OTHER_VIEW_DEG = 60.0

#: Difference in the starting position that is worth a caution, in degrees.
DIFFERENT_START_DEG = 10.0


@dataclass(frozen=True, eq=False)
class Comparison:
    """The change between two recordings of one movement of one client.

    Attributes
    ----------
    before, after : RomMeasurement
    change_deg : float or None
        End range after less end range before, in degrees of the movement; None where either was refused.
    budget : ErrorBudget or None
        Where the uncertainty of the change comes from.
    verdict : {"improved", "no detectable change", "worse", "refused"}
        Improved or worse only where the change is larger than ``detectable_deg``, in the direction that the movement calls
        better. "No detectable change" means that one cannot tell, not that there is none.
    flags : tuple of Flag
        Those of both recordings, and those of the comparison itself.
    own : OwnRepeatability or None
        What one's own clients read differently without a treatment, where that was measured.
    primary : bool
        Whether this movement was chosen, before the treatment, as the one that counts.
    """

    before: RomMeasurement
    after: RomMeasurement
    change_deg: float | None
    budget: ErrorBudget | None
    verdict: ChangeVerdict
    flags: tuple[Flag, ...]
    own: OwnRepeatability | None = None
    primary: bool = False

    def __repr__(self) -> str:
        """What it is of and what came of it, in a line."""
        number = "no number" if self.change_deg is None else f"change {self.change_deg:+.1f} degrees"
        return f"<Comparison of {self.before.movement.of_side(self.before.side)}: {self.verdict}, {number}>"

    @property
    def detectable_deg(self) -> float | None:
        """The smallest change that is told with 95 % confidence from what is measured without one, in degrees."""
        return None if self.budget is None else _detectable(self.budget, self.own)[0]

    @property
    def detectable_from(self) -> DetectableFrom | None:
        """Which of the two errors ``detectable_deg`` is; see the top of this module."""
        return None if self.budget is None else _detectable(self.budget, self.own)[1]

    @property
    def interval_deg(self) -> tuple[float, float] | None:
        """95 % interval of the change: ``detectable_deg`` to both sides, so that it leaves out zero where there is a change."""
        if self.change_deg is None or self.detectable_deg is None:
            return None
        return self.change_deg - self.detectable_deg, self.change_deg + self.detectable_deg

    @property
    def p_value(self) -> float | None:
        """Two-sided probability of such a change without a true one, by Student's t: the larger one of both errors."""
        if self.change_deg is None or self.budget is None:
            return None
        p = self.budget.p_value(self.change_deg)
        if self.own is None or not self.own.error.enough or not self.own.error.sem_deg:
            return p
        t = abs(self.change_deg) / (np.sqrt(2) * self.own.error.sem_deg)
        return max(p, 2 * float(stdtr(self.own.error.degrees_of_freedom, -t)))

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, as ``rom-tracker compare --json`` prints them."""
        return {
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
            "change_deg": None if self.change_deg is None else round(self.change_deg, 2),
            "interval_deg": None if self.interval_deg is None else [round(v, 2) for v in self.interval_deg],
            "detectable_deg": None if self.detectable_deg is None else round(self.detectable_deg, 2),
            "detectable_from": self.detectable_from,
            "p_value": None if self.p_value is None else float(f"{self.p_value:.4g}"),
            "verdict": self.verdict,
            "role": "chosen beforehand" if self.primary else "exploratory",
            "flags": [{"code": f.code, "message": f.message, "severity": f.severity} for f in self.flags],
            "budget": None if self.budget is None else self.budget.as_list(),
            "own_repeatability": None if self.own is None else self.own.as_dict(),
            "literature": manual.as_dict() if (manual := manual_error_of(self.before.movement.key)) else None,
        }


def compare(
    before: RomMeasurement, after: RomMeasurement, *, own: OwnRepeatability | None = None, primary: bool = False
) -> Comparison:
    """Compare the range of motion before and after.

    Parameters
    ----------
    before, after : RomMeasurement
    own : OwnRepeatability, optional
        What one's own clients read differently without a treatment, in this movement; the change must exceed it too.
    primary : bool
        This movement was chosen, before the treatment, as the one that counts; it changes no number.

    Raises
    ------
    UsageError
        The two are no measurements, or not of the same movement and side, or ``own`` is of another movement.
    """
    for one in (before, after):
        if not isinstance(one, RomMeasurement):
            raise UsageError(f"expected two measurements, as measure() gives them, got {one!r:.60}; measure the recordings first")
    if (before.movement.key, before.side) != (after.movement.key, after.side):
        raise UsageError(
            f"expected two recordings of one movement and side, got {before.movement.key} {before.side} and "
            f"{after.movement.key} {after.side}"
        )
    if own is not None and own.movement != before.movement.key:
        raise UsageError(f"expected the repeatability of {before.movement.key}, got that of {own.movement}")
    flags = (*_moment_flags("before", before), *_moment_flags("after", after), *difference_flags(before, after))
    refused = verdict_of(flags) == "refused"
    if refused or before.peak_deg is None or after.peak_deg is None or before.budget is None or after.budget is None:
        return Comparison(before, after, None, None, "refused", flags, own, primary)
    change = after.peak_deg - before.peak_deg
    turned = _turned_deg(before, after) > DIFFERENT_VIEW_DEG
    budget = change_budget(before.budget, after.budget, before.movement, turned=turned, alike=_measured_alike(before, after))
    gain = change if before.movement.better == "larger" else -change
    detectable, _ = _detectable(budget, own)
    verdict: ChangeVerdict = "no detectable change"
    if gain > detectable:
        verdict = "improved"
    elif gain < -detectable:
        verdict = "worse"
    return Comparison(before, after, change, budget, verdict, flags, own, primary)


def _detectable(budget: ErrorBudget, own: OwnRepeatability | None) -> tuple[float, DetectableFrom]:
    """The larger of the two errors, and which one that is."""
    if own is not None and own.error.enough and own.error.detectable_deg > budget.half_width_deg:
        return own.error.detectable_deg, "own repeatability"
    return budget.half_width_deg, "measuring error"


def _same_recording(before: RomMeasurement, after: RomMeasurement) -> bool:
    if before.merged is None or after.merged is None:
        return False
    return np.array_equal(before.merged.poses.xy, after.merged.poses.xy, equal_nan=True)


def _turned_deg(before: RomMeasurement, after: RomMeasurement) -> float:
    """By how much the body stood differently to the camera, 0 to 180 degrees."""
    if before.view is None or after.view is None:
        return 0.0
    turned = abs(after.view.body.yaw_deg - before.view.body.yaw_deg)
    return min(turned, 360 - turned)


def _measured_alike(before: RomMeasurement, after: RomMeasurement) -> bool:
    """Whether one pose model found both, in the same geometry, and the usual error was taken out of both or of neither."""
    if _pose_model(before) != _pose_model(after):
        return False
    same_geometry = (before.skeleton is None) == (after.skeleton is None)
    both_corrected = bool(before.offset_deg) == bool(after.offset_deg) and _is_read_low(before) == _is_read_low(after)
    return same_geometry and both_corrected


def _pose_model(found: RomMeasurement) -> str:
    """The model file; what ran it does not matter."""
    return found.model.partition(",")[0]


def _is_read_low(found: RomMeasurement) -> bool:
    """Whether an arm is overhead, and that was not corrected: with another model, or before there was that correction."""
    return found.peak_deg is not None and not found.overhead_deg and bool(read_low_deg(found.peak_deg, found.movement) > 0)


def _moment_flags(moment: str, measurement: RomMeasurement) -> list[Flag]:
    return [Flag(f.code, f"{moment.capitalize()}: {f.message}", f.severity) for f in measurement.flags]


def difference_flags(before: RomMeasurement, after: RomMeasurement) -> list[Flag]:
    """What two recordings of one movement and client do not share though they should, or share though they should not."""
    found: list[Flag] = []
    caution: Severity = "caution"
    turned = _turned_deg(before, after)
    if turned > OTHER_VIEW_DEG:
        found.append(
            Flag("other_view", f"The body stood turned by {turned:.0f} degrees between the two recordings, so they cannot be "
                 "compared. Are they of one client and one set-up?", "refused")
        )  # fmt: skip
    if before.movement.zero != after.movement.zero:
        found.append(
            Flag("other_zero", "The arm was seen in only one of the recordings, so that their angles are not counted from the same "
                 "zero: 7 to 14 degrees apart in two rendered pairs without a change. Film both with elbow, shoulder and head in "
                 "the picture.", "refused")
        )  # fmt: skip
    if DIFFERENT_VIEW_DEG < turned <= OTHER_VIEW_DEG:
        found.append(
            Flag("different_view", f"The body stood turned by {turned:.0f} degrees between the two recordings, so part of the "
                 "change may come from the view. Put camera and client at the same places.", caution)
        )  # fmt: skip
    if _same_recording(before, after):
        found.append(Flag("same_recording", "Before and after are the same recording.", caution))
    if before.start_deg is not None and after.start_deg is not None:
        apart = abs(after.start_deg - before.start_deg)
        if apart > DIFFERENT_START_DEG:
            found.append(
                Flag("different_start", f"The starting positions differ by {apart:.0f} degrees. Let the client start from the "
                     "same position.", caution)
            )  # fmt: skip
    if (before.skeleton is None) != (after.skeleton is None):
        found.append(
            Flag("different_geometry", "One of the recordings was filmed so far off the plane of the movement that the angle had "
                 "to be taken in space, the other was not. Film both alike.", caution)
        )  # fmt: skip
    if before.model != after.model:
        found.append(
            Flag("different_model", f"The recordings were measured with different pose models ({before.model}; {after.model}).",
                 caution)
        )  # fmt: skip
    if (before.lens is None) != (after.lens is None):
        found.append(
            Flag("different_lens", "The bending of the camera's lens was undone in only one of the recordings. Give --lens for "
                 "both.", caution)
        )  # fmt: skip
    if before.merged is not None and after.merged is not None and before.merged.used != after.merged.used:
        found.append(
            Flag("different_look", f"The joints were taken from different looks at the picture (before: {before.merged.used}; "
                 f"after: {after.merged.used}), so the model's error cancels less.", caution)
        )  # fmt: skip
    return found
