"""Frames of a video file, upright and with the times the file gives them."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from rom_tracker.capture.containers import ContainerFacts, inspect_container
from rom_tracker.capture.frame import Frame
from rom_tracker.capture.part import Part
from rom_tracker.errors import UsageError, VideoError

_MOST_FAILURES_IN_A_ROW = 64
"""OpenCV reports a damaged packet and the end of the file alike. Reading on costs under 0.1 ms a try at the end, and
after a hole it finds every later frame that FFmpeg itself finds."""

_FASTEST_BELIEVABLE_FPS = 250.0
_LONGEST_BELIEVABLE_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class ReadReport:
    """How one complete reading of a video file went.

    Attributes
    ----------
    frames : int
        Frames that were yielded.
    duration_s : float
        Time of the last frame.
    frames_without_own_time : int
        Frames left out because their time was missing, or not later than that of the frame before.
    holes : int
        Places where frames could not be decoded and reading went on after them.
    ended_early : bool
        The file is cut off: see `VideoFile.ended_early`.
    """

    frames: int
    duration_s: float
    frames_without_own_time: int
    holes: int
    ended_early: bool


class VideoFile:
    """A video file that OpenCV's FFmpeg reads, as an iterable of frames.

    Every iteration opens the file afresh, reads it to its end and holds one frame at a time. Times come from the file,
    shifted so that the first frame is at 0 s, and strictly increase: a frame whose time is missing or not later than
    that of the frame before is left out, because any time given to it would be invented. `last_read` tells how many.
    Pictures of a damaged file may differ with the number of threads that decode it (``OPENCV_FFMPEG_THREADS``), as frames and times
    do not.

    Parameters
    ----------
    path : path-like
        The file.
    part : Part, optional
        Of the recording, outside of which no frame is yielded; times stay those of the whole.

    Raises
    ------
    UsageError
        There is no such file, or it is a folder.
    VideoError
        The file is empty, is text, or may not be read. What only decoding can show is raised while iterating.

    Examples
    --------
    >>> VideoFile("holiday.mp4")
    Traceback (most recent call last):
    rom_tracker.errors.UsageError: expected a video file, but there is no file "holiday.mp4"; check its name and folder
    """

    def __init__(self, path: str | os.PathLike[str], part: Part | None = None) -> None:
        self.path, self.part = Path(path), part
        self.last_read: ReadReport | None = None
        self._hash: tuple[tuple[int, int], str] | None = None
        self._facts = self._inspect()

    def __repr__(self) -> str:
        return f"VideoFile({str(self.path)!r})"

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames in order of time.

        Raises
        ------
        VideoError
            No frame can be decoded, or the frames carry no times; the message says why and what to do.
        UsageError
            The recording ends before the part does.
        """
        for glimpse in self.glimpses():
            if (frame := glimpse.frame()) is not None:
                yield frame

    def glimpses(self) -> Iterator[Glimpse]:
        """Yield the frames in order of time, each without its picture, which is made when it is asked for.

        A frame that is not looked at costs its decoding, and not the conversion of its colours.

        Raises
        ------
        VideoError, UsageError
            As for the frames.
        """
        if self.part is None:
            yield from self._all_glimpses()
            return
        last_s, empty = 0.0, True
        for glimpse in self._all_glimpses():
            if glimpse.time_s > self.part.to_s:
                break
            last_s = glimpse.time_s
            if self.part.holds(last_s):
                empty = False
                yield glimpse
        else:
            self.part.check_within(last_s)
        if empty:
            raise VideoError(f'"{self.path}" has no picture from {self.part}; choose another part')

    def _all_glimpses(self) -> Iterator[Glimpse]:
        with self._opened() as capture:
            count, left_out, last_s = 0, 0, -math.inf
            holes = _Holes()
            first_s = 0.0
            while holes.grab_next(capture):
                file_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                if count == 0:
                    first_s = file_s
                elif not file_s - first_s > last_s:
                    left_out += 1
                    continue
                glimpse = Glimpse(count, file_s - first_s, capture)
                yield glimpse
                if glimpse.failed:
                    continue
                last_s = file_s - first_s
                count += 1
        if count == 0:
            raise self._unreadable()
        if count == 1 and left_out:
            raise VideoError(
                f'"{self.path}" holds {left_out + 1} frames but no times for them, and speeds need times; '
                "record again, or convert the file with a video tool that writes time stamps"
            )
        self.last_read = ReadReport(count, last_s, left_out, holes.count, self.ended_early)

    @property
    def ended_early(self) -> bool:
        """The file is shorter than its own framing says: the recording or a copy was cut off.

        The frames before the cut are read. Told from the structure of mp4, mov, mkv, WebM and AVI files, never from
        header counts, which are estimates. A cut that falls exactly between two self-contained parts cannot be seen.
        """
        return self._facts.cut_off

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright frames in pixels, from the first frame."""
        frame = next(frame for glimpse in self._all_glimpses() if (frame := glimpse.frame()) is not None)
        height, width = frame.image.shape[:2]
        return width, height

    @property
    def expected_frames(self) -> int | None:
        """How many frames the header announces: a hint for a progress bar, often wrong; None where unbelievable."""
        fps, count = self._header
        return count if 0 < fps <= _FASTEST_BELIEVABLE_FPS and count > 0 else None

    @property
    def expected_duration_s(self) -> float | None:
        """How long the video lasts by its header, or the part, seconds: a hint like `expected_frames`; None where unbelievable."""
        if self.part is not None:
            return self.part.to_s - self.part.from_s
        fps, count = self._header
        if fps <= 0 or count <= 0 or count / fps > _LONGEST_BELIEVABLE_S:
            return None
        return count / fps

    def content_hash(self) -> str:
        """SHA-256 of the file's bytes, as hexadecimal digits: the same recording under any name. Read once while unchanged.

        The seconds of a part follow it: what is found there is not what is found in the whole.
        """
        state = self.path.stat()
        read = (state.st_mtime_ns, state.st_size)
        if self._hash is None or self._hash[0] != read:
            with self.path.open("rb") as file:
                self._hash = read, hashlib.file_digest(file, "sha256").hexdigest()
        return self._hash[1] if self.part is None else f"{self._hash[1]} {self.part.from_s} {self.part.to_s}"

    @property
    def begins_s(self) -> float:
        """Where the part begins, seconds since the first frame of the recording; 0 of the whole."""
        return 0.0 if self.part is None else self.part.from_s

    @cached_property
    def _header(self) -> tuple[float, int]:
        with self._opened() as capture:
            return capture.get(cv2.CAP_PROP_FPS), int(capture.get(cv2.CAP_PROP_FRAME_COUNT))

    def _inspect(self) -> ContainerFacts:
        if self.path.is_dir():
            raise UsageError(f'expected a video file, but "{self.path}" is a folder; name one file in it')
        if not self.path.exists():
            raise UsageError(f'expected a video file, but there is no file "{self.path}"; check its name and folder')
        try:
            empty, facts = self.path.stat().st_size == 0, inspect_container(self.path)
        except OSError as error:
            raise VideoError(f'"{self.path}" cannot be read ({error.strerror}); check who may read it') from error
        if empty:
            raise VideoError(
                f'expected a video, but "{self.path}" is empty (0 bytes): nothing was recorded, or copying failed; '
                "copy it again or record again"
            )
        try:
            str(self.path.absolute()).encode()
        except UnicodeEncodeError as error:  # OpenCV would end the process.
            name = str(self.path).encode(errors="backslashreplace").decode()
            raise VideoError(f'"{name}" cannot be opened: its name or folder has letters that are not UTF-8; rename it') from error
        if facts.kind == "picture":
            raise VideoError(f'expected a video, but "{self.path}" is a single picture; choose the recording itself')
        if facts.kind == "text":
            raise VideoError(f'expected a video, but "{self.path}" holds text; choose the recording itself')
        return facts

    @contextmanager
    def _opened(self) -> Iterator[cv2.VideoCapture]:
        capture = open_with_ffmpeg(self.path)
        try:
            if not capture.isOpened():
                raise self._unreadable()
            yield capture
        finally:
            capture.release()

    def _unreadable(self) -> VideoError:
        if self._facts.has_pictures is False:
            return VideoError(f'expected a video, but "{self.path}" has sound and no pictures; choose the recording with pictures')
        if not self._facts.has_index:
            return VideoError(
                f'"{self.path}" cannot be read: the recording was cut off before its index (the "moov" part) was '
                "written; copy the file again from the phone or camera, or record again"
            )
        if self._facts.cut_off:
            return VideoError(f'"{self.path}" is cut off before the first whole frame; copy the file again, or record again')
        if self._facts.kind == "unknown":
            return VideoError(
                f'expected a video, but the content of "{self.path}" is not one that can be read; '
                "choose another file, or convert it to mp4 (H.264)"
            )
        return VideoError(
            f'no frame of "{self.path}" can be decoded: it is damaged or uses an unsupported coding; '
            "copy it again, or convert it to mp4 (H.264)"
        )


class Glimpse:
    """A frame that is read, whose picture is made when it is asked for: only until the next one is read.

    Attributes
    ----------
    index : int
        Position among the frames that were read, from 0.
    time_s : float
        Seconds since the first frame.
    failed : bool
        Its picture was asked for and could not be made; the next frame takes its index.
    """

    def __init__(self, index: int, time_s: float, capture: cv2.VideoCapture) -> None:
        self.index, self.time_s, self.failed = index, time_s, False
        self._capture = capture

    def frame(self) -> Frame | None:
        """The frame with its picture; None where it cannot be decoded."""
        decoded, image = self._capture.retrieve()
        self.failed = not decoded
        return Frame(self.index, self.time_s, image.astype(np.uint8, copy=False)) if decoded else None


class _Holes:
    """Moves from frame to frame across places that cannot be decoded, and counts those places."""

    def __init__(self) -> None:
        self.count = 0

    def grab_next(self, capture: cv2.VideoCapture) -> bool:
        for failures in range(_MOST_FAILURES_IN_A_ROW):
            if capture.grab():
                self.count += failures > 0
                return True
        return False


def open_with_ffmpeg(path: Path) -> cv2.VideoCapture:
    """Open a file with FFmpeg itself, turning phone video upright.

    The path is made absolute because FFmpeg takes ``12:30.mp4`` for a protocol.
    """
    quiet_opencv()
    capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    return capture


def quiet_opencv() -> None:
    """Keep OpenCV's and FFmpeg's own lines off the terminal: an error of this package tells what happened instead.

    It holds for the whole process. FFmpeg's level is read from the environment once, when FFmpeg is first used; a
    level that the user set in the environment stays.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
