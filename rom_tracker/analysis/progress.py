"""Sessions in a row: where a client stood at each of them, and whether there is a trend.

The trend is that of the end ranges *before* the treatments: how the client comes in, without what a treatment does at once. It is
the median of all slopes between two sessions (Theil 1950; Sen 1968, J Am Stat Assoc 63:1379-1389), which one bad day does not turn,
with the 95 % interval that Sen derives from Kendall's rank correlation (:func:`scipy.stats.theilslopes`).

A trend is called one where both hold: its interval leaves out zero, and over all the weeks it amounts to more than the measuring
error. The first alone would call a slow drift of the camera's place a trend, the second alone one good day.

Two points always lie on a line, so nothing is claimed from them; and neither from three or four. Of ``n`` sessions without any
trend all lie in one order, up or down, with probability ``2/n!``: one time in three of three sessions, one in twelve of four, one
in sixty of five. Five are the fewest from which 95 % confidence can come at all, however far the sessions lie apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np
from scipy.stats import theilslopes

from rom_tracker.analysis.comparison import ChangeVerdict
from rom_tracker.errors import UsageError
from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement
from rom_tracker.movements.norms import Norm

TrendVerdict = Literal["improved", "no detectable change", "worse", "too few sessions"]

#: Sessions on different days, with an end range before, without which no trend is given; see the top of this module.
FEWEST_SESSIONS = 5

_DAYS_A_WEEK = 7.0


@dataclass(frozen=True)
class SessionMark:
    """What one session found of one movement and side.

    Attributes
    ----------
    day : date
    before_deg, after_deg : float or None
        End ranges in degrees from the movement's clinical zero; None where there is none or it was refused.
    verdict : {"improved", "no detectable change", "worse", "refused"} or None
        Of that session's comparison; None where there was nothing to compare.
    detectable_deg : float or None
        The smallest change that it could tell from measuring error.
    """

    day: date
    before_deg: float | None
    after_deg: float | None = None
    verdict: ChangeVerdict | None = None
    detectable_deg: float | None = None

    def __post_init__(self) -> None:
        for name in ("before_deg", "after_deg", "detectable_deg"):
            value = getattr(self, name)
            if value is not None and not np.isfinite(value):
                raise ValueError(f"{name}: expected a number or None, got {value}")
        if self.detectable_deg is not None and self.detectable_deg < 0:
            raise ValueError(f"detectable_deg: expected 0 or more, got {self.detectable_deg}")


@dataclass(frozen=True)
class Trend:
    """The straight line through the end ranges before the treatments.

    Attributes
    ----------
    per_week_deg : float
        Degrees of the movement a week.
    interval_per_week_deg : (float, float)
        Its 95 % interval.
    first, last : date
        The sessions that it was taken from.
    first_deg : float
        Where the line starts, on ``first``.
    """

    per_week_deg: float
    interval_per_week_deg: tuple[float, float]
    first: date
    last: date
    first_deg: float

    @property
    def weeks(self) -> float:
        """From the first session to the last."""
        return (self.last - self.first).days / _DAYS_A_WEEK

    @property
    def change_deg(self) -> float:
        """What it amounts to over all the weeks, in degrees."""
        return self.per_week_deg * self.weeks

    @property
    def last_deg(self) -> float:
        """Where the line ends, on ``last``."""
        return self.first_deg + self.change_deg


@dataclass(frozen=True)
class Progress:
    """One movement of one side over the sessions.

    Attributes
    ----------
    movement : Movement
    side : {"left", "right"}
    sessions : tuple of SessionMark
        In the order of their days.
    trend : Trend or None
        None where there are too few sessions.
    verdict : {"improved", "no detectable change", "worse", "too few sessions"}
        Of the trend.
    other_side : tuple of SessionMark
        The same movement of the other side, for comparison.
    norm : Norm or None
        Of people of the client's age and sex, where there is a comparable one.
    """

    movement: Movement
    side: Side
    sessions: tuple[SessionMark, ...]
    trend: Trend | None
    verdict: TrendVerdict
    other_side: tuple[SessionMark, ...] = ()
    norm: Norm | None = None

    @property
    def detectable_deg(self) -> float | None:
        """What end ranges of two sessions may differ by from measuring error alone: the largest of what the sessions could tell."""
        return max((mark.detectable_deg for mark in self.sessions if mark.detectable_deg is not None), default=None)

    @property
    def band_deg(self) -> tuple[float, float] | None:
        """The end ranges that are no detectable change from the first one before a treatment."""
        first = next((mark.before_deg for mark in self.sessions if mark.before_deg is not None), None)
        if first is None or self.detectable_deg is None:
            return None
        return first - self.detectable_deg, first + self.detectable_deg

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for programs."""
        trend = self.trend
        return {
            "movement": self.movement.key,
            "side": self.side,
            "sessions": [
                {
                    "day": mark.day.isoformat(),
                    "before_deg": mark.before_deg,
                    "after_deg": mark.after_deg,
                    "verdict": mark.verdict,
                    "detectable_deg": mark.detectable_deg,
                }
                for mark in self.sessions
            ],
            "verdict": self.verdict,
            "per_week_deg": None if trend is None else round(trend.per_week_deg, 3),
            "interval_per_week_deg": None if trend is None else [round(v, 3) for v in trend.interval_per_week_deg],
            "detectable_deg": self.detectable_deg,
        }


def progress_of(
    movement: Movement,
    side: Side,
    sessions: Sequence[SessionMark],
    *,
    other_side: Sequence[SessionMark] = (),
    norm: Norm | None = None,
) -> Progress:
    """Put sessions in a row and judge their trend.

    Parameters
    ----------
    movement : Movement
    side : {"left", "right"}
    sessions, other_side : sequence of SessionMark
        Of this movement, in any order.
    norm : Norm, optional

    Raises
    ------
    UsageError
        There is no session.

    Examples
    --------
    >>> from datetime import date, timedelta
    >>> from rom_tracker import load_catalogue
    >>> came_with = [95, 97, 104, 108, 110, 117]
    >>> days = [date(2026, 3, 2) + timedelta(weeks=n) for n in range(6)]
    >>> marks = [SessionMark(day, deg, deg + 5, detectable_deg=9) for day, deg in zip(days, came_with)]
    >>> found = progress_of(load_catalogue()["knee_flexion"], "right", marks)
    >>> found.verdict, round(found.trend.per_week_deg, 1)
    ('improved', 4.3)
    >>> progress_of(found.movement, "right", marks[:2]).verdict
    'too few sessions'
    """
    if not sessions:
        raise UsageError(f"expected one session or more of {movement.title.lower()}, got none")
    trend = _trend(_in_order(sessions))
    found = Progress(movement, side, _in_order(sessions), trend, "too few sessions", _in_order(other_side), norm)
    return found if trend is None else replace(found, verdict=_verdict(trend, found.detectable_deg, movement))


def _in_order(marks: Sequence[SessionMark]) -> tuple[SessionMark, ...]:
    return tuple(sorted(marks, key=lambda mark: mark.day))


def _trend(marks: tuple[SessionMark, ...]) -> Trend | None:
    known = [(mark.day, mark.before_deg) for mark in marks if mark.before_deg is not None]
    days = [day for day, _ in known]
    if len(set(days)) < FEWEST_SESSIONS:
        return None
    weeks = np.array([(day - days[0]).days / _DAYS_A_WEEK for day in days])
    before_deg = np.array([deg for _, deg in known])
    found = theilslopes(before_deg, weeks, alpha=0.95)
    interval = float(found.low_slope), float(found.high_slope)
    # Half of the sessions lie above the line; scipy's own goes through the medians, which one side of the row may lie off.
    first_deg = float(np.median(before_deg - found.slope * weeks))
    return Trend(float(found.slope), interval, days[0], days[-1], first_deg)


def _verdict(trend: Trend, detectable_deg: float | None, movement: Movement) -> TrendVerdict:
    low, high = trend.interval_per_week_deg
    if low <= 0 <= high or detectable_deg is None or abs(trend.change_deg) <= detectable_deg:
        return "no detectable change"
    return "improved" if (trend.per_week_deg > 0) == (movement.better == "larger") else "worse"
