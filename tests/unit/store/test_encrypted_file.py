"""Encrypted files read back what was written, from any place, cut off anywhere; whatever was changed in them is noticed."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from visits import PASSPHRASE, Visit

from rom_tracker.capture import VideoFile
from rom_tracker.errors import DamagedStoreError, OutputError, StoreError, UsageError
from rom_tracker.sample_clips import sample_folder
from rom_tracker.store import Store
from rom_tracker.store.encrypted_file import CHUNK_BYTES, EncryptedReader, EncryptedWriter
from rom_tracker.store.keys import Key

HEADER, TAG = 24, 16
KEY = Key(bytes(range(32)))


def written(folder: Path, pieces: list[bytes], *, whole: bool = True) -> Path:
    path = folder / f"{len(os.listdir(folder))}.video"
    writer = EncryptedWriter(path, KEY)
    for piece in pieces:
        writer.write(piece)
    writer.close() if whole else writer.abandon()
    return path


def read(path: Path, key: Key = KEY) -> tuple[bytes, bool]:
    with EncryptedReader(path, key) as reader:
        return reader.read(), reader.complete


@given(st.lists(st.binary(max_size=300), max_size=6), st.data())
def test_it_reads_back_from_any_place(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], data: st.DataObject) -> None:
    path = written(tmp_path_factory.mktemp("files"), pieces)
    whole = b"".join(pieces)
    plain = io.BytesIO(whole)
    with EncryptedReader(path, KEY) as reader:
        assert (reader.complete, reader.size) == (True, len(whole))
        assert reader.read() == whole
        for _ in range(5):
            offset = data.draw(st.integers(-len(whole), len(whole) + 5))
            whence = data.draw(st.sampled_from([os.SEEK_SET, os.SEEK_END])) if offset <= 0 else os.SEEK_SET
            place = max(0, offset if whence == os.SEEK_SET else len(whole) + offset)
            plain.seek(place)
            assert reader.seek(offset, whence) == reader.tell() == place
            count = data.draw(st.integers(0, 700))
            assert reader.read(count) == plain.read(count)


@given(st.integers(0, 700))
def test_cut_off_anywhere_it_reads_up_to_its_last_whole_chunk(tmp_path_factory: pytest.TempPathFactory, kept: int) -> None:
    pieces = [bytes([number]) * 100 for number in range(5)]
    path = written(tmp_path_factory.mktemp("files"), pieces)
    content = path.read_bytes()
    path.write_bytes(content[:kept])
    if kept < HEADER:
        with pytest.raises(DamagedStoreError):
            read(path)
        return
    chunks = min(5, (kept - HEADER) // (4 + 100 + TAG))
    assert read(path) == (b"".join(pieces[:chunks]), kept >= len(content))


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_goes_unnoticed(tmp_path_factory: pytest.TempPathFactory, place: int, change: int) -> None:
    pieces = [b"one" * 30, b"two" * 30]
    path = written(tmp_path_factory.mktemp("files"), pieces)
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= change
    path.write_bytes(content)
    try:
        found, complete = read(path)
    except DamagedStoreError:
        return
    # A changed length can only make the file look cut off.
    assert not complete
    assert b"".join(pieces).startswith(found)


def test_chunks_cannot_be_exchanged_dropped_or_taken_from_another_file(tmp_path: Path) -> None:
    size = 4 + 100 + TAG
    content = written(tmp_path, [b"a" * 100, b"b" * 100]).read_bytes()
    other = written(tmp_path, [b"c" * 100, b"d" * 100]).read_bytes()
    head, first, second, last = (
        content[:HEADER],
        content[HEADER:][:size],
        content[HEADER + size :][:size],
        content[HEADER + 2 * size :],
    )
    forged = tmp_path / "forged"
    for pieces in (
        (head, second, first, last),
        (head, second, last),
        (head, first, last),
        (head, other[HEADER:][:size], second, last),
    ):
        forged.write_bytes(b"".join(pieces))
        with pytest.raises(DamagedStoreError, match="damaged"):
            read(forged)


def test_another_key_reads_nothing(tmp_path: Path) -> None:
    with pytest.raises(DamagedStoreError, match="other records"):
        read(written(tmp_path, [b"x"]), Key.new())


def test_a_large_piece_becomes_several_chunks(tmp_path: Path) -> None:
    piece = os.urandom(2 * CHUNK_BYTES + 5)
    path = written(tmp_path, [piece])
    assert path.stat().st_size == HEADER + len(piece) + 4 * (4 + TAG)
    assert read(path) == (piece, True)


def test_a_file_is_not_written_over(tmp_path: Path) -> None:
    path = written(tmp_path, [b"x"])
    with pytest.raises(OutputError, match="exists"):
        EncryptedWriter(path, KEY)


def test_what_was_written_is_there_after_a_kill(store: Store, folder: Path, visited: Visit) -> None:
    recording = store.recordings.add(visited.session.id, "knee_flexion", "left", "before")
    program = f"""
        import time
        from pathlib import Path
        from rom_tracker.store import Store
        with Store.open(Path({str(folder)!r}), passphrase={PASSPHRASE!r}) as store:
            writer = store.recordings.video_writer({recording.id!r})
            for second in range(1000):
                writer.write(bytes([second]) * 50_000)
                print(second, flush=True)
                time.sleep(0.05)
        """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            if line.strip() == "3":
                break
        process.kill()
    process.wait()
    assert process.returncode == (-signal.SIGKILL if sys.platform != "win32" else 1)
    assert store.recordings.cut_off() == (store.recordings.get(recording.id),)
    with store.recordings.open_video(recording.id) as reader:
        assert not reader.complete
        assert reader.size >= 4 * 50_000
        assert reader.read(200_000) == b"".join(bytes([second]) * 50_000 for second in range(4))


class FullDisk(io.RawIOBase):
    """A file on a disk that takes nothing."""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return -1

    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("ended", ["close", "abandon"])
def test_a_disk_that_is_full_is_told_once_and_in_plain_words(tmp_path: Path, ended: str) -> None:
    path = tmp_path / "one.video"
    writer = EncryptedWriter(path, KEY)
    writer.write(b"what fits")
    writer._file.close()
    writer._file = io.BufferedWriter(FullDisk())
    with pytest.raises(OutputError, match="the disk is full"):
        writer.write(b"what does not fit")
    if ended == "close":
        with pytest.raises(OutputError, match="the disk is full"):
            writer.close()
    else:
        writer.abandon()
    assert writer._file.closed
    assert read(path) == (b"what fits", False)


def test_a_video_that_cannot_be_begun_is_none(store: Store, folder: Path, visited: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[BinaryIO] = []

    def full(writer: EncryptedWriter, data: bytes) -> None:
        files.append(writer._file)
        raise OSError(errno.ENOSPC, "No space left on device")

    recording = store.recordings.add(visited.session.id, "knee_flexion", "left", "before")
    there = store.files.all()
    with monkeypatch.context() as patched:
        patched.setattr(EncryptedWriter, "_put", full)
        with pytest.raises(OutputError, match="the disk is full"):
            store.recordings.video_writer(recording.id)
    assert [file.closed for file in files] == [True]
    assert store.files.all() == there
    assert not store.recordings.get(recording.id).has_video
    with store.recordings.video_writer(recording.id) as writer:
        writer.write(b"a video")
    with pytest.raises(UsageError, match="already"):
        store.recordings.video_writer(recording.id)
    assert store.recordings.get(recording.id).has_video


def test_a_video_is_taken_and_lent(store: Store, visited: Visit) -> None:
    clip = sample_folder() / "elbow_flexion_pre.mp4"
    recording = store.recordings.add(visited.session.id, "elbow_flexion", "left", "before", media_type="video/mp4")
    done: list[float] = []
    store.recordings.take_video(recording.id, clip, lambda part, _: done.append(part))
    assert done[-1] == clip.stat().st_size
    with store.recordings.open_video(recording.id) as reader:
        assert reader.read() == clip.read_bytes()
    with store.recordings.video_file(recording.id) as path:
        assert path.suffix == ".mp4"
        assert path.parent.stat().st_mode & 0o077 == 0
        assert len(list(VideoFile(path))) == len(list(VideoFile(clip)))
    assert not path.parent.exists()
    with pytest.raises(UsageError, match="already"):
        store.recordings.take_video(recording.id, clip)
    with pytest.raises(UsageError, match="already"):
        store.recordings.video_writer(recording.id)


def test_a_video_that_cannot_be_taken_leaves_nothing(store: Store, visited: Visit, tmp_path: Path) -> None:
    recording = store.recordings.add(visited.session.id, "elbow_flexion", "left", "before")
    with pytest.raises(StoreError, match="nowhere"):
        store.recordings.take_video(recording.id, tmp_path / "nowhere.mp4")

    def interrupt(done: float, total: float | None) -> None:
        raise KeyboardInterrupt

    clip = sample_folder() / "elbow_flexion_pre.mp4"
    with pytest.raises(KeyboardInterrupt):
        store.recordings.take_video(recording.id, clip, interrupt)
    assert not store.recordings.get(recording.id).has_video
    assert not store.files.path(recording.id, "video").exists()
    store.recordings.take_video(recording.id, clip)


def test_a_lost_or_damaged_video_is_told(store: Store, visited: Visit) -> None:
    path = store.files.path(visited.recordings[0].id, "video")
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)
    with (
        store.recordings.open_video(visited.recordings[0].id) as reader,
        pytest.raises(DamagedStoreError, match="restore a backup"),
    ):
        reader.read()
    path.unlink()
    with pytest.raises(DamagedStoreError, match="cannot be read"):
        store.recordings.open_video(visited.recordings[0].id)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 32, "0" * 31, "0" * 32 + "/"])
def test_no_path_but_an_identifier_gets_to_the_disk(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        store.files.path(name, "video")


def test_writing_keeps_up_with_a_camera(tmp_path: Path) -> None:
    """Ten seconds of a good camera, 1 MB a second in ten pieces, take a small part of that of the processor."""
    began = time.process_time()
    written(tmp_path, [b"x" * 100_000] * 100)
    assert time.process_time() - began < 1.0
