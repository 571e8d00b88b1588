"""The records on a real PostgreSQL server, started for these tests on the loopback interface; skipped where there is none."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from visits import NAME, PASSPHRASE, Visit, visit

from rom_tracker.analysis.comparison import Comparison
from rom_tracker.errors import StoreError, UsageError
from rom_tracker.store import Store, back_up, restore

pytest.importorskip("pg8000", reason='the extra "postgres" is not installed')


def binaries() -> Path | None:
    """Where the server's programs are; Debian keeps them off the path."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server without databases of anybody."""
    programs = binaries()
    if programs is None or sys.platform == "win32":
        pytest.skip("no PostgreSQL server is installed")
    # The server does not run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="rom_tracker-pg-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        if as_user:
            for path in (Path(folder), data):
                shutil.chown(path, "postgres")
        subprocess.run(
            [*as_user, str(programs / "initdb"), "-D", str(data), "-U", "clinic", "--auth=trust", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
        control = [*as_user, str(programs / "pg_ctl"), "-D", str(data), "-w"]
        log = str(data / "log")
        subprocess.run([*control, "-l", log, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        try:
            yield f"postgresql://clinic@127.0.0.1:{port}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd=folder)


@pytest.fixture
def url(server: str, request: pytest.FixtureRequest) -> str:
    return new_database(server, f"test_{abs(hash(request.node.name))}")


def new_database(server: str, name: str) -> str:
    engine = sa.create_engine(f"{server}/postgres".replace("postgresql:", "postgresql+pg8000:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return f"{server}/{name}"


@pytest.fixture
def shared(folder: Path, url: str) -> Iterator[Store]:
    with Store.create(folder, passphrase=PASSPHRASE, who="Kim Lindqvist", database_url=url) as created:
        yield created


@pytest.fixture
def shared_visit(shared: Store, change: Comparison) -> Visit:
    return visit(shared, shared.clients.add(NAME, birth_year=1980), change)


def test_records_on_a_server_come_back(shared: Store, shared_visit: Visit, folder: Path, url: str) -> None:
    assert not (folder / "records.db").exists()
    with Store.open(folder, passphrase=PASSPHRASE, database_url=url) as room_two:
        (record,) = room_two.sessions.of(shared_visit.client.id)
        assert record.session == shared_visit.session
        assert record.measurements == shared_visit.measurements
        assert record.comparisons == (shared_visit.comparison,)
        assert room_two.measurements.rom(shared_visit.measurements[0].id).peak_deg is not None
        assert [line.sessions for line in room_two.clients.list()] == [1]
        assert room_two.clients.list()[0].last_session_at == shared_visit.session.held_at


@pytest.mark.parametrize("order", ["UPDATE trail SET who = 'Nobody'", "DELETE FROM trail"])
def test_the_trail_on_a_server_cannot_be_changed(shared: Store, shared_visit: Visit, order: str) -> None:
    with pytest.raises(StoreError, match="the trail is"), shared.database.writing() as writer:
        writer.session.execute(sa.text(order))


def test_a_client_is_erased_on_a_server(shared: Store, shared_visit: Visit) -> None:
    erased = shared.erase(shared_visit.client.id)
    assert (erased.recordings, erased.files) == (2, 4)
    assert shared.clients.list() == ()
    assert [one.what for one in shared.trail() if one.client == erased.pseudonym] == ["client erased"]


def test_records_move_from_a_server_to_a_file_and_back(shared: Store, shared_visit: Visit, server: str, tmp_path: Path) -> None:
    back_up(shared, tmp_path / "server.backup")
    restored = restore(tmp_path / "server.backup", tmp_path / "file", passphrase=PASSPHRASE)
    assert (restored.clients, restored.recordings) == (1, 2)
    with Store.open(tmp_path / "file", passphrase=PASSPHRASE) as as_file:
        assert as_file.is_file
        assert as_file.sessions.get(shared_visit.session.id) == shared.sessions.get(shared_visit.session.id)
        back_up(as_file, tmp_path / "file.backup")
    other = new_database(server, "moved")
    restore(tmp_path / "file.backup", tmp_path / "moved", passphrase=PASSPHRASE, database_url=other)
    with Store.open(tmp_path / "moved", passphrase=PASSPHRASE, database_url=other) as moved:
        assert moved.sessions.get(shared_visit.session.id) == shared.sessions.get(shared_visit.session.id)
        moved.clients.add("After the move")
        assert [entry.number for entry in moved.trail()] == sorted({entry.number for entry in moved.trail()})
    with pytest.raises(UsageError, match="empty one"):
        restore(tmp_path / "file.backup", tmp_path / "again", passphrase=PASSPHRASE, database_url=other)
    assert not (tmp_path / "again").exists()


def test_a_server_that_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(StoreError, match="server"):
        Store.create(folder, passphrase=PASSPHRASE, database_url="postgresql://x@127.0.0.1:1/x")
    assert Store.lock_of(folder) is None
