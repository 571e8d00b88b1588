"""The jobs: in which order they are done, and what becomes of the process when one of them goes wrong."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from rom_tracker.app.measuring import Ask, Job, Jobs

PATIENCE_S = 60.0


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    with closing(Jobs()) as made:
        yield made


def after(jobs: Jobs) -> None:
    """Wait until all that was asked for before is done."""
    done = threading.Event()
    jobs.add("last", lambda ask: done.set(), anew=True)
    assert done.wait(PATIENCE_S)


def process_number(progress: Any) -> int:
    return os.getpid()


def ended(progress: Any) -> None:
    os._exit(1)


def asked(jobs: Jobs, key: str, function: Any) -> tuple[Job, Any]:
    found: list[Any] = []
    job = jobs.add(key, lambda ask: found.append(ask(function)))
    after(jobs)
    return job, found[0] if found else None


class Held:
    """A job that runs until it is let go."""

    def __init__(self, jobs: Jobs, key: str) -> None:
        self.runs, self.let_go = threading.Event(), threading.Event()
        self.job = jobs.add(key, self._work)
        assert self.runs.wait(PATIENCE_S)

    def _work(self, ask: Ask) -> None:
        self.runs.set()
        assert self.let_go.wait(PATIENCE_S)


def test_what_is_asked_for_anew_follows_what_runs_and_what_waits(jobs: Jobs) -> None:
    done: list[str] = []
    held = Held(jobs, "elbow")
    second = jobs.add("elbow", lambda ask: done.append("second"), anew=True)
    other = jobs.add("knee", lambda ask: done.append("knee"))
    third = jobs.add("elbow", lambda ask: done.append("third"), anew=True)
    assert third is jobs.of("elbow")
    assert [one.state for one in (second, other, third)] == ["waiting"] * 3
    held.let_go.set()
    after(jobs)
    assert done == ["second", "knee", "third"]
    assert [one.state for one in (held.job, second, other, third)] == ["done"] * 4


def test_the_same_is_not_done_twice(jobs: Jobs) -> None:
    done: list[str] = []
    held = Held(jobs, "elbow")
    assert jobs.add("elbow", lambda ask: done.append("again")) is held.job
    waiting = jobs.add("knee", lambda ask: done.append("knee"))
    assert jobs.add("knee", lambda ask: done.append("knee again")) is waiting
    held.let_go.set()
    after(jobs)
    assert done == ["knee"]


def test_what_goes_wrong_in_the_work_is_not_laid_on_the_process(jobs: Jobs) -> None:
    def disk_full(ask: Ask) -> None:
        raise OSError(28, "No space left on device", "/home/kim/anne.webm")

    _, before = asked(jobs, "one", process_number)
    job = jobs.add("two", disk_full)
    after(jobs)
    assert job.state == "failed"
    assert "process" not in job.words
    assert "anne" not in job.words
    assert asked(jobs, "three", process_number)[1] == before


def test_a_process_that_ends_is_told_and_started_again(jobs: Jobs) -> None:
    _, before = asked(jobs, "one", process_number)
    job, _ = asked(jobs, "two", ended)
    assert (job.state, job.words.startswith("The measuring process stopped")) == ("failed", True)
    again, now = asked(jobs, "three", process_number)
    assert again.state == "done"
    assert now not in (before, None)
