import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from known import CHANGES, ROWS

from rom_tracker.movements import load_catalogue
from rom_tracker.validation.content import Content
from rom_tracker.validation.evidence import Evidence, EvidenceError, load_evidence
from rom_tracker.validation.page import write_page
from rom_tracker.validation.tables import ChangeRow, RecordingRow, TableError, read_rows, write_rows

ROOT = Path(__file__).parents[3]
EVIDENCE = Evidence.model_validate({
    "set": [{"name": "made", "folder": "made_here", "about": "by hand", "residuals": True,
             "tuned": [{"what": "the look", "recordings": ["a_*"]}]}],
    "class": [{"title": "Side view: knee", "movements": ["knee_flexion"]}],
    "limits": ["Nobody is real."],
})  # fmt: skip


def content(rows=ROWS, changes=CHANGES):
    return Content(list(rows), list(changes), EVIDENCE, load_catalogue().movements, "Written by a test.")


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    page = tmp_path_factory.mktemp("page") / "accuracy.md"
    (page.with_suffix("")).mkdir()
    (page.with_suffix("") / "gone.svg").touch()
    write_page(page, content())
    return page


def test_the_figures_are_on_the_page(page):
    text = page.read_text(encoding="utf-8")
    assert "6 recordings of 4 people" in text
    assert "| **all** | 6 | 4 | 1 | +1.2 | 2.8 | 3.3 | +6.0 | 2.0 | 1.0 (2) | 4/5 | 80 % (4/5) | 5.0 |" in text
    assert "| gain of 8° or more | 1 | 1 | 0 | 0 | 0 | 0 |" in text
    assert "| `d` (made) | Knee flexion | refused | Turned. |" in text
    assert "| Knee flexion | 5 | 2.8 | 10.0 | +6.0 | \N{MINUS SIGN}10.0 | 2.0 | 8.0 | 1.0 | 3.0 |" in text
    assert "| `made` | by hand | the look (on `a_*`) | 1 of 4 | yes |" in text
    assert "- Nobody is real." in text


def test_intervals_of_one_repetition_stand_apart(tmp_path):
    """Without c the residual is the root of the mean of 1, 9, 4, 4, with two people: by Student's t 9.1 either way."""
    (kept,) = (row for row in ROWS if row.recording == "c")
    for found, cells in ((1, "100 % (1/1) | 9.1 | - | -"), (3, "- | - | 100 % (1/1) | 9.1")):
        rows = [replace(row, repetitions_found=found) if row is kept else row for row in ROWS]
        write_page(tmp_path / "accuracy.md", content(rows))
        assert f"\n| **all** | {cells} |\n" in (tmp_path / "accuracy.md").read_text(encoding="utf-8")


def test_every_picture_is_there_and_no_other(page):
    named = set(re.findall(r'src="([^"]+)"', page.read_text(encoding="utf-8")))
    there = {f"accuracy/{path.name}" for path in page.with_suffix("").glob("*.svg")}
    assert named == there != set()


def test_the_same_rows_give_the_same_bytes(page, tmp_path):
    again = tmp_path / "accuracy.md"
    write_page(again, content())
    for path in (page, *page.with_suffix("").glob("*.svg")):
        assert (again.parent / path.relative_to(page.parent)).read_bytes() == path.read_bytes(), path.name


def test_a_page_of_refusals_alone_can_be_written(tmp_path):
    write_page(tmp_path / "accuracy.md", content(ROWS[-1:], []))
    assert "Turned." in (tmp_path / "accuracy.md").read_text(encoding="utf-8")


def test_tables_come_back_as_they_were(tmp_path):
    write_rows(tmp_path / "r.csv", ROWS, [field.name for field in fields(RecordingRow)])
    write_rows(tmp_path / "c.csv", CHANGES, [field.name for field in fields(ChangeRow)])
    assert read_rows(tmp_path / "r.csv", RecordingRow) == ROWS
    assert read_rows(tmp_path / "c.csv", ChangeRow) == CHANGES


@pytest.mark.parametrize("text", ["set,recording\nmade,x\n", "set,recording,movement,side,person,true_deg\na,b,c,d,e,x\n"])
def test_a_damaged_table_is_told_with_its_line(tmp_path, text):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(TableError, match="line 2"):
        read_rows(tmp_path / "r.csv", RecordingRow)


def test_the_projects_own_evidence_is_sound():
    evidence = load_evidence(ROOT / "calibration" / "evidence.toml")
    movements = load_catalogue().movements
    named = [movement for one in evidence.classes for movement in one.movements]
    assert set(named) == {key for key, entry in movements.items() if entry.evidence == "own"}
    groups = [*evidence.residual.change_together, *evidence.residual.shared_where_few, list(evidence.residual.borrowed)]
    assert {movement for group in groups for movement in group} <= set(movements)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[set]]\nname = 1\n", "name"),
        ("[[set]]\n", "set.0"),
        ("ruled = 1", "ruled"),
        ("= 1", "TOML"),
        ('[[class]]\ntitle = "a"\nmovements = ["x", "x"]\n', "more than once: x"),
    ],
)
def test_mistakes_in_the_evidence_are_told(tmp_path, text, words):
    (tmp_path / "evidence.toml").write_text(text)
    with pytest.raises(EvidenceError, match=re.escape(words)):
        load_evidence(tmp_path / "evidence.toml")


def test_the_gravest_use_of_a_person_counts():
    assert EVIDENCE.uses(ROWS) == {"a": "tuned on", "b": "intervals only", "c": "intervals only", "d": "intervals only"}
    assert set(Evidence().uses(ROWS).values()) == {"untouched"}
