"""How sure a number is: an error budget after the Guide to the Expression of Uncertainty in Measurement (JCGM 100:2008)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from rom_tracker.analysis.repetitions import Repetition, on_plateau
from rom_tracker.movements import Movement
from rom_tracker.pose.angles import AngleSeries

#: What is believed of a client's spread of the end range between repetitions before any is seen: a standard deviation in degrees,
#: weighing as much as so many degrees of freedom. Two repetitions that happen to agree do not prove a client exact. Rendered
#: people who repeat to about a degree show 0.8; for healthy shoulders the standard error of measurement within a rater is 2 to 4
#: (back-computed from Kolber et al., 2011, Physiother Theory Pract 27:176-184), of which the repetitions are a part.
PRIOR_SPREAD_DEG = 1.5
PRIOR_DEGREES_OF_FREEDOM = 4

#: Standard deviation that a body turned well out of the plane of the picture adds, in degrees: the limb does not lie exactly in
#: the plane that the picture is stretched for. Rendered people 30 to 35 degrees off, corrected with perfect landmarks: 2.5.
TURNED_VIEW_DEG = 3.0

#: Standard deviation that taking the angle from a body fitted in space adds, in degrees. Nine rendered recordings 35 to 64
#: degrees off: root mean square error 3.3; three joints of both sides in a real squat: 4.6.
FITTED_DEG = 5.0

#: The same for a head that nods, turned 20 degrees or more from the camera, or with a small face: errors of -4 to -16 degrees, and
#: once -31, in seven rendered recordings.
POOR_NOD_DEG = 12.0

#: Standard deviation that counting a hand from its own start adds, in degrees, where the arm is not seen: errors of -3.4, -2.6,
#: +7.2 and +8.1 in four rendered recordings of the wrist.
ARM_NOT_SEEN_DEG = 6.0

#: The source of error that is a pose model other than the one that a movement's error was found with, and the standard deviation in
#: degrees that it adds, by model. The end range's error has a root mean square of 8.5 with lite (54 rendered recordings of 18
#: movements), 8.1 with full (25 of the knee, which is measured with heavy) and 4.4 with heavy (43 of other movements).
OTHER_MODEL = "another pose model"
OTHER_MODEL_DEG = {"lite": 9.0, "full": 8.0, "heavy": 3.0}

#: The share of it that a change between two recordings with that model has: the error of the change has a root mean square of 4.3
#: with full (12 pairs of the knee), 2.6 with lite (16 pairs), and 2.1 with heavy (36).
OTHER_MODEL_IN_CHANGE = 0.5

#: The source of error that is an arm overhead.
OVERHEAD = "arm overhead"

#: The source of error that is the lens of a camera without a profile.
UNKNOWN_LENS = "lens not known"

#: What two recordings of one client share, for the most part; what is left of it in a change is in the change's own term.
SHARED = ("pose model", "correction", UNKNOWN_LENS)


@dataclass(frozen=True)
class ErrorTerm:
    """One source of error: its standard deviation in degrees and the degrees of freedom that it was estimated with."""

    source: str
    sd_deg: float
    degrees_of_freedom: float


@dataclass(frozen=True)
class ErrorBudget:
    """All sources of error of one number.

    Independent terms add in quadrature; the coverage factor is Student's t for the effective degrees of freedom of
    Welch and Satterthwaite (JCGM 100:2008, 5.1.2 and G.4).
    """

    terms: tuple[ErrorTerm, ...]

    @property
    def sd_deg(self) -> float:
        """Combined standard deviation in degrees."""
        return float(np.sqrt(sum(term.sd_deg**2 for term in self.terms)))

    @property
    def own_sd_deg(self) -> float:
        """The part of it, in degrees, that another recording of the same client does not share."""
        return float(np.sqrt(sum(term.sd_deg**2 for term in self.terms if term.source not in (*SHARED, OTHER_MODEL))))

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of each term in the variance; all 0 where there is none."""
        variance = sum(term.sd_deg**2 for term in self.terms)
        return tuple(term.sd_deg**2 / variance if variance else 0.0 for term in self.terms)

    @property
    def degrees_of_freedom(self) -> float:
        """Effective degrees of freedom."""
        shares = sum(term.sd_deg**4 / term.degrees_of_freedom for term in self.terms)
        return self.sd_deg**4 / shares if shares else float("inf")

    @property
    def half_width_deg(self) -> float:
        """Half the width of the 95 % interval, in degrees."""
        return float(stdtrit(max(self.degrees_of_freedom, 1.0), 0.975)) * self.sd_deg

    def interval_deg(self, value_deg: float) -> tuple[float, float]:
        """The 95 % interval about a value."""
        return value_deg - self.half_width_deg, value_deg + self.half_width_deg

    def p_value(self, value_deg: float) -> float:
        """Two-sided probability of a value so far from zero by error alone (Student's t): below 0.05 beyond ``half_width_deg``."""
        if not self.sd_deg:
            return 0.0 if value_deg else 1.0
        return 2 * float(stdtr(max(self.degrees_of_freedom, 1.0), -abs(value_deg) / self.sd_deg))

    def as_list(self) -> list[dict[str, Any]]:
        """Plain numbers and words, as ``--json`` prints them; degrees of freedom without end are None."""
        return [
            {
                "source": term.source,
                "sd_deg": round(term.sd_deg, 3),
                "degrees_of_freedom": round(term.degrees_of_freedom, 2) if np.isfinite(term.degrees_of_freedom) else None,
            }
            for term in self.terms
        ]


def end_range_budget(
    repetitions: tuple[Repetition, ...],
    angles: AngleSeries,
    movement: Movement,
    *,
    view_sd_deg: float = 0.0,
    offset_sd_deg: float = 0.0,
    overhead_sd_deg: float = 0.0,
    fitted: bool = False,
    other_model: str = "",
) -> ErrorBudget:
    """The error budget of the mean end range of one recording: repetitions, landmark noise, model, its correction, and the view
    or the arm overhead.

    ``other_model`` is the pose model where it is not the movement's own.
    """
    return ErrorBudget(
        (
            repetition_term(repetitions),
            landmark_term(repetitions, angles),
            ErrorTerm("pose model", movement.residual_deg, movement.residual_people),
            *([ErrorTerm(OTHER_MODEL, OTHER_MODEL_DEG[other_model], float("inf"))] if other_model else []),
            *([ErrorTerm("correction", offset_sd_deg, float("inf"))] if offset_sd_deg else []),
            *([ErrorTerm("view", view_sd_deg, float("inf"))] if view_sd_deg else []),
            *([ErrorTerm(OVERHEAD, overhead_sd_deg, float("inf"))] if overhead_sd_deg else []),
            *([ErrorTerm("3-D fit", FITTED_DEG, float("inf"))] if fitted else []),
        )
    )


def change_budget(
    before: ErrorBudget, after: ErrorBudget, movement: Movement, *, turned: bool = False, alike: bool = True
) -> ErrorBudget:
    """The error budget of a change: what both recordings do not share, and the part of the model's error that stays.

    ``turned``: the body stood differently to the camera in the two. ``alike``: both were measured in the same way; where not,
    nothing of the model's error is taken to cancel. An arm that is overhead in both is read too low in both, and more so where it
    is higher.
    """
    own = [
        ErrorTerm(f"{term.source}, {moment}", term.sd_deg, term.degrees_of_freedom)
        for moment, budget in (("before", before), ("after", after))
        for term in budget.terms
        if term.source not in (*SHARED, OVERHEAD) and not (alike and term.source == OTHER_MODEL)
    ]
    model = ErrorTerm("pose model and set-up", movement.change_residual_deg, movement.change_residual_people)
    if not alike:
        both = max(float(np.sqrt(2)) * movement.residual_deg, movement.change_residual_deg)
        model = ErrorTerm("pose model, not measured alike", both, movement.residual_people)
    view = [ErrorTerm("view not the same", TURNED_VIEW_DEG, float("inf"))] if turned else []
    low_deg, high_deg = sorted(sum(term.sd_deg for term in budget.terms if term.source == OVERHEAD) for budget in (before, after))
    overhead = [ErrorTerm(OVERHEAD, high_deg - low_deg, float("inf"))] if high_deg > low_deg else []
    other_deg = max((term.sd_deg for budget in (before, after) for term in budget.terms if term.source == OTHER_MODEL), default=0.0)
    other = [ErrorTerm(OTHER_MODEL, OTHER_MODEL_IN_CHANGE * other_deg, float("inf"))] if alike and other_deg else []
    return ErrorBudget((*own, model, *other, *view, *overhead))


def repetition_term(repetitions: tuple[Repetition, ...]) -> ErrorTerm:
    """Standard error of the mean end range.

    The variance between the repetitions is moderated by what is believed beforehand, weighted by degrees of freedom
    (Smyth 2004, Stat Appl Genet Mol Biol 3:3), so that one or two repetitions give a sober number too.
    """
    peaks = np.array([r.peak_deg for r in repetitions])
    squares = float(((peaks - peaks.mean()) ** 2).sum())
    degrees_of_freedom = PRIOR_DEGREES_OF_FREEDOM + len(peaks) - 1
    variance = (PRIOR_DEGREES_OF_FREEDOM * PRIOR_SPREAD_DEG**2 + squares) / degrees_of_freedom
    return ErrorTerm("repetitions", float(np.sqrt(variance / len(peaks))), degrees_of_freedom)


def landmark_term(repetitions: tuple[Repetition, ...], angles: AngleSeries) -> ErrorTerm:
    """The landmarks' jitter, averaged over the frames of the end range plateaus."""
    plateau = on_plateau(angles.time_s, repetitions)
    known = np.isfinite(angles.noise_deg)
    noise = angles.noise_deg[plateau & known]
    if not len(noise) and known.any():  # Between two looks: no more certain than one.
        noise = np.array([np.median(angles.noise_deg[known])])
    sd = float(np.sqrt(np.mean(noise**2) / len(noise))) if len(noise) else 0.0
    return ErrorTerm("landmark noise", sd, float("inf"))
