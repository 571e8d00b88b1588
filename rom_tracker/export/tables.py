"""The records of clients as tidy tables: one row an observation, one column a variable, the unit in the column's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from rom_tracker.errors import OutputError, UsageError
from rom_tracker.output_files import written_whole
from rom_tracker.store import Client, KeptMeasurement, Recording, SessionRecord, Store

TableFormat = Literal["csv", "parquet", "xlsx"]

#: The numbers of a set-up that tables take over; whatever else was kept of it may be in somebody's own words.
_SETUP = ("distance_m", "height_m")


@dataclass(frozen=True, slots=True)
class Tables:
    """The records of some clients; the columns of each table are told in :data:`COLUMNS`."""

    clients: pd.DataFrame
    sessions: pd.DataFrame
    measurements: pd.DataFrame
    repetitions: pd.DataFrame
    comparisons: pd.DataFrame

    def named(self) -> dict[str, pd.DataFrame]:
        """Each table by its name."""
        return {name: getattr(self, name) for name in COLUMNS}


#: Columns of every table. Those in the second list are there only where names are asked for. ``client`` is the pseudonym,
#: ``session`` the session's number for that client, ``day`` counts from the client's first session, which is 0, and ``recording``
#: is the recording's number in its session; ``current`` is false for what was measured or compared again.
COLUMNS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "clients": (("client", "sex", "age_years", "sessions"), ("label", "birth_year")),
    "sessions": (
        ("client", "session", "day", "side", "protocol", "pain_before_nrs", "pain_after_nrs", "signed", "yes_to_contraindications"),
        ("label", "held_at", "therapist", "complaint", "muscle", "notes", "next_steps", "signed_by"),
    ),
    "measurements": (
        ("client", "session", "recording", "current", "movement", "side", "moment", "verdict", "start_deg", "peak_deg",
         "peak_low_deg", "peak_high_deg", "rom_deg", "best_deg", "spread_deg", "repetitions", "flags", "corrections", "yaw_deg",
         "off_plane_deg", "duration_s", "median_fps", "longest_gap_s", *_SETUP, "model", "rom_tracker", "zero", "geometry",
         "smoothing", "lens_undone"),
        ("label", "recorded_at", "measured_at", "camera"),
    ),
    "repetitions": (
        ("client", "session", "recording", "current", "movement", "side", "moment", "repetition", "scored", "start_s",
         "hold_start_s", "peak_s", "hold_end_s", "end_s", "start_deg", "peak_deg", "rom_deg", "peak_velocity_deg_s",
         "smoothness_sparc"),
        ("label",),
    ),
    "comparisons": (
        ("client", "session", "current", "movement", "side", "change_deg", "change_low_deg", "change_high_deg", "detectable_deg",
         "detectable_from", "verdict", "verdict_in_session", "role"),
        ("label", "compared_at"),
    ),
}  # fmt: skip


def record_tables(
    store: Store, clients: Iterable[Client], *, names: bool = False, progress: Callable[[float, float | None], None] | None = None
) -> Tables:
    """The records of clients as tables.

    Parameters
    ----------
    store : Store
    clients : iterable of Client
    names : bool
        Labels, times, and what was typed in own words too.
    progress : callable, optional
        Called with the clients done, and in all.
    """
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    everyone = list(clients)
    for number, client in enumerate(everyone, 1):
        records = store.sessions.of(client.id)
        results = store.measurements.results(one.id for record in records for one in record.measurements)
        rows["clients"].append(_client_row(client, records))
        for place, record in enumerate(records, 1):
            whose = {"client": client.pseudonym, "label": client.label, "session": place}
            rows["sessions"].append({**whose, **_session_row(record, records[0])})
            for one in record.measurements:
                what = {**whose, **_what_row(one, record)}
                rows["measurements"].append({**what, **_measurement_row(one, record, results[one.id])})
                rows["repetitions"].extend({**what, **row} for row in _repetition_rows(results[one.id]))
            rows["comparisons"].extend({**whose, **row} for row in _comparison_rows(record))
        if progress is not None:
            progress(number, len(everyone))
    return Tables(**{name: _table(rows[name], plain, own if names else ()) for name, (plain, own) in COLUMNS.items()})


def _table(rows: list[dict[str, Any]], plain: tuple[str, ...], own: tuple[str, ...]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[*plain, *own])
    for name in table.columns:
        if name.endswith(("_deg", "_s", "_m", "_fps", "_sparc")):
            table[name] = table[name].astype("float64").round(3)
        elif name in ("age_years", "birth_year", "pain_before_nrs", "pain_after_nrs"):
            table[name] = table[name].astype("Int64")
    return table


def _client_row(client: Client, records: tuple[SessionRecord, ...]) -> dict[str, Any]:
    return {
        "client": client.pseudonym,
        "label": client.label,
        "sex": client.sex,
        "birth_year": client.birth_year,
        "age_years": client.age_on(records[0].session.held_at.date()) if records else None,
        "sessions": len(records),
    }


def _session_row(record: SessionRecord, first: SessionRecord) -> dict[str, Any]:
    session = record.session
    own = ("held_at", "therapist", "complaint", "muscle", "notes", "next_steps", "signed_by", "side", "protocol", "signed")
    return {
        **{name: getattr(session, name) for name in own},
        "day": (session.held_at.date() - first.session.held_at.date()).days,
        "pain_before_nrs": session.pain_before,
        "pain_after_nrs": session.pain_after,
        "yes_to_contraindications": ";".join(answer.key for answer in record.answers if answer.present),
    }


def _what_row(one: KeptMeasurement, record: SessionRecord) -> dict[str, Any]:
    recording, number = _recording_of(one, record)
    return {
        "recording": number,
        "current": one.current,
        "movement": one.movement,
        "side": one.side,
        "moment": recording.moment,
    }


def _recording_of(one: KeptMeasurement, record: SessionRecord) -> tuple[Recording, int]:
    """The recording of a measurement, and its number in the session."""
    return next((each, number) for number, each in enumerate(record.recordings, 1) if each.id == one.recording_id)


def _measurement_row(one: KeptMeasurement, record: SessionRecord, result: Mapping[str, Any]) -> dict[str, Any]:
    recording, _ = _recording_of(one, record)
    low, high = one.interval_deg or (None, None)
    view = result["view"] or {}
    return {
        **{
            name: getattr(one, name)
            for name in ("verdict", "start_deg", "peak_deg", "rom_deg", "repetitions", "model", "smoothing")
        },
        **{name: result[name] for name in ("best_deg", "spread_deg")},
        **{name: result["method"][name] for name in ("zero", "geometry")},
        **{name: view.get(name) for name in ("yaw_deg", "off_plane_deg")},
        **{name: _number(recording.setup.get(name)) for name in _SETUP},
        **{name: getattr(recording.timing, name, None) for name in ("duration_s", "median_fps", "longest_gap_s")},
        "peak_low_deg": low,
        "peak_high_deg": high,
        "flags": ";".join(flag["code"] for flag in result["flags"]),
        "corrections": ";".join(fix.kind for fix in record.corrections if fix.recording_id == one.recording_id),
        "rom_tracker": one.version,
        "lens_undone": one.calibration is not None,
        "recorded_at": recording.recorded_at,
        "measured_at": one.measured_at,
        "camera": recording.camera,
    }


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _repetition_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    both = [(one, True) for one in result["repetitions"]] + [(one, False) for one in result["partial_repetitions"]]
    both.sort(key=lambda pair: float(pair[0]["start_s"]))
    return [
        {**one, "repetition": number, "scored": scored, "smoothness_sparc": one["smoothness"]}
        for number, (one, scored) in enumerate(both, 1)
    ]


def _comparison_rows(record: SessionRecord) -> list[dict[str, Any]]:
    names = ("current", "movement", "side", "change_deg", "detectable_deg", "verdict", "role", "compared_at")
    judged = {one.id: one.verdict for one in record.judged_comparisons()}
    found = []
    for one in record.comparisons:
        low, high = one.interval_deg or (None, None)
        row = {name: getattr(one, name) for name in names}
        row |= {"verdict_in_session": judged.get(one.id), "detectable_from": one.result["detectable_from"]}
        found.append({**row, "change_low_deg": low, "change_high_deg": high})
    return found


def write_tables(tables: Tables, path: Path, form: TableFormat) -> tuple[Path, ...]:
    """Write the tables: CSV and Parquet into a folder, a file each, XLSX into one file, a sheet each.

    Raises
    ------
    OutputError
        A file cannot be written, or what writes this format is not installed.
    UsageError
        A file stands where the folder belongs.
    """
    if form == "xlsx":
        _write_xlsx(tables, path)
        return (path,)
    if path.exists() and not path.is_dir():
        raise UsageError(f'expected a folder for the tables, and "{path}" is a file')
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f'"{path}" cannot be made: {error.strerror}; choose another folder') from error
    written = []
    for name, table in tables.named().items():
        target = path / f"{name}.{form}"
        with _installed(form), written_whole(target) as part:
            if form == "csv":
                table.to_csv(part, index=False)
            else:
                table.to_parquet(part, index=False)
        written.append(target)
    return tuple(written)


def _write_xlsx(tables: Tables, path: Path) -> None:
    with _installed("xlsx"), written_whole(path) as part, pd.ExcelWriter(part, engine="openpyxl") as book:
        for name, table in tables.named().items():
            # A spreadsheet has no time zones: UTC is told in the column's name.
            zoned = [column for column in table.columns if isinstance(table[column].dtype, pd.DatetimeTZDtype)]
            plain = table.assign(**{column: table[column].dt.tz_localize(None) for column in zoned})
            plain.rename(columns={column: f"{column}_utc" for column in zoned}).to_excel(book, sheet_name=name, index=False)


class _installed:  # noqa: N801 - used like a function
    """Says which extra is missing."""

    def __init__(self, form: str) -> None:
        self._form = form

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, ImportError):
            raise OutputError(f'writing {self._form} needs more: install rom_tracker with its extra "{self._form}"') from error
