"""The tables of the records, for SQLite and PostgreSQL. How a database gets there is told in ``migrations``."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, DateTime, Dialect, ForeignKey, Index, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A time with its zone, kept in UTC; SQLite has no zones, so they are put off and on."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Into the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected a time with its time zone, got {value.isoformat()}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Out of the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> str:
    """A random identifier."""
    return uuid.uuid4().hex


def now() -> datetime:
    """The present time in UTC."""
    return datetime.now(UTC)


class Table(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, dict[str, Any]: JSON}


Id = String(32)


def _own_id() -> Mapped[str]:
    return mapped_column(Id, primary_key=True, default=new_id)


def _belongs_to(table: str) -> Mapped[str]:
    """A reference to the row without which this one makes no sense: it goes with it."""
    return mapped_column(Id, ForeignKey(f"{table}.id", ondelete="CASCADE"), index=True)


class ClientRow(Table):
    """See :class:`~rom_tracker.store.records.Client`."""

    __tablename__ = "client"
    __table_args__ = (
        CheckConstraint("keep IN ('video', 'landmarks', 'days')", name="keep"),
        CheckConstraint("(keep = 'days') = (keep_days IS NOT NULL)", name="keep_days"),
    )

    id: Mapped[str] = _own_id()
    label: Mapped[str]
    pseudonym: Mapped[str] = mapped_column(String(16), unique=True)
    birth_year: Mapped[int | None]
    sex: Mapped[str | None]
    keep: Mapped[str]
    keep_days: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    sessions: Mapped[list[SessionRow]] = relationship(back_populates="client", passive_deletes="all")


class ConsentRow(Table):
    """See :class:`~rom_tracker.store.records.Consent`."""

    __tablename__ = "consent"

    id: Mapped[str] = _own_id()
    client_id: Mapped[str] = _belongs_to("client")
    what: Mapped[str]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class SessionRow(Table):
    """See :class:`~rom_tracker.store.records.Session`."""

    __tablename__ = "session"
    __table_args__ = (
        CheckConstraint("pain_before BETWEEN 0 AND 10", name="pain_before"),
        CheckConstraint("pain_after BETWEEN 0 AND 10", name="pain_after"),
        Index(None, "client_id", "held_at"),
    )

    id: Mapped[str] = _own_id()
    client_id: Mapped[str] = mapped_column(Id, ForeignKey("client.id", ondelete="CASCADE"))
    held_at: Mapped[datetime]
    therapist: Mapped[str] = mapped_column(default="")
    complaint: Mapped[str] = mapped_column(default="")
    muscle: Mapped[str] = mapped_column(default="")
    side: Mapped[str | None]
    protocol: Mapped[str] = mapped_column(default="")
    notes: Mapped[str] = mapped_column(default="")
    pain_before: Mapped[int | None]
    pain_after: Mapped[int | None]
    next_steps: Mapped[str] = mapped_column(default="", server_default="")
    setup: Mapped[dict[str, Any]] = mapped_column(default=dict)
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str] = mapped_column(default="")

    client: Mapped[ClientRow] = relationship(back_populates="sessions")
    answers: Mapped[list[AnswerRow]] = relationship(order_by="AnswerRow.key", passive_deletes="all")
    recordings: Mapped[list[RecordingRow]] = relationship(
        back_populates="session", order_by="RecordingRow.recorded_at", passive_deletes="all"
    )
    comparisons: Mapped[list[ComparisonRow]] = relationship(order_by="ComparisonRow.compared_at", passive_deletes="all")


class AnswerRow(Table):
    """See :class:`~rom_tracker.store.records.ScreeningAnswer`."""

    __tablename__ = "screening_answer"

    session_id: Mapped[str] = mapped_column(Id, ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    asked: Mapped[str]
    present: Mapped[bool]
    action: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime] = mapped_column(default=now)


class RecordingRow(Table):
    """See :class:`~rom_tracker.store.records.Recording`; ``has_video`` is whether the file ``ID.video`` belongs to it."""

    __tablename__ = "recording"
    __table_args__ = (
        CheckConstraint("side IN ('left', 'right')", name="side"),
        CheckConstraint("moment IN ('before', 'after')", name="moment"),
    )

    id: Mapped[str] = _own_id()
    session_id: Mapped[str] = _belongs_to("session")
    movement: Mapped[str]
    side: Mapped[str]
    moment: Mapped[str]
    recorded_at: Mapped[datetime]
    media_type: Mapped[str] = mapped_column(default="")
    has_video: Mapped[bool] = mapped_column(default=False)
    camera: Mapped[str] = mapped_column(default="")
    width_px: Mapped[int | None]
    height_px: Mapped[int | None]
    frames: Mapped[int | None]
    duration_s: Mapped[float | None]
    median_fps: Mapped[float | None]
    longest_gap_s: Mapped[float | None]
    missed_frames: Mapped[int | None]
    setup: Mapped[dict[str, Any]] = mapped_column(default=dict)

    session: Mapped[SessionRow] = relationship(back_populates="recordings")
    measurements: Mapped[list[MeasurementRow]] = relationship(
        back_populates="recording", order_by="MeasurementRow.measured_at", passive_deletes="all"
    )
    corrections: Mapped[list[CorrectionRow]] = relationship(order_by="CorrectionRow.corrected_at", passive_deletes="all")


class MeasurementRow(Table):
    """See :class:`~rom_tracker.store.records.KeptMeasurement`.

    ``result`` is what ``RomMeasurement.as_dict`` gave. ``state`` and ``series`` (compressed) are what the measurement is put
    together from again, but for the landmarks, which lie in the file ``ID.landmarks``. Lists do not load these three.
    """

    __tablename__ = "measurement"

    id: Mapped[str] = _own_id()
    recording_id: Mapped[str] = _belongs_to("recording")
    measured_at: Mapped[datetime] = mapped_column(default=now)
    current: Mapped[bool] = mapped_column(default=True)
    verdict: Mapped[str]
    start_deg: Mapped[float | None]
    peak_deg: Mapped[float | None]
    rom_deg: Mapped[float | None]
    interval_low_deg: Mapped[float | None]
    interval_high_deg: Mapped[float | None]
    repetitions: Mapped[int]
    model: Mapped[str]
    version: Mapped[str]
    smoothing: Mapped[str]
    calibration: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    sources: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    state: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    series: Mapped[bytes] = mapped_column(deferred=True)

    recording: Mapped[RecordingRow] = relationship(back_populates="measurements")


class ComparisonRow(Table):
    """See :class:`~rom_tracker.store.records.KeptComparison`."""

    __tablename__ = "comparison"

    id: Mapped[str] = _own_id()
    session_id: Mapped[str] = _belongs_to("session")
    before_id: Mapped[str] = _belongs_to("measurement")
    after_id: Mapped[str] = _belongs_to("measurement")
    compared_at: Mapped[datetime] = mapped_column(default=now)
    current: Mapped[bool] = mapped_column(default=True)
    movement: Mapped[str]
    side: Mapped[str]
    change_deg: Mapped[float | None]
    interval_low_deg: Mapped[float | None]
    interval_high_deg: Mapped[float | None]
    detectable_deg: Mapped[float | None]
    verdict: Mapped[str]
    role: Mapped[str]
    result: Mapped[dict[str, Any]]
    state: Mapped[list[Any]] = mapped_column(JSON, deferred=True)


class CorrectionRow(Table):
    """See :class:`~rom_tracker.store.records.Correction`."""

    __tablename__ = "correction"

    id: Mapped[str] = _own_id()
    recording_id: Mapped[str] = _belongs_to("recording")
    kind: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(default="")
    corrected_at: Mapped[datetime] = mapped_column(default=now)
    corrected_by: Mapped[str] = mapped_column(default="")


class TrailRow(Table):
    """See :class:`~rom_tracker.store.records.TrailEntry`.

    Triggers refuse to change entries, and to delete any but those of a client whose erasure is itself on the trail.
    """

    __tablename__ = "trail"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(default=now)
    who: Mapped[str]
    what: Mapped[str]
    client: Mapped[str] = mapped_column(default="", index=True)
    about: Mapped[str] = mapped_column(default="")


class PreferenceRow(Table):
    """A setting of the place, such as how long videos are kept of new clients."""

    __tablename__ = "preference"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
