"""What the result page shows of a session."""

from __future__ import annotations

from served import Served, measured_session

from rom_tracker.analysis.measurement import RomMeasurement


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
