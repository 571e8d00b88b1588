"""The engine for several computers: Dask distributed gives the tasks to its workers (extra ``cluster``).

Dask's nanny starts a worker anew that died or filled its memory. Dask does not tell which of the recordings that the worker had
ended it: whatever was there is suspect, and is measured once more at the end, by itself, so that none is lost for another one's
damage. How often Dask itself tries again before, is the scheduler's setting ``distributed.scheduler.allowed-failures``; the README
of this package has the commands.
"""

from __future__ import annotations

import contextlib
import os
import platform
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rom_tracker.batch import keys
from rom_tracker.batch.engine import Heard, Limits, Listen, Record, lost
from rom_tracker.errors import MeasurementError, UsageError

if TYPE_CHECKING:
    from rom_tracker.batch.plan import Task

#: Seconds to find the scheduler in, and a first worker.
CONNECT_S = 20

#: The status of what a worker gives back that has another version of the program.
OTHER_VERSION = "other version"

#: A worker's process measures one recording at a time, however many threads it has: memory and time are counted for one.
_ONE_AT_A_TIME = threading.Lock()


class Cluster:
    """Runs tasks on the workers of a Dask scheduler.

    Parameters
    ----------
    scheduler : str
        Its address, such as ``"tcp://10.0.0.1:8786"``.
    limits : Limits
        The time; memory is the workers' own limit (``dask worker --memory-limit``).
    order : callable
        Gives for a task the arguments of :func:`~rom_tracker.batch.work.measure_task`.
    """

    def __init__(self, scheduler: str, limits: Limits, order: Callable[[Task], Mapping[str, Any]]) -> None:
        self.scheduler, self.limits, self.order = scheduler, limits, order

    def run(self, tasks: Sequence[Task], listen: Listen) -> Iterator[tuple[Task, Record]]:
        """A record for every task, as it is done.

        Raises
        ------
        UsageError
            The extra ``cluster`` is not installed, or that is no address.
        MeasurementError
            The scheduler does not answer or has no worker, or a worker has another version of the program.
        """
        try:
            from distributed import Client, as_completed
        except ImportError as error:
            raise UsageError('a scheduler is reached by an extra: pip install "rom_tracker[cluster]"') from error
        _check_address(self.scheduler)
        try:
            client = Client(self.scheduler, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise MeasurementError(
                f"no scheduler answers at {self.scheduler} ({error}); start one with `dask scheduler`, and check the address"
            ) from error
        with client:
            completed = as_completed(loop=client.loop, with_results=True, raise_errors=False)
            try:
                self._check_workers(client)
                yield from self._run(tasks, listen, client, completed)
            except OSError as error:
                raise MeasurementError(
                    f"the scheduler at {self.scheduler} does not answer any more ({error}); what was done is kept: start it anew, "
                    "and give the same command again"
                ) from error
            finally:
                client.cancel(list(completed.futures))

    def _check_workers(self, client: Any) -> None:
        """That there are workers, and that they have this version of the program."""
        try:
            client.wait_for_workers(1, timeout=CONNECT_S)
        except TimeoutError as error:
            raise MeasurementError(
                f"the scheduler at {self.scheduler} has no worker; start some with `dask worker {self.scheduler}`"
            ) from error
        for address, version in client.run(keys.method, on_error="return").items():
            if version != keys.method():
                raise MeasurementError(_other_version(address, version))

    def _run(self, tasks: Sequence[Task], listen: Listen, client: Any, completed: Any) -> Iterator[tuple[Task, Record]]:
        """One task for each worker at a time, then the suspects one after the other."""
        waiting = deque((task, 1) for task in tasks)
        suspects: deque[tuple[Task, int]] = deque()
        under_way: dict[str, tuple[Task, int]] = {}
        while waiting or suspects or under_way:
            workers = len(client.scheduler_info(n_workers=-1)["workers"])
            while waiting and len(under_way) < max(workers, 1):
                under_way |= self._given(*waiting.popleft(), listen, client, completed)
            if suspects and not under_way:
                under_way |= self._given(*suspects.popleft(), listen, client, completed)
            future, result = next(completed)
            task, attempt = under_way.pop(future.key)
            if isinstance(result, dict):
                if result["status"] == OTHER_VERSION:
                    raise MeasurementError(_other_version(result["computer"], result["version"]))
                record: Record = result | {"attempts": attempt}
            elif attempt < self.limits.attempts:
                (suspects if _is_killed(result) else waiting).append((task, attempt + 1))
                listen(Heard("again", task, why="The worker ended that had it" if _is_killed(result) else f"{_error_of(result)}"))
                continue
            else:
                record = _lost(result, attempt)
            listen(Heard("done", task, record=record))
            yield task, record

    def _given(self, task: Task, attempt: int, listen: Listen, client: Any, completed: Any) -> dict[str, tuple[Task, int]]:
        """Give a task to the scheduler; the key that it has there."""
        future = client.submit(measure_within, dict(self.order(task)), self.limits, keys.method(), pure=False, key=None)
        completed.add(future)
        listen(Heard("started", task))
        return {future.key: (task, attempt)}


def _check_address(scheduler: str) -> None:
    """That it is an address: Dask's own complaint comes with a traceback."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(scheduler)
        if parts.scheme == "inproc" or (parts.scheme and parts.hostname and parts.port):
            return
    raise UsageError(f"a scheduler's address is like tcp://10.0.0.1:8786, got {scheduler!r}; `dask scheduler` prints it")


def measure_within(order: dict[str, Any], limits: Limits, version: str) -> Record:
    """Measure, on a worker of the cluster; one that takes too long ends its process, as a crash does.

    Where the program is not that ``version`` (of :func:`~rom_tracker.batch.keys.method`), nothing is measured: its results would be
    kept as those of another one.
    """
    from rom_tracker.batch.work import measure_task

    if keys.method() != version:
        return {"status": OTHER_VERSION, "computer": platform.node(), "version": keys.method()}
    timers: list[threading.Timer] = []

    def set_timer(what: str, value: float | None) -> None:
        if what == "length":
            _cancel(timers)
            timers.append(_ended_after(limits.time_s(value or 0.0)))

    with _ONE_AT_A_TIME:  # What waits for another recording uses up none of its own time.
        timers.append(_ended_after(limits.time_s(0.0)))
        try:
            return measure_task(**order, hear=set_timer)
        finally:
            _cancel(timers)


def _ended_after(time_s: float) -> threading.Timer:
    timer = threading.Timer(time_s, os._exit, (1,))
    timer.daemon = True
    timer.start()
    return timer


def _cancel(timers: list[threading.Timer]) -> None:
    while timers:
        timers.pop().cancel()


def _other_version(worker: str, version: object) -> str:
    def said(version: object) -> str:
        if not isinstance(version, str):
            return f"none that could be asked: {version}"
        return "version {}, mediapipe {}, code {:.8}".format(*version.split())

    return (
        f"the worker {worker} has another version of rom_tracker than this computer ({said(version)}; here {said(keys.method())}), "
        "and results of two versions do not mix; install the same on both, start the workers anew, and give the same command again"
    )


def _error_of(result: object) -> object:
    """What went wrong: Dask tells it as an exception, or as its kind, itself and its traceback."""
    return result[1] if isinstance(result, tuple) else result


def _is_killed(result: object) -> bool:
    from distributed.scheduler import KilledWorker

    return isinstance(_error_of(result), KilledWorker)


def _lost(result: object, attempts: int) -> Record:
    if _is_killed(result):
        return lost("crashed", "Measuring it ended the worker, by a crash, by its memory or by its time", attempts)
    error = _error_of(result)
    return lost("unexpected", f"An error that was not expected came up: {type(error).__name__}: {error}", attempts)
