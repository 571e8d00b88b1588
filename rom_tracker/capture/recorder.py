"""Records a source of frames into a file that survives a kill.

The file is Matroska with JPEG pictures (``.mkv``): at 1280x720 a frame costs 4 ms of one core, where the VP8 and VP9
that OpenCV writes took 64 ms and more, too slow for 30 frames a second. Each frame goes to the system in one
unbuffered write as a part of its own, so after a kill the file plays up to its last frame.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import cv2
import numpy as np

from rom_tracker.capture.frame import Frame, FrameSource
from rom_tracker.capture.matroska import MatroskaWriter
from rom_tracker.capture.recording import FrameTiming, Recording, RecordingInfo, sidecar_path, write_sidecar
from rom_tracker.errors import MeasurementError, OutputError, UsageError, VideoError
from rom_tracker.output_files import cannot_write

_JPEG_QUALITY = 90


def record(
    source: FrameSource,
    path: str | os.PathLike[str],
    about: RecordingInfo,
    *,
    duration_s: float | None = None,
    stop: Callable[[], bool] = lambda: False,
    countdown_s: float = 0.0,
    on_countdown: Callable[[float, Frame], None] = lambda remaining_s, frame: None,
    on_frame: Callable[[Frame], None] = lambda frame: None,
    overwrite: bool = False,
) -> Recording:
    """Record frames until the time is over, `stop` says so or the source ends.

    Parameters
    ----------
    source : FrameSource
        A `Camera`, or anything else that yields frames.
    path : path-like
        The file to write, ending in ``.mkv``.
    about : RecordingInfo
        Whose movement it is. Start time, size and timing are filled in here.
    duration_s : float, optional
        How long to record, not counting the countdown.
    stop : callable
        Asked after every frame.
    countdown_s : float
        For so long frames are read, so that the camera settles, and not recorded.
    on_countdown : callable
        Called with the seconds that remain and the frame, for every frame of the countdown.
    on_frame : callable
        Called with every recorded frame, whose times count from the first recorded one.
    overwrite : bool
        Replace a recording of the same name, once the first frame has come.

    Returns
    -------
    Recording

    Raises
    ------
    UsageError
        The name does not end in ``.mkv``, or a recording of that name is there.
    OutputError
        The file cannot be written, or the disk is full; frames that were recorded before stay and play.
    MeasurementError
        `stop` said so during the countdown; no file is left.
    CameraError
        The camera failed; frames that were recorded before stay and play.
    VideoError
        The source yielded no frame to record; no file is left.
    """
    path = Path(path)
    _check_target(path, overwrite=overwrite)
    first: Frame | None = None
    last_s = -1.0
    with _RecordingFile(path, about) as file:
        for frame in source:
            remaining_s = countdown_s - frame.time_s
            if first is None and remaining_s > 0:
                on_countdown(remaining_s, frame)
                if stop():
                    raise MeasurementError("the recording was stopped before it began, and nothing was written")
                continue
            first = first or frame
            recorded = replace(frame, index=frame.index - first.index, time_s=frame.time_s - first.time_s)
            if duration_s is not None and recorded.time_s > duration_s:
                break
            if recorded.time_s <= last_s:
                continue
            last_s = recorded.time_s
            file.write(recorded)
            on_frame(recorded)
            if stop():
                break
    return Recording(path, file.info)


def _check_target(path: Path, *, overwrite: bool) -> None:
    if path.suffix.lower() != ".mkv":
        raise UsageError(f'expected a name ending in .mkv for a recording, got "{path.name}"')
    for existing in (path, sidecar_path(path)):
        if existing.exists() and not overwrite:
            raise UsageError(f'"{existing}" is already there; choose another name, or allow overwriting it')
    is_new = not path.exists()
    try:
        path.open("ab").close()
        if is_new:
            path.unlink()
    except OSError as error:
        raise cannot_write(path, error) from error


class _RecordingFile:
    """The video and its sidecar: begun with the first frame, brought to a proper end whatever happens."""

    def __init__(self, path: Path, about: RecordingInfo) -> None:
        self.path = path
        self.info = about
        self._times_s: list[float] = []
        self._file: BinaryIO | None = None
        self._matroska: MatroskaWriter | None = None

    def __enter__(self) -> Self:
        return self

    def write(self, frame: Frame) -> None:
        try:
            writer = self._matroska or self._begin(frame)
            jpeg = cv2.imencode(".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
            writer.write(jpeg.tobytes(), frame.time_s)
        except OSError as error:
            raise self._stopped(error) from error
        self._times_s.append(frame.time_s)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._times_s:
            self._leave_nothing()
            if kind is None:
                raise VideoError("the source gave no frame to record; check that the camera runs, then record again")
            return
        self.info = replace(self.info, timing=FrameTiming.of(np.array(self._times_s)))
        try:
            self._end()
        except (OSError, OutputError) as failure:
            if kind is None:
                raise (self._stopped(failure) if isinstance(failure, OSError) else failure) from failure

    def _begin(self, frame: Frame) -> MatroskaWriter:
        height, width = frame.image.shape[:2]
        self.info = replace(self.info, started_at=datetime.now().astimezone(), size=(width, height), timing=None)
        file = self._file = cast(BinaryIO, self.path.open("wb", buffering=0))
        self._matroska = MatroskaWriter(file, codec="V_MJPEG", size=(width, height))
        write_sidecar(self.path, self.info)
        return self._matroska

    def _end(self) -> None:
        assert self._matroska is not None
        assert self._file is not None
        try:
            self._matroska.finish()
        finally:
            self._file.close()
            write_sidecar(self.path, self.info)

    def _leave_nothing(self) -> None:
        if self._file is not None:
            self._file.close()
            self.path.unlink(missing_ok=True)
            sidecar_path(self.path).unlink(missing_ok=True)

    def _stopped(self, error: OSError) -> OutputError:
        reason = cannot_write(self.path, error)
        if not self._times_s:
            return reason
        return OutputError(f"{reason}. The first {self._times_s[-1]:.1f} s were recorded and can be used")
