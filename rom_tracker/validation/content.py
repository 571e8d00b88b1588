"""What the accuracy page is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rom_tracker.movements import Movement
from rom_tracker.validation.evidence import Evidence
from rom_tracker.validation.figures import (
    Beside,
    LeftOut,
    leave_one_out,
    leave_one_out_of_changes,
)
from rom_tracker.validation.residuals import ResidualTable
from rom_tracker.validation.tables import ChangeRow, RecordingRow


@dataclass(frozen=True)
class Content:
    """All that the page is made of.

    Attributes
    ----------
    rows, changes : list
        In the order of the tables.
    evidence : Evidence
    movements : mapping of str to Movement
        The catalogue.
    made_with : str
        The command and the version that measured, for the page's first lines.
    further : list
        Rows of sets that are evidence and were not measured this time.
    """

    rows: list[RecordingRow]
    changes: list[ChangeRow]
    evidence: Evidence
    movements: Mapping[str, Movement]
    made_with: str
    further: list[RecordingRow] = field(default_factory=list)

    @property
    def residual_table(self) -> ResidualTable:
        """All the evidence."""
        rows = [row for row in (*self.further, *self.rows) if self.evidence.for_residuals(row.set)]
        return ResidualTable(rows, self.evidence.residual, self.movements)

    @property
    def classes(self) -> dict[str, list[RecordingRow]]:
        """Rows by the title of their class, in the order of ``evidence.toml``."""
        titles = [*(one.title for one in self.evidence.classes), "Others"]
        grouped = {title: [row for row in self.rows if self.evidence.class_of(row.movement) == title] for title in titles}
        return {title: rows for title, rows in grouped.items() if rows}

    def title(self, movement: str) -> str:
        """What people call a movement."""
        entry = self.movements.get(movement)
        return movement if entry is None else entry.title

    def changes_of(self, rows: Sequence[RecordingRow]) -> list[ChangeRow]:
        """The pairs among rows."""
        pairs = {(row.set, row.pair, row.movement) for row in rows if row.pair}
        return [change for change in self.changes if (change.set, change.pair, change.movement) in pairs]

    @cached_property
    def left_out(self) -> list[LeftOut[RecordingRow]]:
        """Every interval made without the person whom it is of."""
        return leave_one_out(self.rows, self.residual_table)

    @cached_property
    def left_out_changes(self) -> list[LeftOut[ChangeRow]]:
        """The same of the changes."""
        return leave_one_out_of_changes(self.changes, self.residual_table)

    @cached_property
    def beside(self) -> dict[str, Beside]:
        """The program and the naive loop by the movement's title, in the order of the catalogue."""
        order = [key for key in self.movements if any(row.movement == key for row in self.rows)]
        by_movement = {key: [row for row in self.rows if row.movement == key] for key in order}
        found = {self.title(key): Beside.of(rows, self.changes_of(rows)) for key, rows in by_movement.items()}
        return {title: one for title, one in found.items() if one.own is not None}
