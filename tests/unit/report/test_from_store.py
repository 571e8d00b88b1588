from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from comparisons import measured

from rom_tracker import compare
from rom_tracker.errors import UnknownRecordError
from rom_tracker.report import write_report
from rom_tracker.report.from_store import report_of
from rom_tracker.store import Store

FIRST = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "records", passphrase="correct horse battery") as made:
        yield made


def held(store: Store, client_id: str, week: int, before_deg: float, gain_deg: float, side="left", **told) -> str:
    session = store.sessions.start(client_id, held_at=FIRST + timedelta(weeks=week), **told)
    kept = []
    for moment, deg in (("before", before_deg), ("after", before_deg + gain_deg)):
        recording = store.recordings.add(session.id, "elbow_flexion", side, moment)
        found = measured((deg, deg + 1), side=side)
        kept.append((store.measurements.keep(recording.id, found), found))
    (before, one), (after, two) = kept
    store.measurements.keep_comparison(before.id, after.id, compare(one, two))
    return session.id


def test_a_report_of_the_last_session_has_all_sessions_in_a_row(store, tmp_path):
    client = store.clients.add("Zoë *bold*", birth_year=1976, sex="female")
    with pytest.raises(UnknownRecordError, match="nothing was compared"):
        report_of(store, client.id)
    first = held(store, client.id, 0, 90, 15, muscle="biceps brachii")
    held(store, client.id, 1, 92, 0, side="right")
    for week, deg in enumerate((96, 101, 105, 112), 2):
        last = held(store, client.id, week, deg, 1, therapist="Kim", complaint="stiff", pain_before=4, pain_after=2)
    found = report_of(store, client.id)
    assert (found.visit.client, found.visit.therapist, found.visit.pain_before) == ("Zoë *bold*", "Kim", 4)
    assert found.visit.day == (FIRST + timedelta(weeks=5)).date()
    (result,) = found.results
    assert result.verdict == "no detectable change"
    row = found.progress_of(result)
    assert [mark.before_deg for mark in row.sessions] == [pytest.approx(deg + 0.5, abs=1) for deg in (90, 96, 101, 105, 112)]
    assert [mark.before_deg for mark in row.other_side] == [pytest.approx(92.5, abs=1)]
    assert row.verdict == "improved"
    assert row.norm is not None
    assert found.placements[0].norm is row.norm
    then = report_of(store, client.id, first)
    assert then.results[0].verdict == "improved"
    assert len(then.progress[0].sessions) == 1
    assert then.visit.treated == "biceps brachii"
    assert report_of(store, client.id, last).visit == found.visit
    write_report(found, tmp_path / "page.pdf", language="es")
    write_report(found, tmp_path / "report.pdf", language="de", full=True)


def test_a_session_that_is_not_there_is_told(store):
    client = store.clients.add("A")
    with pytest.raises(UnknownRecordError):
        report_of(store, client.id, "0" * 32)
