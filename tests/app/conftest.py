from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from served import CLIP, Served

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure
from rom_tracker.app.room import Room
from rom_tracker.app.server import build
from rom_tracker.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "records", passphrase="correct horse battery", who="test") as made:
        yield made


@pytest.fixture
def session_id(store: Store) -> str:
    client = store.clients.add("Ann Example")
    return store.sessions.start(client.id).id


@pytest.fixture(scope="session")
def elbow() -> RomMeasurement:
    """The clip of the left elbow, measured."""
    return measure(CLIP, "elbow_flexion", "left")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One app for all tests, with the records open; the toolkit can be set up once in a process."""
    folder = tmp_path_factory.mktemp("data") / "records"
    # Not opened as at a start: nothing is to be loaded behind the first page.
    room = Room(folder, who="test", _store=Store.create(folder, passphrase="correct horse battery", who="test"))
    yield Served(build(room), room)
    room.close()
