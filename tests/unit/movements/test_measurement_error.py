"""The rows stand for what the sources print: each number below was read off its source's table by hand."""

from __future__ import annotations

import pytest

from rom_tracker.movements import load_catalogue
from rom_tracker.movements.measurement_error import load_manual_errors, manual_error_of


@pytest.mark.parametrize(
    ("movement", "mdc_deg", "mdc_high_deg", "level", "source"),
    [
        ("shoulder_flexion", 8, None, "MDC90", "Kolber et al. 2011"),
        ("shoulder_abduction", 4, None, "MDC90", "Kolber et al. 2011"),
        ("shoulder_external_rotation", 5, None, "MDC90", "Kolber et al. 2009"),
        ("elbow_flexion", 6, None, "95% meaningful change", "Armstrong et al. 1998"),
        ("elbow_extension", 7, None, "95% meaningful change", "Armstrong et al. 1998"),
        ("forearm_pronation", 8, None, "95% meaningful change", "Armstrong et al. 1998"),
        ("wrist_flexion", 12, 30, "MDD95", "Reissner et al. 2019"),
        ("knee_flexion", 10, None, "minimum significant difference", "J Exp Orthop 2018"),
        ("knee_extension", 2.6, 5.4, "MDC95", "ACL knee extension study"),
        ("active_knee_extension", 7, 8, "MDD", "J Sport Rehabil 2015"),
        ("straight_leg_raise", 6, 7, "MDD", "J Sport Rehabil 2015"),
        ("weight_bearing_lunge", 5, 7.7, "MDC95", "IJSPT 2012"),
        ("neck_extension", 3.5, None, "MDC (level not in abstract)", "Anwar et al. 2022"),
        ("neck_rotation", 3.5, 6.8, "MDC (level not in abstract)", "Anwar et al. 2022"),
    ],
)
def test_the_number_beside_a_change(movement, mdc_deg, mdc_high_deg, level, source):
    found = manual_error_of(movement)
    assert (found.mdc_deg, found.mdc_high_deg, found.level) == (mdc_deg, mdc_high_deg, level)
    assert found.source.startswith(source)


def test_every_row_is_of_the_catalogue_and_says_where_it_comes_from():
    found = load_manual_errors()
    assert len(found) == 35
    assert {row.movement for row in found} <= set(load_catalogue().movements)
    assert all(row.raters in ("same", "several") and row.url.startswith("https://") and row.checked for row in found)
    assert all(0 < row.mdc_deg < (row.mdc_high_deg or 30) for row in found)
    assert len({(row.movement, row.instrument, row.design, row.source) for row in found}) == len(found)


def test_one_examiner_and_a_goniometer_go_first():
    assert [row.mdc_deg for row in load_manual_errors() if row.movement == "elbow_flexion"] == [6, 10]
    assert manual_error_of("weight_bearing_lunge").instrument == "goniometer"


@pytest.mark.parametrize("movement", ["hip_flexion", "trunk_flexion", "my_own"])
def test_for_many_movements_there_is_none(movement):
    assert manual_error_of(movement) is None


def test_the_words_carry_instrument_and_source():
    assert manual_error_of("weight_bearing_lunge").words.startswith(
        "5° to 7.7° (MDC95; goniometer, intra-rater, within session; IJSPT"
    )
