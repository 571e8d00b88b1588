"""Tables as people save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rom_tracker.csv_table import read_table
from rom_tracker.errors import UsageError


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("beginning", ["", "\ufeff"], ids=["plain", "byte order mark"])
def test_commas_semicolons_capitals_and_spaces_are_all_the_same(tmp_path: Path, delimiter: str, beginning: str) -> None:
    lines = [" File ,SIDE,More", " a.mp4 , left,x", ",,"]
    text = "\r\n".join(lines).replace(",", delimiter) + f'\r\n"b, the second.mp4"{delimiter}{delimiter}'
    (tmp_path / "t.csv").write_text(beginning + text, encoding="utf-8")
    assert list(read_table(tmp_path / "t.csv", ("file", "side", "client"), ("file",))) == [
        (2, {"file": "a.mp4", "side": "left", "client": ""}),
        (4, {"file": "b, the second.mp4", "side": "", "client": ""}),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "expected the columns file, side.*an empty file"),
        (b"name,side\na,left\n", "expected the columns file, side.*got name, side"),
        (b"file,side\n\xff\xfe,left\n", "cannot be read: its letters are not in UTF-8; .*CSV UTF-8"),
        (b"file,side\na,left\nb,Mueller, Anna\n", "line 3 of t.csv has more cells than there are columns.*quotes"),
        (b'file,side\na,"left\nb,left\n', "line 3 of t.csv is no line of a table.*look at its quotes"),
        (b"file,side,File\na,left,b\n", "the column file is in .* twice"),
        (b"file,sied\na,left\n", "no column 'sied' .*did you mean side"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_such_table_is_told(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(UsageError, match=said):
        list(read_table(tmp_path / "t.csv", ("file", "side"), ("file",)))


def test_what_spreadsheets_call_unicode_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file\tside\nJürgen.mp4\tleft\n", encoding="utf-16")
    assert list(read_table(tmp_path / "t.csv", ("file", "side"), ("file",))) == [(2, {"file": "Jürgen.mp4", "side": "left"})]


def test_empty_cells_beyond_the_columns_and_columns_of_ones_own_are_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,side,inside,size,comment\na,left,x,,,,\n", encoding="utf-8")
    assert list(read_table(tmp_path / "t.csv", ("file", "side"), ("file",))) == [(2, {"file": "a", "side": "left"})]
