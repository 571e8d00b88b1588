"""What the result page shows of a session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from served import Served, measured_session

from rom_tracker.analysis.comparison import ChangeVerdict, Comparison, compare
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.reliability import OwnRepeatability, WithinClientError
from rom_tracker.analysis.uncertainty import ErrorBudget, ErrorTerm
from rom_tracker.app import recordings
from rom_tracker.app.measuring import Jobs
from rom_tracker.capture import Part
from rom_tracker.errors import MeasurementError
from rom_tracker.landmarks import Side
from rom_tracker.movements import load_catalogue
from rom_tracker.repeatability_table import save_own
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


def changed(found: RomMeasurement, change_deg: float) -> Comparison:
    """A comparison of that change with half a width of 4 degrees."""
    budget = ErrorBudget((ErrorTerm("all", 4 / 1.96, float("inf")),))
    verdict: ChangeVerdict = "improved" if change_deg > 4 else "no detectable change"
    return replace(compare(found, found), change_deg=change_deg, budget=budget, verdict=verdict, flags=())


def test_of_several_movements_the_first_counts_as_it_is_and_the_others_must_show_more(
    served: Served, elbow: RomMeasurement
) -> None:
    """Five changes of p = 0.014 each: the one chosen first stands, the others fall by Holm, since 4 x 0.014 > 0.05."""
    session, *_ = measured_session(served.store, elbow)
    measures = ["elbow_flexion-left", "elbow_flexion-right", "knee_flexion-left", "knee_flexion-right", "hip_flexion-left"]
    served.store.sessions.change(session, setup={"measures": measures})
    for number, key in enumerate(measures):
        movement, _, side = key.partition("-")
        found = changed(elbow, 5.0)
        kept = []
        for moment in ("before", "after"):
            recording = served.store.recordings.add(session, movement, side, moment, camera="webcam")
            of_movement = replace(elbow, movement=load_catalogue()[movement], side=cast("Side", side))
            kept.append(served.store.measurements.keep(recording.id, of_movement).id)
        served.store.measurements.keep_comparison(*kept, replace(found, primary=number == 0))
    page = served.page(f"/sessions/{session}")
    assert page.count("The movement that counts: it was chosen first") == 1
    assert page.count("Measured besides") == 4
    assert page.count("Improved: +5") == 1
    first, other = (served.page(f"/results/{session}/{key}") for key in measures[:2])
    assert "Improved: +5" in first
    assert "some seem to differ by chance alone" not in first
    assert "No detectable change (+5" in other
    assert "By itself this difference would count, but of several movements some seem to differ by chance alone." in other


def test_a_comparison_goes_by_the_clinics_own_repeatability_and_the_movement_chosen_first(
    served: Served, elbow: RomMeasurement, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ROM_TRACKER_DATA", str(tmp_path))
    save_own(OwnRepeatability("elbow_flexion", "", elbow.movement.model, WithinClientError(9.0, 12), 12, "2026-03-14"))
    session, before, _ = measured_session(served.store, elbow)
    (by_itself,) = served.store.sessions.get(session).current_comparisons()
    kept = recordings.compare_now(served.store, before)
    assert kept is not None
    assert kept.result["own_repeatability"]["clients"] == 12
    assert kept.detectable_deg > by_itself.detectable_deg
    assert (by_itself.role, kept.role) == ("exploratory", "chosen beforehand")


def test_of_files_that_were_brought_nobody_claims_that_their_movement_was_chosen_beforehand(
    served: Served, elbow: RomMeasurement
) -> None:
    _, before, _ = measured_session(served.store, elbow, camera="")
    kept = recordings.compare_now(served.store, before)
    assert kept is not None
    assert kept.role == "exploratory"


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
