"""Records in a temporary folder, with real measurements of the mannequin in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import keyring
import numpy as np
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError
from recordings import recorded

from rom_tracker import compare
from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.store import Client, KeptComparison, KeptMeasurement, Recording, Session, Store, keys

PASSPHRASE = "correct horse battery"
NAME = "Änne Querfurth-Zeiß"
MOVEMENT = "shoulder_abduction"


class Keychain(KeyringBackend):
    """A keychain in memory."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise PasswordDeleteError("not there")
        del self.kept[service, username]


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
        Store.create(folder, passphrase=PASSPHRASE, who="Kim").close()
    return folder


@pytest.fixture
def store(folder: Path, empty_records: Path) -> Iterator[Store]:
    shutil.copytree(empty_records, folder)
    with Store.open(folder, passphrase=PASSPHRASE, who="Kim") as opened:
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


@dataclass(frozen=True)
class Visit:
    """What one session left in the records."""

    client: Client
    session: Session
    recordings: tuple[Recording, Recording]
    measurements: tuple[KeptMeasurement, KeptMeasurement]
    comparison: KeptComparison


def visit(store: Store, client: Client, change: Comparison, *, days_ago: int = 0, video: bytes = b"a video " * 9000) -> Visit:
    """One session of a client, measured before and after."""
    held_at = datetime.now(UTC) - timedelta(days=days_ago)
    session = store.sessions.start(
        client.id, held_at=held_at, therapist="Kim", complaint="stiff neck", protocol="upper_trapezius", pain_before=6, pain_after=3
    )
    store.sessions.screen(session.id, {"fever": False, "pregnancy": True}, {"pregnancy": "midwife agrees"})
    recordings, measurements = [], []
    for moment, found in (("before", change.before), ("after", change.after)):
        recording = store.recordings.add(session.id, MOVEMENT, "left", moment, recorded_at=held_at, camera="camera 0")
        with store.recordings.video_writer(recording.id) as writer:
            writer.write(video)
        recordings.append(store.recordings.get(recording.id))
        measurements.append(store.measurements.keep(recording.id, found))
    compared = store.measurements.keep_comparison(measurements[0].id, measurements[1].id, change)
    return Visit(client, session, (recordings[0], recordings[1]), (measurements[0], measurements[1]), compared)


@pytest.fixture
def visited(store: Store, change: Comparison) -> Visit:
    client = store.clients.add(NAME, birth_year=1980, sex="female")
    store.clients.consent(client.id, "records")
    store.clients.consent(client.id, "video")
    return visit(store, client, change)


def without_video(found: RomMeasurement) -> RomMeasurement:
    return replace(found, video=None)
