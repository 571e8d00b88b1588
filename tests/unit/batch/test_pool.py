"""The pool with real processes: one that dies, fills its memory, hangs or fails costs its own task alone, after one retry."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path

import pytest

from rom_tracker.batch.engine import Heard, Limits
from rom_tracker.batch.plan import Task
from rom_tracker.batch.pool import Pool
from rom_tracker.errors import MeasurementError

#: A worker that does what the name of the file says, in place of measuring it.
WORKER = """
import json, os, sys, time
from pathlib import Path
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    file = json.loads(line)["file"]
    what = file.split("-")[0]
    first = Path(sys.argv[1], file)
    fresh = not first.exists()
    first.touch()
    print(json.dumps({"length": 0.0}), flush=True)
    print(json.dumps({"share": 0.5}), flush=True)
    if what == "exit" or (what == "once" and fresh):
        os._exit(3)
    elif what == "abort":
        os.abort()
    elif what == "memory":
        full = [bytearray(b"x" * 20_000_000) for _ in range(30)]
        time.sleep(60)
    elif what == "hang":
        time.sleep(60)
    done = {"status": "unexpected", "why": "ValueError: bad"} if what == "error" else {"status": "measured", "pid": os.getpid()}
    print(json.dumps({"done": done}), flush=True)
"""


def run_all(tmp_path: Path, *files: str, workers: int = 2, **limits: float) -> tuple[dict[str, dict], list[Heard]]:
    heard: list[Heard] = []
    command = [sys.executable, "-c", textwrap.dedent(WORKER), str(tmp_path)]
    pool = Pool(workers, Limits(**{"seconds": 30.0, "memory_mib": 300.0, **limits}), lambda task: {"file": task.file}, command)
    tasks = [Task(file, file, 0, "", "knee_flexion", "left") for file in files]
    found = list(pool.run(tasks, heard.append))
    assert Counter(task.file for task, _ in found) == Counter(files)
    return {task.file: record for task, record in found}, heard


def test_good_ones_are_done_by_workers_that_stay(tmp_path):
    found, heard = run_all(tmp_path, *(f"good-{n}" for n in range(8)))
    assert {record["status"] for record in found.values()} == {"measured"}
    assert len({record["pid"] for record in found.values()}) <= 2
    assert Counter(one.kind for one in heard) == {"started": 8, "moved": 8, "done": 8}


@pytest.mark.parametrize(
    ("what", "kind", "said"),
    [
        pytest.param("exit", "crashed", "exit code 3", id="exit"),
        pytest.param("abort", "crashed", "signal 6", marks=pytest.mark.skipif(sys.platform == "win32", reason="POSIX"), id="abort"),
        pytest.param("memory", "memory", "more than 300 MiB", id="memory"),
        pytest.param("error", "unexpected", "ValueError: bad", id="error"),
    ],
)
def test_a_bad_one_costs_itself_alone_after_one_retry(tmp_path, what, kind, said):
    found, heard = run_all(tmp_path, "good-1", f"{what}-2", *(f"good-{n}" for n in range(3, 7)))
    bad = found.pop(f"{what}-2")
    assert (bad["status"], bad["attempts"], bad["failure"]["kind"]) == ("failed", 2, kind)
    assert said in bad["failure"]["reason"]
    assert bad["failure"]["reason"].endswith("tried twice.")
    assert bad["failure"]["advice"]
    assert {record["status"] for record in found.values()} == {"measured"}
    assert [one.task.file for one in heard if one.kind == "again"] == [f"{what}-2"]


def test_one_that_hangs_is_ended_when_its_time_is_up(tmp_path):
    began_s = time.monotonic()
    found, _ = run_all(tmp_path, "hang-1", "good-2", seconds=1.5)
    assert found["hang-1"]["failure"]["kind"] == "time"
    assert "after 2 seconds" in found["hang-1"]["failure"]["reason"]
    assert found["good-2"]["status"] == "measured"
    assert time.monotonic() - began_s < 40


def test_one_that_fails_once_is_measured(tmp_path):
    found, _ = run_all(tmp_path, "once-1")
    assert (found["once-1"]["status"], found["once-1"]["attempts"]) == ("measured", 2)


def test_all_bad_ends(tmp_path):
    found, _ = run_all(tmp_path, *(f"exit-{n}" for n in range(4)))
    assert {record["failure"]["kind"] for record in found.values()} == {"crashed"}


def test_longer_recordings_have_longer():
    limits = Limits(seconds=100, seconds_per_second=10)
    assert [limits.time_s(length) for length in (0, 60)] == [100, 700]


def test_workers_that_do_not_come_up_are_told_with_their_last_words():
    pool = Pool(2, Limits(), lambda task: {}, [sys.executable, "-c", "raise SystemExit('no such library')"])
    with pytest.raises(MeasurementError, match="no such library"):
        list(pool.run([Task("a", "a", 0, "", "knee_flexion", "left")], lambda heard: None))


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_worker_goes_when_nobody_gives_tasks_any_more():
    """As after a SIGKILL: the pipe closes, and the worker ends though it is at something."""
    code = "import os, time\nfrom rom_tracker.batch import worker\nworker._warm_up = lambda: time.sleep(60)\nworker.main()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ))
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=60) == 0
    assert process.stdout is not None
    process.stdout.close()
