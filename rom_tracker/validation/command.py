"""The command line of the validation: ``python -m rom_tracker.validation``."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from rom_tracker import __version__
from rom_tracker.batch.pool import usual_workers
from rom_tracker.cli import output
from rom_tracker.errors import RomTrackerError, UsageError
from rom_tracker.movements import load_catalogue
from rom_tracker.output_files import check_writable, written_whole
from rom_tracker.validation.catalogue_file import DEFAULTS, differences, rewritten, stated
from rom_tracker.validation.content import Content
from rom_tracker.validation.evidence import FILE, Evidence, load_evidence
from rom_tracker.validation.figures import Beside, Figures, mean_size
from rom_tracker.validation.measuring import Done, Job, jobs_of
from rom_tracker.validation.page import write_page
from rom_tracker.validation.residuals import ResidualTable
from rom_tracker.validation.running import run
from rom_tracker.validation.tables import RESIDUAL_COLUMNS, ChangeRow, RecordingRow, read_rows, write_rows
from rom_tracker.validation.truth import TrueRecording, Unusable, find_recordings

PAGE, RECORDINGS, CHANGES, RESIDUALS = "accuracy.md", "recordings.csv", "changes.csv", "residuals.csv"


class _ReportWithoutAName(TyperGroup):
    """Takes folders without a command's name for the report's."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["report", *args]
        return list(super().parse_args(ctx, args))


app = typer.Typer(
    cls=_ReportWithoutAName,
    help="How accurate the program is, from recordings whose true angles are known. "
    "`python -m rom_tracker.validation FOLDER ... --out calibration` is short for `report`. A folder holds NAME.mp4, NAME.json "
    "(movement, side: L or R), NAME.csv (t, angle_true); NAME_pre and NAME_post are one client before and after.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

EvidenceOption = Annotated[
    Path | None, typer.Option("--evidence", help=f"What was tuned on what; {FILE} beside the page without it, where it is there.")
]


@app.command()
def report(
    folders: Annotated[list[Path], typer.Argument(help="Folders with NAME.mp4, NAME.json, NAME.csv.")],
    out: Annotated[Path, typer.Option("--out", help=f"Folder for {PAGE} and its tables, or the page's name (.md).")],
    only: Annotated[str, typer.Option("--only", help="Recordings whose name contains this.")] = "",
    model: Annotated[
        Literal["lite", "full", "heavy"] | None, typer.Option("--model", help="Pose model; the program's own.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes at once; one per processor without it.")
    ] = None,
    naive: Annotated[bool, typer.Option("--naive/--no-naive", help="Run the naive loop beside it.")] = True,
    every_frame: Annotated[bool, typer.Option("--every-frame", help="Look at every frame.")] = False,
    evidence: EvidenceOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure all recordings of folders, write the tables of the errors, and from them the accuracy page with its pictures."""
    page = page_of(out)
    said = evidence_of(page, evidence)
    recordings, unusable = _find(folders, said, only)
    _make_room(page)
    rows, changes = _measured(
        jobs_of(recordings, model, naive=naive, every_frame=every_frame), unusable, workers or usual_workers()
    )
    if not rows:
        raise UsageError("Nothing was measured")
    tables = page.with_suffix("")
    write_rows(tables / RECORDINGS, rows, [field.name for field in fields(RecordingRow)])
    write_rows(tables / CHANGES, changes, [field.name for field in fields(ChangeRow)])
    counted = [row for row in rows if said.for_residuals(row.set)]
    if counted and not only:
        write_rows(page.parent / RESIDUALS, [*_of_other_sets(page.parent / RESIDUALS, rows), *counted], RESIDUAL_COLUMNS)
    content = drawn(page, said)
    if as_json:
        output.print_json(_figures(content))
    else:
        _print(content, page, residuals_kept=bool(counted and only))


def _of_other_sets(table: Path, rows: Sequence[RecordingRow]) -> list[RecordingRow]:
    """The rows that a table has of sets of which nothing was measured this time."""
    measured = {row.set for row in rows}
    return [row for row in read_rows(table, RecordingRow) if row.set not in measured] if table.exists() else []


@app.command()
def redraw(
    out: Annotated[Path, typer.Argument(help=f"Folder of {PAGE}, or the page itself.")],
    evidence: EvidenceOption = None,
) -> None:
    """Write the page and its pictures anew from its tables, without the recordings."""
    page = page_of(out)
    _print(drawn(page, evidence_of(page, evidence)), page)


@app.command()
def residuals(
    table: Annotated[Path, typer.Argument(help="Table of the errors.")] = Path("calibration") / RESIDUALS,
    evidence: EvidenceOption = None,
    write: Annotated[Path | None, typer.Option("--write", help="Put them into this file of movements.", exists=True)] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit code 1 where the catalogue states something else.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The model's part of the error of every movement, as movements.toml states it, from a table of errors."""
    movements = load_catalogue().movements
    said = evidence_of(table, evidence)
    found = ResidualTable(read_rows(table, RecordingRow), said.residual, movements).residuals()
    if not found:
        raise UsageError(f"expected errors of two people or more and two pairs in {table}, got fewer")
    if write is not None:
        text = rewritten(write.read_text(encoding="utf-8"), found)
        with written_whole(write) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
    if as_json:
        output.print_json({key: {**stated(one), "evidence": "own" if one.own else "borrowed"} for key, one in found.items()})
    else:
        offsets = any(one.end_range.offset_deg for one in found.values())
        shown = Table("movement", "end range", "people", "change", "people", *(["offset"] if offsets else []))
        for key, one in found.items():
            values = stated(one)
            cells = [f"{values[name]:g}" for name in DEFAULTS] + ([f"{values.get('offset_deg', 0):+g}"] if offsets else [])
            shown.add_row(key if one.own else f"[dim]{key} (borrowed)[/]", *cells)
        output.console().print(shown)
        output.print_written(write)
    other = [] if write is not None else differences(found, movements)
    for line in other:
        output.hint(f"The catalogue differs. {line}")
    _hint_at_defaults(found.values(), written=write is not None)
    if check and other:
        raise typer.Exit(1)


def _hint_at_defaults(found: Any, *, written: bool) -> None:
    """The numbers of movements without any evidence have their place in the code."""
    others = [stated(one) for one in found if not one.own]
    if written and others and not any(values == dict(DEFAULTS) for values in others):
        common = max(others, key=others.count)
        words = ", ".join(f"WIDEST_{name.upper()} = {value:g}" for name, value in common.items())
        output.hint(f"Put the numbers of all others into rom_tracker/movements/definitions.py: {words}.")


def page_of(out: Path) -> Path:
    """The page for what ``--out`` names: itself, or the page in the folder."""
    return out if out.suffix == ".md" else out / PAGE


def evidence_of(beside: Path, chosen: Path | None) -> Evidence:
    """What was tuned on what: from the file named, or the one beside the page; else nothing is known.

    Raises
    ------
    EvidenceError
        The file is damaged.
    """
    path = beside.parent / FILE if chosen is None else chosen
    if chosen is None and not path.exists():
        output.hint(f"No {FILE} beside {beside}: nothing is said of what was tuned on what.")
        return Evidence()
    return load_evidence(path)


def drawn(page: Path, evidence: Evidence) -> Content:
    """The page written from its tables.

    Raises
    ------
    TableError
        A table is missing or damaged.
    OutputError
        A file cannot be written.
    """
    tables = page.with_suffix("")
    rows, changes = read_rows(tables / RECORDINGS, RecordingRow), read_rows(tables / CHANGES, ChangeRow)
    models = sorted({row.model for row in rows if row.model})
    made_with = f"Written by `python -m rom_tracker.validation`, version {__version__}" + "".join(
        f"; pose model {m}" for m in models
    )
    further = _of_other_sets(page.parent / RESIDUALS, rows)
    content = Content(rows, changes, evidence, load_catalogue().movements, f"{made_with}.", further)
    write_page(page, content)
    return content


def _find(folders: Sequence[Path], said: Evidence, only: str) -> tuple[list[TrueRecording], list[Unusable]]:
    names = [said.set_of(folder) for folder in folders]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"expected folders of different names, got more than one for the set {', '.join(twice)}")
    recordings: list[TrueRecording] = []
    unusable: list[Unusable] = []
    for folder, name in zip(folders, names, strict=True):
        found, bad = find_recordings(folder, name, only)
        recordings += found
        unusable += bad
    return recordings, unusable


def _make_room(page: Path) -> None:
    """Find out before hours of measuring whether the page can be written."""
    try:
        page.with_suffix("").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        from rom_tracker.output_files import cannot_write

        raise cannot_write(page, error) from error
    check_writable(page)


def _measured(jobs: Sequence[Job], unusable: Sequence[Unusable], workers: int) -> tuple[list[RecordingRow], list[ChangeRow]]:
    """The rows of all jobs, in the order of set and name whatever was done first."""
    rows = [
        RecordingRow(set=one.set, recording=one.name, movement="", side="", person=one.name, reason=one.why) for one in unusable
    ]
    changes: list[ChangeRow] = []
    total, done, begun = sum(len(job.recordings) for job in jobs), 0, time.monotonic()
    with output.progress_bar(f"Measuring {total} recordings") as progress, contextlib.closing(run(jobs, workers)) as results:
        progress(0, total)
        for job, found in results:
            rows += found.recordings
            changes += found.changes
            done += len(job.recordings)
            progress(done, total)
            _log(found, done, total, (time.monotonic() - begun) / done * (total - done))
    return sorted(rows, key=lambda row: (row.set, row.recording)), sorted(changes, key=lambda row: (row.set, row.pair))


def _log(found: Done, done: int, total: int, left_s: float) -> None:
    """Where no bar is shown, a line for each recording; failures always."""
    shown = output.side_console()
    for row in found.recordings:
        error = "" if row.error_deg is None else f" {row.error_deg:+.1f}"
        if row.verdict == "failed":
            shown.print(f"[red]failed[/] {escape(row.recording)}: {escape(row.reason)}")
        elif not shown.is_terminal:
            left = f", {left_s / 60:.0f} min left" if done < total else ""
            shown.print(f"{done}/{total}{left}: {escape(row.recording)} {row.verdict}{error}")


def _print(content: Content, page: Path, *, residuals_kept: bool = False) -> None:
    table = Table("set", "n", "refused", "MAE", "naive", "series", "change", "reps", "cover", "half")
    names = [*dict.fromkeys(row.set for row in content.rows)]
    for name in (*names, None) if len(names) > 1 else names:
        rows = [row for row in content.rows if name in (None, row.set)]
        f, beside = Figures.of(rows, content.changes_of(rows)), Beside.of(rows)
        table.add_row(
            escape(name or "all"),
            str(f.recordings),
            str(f.refused + f.failed),
            _number(mean_size(f.end_range)),
            _number(mean_size(beside.naive)),
            _number(f.series_deg),
            _number(mean_size(f.change)),
            f"{f.repetitions_exact.part}/{f.repetitions_exact.of}",
            f"{f.coverage.part}/{f.coverage.of}",
            _number(f.half_width_deg),
        )
    output.console().print(table)
    if residuals_kept:
        output.hint(f"{RESIDUALS} stays as it was: --only leaves recordings out of it.")
    output.print_written(page)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _figures(content: Content) -> dict[str, Any]:
    """The figures of every set, for programs."""
    from dataclasses import asdict

    names: list[str | None] = [*dict.fromkeys(row.set for row in content.rows), None]
    found = {}
    for name in names:
        rows = [row for row in content.rows if name in (None, row.set)]
        changes = content.changes_of(rows)
        found[name or "all"] = {**asdict(Figures.of(rows, changes)), "beside_the_naive_loop": asdict(Beside.of(rows, changes))}
    return found


def main() -> None:
    """Run the command line and leave with its exit code, as ``rom-tracker`` does."""
    output.print_any_name()
    try:
        app()
    except RomTrackerError as error:
        output.fail(str(error))
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except (KeyboardInterrupt, SystemExit) as leaving:
        if isinstance(leaving, SystemExit) and leaving.code != 130:
            raise
        output.fail("Interrupted. What was found of the recordings is kept: start again to go on.")
        sys.exit(130)
