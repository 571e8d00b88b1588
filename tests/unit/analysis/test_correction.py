"""What is added to the end range, on mannequins whose angle is known, and what is said of its uncertainty."""

from __future__ import annotations

import numpy as np
import pytest
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis.correction import OVERHEAD_FROM_DEG, OVERHEAD_SHARE, offset_sd_deg, overhead_sd_deg, read_low_deg
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.analysis.uncertainty import OVERHEAD
from rom_tracker.cli.explain import print_end_range
from rom_tracker.movements import load_catalogue

CATALOGUE = load_catalogue()
KNEE = CATALOGUE["knee_flexion"].model_copy(update={"offset_deg": 4.0, "offset_span_deg": 80.0})
ABDUCTION = CATALOGUE["shoulder_abduction"]


def measured(movement, peak_deg: float, *, offset: bool):
    time_s, angle_deg = repetitions_deg([peak_deg, peak_deg], rest_s=1.0, hold_s=0.8)
    return measure_poses(stick_passes(movement.key, "right", angle_deg, time_s), movement, "right", offset=offset)


@pytest.mark.parametrize(("peak_deg", "share"), [(110, 1.0), (40, 0.5)])
def test_a_client_who_moves_less_than_those_behind_a_correction_gets_less_of_it(peak_deg, share):
    found, plain = (measured(KNEE, peak_deg, offset=offset) for offset in (True, False))
    assert found.offset_deg == pytest.approx(share * 4.0, abs=0.1)
    assert found.peak_deg - plain.peak_deg == pytest.approx(found.offset_deg, abs=0.02)
    assert found.start_deg == pytest.approx(plain.start_deg, abs=0.05)
    term = next(term for term in found.budget.terms if term.source == "correction")
    assert term.sd_deg == pytest.approx(offset_sd_deg(found.offset_deg))


@pytest.mark.parametrize("peak_deg", [100.0, 130.0, 140.0, 165.0])
def test_half_of_what_an_arm_overhead_is_read_too_low_is_added(peak_deg):
    found = measured(ABDUCTION, peak_deg, offset=True)
    low_deg = OVERHEAD_SHARE * max(peak_deg - OVERHEAD_FROM_DEG, 0)
    assert found.overhead_deg == pytest.approx(low_deg / 2, abs=0.06)
    assert found.peak_deg == pytest.approx(peak_deg + low_deg / 2, abs=0.4)
    assert found.as_dict()["method"]["overhead_deg"] == round(found.overhead_deg, 2)
    assert [term.source for term in found.budget.terms if term.source == OVERHEAD] == [OVERHEAD] * (low_deg > 0)


def test_without_the_usual_model_an_arm_overhead_stays_as_read_and_is_less_sure():
    found, corrected = (measured(ABDUCTION, 165.0, offset=offset) for offset in (False, True))
    assert (found.overhead_deg, found.offset_deg) == (0.0, 0.0)
    assert found.peak_deg == pytest.approx(165.0, abs=0.4)
    assert found.budget.half_width_deg > corrected.budget.half_width_deg


@pytest.mark.parametrize("key", ["shoulder_flexion", "hip_abduction"])
def test_only_an_arm_raised_sideways_is_read_too_low(key):
    assert read_low_deg(170, CATALOGUE[key]) == 0.0
    assert read_low_deg(170, ABDUCTION) > 0.0


def test_uncertainties_are_those_of_even_distributions():
    draws = np.random.default_rng(0).uniform(0, 1, 200_000)
    assert offset_sd_deg(-6.0) == pytest.approx((6.0 * (0.5 + draws)).std(), rel=0.01)
    assert overhead_sd_deg(5.0, is_corrected=True) == pytest.approx((5.0 * draws).std(), rel=0.01)
    about_none = np.sqrt(np.mean((5.0 * draws) ** 2))
    assert overhead_sd_deg(5.0, is_corrected=False) == pytest.approx(about_none, rel=0.01)


@pytest.mark.parametrize(("rest_deg", "peak_deg"), [(120.0, 168.0), (140.0, 168.0), (150.0, 160.0)])
def test_an_arm_that_starts_raised_gets_what_belongs_to_each_angle(rest_deg, peak_deg):
    time_s, angle_deg = repetitions_deg([peak_deg, peak_deg], rest_deg=rest_deg, rest_s=1.0, hold_s=0.8)
    found = measure_poses(stick_passes(ABDUCTION.key, "right", angle_deg, time_s), ABDUCTION, "right", offset=True)
    for seen_deg, true_deg in ((found.start_deg, rest_deg), (found.peak_deg, peak_deg)):
        assert seen_deg == pytest.approx(true_deg + OVERHEAD_SHARE * max(true_deg - OVERHEAD_FROM_DEG, 0) / 2, abs=0.5)


@pytest.mark.parametrize(
    ("movement", "peak_deg", "words"),
    [
        (KNEE, 110, "Corrected in the end range: +4.0° for the usual error of the pose model there."),
        (ABDUCTION, 165, "Corrected in the end range: +3.0° for an arm overhead."),
        (ABDUCTION, 100, None),
    ],
)
def test_what_was_added_is_explained(capsys, movement, peak_deg, words):
    print_end_range(measured(movement, peak_deg, offset=True), "the end range")
    said = " ".join(capsys.readouterr().out.split())
    assert words in said if words else "Corrected" not in said
    assert "Error budget of the end range" in said
