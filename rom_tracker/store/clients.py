"""Clients, and what they agree to."""

from __future__ import annotations

import difflib
import secrets
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select

from rom_tracker.errors import UnknownRecordError, UsageError
from rom_tracker.store.database import Database, Writer
from rom_tracker.store.files import Files
from rom_tracker.store.records import EARLIEST_BIRTH_YEAR, Client, ClientSummary, Consent, Retention, Sex
from rom_tracker.store.rows import client_of, consent_of, needed
from rom_tracker.store.tables import ClientRow, ConsentRow, RecordingRow, SessionRow, now

#: Letters and digits of a pseudonym, without those that look alike (I and 1, O and 0).
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_PSEUDONYM = 6


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of a store."""

    database: Database
    files: Files

    def add(
        self, label: str, *, birth_year: int | None = None, sex: Sex | None = None, retention: Retention | None = None
    ) -> Client:
        """A new client; see :class:`~rom_tracker.store.records.Client` for the fields.

        Whatever ``retention`` says, a video is kept beyond its measuring only while a :meth:`consent` to ``"video"`` stands.

        Raises
        ------
        UsageError
            An empty label, or a year in which nobody alive was born.
        """
        row = ClientRow(pseudonym=_new_pseudonym())
        _fill(row, {"label": label, "birth_year": birth_year, "sex": sex, "retention": retention or Retention()})
        with self.database.writing() as writer:
            writer.session.add(row)
            writer.session.flush()
            writer.note("client added", row.pseudonym, row.id)
        return client_of(row)

    def get(self, client_id: str) -> Client:
        """The client with an identifier.

        Raises
        ------
        UnknownRecordError
            There is none.
        """
        with self.database.reading() as session:
            return client_of(needed(session, ClientRow, client_id))

    def find(self, named: str) -> Client:
        """The client with a label, a pseudonym or an identifier; capitals do not matter.

        Raises
        ------
        UnknownRecordError
            There is none, or there are several; the message says how to tell them apart.
        """
        asked = named.strip().casefold()
        everyone = [one.client for one in self.list()]
        found = [one for one in everyone if asked in (one.label.casefold(), one.pseudonym.casefold(), one.id)]
        if len(found) == 1:
            return found[0]
        if found:
            codes = ", ".join(one.pseudonym for one in found)
            raise UnknownRecordError(
                f"{len(found)} clients are called {named.strip()!r}; name the one you mean by its code: {codes}"
            )
        near = difflib.get_close_matches(asked, [one.label.casefold() for one in everyone], n=3)
        hint = f"; did you mean {' or '.join(one.label for one in everyone if one.label.casefold() in near)}?" if near else ""
        raise UnknownRecordError(f"the records have no client {named.strip()!r}{hint}")

    def list(self, search: str = "") -> tuple[ClientSummary, ...]:
        """All clients by label, or those whose label or pseudonym has ``search`` in it; in two queries however many there are."""
        newest = func.max(SessionRow.held_at, type_=SessionRow.held_at.type)
        lines = select(ClientRow, func.count(SessionRow.id), newest).outerjoin(ClientRow.sessions).group_by(ClientRow.id)
        agreed: dict[str, set[str]] = defaultdict(set)
        with self.database.reading() as session:
            for client_id, what in session.execute(
                select(ConsentRow.client_id, ConsentRow.what).where(ConsentRow.withdrawn_at.is_(None))
            ):
                agreed[client_id].add(what)
            found = [
                ClientSummary(client_of(row), count, latest, frozenset(agreed[row.id]))
                for row, count, latest in session.execute(lines)
            ]
        wanted = search.strip().casefold()
        fitting = [one for one in found if wanted in one.client.label.casefold() or wanted in one.client.pseudonym.casefold()]
        return tuple(sorted(fitting, key=lambda one: (one.client.label.casefold(), one.client.created_at)))

    def change(self, client_id: str, **changes: Any) -> Client:
        """Change ``label``, ``birth_year``, ``sex`` or ``retention``; raises as :meth:`add` and :meth:`get` do."""
        with self.database.writing() as writer:
            row = needed(writer.session, ClientRow, client_id)
            _fill(row, changes)
            writer.note(f"client changed: {', '.join(sorted(changes))}", row.pseudonym, row.id)
            return client_of(row)

    def consent(self, client_id: str, what: str, given_at: datetime | None = None) -> Consent:
        """The client agrees to something: a key of ``CONSENT_PURPOSES``, or own words."""
        if not what.strip():
            raise UsageError("expected what the client agrees to, got nothing")
        with self.database.writing() as writer:
            client = needed(writer.session, ClientRow, client_id)
            row = ConsentRow(client_id=client_id, what=what.strip(), given_at=given_at or now())
            writer.session.add(row)
            writer.session.flush()
            writer.note(f"consent given: {row.what}", client.pseudonym, row.id)
        return consent_of(row)

    def withdraw(self, consent_id: str) -> Consent:
        """The client takes a consent back; of that to ``"video"``, every video of the client is removed at once."""
        with self.database.writing() as writer:
            row = needed(writer.session, ConsentRow, consent_id)
            client = needed(writer.session, ClientRow, row.client_id)
            row.withdrawn_at = row.withdrawn_at or now()
            writer.note(f"consent withdrawn: {row.what}", client.pseudonym, row.id)
            dropped = _without_videos(writer, client) if row.what == "video" else []
        for recording_id in dropped:
            self.files.remove(recording_id, "video")
        return consent_of(row)

    def consents(self, client_id: str) -> tuple[Consent, ...]:
        """All that the client ever agreed to, oldest first, also what was taken back."""
        with self.database.reading() as session:
            needed(session, ClientRow, client_id)
            rows = session.scalars(select(ConsentRow).where(ConsentRow.client_id == client_id).order_by(ConsentRow.given_at))
            return tuple(consent_of(row) for row in rows)


def _without_videos(writer: Writer, client: ClientRow) -> list[str]:
    """The recordings of a client that had a video and have none now."""
    mine = select(RecordingRow).join(RecordingRow.session).where(SessionRow.client_id == client.id, RecordingRow.has_video)
    rows = list(writer.session.scalars(mine))
    for row in rows:
        row.has_video = False
        writer.note("video removed: consent withdrawn", client.pseudonym, row.id)
    return [row.id for row in rows]


def _new_pseudonym() -> str:
    return "C-" + "".join(secrets.choice(_LETTERS) for _ in range(_PSEUDONYM))


def _fill(row: ClientRow, told: dict[str, Any]) -> None:
    """Check what is told of a client, and put it into its row."""
    for name, value in told.items():
        if name == "label":
            row.label = str(value).strip()
            if not row.label:
                raise UsageError("expected a name or label of the client, got nothing")
        elif name == "birth_year":
            latest = now().year
            if value is not None and not EARLIEST_BIRTH_YEAR <= value <= latest:
                raise UsageError(f"expected a year of birth from {EARLIEST_BIRTH_YEAR} to {latest}, got {value}")
            row.birth_year = value
        elif name == "sex":
            if value not in ("female", "male", "other", None):
                raise UsageError(f'expected sex "female", "male", "other" or none, got {value!r}')
            row.sex = cast("Sex | None", value)
        elif name == "retention":
            row.keep, row.keep_days = value.keep, value.days
        else:
            raise UsageError(f"a client has no {name!r}; expected label, birth_year, sex or retention")
