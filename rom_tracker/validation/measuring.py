"""From recordings with truth to rows of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rom_tracker.analysis.comparison import Comparison, compare
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure
from rom_tracker.analysis.uncertainty import OVERHEAD
from rom_tracker.capture import VideoFile
from rom_tracker.errors import RomTrackerError
from rom_tracker.pose.estimator import PoseModel
from rom_tracker.validation.naive import naive_angle, naive_end_range, naive_poses
from rom_tracker.validation.tables import FITTED, NOT_ALIKE, Budget, ChangeRow, RecordingRow
from rom_tracker.validation.truth import TrueRecording, series_error, true_end_ranges


@dataclass(frozen=True)
class Job:
    """Recordings that belong together, before and after or of one video, and how they are measured.

    Attributes
    ----------
    recordings : tuple of TrueRecording
    model : {"full", "lite", "heavy"} or None
        The pose model; None takes the program's default.
    naive : bool
        Whether the naive loop is run beside it.
    every_frame : bool
        Whether every frame is looked at, and not only closely where the result hangs on it.
    """

    recordings: tuple[TrueRecording, ...]
    model: PoseModel | None = None
    naive: bool = True
    every_frame: bool = False


@dataclass(frozen=True)
class Done:
    """The rows of one job."""

    recordings: tuple[RecordingRow, ...]
    changes: tuple[ChangeRow, ...]


def jobs_of(
    recordings: Sequence[TrueRecording], model: PoseModel | None = None, *, naive: bool = True, every_frame: bool = False
) -> list[Job]:
    """One job for all recordings of one pair or of one video, which share their poses."""
    together: dict[tuple[str, str], list[TrueRecording]] = {}
    for recording in recordings:
        together.setdefault((recording.set, recording.pair or str(recording.video)), []).append(recording)
    return [Job(tuple(group), model, naive, every_frame) for group in together.values()]


def do(job: Job) -> Done:
    """Measure the recordings of a job; one that cannot be measured becomes a row that says why."""
    rows: list[RecordingRow] = []
    measured: dict[str, RomMeasurement] = {}
    for recording in job.recordings:
        try:
            found = measure(
                recording.video, recording.movement, recording.side, model=job.model or "auto", every_frame=job.every_frame
            )
            rows.append(scored(recording, found, naive=job.naive))
            measured[recording.name] = found
        except RomTrackerError as error:
            rows.append(_failed(recording, str(error)))
        except Exception as error:  # one recording that breaks the program must not lose the hours of all others
            rows.append(_failed(recording, f"{type(error).__name__}: {error}"))
    return Done(tuple(rows), tuple(_changes(rows, measured)))


def _failed(recording: TrueRecording, why: str) -> RecordingRow:
    return RecordingRow(**_about(recording), reason=" ".join(why.split()))


def _about(recording: TrueRecording) -> dict[str, Any]:
    return {
        "set": recording.set,
        "recording": recording.name,
        "movement": recording.movement,
        "side": recording.side,
        "person": recording.person,
        "pair": recording.pair or "",
        "moment": recording.moment or "",
    }


def scored(recording: TrueRecording, found: RomMeasurement, *, naive: bool = True) -> RecordingRow:
    """A measurement beside what is true.

    Raises
    ------
    TruthError
        The table of true angles is missing or damaged.
    RomTrackerError
        The naive loop cannot run.
    """
    truth = recording.series
    ends = true_end_ranges(truth[1])
    true_deg = float(np.mean(ends)) if ends else None
    said = found.as_dict()
    budget = Budget.of(said["budget"] or ())
    low_deg, high_deg = said["interval_deg"] or (None, None)
    row = RecordingRow(
        **_about(recording),
        condition=condition_of(found),
        verdict=said["verdict"],
        true_deg=true_deg,
        measured_deg=said["peak_deg"],
        error_deg=_difference(said["peak_deg"], true_deg),
        repetitions_true=len(ends),
        repetitions_found=len(said["repetitions"]),
        offset_deg=said["method"]["offset_deg"],
        rom_deg=said["rom_deg"],
        own_sd_deg=None if found.budget is None else found.budget.own_sd_deg,
        low_deg=low_deg,
        high_deg=high_deg,
        **_parts(budget),
        series_error_deg=series_error(truth, found.angles.time_s, found.angles.angle_deg),
        flags=" ".join(dict.fromkeys(flag["code"] for flag in said["flags"] if flag["severity"] != "note")),
        reason=" ".join(flag["message"] for flag in said["flags"] if flag["severity"] == "refused"),
        model=said["method"]["model"],
    )
    return _beside_the_naive_loop(row, recording) if naive else row


def condition_of(found: RomMeasurement) -> str:
    """How it was filmed, where its error is another one for it, in a few words.

    A nod of the head is better seen from the front than turned or from the side; a hand without the body in the picture is counted
    from its own start; an angle from a body fitted in space is less exact than one in the picture; an arm overhead is read too low.
    """
    said, movement = found.as_dict(), found.movement
    codes = {flag["code"] for flag in said["flags"]}
    if "body_not_seen" in codes:
        return "body not seen"
    if said["method"]["geometry"].startswith("3-D fit"):
        return FITTED
    if found.budget is not None and any(term.source == OVERHEAD for term in found.budget.terms):
        return "overhead"
    if found.view is None or not found.view.is_nod(movement):
        return ""
    if "small_face" in codes:
        return "small face"
    if "view" not in codes:
        return "from the front"
    return "in profile" if found.view.in_profile(movement) else "turned"


def _beside_the_naive_loop(row: RecordingRow, recording: TrueRecording) -> RecordingRow:
    poses = naive_poses(VideoFile(recording.video))
    angle_deg = naive_angle(poses, recording.movement, recording.side)
    if angle_deg is None:
        return row
    error = series_error(recording.series, poses.time_s, angle_deg)
    return replace(row, naive_deg=naive_end_range(angle_deg), naive_series_error_deg=error)


def _changes(rows: Sequence[RecordingRow], measured: dict[str, RomMeasurement]) -> list[ChangeRow]:
    """A row for every pair of before and after among the rows."""
    moments: dict[tuple[str, str], dict[str, RecordingRow]] = {}
    for row in rows:
        if row.pair:
            moments.setdefault((row.pair, row.movement), {})[row.moment] = row
    return [
        change_row(pair["before"], pair["after"], measured.get(pair["before"].recording), measured.get(pair["after"].recording))
        for pair in moments.values()
        if len(pair) == 2 and pair["before"].side == pair["after"].side
    ]


def change_row(before: RecordingRow, after: RecordingRow, first: RomMeasurement | None, second: RomMeasurement | None) -> ChangeRow:
    """The change between two recordings beside the true one; without both measurements it is a failed one."""
    row = ChangeRow(
        set=before.set,
        pair=before.pair,
        movement=before.movement,
        side=before.side,
        person=before.person,
        condition=before.condition if before.condition == after.condition else NOT_ALIKE,
        true_deg=_difference(after.true_deg, before.true_deg),
        naive_deg=_difference(after.naive_deg, before.naive_deg),
    )
    if first is None or second is None:
        return row
    found: Comparison = compare(first, second)
    said = found.as_dict()
    better = 1.0 if first.movement.better == "larger" else -1.0
    return replace(
        row,
        verdict=said["verdict"],
        measured_deg=said["change_deg"],
        error_deg=_difference(said["change_deg"], row.true_deg),
        gain_deg=None if row.true_deg is None else better * row.true_deg,
        detectable_deg=said["detectable_deg"],
        **_parts(Budget.of(said["budget"] or ())),
    )


def _parts(budget: Budget | None) -> dict[str, Any]:
    return {} if budget is None else dict(vars(budget))


def _difference(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b
