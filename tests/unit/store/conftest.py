"""Records in a temporary folder, with real measurements of the mannequin in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import keyring
import numpy as np
import pytest
from recordings import recorded
from visits import MOVEMENT, NAME, PASSPHRASE, Keychain, Visit, visit

from rom_tracker import compare
from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.store import Store, keys


@pytest.fixture(autouse=True)
def keychain() -> Iterator[Keychain]:
    """No test touches the keychain of who runs it."""
    before, fresh = keyring.get_keyring(), Keychain()
    keyring.set_keyring(fresh)
    yield fresh
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def quick_kdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with the least it can do; what it costs otherwise is tested where it is told."""
    weak_kdf(monkeypatch)


def weak_kdf(patched: pytest.MonkeyPatch) -> None:
    for name, value in (("KDF_PASSES", 1), ("KDF_LANES", 1), ("KDF_MEMORY_KIB", 8)):
        patched.setattr(keys, name, value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "records"


@pytest.fixture(scope="session")
def empty_records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records with nobody in them, to be copied: making them anew for every test would take most of the time."""
    folder = tmp_path_factory.mktemp("empty") / "records"
    with pytest.MonkeyPatch.context() as patched:
        weak_kdf(patched)
        Store.create(folder, passphrase=PASSPHRASE, who="Kim Lindqvist").close()
    return folder


@pytest.fixture
def store(folder: Path, empty_records: Path) -> Iterator[Store]:
    shutil.copytree(empty_records, folder)
    with Store.open(folder, passphrase=PASSPHRASE, who="Kim Lindqvist") as opened:
        yield opened


def measured(top_deg: float, seconds: float = 6.5) -> RomMeasurement:
    """Three repetitions of lifting the arm from 20 degrees to ``top_deg``."""
    time_s = np.arange(0, seconds, 1 / 30)
    angles = 20 + (top_deg - 20) * np.sin(np.pi * time_s / 2) ** 2
    return recorded(MOVEMENT, "left", angles, time_s, jitter_px=0.5).measured(video="/home/kim/anne.webm")


@pytest.fixture(scope="session")
def before() -> RomMeasurement:
    return measured(90)


@pytest.fixture(scope="session")
def after() -> RomMeasurement:
    return measured(120)


@pytest.fixture(scope="session")
def change(before: RomMeasurement, after: RomMeasurement) -> Comparison:
    return compare(before, after, primary=True)


@pytest.fixture
def visited(store: Store, change: Comparison) -> Visit:
    client = store.clients.add(NAME, birth_year=1980, sex="female")
    store.clients.consent(client.id, "records")
    store.clients.consent(client.id, "video")
    return visit(store, client, change)
