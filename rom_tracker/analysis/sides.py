"""Left against right: how far the two sides of one person differ, and whether that is more than the measuring error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rom_tracker.analysis.comparison import DIFFERENT_VIEW_DEG
from rom_tracker.analysis.flag import Flag, verdict_of
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.uncertainty import ErrorBudget, ErrorTerm
from rom_tracker.errors import UsageError
from rom_tracker.movements import Movement

SideVerdict = Literal["sides differ", "no detectable difference", "refused"]


@dataclass(frozen=True, eq=False)
class SideComparison:
    """The difference between the two sides of one client in one movement.

    Attributes
    ----------
    left, right : RomMeasurement
        From one recording or from two.
    difference_deg : float or None
        End range of the left side less that of the right, in degrees of the movement; None where either was refused.
    budget : ErrorBudget or None
        Where the uncertainty of the difference comes from.
    verdict : {"sides differ", "no detectable difference", "refused"}
        They differ only where the difference is larger than ``detectable_deg``. "No detectable difference" means that one cannot
        tell, not that there is none.
    flags : tuple of Flag
        Those of both sides, and those of the comparison itself.
    """

    left: RomMeasurement
    right: RomMeasurement
    difference_deg: float | None
    budget: ErrorBudget | None
    verdict: SideVerdict
    flags: tuple[Flag, ...]

    @property
    def detectable_deg(self) -> float | None:
        """The smallest difference that is told from measuring error with 95 % confidence, in degrees."""
        return None if self.budget is None else self.budget.half_width_deg

    @property
    def interval_deg(self) -> tuple[float, float] | None:
        """95 % interval of the difference."""
        if self.difference_deg is None or self.budget is None:
            return None
        return self.budget.interval_deg(self.difference_deg)

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, as ``rom-tracker measure --side both --json`` prints them."""
        return {
            "movement": self.left.movement.key,
            "left": self.left.as_dict(),
            "right": self.right.as_dict(),
            "difference_deg": None if self.difference_deg is None else round(self.difference_deg, 2),
            "interval_deg": None if self.interval_deg is None else [round(v, 2) for v in self.interval_deg],
            "detectable_deg": None if self.detectable_deg is None else round(self.detectable_deg, 2),
            "budget": None if self.budget is None else self.budget.as_list(),
            "verdict": self.verdict,
            "flags": [{"code": f.code, "message": f.message, "severity": f.severity} for f in self.flags],
        }


def compare_sides(left: RomMeasurement, right: RomMeasurement) -> SideComparison:
    """Compare the range of motion of the two sides of one person.

    Raises
    ------
    UsageError
        The two are not of the left and the right side of one movement, or the movement has no sides.
    """
    if left.movement.key != right.movement.key or (left.side, right.side) != ("left", "right"):
        raise UsageError(
            f"expected the left and the right side of one movement, got {left.movement.key} {left.side} and "
            f"{right.movement.key} {right.side}"
        )
    check_sided(left.movement)
    flags = (*_side_flags(left), *_side_flags(right), *_difference_flags(left, right))
    refused = verdict_of(flags) == "refused"
    if refused or left.peak_deg is None or right.peak_deg is None or left.budget is None or right.budget is None:
        return SideComparison(left, right, None, None, "refused", flags)
    difference = left.peak_deg - right.peak_deg
    budget = side_budget(left.budget, right.budget)
    differ = abs(difference) > budget.half_width_deg
    return SideComparison(left, right, difference, budget, "sides differ" if differ else "no detectable difference", flags)


def check_sided(movement: Movement) -> None:
    """Refuse a movement that is not done to one side, such as bending forwards.

    Raises
    ------
    UsageError
        It has no sides.
    """
    if not movement.sided:
        raise UsageError(
            f"{movement.title} has no left and right to compare; measure it as one movement, with --side left or --side right"
        )


def side_budget(left: ErrorBudget, right: ErrorBudget) -> ErrorBudget:
    """The error budget of the difference between two sides: everything that each side's own budget holds.

    Nothing is taken to cancel. Before and after, one limb is seen from one place, and most of the model's error is the same in both
    (:func:`~rom_tracker.analysis.uncertainty.change_budget`); two sides are two limbs, in two places of the picture or in two
    recordings. ``calibration/residuals.csv`` has no person in whom both sides were measured, so what they share is not known, and
    the model's two errors are taken as independent. A bias common to both sides does cancel in the difference and is counted all
    the same: the interval is rather too wide than too narrow. Only errors of opposite sign on the two sides, as from a lean that
    one side gains and the other loses by, could make it too narrow.

    The model's standard deviation is one number, estimated once, that counts for both sides: the two do not make it better known,
    so their terms are put together before the degrees of freedom are.
    """
    terms = [(side, term) for side, budget in (("left", left), ("right", right)) for term in budget.terms]
    model = [term for _, term in terms if term.source == "pose model"]
    own = [
        ErrorTerm(f"{term.source}, {side}", term.sd_deg, term.degrees_of_freedom)
        for side, term in terms
        if term.source != "pose model"
    ]
    together = ErrorTerm(
        "pose model, both sides",
        float(np.hypot.reduce([term.sd_deg for term in model])),
        min(term.degrees_of_freedom for term in model),
    )
    return ErrorBudget((*own, together))


def _side_flags(measurement: RomMeasurement) -> list[Flag]:
    return [Flag(f.code, f"{measurement.side.capitalize()}: {f.message}", f.severity) for f in measurement.flags]


def _difference_flags(left: RomMeasurement, right: RomMeasurement) -> list[Flag]:
    far = [m.side for m in (left, right) if m.peak_deg is not None and any(f.code == "far_side" for f in m.flags)]
    if far:
        return [
            Flag(
                "far_side_not_compared",
                f"The {far[0]} side was away from the camera, so no difference is given. Film each side by itself, with that side "
                "towards the camera.",
                "refused",
            )
        ]
    if left.view is None or right.view is None:
        return []
    apart = abs(left.view.off_plane_deg(left.movement) - right.view.off_plane_deg(right.movement))
    if apart <= DIFFERENT_VIEW_DEG:
        return []
    return [
        Flag(
            "different_view",
            f"One side was filmed {apart:.0f} degrees more out of the plane of the movement than the other, so part of the "
            "difference may come from the view. Film both sides alike.",
            "caution",
        )
    ]
