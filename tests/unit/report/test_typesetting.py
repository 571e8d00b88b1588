from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from comparisons import compared, course
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from rom_tracker.errors import OutputError, UsageError
from rom_tracker.i18n import LANGUAGES
from rom_tracker.report import Report, Visit, write_report

needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")

HOSTILE = r'#import "/etc/passwd": * #panic() *bold* _it_ $x^2$ <label> @ref [content] \ // /* `raw` = heading - item #{1/0}'


def tool(name: str, *arguments: str) -> str:
    # poppler writes the text of headings in another encoding than the rest.
    return subprocess.run([name, *arguments], capture_output=True, text=True, encoding="utf-8", errors="replace", check=True).stdout


def text_of(path) -> str:
    return " ".join(tool("pdftotext", "-layout", str(path), "-").split())


def without_breaks(text: str) -> str:
    return re.sub(r"[\s\N{HYPHEN}\N{SOFT HYPHEN}-]", "", text)


def pages_of(path) -> int:
    return int(re.search(r"Pages:\s+(\d+)", tool("pdfinfo", str(path)))[1])


@needs_poppler
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_client_gets_one_page_that_screen_readers_can_read(tmp_path, language):
    found = compared("improved", primary=True)
    report = Report.of([found], Visit(client="Kim", pain_before=5, pain_after=2), progress=[course("improved", found)])
    path = tmp_path / "page.pdf"
    write_report(report, path, language=language)
    assert pages_of(path) == 1
    info = tool("pdfinfo", str(path))
    assert re.search(r"Tagged:\s+yes", info)
    assert "Kim" in re.search(r"Title:\s+(.*)", info)[1]
    assert "pdfuaid" in tool("pdfinfo", "-meta", str(path))
    structure = tool("pdfinfo", "-struct-text", str(path))
    assert [kind for kind in ("Document", "H1", "P ", "Figure", "L ") if kind not in structure] == []
    assert list(tmp_path.iterdir()) == [path]


@needs_poppler
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_many_movements_long_names_and_all_verdicts_still_fit_on_one_page(tmp_path, language):
    keys = ["elbow_flexion", "knee_flexion", "shoulder_abduction", "shoulder_flexion", "hip_flexion", "hip_abduction"]
    verdicts = ["improved", "no detectable change", "worse", "refused", "no detectable change", "refused"]
    found = [compared(verdict, key) for verdict, key in zip(verdicts, keys, strict=True)]
    visit = Visit(
        client="Maximiliane Sophie Anna von und zu Hohenlohe-Waldenburg-Schillingsfürst " * 3,
        therapist="Dr. med. Wolfeschlegelsteinhausenbergerdorff " * 2,
        treated="infraspinatus / teres minor",
        complaint="pain " * 60,
        next_steps="slowly, without pain " * 12,
        pain_before=0,
        pain_after=10,
    )
    path = tmp_path / "page.pdf"
    write_report(Report.of(found, visit, progress=[course("worse", found[0])]), path, language=language)
    assert pages_of(path) == 1


@needs_poppler
def test_names_that_would_be_markup_are_shown_letter_by_letter(tmp_path):
    visit = Visit(client=HOSTILE, therapist=HOSTILE, treated=HOSTILE, complaint=HOSTILE, next_steps=HOSTILE)
    for full in (False, True):
        path = tmp_path / f"{full}.pdf"
        write_report(Report.of([compared("refused")], visit), path, full=full)
        shown = without_breaks(tool("pdftotext", str(path), "-"))
        assert shown.count(without_breaks(HOSTILE)) == 5


@given(st.text(max_size=40))
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_name_stops_the_page(tmp_path, name):
    write_report(Report.of([compared("refused")], Visit(client=name, next_steps=name)), tmp_path / "page.pdf")


@needs_poppler
def test_letters_that_no_font_has_become_squares(tmp_path):
    path = tmp_path / "page.pdf"
    write_report(Report.of([compared("refused")], Visit(client="Ana \U0001f9ff\ue000 Müller")), path)
    assert "Ana" in text_of(path)
    assert "Müller" in text_of(path)


def test_the_same_page_as_a_picture(tmp_path):
    path = tmp_path / "page.png"
    write_report(Report.of([compared("no detectable change")], Visit(client="Kim")), path)
    with Image.open(path) as image:
        width, height = image.size
        assert height / width == pytest.approx(297 / 210, abs=0.01)
        assert len(image.convert("L").getcolors(256)) > 20
    write_report(Report.of([compared("no detectable change")]), path, paper="letter")
    with Image.open(path) as image:
        assert image.size[1] / image.size[0] == pytest.approx(11 / 8.5, abs=0.01)


@needs_poppler
def test_the_longer_report_has_repetitions_budget_flags_and_sources(tmp_path):
    found = compared("improved", primary=True)
    path = tmp_path / "report.pdf"
    write_report(Report.of([found, compared("refused", "knee_flexion")], progress=[course("worse", found)]), path, full=True)
    words = text_of(path)
    for wanted in (
        "Error budget of the change", "pose model and set-up", "Repetitions counted", "chosen beforehand", "JCGM 100:2008",
        "Nobody was found", "Refused:", "Theil", "rom_tracker",
    ):  # fmt: skip
        assert wanted in words
    for r in found.before.repetitions.scored:
        assert f"{r.peak_deg:.0f}°" in words
    assert "PDF/UA" in tool("pdfinfo", str(path)) or "pdfuaid" in tool("pdfinfo", "-meta", str(path))


def test_a_wrong_ending_language_paper_or_folder_is_told_and_nothing_is_left(tmp_path):
    report = Report.of([compared("refused")])
    with pytest.raises(UsageError, match=r"\.pdf or \.png"):
        write_report(report, tmp_path / "page.docx")
    with pytest.raises(UsageError, match=r"\.pdf for a report"):
        write_report(report, tmp_path / "page.png", full=True)
    with pytest.raises(UsageError, match="expected a language"):
        write_report(report, tmp_path / "page.pdf", language="fr")
    with pytest.raises(UsageError, match="a4 or letter"):
        write_report(report, tmp_path / "page.pdf", paper="a3")
    with pytest.raises(OutputError):
        write_report(report, tmp_path / "nowhere" / "page.pdf")
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_fit_together_is_told():
    found = compared("improved", primary=True)
    with pytest.raises(UsageError, match="one comparison or more"):
        Report.of([])
    with pytest.raises(UsageError, match="Elbow flexion, left more than once"):
        Report.of([found, compared("worse")])
    with pytest.raises(UsageError, match=r"one placement a comparison \(1\), got 2"):
        Report.of([found], placements=[None, None])
    with pytest.raises(UsageError, match="0 to 10"):
        Visit(pain_before=11)


def test_the_one_chosen_beforehand_comes_first():
    report = Report.of([compared("refused", "knee_flexion"), compared("improved", primary=True)])
    assert [result.role for result in report.results] == ["chosen beforehand", "exploratory"]
    assert report.results[0].comparison.before.movement.key == "elbow_flexion"
    assert report.progress_of(report.results[0]) is None
    assert replace(report, progress=(course("improved", compared("improved")),)).progress_of(report.results[0]) is not None
