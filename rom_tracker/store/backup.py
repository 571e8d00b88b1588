"""Backup into one file.

A backup is a ZIP archive (stored, since what is encrypted does not get smaller) of the header, the database and the encrypted
files, with a manifest of their SHA-256 sums. Nothing in it is in the clear. The database is copied as it is at one moment, whoever
is writing; the one of a server becomes an encrypted file, so that every backup can be restored anywhere.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from sqlalchemy import select

from rom_tracker import __version__
from rom_tracker.output_files import cannot_write, written_whole
from rom_tracker.store import migrations
from rom_tracker.store.database import Database, disposed, sqlcipher_engine, translated_errors
from rom_tracker.store.files import Progress
from rom_tracker.store.keys import HEADER_NAME, Header, Key, Sealed
from rom_tracker.store.retention import owned_files
from rom_tracker.store.store import DATABASE_NAME, FILES_NAME, Store
from rom_tracker.store.tables import Table, now

#: Form of a backup, the name of its manifest, and how much is copied at a time, in bytes.
BACKUP_FORMAT = 1
MANIFEST_NAME = "manifest.json"
PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupMade:
    """What a backup holds.

    Attributes
    ----------
    path : Path
    files : int
        Videos and landmarks in it.
    missing : int
        Files that the records have and the disk does not: they were removed meanwhile, or are lost.
    size_bytes : int
    opens_elsewhere : bool
        Whether it opens on another computer: with a passphrase it does, with this computer's keychain alone it does not.
    """

    path: Path
    files: int
    missing: int
    size_bytes: int
    opens_elsewhere: bool


def back_up(store: Store, path: Path, *, passphrase: str | None = None, progress: Progress | None = None) -> BackupMade:
    """Write everything into one file, while the records may be in use; there whole or not at all.

    Parameters
    ----------
    store : Store
    path : Path
        A file that is there already is replaced.
    passphrase : str, optional
        Opens the backup too, beside what opens the records: for records whose key is in this computer's keychain only.
    progress : callable, optional
        Called with the bytes done, and in all.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    header = store.header if passphrase is None else replace(store.header, sealed=Sealed.of(store.key, passphrase))
    return _written(store, path, header, with_files=True, progress=progress)


def back_up_before_upgrade(store: Store, found: str) -> Path:
    """Write the database alone into the folder of automatic backups: the encrypted files are not touched by an upgrade."""
    folder = store.backups_folder
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    path = folder / f"{now():%Y%m%dT%H%M%S}-form-{found}.backup"
    return _written(store, path, store.header, with_files=False, progress=None).path


def _written(store: Store, path: Path, header: Header, *, with_files: bool, progress: Progress | None) -> BackupMade:
    sums: dict[str, str] = {}
    missing = 0
    with written_whole(path) as part, tempfile.TemporaryDirectory(prefix=".backup-", dir=path.absolute().parent) as scratch:
        copy = Path(scratch) / DATABASE_NAME
        _copy_database(store, copy)
        names = _owned_files(copy, store.key) if with_files else []
        there = [store.folder / FILES_NAME / name for name in names]
        total, done = sum(one.stat().st_size for one in there if one.exists()), 0
        with zipfile.ZipFile(part, "w", allowZip64=True) as archive:

            def add(name: str, source: IO[bytes]) -> None:
                nonlocal done
                digest = hashlib.sha256()
                with archive.open(name, "w", force_zip64=True) as member:
                    while piece := source.read(PIECE_BYTES):
                        digest.update(piece)
                        member.write(piece)
                        if name.startswith(FILES_NAME):
                            done += len(piece)
                            if progress is not None:
                                progress(done, total)
                sums[name] = digest.hexdigest()

            (Path(scratch) / HEADER_NAME).write_text(header.to_text(), encoding="utf-8")
            for name in (HEADER_NAME, DATABASE_NAME):
                with (Path(scratch) / name).open("rb") as source:
                    add(name, source)
            for one in there:
                try:
                    source = one.open("rb")
                except FileNotFoundError:
                    missing += 1
                    continue
                with source:
                    add(f"{FILES_NAME}/{one.name}", source)
            manifest = {
                "rom_tracker_backup": BACKUP_FORMAT,
                "rom_tracker": __version__,
                "made_at": now().isoformat(),
                "with_files": with_files,
                "sha256": sums,
            }
            archive.writestr(MANIFEST_NAME, json.dumps(manifest, indent=1))
    return BackupMade(path, len(there) - missing, missing, path.stat().st_size, header.sealed is not None)


def _copy_database(store: Store, target: Path) -> None:
    """Copy the database of a store, as it is at one moment, into an encrypted file."""
    with disposed(sqlcipher_engine(target, store.key)) as copy, translated_errors():
        if store.is_file:
            with store.database.engine.connect() as here, copy.connect() as there:
                source, sink = here.connection.driver_connection, there.connection.driver_connection
                assert source is not None
                assert sink is not None
                source.backup(sink)
        else:
            with copy.execution_options(writing=True).begin() as connection:
                migrations.upgrade(connection)
            copy_tables(store.database.engine, copy)
        # One file, without a log beside it.
        with copy.connect() as there:
            sink = there.connection.driver_connection
            assert sink is not None
            sink.execute("PRAGMA journal_mode = DELETE")


def copy_tables(source: sa.Engine, target: sa.Engine) -> None:
    """Copy all rows into a database whose tables are empty, as they are at one moment."""
    isolation = {} if source.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with source.connect().execution_options(**isolation) as here, target.execution_options(writing=True).begin() as there:
        for table in Table.metadata.sorted_tables:
            for rows in here.execute(select(table)).mappings().partitions(500):
                there.execute(sa.insert(table), [dict(row) for row in rows])
        if target.dialect.name == "postgresql":
            there.execute(sa.text("SELECT setval(pg_get_serial_sequence('trail', 'number'), (SELECT max(number) FROM trail))"))


def _owned_files(database: Path, key: Key) -> list[str]:
    """The names of the files that the records in a database have."""
    with disposed(sqlcipher_engine(database, key)) as copy:
        return sorted(f"{record_id}.{kind}" for record_id, kind in owned_files(Database(copy, "")))
