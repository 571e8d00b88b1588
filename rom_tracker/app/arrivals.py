"""Recordings on their way in: each piece that a browser sends is on the disk, encrypted, before the next one is asked for.

What a recording is about is in the records from its first moment; one that nobody sends any more, since the lid was closed or the
program stopped, is found there with what came of it. Nothing that a request says becomes part of a path.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rom_tracker.app.words import Measure
from rom_tracker.errors import RomTrackerError, StoreError, UsageError
from rom_tracker.store import Recording, Store
from rom_tracker.store.encrypted_file import EncryptedWriter
from rom_tracker.store.records import Moment

#: Largest piece, and largest recording, in bytes.
LARGEST_PIECE = 64 * 2**20
LARGEST_RECORDING = 4 * 2**30

#: So many recordings come in at once at most.
MOST_AT_ONCE = 8

#: A recording of which nothing came for so long is not waited for any more.
PATIENCE_S = 60.0

#: A file no larger than this, in bytes, holds nothing of a recording.
LARGEST_BEGINNING = 1024

#: Kinds of file that are taken as the browser names them; of another one the file itself tells.
KINDS = frozenset({"video/mp4", "video/webm", "video/quicktime", "video/x-matroska"})


@dataclass
class _Arriving:
    writer: EncryptedWriter
    pieces: int = 0
    size: int = 0
    heard_s: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Arrivals:
    """The recordings that come in now."""

    def __init__(self) -> None:
        self._now: dict[str, _Arriving] = {}
        #: Those that the records have already, and that are not in ``_now`` yet.
        self._beginning: set[str] = set()
        self._one_begins = threading.Lock()

    def begin(
        self, store: Store, session_id: str, measure: Measure, moment: Moment, *, kind: str, camera: str, setup: dict[str, Any]
    ) -> Recording:
        """A new recording.

        Raises
        ------
        UnknownRecordError
            No such session.
        UsageError
            Too many come in already.
        OutputError
            The disk does not take it; no recording is left of it.
        """
        self._give_up_silent()
        with self._one_begins:
            if len(self._now) >= MOST_AT_ONCE:
                raise UsageError("Too many recordings come in at once; wait until one is done.")
            kind = kind if kind in KINDS else ""
            found = store.recordings.add(
                session_id, measure.movement.key, measure.side, moment, media_type=kind, camera=camera[:200], setup=setup
            )
            # Before it counts as one with a video: else a page that is shown meanwhile takes it for one that stopped on the way.
            self._beginning.add(found.id)
            try:
                self._now[found.id] = _Arriving(store.recordings.video_writer(found.id))
            except RomTrackerError:
                with contextlib.suppress(StoreError):
                    store.recordings.remove(found.id)
                raise
            finally:
                self._beginning.discard(found.id)
        return found

    def append(self, recording_id: str, piece: int, data: bytes) -> None:
        """Add a piece; one that came before is taken as done, so that a browser may send it again.

        Raises
        ------
        UsageError
            There is no such recording, a piece is missing before this one, or it is too large.
        OutputError
            It cannot be written.
        """
        arriving = self._arriving(recording_id)
        with arriving.lock:
            arriving.heard_s = time.monotonic()
            if piece < arriving.pieces:
                return
            if piece > arriving.pieces:
                raise UsageError(f"Expected piece {arriving.pieces} of the recording, got {piece}.")
            if len(data) > LARGEST_PIECE or arriving.size + len(data) > LARGEST_RECORDING:
                raise UsageError(f"The recording is too large: expected at most {LARGEST_RECORDING // 2**30} GB in all.")
            arriving.writer.write(data)
            arriving.pieces += 1
            arriving.size += len(data)

    def finish(self, recording_id: str) -> None:
        """The recording is whole; raises as :meth:`append` does."""
        arriving = self._arriving(recording_id)
        with arriving.lock:
            arriving.writer.close()
        self._now.pop(recording_id, None)

    def give_up(self, recording_id: str) -> None:
        """The recording stays as it is; it is then among the interrupted ones."""
        arriving = self._now.pop(recording_id, None)
        if arriving is not None:
            arriving.writer.abandon()

    def drop(self, store: Store, recording_id: str) -> None:
        """Somebody went back before anything was recorded; where something came already, it stays as :meth:`give_up` leaves it."""
        arriving = self._arriving(recording_id)
        with arriving.lock:
            self.give_up(recording_id)
            if arriving.pieces == 0:
                store.recordings.remove(recording_id)

    def interrupted(self, store: Store) -> list[Recording]:
        """Those that stopped on the way, with what came of them; of which nothing came in all this time, is taken away."""
        self._give_up_silent()
        found = []
        for recording in store.recordings.cut_off():
            if recording.id in self._beginning or recording.id in self._now:
                continue
            if _has_anything(store, recording):
                found.append(recording)
            elif _is_old(recording) and store.files.path(recording.id, "video").exists():
                # A younger one may just have begun in another program that works with the same records; and a file that is not here
                # may lie in the folder of another computer that shares the database.
                store.recordings.remove(recording.id)
        return found

    def close(self) -> None:
        """Leave all as they are."""
        for recording_id in list(self._now):
            self.give_up(recording_id)

    def _arriving(self, recording_id: str) -> _Arriving:
        found = self._now.get(recording_id)
        if found is None:
            raise UsageError("This recording was interrupted. What came of it is kept and offered on the page of clients.")
        return found

    def _give_up_silent(self) -> None:
        now = time.monotonic()
        for recording_id, arriving in list(self._now.items()):
            if now - arriving.heard_s > PATIENCE_S:
                self.give_up(recording_id)


def _is_old(recording: Recording) -> bool:
    return datetime.now(UTC) - recording.recorded_at > timedelta(seconds=PATIENCE_S)


def _has_anything(store: Store, recording: Recording) -> bool:
    try:
        with store.recordings.open_video(recording.id) as video:
            return video.size > 0
    except StoreError:  # Damaged, which is not the same as empty.
        path = store.files.path(recording.id, "video")
        return path.exists() and path.stat().st_size > LARGEST_BEGINNING
