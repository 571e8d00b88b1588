from __future__ import annotations

import errno
import subprocess
import sys

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from measured_charts import both_sides, lacking, measured, nobody
from PIL import Image

from rom_tracker import charts, compare
from rom_tracker.charts import style
from rom_tracker.charts.style import new_figure, save_chart
from rom_tracker.errors import OutputError, UsageError


def test_only_kinds_of_file_that_work(tmp_path):
    with pytest.raises(UsageError, match=r"\.png, \.svg, \.pdf"):
        save_chart(new_figure(), tmp_path / "chart.jpg")


def test_a_chart_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    figure = new_figure()
    with pytest.raises(OutputError, match="is not a folder"):
        save_chart(figure, tmp_path / "no" / "chart.png")

    def full(path, **_):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "chart.png").write_bytes(b"old")
    monkeypatch.setattr(figure, "savefig", full)
    with pytest.raises(OutputError, match="disk is full"):
        save_chart(figure, tmp_path / "chart.png")
    assert [file.name for file in tmp_path.iterdir()] == ["chart.png"]
    assert (tmp_path / "chart.png").read_bytes() == b"old"


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
