"""A measurement without a repetition that does not count, and one of a part of the recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure
from rom_tracker.app.corrected import without_repetitions
from rom_tracker.capture import Part
from rom_tracker.errors import UsageError

CLIP = Path(__file__).parents[2] / "sample_videos" / "elbow_flexion_pre.mp4"


@pytest.fixture(scope="module")
def measured() -> RomMeasurement:
    return measure(CLIP, "elbow_flexion", "left")


def test_the_number_is_that_of_the_repetitions_that_are_left(measured: RomMeasurement) -> None:
    first, second = measured.repetitions.scored
    left = without_repetitions(measured, [0])
    assert left.peak_deg == second.peak_deg
    assert left.rom_deg == second.rom_deg
    assert left.spread_deg is None
    assert left.repetitions.scored == (second,)
    assert first in left.repetitions.partial
    assert "left out repetition 1" in left.flags[-1].message


def test_fewer_repetitions_are_less_certain_and_the_models_error_stays(measured: RomMeasurement) -> None:
    left = without_repetitions(measured, [1])
    assert measured.budget is not None
    assert left.budget is not None
    before, after = ({term.source: term.sd_deg for term in budget.terms} for budget in (measured.budget, left.budget))
    assert after["pose model"] == before["pose model"]
    assert after["repetitions"] > before["repetitions"] / np.sqrt(2)
    assert left.budget.half_width_deg >= measured.budget.half_width_deg - 1e-9


def test_nothing_left_out_changes_nothing(measured: RomMeasurement) -> None:
    assert without_repetitions(measured, []) is measured


@pytest.mark.parametrize("dropped", [[2], [-1], [0, 1]])
def test_what_cannot_be_left_out_is_refused(measured: RomMeasurement, dropped: list[int]) -> None:
    with pytest.raises(UsageError, match="repetition"):
        without_repetitions(measured, dropped)


@pytest.mark.parametrize("place", [0, 1])
def test_in_a_part_there_is_the_repetition_of_the_whole_recording(measured: RomMeasurement, place: int) -> None:
    expected = measured.repetitions.scored[place]
    part = Part(max(expected.start_s - 0.5, 0.0), expected.end_s + 0.4)
    found = measure(CLIP, "elbow_flexion", "left", part=part)
    (repetition,) = found.repetitions.scored
    assert (repetition.start_s, repetition.end_s) == pytest.approx((expected.start_s, expected.end_s), abs=0.2)
    assert repetition.peak_deg == pytest.approx(expected.peak_deg, abs=1.5)
    assert part.from_s <= found.angles.time_s[0]
    assert found.angles.time_s[-1] <= part.to_s
    assert f"Only the part from {part} was looked at." in [flag.message for flag in found.flags]
    assert found.as_dict()["part_s"] == [part.from_s, part.to_s]
