from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from rom_tracker import load_catalogue
from rom_tracker.analysis.progress import SessionMark, progress_of
from rom_tracker.charts.progress import progress_chart
from rom_tracker.i18n import LANGUAGES, translator
from rom_tracker.movements.norms import norm_for

SHOULDER = load_catalogue()["shoulder_abduction"]
FIRST = date(2026, 3, 2)


def row(values, gain_deg=5.0, every_days=7):
    return [
        SessionMark(FIRST + timedelta(days=every_days * n), v, None if v is None else v + gain_deg, None, 8.0)
        for n, v in enumerate(values)
    ]


RISING = progress_of(
    SHOULDER,
    "left",
    row([95, 99, 104, None, 108, 111, 119]),
    other_side=row([150, 151]),
    norm=norm_for(SHOULDER.key, age=50, sex="F"),
)


def drawn(figure, gid):
    return [one for one in (*figure.axes[0].lines, *figure.axes[0].patches) if one.get_gid() == gid]


def test_marks_stand_at_what_was_measured():
    figure = progress_chart(RISING)
    (before,), (after,) = drawn(figure, "before"), drawn(figure, "after")
    np.testing.assert_array_equal(before.get_ydata(), [95, 99, 104, 108, 111, 119])
    np.testing.assert_array_equal(after.get_ydata(), [100, 104, 109, 113, 116, 124])
    np.testing.assert_array_equal(np.diff(before.get_xdata()), [7, 7, 14, 7, 7])
    (other,) = drawn(figure, "other side")
    np.testing.assert_array_equal(other.get_ydata(), [150, 151])
    (band,) = drawn(figure, "measuring error")
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((87, 103))
    (norm,) = drawn(figure, "norm")
    assert norm.get_ydata()[0] == RISING.norm.mean_deg
    assert len(drawn(figure, "session")) == 6


def test_a_trend_is_drawn_where_there_is_one():
    assert len(drawn(progress_chart(RISING), "trend")) == 1
    for values in ([95, 104], [95, 99, 94, 98, 95, 97, 96]):
        assert drawn(progress_chart(progress_of(SHOULDER, "left", row(values))), "trend") == []


def test_nothing_is_told_by_colour_alone():
    figure = progress_chart(RISING)
    marks = [
        (line.get_marker(), str(line.get_linestyle())) for gid in ("before", "after", "other side") for line in drawn(figure, gid)
    ]
    assert len(set(marks)) == 3


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_its_words_are_in_the_language_and_stand_within_the_picture(language):
    for progress in (RISING, progress_of(SHOULDER, "left", row([95])), progress_of(SHOULDER, "left", row([None, None]))):
        figure = progress_chart(progress, translator(language))
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        box = figure.get_tightbbox(canvas.get_renderer())
        assert box.x0 > -0.05
        assert box.x1 < figure.get_figwidth() + 0.05
    words = " ".join(
        text.get_text() for legend in progress_chart(RISING, translator(language)).legends for text in legend.get_texts()
    )
    assert {"en": "before", "de": "vorher", "es": "antes"}[language] in words


def test_days_under_the_axis_do_not_touch():
    many = progress_of(SHOULDER, "left", row([90 + n % 5 for n in range(40)], every_days=9))
    figure = progress_chart(many, translator("de"))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [label.get_window_extent(canvas.get_renderer()) for label in figure.axes[0].get_xticklabels()]
    assert len(boxes) >= 4
    assert all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes))


def test_people_who_do_not_see_it_are_told_every_session():
    told = str(progress_chart(RISING, translator("es")).get_label())
    assert "2 de marzo de 2026: antes 95°, después 100°." in told
    assert "sin resultado" in told
    without = replace(RISING, norm=None, other_side=())
    assert "norm" not in str(progress_chart(without).get_label())
