"""The database under the records: SQLite encrypted with SQLCipher, or PostgreSQL by URL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from rom_tracker.errors import DamagedStoreError, StoreError
from rom_tracker.store.keys import Key
from rom_tracker.store.tables import TrailRow

#: What SQLite and SQLCipher say of a damaged file, once the key is known to be right.
_DAMAGED = ("not a database", "malformed", "disk i/o error", "corrupt")

#: What to say of it.
DAMAGE = (
    "the database of the records is damaged: it was changed or cut off by something other than this program. The key is right. "
    "Restore the latest backup with `rom-tracker restore FILE --replace`"
)

#: How long to wait for another window that is writing, in milliseconds.
_PATIENCE_MS = 10_000


def sqlcipher_engine(path: Path, key: Key) -> sa.Engine:
    """An engine on an encrypted file.

    Foreign keys are enforced, what is deleted is overwritten, temporary tables stay in memory, and readers and one writer do not
    wait for each other (write-ahead log).
    """
    from sqlcipher3 import dbapi2

    def connect() -> Any:
        connection = dbapi2.connect(str(path), isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.derived('database').hex()}'\"")
        for pragma in ("temp_store = MEMORY", "foreign_keys = ON", "secure_delete = ON", f"busy_timeout = {_PATIENCE_MS}"):
            connection.execute(f"PRAGMA {pragma}")
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except BaseException:
            connection.close()
            raise
        return connection

    engine = sa.create_engine(f"sqlite:///{path}", module=dbapi2, creator=connect, poolclass=QueuePool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # The driver would begin too late for a schema to be changed as a whole; and a writer that begins as a reader can find
        # that another one was faster.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def postgresql_engine(url: str) -> sa.Engine:
    """An engine on a PostgreSQL server.

    Raises
    ------
    StoreError
        The driver is not installed.
    """
    address = sa.make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+pg8000")
    try:
        return sa.create_engine(address, hide_parameters=True, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise StoreError(f'PostgreSQL needs a driver ({error.name}): install rom_tracker with its extra "postgres"') from error


@contextlib.contextmanager
def disposed(engine: sa.Engine) -> Iterator[sa.Engine]:
    """An engine for the time of a block."""
    try:
        yield engine
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Database:
    """An engine, and who works with it: every change is put on the trail with that name."""

    engine: sa.Engine
    who: str

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """One view of the records that no writer changes meanwhile.

        Raises
        ------
        DamagedStoreError
            The database is damaged.
        StoreError
            It cannot be read.
        """
        with translated_errors(), Session(self.engine) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[Writer]:
        """A change: all of it is kept, or, where the block raises, nothing; raises as :meth:`reading` does."""
        with (
            translated_errors(),
            Session(self.engine.execution_options(writing=True), expire_on_commit=False) as session,
            session.begin(),
        ):
            yield Writer(session, self.who)


@dataclass(frozen=True, slots=True)
class Writer:
    """A change to the records in the making."""

    session: Session
    who: str

    def note(self, what: str, client: str = "", about: str = "") -> None:
        """Put it on the trail: what was done, the client's pseudonym, and the identifier of what it is about."""
        self.session.add(TrailRow(who=self.who, what=what, client=client, about=about))


@contextlib.contextmanager
def translated_errors() -> Iterator[None]:
    """Says in plain words what the database says in its own; no value of a record gets into a message."""
    try:
        yield
    except DBAPIError as error:
        raise told(error.orig) from error


def told(error: BaseException | None) -> StoreError:
    """An error of the database driver in plain words."""
    said = " ".join(str(error).split())
    low = said.lower()
    if any(sign in low for sign in _DAMAGED):
        return DamagedStoreError(DAMAGE)
    if "locked" in low:
        return StoreError("another window or program has been writing to the records for too long; close it and try again")
    if "connection" in low or "authentication" in low:
        return StoreError(
            "the database server cannot be reached, or does not let this program in: see whether it runs, and whether address, "
            "name and password in ROM_TRACKER_DATABASE_URL are right"
        )
    if "full" in low:
        return StoreError("the disk is full, and the change was not kept; make room and try again")
    if "readonly" in low or "read-only" in low or "unable to open" in low:
        return StoreError("the records cannot be written: their folder or the disk is read-only, or belongs to another user")
    return StoreError(f"the database of the records does not do what was asked: {said[:200]}")
