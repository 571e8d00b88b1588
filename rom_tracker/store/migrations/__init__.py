"""Brings a database from any earlier form to the present one, with Alembic; see ``steps/versions``, one file a step."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from rom_tracker.errors import DamagedStoreError, NewerStoreError

#: Alembic's folder: it is no package, since what is in it runs only within a migration.
STEPS = Path(__file__).parent / "steps"

#: The forms that the database has had, the present one last.
REVISIONS = ("0001", "0002")


def revision_of(connection: sa.Connection) -> str:
    """The form of a database.

    Raises
    ------
    DamagedStoreError
        It has no records in it.
    NewerStoreError
        It is none of :data:`REVISIONS`.
    """
    if not sa.inspect(connection).has_table("alembic_version"):
        raise DamagedStoreError("the database has no records of this program in it; restore a backup")
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if found not in REVISIONS:
        raise NewerStoreError(
            f"the records were made by a later version of rom_tracker (their form is {found}, this version knows up to "
            f"{REVISIONS[-1]}); update the program, nothing was changed"
        )
    return str(found)


def upgrade(connection: sa.Connection, to: str = "head") -> None:
    """Bring a database, or an empty one, to the present form, or to ``to``, within the transaction of the connection."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def upgrade_kept(connection: sa.Connection) -> None:
    """Bring a database with records in it to the present form, all of it or nothing.

    SQLite changes a table by making it anew, and would take what refers to the old one for lost: references are not watched
    meanwhile.
    """
    plain = connection.connection.driver_connection
    of_file = connection.dialect.name == "sqlite"
    assert plain is not None
    if of_file:
        plain.execute("PRAGMA foreign_keys = OFF")
    try:
        with connection.begin():
            upgrade(connection)
    finally:
        if of_file:
            plain.execute("PRAGMA foreign_keys = ON")
