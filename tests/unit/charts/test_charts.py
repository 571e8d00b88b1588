from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image
from stick_figure import repetitions_deg, stick_passes

from rom_tracker import charts, compare, compare_sides, load_catalogue
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.analysis.repetitions import PLATEAU_S
from rom_tracker.analysis.sides import SideComparison
from rom_tracker.charts import style
from rom_tracker.charts.comparison import REST_SHOWN_S
from rom_tracker.pose.sequence import PosePasses
from rom_tracker.result_words import change_words, degrees, end_range_words, side_words

MINUS = "\N{MINUS SIGN}"


def measured(peaks_deg, key="elbow_flexion", *, side="left", rest_deg=0.0, lost_s=None, **view) -> RomMeasurement:
    sure = {"residual_deg": 2.0, "residual_people": 20, "change_residual_deg": 1.0, "change_residual_people": 20}
    movement = load_catalogue()[key].model_copy(update=sure)
    time_s, angle_deg = repetitions_deg(peaks_deg, rest_deg=rest_deg)
    passes = stick_passes(key, side, angle_deg, time_s, faces=f"image_{side}", **view)
    if lost_s is not None:
        lost = (time_s > lost_s[0]) & (time_s < lost_s[1])
        look = passes.as_filmed.replaced(xy=np.where(lost[:, None, None], np.nan, passes.as_filmed.xy))
        passes = PosePasses(look, look)
    return measure_poses(passes, movement, side)


def lacking(peaks_deg) -> RomMeasurement:
    return measured(peaks_deg, "knee_extension", rest_deg=-90)


def nobody() -> RomMeasurement:
    return measured([90], lost_s=(-1, 99))


def marked(figure: Figure, gid: str, axes: int = 0) -> list:
    artists = [*figure.axes[axes].lines, *figure.axes[axes].patches]
    return [artist for artist in artists if artist.get_gid() == gid]


def words_of(figure: Figure) -> str:
    return " ".join(figure.get_suptitle().split())


def words_below(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.texts if text is not figure._suptitle).replace("\n", " ")


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def texts(figure: Figure, axes: int = 0) -> list[str]:
    return [text.get_text() for text in figure.axes[axes].texts]


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


def test_the_words_claim_no_more_than_the_verdict():
    same = change_words(compare(measured([100, 102]), measured([101, 103])))
    assert same.startswith("No detectable change: +1°, smaller than the ")
    assert "improved" not in same
    better = change_words(compare(measured([100, 102]), measured([120, 122])))
    assert better.startswith("+20° improved (95 %: +")
    worse = change_words(compare(measured([120, 122]), measured([100, 102])))
    assert worse.startswith(f"{MINUS}20° worse (95 %: {MINUS}")


def test_no_change_is_never_said_to_be_smaller_than_itself():
    limit = compare(measured([100, 102]), measured([100, 102])).detectable_deg
    comparison = compare(measured([100, 102]), measured([100 + 0.98 * limit, 102 + 0.98 * limit]))
    assert comparison.verdict == "no detectable change"
    words = change_words(comparison).split()
    assert words[3].strip("+,°") != words[7].strip("°")


def test_a_smaller_angle_can_be_the_better_one():
    before, after = measured([100, 102]), measured([80, 82])
    smaller = before.movement.model_copy(update={"better": "smaller"})
    object.__setattr__(before, "movement", smaller)
    object.__setattr__(after, "movement", smaller)
    assert change_words(compare(before, after)).startswith(f"{MINUS}20° improved")


def test_a_refused_comparison_draws_what_there_is_and_says_why():
    figure = charts.comparison_chart(compare(measured([100, 102]), nobody()))
    assert words_of(figure) == "No comparison"
    assert words_below(figure) == "After: refused (nobody was found in the recording)"
    assert len(marked(figure, "before")) == 2
    assert not marked(figure, "after") + marked(figure, "measuring error")
    assert "no repetition in either" in texts(charts.comparison_chart(compare(nobody(), nobody())))


def test_describe_tells_the_result_and_every_caution():
    m = measured([100, 104])
    assert charts.describe(m).startswith("Elbow flexion, left, angle over time. End range 102° (95 %: ")
    assert charts.describe(m).endswith("2 repetitions: 100°, 104°.")
    one = charts.describe(compare(m, measured([130])))
    assert "End range 102° before and 130° after." in one
    assert one.endswith("Caution: After: Only one repetition was found; three or more make the result more certain.")


def test_the_first_caution_is_said_under_the_result_by_its_first_sentence():
    figure = charts.comparison_chart(compare(measured([100, 104]), measured([130])))
    assert "caution" not in words_of(figure)
    assert words_below(figure) == "Caution (after): Only one repetition was found; three or more make the result more certain."
    (below,) = [text for text in figure.texts if text is not figure._suptitle]
    assert below.get_fontsize() < figure._suptitle.get_fontsize()
    assert words_below(charts.comparison_chart(compare(measured([100, 104]), measured([120, 124])))) == ""


def test_negative_angles_are_written_with_words_between_them():
    words = end_range_words(lacking([-20, -16]))
    assert words.startswith(f"End range {MINUS}18° (95 %: {MINUS}")
    assert f"° to {MINUS}" in words


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_saved_charts_carry_their_description(tmp_path, suffix):
    path = tmp_path / f"chart{suffix}"
    m = measured([100, 104])
    charts.save_chart(charts.angle_chart(m), path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    if suffix == ".png":
        with Image.open(path) as picture:
            assert picture.info["Description"] == charts.describe(m)
            assert picture.width == round(style.FIGURE_INCHES[0] * style.DOTS_PER_INCH)
    elif suffix == ".svg":
        assert charts.describe(m) in path.read_text(encoding="utf-8")
    else:
        assert path.read_bytes().startswith(b"%PDF")
        assert b"/Subject" in path.read_bytes()


def both_sides(left_deg, right_deg, **options) -> SideComparison:
    return compare_sides(measured(left_deg, **options), measured(right_deg, side="right", **options))


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


def test_the_words_of_both_sides_name_the_one_that_goes_further():
    assert side_words(both_sides([120, 122], [90, 92])).startswith("The left side goes 30° further (95 %: 2")
    assert side_words(both_sides([90, 92], [120, 122])).startswith("The right side goes 30° further (95 %: 2")
    assert side_words(both_sides([101, 103], [100, 102])).startswith("No detectable difference: 1°, smaller than the ")
    described = charts.describe(both_sides([120, 122], [90, 92]))
    assert described.startswith("Elbow flexion, left against right. End range 121° left and 91° right. The left side goes")


def test_a_refused_side_leaves_the_other_with_its_number():
    sides = compare_sides(measured([100, 102]), measured([3], side="right"))
    figure = charts.sides_chart(sides)
    assert words_of(figure) == "No difference is given"
    assert words_below(figure).startswith("Right: refused (the angle changed by 3 degrees and no repetition of at least ")
    assert words_below(figure).endswith(" degrees was found)")
    assert texts(figure, 1) == ["101°"]
    assert not marked(figure, "measuring error")
    assert "End range 101° left. No difference" in figure.get_label()


def texts_drawn(figure: Figure, monkeypatch) -> list[Text]:
    drawn = []
    draw = Text.draw
    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", lambda self, renderer: (drawn.append(self), draw(self, renderer))[1])
        FigureCanvasAgg(figure).draw()
    return [text for text in drawn if text.get_visible() and text.get_text()]


@pytest.mark.parametrize(
    "make",
    [
        lambda: charts.angle_chart(measured([100, 40, 104, 99, 98, 101, 103, 102])),
        lambda: charts.angle_chart(measured([9, 10, 8], "trunk_lateral_flexion")),
        lambda: charts.angle_chart(measured([90, 95], "shoulder_abduction", yaw_deg=70)),
        lambda: charts.comparison_chart(compare(measured([100, 104]), measured([120, 124]))),
        lambda: charts.comparison_chart(compare(measured([100, 40, 104], yaw_deg=30), measured([130, 99]))),
        lambda: charts.comparison_chart(compare(measured([100, 104]), measured([130]))),
        lambda: charts.comparison_chart(compare(lacking([-20, -15]), lacking([-19, -15]))),
        lambda: charts.comparison_chart(compare(nobody(), nobody())),
        lambda: charts.sides_chart(both_sides([100, 104], [120, 124])),
        lambda: charts.sides_chart(both_sides([100, 104], [3])),
        lambda: charts.sides_chart(both_sides([100, 104], [101, 104])),
    ],
)
def test_no_text_overlaps_another_or_leaves_the_figure(make, monkeypatch):
    figure = make()
    shown = texts_drawn(figure, monkeypatch)
    boxes = [text.get_window_extent() for text in shown]
    assert len(boxes) > 4
    for i, box in enumerate(boxes):
        assert min(box.x0, box.y0) >= -1, shown[i]
        assert box.x1 <= figure.bbox.x1 + 1, shown[i]
        assert box.y1 <= figure.bbox.y1 + 1, shown[i]
        assert not [other for other, its_box in zip(shown[:i], boxes[:i], strict=True) if _overlap(box, its_box)], shown[i]
        assert shown[i].get_fontsize() >= style.SMALL_PT


def _overlap(a, b) -> bool:
    return min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1


def test_drawing_leaves_the_global_state_of_matplotlib_alone():
    code = "import sys, rom_tracker.charts; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
