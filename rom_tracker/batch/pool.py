"""The engine for one computer: a few worker processes, each watched on its own.

A process pool of the standard library, and loky's too, is broken as a whole when one worker dies, and does not tell which task it
was; pebble's does, but has no limit of memory and is under the LGPL. What is needed is little: so it is here.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import IO, TYPE_CHECKING, Any, Literal

import psutil

from rom_tracker.batch.engine import Heard, Limits, Listen, Record, lost
from rom_tracker.errors import MeasurementError

if TYPE_CHECKING:
    from rom_tracker.batch.plan import Task

#: How often the workers are looked after, in seconds.
LOOK_EVERY_S = 0.1

#: A worker that has not come up after this time, in seconds, never will: far longer than imports and models take.
START_S = 300.0

#: After so many workers in a row that did not come up, no more are started.
MOST_FALSE_STARTS = 3

_MIB = 2**20

#: subprocess.CREATE_NEW_PROCESS_GROUP, which is known on Windows only.
_NEW_GROUP = 0x00000200


def usual_workers() -> int:
    """One for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(eq=False)
class _Worker:
    """A worker process, and what it is at.

    ``deadline_s`` is on the monotonic clock; ``task`` None while it has none.
    """

    process: subprocess.Popen[str]
    errors: IO[bytes]
    started_s: float
    deadline_s: float
    ready: bool = False
    task: Task | None = None
    attempt: int = 0
    ended_for: Literal["memory", "time"] | None = None
    allowed_s: float = 0.0
    watched: psutil.Process = field(init=False)

    def __post_init__(self) -> None:
        self.watched = psutil.Process(self.process.pid)

    def memory_mib(self) -> float:
        """Resident memory."""
        try:
            return float(self.watched.memory_info().rss) / _MIB
        except psutil.Error:
            return 0.0

    def end(self) -> None:
        """End the process, and wait until it is gone."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def last_words(self) -> str:
        """The end of what it wrote to standard error."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace").strip()[-500:]


class Pool:
    """Runs tasks in worker processes of this computer.

    Parameters
    ----------
    workers : int
    limits : Limits
    order : callable
        Gives for a task what a worker is told: the arguments of :func:`~rom_tracker.batch.work.measure_task`.
    command : sequence of str, optional
        What starts a worker.
    """

    def __init__(
        self, workers: int, limits: Limits, order: Callable[[Task], Mapping[str, Any]], command: Sequence[str] | None = None
    ) -> None:
        self.workers, self.limits, self.order = workers, limits, order
        self.command = list(command or _command())
        # One thread for each library: the cores are shared among the workers, and sums come out alike whatever their number.
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        threads |= {"OPENCV_FFMPEG_THREADS": "1", "MALLOC_ARENA_MAX": "1"}  # glibc: one heap for all threads of the models.
        self.environment = {**os.environ, **threads}  # As it is now: what this process imports meanwhile may change its own.
        self._answers: SimpleQueue[tuple[_Worker, str]] = SimpleQueue()
        self._crew: list[_Worker] = []
        self._waiting: deque[tuple[Task, int]] = deque()
        self._false_starts = 0

    def run(self, tasks: Sequence[Task], listen: Listen) -> Iterator[tuple[Task, Record]]:
        """A record for every task, as it is done.

        Raises
        ------
        MeasurementError
            No worker comes up.
        """
        self._waiting = deque((task, 1) for task in tasks)
        try:
            while self._waiting or any(worker.task for worker in self._crew):
                self._keep_crew()
                for worker in self._crew:
                    if worker.ready and worker.task is None and worker.ended_for is None and self._waiting:
                        self._give(worker, listen)
                yield from self._answered(listen)
                for worker in list(self._crew):
                    self._check(worker)
        finally:
            for worker in self._crew:
                worker.end()
            self._crew = []

    def _keep_crew(self) -> None:
        idle = sum(worker.task is None for worker in self._crew)
        while len(self._crew) < self.workers and idle < len(self._waiting):
            self._start()
            idle += 1

    def _start(self) -> None:
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        # A process group of its own: Ctrl-C reaches this process alone, which ends the workers in order.
        apart: dict[str, Any] = {"creationflags": _NEW_GROUP} if sys.platform == "win32" else {"start_new_session": True}
        process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8",
            env=self.environment, **apart,
        )  # fmt: skip
        now_s = time.monotonic()
        worker = _Worker(process, errors, now_s, now_s + START_S)
        self._crew.append(worker)
        threading.Thread(target=self._listen_to, args=(worker,), daemon=True).start()

    def _listen_to(self, worker: _Worker) -> None:
        assert worker.process.stdout is not None
        with contextlib.suppress(ValueError, OSError):
            for line in worker.process.stdout:
                self._answers.put((worker, line))
        self._answers.put((worker, ""))

    def _answered(self, listen: Listen) -> Iterator[tuple[Task, Record]]:
        """Take what the workers say, for a moment."""
        try:
            worker, line = self._answers.get(timeout=LOOK_EVERY_S)
        except Empty:
            return
        if worker not in self._crew:
            return
        if not line:
            yield from self._died(worker, listen)
            return
        said = json.loads(line)
        if "ready" in said:
            worker.ready, self._false_starts = True, 0
        elif worker.task is not None and "length" in said:
            worker.allowed_s = self.limits.time_s(said["length"] or 0.0)
            worker.deadline_s = worker.started_s + worker.allowed_s
        elif worker.task is not None and "share" in said:
            listen(Heard("moved", worker.task, said["share"]))
        elif worker.task is not None and "done" in said:
            yield from self._done(worker, said["done"], listen)

    def _give(self, worker: _Worker, listen: Listen) -> None:
        """The next task."""
        worker.task, worker.attempt = self._waiting.popleft()
        worker.started_s = time.monotonic()
        worker.allowed_s = self.limits.time_s(0.0)
        worker.deadline_s = worker.started_s + worker.allowed_s
        assert worker.process.stdin is not None
        with contextlib.suppress(OSError):  # It died meanwhile, which is told in its turn.
            worker.process.stdin.write(json.dumps(self.order(worker.task)) + "\n")
            worker.process.stdin.flush()
        listen(Heard("started", worker.task))

    def _done(self, worker: _Worker, record: Record, listen: Listen) -> Iterator[tuple[Task, Record]]:
        assert worker.task is not None
        if record["status"] == "unexpected":
            yield from self._again_or_lost(worker, "unexpected", f"An error that was not expected came up: {record['why']}", listen)
            return
        record["attempts"] = worker.attempt
        task, worker.task = worker.task, None
        listen(Heard("done", task, record=record))
        yield task, record

    def _died(self, worker: _Worker, listen: Listen) -> Iterator[tuple[Task, Record]]:
        """A worker's end that nobody asked for, or that its limits did."""
        self._crew.remove(worker)
        code = worker.process.wait()
        words = worker.last_words()
        worker.end()
        if worker.task is None:
            self._false_starts += not worker.ready
            if self._false_starts >= MOST_FALSE_STARTS:
                raise MeasurementError(f"the workers do not come up; their last words are: {words or f'none, exit code {code}'}")
            return
        if worker.ended_for == "memory":
            yield from self._again_or_lost(worker, "memory", f"It took more than {self.limits.memory_mib:g} MiB of memory", listen)
        elif worker.ended_for == "time":
            yield from self._again_or_lost(worker, "time", f"It was not done after {worker.allowed_s:.0f} seconds", listen)
        else:
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            yield from self._again_or_lost(worker, "crashed", f"Measuring it ended the process ({how})", listen)

    def _again_or_lost(
        self, worker: _Worker, kind: Literal["crashed", "memory", "time", "unexpected"], what: str, listen: Listen
    ) -> Iterator[tuple[Task, Record]]:
        task, worker.task = worker.task, None
        assert task is not None
        if worker.attempt < self.limits.attempts:
            self._waiting.append((task, worker.attempt + 1))
            listen(Heard("again", task, why=what))
            return
        record = lost(kind, what, worker.attempt)
        listen(Heard("done", task, record=record))
        yield task, record

    def _check(self, worker: _Worker) -> None:
        """End a worker that exceeds its limits; the end of its answers is told in its turn."""
        if worker.ended_for is not None:
            return
        if worker.task is not None and worker.memory_mib() > self.limits.memory_mib:
            worker.ended_for = "memory"
        elif (worker.task is not None or not worker.ready) and time.monotonic() > worker.deadline_s:
            worker.ended_for = "time"
        if worker.ended_for is not None:
            worker.process.kill()


def _command() -> list[str]:
    """Starts a worker with this Python and this path of imports."""
    code = f"import sys; sys.path[:] = {sys.path!r}; from rom_tracker.batch.worker import main; main()"
    return [sys.executable, "-c", code]
