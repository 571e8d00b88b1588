"""Known errors give figures that were worked out by hand."""

import math
from dataclasses import replace

import pytest
from known import CHANGES, ROWS, pair, row
from scipy.special import stdtrit

from rom_tracker.movements import load_catalogue
from rom_tracker.validation.evidence import ResidualRules
from rom_tracker.validation.figures import Beside, Figures, Share, agreement, detections, leave_one_out, leave_one_out_of_changes
from rom_tracker.validation.residuals import ResidualTable

MOVEMENTS = load_catalogue().movements
RULES = ResidualRules(least_deg=0.1, few_people=2)


def test_figures_of_known_errors():
    found = Figures.of(ROWS, CHANGES)
    assert (found.recordings, found.people, found.refused, found.failed) == (6, 4, 1, 0)
    assert found.end_range is not None
    assert found.end_range.n == 5
    assert found.end_range.bias_deg == pytest.approx(6 / 5)
    assert found.end_range.mean_absolute_deg == pytest.approx(14 / 5)
    assert found.end_range.root_mean_square_deg == pytest.approx(math.sqrt(54 / 5))
    assert found.end_range.worst_deg == 6
    assert found.repetitions_exact == Share(4, 5)
    assert found.coverage == Share(4, 5), "an error of 6 lies outside a half width of 5"
    assert found.half_width_deg == pytest.approx(5.0)
    assert found.series_deg == pytest.approx(2.0)
    assert found.change is not None
    assert (found.change.n, found.change.mean_absolute_deg, found.change_coverage) == (2, 1.0, Share(2, 2))


def test_nothing_measured_gives_no_figure():
    found = Figures.of(ROWS[-1:])
    assert (found.end_range, found.change, found.half_width_deg, found.coverage.value) == (None, None, None, None)


def test_beside_the_naive_loop():
    found = Beside.of([*ROWS, row("e", 100, 50, naive_deg=None)], CHANGES)
    assert found.own is not None
    assert found.naive is not None
    assert found.naive_change is not None
    assert (found.own.n, found.own.worst_deg) == (5, 6), "the recording that the loop has no angle for is in neither"
    assert (found.naive.bias_deg, found.naive_series_deg, found.naive_change.bias_deg) == (-10, 8, 3)


def test_agreement_counts_people():
    found = agreement(ROWS)
    assert found is not None
    assert found.pairs == 3
    assert found.bias_deg == pytest.approx(6 / 5)
    assert found.sd_deg == pytest.approx(math.sqrt((54 - 5 * 1.2**2) / 4))
    assert agreement(ROWS[:4]) is None, "two people are too few"


def test_what_pairs_were_called():
    false_alarm = pair("f", row("f", 90, 0), row("f", 91, 5), "worse")
    loss = pair("g", row("g", 90, 0), row("g", 80, 0), "worse")
    found = {one.name: one.verdicts for one in detections([*CHANGES, false_alarm, loss])}
    assert list(found) == ["none (less than 2°)", "gain of 8° or more", "loss"]
    assert (found["none (less than 2°)"]["worse"], found["none (less than 2°)"]["no detectable change"]) == (1, 1)
    assert found["gain of 8° or more"] == {"improved": 1, "no detectable change": 0, "worse": 0, "refused": 0, "failed": 0}


def test_a_person_is_left_out_of_the_interval_that_is_held_against_them():
    rows = [row("a", 90, 1), row("b", 90, 2), row("c", 90, 2), row("d", 90, 20)]
    changes = [pair(name, row(name, 90, 0), row(name, 90, 1), "no detectable change") for name in "ab"]
    before_after = [row(name, 90, e, pair=name, moment=m) for name in "ab" for m, e in (("before", 0), ("after", 1))]
    table = ResidualTable([*rows, *before_after], RULES, MOVEMENTS)
    found = {one.row.person: one for one in leave_one_out([*rows, row("z", 90, 3)], table)}
    # d has erred by 20, which the others do not know of: t(0.975, 3 people) = 3.182, over errors 1, 0, 1; 2, 0, 1; and 2.
    rms_deg = math.sqrt((1 + 0 + 1 + 4 + 0 + 1 + 4) / 7)
    assert found["d"].half_width_deg == pytest.approx(3.182 * rms_deg, rel=1e-3)
    assert not found["d"].inside
    # With d known the interval of z, who is no evidence, is wide: t(0.975, 4 people) = 2.776.
    assert found["z"].half_width_deg == pytest.approx(2.776 * math.sqrt((7 * rms_deg**2 + 400) / 8), rel=1e-3)
    assert found["z"].inside
    # Without a or b one pair is left, which is too few for an error of the change: nothing can be said, and nothing is.
    assert leave_one_out_of_changes(changes, table) == []


def test_an_offset_is_estimated_without_the_person():
    rules = RULES.model_copy(update={"offset_people": 2, "offset_share": 1.0})
    errors = {"a": -4, "b": -6, "c": -5, "d": +7}
    # The program took off 3 degrees of usual error: what is measured is 3 more than without.
    rows = [row(person, 90, error + 3, offset_deg=3.0, other_sd_deg=3 / math.sqrt(12)) for person, error in errors.items()]
    pairs = [row(person, 90, e, pair=person, moment=m) for person in "xyz" for m, e in (("before", -5), ("after", -5))]
    found = {one.row.person: one for one in leave_one_out(rows, ResidualTable([*rows, *pairs], rules, MOVEMENTS))}
    assert found["d"].error_deg == pytest.approx(7 + 5), "the others err by -5 on the mean"
    squares = 1 + 1 + 0
    people, recordings = 6, 9
    variance = squares / recordings * people / (people - 1) * (1 + 1 / people)
    # The correction of 5 has a standard deviation of 5 / sqrt(12), as that of 3 had, and no end of degrees of freedom.
    both = variance + 25 / 12
    t = float(stdtrit(people * both**2 / variance**2, 0.975))
    assert found["d"].half_width_deg == pytest.approx(t * math.sqrt(both), rel=1e-6)
    assert [found[person].inside for person in "abcd"].count(False) == 1


def test_a_condition_that_the_budget_covers_is_no_evidence():
    rules = RULES.model_copy(update={"left_out": ["turned"]})
    changes = [row(p, 90, e, pair=p, moment=m) for p in "ab" for m, e in (("before", 0), ("after", 2))]
    plain = ResidualTable(changes, rules, MOVEMENTS).residuals()["knee_flexion"]
    with_turned = ResidualTable([*changes, replace(row("c", 90, 30), condition="turned")], rules, MOVEMENTS).residuals()
    assert with_turned["knee_flexion"] == plain
    assert plain.end_range.sd_deg == pytest.approx(math.sqrt(2))
    assert (plain.change.sd_deg, plain.change.people) == (2.0, 2)


def test_a_small_way_and_a_body_in_space_get_less_of_an_offset():
    rules = RULES.model_copy(update={"offset_people": 2, "offset_share": 1.0})
    evidence = [
        row(p, 90, e, rom_deg=80.0, pair=p, moment=m)
        for p, e in zip("wxyz", (-6, -5, -5, -4), strict=True)
        for m in ("before", "after")
    ]
    small, fitted = row("small", 90, -1, rom_deg=20.0), row("fitted", 90, -1, rom_deg=80.0, condition="fitted in space")
    found = {one.row.recording: one.error_deg for one in leave_one_out([small, fitted], ResidualTable(evidence, rules, MOVEMENTS))}
    assert found == {"small": pytest.approx(-1 + 5 * 20 / 80), "fitted": -1}
