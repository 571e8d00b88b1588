"""What was found, in a few words: the same in the charts, on the page of the movements and for people who do not see a chart."""

from __future__ import annotations

import re
from collections.abc import Callable

from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.flag import Flag
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.sides import SideComparison

MINUS, EN_DASH = "\N{MINUS SIGN}", "\N{EN DASH}"

#: What a flag of one of two recordings begins with.
_WHOSE = re.compile(r"^(Before|After|Left|Right): ")

#: Where the words of a flag go on to what follows from it.
_GOES_ON = re.compile(r"[:;] |, (?:and|so|or) ")


def describe(result: RomMeasurement | Comparison | SideComparison) -> str:
    """The chart in a few plain sentences, for people who do not see it."""
    if isinstance(result, SideComparison):
        return f"{result.left.movement.title}, left against right. {_sentences(_sides_description(result), result.flags)}"
    if isinstance(result, Comparison):
        return f"{name_of(result.before)}, before against after. {_sentences(_change_description(result), result.flags)}"
    return f"{name_of(result)}, angle over time. {_sentences(_end_range_description(result), result.flags)}"


def end_range_words(measurement: RomMeasurement) -> str:
    """The result of a measurement in a few words, such as "End range 96° (95 %: ...), 2 repetitions"."""
    if measurement.peak_deg is None or measurement.interval_deg is None:
        return f"No result. {_reasons(measurement.flags)}"
    n = len(measurement.repetitions.scored)
    words = f"End range {degrees(measurement.peak_deg)} (95 %: {_span(measurement.interval_deg)}), "
    return words + f"{n} {'repetition' if n == 1 else 'repetitions'}"


def change_words(comparison: Comparison) -> str:
    """The result of a comparison in a few words, which claim no more than its verdict."""
    change, detectable, interval = comparison.change_deg, comparison.detectable_deg, comparison.interval_deg
    if change is None or detectable is None or interval is None:
        return f"No comparison. {_reasons(comparison.flags)}"
    if comparison.verdict == "no detectable change":
        own = comparison.detectable_from == "own repeatability"
        error = "the spread of your own measurements" if own else "measuring error"
        return f"No detectable change: {_smaller_than(change, detectable, error, signed=True)}"
    low, high = (degrees(value, signed=True) for value in interval)
    return f"{degrees(change, signed=True)} {comparison.verdict} (95 %: {low} to {high})"


def side_words(sides: SideComparison) -> str:
    """The result of a comparison of both sides in a few words, which claim no more than its verdict."""
    difference, detectable, interval = sides.difference_deg, sides.detectable_deg, sides.interval_deg
    if difference is None or detectable is None or interval is None:
        return f"No difference is given. {_reasons(sides.flags)}"
    if sides.verdict == "no detectable difference":
        return f"No detectable difference: {_smaller_than(abs(difference), detectable)}"
    low, high = interval if difference > 0 else (-interval[1], -interval[0])
    return f"The {'left' if difference > 0 else 'right'} side goes {degrees(abs(difference))} further (95 %: {_span((low, high))})"


def degrees(value_deg: float, digits: int = 0, *, signed: bool = False) -> str:
    """An angle as people write it.

    >>> degrees(95.6), degrees(-0.2), degrees(12.6, signed=True), degrees(8.72, 1)
    ('96°', '0°', '+13°', '8.7°')
    """
    rounded = round(value_deg, digits)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded):.{digits}f}°"


def _smaller_than(value_deg: float, detectable_deg: float, error: str = "measuring error", *, signed: bool = False) -> str:
    """Both numbers with as many digits as tell them apart."""
    digits = next((d for d in (0, 1, 2) if round(abs(value_deg), d) < round(detectable_deg, d)), 3)
    return (
        f"{degrees(value_deg, digits, signed=signed)}, smaller than the {degrees(detectable_deg, digits)} that can be told from "
        f"{error}"
    )


def _span(interval_deg: tuple[float, float]) -> str:
    low, high = (degrees(value) for value in interval_deg)
    return f"{low.removesuffix('°')}{EN_DASH}{high}" if interval_deg[0] >= 0 else f"{low} to {high}"


def name_of(measurement: RomMeasurement, _: Callable[[str], str] = str) -> str:
    """The movement with its side, such as "Elbow flexion, left"; ``_`` puts it into another language."""
    if not measurement.movement.sided:
        return _(measurement.movement.title)
    return f"{_(measurement.movement.title)}, {_(measurement.side)}"


def caution_words(flags: tuple[Flag, ...]) -> str:
    """The first caution by its first sentence, and how many there are beside it; empty where there is none.

    >>> caution_words((Flag("one", "After: Only one repetition was found. Record three.", "caution"),))
    'Caution (after): Only one repetition was found.'
    """
    cautions = [flag.message for flag in flags if flag.severity == "caution"]
    if not cautions:
        return ""
    whose, message = _of_whom(cautions[0])
    more = f" (and {len(cautions) - 1} more)" if len(cautions) > 1 else ""
    return f"Caution{f' ({whose.lower()})' if whose else ''}: {_first_sentence(message)}{more}"


def refused_words(flags: tuple[Flag, ...]) -> list[str]:
    """For each of two recordings that was refused, and for both together, the first reason in a few words.

    >>> refused_words((Flag("lost", "Left: The hand was not found. Wrist flexion has to be filmed from near.", "refused"),))
    ['Left: refused (the hand was not found)']
    """
    reasons: dict[str, str] = {}
    for flag in flags:
        if flag.severity == "refused":
            whose, message = _of_whom(flag.message)
            few = _GOES_ON.split(_first_sentence(message))[0].rstrip(".")
            reasons.setdefault(whose, f"{few[:1].lower()}{few[1:]}")
    return [f"{whose}: refused ({why})" if whose else f"Refused: {why}" for whose, why in reasons.items()]


def _of_whom(message: str) -> tuple[str, str]:
    """Which of two recordings a flag is of, empty for both, and what it says."""
    found = _WHOSE.match(message)
    return (found[1], message[found.end() :]) if found else ("", message)


def _first_sentence(message: str) -> str:
    return re.split(r"(?<=[.?!]) (?=[A-Z])", message, maxsplit=1)[0]


def _reasons(flags: tuple[Flag, ...]) -> str:
    return " ".join(flag.message for flag in flags if flag.severity == "refused")


def _sentences(result: str, flags: tuple[Flag, ...]) -> str:
    cautions = " ".join(flag.message for flag in flags if flag.severity == "caution")
    return f"{result} Caution: {cautions}" if cautions else result


def _end_range_description(measurement: RomMeasurement) -> str:
    words = end_range_words(measurement)
    if measurement.peak_deg is None:
        return words
    each = ", ".join(degrees(r.peak_deg) for r in measurement.repetitions.scored)
    return f"{words}: {each}."


def _change_description(comparison: Comparison) -> str:
    before, after = comparison.before, comparison.after
    words = change_words(comparison)
    if before.peak_deg is None or after.peak_deg is None:
        return words
    return f"End range {degrees(before.peak_deg)} before and {degrees(after.peak_deg)} after. {words}."


def _sides_description(sides: SideComparison) -> str:
    each = " and ".join(f"{degrees(m.peak_deg)} {m.side}" for m in (sides.left, sides.right) if m.peak_deg is not None)
    words = side_words(sides)
    if not each:
        return words
    return f"End range {each}. {words}" + ("" if words.endswith((".", "?")) else ".")
