"""Reads the tables that people write: CSV as spreadsheets save it, with commas, semicolons or tabs."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from rom_tracker.errors import UsageError
from rom_tracker.spelling import meant

DELIMITERS = ",;\t"


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
        It cannot be read, a column is missing, misspelt or there twice, or a line has more cells than there are columns.
    """
    lines = _text(path).splitlines()
    delimiter = max(DELIMITERS, key=lines[0].count) if lines else ","
    rows = csv.DictReader(lines, delimiter=delimiter, strict=True)
    try:
        named = [name.strip().lower() for name in rows.fieldnames or ()]
        _check_columns(named, columns, needed, path.name)
        rows.fieldnames = named
        for row in rows:
            if any(cell.strip() for cell in row.get(None) or ()):
                raise UsageError(
                    f"line {rows.line_num} of {path.name} has more cells than there are columns; where a cell has a "
                    f'"{delimiter}" in it, put it into quotes, as in "Miller{delimiter} Ann"'
                )
            cells = {name: (row.get(name) or "").strip() for name in columns}
            if any(cells.values()):
                yield rows.line_num, cells
    except csv.Error as error:
        raise UsageError(
            f"line {rows.reader.line_num} of {path.name} is no line of a table ({error}); look at its quotes"
        ) from error


def _text(path: Path) -> str:
    """What is in the file, in UTF-8 or, as spreadsheets call it, Unicode text."""
    try:
        content = path.read_bytes()
        return content.decode("utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    except OSError as error:
        raise UsageError(f'the table "{path}" cannot be read: {error}; check that it is there, and who may read it') from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f'the table "{path}" cannot be read: its letters are not in UTF-8; save it anew, in a spreadsheet as "CSV UTF-8"'
        ) from error


def _check_columns(named: list[str], columns: Collection[str], needed: Collection[str], file: str) -> None:
    if not set(needed) <= set(named):
        came = ", ".join(named) or "an empty file"
        raise UsageError(f'expected the columns {", ".join(columns)} in "{file}", got {came}')
    if twice := sorted({name for name in named if name in columns and named.count(name) > 1}):
        raise UsageError(f'the column {twice[0]} is in "{file}" twice; leave one')
    missing = [name for name in columns if name not in named]
    for name in named:
        if name not in columns and (near := meant(name, missing)):
            raise UsageError(f'there is no column {name!r} to be read in "{file}"; did you mean {near}?')
