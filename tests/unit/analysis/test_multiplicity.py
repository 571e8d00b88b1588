from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student_t

from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.multiplicity import compare_many, holm
from rom_tracker.analysis.uncertainty import ErrorBudget, ErrorTerm
from rom_tracker.errors import UsageError
from rom_tracker.movements import load_catalogue

BUDGET = ErrorBudget((ErrorTerm("pose model and set-up", 2.0, 10.0),))


class Before:
    """As much of a measurement as is asked for."""

    movement = load_catalogue()["elbow_flexion"]
    side = "left"


def changed(p_value: float, **options) -> Comparison:
    """A comparison whose change has that probability."""
    change = 2.0 * float(student_t.isf(p_value / 2, 10))
    verdict = "improved" if change > BUDGET.half_width_deg else "no detectable change"
    return Comparison(Before(), Before(), change, BUDGET, verdict, (), **options)


def refused() -> Comparison:
    return Comparison(Before(), Before(), None, None, "refused", ())


def test_holm_by_hand():
    # 0.005 * 4, 0.01 * 3, 0.03 * 2, and 0.04 * 1, which may not fall below the one before it
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.5]) == [1, 1]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_no_correction_and_that_of_bonferroni_and_keeps_the_order(p_values):
    adjusted = holm(p_values)
    for p, after in zip(p_values, adjusted, strict=True):
        assert p <= after <= min(1, len(p_values) * p) + 1e-12 or after == max(adjusted[: p_values.index(p) + 1])
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    assert [adjusted[i] for i in order] == sorted(adjusted)


def test_the_probability_of_a_change_turns_where_the_verdict_does():
    for p in (0.0499, 0.0501):
        c = changed(p)
        assert c.p_value == pytest.approx(p)
        assert (c.p_value < 0.05) == (c.verdict == "improved")


def test_the_one_chosen_beforehand_stands_and_the_others_are_corrected():
    primary = changed(0.04)
    others = [changed(p) for p in (0.01, 0.04, 0.03, 0.005)]
    judged = compare_many([others[0], primary, *others[1:]], primary=primary)
    assert [one.role for one in judged] == ["exploratory", "chosen beforehand", *["exploratory"] * 3]
    assert [one.p_value for one in judged] == pytest.approx([0.03, 0.04, 0.06, 0.06, 0.02])
    assert [one.verdict for one in judged] == [
        "improved",
        "improved",
        "no detectable change",
        "no detectable change",
        "improved",
    ]


def test_without_a_choice_all_are_exploratory():
    judged = compare_many([changed(0.03), changed(0.04)])
    assert [(one.role, one.p_value, one.verdict) for one in judged] == [
        ("exploratory", pytest.approx(0.06), "no detectable change")
    ] * 2
    assert compare_many([]) == ()


def test_a_comparison_says_of_itself_that_it_was_chosen():
    chosen, other = changed(0.04, primary=True), changed(0.04)
    assert [one.verdict for one in compare_many([chosen, other])] == ["improved", "improved"]
    with pytest.raises(UsageError, match="expected one movement chosen beforehand, got Elbow flexion, left and"):
        compare_many([chosen, replace(chosen)])


def test_a_refused_one_is_not_counted():
    judged = compare_many([refused(), changed(0.03)])
    assert [(one.p_value, one.verdict) for one in judged] == [(None, "refused"), (pytest.approx(0.03), "improved")]


def test_the_primary_one_is_one_of_them():
    with pytest.raises(UsageError, match="one of the comparisons"):
        compare_many([changed(0.03)], primary=changed(0.03))
