"""Measurements and comparisons, kept so that they can be put together again exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.flag import Flag
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.reliability import OwnRepeatability
from rom_tracker.analysis.uncertainty import ErrorBudget
from rom_tracker.errors import DamagedStoreError, UsageError
from rom_tracker.frozen import put_together, taken_apart
from rom_tracker.pose.angles import AngleSeries
from rom_tracker.store.database import Database
from rom_tracker.store.files import Files, packed, unpacked
from rom_tracker.store.records import KeptComparison, KeptMeasurement
from rom_tracker.store.rows import comparison_of, measurement_of, needed
from rom_tracker.store.sessions import unsign
from rom_tracker.store.tables import ComparisonRow, MeasurementRow, RecordingRow, new_id

#: The fields of a comparison after its two measurements.
_REST: Any = tuple[float | None, ErrorBudget | None, str, tuple[Flag, ...], OwnRepeatability | None, bool]

#: The arrays of a measurement that lie in the database; the others, which are large, lie in an encrypted file.
_IN_DATABASE = "angles."


@dataclass(frozen=True, slots=True)
class Measurements:
    """The measurements of a store."""

    database: Database
    files: Files

    def keep(self, recording_id: str, found: RomMeasurement, sources: Mapping[str, Any] | None = None) -> KeptMeasurement:
        """Keep what was measured in a recording; it takes the place of an earlier one as the current one, which is kept too.

        Parameters
        ----------
        found : RomMeasurement
        sources : mapping, optional
            Whatever else went into it, by name, such as a movements file of one's own.

        Raises
        ------
        UnknownRecordError
            No such recording.
        UsageError
            The recording is of another movement or side.
        """
        tree, arrays = taken_apart(replace(found, video=None))
        result = {**found.as_dict(), "video": None}
        method = result["method"]
        low, high = found.interval_deg or (None, None)
        row = MeasurementRow(
            id=new_id(),
            recording_id=recording_id,
            verdict=found.verdict,
            start_deg=found.start_deg,
            peak_deg=found.peak_deg,
            rom_deg=found.rom_deg,
            interval_low_deg=low,
            interval_high_deg=high,
            repetitions=len(found.repetitions.scored),
            model=found.model,
            version=method["rom_tracker"],
            smoothing=method["smoothing"],
            calibration=method["lens"],
            sources=dict(sources or {}),
            result=result,
            state=tree,
            series=packed({name: array for name, array in arrays.items() if name.startswith(_IN_DATABASE)}),
        )
        self.files.put_arrays(row.id, "landmarks", {name: a for name, a in arrays.items() if not name.startswith(_IN_DATABASE)})
        try:
            with self.database.writing() as writer:
                recording = needed(writer.session, RecordingRow, recording_id)
                if (recording.movement, recording.side) != (found.movement.key, found.side):
                    raise UsageError(
                        f"expected a measurement of {recording.movement} {recording.side}, "
                        f"got one of {found.movement.key} {found.side}"
                    )
                earlier = [one.id for one in recording.measurements]
                _no_longer_current(writer.session, earlier)
                writer.session.add(row)
                writer.session.flush()
                writer.note(f"measured: {found.verdict}", recording.session.client.pseudonym, row.id)
                unsign(writer, recording.session)
                return measurement_of(row, recording)
        except BaseException:
            self.files.remove(row.id, "landmarks")
            raise

    def rom(self, measurement_id: str) -> RomMeasurement:
        """The measurement as it was made, with angles and landmarks; its ``video`` is None.

        Raises
        ------
        UnknownRecordError
            There is none.
        DamagedStoreError
            Its landmarks are missing or damaged.
        """
        with self.database.reading() as session:
            row = needed(session, MeasurementRow, measurement_id)
            state, series = row.state, row.series
        arrays = {**unpacked(series), **self.files.arrays(measurement_id, "landmarks")}
        try:
            return put_together(RomMeasurement, state, arrays)
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedStoreError(
                f"a measurement is not one of this version of the program ({error}); restore a backup"
            ) from error

    def angles(self, measurement_id: str) -> AngleSeries:
        """The angle of every frame alone, without loading the landmarks; raises as :meth:`rom` does."""
        with self.database.reading() as session:
            series = needed(session, MeasurementRow, measurement_id).series
        return AngleSeries(**{name.removeprefix(_IN_DATABASE): array for name, array in unpacked(series).items()})

    def result(self, measurement_id: str) -> dict[str, Any]:
        """What ``RomMeasurement.as_dict`` gave: all numbers and words, without angles and landmarks; raises as :meth:`rom` does."""
        with self.database.reading() as session:
            return needed(session, MeasurementRow, measurement_id).result

    def results(self, measurement_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """What :meth:`result` gives, of many in one query, by identifier."""
        wanted = select(MeasurementRow.id, MeasurementRow.result).where(MeasurementRow.id.in_(list(measurement_ids)))
        with self.database.reading() as session:
            return {row.id: row.result for row in session.execute(wanted)}

    def keep_comparison(self, before_id: str, after_id: str, found: Comparison) -> KeptComparison:
        """Keep a comparison of two kept measurements of one session; it takes the place of an earlier one as the current one.

        Raises
        ------
        UnknownRecordError
            No such measurement.
        UsageError
            The two are of different sessions, movements or sides, or not before and after.
        """
        low, high = found.interval_deg or (None, None)
        whole = found.as_dict()
        tree, _ = taken_apart((found.change_deg, found.budget, found.verdict, found.flags, found.own, found.primary))
        with self.database.writing() as writer:
            session = writer.session
            before, after = (needed(session, MeasurementRow, one).recording for one in (before_id, after_id))
            if (before.session_id, before.movement, before.side) != (after.session_id, after.movement, after.side):
                raise UsageError("expected two measurements of one session, movement and side")
            if (before.moment, after.moment) != ("before", "after"):
                raise UsageError(f"expected a recording before and one after the treatment, got {before.moment} and {after.moment}")
            earlier = (ComparisonRow.session_id == before.session_id, ComparisonRow.movement == before.movement)
            session.execute(update(ComparisonRow).where(*earlier, ComparisonRow.side == before.side).values(current=False))
            row = ComparisonRow(
                session_id=before.session_id,
                before_id=before_id,
                after_id=after_id,
                movement=before.movement,
                side=before.side,
                change_deg=found.change_deg,
                interval_low_deg=low,
                interval_high_deg=high,
                detectable_deg=found.detectable_deg,
                verdict=found.verdict,
                role=whole["role"],
                result={name: value for name, value in whole.items() if name not in ("before", "after")},
                state=tree,
            )
            session.add(row)
            session.flush()
            writer.note(f"compared: {found.verdict}", before.session.client.pseudonym, row.id)
            unsign(writer, before.session)
            return comparison_of(row)

    def comparison(self, comparison_id: str) -> Comparison:
        """The comparison as it was made; raises as :meth:`rom` does."""
        with self.database.reading() as session:
            row = needed(session, ComparisonRow, comparison_id)
            before_id, after_id, state = row.before_id, row.after_id, row.state
        rest = put_together(_REST, state, {})
        return Comparison(self.rom(before_id), self.rom(after_id), *rest)


def _no_longer_current(session: Session, measurement_ids: list[str]) -> None:
    """Measurements that were made again, and the comparisons of them."""
    session.execute(update(MeasurementRow).where(MeasurementRow.id.in_(measurement_ids)).values(current=False))
    of_them = or_(ComparisonRow.before_id.in_(measurement_ids), ComparisonRow.after_id.in_(measurement_ids))
    session.execute(update(ComparisonRow).where(of_them).values(current=False))
