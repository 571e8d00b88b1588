from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rom_tracker.sample_clips import sample_pairs

BEFORE, AFTER = next((b, a) for b, a in sample_pairs() if b.movement == "shoulder_abduction")
OPTIONS = ("--movement", BEFORE.movement, "--side", BEFORE.side)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_from_two_clips_to_the_clients_page_in_one_command(run: Any, tmp_path: Path) -> None:
    page, picture = tmp_path / "page.pdf", tmp_path / "page.png"
    names = ("--name", "Änne #import", "--language", "de", "--treated", "upper trapezius", "--photos")
    done = run("report", BEFORE.path, AFTER.path, *OPTIONS, *names, "--out", page, "--out", picture)
    assert done.exit_code == 0
    assert "improved" in done.out
    assert str(page) in done.out.replace("\n", "")
    words = " ".join(subprocess.run(["pdftotext", "-layout", page, "-"], capture_output=True, text=True, check=True).stdout.split())
    for wanted in ("Ihre Beweglichkeit", "Änne #import", "Verbessert", "oberer Trapezmuskel", "Was diese Seite nicht sagen kann"):
        assert wanted in words
    assert picture.stat().st_size > 20_000
    images = subprocess.run(["pdfimages", "-list", page], capture_output=True, text=True, check=True).stdout
    assert images.count("jpeg") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((BEFORE.path,), "Expected two recordings"),
        ((BEFORE.path, AFTER.path, "--full", "--photos"), "leave one of the two away"),
        ((BEFORE.path, AFTER.path, BEFORE.path), "Expected recordings in pairs"),
        ((BEFORE.path, AFTER.path, "--out", "page.docx"), "ending in .pdf or .png"),
        ((BEFORE.path, AFTER.path, "--language", "xx"), "Expected a language of en (English)"),
        ((BEFORE.path, "nowhere.mp4"), "nowhere.mp4"),
    ],
)
def test_what_cannot_be_reported_is_told_in_a_sentence(run: Any, arguments: tuple[Any, ...], said: str) -> None:
    done = run("report", *arguments, *OPTIONS)
    assert done.exit_code == 2
    assert said in done.sentence


def test_a_client_without_any_records_is_told(run: Any) -> None:
    done = run("report", "Kim")
    assert done.exit_code == 1
    assert "There are no records" in done.sentence
    assert 'got "Kim"' in done.sentence


def test_blur_face_is_for_the_overlay(run: Any) -> None:
    done = run("measure", BEFORE.path, *OPTIONS, "--blur-face")
    assert done.exit_code == 2
    assert "--overlay" in done.sentence
