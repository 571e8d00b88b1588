"""Recordings that come in piece by piece, and those that stop on the way."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served import Served

from rom_tracker.app import arrivals as module
from rom_tracker.app.arrivals import Arrivals
from rom_tracker.app.recordings import check_readable
from rom_tracker.app.words import Measure
from rom_tracker.errors import OutputError, UnknownRecordError, UsageError, VideoError
from rom_tracker.store import Recording, Store
from rom_tracker.store.encrypted_file import EncryptedWriter
from rom_tracker.store.files import Files

CLIP = Path(__file__).parents[2] / "sample_videos" / "elbow_flexion_pre.mp4"

ELBOW = Measure.read("elbow_flexion-left")


@pytest.fixture
def arrivals() -> Iterator[Arrivals]:
    with closing(Arrivals()) as made:
        yield made


def begun(arrivals: Arrivals, store: Store, session_id: str) -> Recording:
    return arrivals.begin(store, session_id, ELBOW, "before", kind="video/mp4", camera="a camera", setup={})


def stored(store: Store, recording: Recording) -> bytes:
    with store.recordings.open_video(recording.id) as video:
        return video.read()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.binary(min_size=1, max_size=2000), min_size=1, max_size=8), again=st.data())
def test_pieces_are_put_together_however_often_they_are_sent(
    store: Store, session_id: str, pieces: list[bytes], again: st.DataObject
) -> None:
    with closing(Arrivals()) as arrivals:
        recording = begun(arrivals, store, session_id)
        for number, piece in enumerate(pieces):
            for _ in range(again.draw(st.integers(1, 3))):
                arrivals.append(recording.id, number, piece)
        arrivals.finish(recording.id)
    assert stored(store, recording) == b"".join(pieces)


def test_a_piece_is_on_the_disk_when_it_is_taken(arrivals: Arrivals, store: Store, session_id: str) -> None:
    recording = begun(arrivals, store, session_id)
    arrivals.append(recording.id, 0, b"one")
    assert stored(store, recording) == b"one"


def test_a_missing_piece_and_a_strange_recording_are_refused(arrivals: Arrivals, store: Store, session_id: str) -> None:
    recording = begun(arrivals, store, session_id)
    with pytest.raises(UsageError, match="Expected piece 0"):
        arrivals.append(recording.id, 1, b"two")
    for strange in ("0" * 32, "../../records.db", recording.id.upper(), ""):
        with pytest.raises(UsageError):
            arrivals.append(strange, 0, b"x")


def test_size_and_number_have_limits(arrivals: Arrivals, store: Store, session_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_RECORDING", 10)
    recording = begun(arrivals, store, session_id)
    arrivals.append(recording.id, 0, b"0123456789")
    with pytest.raises(UsageError, match="too large"):
        arrivals.append(recording.id, 1, b"x")
    for _ in range(module.MOST_AT_ONCE - 1):
        begun(arrivals, store, session_id)
    with pytest.raises(UsageError, match="Too many"):
        begun(arrivals, store, session_id)


def test_no_more_come_in_at_once_than_may_however_they_begin(arrivals: Arrivals, store: Store, session_id: str) -> None:
    def tried(_: int) -> bool:
        try:
            begun(arrivals, store, session_id)
        except UsageError:
            return False
        return True

    with ThreadPoolExecutor(2 * module.MOST_AT_ONCE) as threads:
        assert sum(threads.map(tried, range(2 * module.MOST_AT_ONCE))) == module.MOST_AT_ONCE


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """For the time by which recordings are dated, so much has gone by; nobody is silent yet."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=seconds)

    monkeypatch.setattr(module, "datetime", Clock)


def test_what_stopped_on_the_way_is_found_by_the_next_server(
    arrivals: Arrivals, store: Store, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = arrivals
    recording = begun(first, store, session_id)
    first.append(recording.id, 0, CLIP.read_bytes()[:60_000])
    empty = begun(first, store, session_id)
    assert first.interrupted(store) == []
    first.close()
    second = Arrivals()
    assert [one.id for one in second.interrupted(store)] == [recording.id]
    assert store.recordings.get(empty.id).recorded_at <= datetime.now(UTC), "it is there: perhaps it just begins elsewhere"
    with pytest.raises(UsageError, match="interrupted"):
        second.append(recording.id, 1, b"more")
    later(monkeypatch, module.PATIENCE_S + 1)
    assert [one.id for one in second.interrupted(store)] == [recording.id]
    with pytest.raises(UnknownRecordError):
        store.recordings.get(empty.id)


def test_a_damaged_recording_is_not_an_empty_one(
    arrivals: Arrivals, store: Store, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = begun(arrivals, store, session_id)
    arrivals.append(recording.id, 0, CLIP.read_bytes()[:60_000])
    arrivals.close()
    path = store.files.path(recording.id, "video")
    path.write_bytes(b"\0" * 40 + path.read_bytes()[40:])
    later(monkeypatch, module.PATIENCE_S + 1)
    assert [one.id for one in Arrivals().interrupted(store)] == [recording.id]


def test_a_recording_that_begins_in_another_program_is_left_alone(arrivals: Arrivals, store: Store, session_id: str) -> None:
    recording = begun(arrivals, store, session_id)
    assert Arrivals().interrupted(store) == []
    arrivals.append(recording.id, 0, b"one")
    arrivals.finish(recording.id)
    assert stored(store, recording) == b"one"


def test_a_recording_whose_file_lies_elsewhere_is_left_alone(
    arrivals: Arrivals, store: Store, session_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = begun(arrivals, store, session_id)
    store.files.path(recording.id, "video").rename(tmp_path / "in another folder")
    later(monkeypatch, module.PATIENCE_S + 1)
    assert Arrivals().interrupted(store) == []
    assert store.recordings.get(recording.id).has_video


def test_who_goes_back_before_anything_came_leaves_nothing(served: Served) -> None:
    client = served.store.clients.add("Ann Example")
    session = served.store.sessions.start(client.id)
    about = {"session": session.id, "measure": ELBOW.key, "moment": "before", "kind": "video/mp4"}
    keys = [served.ask("POST", "/recordings", json=about).json()["id"] for _ in range(2)]
    assert served.ask("POST", f"/recordings/{keys[1]}/pieces/0", content=b"one").status_code == 200
    assert [served.ask("POST", f"/recordings/{key}/give-up", json={}).status_code for key in keys] == [200, 200]
    assert [one.id for one in served.store.sessions.get(session.id).recordings] == keys[1:]
    assert [one.id for one in served.room.arrivals.interrupted(served.store)] == keys[1:]
    assert served.ask("POST", f"/recordings/{keys[0]}/give-up", json={}).status_code == 400


def test_of_a_recording_that_the_disk_does_not_take_nothing_is_left(
    arrivals: Arrivals, store: Store, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(writer: EncryptedWriter, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(EncryptedWriter, "_put", full)
        with pytest.raises(OutputError, match="the disk is full"):
            begun(arrivals, store, session_id)
    assert store.sessions.get(session_id).recordings == ()
    assert store.files.all() == ()
    begun(arrivals, store, session_id)


def test_a_page_that_is_shown_while_a_recording_begins_leaves_it_alone(
    arrivals: Arrivals, store: Store, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Files.writer
    shown: list[list[Recording]] = []

    def writer(files: Files, record_id: str, kind: Any) -> EncryptedWriter:
        made = written(files, record_id, kind)
        assert store.recordings.get(record_id).has_video
        shown.append(arrivals.interrupted(store))
        return made

    monkeypatch.setattr(Files, "writer", writer)
    later(monkeypatch, module.PATIENCE_S + 1)
    recording = begun(arrivals, store, session_id)
    assert shown == [[]]
    assert store.recordings.get(recording.id).has_video


def test_a_finished_recording_is_not_among_the_interrupted(arrivals: Arrivals, store: Store, session_id: str) -> None:
    recording = begun(arrivals, store, session_id)
    arrivals.append(recording.id, 0, CLIP.read_bytes())
    arrivals.finish(recording.id)
    assert Arrivals().interrupted(store) == []
    check_readable(store, recording)


@pytest.mark.parametrize(
    ("content", "words"), [(b"this is no video at all\n" * 40, "holiday.txt"), (b"\x00" * 5000, "holiday.txt")]
)
def test_what_is_no_video_is_told_as_the_command_line_does_and_taken_away(
    arrivals: Arrivals, store: Store, session_id: str, content: bytes, words: str
) -> None:
    recording = begun(arrivals, store, session_id)
    arrivals.append(recording.id, 0, content)
    arrivals.finish(recording.id)
    with pytest.raises(VideoError, match=words) as told:
        check_readable(store, recording, "holiday.txt")
    assert "/" not in str(told.value).split('"')[1]
    with pytest.raises(UnknownRecordError):
        store.recordings.get(recording.id)
