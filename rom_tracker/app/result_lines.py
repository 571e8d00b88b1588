"""Results in the words of the pages: short, and no more than the verdict allows."""

from __future__ import annotations

from rom_tracker.i18n import Translator
from rom_tracker.result_words import EN_DASH, degrees
from rom_tracker.store import KeptComparison, KeptMeasurement, Recording

#: The order in which flags are shown.
_GRAVITY = ("refused", "caution", "note")


def change_line(_: Translator, found: KeptComparison) -> str:
    """The change in a line."""
    if found.change_deg is None or found.interval_deg is None:
        return _("No comparison")
    change, low, high = (degrees(value, signed=True) for value in (found.change_deg, *found.interval_deg))
    words = {
        "improved": _("Improved: {change} (95 %: {low} to {high})"),
        "worse": _("Worse: {change} (95 %: {low} to {high})"),
    }.get(found.verdict, _("No detectable change ({change}, 95 %: {low} to {high})"))
    return words.format(change=change, low=low, high=high)


def plain_words(_: Translator, found: KeptComparison) -> str:
    """What it means."""
    if found.change_deg is None or found.detectable_deg is None:
        return _("One of the recordings gave no number; below stands why, and what to do.")
    detectable = degrees(found.detectable_deg)
    words = {
        "improved": _(
            "The joint moves further than before the treatment, by more than the {detectable} that measuring alone can differ."
        ),
        "worse": _(
            "The joint moves less far than before the treatment, by more than the {detectable} that measuring alone can differ."
        ),
    }.get(
        found.verdict,
        _(
            "The two differ by less than the {detectable} that measuring alone can differ. This does not mean that nothing happened."
        ),
    )
    return words.format(detectable=detectable)


def measurement_line(_: Translator, kept: KeptMeasurement | None) -> str:
    """A measurement in a line; empty where there is none."""
    if kept is None:
        return ""
    if kept.peak_deg is None or kept.interval_deg is None:
        return _("No number: look at what to mind, and record again.")
    low, high = (degrees(value) for value in kept.interval_deg)
    words = _.ngettext(
        "End range {peak} (95 %: {low} to {high}), {n} repetition", "End range {peak} (95 %: {low} to {high}), {n} repetitions",
        kept.repetitions,
    )  # fmt: skip
    return words.format(peak=degrees(kept.peak_deg), low=low, high=high, n=kept.repetitions)


def number_words(_: Translator, recording: Recording, kept: KeptMeasurement) -> list[str]:
    """The cells of a measurement's row: end range, interval, start, repetitions, pictures a second, longest gap."""
    interval = EN_DASH if kept.interval_deg is None else _("{low} to {high}").format(
        low=degrees(kept.interval_deg[0]), high=degrees(kept.interval_deg[1])
    )  # fmt: skip
    timing = recording.timing
    fps = EN_DASH if timing is None or timing.median_fps is None else f"{timing.median_fps:.0f}"
    gap = EN_DASH if timing is None or timing.longest_gap_s is None else f"{_.number(f'{timing.longest_gap_s:.2f}')} s"
    angles = (EN_DASH if value is None else degrees(value) for value in (kept.peak_deg, kept.start_deg))
    peak, start = angles
    return [peak, interval, start, str(kept.repetitions), fps, gap]


def flag_lines(_: Translator, found: KeptComparison) -> list[tuple[str, str]]:
    """What to mind, gravest first: severity and words."""
    flags = [(str(one["severity"]), str(one["message"])) for one in found.result["flags"]]
    return sorted(dict.fromkeys(flags), key=lambda flag: _GRAVITY.index(flag[0]))


def measurement_flags(flags: list[dict[str, str]]) -> list[tuple[str, str]]:
    """The same of one measurement, from its result."""
    return sorted(((one["severity"], one["message"]) for one in flags), key=lambda flag: _GRAVITY.index(flag[0]))
