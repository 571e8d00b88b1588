"""What the result page shows of a session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from served import Served, measured_session

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.app.measuring import Jobs
from rom_tracker.capture import Part
from rom_tracker.errors import MeasurementError
from rom_tracker.store import Recording


def test_only_what_was_corrected_of_the_movement_and_side_is_shown(served: Served, elbow: RomMeasurement) -> None:
    session, before, after = measured_session(served.store, elbow)
    others = [
        served.store.recordings.add(session, movement, side, "before")
        for movement, side in (("knee_flexion", "left"), ("elbow_flexion", "right"))
    ]
    for words, one in zip(("mine one", "mine two", "other one", "other two"), (before, after, *others), strict=True):
        served.store.recordings.correct(one.id, "other", {}, words)
    page = served.page(f"/results/{session}/elbow_flexion-left")
    assert "note (before). mine one" in page
    assert "note (after). mine two" in page
    assert "other one" not in page
    assert "other two" not in page


def wait(served: Served, recording: Recording) -> str:
    """Wait until it was measured, and say what came of it."""
    done = threading.Event()
    served.room.jobs.add("last", lambda ask: done.set(), anew=True)
    assert done.wait(60)
    job = served.room.jobs.of(recording.id)
    assert job is not None
    return job.state


def patched(monkeypatch: pytest.MonkeyPatch, measured: Callable[..., object]) -> None:
    """``measured`` is what the measuring process does."""
    monkeypatch.setattr(Jobs, "_ask", lambda jobs, job, function, *arguments: measured(*arguments))


PERSON = {"x": "25", "y": "50", "reason": "the left one"}
PART = {"from": "1", "to": "5", "reason": "the left one"}


@pytest.mark.parametrize(("name", "form"), [("person", PERSON), ("part", PART)])
def test_what_cannot_be_measured_otherwise_leaves_what_was_measured(
    served: Served, elbow: RomMeasurement, monkeypatch: pytest.MonkeyPatch, name: str, form: dict[str, str]
) -> None:
    def nobody(*_: Any) -> None:
        raise MeasurementError("nobody was seen there")

    session, before, _ = measured_session(served.store, elbow)
    patched(monkeypatch, nobody)
    answer = served.ask("POST", f"/recordings/{before.id}/{name}", data=form)
    assert answer.headers["location"] == f"/results/{session}/elbow_flexion-left"
    assert wait(served, before) == "failed"
    page = served.page(answer.headers["location"])
    assert "obody was seen there" in page
    assert "Before and after" in page
    assert f"/recordings/{before.id}/part" in page
    assert served.store.recordings.get(before.id).setup == before.setup == {}
    assert served.store.sessions.get(session).corrections == ()
    assert "obody was seen there" in served.page(f"/sessions/{session}")


@pytest.mark.parametrize(
    ("name", "form", "setup", "asked"),
    [
        ("person", PERSON, {"client_at": [0.25, 0.5]}, ((0.25, 0.5), None)),
        ("part", PART, {"part_s": [1.0, 5.0]}, (None, Part(1, 5))),
    ],
)
def test_what_was_measured_otherwise_is_put_on_record(
    served: Served,
    elbow: RomMeasurement,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    form: dict[str, str],
    setup: dict[str, Any],
    asked: Any,
) -> None:
    seen: list[Any] = []

    def measured(path: Path, movement: str, side: str, at: Any, part: Any, *_: Any) -> RomMeasurement:
        assert served.store.sessions.get(session).corrections == ()
        seen.append((at, part))
        return elbow

    session, before, _ = measured_session(served.store, elbow)
    patched(monkeypatch, measured)
    served.ask("POST", f"/recordings/{before.id}/{name}", data=form)
    assert wait(served, before) == "done"
    assert seen == [asked]
    (correction,) = served.store.sessions.get(session).corrections
    assert (correction.recording_id, correction.detail, correction.reason) == (before.id, setup, "the left one")
    assert served.store.recordings.get(before.id).setup == setup
    assert len(served.store.sessions.get(session).measurements) == 3
    assert len(served.store.sessions.get(session).current_comparisons()) == 1
