"""A client's sessions in a row, from the records."""

from __future__ import annotations

from collections.abc import Sequence

from rom_tracker.analysis.progress import Progress
from rom_tracker.app.words import Measure
from rom_tracker.client_words import trend_meaning
from rom_tracker.i18n import Translator
from rom_tracker.report.from_store import progress_in
from rom_tracker.store import Client, SessionRecord


def measures_of(sessions: Sequence[SessionRecord]) -> list[Measure]:
    """Every movement and side of which there is a number, the latest first."""
    keys = [
        f"{one.movement}-{one.side}"
        for record in reversed(sessions)
        for one in record.current_measurements()
        if one.peak_deg is not None
    ]
    return [Measure.read(key) for key in dict.fromkeys(keys)]


def progress(sessions: Sequence[SessionRecord], measure: Measure, client: Client) -> Progress:
    """A movement over the sessions.

    Raises
    ------
    UsageError
        It was never measured.
    """
    return progress_in(sessions, measure.movement, measure.side, client)


def progress_words(_: Translator, measure: Measure, sessions: Sequence[SessionRecord], client: Client) -> str:
    """What can be said of it, and no more."""
    return " ".join(trend_meaning(_, progress(sessions, measure, client)))
