"""``report``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from rom_tracker.cli import output
from rom_tracker.cli.records import opened
from rom_tracker.cli.request import (
    ClientAfterOption,
    ClientOption,
    EveryFrameOption,
    LensOption,
    ModelOption,
    MovementOption,
    OwnMovements,
    Request,
    RollOption,
    SideOption,
    check_outputs,
    check_there,
)
from rom_tracker.errors import UsageError

if TYPE_CHECKING:
    from datetime import date

    from rom_tracker.analysis.comparison import Comparison
    from rom_tracker.report import Report
    from rom_tracker.report.contents import Photos

SUFFIXES = (".pdf", ".png")


def report(
    recordings: Annotated[
        list[str],
        typer.Argument(
            metavar="BEFORE AFTER ... | CLIENT", help="Recordings in pairs, before and after; or a client of the records."
        ),
    ],
    movement: MovementOption = None,
    side: SideOption = None,
    out: Annotated[list[Path] | None, typer.Option("--out", help="The file to write, .pdf or .png; may be given twice.")] = None,
    language: Annotated[str, typer.Option("--language", help="Of the page: en, de or es.")] = "en",
    full: Annotated[bool, typer.Option("--full", help="The longer report for the therapist or a doctor.")] = False,
    name: Annotated[str, typer.Option("--name", help="The client's name or label, for the page.")] = "",
    treated: Annotated[str, typer.Option("--treated", help="What was treated, for the page.")] = "",
    therapist: Annotated[str, typer.Option("--therapist", help="Who treated, for the page.")] = "",
    next_steps: Annotated[str, typer.Option("--next", help="What comes next, for the page.")] = "",
    photos: Annotated[
        bool, typer.Option("--photos", help="Show the first pair's end positions as photos, with the client's face covered.")
    ] = False,
    show_face: Annotated[bool, typer.Option("--show-face", help="Leave the face in the photos as it is.")] = False,
    paper: Annotated[str, typer.Option("--paper", help="a4 or letter.")] = "a4",
    primary: Annotated[
        bool,
        typer.Option("--primary", help="The first pair's movement was chosen, before the treatment, to decide by."),
    ] = False,
    model: ModelOption = "auto",
    every_frame: EveryFrameOption = False,
    lens: LensOption = None,
    client: ClientOption = None,
    client_after: ClientAfterOption = None,
    roll: RollOption = None,
    movements_file: OwnMovements = None,
) -> None:
    """Write one page for the client: before and after in a picture, what it means and what it cannot say (PDF or PNG)."""
    from datetime import date

    from rom_tracker.i18n import translator
    from rom_tracker.report import Report, Visit, write_report
    from rom_tracker.report.typesetting import check_report
    from rom_tracker.result_words import caution_words

    if full and photos:
        raise UsageError("--photos stand on the page for the client, which --full is not; leave one of the two away.")
    translator(language)
    of_client = len(recordings) == 1
    paths = out or [Path(f"{'client' if of_client else Path(recordings[0]).stem}_report.pdf")]
    for path in paths:
        check_report(path, full=full, paper=paper)
    check_outputs(tuple(Path(one) for one in recordings), *((path, SUFFIXES) for path in paths))
    if of_client:
        made = _of_client(recordings[0])
    else:
        pairs = _pairs([Path(one) for one in recordings])
        wanted = [Request.of(pair, movement, side, model, movements_file).through(lens).rolled(roll) for pair in pairs]
        wanted = [replace(one.pointing_at(client, client_after), every_frame=every_frame) for one in wanted]
        found = [
            one.compare(pair, one.measure_pair(*pair), primary=primary and n == 0)
            for n, (pair, one) in enumerate(zip(pairs, wanted, strict=True))
        ]
        day = _day_of(pairs[0][1]) or date.today()
        shown = [_photos(pairs[0], found[0], cover_face=not show_face), *[None] * (len(pairs) - 1)] if photos else []
        visit = Visit(client=name, therapist=therapist, day=day, treated=treated, next_steps=next_steps)
        made = Report.of(found, visit, photos=shown)
    for path in paths:
        write_report(made, path, language=language, full=full, paper=paper)
    for result in made.results:
        name = result.comparison.before.movement.of_side(result.comparison.before.side)
        output.console().print(f"{escape(name)}: [bold {output.VERDICT_STYLE[result.verdict]}]{result.verdict}[/]")
        if caution := caution_words(result.comparison.flags):
            output.console().print(escape(caution), soft_wrap=True)
    for path in paths:
        output.console().print(f"Report: {escape(str(path))}", soft_wrap=True)
    if all(result.verdict == "refused" for result in made.results):
        raise typer.Exit(1)


def _pairs(videos: list[Path]) -> list[tuple[Path, Path]]:
    """Each before with its after."""
    if len(videos) % 2:
        raise UsageError("Expected recordings in pairs, each before and after, got an odd number of them.")
    for video in videos:
        check_there(video)
    return list(zip(videos[::2], videos[1::2], strict=True))


def _of_client(label: str) -> Report:
    """From the records; asks for the passphrase where there is one."""
    from rom_tracker.errors import NoStoreError
    from rom_tracker.report.from_store import report_of

    if Path(label).is_file():
        raise UsageError(f'Expected two recordings, before and after, or a client of the records, got one recording: "{label}".')
    try:
        with opened() as store:
            return report_of(store, store.clients.find(label).id)
    except NoStoreError as error:
        raise NoStoreError(
            f'{error}; expected two recordings, before and after, or a client of the records, got "{label}"'
        ) from None


def _day_of(video: Path) -> date | None:
    """When it was recorded, as the sidecar says."""
    from rom_tracker.capture import read_sidecar

    about = read_sidecar(video) if video.is_file() else None
    return None if about is None or about.started_at is None else about.started_at.date()


def _photos(pair: tuple[Path, Path], found: Comparison, *, cover_face: bool) -> Photos | None:
    """The end ranges before and after as JPEG; None where one of them was not found."""
    from rom_tracker.capture import VideoFile
    from rom_tracker.overlay import end_range_picture, jpeg_of

    measured = (found.before, found.after)
    before, after = (end_range_picture(VideoFile(v), m, cover_face=cover_face) for v, m in zip(pair, measured, strict=True))
    return None if before is None or after is None else (jpeg_of(before), jpeg_of(after))
