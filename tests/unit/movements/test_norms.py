"""The rows stand for what the sources print: each number below was read off its source by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations

import pytest

from rom_tracker.movements import load_catalogue, norms
from rom_tracker.movements.norms import Norm, ceiling_for, load_norms, norm_for

PLAIN = Norm(
    movement="salute", mode="active", sex="both", age_from=20, age_to=60, n=50, statistic="mean", mean_deg=100.0, sd_deg=None,
    method="goniometer", comparable=True, remark="", source="A", url="", checked="made up",
)  # fmt: skip


def row(movement: str, mode: str, sex: str, ages: tuple[float | None, float | None], source: str) -> Norm:
    (found,) = [
        n
        for n in load_norms()
        if (n.movement, n.mode, n.sex, n.age_from, n.age_to) == (movement, mode, sex, *ages) and n.source.startswith(source)
    ]
    return found


@pytest.mark.parametrize(
    ("movement", "mode", "sex", "ages", "source", "n", "mean_deg", "sd_deg"),
    [
        ("shoulder_flexion", "active", "F", (20, 91), "Gill", 1166, 158.5, None),
        ("shoulder_abduction", "active", "M", (20, 91), "Gill", 1238, 151.5, None),
        ("shoulder_extension", "active", "M", (1.5, 54), "Boone", 109, 62, None),
        ("shoulder_internal_rotation", "not stated", "F", (18, 59), "Macedo", 90, 94, None),
        ("elbow_flexion", "passive", "F", (45, 69), "CDC", None, 148.3, None),
        ("forearm_pronation", "active", "both", (18, None), "Zwerus", 352, 80, None),
        ("wrist_ulnar_deviation", "not stated", "both", (18, 55), "Greene", 20, 39, None),
        ("hip_flexion", "not stated", "F", (65, 83), "Jung", 95, 122.6, 10.8),
        ("knee_flexion", "passive", "M", (2, 8), "CDC", None, 147.8, None),
        ("weight_bearing_lunge", "active", "M", (18, 30), "Calatayud", 26, 40.6, 5.2),
        ("neck_rotation", "not stated", "both", (None, None), "US pension rules, 38 CFR", None, 80, None),
        ("trunk_flexion", "not stated", "both", (None, None), "US pension rules, 38 CFR", None, 90, None),
    ],
)
def test_rows_read_by_hand(movement, mode, sex, ages, source, n, mean_deg, sd_deg):
    found = row(movement, mode, sex, ages, source)
    assert (found.n, found.mean_deg, found.sd_deg) == (n, mean_deg, sd_deg)


@pytest.mark.parametrize(
    ("movement", "mode", "sex", "ages", "source", "mean_deg"),
    [
        # "Value refers to extension limitation", printed as 4
        ("elbow_extension", "not stated", "both", (65, 85), "Walker", -4),
        # printed as -2, beside a flexion of 146 of healthy adults
        ("elbow_extension", "active", "both", (18, None), "Zwerus", 2),
        ("elbow_extension", "active", "M", (1.5, 54), "Boone", 1),
        ("elbow_extension", "passive", "M", (45, 69), "CDC", -0.7),
        ("knee_extension", "passive", "F", (2, 8), "CDC", 5.4),
        ("knee_extension", "not stated", "both", (None, None), "AAOS", 0),
    ],
)
def test_straight_is_zero_and_beyond_it_positive(movement, mode, sex, ages, source, mean_deg):
    assert row(movement, mode, sex, ages, source).mean_deg == mean_deg


def test_only_what_is_known_to_be_a_mean_is_called_one():
    found = load_norms()
    assert len(found) == 169
    assert {n.movement for n in found} <= set(load_catalogue().movements)
    assert {n.statistic for n in found} == {"mean", "reference", "mean of the two means", "lower limit"}
    assert all(n.statistic != "mean" for n in found if n.source.startswith(("AAOS", "AMA", "US pension rules")))
    assert {n.mode for n in found if n.kind == "reference"} == {"not stated"}
    assert not [n for n in found if "Uplift" in n.source or "Troke" in n.source or "Niewiadomski" in n.source]
    assert all(n.source and n.checked and (n.comparable or n.remark) for n in found)


def test_what_was_assumed_is_printed_with_the_number():
    assert "18 to 30 is assumed" in row("weight_bearing_lunge", "active", "M", (18, 30), "Calatayud").remark
    straight = row("elbow_extension", "active", "both", (18, None), "Zwerus")
    assert not straight.comparable
    assert "2 beyond straight is inferred" in straight.remark


@pytest.mark.parametrize("movement", ["trunk_flexion", "trunk_extension", "hip_flexion", "hip_extension", "hip_abduction"])
def test_what_is_measured_differently_here_is_not_comparable(movement):
    assert not any(n.comparable for n in load_norms() if n.movement == movement)
    assert not norm_for(movement, age=40, sex="F").comparable
    assert ceiling_for(movement, age=30, sex="F") is None


@pytest.mark.parametrize(
    ("movement", "age", "sex", "source"),
    [
        ("shoulder_abduction", 45, "F", "Gill"),
        ("shoulder_abduction", 45, "M", "Gill"),
        ("shoulder_abduction", 12, "M", "Boone"),
        ("shoulder_abduction", 12, "F", None),
        ("shoulder_abduction", 45, None, "AAOS"),
        ("shoulder_abduction", 91.9, "F", "Gill"),
        ("shoulder_abduction", 92, "F", "AAOS"),
        ("shoulder_extension", 45, "F", "AAOS"),
        ("elbow_extension", 45, "F", "AAOS"),
        ("knee_flexion", 45, "F", "AAOS"),
        ("elbow_flexion", 70, None, "Zwerus"),
        ("weight_bearing_lunge", 25, "M", "Calatayud"),
        ("weight_bearing_lunge", 70, "M", None),
        ("neck_flexion", 18, "F", "US pension rules"),
        ("neck_flexion", 17, "F", None),
        ("handstand", 30, "F", None),
    ],
)
def test_the_group_of_a_person(movement, age, sex, source):
    found = norm_for(movement, age=age, sex=sex)
    assert (found is None) if source is None else found.source.startswith(source)


def test_the_preferences_in_their_order(monkeypatch):
    last_to_first = [
        replace(PLAIN, comparable=False, sd_deg=5.0),
        replace(PLAIN, statistic="reference", age_from=39, age_to=41),
        replace(PLAIN, age_from=10, age_to=41, sex="F"),
        replace(PLAIN, source="B"),
        PLAIN,
        replace(PLAIN, n=51),
        replace(PLAIN, sex="F"),
        replace(PLAIN, age_from=30),
        replace(PLAIN, sd_deg=9.0, age_from=None, age_to=None),
    ]
    for worse, better in pairwise(last_to_first):
        for table in permutations([worse, better]):
            monkeypatch.setattr(norms, "load_norms", lambda table=table: table)
            assert norm_for("salute", age=40, sex="F") == better


def test_a_group_from_birth_covers_a_baby_and_one_without_ages_does_not():
    assert replace(PLAIN, age_from=0, age_to=2).covers(0.5, None)
    assert not replace(PLAIN, age_from=None, age_to=None).covers(0.5, None)


def test_a_reference_value_serves_whatever_the_mode(monkeypatch):
    table = (replace(PLAIN, statistic="reference", mode="not stated"),)
    monkeypatch.setattr(norms, "load_norms", lambda: table)
    assert norm_for("salute", age=40, sex="F") == norm_for("salute", age=40, sex="F", mode="passive") == table[0]
    assert (table[0].kind, PLAIN.kind) == ("reference", "norm")


def test_a_lower_limit_and_another_mode_are_nobodys_norm(monkeypatch):
    table = (replace(PLAIN, statistic="lower limit"), replace(PLAIN, mode="passive"), replace(PLAIN, mode="not stated"))
    monkeypatch.setattr(norms, "load_norms", lambda: table)
    assert norm_for("salute", age=40, sex="F") is None
    assert norm_for("salute", age=40, sex="F", mode="passive") == table[1]


def test_the_ceiling_is_the_largest_passive_mean_with_its_spread(monkeypatch):
    passive = replace(PLAIN, mode="passive")
    spread = replace(passive, sd_deg=10.0)
    table = (replace(passive, mean_deg=119.0), spread, replace(PLAIN, mean_deg=200.0), replace(passive, mean_deg=150.0, sex="M"))
    monkeypatch.setattr(norms, "load_norms", lambda: table)
    found = ceiling_for("salute", age=40, sex="F")
    assert (found, found.upper_deg) == (spread, 120.0)


def test_the_ceiling_of_an_elbow():
    assert ceiling_for("elbow_flexion", age=50, sex="F").upper_deg == 148.3
    assert ceiling_for("elbow_flexion", age=30, sex=None).upper_deg == 147.3
    assert ceiling_for("elbow_flexion", age=90, sex="F") is None
