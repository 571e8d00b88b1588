"""The model's part of the error, as the catalogue of movements states it, from the errors of recordings with known angles.

How they are put together is said in ``evidence.toml``. Without an offset the model's error is its root mean square: systematic part
included, so that an interval about the measured value is wide enough for the usual bias. With one it is the standard deviation of a
new person's error about the offset estimated from ``n`` people, ``sqrt(sum of squares / (n - 1) * (1 + 1 / n))`` over people; both
have one degree of freedom for every person.

A movement has an offset where that makes it more exact on people it does not know: where, over all people, the root mean square
about the mean of the others is no more than a stated share of the root mean square about zero. Where rendered people are known to
err more than real ones, only a share of the mean is taken out. The true error lies anywhere between none and all of the rendered
one, so that the rest adds its size over the root of three; on rendered people themselves all of it is left.

From either the variance is taken off that the repetitions, the landmarks' noise and the view explain in recordings of two
repetitions and more, since they are added again in every interval. What a correction and an unknown lens add stays on top: rendered
people do not show it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rom_tracker.movements import Movement
from rom_tracker.validation.evidence import ResidualRules
from rom_tracker.validation.moderation import moderated_variances
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
    offset_span_deg : float or None
        The way from start to end range that nine in ten of the people behind the offset exceed, in degrees.
    """

    sd_deg: float
    people: int
    offset_deg: float = 0.0
    offset_span_deg: float | None = None


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
    own_sd_deg: float | None = None
    rom_deg: float | None = None


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
        self._ends = [_end_of(row) for row in used]
        self._changes = [_Error(a.movement, a.person, _change(a, b), _own_of_change(a, b)) for a, b in _pairs(used)]

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
        # A movement that borrows another's error has no correction, so it borrows the whole of it.
        whole = {key: one for key in own if (one := self._end_range(key, ends, correct=False)) is not None}
        large = [key for key in whole if self._movements[key].joint in self._rules.large_joints]
        certain_least = max(large or whole, key=lambda key: whole[key].sd_deg, default=None)
        if certain_least is None or widest_change is None:
            return {}
        of_large = [of_change[key] for key in large if key in of_change]
        least_certain_change = max(of_large, key=lambda one: one.sd_deg, default=widest_change)
        others = MovementResiduals("", whole[certain_least], least_certain_change, own=False)
        found: dict[str, MovementResiduals] = {}
        for key in self._movements:
            if key in own:
                found[key] = MovementResiduals(key, own[key], of_change.get(key, widest_change), own=True)
            else:
                of = whole.get(self._rules.borrowed.get(key, ""), others.end_range)
                found[key] = MovementResiduals(key, of, others.change, own=False)
        return found

    @property
    def people(self) -> set[str]:
        """Everybody who stands behind any number."""
        return {error.person for error in (*self._ends, *self._changes)}

    def _end_range(self, key: str, errors: Sequence[_Error], *, correct: bool = True) -> Residual | None:
        rules = self._rules if correct else self._rules.model_copy(update={"offset_share": 0.0})
        joint = self._movements[key].joint
        least = rules.least_of_joint_deg.get(joint, rules.least_deg)
        share = rules.corrected_share.get(joint, 1.0)
        found = _residual(errors, [key], rules, share)
        if found is None:
            return None
        if found.people < rules.few_people:
            groups = [group for group in rules.shared_where_few if key in group]
            together = [_residual(errors, group, rules, share) for group in groups]
            wider = max((one for one in together if one is not None), key=lambda one: one.sd_deg, default=found)
            if wider.sd_deg > found.sd_deg:
                found = replace(found, sd_deg=wider.sd_deg, people=wider.people)
        return replace(found, sd_deg=max(found.sd_deg, least))

    def _of_changes(self, errors: Sequence[_Error]) -> dict[str, Residual]:
        """The error of a change for the movements of every group that has enough pairs, moderated by that of all groups."""
        named = {movement for group in self._rules.change_together for movement in group}
        groups = [*self._rules.change_together, sorted({error.movement for error in errors} - named)]
        chosen = [[error for error in errors if error.movement in group] for group in groups]
        enough = [(group, of_group) for group, of_group in zip(groups, chosen, strict=True) if len(of_group) >= LEAST_PAIRS]
        alone = [_net(_rms([error.raw_deg for error in of_group]), of_group) for _, of_group in enough]
        least = self._rules.least_of_change_deg
        moderated = moderated_variances([max(sd_deg, least) ** 2 for sd_deg in alone], [len(of_group) for _, of_group in enough])
        return {
            movement: Residual(float(np.sqrt(variance)), round(freedom))
            for (group, _), (variance, freedom) in zip(enough, moderated, strict=True)
            for movement in group
        }


def is_used(row: RecordingRow, rules: ResidualRules) -> bool:
    """Whether a recording counts for the model's error: it has one, was not refused, and no other term of the budget covers it."""
    return row.error_deg is not None and row.verdict in ("ok", "caution") and row.condition not in rules.left_out


def _residual(errors: Sequence[_Error], movements: Collection[str], rules: ResidualRules, share: float) -> Residual | None:
    """What is left of the errors of some movements, of whose mean a share is taken out."""
    chosen = [error for error in errors if error.movement in movements]
    means = _means(chosen)
    people = len(means)
    if people < LEAST_PEOPLE:
        return None
    raw = np.array([error.raw_deg for error in chosen])
    if people < rules.offset_people or _rms_on_others(chosen, means, share) > rules.offset_share * _rms(raw):
        return Residual(_net(_rms(raw), chosen), people)
    mean = float(np.mean(list(means.values())))
    about = _rms(raw - mean) * float(np.sqrt(people / (people - 1) * (1 + 1 / people)))
    left = (1 - share) * mean / float(np.sqrt(3))
    ways = [error.rom_deg for error in chosen if error.rom_deg is not None]
    span_deg = float(np.percentile(ways, 10)) if ways else None
    return Residual(_net(float(np.hypot(about, left)), chosen), people, -share * mean, span_deg)


def _means(errors: Iterable[_Error]) -> dict[str, float]:
    """The mean error of each person."""
    of: dict[str, list[float]] = {}
    for error in errors:
        of.setdefault(error.person, []).append(error.raw_deg)
    return {person: float(np.mean(values)) for person, values in of.items()}


def _rms_on_others(errors: Sequence[_Error], means: Mapping[str, float], share: float) -> float:
    """Root mean square of the errors about a share of the mean of all people but the one whose they are."""
    total, people = sum(means.values()), len(means)
    return _rms([error.raw_deg - share * (total - means[error.person]) / (people - 1) for error in errors])


def _net(sd_deg: float, errors: Sequence[_Error]) -> float:
    """What is left of a standard deviation when the other terms' variance is taken off."""
    own = [error.own_sd_deg for error in errors if error.own_sd_deg is not None]
    return float(np.sqrt(max(sd_deg**2 - float(np.mean(np.square(own))), 0.0))) if own else sd_deg


def _end_of(row: RecordingRow) -> _Error:
    own = row.own_sd_deg if row.repetitions_found > 1 else None
    way_deg = None if row.rom_deg is None else row.rom_deg - row.offset_deg
    return _Error(row.movement, row.person, (row.error_deg or 0.0) - row.offset_deg, own, way_deg)


def _own_of_change(before: RecordingRow, after: RecordingRow) -> float | None:
    """The terms of both without what they share."""
    if before.own_sd_deg is None or after.own_sd_deg is None or min(before.repetitions_found, after.repetitions_found) < 2:
        return None
    return float(np.hypot(before.own_sd_deg, after.own_sd_deg))


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
