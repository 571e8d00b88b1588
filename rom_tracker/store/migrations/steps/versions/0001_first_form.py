"""The first form of the records."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

#: An entry of the trail is never changed, and deleted only where the erasure of its client stands on the trail.
_KEPT = """
    SELECT 1 WHERE OLD.what = 'client erased'
    OR NOT EXISTS (SELECT 1 FROM trail WHERE what = 'client erased' AND client = OLD.client)
"""


def upgrade() -> None:
    """Tables, and triggers that guard the trail."""
    _create_tables()
    if op.get_bind().dialect.name == "sqlite":
        _guard_trail_sqlite()
    else:
        _guard_trail_postgresql()


def _guard_trail_sqlite() -> None:
    op.execute(
        "CREATE TRIGGER trail_is_not_changed BEFORE UPDATE ON trail BEGIN SELECT RAISE(ABORT, 'the trail is never changed'); END"
    )
    op.execute(
        f"CREATE TRIGGER trail_is_kept BEFORE DELETE ON trail WHEN EXISTS ({_KEPT}) "
        "BEGIN SELECT RAISE(ABORT, 'the trail is kept'); END"
    )


def _guard_trail_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION trail_is_not_changed() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'the trail is never changed'; END $$"
    )
    op.execute("CREATE TRIGGER trail_is_not_changed BEFORE UPDATE ON trail FOR EACH ROW EXECUTE FUNCTION trail_is_not_changed()")
    op.execute(
        "CREATE FUNCTION trail_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF EXISTS ({_KEPT}) THEN RAISE EXCEPTION 'the trail is kept'; END IF; RETURN OLD; END $$"
    )
    op.execute("CREATE TRIGGER trail_is_kept BEFORE DELETE ON trail FOR EACH ROW EXECUTE FUNCTION trail_is_kept()")


def _create_tables() -> None:
    op.create_table(
        "client",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("pseudonym", sa.String(length=16), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("sex", sa.String(), nullable=True),
        sa.Column("keep", sa.String(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(keep = 'days') = (keep_days IS NOT NULL)", name=op.f("ck_client_keep_days")),
        sa.CheckConstraint("keep IN ('video', 'landmarks', 'days')", name=op.f("ck_client_keep")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_client_pseudonym")),
    )
    op.create_table(
        "preference",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_preference")),
    )
    op.create_table(
        "trail",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_trail")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_trail_client"), "trail", ["client"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_consent_client_id_client"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_client_id"), "consent", ["client_id"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("therapist", sa.String(), nullable=False),
        sa.Column("complaint", sa.String(), nullable=False),
        sa.Column("muscle", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=True),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("pain_before", sa.Integer(), nullable=True),
        sa.Column("pain_after", sa.Integer(), nullable=True),
        sa.Column("setup", sa.JSON(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.CheckConstraint("pain_after BETWEEN 0 AND 10", name=op.f("ck_session_pain_after")),
        sa.CheckConstraint("pain_before BETWEEN 0 AND 10", name=op.f("ck_session_pain_before")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_session_client_id_client"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_client_id_held_at"), "session", ["client_id", "held_at"], unique=False)
    op.create_table(
        "recording",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("movement", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("moment", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("has_video", sa.Boolean(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=True),
        sa.Column("height_px", sa.Integer(), nullable=True),
        sa.Column("frames", sa.Integer(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("median_fps", sa.Double(), nullable=True),
        sa.Column("longest_gap_s", sa.Double(), nullable=True),
        sa.Column("missed_frames", sa.Integer(), nullable=True),
        sa.Column("setup", sa.JSON(), nullable=False),
        sa.CheckConstraint("moment IN ('before', 'after')", name=op.f("ck_recording_moment")),
        sa.CheckConstraint("side IN ('left', 'right')", name=op.f("ck_recording_side")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_recording_session_id_session"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
    )
    op.create_index(op.f("ix_recording_session_id"), "recording", ["session_id"], unique=False)
    op.create_table(
        "screening_answer",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_screening_answer_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "key", name=op.f("pk_screening_answer")),
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name=op.f("fk_correction_recording_id_recording"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_recording_id"), "correction", ["recording_id"], unique=False)
    op.create_table(
        "measurement",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("start_deg", sa.Double(), nullable=True),
        sa.Column("peak_deg", sa.Double(), nullable=True),
        sa.Column("rom_deg", sa.Double(), nullable=True),
        sa.Column("interval_low_deg", sa.Double(), nullable=True),
        sa.Column("interval_high_deg", sa.Double(), nullable=True),
        sa.Column("repetitions", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("smoothing", sa.String(), nullable=False),
        sa.Column("calibration", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("series", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name=op.f("fk_measurement_recording_id_recording"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurement")),
    )
    op.create_index(op.f("ix_measurement_recording_id"), "measurement", ["recording_id"], unique=False)
    op.create_table(
        "comparison",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("before_id", sa.String(length=32), nullable=False),
        sa.Column("after_id", sa.String(length=32), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("movement", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("change_deg", sa.Double(), nullable=True),
        sa.Column("interval_low_deg", sa.Double(), nullable=True),
        sa.Column("interval_high_deg", sa.Double(), nullable=True),
        sa.Column("detectable_deg", sa.Double(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["after_id"], ["measurement.id"], name=op.f("fk_comparison_after_id_measurement"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["before_id"], ["measurement.id"], name=op.f("fk_comparison_before_id_measurement"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_comparison_session_id_session"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison")),
    )
    op.create_index(op.f("ix_comparison_after_id"), "comparison", ["after_id"], unique=False)
    op.create_index(op.f("ix_comparison_before_id"), "comparison", ["before_id"], unique=False)
    op.create_index(op.f("ix_comparison_session_id"), "comparison", ["session_id"], unique=False)
