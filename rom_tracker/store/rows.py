"""Rows of the database into the values of :mod:`~rom_tracker.store.records`."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session as OrmSession

from rom_tracker.capture.recording import FrameTiming
from rom_tracker.errors import UnknownRecordError
from rom_tracker.landmarks import Side
from rom_tracker.store.records import (
    Client,
    Consent,
    Correction,
    CorrectionKind,
    Keep,
    KeptComparison,
    KeptMeasurement,
    Moment,
    Recording,
    Retention,
    ScreeningAnswer,
    Session,
    SessionRecord,
    Sex,
    TrailEntry,
)
from rom_tracker.store.tables import (
    AnswerRow,
    ClientRow,
    ComparisonRow,
    ConsentRow,
    CorrectionRow,
    MeasurementRow,
    RecordingRow,
    SessionRow,
    Table,
    TrailRow,
)

Row = TypeVar("Row", bound=Table)


def needed(session: OrmSession, row: type[Row], record_id: str) -> Row:
    """The row with an identifier.

    Raises
    ------
    UnknownRecordError
        There is none.
    """
    found = session.get(row, record_id)
    if found is None:
        what = str(row.__tablename__).replace("_", " ")
        raise UnknownRecordError(f"the records have no {what} {record_id!r}; it may have been erased meanwhile")
    return found


def client_of(row: ClientRow) -> Client:
    """A client."""
    retention = Retention(cast(Keep, row.keep), row.keep_days)
    return Client(row.id, row.label, row.pseudonym, row.birth_year, cast("Sex | None", row.sex), retention, row.created_at)


def consent_of(row: ConsentRow) -> Consent:
    """A consent."""
    return Consent(row.id, row.client_id, row.what, row.given_at, row.withdrawn_at)


def answer_of(row: AnswerRow) -> ScreeningAnswer:
    """An answer."""
    return ScreeningAnswer(row.key, row.asked, row.present, row.action, row.note, row.answered_at)


def session_of(row: SessionRow) -> Session:
    """A session."""
    return Session(
        id=row.id,
        client_id=row.client_id,
        held_at=row.held_at,
        therapist=row.therapist,
        complaint=row.complaint,
        muscle=row.muscle,
        side=cast("Side | None", row.side),
        protocol=row.protocol,
        notes=row.notes,
        pain_before=row.pain_before,
        pain_after=row.pain_after,
        next_steps=row.next_steps,
        setup=row.setup,
        signed_at=row.signed_at,
        signed_by=row.signed_by,
    )


def recording_of(row: RecordingRow) -> Recording:
    """A recording."""
    timing = None
    if row.frames is not None and row.duration_s is not None:
        timing = FrameTiming(row.frames, row.duration_s, row.median_fps, row.longest_gap_s, row.missed_frames or 0)
    return Recording(
        id=row.id,
        session_id=row.session_id,
        movement=row.movement,
        side=cast(Side, row.side),
        moment=cast(Moment, row.moment),
        recorded_at=row.recorded_at,
        media_type=row.media_type,
        has_video=row.has_video,
        camera=row.camera,
        size=None if row.width_px is None or row.height_px is None else (row.width_px, row.height_px),
        timing=timing,
        setup=row.setup,
    )


def timing_columns(timing: FrameTiming | None) -> dict[str, Any]:
    """The columns of a recording that its timing fills."""
    names = ("frames", "duration_s", "median_fps", "longest_gap_s", "missed_frames")
    return {name: None if timing is None else getattr(timing, name) for name in names}


def interval_of(row: MeasurementRow | ComparisonRow) -> tuple[float, float] | None:
    """The interval that two columns hold."""
    low, high = row.interval_low_deg, row.interval_high_deg
    return None if low is None or high is None else (low, high)


def measurement_of(row: MeasurementRow, recording: RecordingRow) -> KeptMeasurement:
    """A measurement of a recording."""
    return KeptMeasurement(
        id=row.id,
        recording_id=row.recording_id,
        measured_at=row.measured_at,
        movement=recording.movement,
        side=cast(Side, recording.side),
        verdict=row.verdict,
        start_deg=row.start_deg,
        peak_deg=row.peak_deg,
        rom_deg=row.rom_deg,
        interval_deg=interval_of(row),
        repetitions=row.repetitions,
        model=row.model,
        version=row.version,
        smoothing=row.smoothing,
        calibration=row.calibration,
        sources=row.sources,
        current=row.current,
    )


def comparison_of(row: ComparisonRow) -> KeptComparison:
    """A comparison."""
    return KeptComparison(
        id=row.id,
        session_id=row.session_id,
        before_id=row.before_id,
        after_id=row.after_id,
        compared_at=row.compared_at,
        movement=row.movement,
        side=cast(Side, row.side),
        change_deg=row.change_deg,
        interval_deg=interval_of(row),
        detectable_deg=row.detectable_deg,
        verdict=row.verdict,
        role=row.role,
        result=row.result,
        current=row.current,
    )


def correction_of(row: CorrectionRow) -> Correction:
    """A correction."""
    kind = cast(CorrectionKind, row.kind)
    return Correction(row.id, row.recording_id, kind, row.detail, row.reason, row.corrected_at, row.corrected_by)


def session_record_of(row: SessionRow) -> SessionRecord:
    """A session with all that was loaded with it."""
    recordings = row.recordings
    measurements = [measurement_of(one, recording) for recording in recordings for one in recording.measurements]
    corrections = [correction_of(one) for recording in recordings for one in recording.corrections]
    return SessionRecord(
        session=session_of(row),
        answers=tuple(answer_of(one) for one in row.answers),
        recordings=tuple(recording_of(one) for one in recordings),
        measurements=tuple(sorted(measurements, key=lambda one: one.measured_at)),
        comparisons=tuple(comparison_of(one) for one in row.comparisons),
        corrections=tuple(sorted(corrections, key=lambda one: one.corrected_at)),
    )


def entry_of(row: TrailRow) -> TrailEntry:
    """An entry of the trail."""
    return TrailEntry(row.number, row.at, row.who, row.what, row.client, row.about)
