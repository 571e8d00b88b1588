"""Takes away what is not to be kept: videos after their time, and clients who are erased."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import delete, func, select

from rom_tracker.store.database import Database, translated_errors
from rom_tracker.store.files import Files, Kind
from rom_tracker.store.records import Erased
from rom_tracker.store.rows import needed
from rom_tracker.store.tables import ClientRow, ConsentRow, MeasurementRow, RecordingRow, SessionRow, TrailRow

#: What the trail says of a client who was erased; the triggers of the trail know these words.
ERASED = "client erased"

#: The landmarks of a measurement are on the disk before its record is: a file that no record has is left alone for so long.
IN_THE_MAKING_S = 3600.0


def erase_client(database: Database, files: Files, client_id: str) -> Erased:
    """Delete a client with everything that belongs to it, but for one entry of the trail under the pseudonym."""
    of_client = select(RecordingRow.id).join(RecordingRow.session).where(SessionRow.client_id == client_id)
    with database.writing() as writer:
        session = writer.session
        client = needed(session, ClientRow, client_id)
        pseudonym = client.pseudonym
        recordings = list(session.scalars(of_client))
        measurements = list(session.scalars(select(MeasurementRow.id).where(MeasurementRow.recording_id.in_(of_client))))
        sessions = session.scalar(select(func.count()).where(SessionRow.client_id == client_id)) or 0
        writer.note(ERASED, pseudonym)
        session.flush()
        session.execute(delete(TrailRow).where(TrailRow.client == pseudonym, TrailRow.what != ERASED))
        session.delete(client)
    removed = [
        *(files.remove(one, "video") for one in recordings),
        *(files.remove(one, "landmarks") for one in measurements),
    ]
    return Erased(pseudonym, sessions, len(recordings), sum(size > 0 for size in removed))


def expired(database: Database, at: datetime) -> dict[str, str]:
    """The recordings whose video is not to be kept any longer at a time, and why.

    Of a client who does not agree to videos, or does not any more, none is kept once it is measured, whatever else was chosen.
    """
    measured = sa.exists().where(MeasurementRow.recording_id == RecordingRow.id)
    agreed = sa.exists().where(ConsentRow.client_id == ClientRow.id, ConsentRow.what == "video", ConsentRow.withdrawn_at.is_(None))
    with_video = (
        select(RecordingRow.id, RecordingRow.recorded_at, ClientRow.keep_days)
        .join(RecordingRow.session)
        .join(SessionRow.client)
        .where(RecordingRow.has_video)
    )
    with database.reading() as session:
        found = dict.fromkeys(session.scalars(with_video.where(~agreed, measured)), "no consent to videos")
        found |= dict.fromkeys(
            session.scalars(with_video.where(ClientRow.keep == "landmarks", measured)), "only landmarks are kept"
        )
        for recording_id, recorded_at, days in session.execute(with_video.where(ClientRow.keep == "days")):
            if recorded_at.astimezone(UTC) + timedelta(days=days or 0) <= at:
                found.setdefault(recording_id, "end of the time it is kept")
    return found


def remove_ownerless(database: Database, files: Files) -> int:
    """Remove the files that no record has, but for those whose record may still come; how many bytes that freed."""
    written_before = time.time() - IN_THE_MAKING_S
    present = [(record_id, kind) for record_id, kind in files.all() if files.written_at(record_id, kind) < written_before]
    owned = owned_files(database)
    return sum(files.remove(record_id, kind) for record_id, kind in present if (record_id, kind) not in owned)


def owned_files(database: Database) -> set[tuple[str, Kind]]:
    """The files that the records have: the record's identifier, and the kind."""
    with database.reading() as session:
        videos = session.scalars(select(RecordingRow.id).where(RecordingRow.has_video)).all()
        landmarks = session.scalars(select(MeasurementRow.id)).all()
    return {*((one, "video") for one in videos), *((one, "landmarks") for one in landmarks)}


def compact(database: Database) -> None:
    """Write the database file anew without what was deleted, and empty its log."""
    with translated_errors(), database.engine.connect() as connection:
        plain = connection.connection.driver_connection
        assert plain is not None
        plain.execute("VACUUM")
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
