"""The tables: typed, described, the same bytes for the same rows; and the page."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import rom_tracker.batch
from rom_tracker.batch.naming import DEFAULT_PATTERN
from rom_tracker.batch.page import write_pages
from rom_tracker.batch.plan import Plan, Task
from rom_tracker.batch.rows import failure_rows, measurement_rows
from rom_tracker.batch.tables import TABLES, write_tables
from rom_tracker.movements import load_catalogue

README = (Path(rom_tracker.batch.__file__).parent / "README.md").read_text(encoding="utf-8")
TASK = Task("<b>&/a_knee_flexion_left.mp4", "/x", 1, "1", "knee_flexion", "left", client='"><script>alert(1)</script>')
ROW = {"verdict": "caution", "end_range_deg": 99.5, "end_range_low_deg": 90.0, "end_range_high_deg": 109.0, "repetitions": 2,
       "frames": 30, "cautions": "<i>Only two.</i>"}  # fmt: skip
RECORD = {"status": "measured", "content_sha256": "0", "attempts": 1, "measurement": ROW, "repetitions": [],
          "curve": [[0.0, 1.0], [0.5, None], [1.0, 99.0], [1.5, 99.5]]}  # fmt: skip
PLAN = Plan((TASK,), (), ())
NO_ROWS = {name: [] for name in TABLES}


def test_the_same_rows_give_the_same_bytes_and_both_forms_hold_the_same(tmp_path):
    contents = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        rows = {**NO_ROWS, "measurements": measurement_rows(PLAN, lambda task: RECORD)}
        contents.append({path.name: path.read_bytes() for path in write_tables(folder, rows)})
    assert contents[0] == contents[1]
    stored = pq.read_table(tmp_path / "a" / "measurements.parquet")
    (row,) = stored.to_pylist()
    assert (row["file"], row["end_range_deg"], row["repetitions"], row["lens"]) == (TASK.file, 99.5, 2, None)
    assert stored.schema.field("end_range_deg").metadata[b"unit"] == b"degrees"
    with (tmp_path / "a" / "measurements.csv").open(newline="", encoding="utf-8") as file:
        (line,) = csv.DictReader(file)
    assert line == {name: "" if value is None else str(value) for name, value in row.items()}


def test_empty_tables_have_their_columns_and_types(tmp_path):
    write_tables(tmp_path, NO_ROWS)
    for name, columns in TABLES.items():
        assert pq.read_schema(tmp_path / f"{name}.parquet").names == [column.name for column in columns]
        assert (tmp_path / f"{name}.csv").read_text().count("\n") == 1


def test_a_name_that_is_no_text_is_written_with_escapes(tmp_path):
    write_tables(tmp_path, {**NO_ROWS, "failures": [{"file": "a\udcff.mp4", "attempts": 0}]})
    assert pq.read_table(tmp_path / "failures.parquet").to_pylist()[0]["file"] == r"a\udcff.mp4"


@pytest.mark.parametrize("name", TABLES)
def test_units_are_in_the_names_and_every_column_is_in_the_readme(name):
    for column in TABLES[name]:
        suffix = {"degrees": "_deg", "seconds": "_s", "degrees per second": "_deg_s"}.get(column.unit)
        assert suffix is None or column.name.endswith(suffix)
        assert column.unit or column.kind != "number" or re.search(r"p_value|sparc", column.name)
        assert f"| {name} | `{column.name}` | {column.kind} | {column.unit} | {column.meaning} |" in README


def test_the_readme_names_the_pattern():
    assert f"`{DEFAULT_PATTERN}`" in README


class Tags(HTMLParser):
    """Collects tags and what they point at."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.targets += [value for name, value in attrs if name in ("href", "src", "srcset", "data", "xlink:href")]


def test_the_page_is_escaped_and_points_at_its_own_folder_alone(tmp_path):
    failed = {"status": "failed", "failure": {"kind": "crashed", "reason": "<u>dead</u>", "advice": "Run."}, "attempts": 2}
    other = Task("b.mp4", "/y", 1, "1", "knee_flexion", "left")
    plan = Plan((TASK, other), (), ())
    records = {TASK: RECORD, other: failed}
    failures = list(failure_rows(plan, records.get))
    (page,) = write_pages(tmp_path, plan, records.get, [], failures, load_catalogue())
    text = page.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)
    assert not {"script", "img", "link", "iframe", "b>", "i", "u"} & set(tags.tags)
    assert tags.tags.count("svg") == 1
    assert all(re.fullmatch(r"[a-z_]+\.csv|#failures", target) for target in tags.targets)
    assert "http:" not in text
    assert "https:" not in text
    assert "&lt;u&gt;dead" in text
    assert "End range 100° (95 %: 90° to 109°), 2 repetitions" in text


def test_many_recordings_are_on_several_pages(tmp_path, monkeypatch):
    monkeypatch.setattr("rom_tracker.batch.page.CHARTS_A_PAGE", 2)
    tasks = tuple(Task(f"{n}.mp4", "/y", 1, "1", "knee_flexion", "left") for n in range(5))
    pages = write_pages(tmp_path, Plan(tasks, (), ()), lambda task: RECORD, [], [], load_catalogue())
    assert [page.name for page in pages] == ["index.html", "index-2.html", "index-3.html"]
    assert [page.read_text(encoding="utf-8").count("<section") for page in pages] == [2, 2, 1]
    write_pages(tmp_path, Plan(tasks[:2], (), ()), lambda task: RECORD, [], [], load_catalogue())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html"]
