from __future__ import annotations

import json
from dataclasses import replace

import pytest
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.analysis.norms import group_words, place
from rom_tracker.errors import UsageError
from rom_tracker.movements import load_catalogue
from rom_tracker.movements.norms import load_norms, norm_for

SURE = {"residual_deg": 2.0, "residual_people": 1000}


def measured(peak_deg: float, key: str = "elbow_flexion", *, called: str | None = None) -> RomMeasurement:
    """``called``: the movement has another key, and is measured alike."""
    movement = load_catalogue()[key].model_copy(update={**SURE, "key": called or key})
    time_s, angle_deg = repetitions_deg([peak_deg] * 3)
    return measure_poses(stick_passes(key, "left", angle_deg, time_s, faces="image_left"), movement, "left")


def codes(placement) -> list[str]:
    return [note.code for note in placement.notes]


def test_a_placement_by_hand():
    """Women of 20 to 91 raise the arm to 149.7 degrees on average."""
    m = measured(140, "shoulder_abduction")
    placed = place(m, 45, "F")
    assert placed.difference_deg == pytest.approx(140 - 149.7, abs=0.05)
    assert placed.interval_deg == pytest.approx([end - 149.7 for end in m.interval_deg])
    assert placed.z is placed.z_interval is None
    assert codes(placed) == ["norm_remark"]
    assert "falls by about 37 degrees" in placed.notes[0].message


def test_a_z_score_by_hand():
    """Male students reach 40.6 degrees in the lunge, with a standard deviation of 5.2."""
    m = measured(46, called="weight_bearing_lunge")
    placed = place(m, 25, "M")
    assert placed.z == pytest.approx((46 - 40.6) / 5.2, abs=0.02)
    assert placed.z_interval == pytest.approx([(end - 40.6) / 5.2 for end in m.interval_deg])
    (note,) = placed.notes
    assert "18 to 30 is assumed" in note.message


@pytest.mark.parametrize(
    ("age", "sex", "person"),
    [
        (45, "F", "a woman of 45."),
        (12, "F", "a girl of 12."),
        (95, "M", "a man of 95."),
        (1, "M", "a boy of 1."),
        (45, None, "a person of 45, sex not given."),
    ],
)
def test_where_there_is_no_norm_it_is_said(age, sex, person):
    placed = place(measured(50, called="straight_leg_raise"), age, sex)
    assert placed.norm is placed.difference_deg is placed.interval_deg is placed.z is None
    (note,) = placed.notes
    assert note.code == "no_norm"
    assert note.message == f"There is no norm for elbow flexion in this program's tables for {person}"


def test_a_movement_of_ones_own_has_no_norm():
    assert codes(place(measured(50, called="my_own"), 45, "F")) == ["no_norm"]


def test_what_is_measured_differently_is_not_held_against_the_norm(monkeypatch):
    norm = replace(norm_for("elbow_flexion", age=45, sex="F"), comparable=False, remark="counted otherwise", sd_deg=5.0)
    monkeypatch.setattr("rom_tracker.analysis.norms.norm_for", lambda *_, **__: norm)
    placed = place(measured(140), 45, "F")
    assert (placed.norm.mean_deg, placed.difference_deg, placed.interval_deg, placed.z) == (146, None, None, None)
    assert codes(placed) == ["norm_not_comparable"]
    assert placed.notes[0].message == "Not to be compared with the norm: counted otherwise."


def test_nothing_is_reckoned_from_a_reference_value():
    """The pension rules say 80 degrees for everybody, and not of whom that is."""
    placed = place(measured(70, called="neck_rotation"), 45, "F")
    assert (placed.norm.mean_deg, placed.norm.kind, placed.norm.comparable) == (80, "reference", True)
    assert placed.difference_deg is placed.interval_deg is placed.z is placed.z_interval is None
    assert placed.as_dict()["group"]["kind"] == "reference"
    spine = place(measured(80, "trunk_flexion"), 45, "F")
    assert codes(spine) == ["norm_not_comparable"]
    assert "Not to be compared with the reference value: measured here as the inclination" in spine.notes[0].message


@pytest.mark.parametrize(("peak_deg", "noted"), [(150, False), (160, True)])
def test_a_passive_mean_is_only_a_ceiling_and_only_beyond_the_measuring_error(peak_deg, noted):
    """An examiner bends the elbow of women of 45 to 69 to 148.3 degrees on average; the interval here is 4 degrees each way."""
    placed = place(measured(peak_deg), 50, "F")
    assert placed.norm.mode == "active"
    assert placed.difference_deg == pytest.approx(peak_deg - 146, abs=0.05)
    assert ("above_passive" in codes(placed)) == noted
    assert placed.as_dict()["passive_ceiling_deg"] == 148.3


def test_a_refused_measurement_has_a_norm_and_no_difference():
    refused = replace(measured(100), verdict="refused", peak_deg=None, budget=None)
    placed = place(refused, 45, "F")
    assert placed.norm is not None
    assert placed.difference_deg is placed.interval_deg is placed.z is placed.z_interval is None
    json.dumps(placed.as_dict(), allow_nan=False)


@pytest.mark.parametrize(("age", "sex"), [(-1, "F"), (121, "F"), (45, "female")])
def test_an_age_or_a_sex_that_is_none(age, sex):
    with pytest.raises(UsageError, match="expected"):
        place(measured(100), age, sex)


def test_the_plain_form():
    plain = place(measured(46, called="weight_bearing_lunge"), 25, "M").as_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert (plain["group"]["sd_deg"], plain["group"]["kind"]) == (5.2, "norm")
    assert plain["z"] == pytest.approx(plain["difference_deg"] / 5.2, abs=0.01)
    assert place(measured(46, called="my_own"), 25, "M").as_dict()["group"] is None


def test_groups_in_words():
    assert group_words(norm_for("shoulder_abduction", age=45, sex="F")) == "women, ages 20 to 91, n = 1166"
    assert group_words(norm_for("shoulder_abduction", age=12, sex="M")) == "boys and men, ages 1.5 to 54, n = 109"
    assert group_words(norm_for("elbow_flexion", age=45, sex="M")) == "women and men, ages from 18, n = 352"
    assert group_words(norm_for("neck_flexion", age=45, sex="M")) == "one reference value for everybody"
    for norm in load_norms():
        assert "None" not in group_words(norm)
