"""Many jobs at once, in processes of their own."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from rom_tracker.errors import MeasurementError
from rom_tracker.validation.measuring import Done, Job, do


class WorkerDiedError(MeasurementError):
    """The system ended a process that was measuring."""


def run(jobs: Sequence[Job], workers: int) -> Generator[tuple[Job, Done], None, None]:
    """Do all jobs, and hand each on as it is done; closing it ends the processes.

    What was found of a recording's poses is kept (see :mod:`rom_tracker.pose.cache`), so that a run that was interrupted goes on
    where it stopped when it is started again.

    Raises
    ------
    WorkerDiedError
        The system ended a process, for instance for want of memory.
    """
    if workers == 1 or len(jobs) == 1:
        yield from ((job, do(job)) for job in jobs)
        return
    # Spawned, since a fork would copy the threads and locks of native libraries in an unknown state.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(jobs)), mp_context=context, initializer=_stop_at_once)
    try:
        asked: dict[Future[Done], Job] = {pool.submit(do, job): job for job in jobs}
        for future in as_completed(asked):
            yield asked[future], future.result()
    except BrokenProcessPool as error:
        raise WorkerDiedError(
            "The system ended a process that was measuring, perhaps for want of memory. What was done is kept: start again, with "
            "fewer --workers."
        ) from error
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _stop_at_once() -> None:
    """Ctrl-C ends a worker without a traceback; the program says that it was interrupted."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
