"""Before against after: how much the range of motion changed, and whether that is more than the measuring error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rom_tracker.analysis.flag import Flag, Severity, verdict_of
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.uncertainty import ErrorBudget, change_budget
from rom_tracker.errors import UsageError

ChangeVerdict = Literal["improved", "no detectable change", "worse", "refused"]

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
    """

    before: RomMeasurement
    after: RomMeasurement
    change_deg: float | None
    budget: ErrorBudget | None
    verdict: ChangeVerdict
    flags: tuple[Flag, ...]

    @property
    def detectable_deg(self) -> float | None:
        """The smallest change that is told from measuring error with 95 % confidence, in degrees."""
        return None if self.budget is None else self.budget.half_width_deg

    @property
    def interval_deg(self) -> tuple[float, float] | None:
        """95 % interval of the change."""
        if self.change_deg is None or self.budget is None:
            return None
        return self.budget.interval_deg(self.change_deg)

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, as ``rom-tracker compare --json`` prints them."""
        return {
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
            "change_deg": None if self.change_deg is None else round(self.change_deg, 2),
            "interval_deg": None if self.interval_deg is None else [round(v, 2) for v in self.interval_deg],
            "detectable_deg": None if self.detectable_deg is None else round(self.detectable_deg, 2),
            "verdict": self.verdict,
            "flags": [{"code": f.code, "message": f.message, "severity": f.severity} for f in self.flags],
        }


def compare(before: RomMeasurement, after: RomMeasurement) -> Comparison:
    """Compare the range of motion before and after.

    Raises
    ------
    UsageError
        The two are not of the same movement and side.
    """
    if (before.movement.key, before.side) != (after.movement.key, after.side):
        raise UsageError(
            f"expected two recordings of one movement and side, got {before.movement.key} {before.side} and "
            f"{after.movement.key} {after.side}"
        )
    flags = (*_moment_flags("before", before), *_moment_flags("after", after), *_difference_flags(before, after))
    refused = verdict_of(flags) == "refused"
    if refused or before.peak_deg is None or after.peak_deg is None or before.budget is None or after.budget is None:
        return Comparison(before, after, None, None, "refused", flags)
    change = after.peak_deg - before.peak_deg
    budget = change_budget(before.budget, after.budget, before.movement, turned=_turned_deg(before, after) > DIFFERENT_VIEW_DEG)
    gain = change if before.movement.better == "larger" else -change
    verdict: ChangeVerdict = "no detectable change"
    if gain > budget.half_width_deg:
        verdict = "improved"
    elif gain < -budget.half_width_deg:
        verdict = "worse"
    return Comparison(before, after, change, budget, verdict, flags)


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


def _moment_flags(moment: str, measurement: RomMeasurement) -> list[Flag]:
    return [Flag(f.code, f"{moment.capitalize()}: {f.message}", f.severity) for f in measurement.flags]


def _difference_flags(before: RomMeasurement, after: RomMeasurement) -> list[Flag]:
    found: list[Flag] = []
    caution: Severity = "caution"
    turned = _turned_deg(before, after)
    if turned > OTHER_VIEW_DEG:
        found.append(
            Flag("other_view", f"The body stood turned by {turned:.0f} degrees between the two recordings, so they cannot be "
                 "compared. Are they of one client and one set-up?", "refused")
        )  # fmt: skip
    elif turned > DIFFERENT_VIEW_DEG:
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
    if before.movement.zero != after.movement.zero:
        found.append(
            Flag("different_zero", "In one of the recordings the arm was not seen well enough and the angle was counted from the "
                 "starting position, in the other from the arm. Film both alike.", caution)
        )  # fmt: skip
    if before.model != after.model:
        found.append(
            Flag("different_model", f"The recordings were measured with different pose models ({before.model}; {after.model}).",
                 caution)
        )  # fmt: skip
    if before.merged is not None and after.merged is not None and before.merged.used != after.merged.used:
        found.append(
            Flag("different_look", f"The joints were taken from different looks at the picture (before: {before.merged.used}; "
                 f"after: {after.merged.used}), so the model's error cancels less.", caution)
        )  # fmt: skip
    return found
