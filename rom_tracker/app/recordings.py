"""From a stored recording to its number: measured, compared with the other one of the session, corrected, drawn over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

from rom_tracker.app.live_checks import SetUp
from rom_tracker.app.measuring import Ask, Job, measured, overlaid
from rom_tracker.app.words import Measure
from rom_tracker.errors import StoreError, UsageError, VideoError
from rom_tracker.store import Correction, KeptComparison, KeptMeasurement, Recording, Session, SessionRecord, Store
from rom_tracker.store.records import CorrectionKind, Moment

if TYPE_CHECKING:
    from rom_tracker.analysis.measurement import RomMeasurement
    from rom_tracker.app.room import Room
    from rom_tracker.capture import Part

#: Repetitions to warm up, and those that count: measuring alone raises the range during the first four or five, so that both
#: recordings of a session begin after the same number of them.
WARM_UP, SCORED = 4, 3

_MOMENTS: tuple[Moment, ...] = ("before", "after")


def moment_of(name: str) -> Moment:
    """Before or after, as an address names it.

    Raises
    ------
    UsageError
        It is neither.
    """
    if name not in ("before", "after"):
        raise UsageError("expected before or after")
    return cast(Moment, name)


def numbers_of(session: Session) -> tuple[int, int]:
    """Repetitions to warm up, and those that count, of both recordings of a session."""
    return int(session.setup.get("warm_up", WARM_UP)), int(session.setup.get("scored", SCORED))


def planned(record: SessionRecord) -> list[Measure]:
    """What is measured in a session: what was chosen, and what was recorded."""
    keys = [str(key) for key in record.session.setup.get("measures", [])]
    keys += [f"{one.movement}-{one.side}" for one in record.recordings]
    return [Measure.read(key) for key in dict.fromkeys(keys)]


def is_primary(record: SessionRecord, measure: Measure) -> bool:
    """Whether a movement is the one that counts: chosen first for the session, before the treatment.

    Of a file that was brought nobody knows whether the treatment was over when its movement was chosen.
    """
    chosen = [str(key) for key in record.session.setup.get("measures", [])][:1]
    recorded = (latest(record, measure, moment) for moment in _MOMENTS)
    return chosen == [measure.key] and all(one.camera for one in recorded if one is not None)


def latest(record: SessionRecord, measure: Measure, moment: Moment) -> Recording | None:
    """The recording that counts: the last one of a movement, side and moment."""
    fitting = [
        one for one in record.recordings if (one.movement, one.side, one.moment) == (measure.movement.key, measure.side, moment)
    ]
    return max(fitting, key=lambda one: one.recorded_at) if fitting else None


def measurement_of(record: SessionRecord, recording: Recording | None) -> KeptMeasurement | None:
    """The current measurement of a recording."""
    if recording is None:
        return None
    return next((one for one in record.current_measurements() if one.recording_id == recording.id), None)


def corrections_of(record: SessionRecord, measure: Measure) -> list[tuple[Recording, Correction]]:
    """What was put right about the recordings of a movement and side, each with its recording."""
    mine = {one.id: one for one in record.recordings if (one.movement, one.side) == (measure.movement.key, measure.side)}
    return [(mine[one.recording_id], one) for one in record.corrections if one.recording_id in mine]


def comparison_of(record: SessionRecord, measure: Measure) -> KeptComparison | None:
    """The current comparison of a movement and side, with its verdict among all of the session."""
    return next(
        (one for one in record.judged_comparisons() if (one.movement, one.side) == (measure.movement.key, measure.side)), None
    )


def camera_of(record: SessionRecord, *measured: KeptMeasurement) -> str | None:
    """The label of the one camera that filmed them; None where it is not known, or they are several."""
    wanted = {one.recording_id for one in measured}
    labels = {one.camera for one in record.recordings if one.id in wanted}
    return labels.pop() or None if len(labels) == 1 else None


def is_lost_among_many(record: SessionRecord, judged: KeptComparison) -> bool:
    """Whether a change that would count by itself does not among all of its session."""
    return any(one.id == judged.id and one.verdict != judged.verdict for one in record.current_comparisons())


def earlier_recording(store: Store, record: SessionRecord, measure: Measure, moment: Moment) -> Recording | None:
    """The recording whose set-up is to be found again: the one before of this session, or the latest one of an earlier session."""
    if moment == "after" and (found := latest(record, measure, "before")) is not None:
        return found
    for one in reversed(store.sessions.of(record.session.client_id)):
        if one.session.held_at < record.session.held_at:
            for other in _MOMENTS:
                if (found := latest(one, measure, other)) is not None and setup_kept(found) is not None:
                    return found
    return None


def setup_kept(recording: Recording | None) -> SetUp | None:
    """Where the client stood, as far as it was kept."""
    if recording is None:
        return None
    try:
        return SetUp(**{field.name: float(recording.setup[field.name]) for field in fields(SetUp)})
    except (KeyError, TypeError, ValueError):
        return None


def client_at(recording: Recording) -> tuple[float, float] | None:
    """The point on the client that was clicked on, as shares of the picture."""
    at = recording.setup.get("client_at")
    return None if at is None else (float(at[0]), float(at[1]))


def part_of(recording: Recording) -> Part | None:
    """The part of the recording that the therapist chose; None where all of it is measured."""
    from rom_tracker.capture import Part

    chosen = recording.setup.get("part_s")
    return None if chosen is None else Part(*chosen)


def check_readable(store: Store, recording: Recording, name: str = "") -> None:
    """Look whether a recording that came in is a video; one that is not is taken away.

    Raises
    ------
    VideoError
        It is not; the message is that of the command line, with the name that the file had.
    """
    from rom_tracker.capture import VideoFile

    with store.recordings.video_file(recording.id) as path:
        try:
            next(iter(VideoFile(path)))
            return
        except VideoError as error:
            words = str(error).replace(str(path), name or "the recording")
    store.recordings.remove(recording.id)
    raise VideoError(words)


@dataclass(frozen=True, slots=True)
class Otherwise:
    """In what way a recording is to be measured otherwise than before, as the correction of it tells.

    Attributes
    ----------
    kind : CorrectionKind
    setup : mapping
        What changes in the set-up of the recording: ``client_at`` or ``part_s``.
    reason : str
    """

    kind: CorrectionKind
    setup: Mapping[str, Any]
    reason: str


def measure_later(room: Room, recording_id: str, otherwise: Otherwise | None = None) -> Job:
    """Measure a recording in the background; a comparison follows where the other one of the session is measured.

    What is to be otherwise is kept, and put on record, once the recording was measured in that way.
    """
    store = room.store

    def work(ask: Ask) -> None:
        from rom_tracker.capture.recording import FrameTiming

        recording = store.recordings.get(recording_id)
        if otherwise is not None:
            recording = replace(recording, setup={**recording.setup, **otherwise.setup})
        at, part, last = client_at(recording), part_of(recording), _measured_before(store, recording)
        with store.recordings.video_file(recording_id) as path:
            found = ask(measured, path, recording.movement, recording.side, at, part, recording.camera, last)
        if len(found.angles):
            size = found.merged.poses.image_size if found.merged is not None else None
            timing = FrameTiming.of(found.angles.time_s) if part is None else None
            store.recordings.describe(recording_id, size=size, timing=timing)
        store.measurements.keep(recording_id, found)
        if otherwise is not None:
            store.recordings.describe(recording_id, setup=otherwise.setup)
            store.recordings.correct(recording_id, otherwise.kind, otherwise.setup, otherwise.reason)
        compare_now(store, recording)

    return room.jobs.add(recording_id, work, anew=otherwise is not None)


def _measured_before(store: Store, recording: Recording) -> RomMeasurement | None:
    """What a recording after the treatment follows: among several people the client is who stood there before."""
    if recording.moment == "before":
        return None
    record = store.sessions.get(recording.session_id)
    measure = Measure.read(f"{recording.movement}-{recording.side}")
    kept = measurement_of(record, latest(record, measure, "before"))
    return None if kept is None or kept.peak_deg is None else store.measurements.rom(kept.id)


def compare_now(store: Store, recording: Recording) -> KeptComparison | None:
    """Compare the two recordings of a movement in a session, where both are measured.

    By this clinic's own repeatability, if it is known.
    """
    from rom_tracker.analysis.comparison import compare
    from rom_tracker.repeatability_table import own_for

    record = store.sessions.get(recording.session_id)
    measure = Measure.read(f"{recording.movement}-{recording.side}")
    before, after = (measurement_of(record, latest(record, measure, moment)) for moment in _MOMENTS)
    if before is None or after is None:
        return None
    first, second = (store.measurements.rom(one.id) for one in (before, after))
    own = own_for(recording.movement, first.movement.model, camera_of(record, before, after))
    found = compare(first, second, own=own, primary=is_primary(record, measure))
    kept = store.measurements.keep_comparison(before.id, after.id, found)
    store.purge()
    return kept


def drop_repetition(store: Store, recording: Recording, number: int, reason: str) -> None:
    """Leave a repetition of the current measurement out of the number, and keep that it was done.

    Parameters
    ----------
    number : int
        From 1.

    Raises
    ------
    UsageError
        There is no such repetition, or it is the only one.
    """
    from rom_tracker.app.corrected import without_repetitions

    kept = measurement_of(store.sessions.get(recording.session_id), recording)
    if kept is None:
        raise UsageError("The recording is not measured yet.")
    found = store.measurements.rom(kept.id)
    left = without_repetitions(found, [number - 1])
    detail = {"repetition": number, "peak_s": round(found.repetitions.scored[number - 1].peak_s, 2)}
    store.recordings.correct(recording.id, "repetition dropped", detail, reason)
    store.measurements.keep(recording.id, left, {"corrected": detail})
    compare_now(store, recording)


def restore_repetitions(store: Store, recording: Recording, reason: str) -> None:
    """Count all repetitions of a recording again, and keep that it was done.

    Raises
    ------
    UsageError
        None was left out.
    """
    record = store.sessions.get(recording.session_id)
    kept = measurement_of(record, recording)
    whole = [one for one in record.measurements if one.recording_id == recording.id and "corrected" not in one.sources]
    if kept is None or "corrected" not in kept.sources or not whole:
        raise UsageError("No repetition of this recording was left out.")
    store.recordings.correct(recording.id, "other", {"counted again": "all"}, reason)
    store.measurements.keep(recording.id, store.measurements.rom(whole[-1].id))
    compare_now(store, recording)


def choose_person(room: Room, recording: Recording, x: float, y: float, reason: str) -> None:
    """Measure again the person at a point, in shares of the picture, and keep that it was done once it is.

    Raises
    ------
    UsageError
        The point lies outside the picture.
    StoreError
        The video was not kept.
    """
    if not (0 <= x < 1 and 0 <= y < 1):
        raise UsageError("expected a point in the picture")
    if not recording.has_video:
        raise StoreError("The video of this recording was not kept, so it cannot be measured again.")
    measure_later(room, recording.id, Otherwise("other person chosen", {"client_at": [x, y]}, reason))


def choose_part(room: Room, recording: Recording, part: Part | None, reason: str) -> None:
    """Measure a part of a recording alone, or all of it again with None, and keep that it was done once it is.

    Raises
    ------
    UsageError
        The recording ends before the part, or all of it is measured already.
    StoreError
        The video was not kept.
    """
    if part is None and part_of(recording) is None:
        raise UsageError("The whole recording is measured already.")
    if part is not None and recording.timing is not None:
        part.check_within(recording.timing.duration_s)
    if not recording.has_video:
        raise StoreError("The video of this recording was not kept, so it cannot be measured again.")
    chosen = None if part is None else [part.from_s, part.to_s]
    measure_later(room, recording.id, Otherwise("part chosen", {"part_s": chosen}, reason))


def overlay_later(room: Room, measurement_id: str, recording: Recording) -> Job:
    """Draw skeleton and angle over a recording in the background; the video lies in the room's folder for such until it closes."""
    store, out = room.store, overlay_path(room.scratch, measurement_id)

    def work(ask: Ask) -> None:
        with store.recordings.video_file(recording.id) as path:
            ask(overlaid, path, store.measurements.rom(measurement_id), out)

    return room.jobs.add(f"overlay {measurement_id}", work)


def overlay_path(scratch: TemporaryDirectory[str], measurement_id: str) -> Path:
    """Where the overlay video of a measurement lies once it is made."""
    if len(measurement_id) != 32 or not set(measurement_id) <= set("0123456789abcdef"):
        raise UsageError("there is no such measurement")
    return Path(scratch.name) / f"{measurement_id}.webm"


def first_picture(store: Store, recording: Recording) -> bytes:
    """The first picture of a recording, as JPEG.

    Raises
    ------
    StoreError, VideoError
        The video was not kept, or cannot be read.
    """
    import cv2

    from rom_tracker.capture import VideoFile

    with store.recordings.video_file(recording.id) as path:
        frame = next(iter(VideoFile(path)))
        return bytes(cv2.imencode(".jpg", frame.image)[1])
