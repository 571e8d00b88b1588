"""A worker: a process that reads tasks, a line of JSON each, and writes what comes of them, until there are no more.

It is started as a program of its own and not forked or spawned by ``multiprocessing``: so a script without a main guard and a
notebook can run a batch, and nothing but plain JSON goes between the two.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
import time
from queue import SimpleQueue
from typing import Any

#: Least time between two lines about the same recording, in seconds.
TELL_EVERY_S = 0.2


def main() -> None:
    """Work until standard input closes: then whoever gave the tasks is gone, and what is under way is of no use to anybody."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # What native code prints must not get between the lines of JSON.
    tasks: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_read, args=(tasks,), daemon=True).start()
    _warm_up()
    _tell(answers, {"ready": True})
    while True:
        task = json.loads(tasks.get())
        try:
            done = _do(task, answers)
        except Exception as error:  # whatever it is, it costs this recording alone, and the other side says so
            done = {"status": "unexpected", "why": f"{type(error).__name__}: {error}"}
        _tell(answers, {"done": done})


def _read(tasks: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        tasks.put(line)
    os._exit(0)


def _warm_up() -> None:
    """Import what every recording needs, once, and spare the garbage collector from going over it ever after."""
    import cv2

    import rom_tracker.analysis.measuring
    import rom_tracker.pose.mediapipe  # noqa: F401

    cv2.setNumThreads(1)  # The other cores belong to the other workers.
    gc.collect()
    gc.freeze()


def _do(task: dict[str, Any], answers: Any) -> dict[str, Any]:
    from rom_tracker.batch.work import measure_task

    last_s = 0.0

    def hear(what: str, value: float | None) -> None:
        nonlocal last_s
        now_s = time.monotonic()
        if what == "length" or now_s - last_s >= TELL_EVERY_S:
            last_s = now_s if what == "share" else last_s
            _tell(answers, {what: value})

    return measure_task(**task, hear=hear)


def _tell(answers: Any, what: dict[str, Any]) -> None:
    try:
        answers.write(json.dumps(what) + "\n")
        answers.flush()
    except OSError:  # Nobody listens any more.
        os._exit(0)


if __name__ == "__main__":
    main()
