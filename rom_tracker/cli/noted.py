"""What is noted beside recordings, for those who can do without it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rom_tracker.errors import VideoError

if TYPE_CHECKING:
    from rom_tracker.capture import RecordingInfo


def noted(recording: Path) -> RecordingInfo | None:
    """The sidecar of a recording; None where there is none, or no recording."""
    from rom_tracker.capture import read_sidecar

    try:
        return read_sidecar(recording) if recording.is_file() else None
    except VideoError:  # Told when the recording's turn comes.
        return None


def camera_of(recordings: Iterable[Path]) -> str | None:
    """The label of the one camera that filmed them, from their sidecars; None where it is not known, or they are several."""
    labels = {"" if (about := noted(path)) is None else about.camera for path in recordings}
    return labels.pop() or None if len(labels) == 1 else None
