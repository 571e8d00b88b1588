"""What is known about a recording, kept in a JSON file beside it.

``ann-before.mkv`` has the sidecar ``ann-before.recording.json``. It is written when the first frame comes and again
when the recording ends, each time whole, so it can be read at any moment. As long as it carries no timing the
recording is still running or was killed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rom_tracker.errors import UsageError, VideoError
from rom_tracker.output_files import written_whole

_SCHEMA_VERSION = 1
_SIDES = ("left", "right", None)
_MOMENTS = ("before", "after")


@dataclass(frozen=True, slots=True)
class FrameTiming:
    """The measured times of a recording's frames.

    Attributes
    ----------
    frames : int
        Frames in the file.
    duration_s : float
        From the first to the last frame.
    median_fps : float or None
        One over the median time between two frames; None with fewer than two frames.
    longest_gap_s : float or None
        Longest time between two frames; None with fewer than two frames.
    missed_frames : int
        Frames that the gaps lack, taking the median time as the regular one: the rounded number for every gap, summed.
    """

    frames: int
    duration_s: float
    median_fps: float | None
    longest_gap_s: float | None
    missed_frames: int

    @classmethod
    def of(cls, times_s: NDArray[np.float64]) -> FrameTiming:
        """Measure the times of a recording.

        Parameters
        ----------
        times_s : (frame,) float64
            Increasing times in seconds; at least one.

        Examples
        --------
        >>> FrameTiming.of(np.array([0.0, 0.1, 0.2, 0.5]))
        FrameTiming(frames=4, duration_s=0.5, median_fps=10.0, longest_gap_s=0.3, missed_frames=2)
        """
        duration_s = round(float(times_s[-1] - times_s[0]), 6)
        if len(times_s) < 2:
            return cls(len(times_s), duration_s, None, None, 0)
        gaps_s = np.diff(times_s)
        median_s = float(np.median(gaps_s))
        missed = int(np.maximum(np.rint(gaps_s / median_s) - 1, 0).sum())
        return cls(len(times_s), duration_s, round(1 / median_s, 3), round(float(gaps_s.max()), 6), missed)


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """Whose movement a recording shows, when it was made and how regular its frames came.

    Attributes
    ----------
    client : str
        The label by which the therapist knows the client.
    movement : str
        Name of the movement in the catalogue.
    side : {"left", "right"} or None
        None for a movement of the middle of the body.
    moment : {"before", "after"}
        Before or after the treatment.
    camera : str
        What recorded it.
    started_at : datetime or None
        When the first frame came, with its time zone; None until then.
    size : (width, height) or None
        Pixels; None until the first frame came.
    timing : FrameTiming or None
        None until the recording was finished.
    """

    client: str
    movement: str
    side: str | None
    moment: str
    camera: str = ""
    started_at: datetime | None = None
    size: tuple[int, int] | None = None
    timing: FrameTiming | None = None

    def __post_init__(self) -> None:
        problems = [
            *([] if self.movement else ["expected the name of a movement, got an empty one"]),
            *([] if self.side in _SIDES else [f'expected side "left", "right" or none, got "{self.side}"']),
            *([] if self.moment in _MOMENTS else [f'expected moment "before" or "after", got "{self.moment}"']),
        ]
        if self.started_at is not None and self.started_at.tzinfo is None:
            problems.append(f"expected a start time with its time zone, got {self.started_at.isoformat()}")
        if problems:
            raise UsageError("; ".join(problems))

    @property
    def finished(self) -> bool:
        """The recording came to its end; False while it runs and for ever after a kill."""
        return self.timing is not None


@dataclass(frozen=True, slots=True)
class Recording:
    """A stored recording: the file and what is known about it."""

    path: Path
    info: RecordingInfo


def sidecar_path(video_path: str | os.PathLike[str]) -> Path:
    """Where the sidecar of a recording lies.

    Examples
    --------
    >>> sidecar_path("clients/ann-before.mkv").name
    'ann-before.recording.json'
    """
    return Path(video_path).with_suffix(".recording.json")


def write_sidecar(video_path: str | os.PathLike[str], info: RecordingInfo) -> Path:
    """Write the sidecar of a recording, whole or not at all.

    Returns
    -------
    Path
        The sidecar.

    Raises
    ------
    OutputError
        It cannot be written; one that was there before stays as it was.
    """
    path = sidecar_path(video_path)
    with written_whole(path) as part:
        part.write_text(json.dumps(_to_json(info), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read_sidecar(video_path: str | os.PathLike[str]) -> RecordingInfo | None:
    """Read what is known about a recording.

    Parameters
    ----------
    video_path : path-like
        The recording, not its sidecar.

    Returns
    -------
    RecordingInfo or None
        None if the video has no sidecar.

    Raises
    ------
    VideoError
        The sidecar is damaged; the message says what is wrong in it.
    """
    path = sidecar_path(video_path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(content, dict) or content.get("schema_version") != _SCHEMA_VERSION:
        raise _damaged(path, f'expected "schema_version": {_SCHEMA_VERSION}')
    try:
        return _from_json(content)
    except KeyError as error:
        raise _damaged(path, f"{error} is missing") from error
    except (TypeError, ValueError, UsageError) as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, what: str) -> VideoError:
    return VideoError(f'"{path}" does not describe a recording: {what}; mend it or move it away, the video stays usable')


def _to_json(info: RecordingInfo) -> dict[str, Any]:
    timing = info.timing and {field.name: getattr(info.timing, field.name) for field in fields(FrameTiming)}
    return {
        "schema_version": _SCHEMA_VERSION,
        "client": info.client,
        "movement": info.movement,
        "side": info.side,
        "moment": info.moment,
        "camera": info.camera,
        "started_at": info.started_at and info.started_at.isoformat(),
        "size": info.size,
        "finished": info.finished,
        "timing": timing,
    }


def _from_json(content: dict[str, Any]) -> RecordingInfo:
    info = RecordingInfo(
        client=str(content["client"]),
        movement=str(content["movement"]),
        side=content["side"],
        moment=content["moment"],
        camera=str(content["camera"]),
    )
    started_at, size, timing = content["started_at"], content["size"], content["timing"]
    return replace(
        info,
        started_at=None if started_at is None else datetime.fromisoformat(started_at),
        size=None if size is None else _size(size),
        timing=None if timing is None else FrameTiming(**timing),
    )


def _size(value: Any) -> tuple[int, int]:
    width, height = value
    return int(width), int(height)
