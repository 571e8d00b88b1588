"""The Bland-Altman chart of test and retest, in the style of :mod:`rom_tracker.charts.style`."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rom_tracker.analysis.reliability import Agreement, Repeatability
from rom_tracker.charts.style import BLUE, GREEN, LABEL_PT, SMALL_PT, VERMILLION, new_figure, write_headline
from rom_tracker.errors import UsageError
from rom_tracker.result_words import degrees


def bland_altman_chart(found: Repeatability, name: str) -> Figure:
    """Each pair's difference over its mean, with the bias, the limits of agreement and their 95 % intervals as bands.

    Parameters
    ----------
    found : Repeatability
    name : str
        What was measured, such as the movement's title.

    Raises
    ------
    UsageError
        There are fewer than two pairs.
    """
    agreement = found.agreement
    if agreement is None:
        raise UsageError("expected two pairs of test and retest or more for a Bland-Altman chart, got fewer")
    figure = new_figure()
    axes = figure.subplots()
    pairs_deg = np.array([one.values_deg for one in found.measured])
    axes.plot(pairs_deg.mean(axis=1), pairs_deg[:, 1] - pairs_deg[:, 0], "o", color=BLUE, markersize=8, zorder=3, gid="pair")
    axes.set_xlabel(f"{name}: mean of test and retest (degrees)", fontsize=LABEL_PT)
    axes.set_ylabel("Retest less test (degrees)", fontsize=LABEL_PT)
    axes.tick_params(labelsize=SMALL_PT)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.1)
    mark_agreement(axes, agreement)
    words = headline(agreement)
    write_headline(figure, words, ["Shaded: 95 % intervals of bias and limits"])
    people = f"{found.clients} {'client' if found.clients == 1 else 'clients'}"
    figure.set_label(f"{name}, test against retest of {people}. {words}. Bias {degrees(agreement.bias_deg, 1, signed=True)}.")
    return figure


def headline(agreement: Agreement) -> str:
    """The result in a few words.

    >>> headline(Agreement(pairs=12, bias_deg=6.0, sd_deg=2.0))
    'Retests differ by +2.1° to +9.9° (12 pairs)'
    """
    low, high = agreement.limits_deg
    return f"Retests differ by {degrees(low, 1, signed=True)} to {degrees(high, 1, signed=True)} ({agreement.pairs} pairs)"


def mark_agreement(axes: Axes, agreement: Agreement) -> None:
    """Draw the bias and the two limits of agreement, each with its interval and its number beside it."""
    low, high = agreement.limits_deg
    low_interval, high_interval = agreement.limit_intervals_deg
    lines = (
        ("bias", agreement.bias_deg, agreement.bias_interval_deg, GREEN, "-"),
        ("lower limit", low, low_interval, VERMILLION, "--"),
        ("upper limit", high, high_interval, VERMILLION, "--"),
    )
    for name, value_deg, interval_deg, colour, style in lines:
        axes.axhspan(*interval_deg, color=colour, alpha=0.15, linewidth=0, gid=f"95 % interval of {name}")
        axes.axhline(value_deg, color=colour, linestyle=style, linewidth=2, gid=name)
        words = "\n".join([*name.split(), degrees(value_deg, 1, signed=True)])
        at: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "center", "annotation_clip": False}
        axes.annotate(words, (1.01, value_deg), fontsize=SMALL_PT, **at)
