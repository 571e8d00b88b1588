"""The figures of accuracy: what rows of the tables come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np

from rom_tracker.analysis.correction import offset_sd_deg
from rom_tracker.analysis.reliability import Agreement, agreement_of
from rom_tracker.validation.residuals import Residual, ResidualTable
from rom_tracker.validation.tables import FITTED, NOT_ALIKE, ChangeRow, RecordingRow, Row

#: The verdicts on a change, in the order in which they are shown.
CHANGE_VERDICTS = ("improved", "no detectable change", "worse", "refused", "failed")

#: A true change smaller than this is none: repetitions of rendered people vary by about a degree. In degrees.
NO_CHANGE_DEG = 2.0

#: The true gains that are told apart, as lower and upper limit in degrees.
GAINS_DEG = ((NO_CHANGE_DEG, 5.0), (5.0, 8.0), (8.0, float("inf")))


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    of: int

    @property
    def value(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.part / self.of if self.of else None


@dataclass(frozen=True)
class Errors:
    """Errors in degrees.

    Attributes
    ----------
    n : int
    bias_deg, mean_absolute_deg, root_mean_square_deg, worst_deg : float
        Worst is the one farthest from 0, with its sign.
    """

    n: int
    bias_deg: float
    mean_absolute_deg: float
    root_mean_square_deg: float
    worst_deg: float

    @classmethod
    def of(cls, errors_deg: Sequence[float]) -> Errors | None:
        """None of none."""
        if not errors_deg:
            return None
        e = np.asarray(errors_deg)
        worst = float(e[np.argmax(np.abs(e))])
        return cls(len(e), float(e.mean()), float(np.abs(e).mean()), float(np.sqrt((e**2).mean())), worst)


@dataclass(frozen=True)
class Figures:
    """What some recordings and the pairs among them come to.

    Attributes
    ----------
    recordings, people : int
        All, whether they could be measured or not.
    refused, failed : int
    end_range : Errors or None
        Of the mean end range.
    series_deg : float or None
        Mean over the measured recordings of the mean absolute error over their frames, in degrees.
    change : Errors or None
    repetitions_exact : Share
        Of the recordings that were neither refused nor failed.
    coverage : Share
        Of the 95 % intervals, those that hold the true end range.
    half_width_deg : float or None
        Their mean.
    change_coverage : Share
    change_half_width_deg : float or None
    """

    recordings: int
    people: int
    refused: int
    failed: int
    end_range: Errors | None
    series_deg: float | None
    change: Errors | None
    repetitions_exact: Share
    coverage: Share
    half_width_deg: float | None
    change_coverage: Share
    change_half_width_deg: float | None

    @classmethod
    def of(cls, rows: Sequence[RecordingRow], changes: Sequence[ChangeRow] = ()) -> Figures:
        """The figures of rows, and of the pairs among them."""
        told = [row for row in rows if row.verdict in ("ok", "caution")]
        return cls(
            recordings=len(rows),
            people=len({row.person for row in rows}),
            refused=sum(row.verdict == "refused" for row in rows),
            failed=sum(row.verdict == "failed" for row in rows),
            end_range=Errors.of([row.error_deg for row in measured(rows) if row.error_deg is not None]),
            series_deg=_mean([row.series_error_deg for row in told]),
            change=Errors.of([row.error_deg for row in changes if row.error_deg is not None]),
            repetitions_exact=Share(sum(row.repetitions_found == row.repetitions_true for row in told), len(told)),
            coverage=_share([row.inside for row in rows]),
            half_width_deg=_mean([row.half_width_deg for row in rows if row.inside is not None]),
            change_coverage=_share([row.inside for row in changes]),
            change_half_width_deg=_mean([row.detectable_deg for row in changes if row.inside is not None]),
        )


@dataclass(frozen=True)
class Beside:
    """What this program and the naive loop come to on the same recordings and pairs: those that both could measure.

    Attributes
    ----------
    own, naive : Errors or None
        Of the end range.
    own_series_deg, naive_series_deg : float or None
    own_change, naive_change : Errors or None
    """

    own: Errors | None
    naive: Errors | None
    own_series_deg: float | None
    naive_series_deg: float | None
    own_change: Errors | None
    naive_change: Errors | None

    @classmethod
    def of(cls, rows: Sequence[RecordingRow], changes: Sequence[ChangeRow] = ()) -> Beside:
        """Both over the rows that have an error of both."""
        both = [row for row in measured(rows) if row.naive_deg is not None]
        pairs = [row for row in changes if row.error_deg is not None and row.naive_deg is not None]
        return cls(
            own=Errors.of([row.error_deg for row in both if row.error_deg is not None]),
            naive=Errors.of(_naive_errors(both)),
            own_series_deg=_mean([row.series_error_deg for row in both]),
            naive_series_deg=_mean([row.naive_series_error_deg for row in both]),
            own_change=Errors.of([row.error_deg for row in pairs if row.error_deg is not None]),
            naive_change=Errors.of(_naive_errors(pairs)),
        )


def _naive_errors(rows: Sequence[RecordingRow] | Sequence[ChangeRow]) -> list[float]:
    return [row.naive_deg - row.true_deg for row in rows if row.naive_deg is not None and row.true_deg is not None]


@dataclass(frozen=True)
class Detection:
    """What pairs with a true change of some size were called."""

    name: str
    verdicts: Mapping[str, int]

    @property
    def pairs(self) -> int:
        """All of them."""
        return sum(self.verdicts.values())


@dataclass(frozen=True)
class LeftOut(Generic[Row]):
    """An interval made without the person whom it is of.

    Attributes
    ----------
    row : RecordingRow or ChangeRow
    error_deg : float
        With the offset estimated without the person, where the movement has one.
    half_width_deg : float
    """

    row: Row
    error_deg: float
    half_width_deg: float

    @property
    def inside(self) -> bool:
        """Whether the true value lies in the interval."""
        return abs(self.error_deg) <= self.half_width_deg


def measured(rows: Sequence[RecordingRow]) -> list[RecordingRow]:
    """Those that have an error of the end range and were not refused."""
    return [row for row in rows if row.error_deg is not None and row.verdict in ("ok", "caution")]


def mean_size(errors: Errors | None) -> float | None:
    """The mean absolute error in degrees; None of none."""
    return None if errors is None else errors.mean_absolute_deg


def agreement(rows: Sequence[RecordingRow]) -> Agreement | None:
    """Measured less true end range (Bland & Altman 1999), None with fewer than three people.

    Its intervals count people, not recordings: those of one person are no evidence of their own.
    """
    chosen = measured(rows)
    people = len({row.person for row in chosen})
    if people < 3:
        return None
    all_of_them = agreement_of(np.array([(row.true_deg, row.measured_deg) for row in chosen], dtype=np.float64))
    return Agreement(people, all_of_them.bias_deg, all_of_them.sd_deg)


def detections(changes: Sequence[ChangeRow]) -> list[Detection]:
    """What pairs were called, by the size of the true change."""
    known = [(row, row.gain_deg if row.gain_deg is not None else row.true_deg) for row in changes]
    groups: dict[str, list[ChangeRow]] = {f"none (less than {NO_CHANGE_DEG:g}°)": []}
    groups |= {_gain_words(*limits): [] for limits in GAINS_DEG} | {"loss": []}
    for row, gain_deg in known:
        if gain_deg is not None:
            groups[_size_of(gain_deg)].append(row)
    return [
        Detection(name, {verdict: Counter(row.verdict for row in rows)[verdict] for verdict in CHANGE_VERDICTS})
        for name, rows in groups.items()
        if rows
    ]


def _size_of(gain_deg: float) -> str:
    if abs(gain_deg) < NO_CHANGE_DEG:
        return f"none (less than {NO_CHANGE_DEG:g}°)"
    return next((_gain_words(low, high) for low, high in GAINS_DEG if low <= gain_deg < high), "loss")


def _gain_words(low_deg: float, high_deg: float) -> str:
    return f"gain of {low_deg:g}° or more" if high_deg == float("inf") else f"gain of {low_deg:g}° to {high_deg:g}°"


def leave_one_out(rows: Sequence[RecordingRow], table: ResidualTable) -> list[LeftOut[RecordingRow]]:
    """For every recording, the interval that it would have had if its person had not been among the evidence.

    The model's part of its budget, and the offset where the movement has one, are estimated from the others; the correction's own
    uncertainty follows it. Repetitions, landmark noise and view stay what they are. For those who are no evidence all of it counts.
    """
    known = {person: table.residuals(person) for person in sorted({row.person for row in rows})}
    found: list[LeftOut[RecordingRow]] = []
    for row in measured(rows):
        of = known[row.person].get(row.movement)
        if of is not None and row.budget is not None and row.error_deg is not None:
            offset_deg = _offset(row, of.end_range)
            budget = row.budget.with_correction(offset_sd_deg(row.offset_deg), offset_sd_deg(offset_deg))
            half_width_deg = budget.half_width_deg(of.end_range.sd_deg, of.end_range.people)
            found.append(LeftOut(row, row.error_deg - row.offset_deg + offset_deg, half_width_deg))
    return found


def _offset(row: RecordingRow, residual: Residual) -> float:
    """What would be added to a recording by :mod:`~rom_tracker.analysis.correction`: less to a small way, none in space."""
    if row.condition == FITTED:
        return 0.0
    if residual.offset_span_deg is None or row.rom_deg is None:
        return residual.offset_deg
    return residual.offset_deg * float(np.clip((row.rom_deg - row.offset_deg) / residual.offset_span_deg, 0.0, 1.0))


def leave_one_out_of_changes(rows: Sequence[ChangeRow], table: ResidualTable) -> list[LeftOut[ChangeRow]]:
    """The same for changes; pairs that were not measured alike have another error, and are left out."""
    known = {person: table.residuals(person) for person in sorted({row.person for row in rows})}
    found: list[LeftOut[ChangeRow]] = []
    for row in rows:
        of = known[row.person].get(row.movement)
        if of is not None and row.budget is not None and row.error_deg is not None and row.condition != NOT_ALIKE:
            found.append(LeftOut(row, row.error_deg, row.budget.half_width_deg(of.change.sd_deg, of.change.people)))
    return found


def left_out_coverage(found: Sequence[LeftOut[RecordingRow]] | Sequence[LeftOut[ChangeRow]]) -> tuple[Share, float | None]:
    """How many of the intervals hold the true value, and their mean half width in degrees."""
    return Share(sum(one.inside for one in found), len(found)), _mean([one.half_width_deg for one in found])


def _share(inside: Sequence[bool | None]) -> Share:
    known = [one for one in inside if one is not None]
    return Share(sum(known), len(known))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
