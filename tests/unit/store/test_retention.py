"""Videos go after their time, and clients who are erased leave nothing behind: every page and file is looked through for them."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from visits import NAME, PASSPHRASE, Visit, visit

from rom_tracker.analysis.comparison import Comparison
from rom_tracker.errors import UnknownRecordError
from rom_tracker.store import Retention, Store
from rom_tracker.store.files import Files
from rom_tracker.store.retention import IN_THE_MAKING_S

PAGE, RESERVED, SALT, IV = 4096, 80, 16, 16
VIDEO = b"the face of a client " * 5000
#: Words that only this client's records have.
TRACES = [part.encode() for part in (NAME, "Querfurth", "stiff neck of Querfurth")]


def decrypted_pages(path: Path, key: bytes) -> bytes:
    """Every page of a SQLCipher 4 database in the clear, also those that nothing refers to any longer.

    A page of 4096 bytes ends in 80: a random IV and a checksum; the first one begins with 16 bytes of salt. AES-256-CBC.
    """
    content = path.read_bytes()
    plain = []
    for start in range(0, len(content) // PAGE * PAGE, PAGE):
        page = content[start : start + PAGE]
        secret, iv = page[SALT if start == 0 else 0 : PAGE - RESERVED], page[PAGE - RESERVED :][:IV]
        decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        plain.append(decryptor.update(secret) + decryptor.finalize())
    return b"".join(plain)


def decrypted_log(path: Path, key: bytes) -> bytes:
    """Every page in the write-ahead log in the clear: frames of 24 bytes and a page after a header of 32."""
    content = path.read_bytes() if path.exists() else b""
    plain = []
    for start in range(32, len(content) - 24 - PAGE + 1, 24 + PAGE):
        page = content[start + 24 :][:PAGE]
        decryptor = Cipher(algorithms.AES(key), modes.CBC(page[PAGE - RESERVED :][:IV])).decryptor()
        plain.append(decryptor.update(page[: PAGE - RESERVED]) + decryptor.finalize())
    return b"".join(plain)


def everything(store: Store) -> bytes:
    """The database in the clear, its log too, and every other file as it lies there."""
    key = store.key.derived("database")
    database = store.folder / "records.db"
    others = (path for path in store.folder.rglob("*") if path.is_file() and not path.name.startswith("records.db"))
    return (
        decrypted_pages(database, key)
        + decrypted_log(Path(f"{database}-wal"), key)
        + b"".join(path.read_bytes() for path in others)
    )


@pytest.fixture
def stayer(store: Store, change: Comparison) -> Visit:
    return visit(store, store.clients.add("Bob Bleibtreu"), change)


@pytest.fixture
def leaver(store: Store, visited: Visit) -> Visit:
    store.sessions.change(visited.session.id, notes="stiff neck of Querfurth " * 400)
    store.recordings.correct(visited.recordings[0].id, "other", {"why": "Querfurth"}, "Querfurth moved")
    return visited


def test_an_erased_client_leaves_nothing_behind(store: Store, leaver: Visit, stayer: Visit) -> None:
    identifiers = [one.encode() for one in (leaver.client.id, leaver.session.id, *(r.id for r in leaver.recordings))]
    was_there = everything(store)
    assert all(trace in was_there for trace in (*TRACES, *identifiers, b"Bleibtreu", leaver.client.pseudonym.encode()))
    assert len(store.files.all()) == 8

    erased = store.acting_as("Lou").erase(leaver.client.id)

    assert (erased.pseudonym, erased.sessions, erased.recordings, erased.files) == (leaver.client.pseudonym, 1, 2, 4)
    for closed in (False, True):
        if closed:
            store.close()
        left = everything(store)
        assert [trace for trace in (*TRACES, *identifiers) if trace in left] == []
        assert b"Bleibtreu" in left
        assert leaver.client.pseudonym.encode() in left
    names = "".join(str(path) for path in store.folder.rglob("*"))
    assert not any(one.id in names for one in (*leaver.recordings, *leaver.measurements))
    assert len(store.files.all()) == 4


def test_the_trail_keeps_one_entry_of_an_erased_client(store: Store, leaver: Visit, stayer: Visit) -> None:
    others = [entry for entry in store.trail() if entry.client != leaver.client.pseudonym]
    store.acting_as("Lou").erase(leaver.client.id)
    (left,) = (entry for entry in store.trail() if entry.client == leaver.client.pseudonym)
    assert (left.who, left.what, left.about) == ("Lou", "client erased", "")
    assert [entry for entry in store.trail() if entry != left] == others
    with pytest.raises(UnknownRecordError):
        store.clients.get(leaver.client.id)
    with pytest.raises(UnknownRecordError):
        store.erase(leaver.client.id)
    assert store.measurements.rom(stayer.measurements[0].id).peak_deg is not None


def test_erasing_takes_automatic_backups_away(store: Store, leaver: Visit) -> None:
    store.backups_folder.mkdir()
    (store.backups_folder / "old.backup").write_bytes(b"x")
    (store.backups_folder / "records-before").mkdir()
    store.erase(leaver.client.id)
    assert not store.backups_folder.exists()


def test_a_removed_file_cannot_be_read_even_if_the_disk_still_has_it(store: Store, visited: Visit, tmp_path: Path) -> None:
    path = store.files.path(visited.recordings[0].id, "video")
    still_there = tmp_path / "still there"
    still_there.hardlink_to(path)
    before = still_there.read_bytes()
    store.recordings.drop_video(visited.recordings[0].id)
    assert not path.exists()
    assert still_there.read_bytes()[:24] != before[:24]


def test_videos_of_landmark_clients_go_once_they_are_measured(store: Store, change: Comparison) -> None:
    client = store.clients.add("Ann", retention=Retention("landmarks"))
    found = visit(store, client, change, video=VIDEO)
    unmeasured = store.recordings.add(found.session.id, "knee_flexion", "left", "before")
    with store.recordings.video_writer(unmeasured.id) as writer:
        writer.write(VIDEO)
    purged = store.purge()
    assert purged.videos == 2
    assert purged.freed_bytes > 2 * len(VIDEO)
    assert [store.recordings.get(one.id).has_video for one in (*found.recordings, unmeasured)] == [False, False, True]
    assert store.measurements.rom(found.measurements[0].id).merged is not None
    assert "video removed: only landmarks are kept" in [entry.what for entry in store.trail(client.id)]
    assert store.purge().videos == 0


@pytest.mark.parametrize("retention", [Retention(), Retention("days", 30)])
def test_without_the_consent_no_video_is_kept_whatever_else_was_chosen(
    store: Store, change: Comparison, retention: Retention
) -> None:
    client = store.clients.add("Ann", retention=retention)
    never = visit(store, store.clients.add("Bob", retention=retention), change)
    consent = store.clients.consent(client.id, "video")
    agreed = visit(store, client, change)
    assert store.purge().videos == len(never.recordings)
    store.clients.withdraw(consent.id)
    later = visit(store, client, change)
    unmeasured = store.recordings.add(later.session.id, "knee_flexion", "left", "before")
    with store.recordings.video_writer(unmeasured.id) as writer:
        writer.write(VIDEO)
    assert store.purge().videos == len(later.recordings)
    left = [*never.recordings, *agreed.recordings, *later.recordings]
    assert [store.recordings.get(one.id).has_video for one in (*left, unmeasured)] == [*[False] * len(left), True]
    store.clients.consent(client.id, "video")
    again = visit(store, client, change)
    assert store.purge().videos == 0
    assert all(store.recordings.get(one.id).has_video for one in again.recordings)


def test_what_is_kept_for_days_goes_then_measured_or_not_agreed_to_or_not(store: Store, change: Comparison) -> None:
    found = visit(store, store.clients.add("Ann", retention=Retention("days", 30)), change)
    recording = store.recordings.add(found.session.id, "knee_flexion", "left", "before")
    with store.recordings.video_writer(recording.id) as writer:
        writer.write(VIDEO)
    assert store.purge(recording.recorded_at + timedelta(days=31)).videos == 3


def test_videos_go_after_their_days_and_not_before(store: Store, change: Comparison) -> None:
    client, other = store.clients.add("Ann", retention=Retention("days", 30)), store.clients.add("Bob")
    for one in (client, other):
        store.clients.consent(one.id, "video")
    found = visit(store, client, change)
    keeper = visit(store, other, change, days_ago=5000)
    recorded_at = found.recordings[0].recorded_at
    assert store.purge(recorded_at + timedelta(days=30, seconds=-1)).videos == 0
    assert store.purge(recorded_at + timedelta(days=30)).videos == 2
    assert store.purge(datetime(2100, 1, 1, tzinfo=UTC)).videos == 0
    assert store.recordings.get(keeper.recordings[0].id).has_video


def written(path: Path, *, seconds_ago: float) -> None:
    at = path.stat().st_mtime - seconds_ago
    os.utime(path, (at, at))


def test_what_is_being_kept_while_another_thread_purges_stays(
    store: Store, visited: Visit, change: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Files.put_arrays

    def put_and_purge(files: Files, *arguments: Any) -> None:
        put(files, *arguments)
        store.purge()

    monkeypatch.setattr(Files, "put_arrays", put_and_purge)
    kept = store.measurements.keep(visited.recordings[0].id, change.before)
    assert store.measurements.rom(kept.id).merged is not None


def test_files_that_no_record_has_are_swept_up(store: Store, visited: Visit) -> None:
    store.files.put_arrays("f" * 32, "landmarks", {})
    with store.files.writer("e" * 32, "video") as writer:
        writer.write(VIDEO)
    (store.files.folder / "notes.txt").write_text("not ours")
    for name in ("f" * 32 + ".landmarks", "e" * 32 + ".video"):
        written(store.files.folder / name, seconds_ago=IN_THE_MAKING_S + 60)
    assert len(store.files.all()) == 6
    assert store.purge().freed_bytes > len(VIDEO)
    assert len(store.files.all()) == 4
    assert (store.files.folder / "notes.txt").exists()


def test_erasing_while_another_window_reads(store: Store, folder: Path, leaver: Visit) -> None:
    with Store.open(folder, passphrase=PASSPHRASE) as other, other.database.reading() as session:
        session.connection().exec_driver_sql("SELECT count(*) FROM client").all()
        store.erase(leaver.client.id)
    store.close()
    left = everything(store)
    assert [trace for trace in TRACES if trace in left] == []
