"""Tables as people save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rom_tracker.csv_table import read_table
from rom_tracker.errors import UsageError


@pytest.mark.parametrize("delimiter", [",", ";"])
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
        (b"file,side\n\xff\xfe,left\n", "cannot be read.*UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_such_table_is_told(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(UsageError, match=said):
        list(read_table(tmp_path / "t.csv", ("file", "side"), ("file",)))
