"""Visits of a client, and what else the tests of the records share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.store import Client, KeptComparison, KeptMeasurement, Recording, Session, Store

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
        client.id,
        held_at=held_at,
        therapist="Kim Lindqvist",
        complaint="stiff neck",
        protocol="upper_trapezius",
        pain_before=6,
        pain_after=3,
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


def without_video(found: RomMeasurement) -> RomMeasurement:
    return replace(found, video=None)
