"""Where an uncertainty comes from, in a table for people; and what a change has to exceed, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.bar import Bar
from rich.markup import escape
from rich.table import Table

from rom_tracker.cli import output

if TYPE_CHECKING:
    from rom_tracker.analysis.comparison import Comparison
    from rom_tracker.analysis.measurement import RomMeasurement
    from rom_tracker.analysis.uncertainty import ErrorBudget

#: Characters of the bar that stands for the whole variance.
BAR = 20


def print_end_range(found: RomMeasurement, what: str) -> None:
    """What was added to the end range of a measurement, and its error budget."""
    added = {"the usual error of the pose model there": found.offset_deg, "an arm overhead": found.overhead_deg}
    words = [f"{degrees:+.1f}° for {why}" for why, degrees in added.items() if degrees]
    if words and found.budget is not None:
        output.console().print(f"Corrected in {what}: {', '.join(words)}.", soft_wrap=True)
    print_budget(found.budget, what)


def print_budget(budget: ErrorBudget | None, what: str) -> None:
    """The error budget: each source, its share, and how they are combined; nothing where no number was given."""
    if budget is None:
        return
    table = Table(title=f"Error budget of {what}", title_justify="left", title_style="bold")
    for name in ("source", "standard deviation", "degrees of freedom", "share of variance", ""):
        table.add_column(name, justify="left" if name in ("source", "") else "right")
    begin = 0.0
    for term, share in zip(budget.terms, budget.shares, strict=True):
        freedom = _freedom(term.degrees_of_freedom)
        table.add_row(escape(term.source), f"{term.sd_deg:.2f}°", freedom, f"{share:.0%}", _bar(begin, begin + share))
        begin += share
    table.add_section()
    whole = f"±{budget.half_width_deg:.1f}°"
    table.add_row("together", f"{budget.sd_deg:.2f}°", _freedom(budget.degrees_of_freedom), f"{begin:.0%}" if begin else "-", whole)
    output.console().print(table)
    factor = budget.half_width_deg / budget.sd_deg if budget.sd_deg else 0.0
    output.console().print(
        "Together: square root of the sum of squares (JCGM 100:2008, 5.1.2); degrees of freedom: Welch and Satterthwaite (G.4).\n"
        f"95 % interval: Student's t, {factor:.2f}, times {budget.sd_deg:.2f}° is {budget.half_width_deg:.1f}° to both sides.",
        soft_wrap=True,
    )


def _bar(begin: float, end: float) -> Bar | str:
    """A source's part of the bar that is the whole variance; it begins where the one above ends."""
    if output.console().encoding.lower().startswith("utf"):
        return Bar(1.0, begin, end, width=BAR, color="cyan")
    return " " * round(begin * BAR) + "#" * (round(end * BAR) - round(begin * BAR))


def detectable_words(comparison: Comparison) -> str:
    """What a change has to exceed and why; lines."""
    own, budget, detectable = comparison.own, comparison.budget, comparison.detectable_deg
    if budget is None or detectable is None:
        return ""
    if own is None:
        own_words = "`rom-tracker repeatability` finds out what your own measurements differ by without a treatment."
        return f"A change of less than {detectable:.1f}° cannot be told from measuring error. {own_words}"
    repeats = f"{own.error.degrees_of_freedom} {'repeat' if own.error.degrees_of_freedom == 1 else 'repeats'}"
    whence = f"{repeats} of {own.clients} {'client' if own.clients == 1 else 'clients'}, {own.measured_on}"
    if comparison.detectable_from == "own repeatability":
        return (
            f"A change of less than {detectable:.1f}° cannot be told from what your own measurements differ by without a treatment "
            f"({whence}). Measuring error alone: {budget.half_width_deg:.1f}°."
        )
    told = f"A change of less than {detectable:.1f}° cannot be told from measuring error. "
    if not own.error.enough:
        return told + f"Your own repeatability ({whence}) is from too few to judge by."
    return told + f"Your own repeatability, {own.error.detectable_deg:.1f}° ({whence}), asks for no more."


def beside_words(comparison: Comparison) -> str:
    """Whether the movement was chosen beforehand, and what the literature says of measuring by hand; lines."""
    from rom_tracker.movements.measurement_error import manual_error_of

    role = (
        "Chosen beforehand: the verdict stands for itself."
        if comparison.primary
        else "Exploratory: not chosen before the treatment (--primary); among many movements some seem to change by chance."
    )
    manual = manual_error_of(comparison.before.movement.key)
    if manual is None:
        return role
    beside = f"The literature's detectable change, measured by hand with another instrument: {manual.words}."
    return f"{role}\n{beside} The verdict does not rest on it."


def _freedom(value: float) -> str:
    return f"{value:.0f}" if math.isfinite(value) else "very many"
