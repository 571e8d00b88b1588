from __future__ import annotations

import numpy as np
import pytest
from measured_charts import both_sides, legend_of, marked, measured, nobody, texts, words_below, words_of

from rom_tracker import charts, compare, compare_sides
from rom_tracker.charts.comparison import REST_SHOWN_S
from rom_tracker.result_words import degrees


def test_before_and_after_are_aligned_at_the_start_of_every_repetition():
    before, after = measured([100, 104]), measured([120, 124, 122])
    figure = charts.comparison_chart(compare(before, after))
    for moment, m in (("before", before), ("after", after)):
        lines = marked(figure, moment)
        assert len(lines) == len(m.repetitions.scored)
        for line, r in zip(lines, m.repetitions.scored, strict=True):
            at_start = np.interp(0.0, line.get_xdata(), line.get_ydata())
            assert at_start == pytest.approx(np.interp(r.start_s, m.angles.time_s, m.angles.angle_deg))
            assert line.get_xdata()[0] == pytest.approx(-REST_SHOWN_S, abs=1 / 30)
        for panel in (0, 1):
            assert list(marked(figure, f"end range {moment}", panel)[0].get_ydata()) == [m.peak_deg, m.peak_deg]
    assert texts(figure, 1)[:2] == ["102°", "122°"]


def test_line_styles_and_markers_differ_as_well_as_colours():
    figure = charts.comparison_chart(compare(measured([100, 104]), measured([120, 124])))
    before, after = (marked(figure, moment)[0] for moment in ("before", "after"))
    assert before.get_linestyle() != after.get_linestyle()
    assert before.get_color() != after.get_color()
    markers = [marked(figure, f"{moment} end range", 1)[0].get_marker() for moment in ("before", "after")]
    assert len(set(markers)) == 2


def test_every_mark_is_in_the_legend_as_it_is_drawn():
    figure = charts.comparison_chart(compare(measured([100, 104]), measured([120, 124])))
    common = ["typical repetition", "other repetitions", "mean end range", "measuring error"]
    assert legend_of(figure) == ["before", "after", "change", *common]
    shown = dict(zip(legend_of(figure), figure.legends[0].legend_handles, strict=True))
    for moment in ("before", "after"):
        widths = {line.get_linewidth() for line in marked(figure, moment)}
        assert widths == {shown[name].get_linewidth() for name in common[:2]}
        (bold,) = [line for line in marked(figure, moment) if line.get_linewidth() == max(widths)]
        assert (bold.get_color(), bold.get_linestyle()) == (shown[moment].get_color(), shown[moment].get_linestyle())
        assert bold.get_linewidth() == shown[moment].get_linewidth()
    assert not [line for line in figure.axes[0].lines if line.get_marker() not in ("", "None", None)], "markers off the curves"
    same = charts.comparison_chart(compare(measured([100, 104]), measured([100, 104.5])))
    assert legend_of(same) == ["before", "after", *common]
    assert not [text for text in same.axes[1].texts if text.arrow_patch is not None], "the grey band says it all"
    single = charts.comparison_chart(compare(measured([100]), measured([130])))
    assert legend_of(single) == ["before", "after", "change", *common[2:]]
    assert "difference" in legend_of(charts.sides_chart(both_sides([100, 104], [120, 124])))
    alone = legend_of(charts.comparison_chart(compare(nobody(), nobody())))
    assert alone == ["before", "after"]
    assert legend_of(charts.angle_chart(measured([100, 104])))[0] == "repetition"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ([100, 102], [120, 122], "improved"),
        ([120, 122], [100, 102], "worse"),
        ([100, 102], [101, 103], "no detectable change"),
    ],
)
def test_an_end_range_within_the_grey_band_is_no_detectable_change(before, after, verdict):
    comparison = compare(measured(before), measured(after))
    assert comparison.verdict == verdict
    figure = charts.comparison_chart(comparison)
    (band,) = marked(figure, "measuring error", 1)
    inside = band.get_y() <= comparison.after.peak_deg <= band.get_y() + band.get_height()
    assert inside == (verdict == "no detectable change")
    assert band.get_height() == pytest.approx(2 * comparison.detectable_deg)
    assert verdict in words_of(figure).lower()


def test_a_refused_comparison_draws_what_there_is_and_says_why():
    figure = charts.comparison_chart(compare(measured([100, 102]), nobody()))
    assert words_of(figure) == "No comparison"
    assert words_below(figure) == "After: refused (nobody was found in the recording)"
    assert len(marked(figure, "before")) == 2
    assert not marked(figure, "after") + marked(figure, "measuring error")
    assert "no repetition in either" in texts(charts.comparison_chart(compare(nobody(), nobody())))


def test_the_first_caution_is_said_under_the_result_by_its_first_sentence():
    figure = charts.comparison_chart(compare(measured([100, 104]), measured([130])))
    assert "caution" not in words_of(figure)
    assert words_below(figure) == "Caution (after): Only one repetition was found; three or more make the result more certain."
    (below,) = [text for text in figure.texts if text is not figure._suptitle]
    assert below.get_fontsize() < figure._suptitle.get_fontsize()
    assert words_below(charts.comparison_chart(compare(measured([100, 104]), measured([120, 124])))) == ""


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [([120, 122], [90, 92], "sides differ"), ([90, 92], [120, 122], "sides differ"), ([100, 102], [101, 103], None)],
)
def test_both_sides_stand_on_one_axis(left, right, verdict):
    sides = both_sides(left, right)
    assert sides.verdict == (verdict or "no detectable difference")
    figure = charts.sides_chart(sides)
    assert figure.axes[0].get_ylabel() == "Elbow flexion (degrees)"
    for side, m in (("left", sides.left), ("right", sides.right)):
        assert len(marked(figure, side)) == 2
        for panel in (0, 1):
            assert list(marked(figure, f"end range {side}", panel)[0].get_ydata()) == [m.peak_deg, m.peak_deg]
    (band,) = marked(figure, "measuring error", 1)
    inside = band.get_y() <= sides.right.peak_deg <= band.get_y() + band.get_height()
    assert inside == (verdict is None)
    assert set(texts(figure, 1)) >= {degrees(m.peak_deg) for m in (sides.left, sides.right)}


def test_a_refused_side_leaves_the_other_with_its_number():
    sides = compare_sides(measured([100, 102]), measured([3], side="right"))
    figure = charts.sides_chart(sides)
    assert words_of(figure) == "No difference is given"
    assert words_below(figure).startswith("Right: refused (the angle changed by 3 degrees and no repetition of at least ")
    assert words_below(figure).endswith(" degrees was found)")
    assert texts(figure, 1) == ["101°"]
    assert not marked(figure, "measuring error")
    assert "End range 101° left. No difference" in figure.get_label()
