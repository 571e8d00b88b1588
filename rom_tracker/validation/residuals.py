"""The model's part of the error, as the catalogue of movements states it, from the errors of recordings with known angles.

How they are put together is said in ``evidence.toml``. Without an offset the model's error is its root mean square: systematic part
included, so that an interval about the measured value is wide enough for the usual bias. With one it is the standard deviation of a
new person's error about the offset estimated from ``n`` people, ``sqrt(sum of squares / (n - 1) * (1 + 1 / n))`` over people; both
have one degree of freedom for every person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rom_tracker.movements import Movement
from rom_tracker.validation.evidence import ResidualRules
from rom_tracker.validation.tables import RecordingRow

#: A group of movements needs so many pairs for an error of the change of its own.
LEAST_PAIRS = 2

#: An error of the model needs so many people.
LEAST_PEOPLE = 2


@dataclass(frozen=True)
class Residual:
    """The model's part of an error.

    Attributes
    ----------
    sd_deg : float
    people : int
        How many stand behind it: its degrees of freedom.
    offset_deg : float
        What is to be added to the measured end range for the usual error; 0 where the movement has no offset.
    """

    sd_deg: float
    people: int
    offset_deg: float = 0.0


@dataclass(frozen=True)
class MovementResiduals:
    """What the catalogue states of one movement.

    Attributes
    ----------
    movement : str
    end_range, change : Residual
    own : bool
        Whether recordings of this movement stand behind it.
    """

    movement: str
    end_range: Residual
    change: Residual
    own: bool


@dataclass(frozen=True)
class _Error:
    """One error of one person, in degrees, without an offset."""

    movement: str
    person: str
    raw_deg: float


class ResidualTable:
    """Errors of recordings and of changes, and what they give for a movement.

    Parameters
    ----------
    recordings : iterable of RecordingRow
        Those that are evidence; what has no error or is left out by the rules is not used.
    rules : ResidualRules
    movements : mapping of str to Movement
        The catalogue: joints, and what there is besides.
    """

    def __init__(self, recordings: Iterable[RecordingRow], rules: ResidualRules, movements: Mapping[str, Movement]) -> None:
        used = [row for row in recordings if is_used(row, rules)]
        self._rules = rules
        self._movements = movements
        self._ends = [_Error(row.movement, row.person, (row.error_deg or 0.0) - row.offset_deg) for row in used]
        self._changes = [_Error(before.movement, before.person, _change(before, after)) for before, after in _pairs(used)]

    def residuals(self, without: str | None = None) -> dict[str, MovementResiduals]:
        """What the catalogue would state of every movement; by key, in the order of the catalogue.

        Parameters
        ----------
        without : str, optional
            A person whose recordings and pairs are left out of all numbers.
        """
        ends = [error for error in self._ends if error.person != without]
        changes = [error for error in self._changes if error.person != without]
        own = {key: one for key in self._movements if (one := self._end_range(key, ends)) is not None}
        of_change = self._of_changes(changes)
        widest_change = max(of_change.values(), key=lambda one: one.sd_deg, default=None)
        large = [key for key in own if self._movements[key].joint in self._rules.large_joints]
        certain_least = max(large or own, key=lambda key: own[key].sd_deg, default=None)
        if certain_least is None or widest_change is None:
            return {}
        others = MovementResiduals("", own[certain_least], of_change.get(certain_least, widest_change), own=False)
        found: dict[str, MovementResiduals] = {}
        for key in self._movements:
            if key in own:
                found[key] = MovementResiduals(key, own[key], of_change.get(key, widest_change), own=True)
            else:
                of = own.get(self._rules.borrowed.get(key, ""), others.end_range)
                found[key] = MovementResiduals(key, Residual(of.sd_deg, of.people), others.change, own=False)
        return found

    @property
    def people(self) -> set[str]:
        """Everybody who stands behind any number."""
        return {error.person for error in (*self._ends, *self._changes)}

    def _end_range(self, key: str, errors: Sequence[_Error]) -> Residual | None:
        rules = self._rules
        least = rules.least_of_joint_deg.get(self._movements[key].joint, rules.least_deg)
        found = _residual(errors, [key], with_offset=key in rules.with_offset)
        if found is None:
            return None
        if found.people < rules.few_people:
            groups = [group for group in rules.shared_where_few if key in group]
            together = [_residual(errors, group, with_offset=key in rules.with_offset) for group in groups]
            wider = max((one for one in together if one is not None), key=lambda one: one.sd_deg, default=found)
            if wider.sd_deg > found.sd_deg:
                found = Residual(wider.sd_deg, wider.people, found.offset_deg)
        return Residual(max(found.sd_deg, least), found.people, found.offset_deg)

    def _of_changes(self, errors: Sequence[_Error]) -> dict[str, Residual]:
        """The error of a change for the movements of every group that has enough pairs."""
        named = {movement for group in self._rules.change_together for movement in group}
        groups = [*self._rules.change_together, sorted({error.movement for error in errors} - named)]
        found: dict[str, Residual] = {}
        for group in groups:
            values = [error.raw_deg for error in errors if error.movement in group]
            if len(values) >= LEAST_PAIRS:
                found |= {movement: Residual(_rms(values), len(values)) for movement in group}
        return found


def is_used(row: RecordingRow, rules: ResidualRules) -> bool:
    """Whether a recording counts for the model's error: it has one, was not refused, and no other term of the budget covers it."""
    return row.error_deg is not None and row.verdict in ("ok", "caution") and row.condition not in rules.left_out


def _residual(errors: Sequence[_Error], movements: Collection[str], *, with_offset: bool) -> Residual | None:
    chosen = [error for error in errors if error.movement in movements]
    people = len({error.person for error in chosen})
    if people < LEAST_PEOPLE:
        return None
    raw = np.array([error.raw_deg for error in chosen])
    if not with_offset:
        return Residual(_rms(raw), people)
    mean = float(np.mean([np.mean([e.raw_deg for e in chosen if e.person == p]) for p in sorted({e.person for e in chosen})]))
    return Residual(_rms(raw - mean) * float(np.sqrt(people / (people - 1) * (1 + 1 / people))), people, -mean)


def _pairs(rows: Iterable[RecordingRow]) -> list[tuple[RecordingRow, RecordingRow]]:
    """Before and after of one person and movement, filmed alike."""
    moments: dict[tuple[str, ...], dict[str, RecordingRow]] = {}
    for row in rows:
        if row.pair:
            moments.setdefault((row.set, row.movement, row.pair, row.side, row.condition), {})[row.moment] = row
    return [(pair["before"], pair["after"]) for pair in moments.values() if len(pair) == 2]


def _change(before: RecordingRow, after: RecordingRow) -> float:
    return (after.error_deg or 0.0) - (before.error_deg or 0.0)


def _rms(values: Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
