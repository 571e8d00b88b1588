from __future__ import annotations

import numpy as np
import pytest
from measured_charts import lacking, marked, measured, nobody, texts, words_below, words_of
from stick_figure import repetitions_deg, stick_passes

from rom_tracker import charts, load_catalogue
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.analysis.repetitions import PLATEAU_S
from rom_tracker.charts import style


def test_the_line_is_the_angle_with_gaps_where_it_is_unknown():
    m = measured([100, 104], lost_s=(4.0, 4.5))
    (line,) = [line for line in charts.angle_chart(m).axes[0].lines if line.get_label() == "angle"]
    np.testing.assert_array_equal(line.get_xdata(), m.angles.time_s)
    np.testing.assert_array_equal(line.get_ydata(), m.angles.angle_deg)
    assert np.isnan(line.get_ydata()[(m.angles.time_s > 4.05) & (m.angles.time_s < 4.45)]).all()


def test_repetitions_end_ranges_mean_and_interval_are_where_they_were_measured():
    m = measured([100, 104, 96])
    figure = charts.angle_chart(m)
    bands = marked(figure, "repetition")
    assert [(b.get_x(), b.get_x() + b.get_width()) for b in bands] == [
        pytest.approx((r.start_s, r.end_s)) for r in m.repetitions.scored
    ]
    for line, r in zip(marked(figure, "plateau"), m.repetitions.scored, strict=True):
        assert list(line.get_ydata()) == [r.peak_deg, r.peak_deg]
        assert np.mean(line.get_xdata()) == pytest.approx(r.peak_s)
        assert np.ptp(line.get_xdata()) == pytest.approx(PLATEAU_S)
    (mean,) = marked(figure, "end range")
    assert list(mean.get_ydata()) == [m.peak_deg, m.peak_deg]
    (band,) = marked(figure, "95 % interval")
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx(m.interval_deg)
    assert texts(figure) == ["1", "2", "3", "100°"]


def test_units_stand_on_the_axes():
    axes = charts.angle_chart(measured([100])).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Time (s)", "Elbow flexion, left (degrees)")


def test_everything_drawn_lies_inside_the_axes():
    for m in (measured([100, 104]), lacking([-20, -15]), measured([9, 10, 8])):
        low, high = charts.angle_chart(m).axes[0].get_ylim()
        assert low < np.nanmin(m.angles.angle_deg)
        assert high > np.nanmax(m.angles.angle_deg)
        assert high - low >= style.LEAST_HEIGHT_DEG


def test_a_wide_interval_does_not_make_the_angle_small():
    m = measure_poses(
        stick_passes("elbow_flexion", "left", *repetitions_deg([50, 52])[::-1], faces="image_left"),
        load_catalogue()["elbow_flexion"].model_copy(update={"residual_deg": 40.0, "residual_people": 2}),
        "left",
    )
    low, high = charts.angle_chart(m).axes[0].get_ylim()
    assert high - low < 2.2 * np.ptp(m.angles.angle_deg)


def test_what_is_not_scored_is_said():
    figure = charts.angle_chart(measured([100, 40, 104]))
    assert len(marked(figure, "partial repetition")) == 1
    assert "not scored" in texts(figure)
    assert words_of(figure).endswith("2 repetitions")
    assert words_below(figure).startswith("Caution: 1 partial repetition is not scored (near ")
    assert "1 partial repetition is not scored" in figure.get_label()
    lost = measured([100, 104], lost_s=(5.0, 5.9))
    assert lost.repetitions.cut_off
    assert "not seen" in texts(charts.angle_chart(lost))


def test_numbers_of_many_repetitions_keep_their_distance():
    figure = charts.angle_chart(measured([100] * 40))
    numbers = [text for text in figure.axes[0].texts if text.get_text().isdigit()]
    apart_s = np.diff([text.get_position()[0] for text in numbers])
    assert 10 < len(numbers) < 40
    assert apart_s.min() >= figure.axes[0].get_xlim()[1] / 20


def test_a_refused_measurement_shows_its_angle_and_the_reason_and_no_number():
    m = measured([90, 95], "shoulder_abduction", yaw_deg=70)
    assert m.verdict == "refused"
    figure = charts.angle_chart(m)
    assert words_of(figure) == "No result"
    assert words_below(figure).startswith("The body is turned about 70 degrees")
    assert figure.axes[0].lines
    assert not marked(figure, "end range") + marked(figure, "plateau") + marked(figure, "95 % interval")
    assert texts(figure) == []


def test_nobody_found():
    figure = charts.angle_chart(nobody())
    assert words_of(figure) == "No result"
    assert words_below(figure).startswith("Nobody was found")
    assert texts(figure) == ["no angle in any frame"]
