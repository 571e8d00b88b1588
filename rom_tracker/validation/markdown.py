"""Numbers and tables as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from rom_tracker.result_words import MINUS
from rom_tracker.validation.figures import Share


def table(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table; columns of numbers are set to the right."""
    rows = [columns, ["---"] + ["---:" if _is_number(lines, i) else "---" for i in range(1, len(columns))], *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def _is_number(lines: Sequence[Sequence[str]], column: int) -> bool:
    """Whether a column holds numbers, which are set to the right."""
    return all(cells[column][:1] in f"-+{MINUS}0123456789" for cells in lines)


def tenths(value: float | None) -> str:
    """Degrees to a tenth; - for none."""
    return "-" if value is None else f"{value:.1f}"


def signed(value: float) -> str:
    """Degrees to a tenth with their sign."""
    rounded = round(value, 1) + 0.0
    return f"{MINUS if rounded < 0 else '+' if rounded > 0 else ''}{abs(rounded):.1f}"


def span(interval: tuple[float, float]) -> str:
    """From one to another."""
    return f"{signed(interval[0])} to {signed(interval[1])}"


def fraction(share: Share) -> str:
    """Such as 3/4."""
    return f"{share.part}/{share.of}" if share.of else "-"


def percent(share: Share) -> str:
    """Such as 75 % (3/4)."""
    return "-" if share.value is None else f"{100 * share.value:.0f} % ({share.part}/{share.of})"
