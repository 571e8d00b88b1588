"""The set-up of a recording for people: what is not as it should be and what to do, or all that was checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from rom_tracker.cli import output

if TYPE_CHECKING:
    from rom_tracker.analysis.check import Check

_STYLE = {"ok": "green", "caution": "yellow", "refused": "red", "unknown": "dim"}


def print_checks(checks: tuple[Check, ...], *, everything: bool, whose: str = "") -> None:
    """A line for each check that is not fine, and how many are; or, with ``everything``, a line for each."""
    shown = [check for check in checks if everything or check.state in ("caution", "refused")]
    if shown:
        output.console().print(_table(shown, whose))
    if checks and not everything:
        output.console().print(f"{whose}{_summary(checks)}", style="dim")
    for check in checks:
        if everything and check.told_by:
            output.console().print(f"- {check.title}: from {escape(check.told_by)}.", style="dim")


def _table(checks: list[Check], whose: str) -> Table:
    table = Table(title=f"{whose}Set-up", title_justify="left", title_style="bold")
    for name in ("check", "found", "fine", "", "what to do"):
        table.add_column(name, justify="right" if name in ("found", "fine") else "left", no_wrap=name in ("found", ""))
    for check in checks:
        state = f"[{_STYLE[check.state]}]{check.state}[/]"
        table.add_row(check.title, escape(check.found), check.fine, state, escape(check.advice))
    return table


def _summary(checks: tuple[Check, ...]) -> str:
    states = [check.state for check in checks]
    fine, unknown = states.count("ok"), states.count("unknown")
    words = f"Set-up: {fine} of {len(checks)} checks fine"
    return f"{words}{f', {unknown} unknown' if unknown else ''}; --explain shows all."
