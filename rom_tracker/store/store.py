"""The records of clients in one folder, opened with their key."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import select

from rom_tracker.errors import DamagedStoreError, NoStoreError, UsageError
from rom_tracker.output_files import cannot_write
from rom_tracker.settings import Settings
from rom_tracker.store import migrations
from rom_tracker.store.clients import Clients
from rom_tracker.store.database import DAMAGE, Database, postgresql_engine, sqlcipher_engine, translated_errors
from rom_tracker.store.files import Files
from rom_tracker.store.keys import Header, Key, Lock, Sealed, forget_in_keychain, has_keychain, keep_in_keychain
from rom_tracker.store.measurements import Measurements
from rom_tracker.store.recordings import Recordings
from rom_tracker.store.records import Client, Erased, Purged, TrailEntry
from rom_tracker.store.retention import compact, erase_client, expired, remove_ownerless
from rom_tracker.store.rows import entry_of
from rom_tracker.store.sessions import Sessions
from rom_tracker.store.tables import ClientRow, PreferenceRow, TrailRow, now

#: The database in the folder of the records, and the folder of encrypted files and of automatic backups beside it.
DATABASE_NAME, FILES_NAME, BACKUPS_NAME = "records.db", "files", "backups"


@dataclass(frozen=True, slots=True)
class Store:
    """The records of clients: :meth:`create` or :meth:`open` them, and :meth:`close` them in the end.

        with Store.open(folder, passphrase="...", who="Kim") as store:
            client = store.clients.add("Ann", birth_year=1980)
            session = store.sessions.start(client.id, protocol="hamstrings")
            recording = store.recordings.add(session.id, "knee_flexion", "right", "before")

    Every method reads or changes the database by itself and gives back plain values, so that a store can be used from several
    threads, and one folder from several windows. Every change goes on the trail under the name ``who``.
    Every method may raise :class:`~rom_tracker.errors.StoreError` where the database or the disk do not do what was asked, and
    :class:`~rom_tracker.errors.UnknownRecordError` for an identifier that there is not.
    """

    folder: Path
    header: Header
    key: Key
    database: Database

    @classmethod
    def create(
        cls, folder: Path, *, passphrase: str | None = None, keychain: bool = False, who: str = "", database_url: str | None = None
    ) -> Self:
        """New records in a folder that has none; their key is random.

        Parameters
        ----------
        folder : Path
        passphrase : str, optional
            Opens them; nobody can without it.
        keychain : bool
            The system's keychain keeps the key, so that whoever is logged in opens them; with a passphrase too, either does.
        who : str
            Who works with them.
        database_url : str, optional
            Of an empty PostgreSQL database; by default a file in the folder, encrypted with SQLCipher.

        Raises
        ------
        UsageError
            There are records in the folder, or neither passphrase nor keychain was given, or a short passphrase.
        KeyNeededError
            This system has no keychain.
        OutputError
            The folder cannot be written.
        """
        if cls.lock_of(folder) is not None:
            raise UsageError(f'there are records in "{folder}" already; open them, or choose another folder')
        key = Key.new()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise cannot_write(folder, error) from error
        header = Header.new(key, passphrase=passphrase, keychain=keychain)
        store = cls(folder, header, key, Database(_engine(folder, key, database_url), who))
        try:
            with translated_errors(), store.database.engine.execution_options(writing=True).begin() as connection:
                migrations.upgrade(connection)
            header.write(folder)
            store._note("records created")
        except BaseException:
            store.close()
            if keychain:
                forget_in_keychain(header.id)
            raise
        return store

    @classmethod
    def open(cls, folder: Path, *, passphrase: str | None = None, who: str = "", database_url: str | None = None) -> Self:
        """The records in a folder, with the passphrase where one is given, else with the key from the keychain.

        The database is checked as a whole (every page has a checksum). One of an earlier version of the program is backed up into
        the folder ``backups`` and brought to the present form.

        Raises
        ------
        NoStoreError
            There are none.
        KeyNeededError, WrongKeyError
            They are locked; or that is not their passphrase.
        DamagedStoreError
            They are damaged.
        NewerStoreError
            A later version of the program made them.
        """
        header = Header.read(folder)
        key = header.key(passphrase)
        if database_url is None and not (folder / DATABASE_NAME).is_file():
            raise DamagedStoreError(f'the database "{folder / DATABASE_NAME}" is missing; restore the latest backup')
        store = cls(folder, header, key, Database(_engine(folder, key, database_url), who))
        try:
            store.check()
            store.upgrade()
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def of(cls, settings: Settings, *, passphrase: str | None = None, who: str = "") -> Self:
        """The records that the settings name; raises as :meth:`open` does."""
        return cls.open(settings.store_folder, passphrase=passphrase, who=who, database_url=settings.database_url)

    @staticmethod
    def lock_of(folder: Path) -> Lock | None:
        """What opens the records in a folder; None where there are none. Raises as :meth:`open` does for a damaged header."""
        try:
            header = Header.read(folder)
        except NoStoreError:
            return None
        return header.lock

    @staticmethod
    def has_keychain() -> bool:
        """Whether this system has a keychain that can keep a key."""
        return has_keychain()

    def close(self) -> None:
        """Close the database."""
        self.database.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def acting_as(self, who: str) -> Self:
        """The same records, with changes under another name."""
        return replace(self, database=replace(self.database, who=who))

    @property
    def clients(self) -> Clients:
        """Clients and consents."""
        return Clients(self.database, self.files)

    @property
    def sessions(self) -> Sessions:
        """Sessions and screening answers."""
        return Sessions(self.database, self.files)

    @property
    def recordings(self) -> Recordings:
        """Recordings, videos and corrections."""
        return Recordings(self.database, self.files)

    @property
    def measurements(self) -> Measurements:
        """Measurements and comparisons."""
        return Measurements(self.database, self.files)

    @property
    def files(self) -> Files:
        """The encrypted files."""
        return Files(self.folder / FILES_NAME, self.key)

    @property
    def backups_folder(self) -> Path:
        """Where automatic backups go."""
        return self.folder / BACKUPS_NAME

    @property
    def is_file(self) -> bool:
        """Whether the database is an encrypted file here, not one on a server."""
        return self.database.engine.dialect.name == "sqlite"

    def trail(self, client_id: str | None = None) -> tuple[TrailEntry, ...]:
        """Who did what when, oldest first: to one client, or all."""
        with self.database.reading() as session:
            wanted = select(TrailRow).order_by(TrailRow.number)
            if client_id is not None:
                pseudonym = select(ClientRow.pseudonym).where(ClientRow.id == client_id).scalar_subquery()
                wanted = wanted.where(TrailRow.client == pseudonym)
            return tuple(entry_of(row) for row in session.scalars(wanted))

    def preference(self, name: str, otherwise: Any = None) -> Any:
        """A setting of the place, or ``otherwise``."""
        with self.database.reading() as session:
            row = session.get(PreferenceRow, name)
            return otherwise if row is None else row.value["value"]

    def set_preference(self, name: str, value: Any) -> None:
        """Keep a setting of the place: anything that JSON can say."""
        with self.database.writing() as writer:
            writer.session.merge(PreferenceRow(name=name, value={"value": value}))
            writer.note(f"preference set: {name}")

    def note_export(self, clients: Iterable[Client], form: str, *, names: bool) -> None:
        """Put it on the trail that records of clients left the store."""
        with self.database.writing() as writer:
            for client in clients:
                writer.note(f"exported as {form}, {'with' if names else 'without'} names", client.pseudonym)

    def check(self) -> None:
        """Look at every page of the database and every reference in it.

        Raises
        ------
        DamagedStoreError
            Something is wrong with it.
        """
        with translated_errors(), self.database.engine.connect() as connection:
            if not self.is_file:
                connection.execute(sa.text("SELECT 1"))
                return
            for pragma in ("cipher_integrity_check", "foreign_key_check"):
                if wrong := connection.exec_driver_sql(f"PRAGMA {pragma}").all():
                    raise DamagedStoreError(f"{DAMAGE} (wrong places: {len(wrong)})")

    def change_lock(self, *, passphrase: str | None = None, keychain: bool = False) -> Self:
        """Open the records with something else from now on: a new passphrase, the keychain, or either of both.

        The key itself stays, so that nothing needs to be encrypted anew, and backups of before open with what opened them then.
        """
        if passphrase is None and not keychain:
            raise UsageError("expected a passphrase, or that the system's keychain keeps the key")
        sealed = None if passphrase is None else Sealed.of(self.key, passphrase)
        if keychain:
            keep_in_keychain(self.header.id, self.key)
        header = replace(self.header, in_keychain=keychain, sealed=sealed)
        header.write(self.folder)
        if not keychain:
            forget_in_keychain(self.header.id)
        self._note("lock changed")
        return replace(self, header=header)

    def erase(self, client_id: str) -> Erased:
        """Take away all there is about a client: records, videos, landmarks, automatic backups, and the trail but for one entry.

        That entry says when the client with this pseudonym was erased, and by whom. What was deleted is overwritten. Backups that
        somebody made elsewhere still have the client: delete them too; restored over these records, they are rid of the client
        again.
        """
        erased = erase_client(self.database, self.files, client_id)
        if self.backups_folder.is_dir():
            shutil.rmtree(self.backups_folder)
        if self.is_file:
            compact(self.database)
        return erased

    def purge(self, at: datetime | None = None) -> Purged:
        """Apply the clients' retention rules: remove videos that are measured where only landmarks are kept or the client does not
        agree to videos, and those that are older than kept.

        Files that no record has, such as of an erasure that was interrupted, go too once they are an hour old. Meant for every
        start of the program.
        """
        recordings = expired(self.database, at or now())
        freed = sum(self.recordings.drop_video(recording_id, why) for recording_id, why in recordings.items())
        return Purged(len(recordings), freed + remove_ownerless(self.database, self.files))

    def _note(self, what: str) -> None:
        with self.database.writing() as writer:
            writer.note(what)

    def upgrade(self) -> Path | None:
        """Bring the database to the present form, after a backup of it; where that is, or None where nothing was to be done.

        All of it is done or, where anything goes wrong, nothing.
        """
        from rom_tracker.store.backup import back_up_before_upgrade

        with translated_errors(), self.database.engine.connect() as connection:
            found = migrations.revision_of(connection)
        if found == migrations.REVISIONS[-1]:
            return None
        backup = back_up_before_upgrade(self, found)
        with translated_errors(), self.database.engine.execution_options(writing=True).connect() as connection:
            migrations.upgrade_kept(connection)
        self.check()
        self._note(f"records brought from form {found} to {migrations.REVISIONS[-1]}")
        return backup


def _engine(folder: Path, key: Key, database_url: str | None) -> sa.Engine:
    return sqlcipher_engine(folder / DATABASE_NAME, key) if database_url is None else postgresql_engine(database_url)
