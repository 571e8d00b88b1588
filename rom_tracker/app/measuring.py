"""Measures stored recordings in a process of its own, through the code of ``rom-tracker measure``, one after the other."""

from __future__ import annotations

import functools
import logging
import multiprocessing
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rom_tracker.errors import RomTrackerError

if TYPE_CHECKING:
    from rom_tracker.capture import Part

_LOG = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed"]

#: Has the process call a function with arguments, and a ``progress``.
Ask = Callable[..., Any]


class _StoppedError(Exception):
    """The process is there no more, or does not answer."""


@dataclass
class Job:
    """Something that the process was asked for.

    Attributes
    ----------
    key : str
        What it is about, such as the identifier of a recording.
    work : callable
        What is done, in the thread of the jobs: it is given an ``ask``, which has the process call a function with arguments, and
        gives back what came of it.
    share : float or None
        0 to 1 of the way; None before anything is known.
    words : str
        What went wrong.
    """

    key: str
    work: Callable[[Ask], object]
    state: State = "waiting"
    share: float | None = None
    words: str = ""


class Jobs:
    """The jobs, and the process that does them. It is started with the first job and again should it die."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._process: Any = None
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
        self._thread.start()

    def add(self, key: str, work: Callable[[Ask], object], *, anew: bool = False) -> Job:
        """Ask for something.

        Parameters
        ----------
        key : str
        work : callable
        anew : bool
            Whether ``work`` is another one than that of a job of the same key. If so, it follows what waits or runs; otherwise the
            job that waits or runs is given back, and ``work`` is not done.
        """
        with self._lock:
            known = self._jobs.get(key)
            if known is not None and known.state in ("waiting", "running") and not anew:
                return known
            job = self._jobs[key] = Job(key, work)
        self._queue.put(job)
        return job

    def get_ready(self) -> None:
        """Start the process now, so that the first recording does not wait for it."""
        self.add("ready", lambda ask: ask(_ready))

    def of(self, key: str) -> Job | None:
        """The job of a key, if there is or was one."""
        return self._jobs.get(key)

    def close(self) -> None:
        """End the process; what is running is lost, and what it was made from is not."""
        self._queue.put(None)
        process = self._process
        if process is not None:
            process.terminate()
            process.join(3)

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            with self._lock:
                job.state = "running"
            try:
                job.work(functools.partial(self._ask, job))
                job.state = "done"
            except RomTrackerError as error:
                job.state, job.words = "failed", str(error)
            except _StoppedError:
                job.state, job.words = "failed", "The measuring process stopped. Try again; the recording is kept."
            except Exception as error:
                # The message might hold a name; its kind does not.
                _LOG.error("a job failed: %s", type(error).__name__)
                job.state, job.words = "failed", f"Something went wrong ({type(error).__name__}). The recording is kept."

    def _ask(self, job: Job, function: Callable[..., Any], *arguments: Any) -> Any:
        if self._process is None or not self._process.is_alive():
            self._begin()
        try:
            return self._answer(job, function, arguments)
        except (EOFError, OSError) as error:
            self._end()
            raise _StoppedError from error

    def _begin(self) -> None:
        if self._connection is not None:
            self._connection.close()
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        self._process = process

    def _end(self) -> None:
        """Be rid of a process that does not answer."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.join(3)

    def _answer(self, job: Job, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        assert self._connection is not None
        self._connection.send((function, arguments))
        while True:
            kind, found = self._connection.recv()
            if kind == "share":
                job.share = found
            elif kind == "failed":
                raise found
            else:
                return found


def _serve(connection: Connection) -> None:
    """The process: does what it is told, until nobody is there any more.

    The landmarks of clients are kept in the records, encrypted, and not a second time in the user's cache.
    """
    os.environ["ROM_TRACKER_KEEP_POSES"] = "no"

    def progress(done_s: float, all_s: float | None) -> None:
        connection.send(("share", None if not all_s else min(1.0, done_s / all_s)))

    try:
        while True:
            function, arguments = connection.recv()
            try:
                connection.send(("done", function(*arguments, progress=progress)))
            except RomTrackerError as error:
                connection.send(("failed", error))
            except Exception as error:
                connection.send(("failed", RuntimeError(type(error).__name__)))
    except (EOFError, KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        return


def _ready(progress: Any) -> None:
    """Load what measuring needs."""
    import rom_tracker.analysis.measuring
    import rom_tracker.pose.mediapipe  # noqa: F401


def measured(
    video: Path,
    movement: str,
    side: Any,
    at: tuple[float, float] | None,
    part: Part | None,
    camera: str,
    last: Any,
    progress: Any,
) -> Any:
    """The measurement of a recording.

    ``at`` is a point on the client, as shares of the picture's width and height; None where nobody was pointed at. ``part`` is what
    is looked at of the recording; None for all of it. ``camera`` is its label, by which its lens may be known. ``last`` is the
    measurement of the recording before the treatment, or None.
    """
    from rom_tracker.analysis.measuring import measure
    from rom_tracker.capture import VideoFile
    from rom_tracker.capture.lens import kept_lens

    size = width, height = VideoFile(video).size
    client = None if at is None else (min(at[0], 0.999) * width, min(at[1], 0.999) * height)
    lens = kept_lens(camera, size)
    return measure(video, movement, side, client=client, lens=lens, last=last, part=part, progress=progress)


def overlaid(video: Path, measurement: Any, out: Path, progress: Any) -> Path:
    """The recording with skeleton and angle drawn over it, in the file ``out``."""
    from rom_tracker.capture import VideoFile
    from rom_tracker.overlay import write_overlay

    write_overlay(VideoFile(video), measurement, out, progress)
    return out
