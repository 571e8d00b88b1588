"""The accuracy page: Markdown and pictures, from the tables alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from rom_tracker.charts.svg import svg_text
from rom_tracker.output_files import written_whole
from rom_tracker.validation import charts
from rom_tracker.validation.content import Content
from rom_tracker.validation.figures import (
    measured,
)
from rom_tracker.validation.sections import page_text, picture_name


def write_page(page: Path, content: Content) -> list[Path]:
    """Write the page, and its pictures into a folder of its name beside it; what it wrote.

    Raises
    ------
    OutputError
        A file cannot be written.
    """
    folder = page.with_suffix("")
    pictures = _pictures(content)
    folder.mkdir(parents=True, exist_ok=True)
    for gone in {path.name for path in folder.glob("*.svg")} - {f"{name}.svg" for name in pictures}:
        (folder / gone).unlink()
    texts = {folder / f"{name}.svg": svg_text(draw) for name, draw in pictures.items()}
    texts[page] = page_text(content, folder.name)
    for path, text in texts.items():
        with written_whole(path) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
    return list(texts)


def _pictures(content: Content) -> dict[str, Callable[[], Figure]]:
    """What draws each picture, by its name."""
    titles = {row.movement: content.title(row.movement) for row in content.rows}
    uses = content.evidence.uses(content.rows)
    found: dict[str, Callable[[], Figure]] = {}
    for title, rows in content.classes.items():
        if measured(rows):
            found[f"agreement_{picture_name(title)}"] = partial(charts.agreement_chart, title, rows, titles, uses)
    if any(row.error_deg is not None for row in content.changes):
        found["changes"] = partial(charts.change_chart, content.changes)
    if content.left_out:
        classes = {row.movement: content.evidence.class_of(row.movement) for row in content.rows}
        found["intervals"] = partial(charts.interval_chart, content.left_out, classes)
    beside = content.beside
    if any(one.own is not None for one in beside.values()):
        found["naive"] = partial(charts.naive_chart, beside)
    return found
