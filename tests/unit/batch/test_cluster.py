"""The cluster with real workers of Dask's, which do what a file's name says in place of measuring it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from rom_tracker.batch import cluster as engine
from rom_tracker.batch import work
from rom_tracker.batch.cluster import Cluster, measure_within
from rom_tracker.batch.engine import Heard, Limits, Record
from rom_tracker.batch.keys import method
from rom_tracker.batch.plan import Task
from rom_tracker.errors import MeasurementError, UsageError

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own: sockets of workers that ended, and a port that is taken.


def act(file: str, seen: str, hear: object = None) -> Record:
    """What the first word of the name says."""
    what = file.split("-")[0]
    first = Path(seen, file)
    fresh = not first.exists()
    first.touch()
    if what == "exit" or (what == "once" and fresh):
        time.sleep(0.2)
        os._exit(3)
    if what == "error":
        raise ValueError("bad")
    return {"status": "measured"}


class Acting(distributed.WorkerPlugin):
    def setup(self, worker: object) -> None:
        work.measure_task = act


@pytest.fixture(scope="module")
def scheduler() -> Any:
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as started,
        distributed.Client(started, set_as_default=False) as client,
    ):
        client.register_plugin(Acting())
        yield started.scheduler_address


def test_those_that_end_a_worker_cost_themselves_alone_after_one_retry(scheduler, tmp_path):
    files = ["good-1", "exit-2", "good-3", "once-4", "good-5", "error-6", "exit-7", "good-8", "good-9"]
    heard: list[Heard] = []
    cluster = Cluster(scheduler, Limits(), lambda task: {"file": task.file, "seen": str(tmp_path)})
    tasks = [Task(file, file, 0, "", "knee_flexion", "left") for file in files]
    found = {task.file: record for task, record in cluster.run(tasks, heard.append)}
    assert sorted(found) == sorted(files)
    failed = {file: record["failure"]["kind"] for file, record in found.items() if record["status"] == "failed"}
    assert failed == {"exit-2": "crashed", "exit-7": "crashed", "error-6": "unexpected"}
    assert all(found[file]["failure"]["reason"].endswith("tried twice.") for file in failed)
    assert "ValueError: bad" in found["error-6"]["failure"]["reason"]
    assert found["once-4"]["attempts"] == 2
    assert {one.task.file for one in heard if one.kind == "again"} >= {"exit-2", "once-4", "error-6", "exit-7"}


def test_what_waits_for_another_recording_uses_up_none_of_its_own_time(monkeypatch):
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(work, "measure_task", lambda hear: {"status": "measured"})
    done: list[Record] = []
    with engine._ONE_AT_A_TIME:
        waiting = threading.Thread(target=lambda: done.append(measure_within({}, Limits(seconds=0.1), method())))
        waiting.start()
        time.sleep(0.4)
    waiting.join()
    assert (done, ended) == ([{"status": "measured"}], [])


def test_one_that_takes_too_long_ends_its_process(monkeypatch):
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(work, "measure_task", lambda hear: time.sleep(0.4))
    measure_within({}, Limits(seconds=0.1), method())
    assert ended == [1]


def test_a_scheduler_without_workers_is_told(monkeypatch):
    monkeypatch.setattr(engine, "CONNECT_S", 1)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None) as empty,
        pytest.raises(MeasurementError, match="has no worker; start some with `dask worker tcp://"),
    ):
        list(Cluster(empty.scheduler_address, Limits(), lambda task: {}).run([], lambda heard: None))


def test_nobody_there(monkeypatch):
    monkeypatch.setattr(engine, "CONNECT_S", 1)
    with pytest.raises(MeasurementError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9 "):
        list(Cluster("tcp://127.0.0.1:9", Limits(), lambda task: {}).run([], lambda heard: None))


@pytest.mark.parametrize("address", ["10.0.0.1:8786", "tcp://10.0.0.1", "tcp://:8786", "tcp://a:b", "scheduler"])
def test_what_is_no_address(address):
    with pytest.raises(UsageError, match="a scheduler's address is like"):
        list(Cluster(address, Limits(), lambda task: {}).run([], lambda heard: None))
