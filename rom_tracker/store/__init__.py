"""The records: clients, sessions, recordings, measurements, encrypted on this computer.

    from rom_tracker.settings import Settings
    from rom_tracker.store import Store

    with Store.of(Settings.load(), passphrase=..., who="Kim") as store:
        for line in store.clients.list():
            print(line.client.label, line.sessions)
        for record in store.sessions.of(client_id):
            print(record.session.held_at, [one.change_deg for one in record.current_comparisons()])

A store is a folder: ``records.db`` (SQLite, encrypted with SQLCipher), ``store.json`` (where its key is; see :mod:`.keys`),
``files`` (videos and landmarks, encrypted; see :mod:`.encrypted_file`) and ``backups`` (made before the database is brought to a
new form).
"""

from __future__ import annotations

from rom_tracker.store.backup import BackupMade, back_up
from rom_tracker.store.records import (
    CONSENT_PURPOSES,
    Client,
    ClientSummary,
    Consent,
    Correction,
    Erased,
    KeptComparison,
    KeptMeasurement,
    Purged,
    Recording,
    Retention,
    ScreeningAnswer,
    Session,
    SessionRecord,
    TrailEntry,
)
from rom_tracker.store.restore import Restored, restore
from rom_tracker.store.sessions import screening_questions
from rom_tracker.store.store import Store

__all__ = [
    "CONSENT_PURPOSES",
    "BackupMade",
    "Client",
    "ClientSummary",
    "Consent",
    "Correction",
    "Erased",
    "KeptComparison",
    "KeptMeasurement",
    "Purged",
    "Recording",
    "Restored",
    "Retention",
    "ScreeningAnswer",
    "Session",
    "SessionRecord",
    "Store",
    "TrailEntry",
    "back_up",
    "restore",
    "screening_questions",
]
