"""Restoring the records from a backup."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from rom_tracker.errors import DamagedStoreError, KeyNeededError, NewerStoreError, StoreError, UsageError
from rom_tracker.output_files import cannot_write
from rom_tracker.store import migrations
from rom_tracker.store.backup import BACKUP_FORMAT, MANIFEST_NAME, PIECE_BYTES, copy_tables
from rom_tracker.store.database import Database, disposed, postgresql_engine, sqlcipher_engine, translated_errors
from rom_tracker.store.files import Progress
from rom_tracker.store.keys import HEADER_NAME, Header, Key, Lock, keep_in_keychain
from rom_tracker.store.retention import ERASED
from rom_tracker.store.store import BACKUPS_NAME, DATABASE_NAME, FILES_NAME, Store
from rom_tracker.store.tables import ClientRow, RecordingRow, SessionRow, TrailRow, now


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: how much, of when, and where the records lie that were there before, if any."""

    clients: int
    sessions: int
    recordings: int
    made_at: datetime
    erased_again: int
    replaced: Path | None


def restore(
    path: Path,
    folder: Path,
    *,
    passphrase: str | None = None,
    who: str = "",
    database_url: str | None = None,
    replacing: bool = False,
    progress: Progress | None = None,
) -> Restored:
    """Put the records of a backup into a folder: all of them or, where anything is wrong with the backup, none.

    Records that were there before are moved into the folder ``backups`` of the restored ones. Clients who were erased since the
    backup was made are erased again.

    Parameters
    ----------
    path : Path
        The backup.
    folder : Path
        Of the records.
    passphrase : str, optional
        Opens the backup; by default the keychain does.
    who : str
        Who restores.
    database_url : str, optional
        Of an empty PostgreSQL database that takes the records; by default they become a file in the folder.
    replacing : bool
        There may be records in the folder already.
    progress : callable, optional
        Called with the bytes done, and in all.

    Raises
    ------
    UsageError
        No such file; or there are records, and they are not to be replaced.
    DamagedStoreError
        It is no backup, or a damaged one.
    KeyNeededError, WrongKeyError
        A passphrase is needed, or another one.
    NewerStoreError
        A later version of the program made it.
    """
    if not path.is_file():
        raise UsageError(f'there is no file "{path}"')
    if (present := _is_there(folder)) and not replacing:
        raise UsageError(f'there are records in "{folder}" already; restoring over them must be asked for (`--replace`)')
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        header = Header.from_text(archive.read(HEADER_NAME).decode("utf-8"), HEADER_NAME)
        key = header.key(passphrase)
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        except OSError as error:
            raise cannot_write(folder, error) from error
        try:
            _extract(archive, manifest, scratch, path, progress)
            _keep_key(header, key).write(scratch)
            erased = _erased_since(folder, key) if present else set()
            found = _made_present(scratch, key, header, erased, who, database_url)
            replaced = _swap(scratch, folder, with_files=bool(manifest["with_files"]))
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
    return replace(found, made_at=datetime.fromisoformat(manifest["made_at"]), replaced=replaced)


def lock_of_backup(path: Path) -> Lock:
    """What opens a backup; raises as :func:`restore` does."""
    if not path.is_file():
        raise UsageError(f'there is no file "{path}"')
    with _opened(path) as archive:
        _manifest(archive, path)
        return Header.from_text(archive.read(HEADER_NAME).decode("utf-8"), HEADER_NAME).lock


def _is_there(folder: Path) -> bool:
    """Whether there is anything of records in a folder, damaged or not."""
    return any((folder / name).exists() for name in (HEADER_NAME, DATABASE_NAME))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; what is wrong with it is told in plain words."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, UnicodeDecodeError, NotImplementedError) as error:
        raise _damaged(path, str(error)) from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    names = set(archive.namelist())
    if not {MANIFEST_NAME, HEADER_NAME, DATABASE_NAME} <= names:
        raise _damaged(path, "it has no records in it")
    try:
        manifest = json.loads(archive.read(MANIFEST_NAME))
        found, sums = manifest["rom_tracker_backup"], dict(manifest["sha256"])
        datetime.fromisoformat(manifest["made_at"])
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"its manifest is not readable: {error}") from error
    if found > BACKUP_FORMAT:
        raise NewerStoreError(f'"{path}" was made by a later version of rom_tracker; update the program')
    if lost := sorted(set(sums) - names):
        raise _damaged(path, f"{len(lost)} of its files are missing")
    return dict(manifest)


def _damaged(path: Path, why: str) -> DamagedStoreError:
    return DamagedStoreError(
        f'"{path}" is no backup of rom_tracker, or a damaged one ({why}); take another backup, nothing was changed'
    )


def _extract(archive: zipfile.ZipFile, manifest: dict[str, Any], scratch: Path, path: Path, progress: Progress | None) -> None:
    """Write the members that the manifest names, and compare their sums."""
    (scratch / FILES_NAME).mkdir(mode=0o700)
    sums: dict[str, str] = manifest["sha256"]
    total, done = sum(archive.getinfo(name).file_size for name in sums), 0
    for name, expected in sums.items():
        if name not in (HEADER_NAME, DATABASE_NAME) and not _is_a_file_of_records(name):
            raise _damaged(path, f"it names a file {name!r}")
        digest = hashlib.sha256()
        try:
            with archive.open(name) as member, (scratch / name).open("wb") as file:
                while piece := member.read(PIECE_BYTES):
                    digest.update(piece)
                    file.write(piece)
                    done += len(piece)
                    if progress is not None:
                        progress(done, total)
        except OSError as error:
            raise cannot_write(scratch / name, error) from error
        if digest.hexdigest() != expected:
            raise _damaged(path, f"its part {name} was changed")


def _is_a_file_of_records(name: str) -> bool:
    """Whether a member is named as the encrypted files are: nothing else gets out of an archive."""
    folder, _, rest = name.partition("/")
    stem, _, kind = rest.partition(".")
    return folder == FILES_NAME and kind in ("video", "landmarks") and len(stem) == 32 and set(stem) <= set("0123456789abcdef")


def _keep_key(header: Header, key: Key) -> Header:
    """The header for this computer: its keychain keeps the key where the records' keychain did, if it can."""
    if not header.in_keychain:
        return header
    try:
        keep_in_keychain(header.id, key)
    except KeyNeededError:
        if header.sealed is None:
            raise
        return replace(header, in_keychain=False)
    return header


def _erased_since(folder: Path, key: Key) -> set[str]:
    """The pseudonyms that were erased in the records that are to be replaced, as far as these can be read with the key."""
    path = folder / DATABASE_NAME
    if not path.is_file():
        return set()
    with disposed(sqlcipher_engine(path, key)) as present:
        try:
            with Database(present, "").reading() as session:
                return set(session.scalars(select(TrailRow.client).where(TrailRow.what == ERASED)))
        except StoreError:
            return set()


def _made_present(scratch: Path, key: Key, header: Header, erased: set[str], who: str, database_url: str | None) -> Restored:
    """Check the restored records, bring them to the present form, erase again, and move them to a server where asked."""
    store = Store(scratch, header, key, Database(sqlcipher_engine(scratch / DATABASE_NAME, key), who))
    try:
        store.check()
        store.upgrade()
        with store.database.reading() as session:
            again = list(session.scalars(select(ClientRow.id).where(ClientRow.pseudonym.in_(erased))))
        for client_id in again:
            store.erase(client_id)
        with store.database.writing() as writer:
            writer.note("records restored")
            counts = [
                writer.session.scalar(select(sa.func.count()).select_from(row)) or 0
                for row in (ClientRow, SessionRow, RecordingRow)
            ]
        if database_url is not None:
            _to_server(store, database_url)
    finally:
        store.close()
    if database_url is not None:
        (scratch / DATABASE_NAME).unlink()
    return Restored(counts[0], counts[1], counts[2], now(), len(again), None)


def _to_server(store: Store, database_url: str) -> None:
    """Copy the records into an empty database on a server."""
    with disposed(postgresql_engine(database_url)) as server, translated_errors():
        if sa.inspect(server).has_table("alembic_version"):
            raise UsageError("the database on the server has records already; restore into an empty one")
        with server.begin() as connection:
            migrations.upgrade(connection)
        copy_tables(store.database.engine, server)


def _swap(scratch: Path, folder: Path, *, with_files: bool) -> Path | None:
    """Put the restored folder in its place; where the one before went, if there was one."""
    try:
        if not folder.exists():
            scratch.rename(folder)
            return None
        aside = folder.with_name(f"{folder.name}-before-{now():%Y%m%dT%H%M%S}")
        folder.rename(aside)
        try:
            scratch.rename(folder)
        except OSError:
            aside.rename(folder)
            raise
        if not with_files and (aside / FILES_NAME).is_dir():
            shutil.rmtree(folder / FILES_NAME)
            (aside / FILES_NAME).rename(folder / FILES_NAME)
        backups = folder / BACKUPS_NAME
        backups.mkdir(mode=0o700, exist_ok=True)
        return aside.rename(backups / aside.name)
    except OSError as error:
        raise StoreError(
            f'the restored records cannot take the place of "{folder}" ({error.strerror}); close every window of the program and '
            "try again"
        ) from error
