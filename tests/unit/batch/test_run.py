"""In which order tasks are done, under which name a result is kept, what is done again, and which angles belong to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rom_tracker.batch import run
from rom_tracker.batch.engine import Limits, Record, lost
from rom_tracker.batch.keys import Keys
from rom_tracker.batch.plan import Task
from rom_tracker.batch.run import longest_first
from rom_tracker.movements import load_catalogue

TASK = Task(
    file="a.mp4", address="/a.mp4", size=1, signature="1 2", movement="knee_flexion", side="left", client="ann", moment="before",
    camera="camera 0", known_from="sidecar",
)  # fmt: skip


def test_the_longest_come_first_and_the_heavy_model_counts_twice():
    tasks = [
        replace(TASK, file=name, size=size, movement=movement)
        for name, size, movement in (
            ("a", 10, "shoulder_flexion"), ("b", 30, "shoulder_flexion"), ("c", 14, "knee_flexion"), ("d", 28, "shoulder_flexion"),
            ("e", 16, "knee_flexion"),
        )
    ]  # fmt: skip
    order = {model: [task.file for task in longest_first(tasks, load_catalogue(), model)] for model in ("auto", "full", "heavy")}
    assert order == {"auto": ["e", "b", "c", "d", "a"], "full": ["b", "d", "e", "c", "a"], "heavy": ["b", "d", "e", "c", "a"]}


def test_a_result_hangs_on_the_file_the_movement_the_side_the_model_and_the_camera():
    keys = Keys(load_catalogue(), "auto")
    others = [
        keys.of_file(replace(TASK, **change))
        for change in (
            {"file": "a.mp4"}, {"client": "ben"}, {"signature": "1 3"}, {"movement": "hip_flexion"}, {"side": "right"},
            {"camera": "C920"}, {"camera": ""},
        )
    ]  # fmt: skip
    others.append(Keys(load_catalogue(), "full").of_file(TASK))
    same, whose, *different = others
    assert same == whose == keys.of_file(TASK)
    assert len({same, *different}) == 1 + len(different)


ROW = {"verdict": "ok", "end_range_deg": 99.5, "end_range_low_deg": 90.0, "end_range_high_deg": 109.0, "frames": 3, "cautions": "",
       "repetitions": 2}  # fmt: skip


@pytest.fixture
def measured(monkeypatch) -> Callable[..., list[str]]:
    """Runs a batch whose workers are played: returns the files that they were given. What fails is told by kind."""

    def batch(folder: Path, results: Path, *, fails: dict[str, str] | None = None, **options: Any) -> list[str]:
        given: list[str] = []

        class Played:
            def run(self, tasks: Sequence[Task], listen: object) -> Iterator[tuple[Task, Record]]:
                for task in tasks:
                    given.append(task.file)
                    content = Path(task.address).read_bytes()
                    if kind := (fails or {}).get(task.file):
                        yield task, lost(kind, "It", 2) if kind in ("memory", "time", "crashed") else {
                            "status": "failed", "failure": {"kind": kind, "reason": "It.", "advice": ""}, "attempts": 1,
                        }  # fmt: skip
                        continue
                    sha256 = hashlib.sha256(content).hexdigest()
                    record = {"status": "measured", "content_sha256": sha256, "attempts": 1, "measurement": ROW, "repetitions": [],
                              "curve": [[0.0, 1.0], [1.0, 99.0]]}  # fmt: skip
                    yield task, record | ({"angles": f"{options.get('model')} {content!r}"} if options.get("angles") else {})

        monkeypatch.setattr(run, "_engine", lambda *_: Played())
        monkeypatch.setattr(run, "_have_models", lambda *_: None)
        run.run_batch(folder, results, **options)
        return sorted(given)

    return batch


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}_knee_flexion_left.mp4").write_bytes(name.encode())
    return folder


A, B = "a_knee_flexion_left.mp4", "b_knee_flexion_left.mp4"


def angles_in(results: Path) -> dict[str, str]:
    return {path.name.split(".")[0]: path.read_text() for path in (results / "angles").rglob("*.csv")}


def test_the_angles_are_those_of_the_recording_as_it_is_and_of_the_model_asked_for(measured, folder, tmp_path):
    results = tmp_path / "results"
    assert measured(folder, results, model="full") == [A, B]
    assert measured(folder, results, model="full", angles=True) == [A, B]
    assert measured(folder, results, model="full", angles=True) == []
    assert angles_in(results) == {"a_knee_flexion_left": "full b'a'", "b_knee_flexion_left": "full b'b'"}
    (folder / A).write_bytes(b"new")
    assert measured(folder, results, model="full") == [A]
    assert list(angles_in(results)) == ["b_knee_flexion_left"]
    assert measured(folder, results, model="full", angles=True) == [A]
    assert measured(folder, results, model="lite", angles=True) == [A, B]
    assert measured(folder, results, model="full", angles=True) == [A, B]
    assert angles_in(results) == {"a_knee_flexion_left": "full b'new'", "b_knee_flexion_left": "full b'b'"}
    (folder / A).rename(folder / "c_knee_flexion_left.mp4")
    assert measured(folder, results, model="full", angles=True) == ["c_knee_flexion_left.mp4"]
    assert sorted(angles_in(results)) == ["b_knee_flexion_left", "c_knee_flexion_left"]


def test_a_long_name_has_its_angles_too(measured, folder, tmp_path):
    long = f"{'é' * 100}_knee_flexion_left.mp4"
    (folder / long).write_bytes(b"long")
    measured(folder, tmp_path / "results", angles=True)
    assert len(angles_in(tmp_path / "results")) == 3
    assert measured(folder, tmp_path / "results", angles=True) == []


@pytest.mark.parametrize(
    ("kind", "more", "again"),
    [
        ("memory", Limits(memory_mib=4096), True),
        ("memory", Limits(seconds=999), False),
        ("time", Limits(seconds=999), True),
        ("time", Limits(seconds_per_second=99), True),
        ("time", Limits(memory_mib=4096), False),
        ("time", Limits(seconds=150, seconds_per_second=0), False),
        ("crashed", Limits(memory_mib=4096, seconds=999), False),
        ("unreadable", Limits(memory_mib=4096), False),
        ("program", Limits(), True),
        ("not fetched", Limits(), True),
    ],
)
def test_what_failed_is_tried_again_where_it_may_do_better(measured, folder, tmp_path, kind, more, again):
    results = tmp_path / "results"
    assert measured(folder, results, fails={A: kind}) == [A, B]
    assert measured(folder, results, fails={A: kind}, limits=more) == ([A] if again else [])
    assert (results / "failures.csv").read_text().count(A) == 1
    assert measured(folder, results, limits=more, retry_failed=True) == [A]
    assert (results / "failures.csv").read_text().count(A) == 0
    assert (results / "measurements.csv").read_text().count(A) == 1


def test_a_number_stays_where_only_its_angles_could_not_be_had(measured, folder, tmp_path):
    results = tmp_path / "results"
    measured(folder, results)
    assert measured(folder, results, angles=True, fails={A: "crashed"}) == [A, B]
    assert (results / "measurements.csv").read_text().count(A) == 1
    assert list(angles_in(results)) == ["b_knee_flexion_left"]
    assert measured(folder, results, angles=True) == [A]


def test_the_same_content_under_another_name_is_known(measured, folder, tmp_path):
    measured(folder, tmp_path / "results")
    (folder / "c_knee_flexion_left.mp4").write_bytes(b"a")
    (folder / "d_knee_flexion_left.mp4").write_bytes(b"x")
    assert measured(folder, tmp_path / "results") == ["d_knee_flexion_left.mp4"]
