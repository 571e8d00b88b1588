"""The bar of an error budget: what is drawn is the budget."""

from __future__ import annotations

import pytest

from rom_tracker.analysis.uncertainty import ErrorBudget, ErrorTerm
from rom_tracker.charts.budget import budget_chart
from rom_tracker.charts.style import save_chart

#: Variances 9, 16 and 0 of 25.
BUDGET = ErrorBudget((ErrorTerm("repetitions", 3.0, 5.0), ErrorTerm("pose model", 4.0, 8.0), ErrorTerm("noise", 0.0, float("inf"))))


def test_shares_are_of_the_variance():
    assert BUDGET.shares == pytest.approx((0.36, 0.64, 0.0))
    assert ErrorBudget((ErrorTerm("noise", 0.0, float("inf")),)).shares == (0.0,)


def test_every_bar_begins_where_the_one_above_ends():
    (axes,) = budget_chart(BUDGET, "Knee flexion").axes
    bars = {bar.get_gid(): (bar.get_x(), bar.get_width()) for bar in axes.patches}
    assert bars["repetitions"] == pytest.approx((0, 36))
    assert bars["pose model"] == pytest.approx((36, 64))
    assert bars["noise"] == pytest.approx((100, 0))


def test_the_headline_is_half_the_interval(tmp_path):
    figure = budget_chart(BUDGET, "Knee flexion")
    assert figure.get_suptitle() == f"Knee flexion: ±{BUDGET.half_width_deg:.1f}°"
    assert figure.get_label().endswith("The largest source of error is: pose model.")
    save_chart(figure, tmp_path / "budget.svg")
    assert "pose model" in (tmp_path / "budget.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("one", [0.02, 0.5, 0.98])
def test_no_words_outside_the_axes(one):
    budget = ErrorBudget((ErrorTerm("first", one**0.5, 5.0), ErrorTerm("second", (1 - one) ** 0.5, 5.0)))
    figure = budget_chart(budget, "Knee flexion")
    (axes,) = figure.axes
    figure.draw_without_rendering()
    room = axes.get_window_extent()
    for words in axes.texts:
        box = words.get_window_extent()
        assert room.x0 <= box.x0
        assert box.x1 <= room.x1 + 1
