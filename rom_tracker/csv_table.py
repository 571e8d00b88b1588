"""Reads the tables that people write: CSV as spreadsheets save it, with commas or semicolons."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from rom_tracker.errors import UsageError


def read_table(path: Path, columns: Collection[str], needed: Collection[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of a table that are not empty, each with its number.

    Parameters
    ----------
    path : Path
    columns : collection of str
        Those that are read, in small letters; every line has all of them, empty where the table has not.
    needed : collection of str
        Those without which it is another table.

    Raises
    ------
    UsageError
        It cannot be read, or a column is missing.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f'the table "{path}" cannot be read: {error}; save it as CSV, UTF-8') from error
    rows = csv.DictReader(lines, delimiter=";" if lines and lines[0].count(";") > lines[0].count(",") else ",")
    named = [name.strip().lower() for name in rows.fieldnames or ()]
    if not set(needed) <= set(named):
        came = ", ".join(named) or "an empty file"
        raise UsageError(f'expected the columns {", ".join(columns)} in "{path.name}", got {came}')
    rows.fieldnames = named
    for row in rows:
        cells = {name: (row.get(name) or "").strip() for name in columns}
        if any(cells.values()):
            yield rows.line_num, cells
