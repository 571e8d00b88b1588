"""From blocks to a file: PDF/UA-1, which screen readers can read in order, or PNG.

The template, its data and the figures are laid in a folder of their own, which is all that typst can read. It fetches nothing: the
template uses no packages, and the letters are DejaVu Sans, which matplotlib brings along for the charts (Bitstream Vera and Arev
licences), then what is installed on this computer, for names in other scripts.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rom_tracker import __version__
from rom_tracker.charts import save_chart
from rom_tracker.errors import UsageError
from rom_tracker.i18n import Translator, translator
from rom_tracker.output_files import written_whole
from rom_tracker.report.blocks import Block, Pictures
from rom_tracker.report.client_page import client_blocks, client_title
from rom_tracker.report.contents import Report
from rom_tracker.report.full_report import full_blocks, full_title

if TYPE_CHECKING:
    import typst

REPORT_SUFFIXES = (".pdf", ".png")

#: Papers, by the names that typst has for them.
PAPERS = {"a4": "a4", "letter": "us-letter"}

#: The sizes that the client's page is tried in, largest first, until all of it is on one page.
_SCALES = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.64)

_DOTS_PER_INCH = 200.0

#: Unicode categories of what is no letter: control characters, surrogates and what is not assigned.
_NO_LETTERS = ("Cc", "Cs", "Cn")

#: Stands for a letter that no font of this computer has.
_NO_LETTER = "\N{WHITE SQUARE}"


def write_report(
    report: Report, path: str | os.PathLike[str], *, language: str = "en", full: bool = False, paper: str = "a4"
) -> None:
    """Write the client's page, or the longer report for the therapist or a doctor.

    Parameters
    ----------
    report : Report
    path : path-like
        Ends in ``.pdf`` or, for the client's page alone, ``.png``. A file of that name is replaced at the end.
    language : str
        A key of :data:`rom_tracker.i18n.LANGUAGES`.
    full : bool
        The longer report: method, repetitions, error budget, flags, sources.
    paper : {"a4", "letter"}

    Raises
    ------
    UsageError
        Another ending, language or paper.
    OutputError
        The file cannot be written; nothing is left behind.
    """
    path = Path(path)
    check_report(path, full=full, paper=paper)
    _, pictures = translator(language), Pictures()
    blocks = full_blocks(report, _, pictures) if full else client_blocks(report, _, pictures)
    title = full_title(_) if full else client_title(_)
    data = _data(report, _, title, blocks, paper=PAPERS[paper], numbered=full)
    with _typst_folder(pictures) as folder, written_whole(path) as part:
        part.write_bytes(_typeset(folder, data, path.suffix.lower()[1:], one_page=not full))


def check_report(path: Path, *, full: bool, paper: str) -> None:
    """Refuse before long work what :func:`write_report` would refuse.

    Raises
    ------
    UsageError
        Another ending or paper.
    """
    allowed = REPORT_SUFFIXES[:1] if full else REPORT_SUFFIXES
    if path.suffix.lower() not in allowed:
        raise UsageError(f'expected a name ending in {" or ".join(allowed)} for a report, got "{path.name}"')
    if paper not in PAPERS:
        raise UsageError(f"expected paper {' or '.join(PAPERS)}, got {paper!r}")


def _data(report: Report, _: Translator, title: str, blocks: list[Block], *, paper: str, numbered: bool) -> dict[str, Any]:
    visit = report.visit
    about = [visit.client, _.day(visit.day) if visit.day else ""]
    about.append(_("Therapist: {name}").format(name=visit.therapist) if visit.therapist else "")
    footer = _("Made with rom_tracker {version} on this computer. It is not a medical device and makes no diagnosis.")
    return {
        "title": f"{title}: {visit.client}" if visit.client else title,
        "author": visit.therapist or "rom_tracker",
        "heading": title,
        "lang": _.language,
        "paper": paper,
        "about": [one for one in about if one],
        "blocks": blocks,
        "fonts": ["DejaVu Sans"],
        "footer": footer.format(version=__version__),
        "numbered": numbered,
    }


@contextmanager
def _typst_folder(pictures: Pictures) -> Iterator[Path]:
    """A folder with the template and the pictures, which goes when the block ends: no name stays behind."""
    with tempfile.TemporaryDirectory(prefix="rom_tracker_report_") as name:
        folder = Path(name)
        template = resources.files("rom_tracker.report") / "report.typ"
        (folder / "report.typ").write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
        for file, figure in pictures.figures.items():
            save_chart(figure, folder / file)
        for file, image in pictures.images.items():
            (folder / file).write_bytes(image)
        yield folder


def _typeset(folder: Path, data: dict[str, Any], kind: str, *, one_page: bool) -> bytes:
    """The file's content, in the largest letters that one page has room for."""
    import typst

    compiler = _compiler(folder)
    data = _readable(data)
    try:
        return _fitted(folder, data, compiler, kind, one_page=one_page)
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        return _fitted(folder, _with_letters_of(_fonts(), data), compiler, kind, one_page=one_page)


def _fitted(folder: Path, data: dict[str, Any], compiler: typst.Compiler, kind: str, *, one_page: bool) -> bytes:
    template = folder / "report.typ"
    for scale in _SCALES if one_page else _SCALES[:1]:
        _write_data(folder, {**data, "scale": scale})
        if not one_page or compiler.query("<pages>", field="value", one=True) == "1":
            break
    if kind == "pdf":
        made = compiler.compile(template, format="pdf", pdf_standards=["ua-1"])
    else:
        made = compiler.compile(template, format="png", ppi=_DOTS_PER_INCH)
    # What is too much for one page even in the smallest letters goes on overleaf; the picture is that of the first page.
    found = made[0] if isinstance(made, list) else made
    assert found is not None
    return found


def _compiler(folder: Path) -> typst.Compiler:
    """With DejaVu Sans alone of matplotlib's letters: the last resort among them would stand for those of the computer."""
    import typst

    own = folder / "letters"
    own.mkdir()
    for font in _fonts():
        shutil.copy(font, own)
    return typst.Compiler(folder / "report.typ", root=folder, font_paths=typst.Fonts(font_paths=[own]))


def _fonts() -> list[Path]:
    import matplotlib

    return sorted((Path(matplotlib.get_data_path()) / "fonts" / "ttf").glob("DejaVuSans*.ttf"))


def _write_data(folder: Path, data: dict[str, Any]) -> None:
    (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def _readable(found: Any) -> Any:
    """The same without control characters and halves of characters, which are no letters in any font; 95 % stays on one line."""

    def plain(text: str) -> str:
        return "".join(" " if unicodedata.category(c) in _NO_LETTERS else c for c in text).replace(" %", "\N{NO-BREAK SPACE}%")

    return _each_text(found, plain)


def _with_letters_of(fonts: list[Path], found: Any) -> Any:
    """The same with a square for every letter that the fonts lack."""
    from matplotlib.ft2font import FT2Font

    known = set(FT2Font(next(font for font in fonts if font.stem == "DejaVuSans")).get_charmap())
    return _each_text(found, lambda text: "".join(c if ord(c) in known else _NO_LETTER for c in text))


def _each_text(found: Any, change: Callable[[str], str]) -> Any:
    if isinstance(found, str):
        return change(found)
    if isinstance(found, dict):
        return {key: _each_text(value, change) for key, value in found.items()}
    return [_each_text(value, change) for value in found] if isinstance(found, list) else found
