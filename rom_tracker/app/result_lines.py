"""Results in the words of the pages: short, and no more than the verdict allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from rom_tracker.analysis.comparison import ChangeVerdict
from rom_tracker.analysis.flag import Flag, Severity
from rom_tracker.app.flag_words import lines_of
from rom_tracker.client_words import angle, change_meaning, span
from rom_tracker.i18n import Translator
from rom_tracker.result_words import EN_DASH
from rom_tracker.store import KeptComparison, KeptMeasurement, Recording

#: The order in which flags are shown.
_GRAVITY: tuple[Severity, ...] = ("refused", "caution", "note")


def change_line(_: Translator, found: KeptComparison) -> str:
    """The change in a line."""
    if found.change_deg is None or found.interval_deg is None:
        return _("No comparison")
    change = angle(_, found.change_deg, signed=True)
    interval = span(_, found.interval_deg, signed=True)
    words = {
        "improved": _("Improved: {change} (95 %: {interval})"),
        "worse": _("Worse: {change} (95 %: {interval})"),
    }.get(found.verdict, _("No detectable change ({change}, 95 %: {interval})"))
    line = words.format(change=change, interval=interval).replace(" %", "\N{NO-BREAK SPACE}%")
    with_caution = any(flag["severity"] == "caution" for flag in found.result["flags"])
    return _("{result}, with caution").format(result=line) if with_caution else line


def plain_words(_: Translator, found: KeptComparison, *, larger: bool) -> str:
    """What it means; ``larger``: whether a larger angle is the better one."""
    if found.change_deg is None or found.detectable_deg is None:
        return _("One of the recordings gave no number; below stands why, and what to do.")
    verdict = cast(ChangeVerdict, found.verdict)
    return " ".join(change_meaning(_, verdict, found.change_deg, found.detectable_deg, larger=larger))


def measurement_line(_: Translator, kept: KeptMeasurement | None) -> str:
    """A measurement in a line; empty where there is none."""
    if kept is None:
        return ""
    if kept.peak_deg is None or kept.interval_deg is None:
        return _("No number: look at what to mind, and record again.")
    words = _.ngettext(
        "End range {peak} (95 %: {interval}), {n} repetition", "End range {peak} (95 %: {interval}), {n} repetitions",
        kept.repetitions,
    )  # fmt: skip
    return words.format(peak=angle(_, kept.peak_deg), interval=span(_, kept.interval_deg), n=kept.repetitions)


def number_words(_: Translator, recording: Recording, kept: KeptMeasurement) -> list[str]:
    """The cells of a measurement's row: end range, interval, start, repetitions, pictures a second, longest gap."""
    interval = EN_DASH if kept.interval_deg is None else span(_, kept.interval_deg)
    timing = recording.timing
    fps = EN_DASH if timing is None or timing.median_fps is None else f"{timing.median_fps:.0f}"
    gap = EN_DASH if timing is None or timing.longest_gap_s is None else f"{_.number(f'{timing.longest_gap_s:.2f}')} s"
    angles = (EN_DASH if value is None else angle(_, value) for value in (kept.peak_deg, kept.start_deg))
    peak, start = angles
    return [peak, interval, start, str(kept.repetitions), fps, gap]


def flag_lines(_: Translator, result: Mapping[str, Any]) -> list[tuple[Severity, str]]:
    """What to mind about a measurement or a comparison, from its result, gravest first: severity and words."""
    flags = [Flag(str(one["code"]), str(one["message"]), one["severity"]) for one in result["flags"]]
    return lines_of(_, flags, _GRAVITY)
