"""What the engines share: their limits, what they tell on the way, and what a record is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from rom_tracker.batch.plan import Task

#: What came of a task, ready for JSON: see :mod:`rom_tracker.batch.work`.
Record = dict[str, Any]

#: A recording of unknown length is taken to have at least so many bytes a second: 200 kbit/s, less than cameras and phones write.
FEWEST_BYTES_A_SECOND = 25_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one recording may take.

    Attributes
    ----------
    memory_mib : float
        Resident memory of a worker, in MiB; one that exceeds it is ended. Looked at ten times a second.
    seconds : float
        Time that any recording has.
    seconds_per_second : float
        And so much more for every second of video. Measuring took 2.7 seconds of one core a second of video on a busy machine
        (model ``full``, every frame).
    attempts : int
        How often a recording is tried that crashes, fills its memory or hangs.
    """

    memory_mib: float = 2048.0
    seconds: float = 120.0
    seconds_per_second: float = 30.0
    attempts: int = 2

    def time_s(self, length_s: float) -> float:
        """Time for a recording of that length, in seconds."""
        return self.seconds + self.seconds_per_second * length_s


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that happened on the way.

    Attributes
    ----------
    kind : {"started", "moved", "again", "done"}
        ``again``: it is tried once more, and ``why`` says why.
    task : Task
    share : float or None
        For "moved": how much of the recording is done, 0 to 1; None where its length is not known.
    why : str
    record : Record or None
        For "done".
    """

    kind: Literal["started", "moved", "again", "done"]
    task: Task
    share: float | None = None
    why: str = ""
    record: Record | None = None


Listen = Callable[[Heard], None]


class Engine(Protocol):
    """Turns tasks into records, in any order; closing the iterator ends the work."""

    def run(self, tasks: Sequence[Task], listen: Listen) -> Iterator[tuple[Task, Record]]:
        """A record for every task, as it is done."""
        ...


def lost(kind: Literal["crashed", "memory", "time", "unexpected"], what: str, attempts: int) -> Record:
    """The record of a recording that no measurement came of because its worker was lost."""
    advice = {
        "crashed": "Convert it to mp4 (H.264); if it crashes again, record again: the decoder cannot bear its damage.",
        "memory": "Make its picture smaller, or give a worker more with --memory-limit.",
        "time": "Cut it to the movement, or give it more with --time-limit.",
        "unexpected": "Run `rom-tracker measure` on it alone; if that fails too, report it.",
    }[kind]
    times = "once" if attempts == 1 else "twice" if attempts == 2 else f"{attempts} times"
    failure = {"kind": kind, "reason": f"{what}, tried {times}.", "advice": advice}
    return {"status": "failed", "failure": failure, "attempts": attempts}
