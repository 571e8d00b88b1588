"""``batch``: a folder of recordings to tables and a page."""

from __future__ import annotations

import contextlib
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.markup import escape
from rich.table import Table

from rom_tracker.cli import output
from rom_tracker.cli.request import JsonOption, ModelOption, OwnMovements
from rom_tracker.errors import UsageError

if TYPE_CHECKING:
    from rom_tracker.batch.engine import Heard, Record
    from rom_tracker.batch.plan import Plan, Task
    from rom_tracker.batch.run import BatchSummary
    from rom_tracker.pose.estimator import ModelChoice

#: Failures that are shown; all are in the table.
MOST_SHOWN = 20


def batch(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="The recordings: a folder, or a URL that fsspec reads.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for tables, page and journal.")],
    workers: Annotated[int | None, typer.Option("--workers", help="Processes; one for each core if not given.", min=1)] = None,
    scheduler: Annotated[str | None, typer.Option("--scheduler", help="A Dask scheduler: tcp://HOST:PORT.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an earlier run; an error if there is none in --out.")
    ] = False,
    angles: Annotated[bool, typer.Option("--angles", help="Write the angle of every frame of every recording.")] = False,
    pattern: Annotated[
        str | None,
        typer.Option(
            "--pattern",
            help="Names of files that neither manifest.csv nor a sidecar describes; CLIENT_MOVEMENT[_SIDE][_MOMENT] if not given.",
        ),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again what failed in an earlier run; not what was refused.")
    ] = False,
    memory_limit: Annotated[
        float | None, typer.Option("--memory-limit", help="Most memory of a worker, in MiB; 2048 if not given.", min=1)
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option("--time-limit", help="Most seconds for one recording; 120, and 30 a second of video, if not given.", min=0.1),
    ] = None,
    model: ModelOption = "auto",
    as_json: JsonOption = False,
    movements_file: OwnMovements = None,
) -> None:
    """Measure a folder of recordings: tables, a page of charts, and a list of what could not be measured.

    What each recording shows is read from manifest.csv in the folder (file, movement, side, client, moment), from its sidecar or
    from its name. The same command again goes on where an earlier run ended. Exit code 0: every recording was measured or is listed
    with its reason; 1: not one could be measured.
    """
    from rom_tracker.batch.engine import Limits
    from rom_tracker.batch.journal import NAME
    from rom_tracker.batch.naming import DEFAULT_PATTERN
    from rom_tracker.batch.run import BatchInterrupted, run_batch

    if model not in ("auto", "lite", "full", "heavy"):
        raise UsageError(f"--model is auto, lite, full or heavy, got {model!r}.")
    if resume and not (out / NAME).is_file():
        raise UsageError(f'There is no earlier run in "{out}" to go on with; check --out, or leave --resume away.')
    if scheduler is not None and not (workers is None and memory_limit is None):
        raise UsageError(
            "--workers and --memory-limit are for the workers of this computer; those of a cluster are started with their own "
            "(dask worker --nworkers, --memory-limit)."
        )
    limits = Limits()
    if memory_limit is not None:
        limits = replace(limits, memory_mib=memory_limit)
    if time_limit is not None:
        limits = replace(limits, seconds=time_limit, seconds_per_second=0.0)
    try:
        with _told_to_end(), _shown() as (before, listen):
            done = run_batch(
                folder,
                out,
                workers=workers,
                scheduler=scheduler,
                model=cast("ModelChoice", model),
                pattern=pattern or DEFAULT_PATTERN,
                angles=angles,
                retry_failed=retry_failed,
                movements_file=movements_file,
                limits=limits,
                before=before,
                listen=listen,
            )
    except BatchInterrupted as ended:
        if as_json:
            output.print_json({**ended.summary.as_dict(), "interrupted": True})
        kept = ended.summary.recordings - ended.summary.left
        output.hint(f"{kept} of {ended.summary.recordings} are done and kept; the tables have them. Go on with:")
        output.hint(f"  {shlex.join(['rom-tracker', *sys.argv[1:]])}")
        raise KeyboardInterrupt from None
    if as_json:
        output.print_json({**done.as_dict(), "interrupted": False})
    else:
        _print_summary(done)
    if not done.measured:
        raise typer.Exit(1)


@contextlib.contextmanager
def _told_to_end() -> Iterator[None]:
    """A request to end (SIGTERM) is heard like Ctrl-C."""

    def end(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    kept = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, kept)


@contextlib.contextmanager
def _shown() -> Iterator[tuple[Callable[[Plan, Iterable[Task]], None], Callable[[Heard], None]]]:
    """What tells of the work: bars on a terminal, a line for each recording elsewhere."""
    console = output.side_console()
    if console.is_terminal:
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (
            TextColumn("{task.description}"), BarColumn(bar_width=20), TextColumn("{task.fields[count]}"),
            TextColumn("{task.fields[rate]}"), TextColumn("{task.fields[left]}"),
        )  # fmt: skip
        with Progress(*columns, console=console, transient=True) as progress:
            bars = _Bars(progress)
            yield bars.before, bars.listen
    else:
        lines = _Lines()
        yield lines.before, lines.listen


class _Pace:
    """How many are done, how fast, and how long the others will take."""

    def __init__(self) -> None:
        self.total = self.done = 0
        self.began_s = time.monotonic()

    def before(self, plan: Plan, todo: Iterable[Task]) -> None:
        self.total = len(list(todo))
        self.began_s = time.monotonic()
        kept = len(plan.tasks) - self.total
        words = f"{len(plan.tasks)} to measure" + (f", {kept} of them done earlier" if kept else "")
        unknown = sum(problem.kind == "unknown" for problem in plan.problems)
        self.say(words + (f"; of {unknown} it is not known what they show" if unknown else "") + ".")

    def say(self, words: str) -> None:
        output.hint(words)

    @property
    def per_minute(self) -> float:
        return 60 * self.done / max(time.monotonic() - self.began_s, 1e-3)

    @property
    def left_words(self) -> str:
        return _left(60 * (self.total - self.done) / self.per_minute)


def _left(left_s: float) -> str:
    """Time left, in words."""
    if left_s > 5400:
        return f"{left_s / 3600:.1f} h left"
    return f"{left_s / 60:.0f} min left" if left_s > 90 else f"{left_s:.0f} s left"


class _Lines(_Pace):
    """A line for each recording."""

    def listen(self, heard: Heard) -> None:
        if heard.kind == "again":
            output.hint(f"{heard.task.file}: {heard.why}; once more")
        if heard.kind == "done":
            self.done += 1
            pace = f"{self.per_minute:.1f} a minute, {self.left_words}"
            output.hint(f"{self.done} of {self.total}, {heard.task.file}: {_result(heard.record or {})} ({pace})")


class _Bars(_Pace):
    """A bar for all, and one for each recording that is under way."""

    def __init__(self, progress: Any) -> None:
        super().__init__()
        self.progress = progress
        self.whole = progress.add_task("All", total=None, count="", rate="", left="")
        self.of: dict[Task, Any] = {}

    def before(self, plan: Plan, todo: Iterable[Task]) -> None:
        super().before(plan, todo)
        self.progress.reset(self.whole, total=self.total, count=f"0 of {self.total}", rate="", left="")

    def say(self, words: str) -> None:
        self.progress.console.print(escape(words), style="dim")

    def listen(self, heard: Heard) -> None:
        if heard.kind == "started":
            name = escape(heard.task.file if len(heard.task.file) < 40 else f"...{heard.task.file[-37:]}")
            self.of[heard.task] = self.progress.add_task(name, total=None, count="", rate="", left="")
        elif heard.kind == "moved" and heard.share is not None:
            share = min(heard.share, 1.0)
            bar = self.of[heard.task]
            taken_s = next((task.elapsed for task in self.progress.tasks if task.id == bar), None) or 0.0
            left = _left(taken_s * (1 - share) / share) if share > 0 else ""
            self.progress.update(bar, completed=share, total=1.0, count=f"{share:.0%}", left=left)
        elif heard.kind in ("again", "done"):
            if (bar := self.of.pop(heard.task, None)) is not None:
                self.progress.remove_task(bar)
            if heard.kind == "again":
                self.say(f"! {heard.task.file}: {heard.why}; once more")
            else:
                self.done += 1
                self._tell_done(heard)

    def _tell_done(self, heard: Heard) -> None:
        record = heard.record or {}
        if record.get("status") != "measured":
            self.say(f"x {heard.task.file}: {_result(record)}")
        count, rate = f"{self.done} of {self.total}", f"{self.per_minute:.1f}/min"
        self.progress.update(self.whole, completed=self.done, count=count, rate=rate, left=self.left_words)


def _result(record: Record) -> str:
    if record.get("status") == "measured":
        row = record["measurement"]
        return f"{output.angle(row['end_range_deg'])}, {row['verdict']}"
    return f"not measured: {record['failure']['reason']}" if "failure" in record else "not measured"


def _print_summary(done: BatchSummary) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(justify="right")
    table.add_column()
    rows = {
        "measured": done.measured,
        "refused: no number can be given": done.refused,
        "failed: could not be read, or ended the worker": done.failed,
        "unknown: not told what they show": done.unknown,
        "pairs compared": done.compared,
        "improved": done.improved,
        "worse": done.worse,
        "no detectable change": done.compared - done.improved - done.worse,
    }
    for words, count in rows.items():
        table.add_row(str(count), words)
    output.console().print(table)
    _print_failures(done.results / "failures.csv")
    if done.recordings and not done.new:
        output.hint("Nothing was new: the files are those of the earlier run (same name, size and time, or same content).")
    if done.failed:
        output.hint("What failed is tried again when its file has changed or a limit is raised, and with --retry-failed.")
    output.console().print(f"Written: {escape(str(done.results / 'index.html'))}", soft_wrap=True)


def _print_failures(table: Path) -> None:
    import csv

    with table.open(encoding="utf-8", newline="") as file:
        failures = list(csv.DictReader(file))
    for row in failures[:MOST_SHOWN]:
        output.console().print(escape(f"x {row['file']}: {row['reason']} {row['advice']}"))
    if len(failures) > MOST_SHOWN:
        output.hint(f"... and {len(failures) - MOST_SHOWN} more in {table}")
