"""``report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from rom_tracker.cli import output
from rom_tracker.cli.request import (
    ClientOption,
    LensOption,
    ModelOption,
    MovementOption,
    OwnMovements,
    Request,
    SideOption,
    check_outputs,
    check_there,
)
from rom_tracker.cli.retests import camera_of
from rom_tracker.errors import UsageError

if TYPE_CHECKING:
    from datetime import date

    from rom_tracker.analysis.comparison import Comparison

SUFFIXES = (".pdf", ".png")


def report(
    recordings: Annotated[list[str], typer.Argument(metavar="BEFORE AFTER ...", help="Recordings in pairs, before and after.")],
    movement: MovementOption = None,
    side: SideOption = None,
    out: Annotated[list[Path] | None, typer.Option("--out", help="The file to write, .pdf or .png; may be given twice.")] = None,
    language: Annotated[str, typer.Option("--language", help="Of the page: en, de or es.")] = "en",
    full: Annotated[bool, typer.Option("--full", help="The longer report for the therapist or a doctor.")] = False,
    name: Annotated[str, typer.Option("--name", help="The client's name or label, for the page.")] = "",
    treated: Annotated[str, typer.Option("--treated", help="What was treated, for the page.")] = "",
    therapist: Annotated[str, typer.Option("--therapist", help="Who treated, for the page.")] = "",
    next_steps: Annotated[str, typer.Option("--next", help="What comes next, for the page.")] = "",
    paper: Annotated[str, typer.Option("--paper", help="a4 or letter.")] = "a4",
    primary: Annotated[
        bool,
        typer.Option("--primary", help="The movement of the first pair was chosen, before the treatment, as the one that counts."),
    ] = False,
    model: ModelOption = "full",
    lens: LensOption = None,
    client: ClientOption = None,
    movements_file: OwnMovements = None,
) -> None:
    """Write one page for the client: before and after in a picture, what it means and what it cannot say (PDF or PNG)."""
    from datetime import date

    from rom_tracker.i18n import translator
    from rom_tracker.report import Report, Visit, write_report
    from rom_tracker.report.typesetting import check_report

    translator(language)
    videos = [Path(one) for one in recordings]
    if len(videos) % 2:
        raise UsageError("Expected recordings in pairs, each before and after, got an odd number of them.")
    paths = out or [Path(f"{videos[0].stem}_report.pdf")]
    for path in paths:
        check_report(path, full=full, paper=paper)
    check_outputs(tuple(videos), *((path, SUFFIXES) for path in paths))
    for video in videos:
        check_there(video)
    pairs = list(zip(videos[::2], videos[1::2], strict=True))
    wanted = [Request.of(pair, movement, side, model, movements_file).through(lens).pointing_at(client) for pair in pairs]
    found = [_compared(pair, one, primary and n == 0) for n, (pair, one) in enumerate(zip(pairs, wanted, strict=True))]
    visit = Visit(client=name, therapist=therapist, day=_day_of(videos[-1]) or date.today(), treated=treated, next_steps=next_steps)
    made = Report.of(found, visit)
    for path in paths:
        write_report(made, path, language=language, full=full, paper=paper)
    for result in made.results:
        name = result.comparison.before.movement.of_side(result.comparison.before.side)
        output.console().print(f"{escape(name)}: [bold {output.VERDICT_STYLE[result.verdict]}]{result.verdict}[/]")
    for path in paths:
        output.console().print(f"Report: {escape(str(path))}", soft_wrap=True)
    if all(result.verdict == "refused" for result in made.results):
        raise typer.Exit(1)


def _day_of(video: Path) -> date | None:
    """When it was recorded, as the sidecar says."""
    from rom_tracker.capture import read_sidecar

    about = read_sidecar(video) if video.is_file() else None
    return None if about is None or about.started_at is None else about.started_at.date()


def _compared(pair: tuple[Path, Path], wanted: Request, primary: bool) -> Comparison:
    from rom_tracker.analysis.comparison import compare
    from rom_tracker.repeatability_table import own_for

    own = own_for(wanted.movement.key, wanted.model, camera_of(pair))
    before, after = (wanted.measure(video) for video in pair)
    return compare(before, after, own=own, primary=primary)
