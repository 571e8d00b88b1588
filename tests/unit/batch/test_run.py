"""In which order tasks are done, and under which name a result is kept: all that it depends on is in it."""

from __future__ import annotations

from dataclasses import replace

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
