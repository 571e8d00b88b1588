"""Treatment sessions and the questions before them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from rom_tracker.errors import UsageError
from rom_tracker.movements.protocols import Contraindication, load_protocols
from rom_tracker.store.database import Database, Writer
from rom_tracker.store.files import Files
from rom_tracker.store.records import Session, SessionRecord
from rom_tracker.store.rows import needed, session_of, session_record_of
from rom_tracker.store.tables import AnswerRow, ClientRow, MeasurementRow, RecordingRow, SessionRow, now

_CHANGEABLE = {field.name for field in fields(Session)} - {"id", "client_id", "signed_at", "signed_by"}


def screening_questions(protocol: str | None = None) -> tuple[Contraindication, ...]:
    """What to ask before a treatment: of one protocol (a key of ``protocols.toml``), or of any.

    Raises
    ------
    UsageError
        There is no such protocol.
    """
    known = load_protocols()
    if protocol is None:
        return known.contraindications
    if protocol not in known.protocols:
        raise UsageError(f"there is no protocol {protocol!r}; `rom-tracker protocols` lists them")
    return known.contraindications_for([known.protocols[protocol]])


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of a store."""

    database: Database
    files: Files

    def start(self, client_id: str, *, held_at: datetime | None = None, **told: Any) -> Session:
        """A new session, now or at ``held_at``; ``told`` are the other fields of :class:`~rom_tracker.store.records.Session`.

        Raises
        ------
        UnknownRecordError
            No such client.
        UsageError
            A field that a session does not have, or a value that it cannot have; nothing is kept then.
        """
        row = SessionRow(client_id=client_id)
        _fill(row, {"held_at": held_at or now(), **told})
        with self.database.writing() as writer:
            client = needed(writer.session, ClientRow, client_id)
            writer.session.add(row)
            writer.session.flush()
            writer.note("session started", client.pseudonym, row.id)
        return session_of(row)

    def change(self, session_id: str, **changes: Any) -> Session:
        """Change fields of a session; a signature does not outlive that. Raises as :meth:`start` does."""
        with self.database.writing() as writer:
            row = needed(writer.session, SessionRow, session_id)
            _fill(row, changes)
            writer.note(f"session changed: {', '.join(sorted(changes))}", row.client.pseudonym, row.id)
            unsign(writer, row)
            return session_of(row)

    def sign(self, session_id: str, by: str) -> Session:
        """Somebody takes responsibility for the results of a session: they are final from now on, until something is changed."""
        if not by.strip():
            raise UsageError("expected the name of who signs, got nothing")
        with self.database.writing() as writer:
            row = needed(writer.session, SessionRow, session_id)
            row.signed_at, row.signed_by = now(), by.strip()
            writer.note("session signed", row.client.pseudonym, row.id)
            return session_of(row)

    def screen(
        self, session_id: str, answers: Mapping[str, bool], notes: Mapping[str, str] | None = None
    ) -> tuple[Contraindication, ...]:
        """Keep the answers to :func:`screening_questions` by their keys, in the place of earlier ones to the same questions.

        Returns
        -------
        tuple of Contraindication
            What the client has: each says in ``action`` and ``why`` what to do about it. "Do not treat" comes first.

        Raises
        ------
        UsageError
            There is no such question.
        """
        known = {one.key: one for one in screening_questions()}
        if unknown := sorted(set(answers) - set(known)):
            raise UsageError(f"there are no questions {', '.join(unknown)}; expected some of {', '.join(known)}")
        with self.database.writing() as writer:
            row = needed(writer.session, SessionRow, session_id)
            for key, present in answers.items():
                one = known[key]
                note = (notes or {}).get(key, "")
                kept = {"asked": one.what, "present": bool(present), "action": one.action, "note": note, "answered_at": now()}
                writer.session.merge(AnswerRow(session_id=session_id, key=key, **kept))
            writer.note("screening answered", row.client.pseudonym, row.id)
        return tuple(
            sorted((known[key] for key, present in answers.items() if present), key=lambda one: one.action != "do not treat")
        )

    def get(self, session_id: str) -> SessionRecord:
        """A session with all that belongs to it.

        Raises
        ------
        UnknownRecordError
            There is none.
        """
        with self.database.reading() as session:
            needed(session, SessionRow, session_id)
            return session_record_of(session.scalars(_WHOLE.where(SessionRow.id == session_id)).unique().one())

    def of(self, client_id: str) -> tuple[SessionRecord, ...]:
        """All sessions of a client, oldest first, with all that belongs to them; in seven queries however many there are.

        Raises
        ------
        UnknownRecordError
            No such client.
        """
        with self.database.reading() as session:
            needed(session, ClientRow, client_id)
            whole = _WHOLE.where(SessionRow.client_id == client_id).order_by(SessionRow.held_at)
            return tuple(session_record_of(row) for row in session.scalars(whole).unique())

    def remove(self, session_id: str) -> None:
        """Take a session away that was started by mistake, with its recordings and their files."""
        with self.database.writing() as writer:
            row = needed(writer.session, SessionRow, session_id)
            recordings = [recording.id for recording in row.recordings]
            measurements = writer.session.scalars(
                select(MeasurementRow.id).where(MeasurementRow.recording_id.in_(recordings))
            ).all()
            writer.note("session removed", row.client.pseudonym, row.id)
            writer.session.delete(row)
        for recording_id in recordings:
            self.files.remove(recording_id, "video")
        for measurement_id in measurements:
            self.files.remove(measurement_id, "landmarks")


_WHOLE = select(SessionRow).options(
    selectinload(SessionRow.answers),
    selectinload(SessionRow.comparisons),
    selectinload(SessionRow.recordings).options(selectinload(RecordingRow.measurements), selectinload(RecordingRow.corrections)),
)


def unsign(writer: Writer, row: SessionRow) -> None:
    """A change after the signature takes the signature away."""
    if row.signed_at is not None:
        row.signed_at, row.signed_by = None, ""
        writer.note("signature void: changed afterwards", row.client.pseudonym, row.id)


def _fill(row: SessionRow, told: Mapping[str, Any]) -> None:
    if unknown := sorted(set(told) - _CHANGEABLE):
        raise UsageError(f"a session has no {', '.join(unknown)}; expected some of {', '.join(sorted(_CHANGEABLE))}")
    for name in ("pain_before", "pain_after"):
        if (pain := told.get(name)) is not None and pain not in range(11):
            raise UsageError(f"expected {name} from 0 to 10, got {pain}")
    if told.get("side") not in ("left", "right", None):
        raise UsageError(f'expected side "left", "right" or none, got {told["side"]!r}')
    if (held_at := told.get("held_at")) is not None and held_at.tzinfo is None:
        raise UsageError(f"expected a time with its time zone, got {held_at.isoformat()}")
    for name, value in told.items():
        setattr(row, name, dict(value) if name == "setup" else value)
