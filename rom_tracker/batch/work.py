"""One task done: a recording measured, as a record that JSON holds.

A record has ``status`` (measured, refused or failed); ``measurement``, ``repetitions``, ``curve`` (for the chart) and ``kept`` (for
comparisons) where something was measured, ``failure`` where not; ``content_sha256``, ``attempts`` and, if asked for, ``angles``, a
CSV.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rom_tracker.batch.engine import FEWEST_BYTES_A_SECOND, Record
from rom_tracker.batch.place import near_copy
from rom_tracker.batch.plan import told
from rom_tracker.errors import CalibrationError, ModelFileError, RomTrackerError, VideoError

if TYPE_CHECKING:
    from rom_tracker.analysis.measurement import RomMeasurement
    from rom_tracker.analysis.repetitions import Repetition
    from rom_tracker.landmarks import Side
    from rom_tracker.pose.estimator import ModelChoice

#: Points of a curve on the page.
CURVE_POINTS = 120

#: Told the length of the recording in seconds, and then the share that is done, None where not known.
Hear = Callable[[str, float | None], None]


def measure_task(
    address: str, file: str, movement: dict[str, Any], side: Side, model: ModelChoice, angles: bool, hear: Hear | None = None
) -> Record:
    """Measure one movement of one side in a recording.

    Parameters
    ----------
    address : str
        Path or URL.
    file : str
        What the recording is called in messages.
    movement : dict
        The movement as JSON holds it.
    side, model : str
    angles : bool
        Whether the angle of every frame is wanted.
    hear : callable, optional
        Told "length" and a number of seconds, and "share" and a number from 0 to 1.
    """
    try:
        with near_copy(address) as path:
            try:
                return _measured(path, movement, side, model, angles, hear or (lambda what, value: None))
            except RomTrackerError as error:
                kind = "program" if isinstance(error, ModelFileError | CalibrationError) else "unreadable"
                return _failed(error, str(path), file, kind)
    except RomTrackerError as error:
        return _failed(error, address, file, "not fetched")


def _failed(error: RomTrackerError, path: str, file: str, kind: str) -> Record:
    reason, advice = told(str(error).replace(path, file), file)
    return {"status": "failed", "failure": {"kind": kind, "reason": reason, "advice": advice}, "attempts": 1}


def _measured(path: Path, movement: dict[str, Any], side: Side, model: ModelChoice, angles: bool, hear: Hear) -> Record:
    from rom_tracker.analysis.measuring import measure
    from rom_tracker.batch.kept import to_plain, without_frames
    from rom_tracker.capture import VideoFile
    from rom_tracker.movements import Movement

    try:
        with path.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise VideoError(
            f'"{path}" cannot be read ({error.strerror}); check that it is there still, and who may read it'
        ) from error
    video = VideoFile(path)
    hear("length", video.expected_duration_s or path.stat().st_size / FEWEST_BYTES_A_SECOND)
    found = measure(
        path,
        Movement.model_validate_json(json.dumps(movement)),
        side,
        model=model,
        progress=lambda done, total: hear("share", done / total if total else None),
    )
    record: Record = {"content_sha256": sha256, "attempts": 1, "curve": _curve(found)}
    if angles:
        from rom_tracker.export import angle_table

        table = angle_table(found.angles).round({"time_s": 4, "angle_deg": 3, "confidence": 3})
        record["angles"] = table.to_csv(index=False, lineterminator="\n")
    if found.verdict == "refused":
        words = [told(flag.message) for flag in found.flags if flag.severity == "refused"]
        failure = {"kind": "refused", "reason": " ".join(w[0] for w in words), "advice": " ".join(w[1] for w in words if w[1])}
        return {**record, "status": "refused", "failure": failure, "kept": to_plain(without_frames(found))}
    return {
        **record,
        "status": "measured",
        "measurement": measurement_row(found),
        "repetitions": _repetition_rows(found),
        "kept": to_plain(without_frames(found)),
    }


def measurement_row(found: RomMeasurement) -> dict[str, Any]:
    """The columns of the table of measurements that come from the measurement itself."""
    low, high = found.interval_deg or (None, None)
    lens = found.lens
    return {
        "verdict": found.verdict,
        "end_range_deg": _r(found.peak_deg),
        "end_range_low_deg": _r(low),
        "end_range_high_deg": _r(high),
        "start_deg": _r(found.start_deg),
        "range_of_motion_deg": _r(found.rom_deg),
        "best_end_range_deg": _r(found.best_deg),
        "end_range_sd_deg": _r(found.spread_deg),
        "best_range_of_motion_deg": _r(found.best_rom_deg),
        "range_of_motion_sd_deg": _r(found.rom_spread_deg),
        "repetitions": len(found.repetitions.scored),
        "partial_repetitions": len(found.repetitions.partial),
        "view_yaw_deg": None if found.view is None else _r(found.view.body.yaw_deg, 1),
        "view_off_plane_deg": None if found.view is None else _r(found.view.off_plane_deg(found.movement), 1),
        "duration_s": _r(float(found.angles.time_s[-1]), 3) if len(found.angles) else 0.0,
        "frames": len(found.angles),
        "frames_looked_at": found.frames_looked_at,
        "frames_with_angle": int((found.angles.angle_deg == found.angles.angle_deg).sum()),
        "zero": found.movement.zero,
        "geometry": found.geometry,
        "looks": None if found.merged is None else found.merged.used,
        "lens": None if lens is None else f"{lens.camera}, {lens.made_on.isoformat()}",
        "pose_model": found.model,
        "flags": " ".join(dict.fromkeys(flag.code for flag in found.flags)),
        "cautions": " ".join(flag.message for flag in found.flags if flag.severity == "caution"),
    }


def _repetition_rows(found: RomMeasurement) -> list[dict[str, Any]]:
    both = [*((r, True) for r in found.repetitions.scored), *((r, False) for r in found.repetitions.partial)]
    ordered = sorted(both, key=lambda one: one[0].start_s)
    return [{"repetition": n, "scored": scored, **_repetition(r)} for n, (r, scored) in enumerate(ordered, 1)]


def _repetition(r: Repetition) -> dict[str, Any]:
    times = {name: _r(getattr(r, name), 3) for name in ("start_s", "hold_start_s", "peak_s", "hold_end_s", "end_s")}
    return {
        **times,
        "start_deg": _r(r.start_deg),
        "end_range_deg": _r(r.peak_deg),
        "range_of_motion_deg": _r(r.rom_deg),
        "peak_velocity_deg_s": _r(r.peak_velocity_deg_s, 1),
        "smoothness_sparc": _r(r.smoothness),
    }


def _curve(found: RomMeasurement) -> list[list[float | None]]:
    """Time in seconds and angle in degrees of a few frames, evenly chosen; the angle None where it is unknown."""
    import numpy as np

    chosen: Any = np.unique(np.linspace(0, len(found.angles) - 1, CURVE_POINTS).round().astype(int)) if len(found.angles) else []
    times, angles = found.angles.time_s, found.angles.angle_deg
    return [[_r(float(times[i]), 2), _r(float(angles[i]), 1) if np.isfinite(angles[i]) else None] for i in chosen]


def _r(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(float(value), digits) + 0.0
