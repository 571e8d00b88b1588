"""Recordings, their encrypted videos, and what the therapist puts right about them."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import select

from rom_tracker.capture.recording import FrameTiming
from rom_tracker.errors import DamagedStoreError, StoreError, UsageError
from rom_tracker.landmarks import Side
from rom_tracker.store.database import Database
from rom_tracker.store.encrypted_file import EncryptedReader, EncryptedWriter
from rom_tracker.store.files import Files, Progress
from rom_tracker.store.records import Correction, CorrectionKind, Moment, Recording
from rom_tracker.store.rows import correction_of, needed, recording_of, timing_columns
from rom_tracker.store.sessions import unsign
from rom_tracker.store.tables import CorrectionRow, RecordingRow, SessionRow, now

#: What the recorders and phones of this world write, by media type without its parameters.
_SUFFIXES = {"video/webm": ".webm", "video/mp4": ".mp4", "video/x-matroska": ".mkv", "video/quicktime": ".mov", "": ".video"}


@dataclass(frozen=True, slots=True)
class Recordings:
    """The recordings of a store."""

    database: Database
    files: Files

    def add(
        self,
        session_id: str,
        movement: str,
        side: Side,
        moment: Moment,
        *,
        recorded_at: datetime | None = None,
        media_type: str = "video/webm",
        camera: str = "",
        setup: Mapping[str, Any] | None = None,
    ) -> Recording:
        """A new recording, as yet without a video; see :class:`~rom_tracker.store.records.Recording` for the fields.

        Raises
        ------
        UnknownRecordError
            No such session.
        UsageError
            A side or moment that there is not.
        """
        if side not in ("left", "right") or moment not in ("before", "after"):
            raise UsageError(f'expected side "left" or "right" and moment "before" or "after", got {side!r} and {moment!r}')
        row = RecordingRow(
            session_id=session_id,
            movement=movement,
            side=side,
            moment=moment,
            recorded_at=recorded_at or now(),
            media_type=media_type,
            has_video=False,
            camera=camera,
            setup=dict(setup or {}),
        )
        with self.database.writing() as writer:
            session = needed(writer.session, SessionRow, session_id)
            writer.session.add(row)
            writer.session.flush()
            writer.note(f"recording added: {movement} {side} {moment}", session.client.pseudonym, row.id)
            unsign(writer, session)
        return recording_of(row)

    def get(self, recording_id: str) -> Recording:
        """The recording with an identifier.

        Raises
        ------
        UnknownRecordError
            There is none.
        """
        with self.database.reading() as session:
            return recording_of(needed(session, RecordingRow, recording_id))

    def describe(
        self,
        recording_id: str,
        *,
        size: tuple[int, int] | None = None,
        timing: FrameTiming | None = None,
        setup: Mapping[str, Any] | None = None,
    ) -> Recording:
        """Keep what was found out about a recording once it was there; what is None stays as it was, ``setup`` is added to."""
        with self.database.writing() as writer:
            row = needed(writer.session, RecordingRow, recording_id)
            if size is not None:
                row.width_px, row.height_px = size
            if timing is not None:
                for name, value in timing_columns(timing).items():
                    setattr(row, name, value)
            row.setup = {**row.setup, **(setup or {})}
            writer.note("recording described", row.session.client.pseudonym, row.id)
            return recording_of(row)

    def video_writer(self, recording_id: str) -> EncryptedWriter:
        """Takes the video as it comes: what was written is on the disk, encrypted, when ``write`` returns.

        As a context manager it marks the video as complete at the end of the block. Of a program that was killed, what was written
        until then is there: see :meth:`cut_off`.

        Raises
        ------
        UsageError
            The recording has its video already: a second one is a new recording.
        OutputError
            It cannot be written.
        """
        if self.files.path(recording_id, "video").exists():
            raise UsageError("this recording has its video already; record a second one as a new recording")
        self._mark(recording_id, has_video=True, said="video recorded")
        try:
            return self.files.writer(recording_id, "video")
        except BaseException:
            self._mark(recording_id, has_video=False, said="video not recorded")
            raise

    def take_video(self, recording_id: str, source: Path, progress: Progress | None = None) -> Recording:
        """Encrypt a video file into the store, whole or not at all; the file itself stays where it is.

        ``progress`` is called with the bytes done, and in all. Raises as :meth:`video_writer` does, and StoreError where the file
        cannot be read.
        """
        if self.files.path(recording_id, "video").exists():
            raise UsageError("this recording has its video already; take a second one as a new recording")
        self._mark(recording_id, has_video=True, said="video taken")
        try:
            self.files.take(source, recording_id, "video", progress)
        except BaseException:
            self._mark(recording_id, has_video=False, said="video not taken")
            raise
        return self.get(recording_id)

    def open_video(self, recording_id: str) -> EncryptedReader:
        """The video as a file that can be read from any place; ``complete`` says whether it is whole.

        Raises
        ------
        StoreError
            It was not kept.
        DamagedStoreError
            It is damaged, or missing though it was kept.
        """
        self._needs_video(recording_id)
        return self.files.reader(recording_id, "video")

    def video_file(self, recording_id: str) -> AbstractContextManager[Path]:
        """The video in the clear for ``measure`` and ``write_overlay``, gone when the block ends.

        Raises as :meth:`open_video` does.

        Examples
        --------
        >>> def measured(store, recording):
        ...     with store.recordings.video_file(recording.id) as path:
        ...         return measure(path, recording.movement, recording.side)
        """
        found = self._needs_video(recording_id)
        return self.files.lent(recording_id, "video", suffix_of(found.media_type))

    def drop_video(self, recording_id: str, why: str = "asked for") -> int:
        """Remove the video; measurements, angles and landmarks stay. Returns how many bytes that freed."""
        self._mark(recording_id, has_video=False, said=f"video removed: {why}")
        return self.files.remove(recording_id, "video")

    def remove(self, recording_id: str) -> None:
        """Take a recording away that went wrong, with all that was measured in it."""
        with self.database.writing() as writer:
            row = needed(writer.session, RecordingRow, recording_id)
            measurements = [measurement.id for measurement in row.measurements]
            writer.note("recording removed", row.session.client.pseudonym, row.id)
            unsign(writer, row.session)
            writer.session.delete(row)
        self.files.remove(recording_id, "video")
        for measurement_id in measurements:
            self.files.remove(measurement_id, "landmarks")

    def cut_off(self) -> tuple[Recording, ...]:
        """Recordings whose video did not come to its end and was never measured: the program was killed, or still records."""
        unmeasured = select(RecordingRow).where(RecordingRow.has_video, ~RecordingRow.measurements.any())
        with self.database.reading() as session:
            found = [recording_of(row) for row in session.scalars(unmeasured.order_by(RecordingRow.recorded_at))]
        return tuple(recording for recording in found if not self._is_complete(recording.id))

    def correct(self, recording_id: str, kind: CorrectionKind, detail: Mapping[str, Any], reason: str = "") -> Correction:
        """Keep what the therapist puts right: it is told in every report of the recording.

        Parameters
        ----------
        kind : {"repetition dropped", "other person chosen", "part chosen", "number not used", "other"}
        detail : mapping
            Such as ``{"repetition": 2}`` or ``{"part_s": [2.0, 14.5]}``.
        """
        if kind not in get_args(CorrectionKind):
            raise UsageError(f"expected one of {', '.join(get_args(CorrectionKind))}, got {kind!r}")
        row = CorrectionRow(
            recording_id=recording_id, kind=kind, detail=dict(detail), reason=reason, corrected_by=self.database.who
        )
        with self.database.writing() as writer:
            recording = needed(writer.session, RecordingRow, recording_id)
            writer.session.add(row)
            writer.session.flush()
            writer.note(f"corrected: {kind}", recording.session.client.pseudonym, recording_id)
            unsign(writer, recording.session)
        return correction_of(row)

    def _mark(self, recording_id: str, *, has_video: bool, said: str) -> None:
        with self.database.writing() as writer:
            row = needed(writer.session, RecordingRow, recording_id)
            row.has_video = has_video
            writer.note(said, row.session.client.pseudonym, row.id)

    def _needs_video(self, recording_id: str) -> Recording:
        found = self.get(recording_id)
        if not found.has_video:
            raise StoreError("the video of this recording was not kept, or was removed after the time the client agreed to")
        return found

    def _is_complete(self, recording_id: str) -> bool:
        try:
            with self.files.reader(recording_id, "video") as reader:
                return reader.complete
        except DamagedStoreError:
            return False


def suffix_of(media_type: str) -> str:
    """The ending of a file of a media type, with its dot.

    Examples
    --------
    >>> suffix_of("video/webm;codecs=vp9")
    '.webm'
    """
    bare = media_type.split(";")[0].strip().lower()
    return _SUFFIXES.get(bare) or mimetypes.guess_extension(bare) or ".video"
