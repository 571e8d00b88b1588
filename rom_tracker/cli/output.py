"""What the commands print: tables for people, JSON for programs, progress on the side."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from rom_tracker.analysis.comparison import Comparison
    from rom_tracker.analysis.flag import Flag
    from rom_tracker.analysis.measurement import RomMeasurement
    from rom_tracker.analysis.norms import Placement
    from rom_tracker.analysis.sides import SideComparison

#: Width of tables that are not shown on a terminal, in characters.
PIPED_WIDTH = 120

#: Colour of every verdict on a terminal; the word itself always stands beside it.
VERDICT_STYLE = {
    "ok": "green",
    "caution": "yellow",
    "refused": "red",
    "improved": "green",
    "no detectable change": "yellow",
    "worse": "red",
    "sides differ": "cyan",
    "no detectable difference": "yellow",
}
SEVERITY_SIGN = {"note": "-", "caution": "!", "refused": "x"}


def print_any_name() -> None:
    """Print file names that the terminal's encoding lacks with escapes, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def console() -> Console:
    """The console of standard output."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, highlight=False)


def side_console() -> Console:
    """The console of standard error: progress, hints and failures."""
    return Console(
        stderr=True, highlight=False, width=None if sys.stderr.isatty() else PIPED_WIDTH, soft_wrap=not sys.stderr.isatty()
    )


def fail(message: str) -> None:
    """Say why a command failed."""
    side_console().print(f"[red]Error:[/red] {escape(sentence(message))}")


def sentence(message: str) -> str:
    """The message of an error, from its capital to its full stop."""
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "?", "!")) else ".")


def hint(message: str) -> None:
    """Say something useful beside the result."""
    side_console().print(f"[dim]{escape(message)}[/dim]")


def print_json(content: Any) -> None:
    """Print one JSON document on standard output."""
    sys.stdout.write(json.dumps(content, indent=1, allow_nan=False) + "\n")


@contextlib.contextmanager
def progress_bar(what: str) -> Iterator[Callable[[float, float | None], None]]:
    """A bar with the time left on standard error; nothing where that is not a terminal.

    The callback takes what is done and, where known, what there is in all.
    """
    shown = side_console()
    if not shown.is_terminal:
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("time left"), TimeRemainingColumn())
    with Progress(*columns, console=shown, transient=True) as progress:
        task = progress.add_task(escape(what), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def angle(value: float | None) -> str:
    """Degrees for people."""
    return "-" if value is None else f"{value:z.1f}°"


def interval(value: tuple[float, float] | None) -> str:
    """A 95 % interval for people."""
    return "-" if value is None else f"{value[0]:z.1f}° to {value[1]:z.1f}°"


def measurement_table(*columns: tuple[str, RomMeasurement]) -> Table:
    """Measurements side by side, a column each."""
    title = escape(columns[0][1].movement.title)
    sides = ", " + " and ".join(dict.fromkeys(m.side for _, m in columns)) if columns[0][1].movement.sided else ""
    table = Table(title=f"{title}{sides}", title_justify="left", title_style="bold")
    table.add_column("")
    for name, _ in columns:
        table.add_column(escape(name), justify="right", overflow="fold")
    rows: list[tuple[str, Callable[[RomMeasurement], str]]] = [
        ("End range (mean)", lambda m: angle(m.peak_deg)),
        ("95 % interval", lambda m: interval(m.interval_deg)),
        ("Start", lambda m: angle(m.start_deg)),
        ("Range of motion", lambda m: angle(m.rom_deg)),
        ("Best repetition", lambda m: angle(m.best_deg)),
        ("Repetitions", lambda m: "-" if m.peak_deg is None else str(len(m.repetitions.scored))),
        ("Spread (standard deviation)", lambda m: angle(m.spread_deg)),
        ("Peak velocity", lambda m: _velocity(m)),
        ("Smoothness (SPARC)", lambda m: _smoothness(m)),
        *_compensation_rows(columns[0][1]),
        ("Verdict", lambda m: f"[{VERDICT_STYLE[m.verdict]}]{m.verdict}[/]"),
    ]
    for name, value in rows:
        table.add_row(name, *(value(m) for _, m in columns))
    return table


def _compensation_rows(first: RomMeasurement) -> list[tuple[str, Callable[[RomMeasurement], str]]]:
    """A row for each compensation of the movement: its size at the end range, and its limit."""

    def cell(m: RomMeasurement, place: int) -> str:
        if m.peak_deg is None or place >= len(m.compensations):
            return "-"
        found = m.compensations[place]
        size = "not seen" if found.angle_deg is None else f"{found.angle_deg:z.0f}°"
        return f"[yellow]{size}[/]" if found.flagged else size

    return [
        (f"{found.compensation.title} (up to {found.compensation.limit_deg:g}°)", lambda m, place=place: cell(m, place))  # type: ignore[misc]
        for place, found in enumerate(first.compensations)
    ]


def print_flags(flags: tuple[Flag, ...]) -> None:
    """A line a flag, the gravest first."""
    for flag in sorted(flags, key=lambda flag: list(SEVERITY_SIGN).index(flag.severity), reverse=True):
        console().print(f"{SEVERITY_SIGN[flag.severity]} {escape(flag.message)}", style="dim" if flag.severity == "note" else None)


def print_written(*paths: Path | None) -> None:
    """A line for each file that was written."""
    for path in paths:
        if path is not None:
            console().print(f"Written: {escape(str(path))}", soft_wrap=True)


def print_norm(placement: Placement, whose: str = "") -> None:
    """The norm, or else a reference value, how far the end range lies from a norm, and what to bear in mind."""
    from rom_tracker.analysis.norms import group_words

    norm = placement.norm
    if norm is not None and norm.kind == "reference":
        console().print(escape(f"{whose}Reference value {angle(norm.mean_deg)} ({norm.source}), not a norm of a group."))
    elif norm is not None:
        mean = "mean " if norm.statistic == "mean" else ""
        spread = "" if norm.sd_deg is None else f", standard deviation {angle(norm.sd_deg)}"
        console().print(escape(f"{whose}Norm: {mean}{angle(norm.mean_deg)}{spread} ({group_words(norm)}; {norm.source})."))
    if placement.difference_deg is not None and placement.interval_deg is not None:
        low, high = placement.interval_deg
        words = f"End range less norm: {placement.difference_deg:+z.1f}° (95 % interval {low:+z.1f}° to {high:+z.1f}°)."
        if placement.z is not None and placement.z_interval is not None:
            low, high = placement.z_interval
            words += f" z-score {placement.z:+z.1f} as if measured without error, {low:+z.1f} to {high:+z.1f} with it."
        else:
            words += " How usual that is cannot be said: the source gives no spread of its group."
        console().print(whose + words)
    for note in placement.notes:
        console().print(f"{SEVERITY_SIGN[note.severity]} {escape(whose + note.message)}", style="dim")


def difference_lines(sides: SideComparison) -> str:
    """The difference between the sides in words."""
    if sides.difference_deg is None or sides.interval_deg is None:
        return "Difference, left less right: [bold red]refused[/], no number is given."
    verdict = f"[bold {VERDICT_STYLE[sides.verdict]}]{sides.verdict}[/]"
    if any(flag.severity == "caution" for flag in sides.flags):
        verdict += ", with caution: see above"
    low, high = sides.interval_deg
    return (
        f"Difference, left less right: [bold]{sides.difference_deg:+z.1f}°[/bold] (95 % interval {low:+z.1f}° to {high:+z.1f}°): "
        f"{verdict}\n"
        f"A difference of less than {sides.detectable_deg:.1f}° cannot be told from measuring error."
    )


def change_lines(comparison: Comparison) -> str:
    """The change in words."""
    verdict = f"[bold {VERDICT_STYLE[comparison.verdict]}]{comparison.verdict}[/]"
    if any(flag.severity == "caution" for flag in comparison.flags):
        verdict += ", with caution: see above"
    if comparison.change_deg is None or comparison.interval_deg is None:
        return "Change: [bold red]refused[/], no number is given."
    low, high = comparison.interval_deg
    return f"Change: [bold]{comparison.change_deg:+z.1f}°[/bold] (95 % interval {low:+z.1f}° to {high:+z.1f}°): {verdict}"


def _velocity(m: RomMeasurement) -> str:
    values = [r.peak_velocity_deg_s for r in m.repetitions.scored]
    return f"{max(values):.0f}°/s" if values and m.peak_deg is not None else "-"


def _smoothness(m: RomMeasurement) -> str:
    values = [r.smoothness for r in m.repetitions.scored if r.smoothness is not None]
    return f"{sum(values) / len(values):.2f}" if values and m.peak_deg is not None else "-"
