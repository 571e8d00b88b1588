"""Rows whose errors are known, and what they come to by hand."""

from __future__ import annotations

from dataclasses import replace

from rom_tracker.validation.tables import ChangeRow, RecordingRow


def row(name: str, true_deg: float, error_deg: float, half_width_deg: float = 5.0, **others: object) -> RecordingRow:
    """A recording of a knee that was measured, with an error."""
    plain = RecordingRow(
        set="made", recording=name, movement="knee_flexion", side="left", person=name[:1], verdict="ok", true_deg=true_deg,
        measured_deg=true_deg + error_deg, error_deg=error_deg, repetitions_true=3, repetitions_found=3,
        low_deg=true_deg + error_deg - half_width_deg, high_deg=true_deg + error_deg + half_width_deg,
        model_sd_deg=2.0, model_people=4.0, other_sd_deg=0.0, other_freedom=float("inf"), series_error_deg=2.0,
        naive_deg=true_deg - 10.0, naive_series_error_deg=8.0, model="pose_full",
    )  # fmt: skip
    return replace(plain, **others)  # type: ignore[arg-type]


def pair(name: str, before: RecordingRow, after: RecordingRow, verdict: str, detectable_deg: float = 4.0) -> ChangeRow:
    """The change between two such rows."""
    assert None not in (before.true_deg, after.true_deg, before.error_deg, after.error_deg)
    true_deg = (after.true_deg or 0) - (before.true_deg or 0)
    error_deg = (after.error_deg or 0) - (before.error_deg or 0)
    return ChangeRow(
        set="made", pair=name, movement="knee_flexion", side="left", person=before.person, verdict=verdict, true_deg=true_deg,
        measured_deg=true_deg + error_deg, error_deg=error_deg, gain_deg=true_deg, detectable_deg=detectable_deg,
        model_sd_deg=1.0, model_people=4.0, other_sd_deg=0.0, other_freedom=float("inf"), naive_deg=true_deg + 3.0,
    )  # fmt: skip


#: Of person a before and after (errors +1 and +3), of b (-2 and -2), of c once (+6), and one of d that was refused.
ROWS = [
    row("a_pre", 90, +1, pair="a", moment="before"),
    row("a_post", 100, +3, pair="a", moment="after"),
    row("b_pre", 80, -2, pair="b", moment="before"),
    row("b_post", 80, -2, pair="b", moment="after", repetitions_found=2),
    row("c", 120, +6),
    RecordingRow("made", "d", "knee_flexion", "left", "d", verdict="refused", true_deg=95.0, repetitions_true=3, reason="Turned."),
]
CHANGES = [pair("a", ROWS[0], ROWS[1], "improved"), pair("b", ROWS[2], ROWS[3], "no detectable change")]
