"""The tables of what was measured against what is true: one row a recording, one row a pair of recordings."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import numpy as np

from rom_tracker.analysis.uncertainty import ErrorBudget, ErrorTerm
from rom_tracker.errors import MeasurementError
from rom_tracker.output_files import written_whole

#: What the sources of the model's part of an error are called in a budget: all that begin so.
MODEL = "pose model"

#: Digits that the tables keep of a number.
DIGITS = 3


class TableError(MeasurementError):
    """A table is missing, damaged, or of another form."""


@dataclass(frozen=True)
class Budget:
    """An error budget in two parts: the model's, which is known from recordings with truth, and all else.

    Attributes
    ----------
    model_sd_deg, model_people : float
        Standard deviation in degrees, and the degrees of freedom it has.
    other_sd_deg, other_freedom : float
        Those of all other terms together; ``inf`` degrees of freedom where their size is known.
    """

    model_sd_deg: float
    model_people: float
    other_sd_deg: float
    other_freedom: float

    @classmethod
    def of(cls, terms: Sequence[dict[str, Any]]) -> Budget | None:
        """The parts of a budget as ``--json`` prints it; None where it has not exactly one term of the model."""
        all_terms = [
            (str(t["source"]), float(t["sd_deg"]), float("inf") if (free := t["degrees_of_freedom"]) is None else float(free))
            for t in terms
        ]
        models = [term for term in all_terms if term[0].startswith(MODEL)]
        if len(models) != 1:
            return None
        other = ErrorBudget(tuple(ErrorTerm(*term) for term in all_terms if term not in models))
        return cls(models[0][1], models[0][2], other.sd_deg, other.degrees_of_freedom)

    def with_correction(self, was_sd_deg: float, is_sd_deg: float) -> Budget:
        """The same with another correction: its standard deviation in degrees as it was, which the rest holds, and as it is.

        A correction's size is taken as known, so that the terms with few degrees of freedom keep their share of them.
        """
        squared = max(self.other_sd_deg**2 - was_sd_deg**2, 0.0) + is_sd_deg**2
        grown = squared / self.other_sd_deg**2 if self.other_sd_deg else 1.0
        return replace(self, other_sd_deg=float(np.sqrt(squared)), other_freedom=self.other_freedom * grown**2)

    def half_width_deg(self, model_sd_deg: float, model_people: float) -> float:
        """Half the width of the 95 % interval in degrees with another part of the model."""
        other = ErrorTerm("other", self.other_sd_deg, self.other_freedom)
        return ErrorBudget((other, ErrorTerm(MODEL, model_sd_deg, model_people))).half_width_deg


@dataclass(frozen=True)
class RecordingRow:
    """What was measured in one recording, and what is true.

    Attributes
    ----------
    set, recording, movement, side, person : str
    pair, moment : str
        Empty where the recording stands alone; before or after.
    condition : str
        How it was filmed, where its error is another one for it; else empty.
    verdict : str
        ok, caution, refused; failed where it could not be measured at all.
    true_deg, measured_deg, error_deg : float or None
        Mean end range, in degrees; None where there is none.
    repetitions_true, repetitions_found : int
    offset_deg : float
        What was added to the measured end range for the usual error of its movement, in degrees.
    rom_deg : float or None
        From start to end range as measured, in degrees.
    own_sd_deg : float or None
        Standard deviation of what another recording of the same person does not share, in degrees: repetitions, noise, view.
    low_deg, high_deg : float or None
        95 % interval of the measured end range.
    model_sd_deg, model_people, other_sd_deg, other_freedom : float or None
        See :class:`Budget`.
    series_error_deg : float or None
        Mean absolute error over the frames, in degrees.
    naive_deg, naive_series_error_deg : float or None
        The same of the naive loop; None for a movement that it has no angle for.
    flags : str
        Codes of the flags that are more than a note, separated by spaces.
    reason : str
        Why it was refused or failed.
    model : str
        The pose model that it was measured with.
    """

    set: str
    recording: str
    movement: str
    side: str
    person: str
    pair: str = ""
    moment: str = ""
    condition: str = ""
    verdict: str = "failed"
    true_deg: float | None = None
    measured_deg: float | None = None
    error_deg: float | None = None
    repetitions_true: int = 0
    repetitions_found: int = 0
    offset_deg: float = 0.0
    rom_deg: float | None = None
    own_sd_deg: float | None = None
    low_deg: float | None = None
    high_deg: float | None = None
    model_sd_deg: float | None = None
    model_people: float | None = None
    other_sd_deg: float | None = None
    other_freedom: float | None = None
    series_error_deg: float | None = None
    naive_deg: float | None = None
    naive_series_error_deg: float | None = None
    flags: str = ""
    reason: str = ""
    model: str = ""

    @property
    def budget(self) -> Budget | None:
        """The parts of its error budget, where it has one."""
        return _budget(self)

    @property
    def half_width_deg(self) -> float | None:
        """Half the width of its 95 % interval in degrees."""
        return None if self.low_deg is None or self.high_deg is None else (self.high_deg - self.low_deg) / 2

    @property
    def inside(self) -> bool | None:
        """Whether the true end range lies in the interval; None where there is no interval or no true end range."""
        if self.low_deg is None or self.high_deg is None or self.true_deg is None:
            return None
        return self.low_deg <= self.true_deg <= self.high_deg


@dataclass(frozen=True)
class ChangeRow:
    """What was measured of the change between two recordings of one person, and what is true.

    Attributes
    ----------
    set, pair, movement, side, person : str
    condition : str
        What both recordings have as theirs; "not alike" where they differ.
    verdict : str
        improved, no detectable change, worse, refused; failed where a recording could not be measured.
    true_deg, measured_deg, error_deg : float or None
        After less before, in degrees.
    gain_deg : float or None
        The true change in the direction that is better, in degrees.
    detectable_deg : float or None
        The smallest change that is told from error; half the width of the 95 % interval.
    model_sd_deg, model_people, other_sd_deg, other_freedom : float or None
        See :class:`Budget`.
    naive_deg : float or None
        The change by the naive loop.
    """

    set: str
    pair: str
    movement: str
    side: str
    person: str
    condition: str = ""
    verdict: str = "failed"
    true_deg: float | None = None
    measured_deg: float | None = None
    error_deg: float | None = None
    gain_deg: float | None = None
    detectable_deg: float | None = None
    model_sd_deg: float | None = None
    model_people: float | None = None
    other_sd_deg: float | None = None
    other_freedom: float | None = None
    naive_deg: float | None = None

    @property
    def budget(self) -> Budget | None:
        """The parts of its error budget, where it has one."""
        return _budget(self)

    @property
    def inside(self) -> bool | None:
        """Whether the true change lies in the interval; None where there is none."""
        if self.error_deg is None or self.detectable_deg is None:
            return None
        return abs(self.error_deg) <= self.detectable_deg


#: The condition of a recording whose angle was taken from a body in space.
FITTED = "fitted in space"

#: What the conditions of a pair are called where they differ.
NOT_ALIKE = "not alike"

Row = TypeVar("Row", RecordingRow, ChangeRow)

#: The columns of residuals.csv: what the model's part of the error is computed from.
RESIDUAL_COLUMNS = tuple(field.name for field in fields(RecordingRow))[: [f.name for f in fields(RecordingRow)].index("low_deg")]


def _budget(row: RecordingRow | ChangeRow) -> Budget | None:
    parts = (row.model_sd_deg, row.model_people, row.other_sd_deg, row.other_freedom)
    return None if None in parts else Budget(*(part for part in parts if part is not None))


def write_rows(path: Path, rows: Iterable[RecordingRow] | Iterable[ChangeRow], columns: Sequence[str]) -> None:
    """Write rows as CSV: UTF-8, a dot for decimals, empty where there is no value; the same rows give the same bytes.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_shown(getattr(row, column)) for column in columns] for row in rows)
    with written_whole(path) as part:
        part.write_text(text.getvalue(), encoding="utf-8", newline="")


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """Rows as :func:`write_rows` wrote them; columns that are not there get their usual value.

    Raises
    ------
    TableError
        The file is missing, or a value is not what its column holds.
    """
    types = get_type_hints(kind)
    rows: list[Row] = []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for line, cells in enumerate(csv.DictReader(file), start=2):
                try:
                    values = {name: _value(text, types[name]) for name, text in cells.items() if name in types}
                    rows.append(kind(**{name: value for name, value in values.items() if value is not None}))
                except (TypeError, ValueError) as error:
                    raise TableError(f"line {line} of {path} is not a row of this table: {error}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f'expected a table at "{path}", got: {error}') from error
    return rows


def _shown(value: object) -> str:
    if value is None:
        return ""
    return str(round(value, DIGITS) + 0.0) if isinstance(value, float) else str(value)


def _value(text: str | None, kind: Any) -> Any:
    if kind is str:
        return text or ""
    if not text:
        return None
    number = float(text)
    if np.isnan(number):
        raise ValueError(f"{text!r} is not a number")
    return int(number) if kind is int else number
