"""What is kept comes back as it was."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from visits import MOVEMENT, NAME, PASSPHRASE, Visit, visit, without_video

from rom_tracker import compare
from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.reliability import OwnRepeatability, WithinClientError
from rom_tracker.capture.recording import FrameTiming
from rom_tracker.errors import StoreError, UnknownRecordError, UsageError
from rom_tracker.frozen import put_together, taken_apart
from rom_tracker.store import Retention, Store, screening_questions


def test_a_client_comes_back(store: Store, folder: Path) -> None:
    kept = store.clients.add(f"  {NAME} ", birth_year=1980, sex="female", retention=Retention("days", 30))
    store.close()
    with Store.open(folder, passphrase=PASSPHRASE) as opened:
        found = opened.clients.get(kept.id)
    assert found == kept
    assert (found.label, found.birth_year, found.sex, found.retention) == (NAME, 1980, "female", Retention("days", 30))
    assert found.age_on(datetime(2026, 3, 1).date()) == 46
    assert found.created_at.tzinfo is not None


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"label": "  "}, "expected a name"),
        ({"label": "A", "birth_year": 1776}, "1900"),
        ({"label": "A", "birth_year": 3000}, "3000"),
        ({"label": "A", "sex": "x"}, "female"),
    ],
)
def test_a_client_that_cannot_be_is_refused(store: Store, told: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        store.clients.add(**told)  # type: ignore[arg-type]
    assert store.clients.list() == ()


@pytest.mark.parametrize(("keep", "days"), [("days", None), ("days", 0), ("video", 3), ("for ever", None)])
def test_retention_that_cannot_be_is_refused(keep: str, days: int | None) -> None:
    with pytest.raises(UsageError, match="expected"):
        Retention(keep, days)  # type: ignore[arg-type]


def test_clients_are_listed_by_label_and_found_by_part_of_it(store: Store, change: Comparison) -> None:
    ann, bob = store.clients.add("ann"), store.clients.add("Bob")
    anton = store.clients.add("Änton")
    session = visit(store, bob, change, days_ago=3).session
    visit(store, bob, change, days_ago=9)
    store.clients.consent(bob.id, "records")
    store.clients.withdraw(store.clients.consent(bob.id, "research").id)
    lines = store.clients.list()
    assert [line.client for line in lines] == [ann, bob, anton]
    assert [line.sessions for line in lines] == [0, 2, 0]
    assert lines[1].last_session_at == session.held_at
    assert lines[1].consents == {"records"}
    assert [line.client for line in store.clients.list("ÄNT")] == [anton]
    assert store.clients.find("BOB") == store.clients.find(bob.pseudonym.lower()) == store.clients.find(bob.id) == bob


def test_a_client_who_is_not_there_or_there_twice_is_told(store: Store) -> None:
    first, second = store.clients.add("Kim Li"), store.clients.add("kim li")
    with pytest.raises(UnknownRecordError, match=f"2 clients are called.*{first.pseudonym}.*{second.pseudonym}"):
        store.clients.find("Kim Li")
    with pytest.raises(UnknownRecordError, match="did you mean Kim Li"):
        store.clients.find("Kim Lee")
    with pytest.raises(UnknownRecordError, match="no client"):
        store.clients.get("0" * 32)


def test_a_consent_can_be_taken_back_and_videos_go_with_theirs(store: Store, visited: Visit) -> None:
    records, video = store.clients.consents(visited.client.id)
    assert records.holds
    assert video.holds
    withdrawn = store.clients.withdraw(video.id)
    assert not withdrawn.holds
    assert store.clients.withdraw(video.id).withdrawn_at == withdrawn.withdrawn_at
    for recording in visited.recordings:
        assert not store.recordings.get(recording.id).has_video
        assert not store.files.path(recording.id, "video").exists()
        with pytest.raises(StoreError, match="not kept"):
            store.recordings.open_video(recording.id)
    assert store.measurements.rom(visited.measurements[0].id).peak_deg is not None


def test_a_session_comes_back_with_all_that_belongs_to_it(store: Store, visited: Visit) -> None:
    correction = store.recordings.correct(visited.recordings[0].id, "repetition dropped", {"repetition": 2}, "slipped")
    found = store.sessions.get(visited.session.id)
    assert found.session == visited.session
    assert (found.session.pain_before, found.session.pain_after, found.session.protocol) == (6, 3, "upper_trapezius")
    assert {(one.key, one.present, one.note) for one in found.answers} == {
        ("fever", False, ""),
        ("pregnancy", True, "midwife agrees"),
    }
    assert found.recordings == visited.recordings
    assert found.measurements == visited.measurements
    assert found.comparisons == (visited.comparison,)
    assert found.corrections == (correction,)
    assert (correction.corrected_by, correction.reason, correction.detail) == ("Kim Lindqvist", "slipped", {"repetition": 2})
    assert [found.moment_of(one) for one in found.measurements] == ["before", "after"]
    assert store.sessions.of(visited.client.id) == (found,)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"pain_before": 11}, "0 to 10"),
        ({"side": "both"}, "left"),
        ({"mood": "good"}, "mood"),
        ({"held_at": datetime(2026, 1, 1)}, "time zone"),
        ({"signed_by": "me"}, "signed_by"),
    ],
)
def test_a_session_that_cannot_be_is_refused_and_nothing_is_changed(
    store: Store, visited: Visit, told: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        store.sessions.start(visited.client.id, **told)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=said):
        store.sessions.change(visited.session.id, notes="lost", **told)
    assert [one.session for one in store.sessions.of(visited.client.id)] == [visited.session]


def test_screening_says_what_to_do_gravest_first(store: Store, visited: Visit) -> None:
    asked = screening_questions("upper_trapezius")
    assert asked[0].regions == ("neck",)
    assert "neck_arteries" not in {one.key for one in screening_questions("hamstrings")}
    found = store.sessions.screen(visited.session.id, {"pregnancy": True, "neck_arteries": True, "fever": False})
    assert [(one.key, one.action) for one in found] == [("neck_arteries", "do not treat"), ("pregnancy", "ask a doctor first")]
    kept = {one.key: one for one in store.sessions.get(visited.session.id).answers}
    assert kept["neck_arteries"].present
    assert kept["neck_arteries"].asked.startswith("signs of trouble in a neck artery")
    with pytest.raises(UsageError, match="gout"):
        store.sessions.screen(visited.session.id, {"gout": True})
    with pytest.raises(UsageError, match="protocol"):
        screening_questions("left_ear")


def test_a_signature_does_not_outlive_a_change(store: Store, visited: Visit, before: RomMeasurement) -> None:
    signed = store.sessions.sign(visited.session.id, "Kim Lindqvist")
    assert signed.signed
    assert signed.signed_by == "Kim Lindqvist"
    store.measurements.keep(visited.recordings[0].id, before)
    assert not store.sessions.get(visited.session.id).session.signed
    assert "signature void: changed afterwards" in [entry.what for entry in store.trail(visited.client.id)]


def test_a_measurement_comes_back_exactly(store: Store, visited: Visit, before: RomMeasurement) -> None:
    found = store.measurements.rom(visited.measurements[0].id)
    assert found.as_dict() == without_video(before).as_dict()
    assert (found.movement, found.repetitions, found.budget, found.view) == (
        before.movement, before.repetitions, before.budget, before.view,
    )  # fmt: skip
    assert found.interval_deg == before.interval_deg == visited.measurements[0].interval_deg
    assert found.merged is not None
    assert before.merged is not None
    np.testing.assert_array_equal(found.merged.poses.xy, before.merged.poses.xy)
    angles = store.measurements.angles(visited.measurements[0].id)
    np.testing.assert_array_equal(angles.angle_deg, before.angles.angle_deg)
    np.testing.assert_array_equal(angles.out_of_picture, before.angles.out_of_picture)
    assert store.measurements.result(visited.measurements[0].id) == without_video(before).as_dict()


def test_a_comparison_comes_back_exactly(store: Store, visited: Visit, change: Comparison) -> None:
    found = store.measurements.comparison(visited.comparison.id)
    expected = replace(change, before=without_video(change.before), after=without_video(change.after))
    assert found.as_dict() == expected.as_dict()
    assert found.flags == change.flags
    assert compare(found.before, found.after, primary=True).as_dict() == expected.as_dict()
    assert visited.comparison.change_deg == change.change_deg
    assert visited.comparison.role == "chosen beforehand"


def test_a_comparison_by_ones_own_repeatability_comes_back(
    store: Store, visited: Visit, before: RomMeasurement, after: RomMeasurement
) -> None:
    own = OwnRepeatability(MOVEMENT, "camera 0", "full", WithinClientError(20.0, 12), 12, "2026-01-02")
    kept = store.measurements.keep_comparison(*(one.id for one in visited.measurements), compare(before, after, own=own))
    assert store.measurements.comparison(kept.id).own == own
    assert kept.verdict == "no detectable change"


def test_measuring_again_makes_the_earlier_one_no_longer_current(store: Store, visited: Visit, before: RomMeasurement) -> None:
    again = store.measurements.keep(visited.recordings[0].id, before, {"movements_file": "mine.toml"})
    found = store.sessions.get(visited.session.id)
    assert found.current_measurements() == (visited.measurements[1], again)
    assert found.current_comparisons() == ()
    assert len(found.measurements) == 3
    assert again.sources == {"movements_file": "mine.toml"}
    assert store.measurements.rom(visited.measurements[0].id).peak_deg == before.peak_deg


def test_a_measurement_of_something_else_is_refused_and_leaves_no_file(
    store: Store, visited: Visit, before: RomMeasurement
) -> None:
    other = store.recordings.add(visited.session.id, "knee_flexion", "left", "before")
    files = store.files.all()
    with pytest.raises(UsageError, match="expected a measurement of knee_flexion left"):
        store.measurements.keep(other.id, before)
    assert store.files.all() == files
    with pytest.raises(UsageError, match="before and one after"):
        store.measurements.keep_comparison(visited.measurements[1].id, visited.measurements[0].id, compare(before, before))


@given(st.floats(), st.integers(), st.text(), st.none() | st.text())
def test_what_is_taken_apart_is_put_together_exactly(sem_deg: float, number: int, words: str, note: str | None) -> None:
    own = OwnRepeatability(words, note or "", words, WithinClientError(sem_deg, number), number, words)
    tree, arrays = taken_apart((own, note, np.float64(sem_deg)))
    kind: Any = tuple[OwnRepeatability | None, str | None, float]
    assert repr(put_together(kind, json.loads(json.dumps(tree, allow_nan=False)), arrays)) == repr((own, note, sem_deg))


def test_what_an_earlier_version_did_not_have_is_the_default(before: RomMeasurement) -> None:
    tree, arrays = taken_apart(before)
    del tree["part"]
    assert put_together(RomMeasurement, tree, arrays).part is None
    del tree["side"]
    with pytest.raises(KeyError, match="side"):
        put_together(RomMeasurement, tree, arrays)


def test_a_preference_comes_back(store: Store) -> None:
    assert store.preference("keep", "video") == "video"
    store.set_preference("keep", {"days": 30})
    store.set_preference("keep", ["a", None, 1.5])
    assert store.preference("keep") == ["a", None, 1.5]


def test_what_was_found_out_about_a_recording_is_added(store: Store, visited: Visit) -> None:
    timing = FrameTiming(180, 6.0, 29.97, 0.1, 2)
    store.recordings.describe(visited.recordings[0].id, size=(1280, 720), timing=timing, setup={"distance_m": 2.5})
    store.recordings.describe(visited.recordings[0].id, setup={"height_m": 1.1})
    found = store.recordings.get(visited.recordings[0].id)
    assert (found.size, found.timing, found.setup) == ((1280, 720), timing, {"distance_m": 2.5, "height_m": 1.1})


def test_a_session_started_by_mistake_goes_with_its_files(store: Store, visited: Visit) -> None:
    assert len(store.files.all()) == 4
    store.sessions.remove(visited.session.id)
    assert store.files.all() == ()
    assert store.sessions.of(visited.client.id) == ()
    with pytest.raises(UnknownRecordError):
        store.measurements.rom(visited.measurements[0].id)


def test_a_recording_that_went_wrong_goes_alone(store: Store, visited: Visit) -> None:
    store.recordings.remove(visited.recordings[0].id)
    found = store.sessions.get(visited.session.id)
    assert found.recordings == visited.recordings[1:]
    assert found.measurements == visited.measurements[1:]
    assert found.comparisons == ()
    assert len(store.files.all()) == 2


def test_the_trail_says_who_did_what_and_no_names(store: Store, visited: Visit) -> None:
    store.acting_as("Lou").sessions.change(visited.session.id, notes=f"{NAME} slept well")
    trail = store.trail(visited.client.id)
    assert [entry.what for entry in trail][:3] == ["client added", "consent given: records", "consent given: video"]
    assert (trail[-1].who, trail[-1].what, trail[-1].client) == ("Lou", "session changed: notes", visited.client.pseudonym)
    assert trail[-1].about == visited.session.id
    assert [entry.number for entry in trail] == sorted(entry.number for entry in trail)
    assert not any(part in str(entry) for entry in store.trail() for part in ("Querfurth", "slept"))


@pytest.mark.parametrize("order", ["UPDATE trail SET who = 'Nobody'", "DELETE FROM trail", "DELETE FROM trail WHERE number = 1"])
def test_the_trail_cannot_be_changed(store: Store, visited: Visit, order: str) -> None:
    trail = store.trail()
    with pytest.raises(StoreError, match="the trail is"), store.database.writing() as writer:
        writer.session.execute(sa.text(order))
    assert store.trail() == trail


def test_a_change_that_fails_leaves_nothing(store: Store, visited: Visit) -> None:
    trail = store.trail()

    def note_and_fail() -> None:
        with store.database.writing() as writer:
            writer.note("something")
            writer.session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        note_and_fail()
    assert store.trail() == trail


def test_no_name_gets_into_an_error(store: Store) -> None:
    with pytest.raises(StoreError) as caught, store.database.writing() as writer:
        writer.session.execute(sa.text("INSERT INTO client (id, label) VALUES ('1', :label)"), {"label": NAME})
    assert NAME not in str(caught.value)
    assert NAME not in str(caught.value.__cause__)


def test_references_are_enforced(store: Store) -> None:
    with pytest.raises(StoreError, match="FOREIGN KEY"), store.database.writing() as writer:
        writer.session.execute(
            sa.text("INSERT INTO consent (id, client_id, what, given_at) VALUES ('1', 'nobody', 'x', '2026-01-01 00:00:00')")
        )


def test_two_windows_write_at_once(store: Store, folder: Path) -> None:
    def add(who: str) -> None:
        with Store.open(folder, passphrase=PASSPHRASE, who=who) as window:
            for number in range(10):
                window.clients.add(f"{who} {number}")

    threads = [threading.Thread(target=add, args=(who,)) for who in ("A", "B", "C")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.clients.list()) == 30


def test_times_come_back_in_utc(store: Store, visited: Visit) -> None:
    from zoneinfo import ZoneInfo

    held_at = datetime(2026, 7, 1, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    kept = store.sessions.start(visited.client.id, held_at=held_at)
    found = store.sessions.get(kept.id).session.held_at
    assert found == held_at
    assert found.utcoffset() == timedelta(0)
    assert found.tzinfo is UTC


def test_ten_clients_with_eight_sessions_are_there_at_once(store: Store, change: Comparison) -> None:
    clients = [store.clients.add(f"Client {number}") for number in range(10)]
    for client in clients:
        for session in range(8):
            visit(store, client, change, days_ago=7 * session)
    queries: list[str] = []
    sa.event.listen(store.database.engine, "before_cursor_execute", lambda c, cur, said, *rest: queries.append(said))
    began = time.process_time()
    assert [line.sessions for line in store.clients.list()] == [8] * 10
    listed = time.process_time() - began
    assert len([said for said in queries if said.startswith("SELECT")]) == 2
    queries.clear()
    began = time.process_time()
    records = store.sessions.of(clients[0].id)
    loaded = time.process_time() - began
    assert len(records) == 8
    assert all(len(one.measurements) == 2 for one in records)
    assert len([said for said in queries if said.startswith("SELECT")]) == 7
    assert not any("measurement.series" in said or "measurement.state" in said for said in queries)
    print(f"listed in {listed:.3f} s, loaded in {loaded:.3f} s")
    # Seconds of the processor, which do not depend on what else the machine does; measured here: 0.01 and 0.04.
    assert listed < 0.2
    assert loaded < 0.2
