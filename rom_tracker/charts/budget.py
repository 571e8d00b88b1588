"""An error budget as a bar: which source of error has which share of the whole."""

from __future__ import annotations

import textwrap

from matplotlib.figure import Figure

from rom_tracker.analysis.uncertainty import ErrorBudget
from rom_tracker.charts.style import BLUE, GREY, LABEL_PT, SKY_BLUE, SMALL_PT, new_figure, write_headline
from rom_tracker.result_words import degrees

#: Inches that a source takes, and those of the axis below them.
_ROW_INCHES, _AXIS_INCHES = 0.55, 1.3

#: Characters of a source's name on a line.
_NAME_CHARACTERS = 22


def budget_chart(budget: ErrorBudget, what: str) -> Figure:
    """A bar for each source of error, as long as its share of the variance, each beginning where the one above ends.

    Shares are of the variance, since standard deviations add in quadrature: the bars together are the whole, which the headline
    gives as half the width of the 95 % interval.

    Parameters
    ----------
    budget : ErrorBudget
    what : str
        The number that it is the budget of, such as ``"Knee flexion, left"``.
    """
    figure = new_figure()
    figure.set_figheight(_AXIS_INCHES + _ROW_INCHES * len(budget.terms))
    axes = figure.subplots()
    begin = 0.0
    for row, (term, share) in enumerate(zip(budget.terms, budget.shares, strict=True)):
        axes.barh(row, 100 * share, left=100 * begin, color=SKY_BLUE, edgecolor=BLUE, linewidth=1, gid=term.source)
        words, end = f"{degrees(term.sd_deg, 1)}, {share:.0%}", begin + share
        # Beside the bar where there is room, else on it, which then is long.
        x, align = (end + 0.015, "left") if end < 0.75 else (begin - 0.015, "right") if begin > 0.25 else (end - 0.015, "right")
        axes.text(100 * x, row, words, ha=align, va="center", fontsize=SMALL_PT)
        begin += share
    axes.set_yticks(
        range(len(budget.terms)), [textwrap.fill(term.source, _NAME_CHARACTERS) for term in budget.terms], fontsize=SMALL_PT
    )
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("Share of the variance (%)", fontsize=LABEL_PT)
    axes.tick_params(axis="x", labelsize=SMALL_PT)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.8)
    axes.set_axisbelow(True)
    words = f"{what}: ±{degrees(budget.half_width_deg, 1)}"
    write_headline(figure, words, ["Half the 95 % interval. In numbers: standard deviations, and shares of the variance."])
    largest = max(zip(budget.shares, budget.terms, strict=True), key=lambda pair: pair[0])[1]
    figure.set_label(f"{words}, half the 95 % interval. The largest source of error is: {largest.source}.")
    return figure
