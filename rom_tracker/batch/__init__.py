"""Many recordings to tables: a folder in; measurements, repetitions, comparisons, failures and a page of pictures out.

    from rom_tracker.batch import run_batch

    done = run_batch("recordings", "results")
    print(done.measured, done.failed)

``plan_of`` says what to measure in which recording and lists what cannot be known; an engine (``Pool`` on this computer,
``Cluster`` on many) turns each ``Task`` into a record; the ``Journal`` keeps every record as soon as it is there; tables and page
are made from the journal at the end. See the README of this package for the columns, and for clusters.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rom_tracker.batch.engine import Heard, Limits
    from rom_tracker.batch.plan import Plan, Problem, Task, plan_of
    from rom_tracker.batch.run import BatchInterrupted, BatchSummary, run_batch

__all__ = ["BatchInterrupted", "BatchSummary", "Heard", "Limits", "Plan", "Problem", "Task", "plan_of", "run_batch"]

_HOMES = {
    "engine": ("Heard", "Limits"),
    "plan": ("Plan", "Problem", "Task", "plan_of"),
    "run": ("BatchInterrupted", "BatchSummary", "run_batch"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"rom_tracker.batch.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
