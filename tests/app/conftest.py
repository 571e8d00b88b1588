from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rom_tracker.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "records", passphrase="correct horse battery", who="test") as made:
        yield made


@pytest.fixture
def session_id(store: Store) -> str:
    client = store.clients.add("Ann Example")
    return store.sessions.start(client.id).id
