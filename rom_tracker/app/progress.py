"""A client's sessions in a row, from the records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rom_tracker.analysis.progress import FEWEST_SESSIONS, Progress, SessionMark, progress_of
from rom_tracker.app import recordings
from rom_tracker.app.words import Measure
from rom_tracker.i18n import Translator
from rom_tracker.landmarks import opposite_side
from rom_tracker.result_words import degrees
from rom_tracker.store import SessionRecord


def measures_of(sessions: Sequence[SessionRecord]) -> list[Measure]:
    """Every movement and side that was measured, the latest first."""
    keys = [
        f"{one.movement}-{one.side}"
        for record in reversed(sessions)
        for one in record.current_measurements()
        if one.peak_deg is not None
    ]
    return [Measure.read(key) for key in dict.fromkeys(keys)]


def marks_of(sessions: Sequence[SessionRecord], measure: Measure) -> list[SessionMark]:
    """What each session found of a movement and side."""
    found = []
    for record in sessions:
        before, after = (
            recordings.measurement_of(record, recordings.latest(record, measure, recordings.moment_of(moment)))
            for moment in ("before", "after")
        )
        if before is None and after is None:
            continue
        compared = recordings.comparison_of(record, measure)
        day: date = record.session.held_at.astimezone().date()
        found.append(
            SessionMark(
                day,
                None if before is None else before.peak_deg,
                None if after is None else after.peak_deg,
                None if compared is None else compared.verdict,  # type: ignore[arg-type]
                None if compared is None else compared.detectable_deg,
            )
        )
    return found


def progress(sessions: Sequence[SessionRecord], measure: Measure) -> Progress:
    """A movement over the sessions.

    Raises
    ------
    UsageError
        It was never measured.
    """
    other = Measure(measure.movement, opposite_side(measure.side))
    other_side = marks_of(sessions, other) if measure.movement.sided else []
    return progress_of(measure.movement, measure.side, marks_of(sessions, measure), other_side=other_side)


def progress_words(_: Translator, measure: Measure, sessions: Sequence[SessionRecord]) -> str:
    """What can be said of it, and no more."""
    found = progress(sessions, measure)
    trend = found.trend
    if trend is None:
        words = _("A trend can be told from {n} sessions on; until then each session speaks for itself.")
        return words.format(n=FEWEST_SESSIONS)
    slope, low, high = (degrees(value, 1, signed=True) for value in (trend.per_week_deg, *trend.interval_per_week_deg))
    words = {
        "improved": _("Over the weeks it improves: {slope} a week (95 %: {low} to {high})."),
        "worse": _("Over the weeks it gets worse: {slope} a week (95 %: {low} to {high})."),
    }.get(found.verdict, _("Over the weeks no change can be told from measuring error: {slope} a week (95 %: {low} to {high})."))
    return words.format(slope=_.number(slope), low=_.number(low), high=_.number(high))
