from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from rom_tracker import load_catalogue
from rom_tracker.pictures import typical_range_deg
from rom_tracker.pictures.change import ChangeShown, change_picture

CATALOGUE = load_catalogue()


def shown(before_deg, after_deg, *, told=True, detectable_deg=6.0, start_deg=0.0) -> ChangeShown:
    return ChangeShown(
        start_deg, before_deg, after_deg, detectable_deg, told, f"vorher\n{before_deg:.0f}°", f"nachher\n{after_deg:.0f}°"
    )


def line(figure, gid):
    (found,) = [one for one in figure.axes[0].lines if one.get_gid() == gid]
    return np.stack([found.get_xdata(), found.get_ydata()], axis=1)


def apart_deg(a, b):
    u, v = a[1] - a[0], b[1] - b[0]
    return np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v)))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("key", ["shoulder_abduction", "knee_flexion", "neck_rotation", "wrist_flexion", "straight_leg_raise"])
def test_the_lines_lie_as_far_from_zero_as_was_measured(key, side):
    figure = change_picture(CATALOGUE[key], side, shown(50, 62))
    before, after, zero = (line(figure, gid) for gid in ("before", "after", "zero"))
    assert apart_deg(zero, before) == pytest.approx(50, abs=0.01)
    assert apart_deg(zero, after) == pytest.approx(62, abs=0.01)
    assert apart_deg(before, after) == pytest.approx(12, abs=0.01)
    (wedge,) = [patch for patch in figure.axes[0].patches if patch.get_gid() == "measuring error"]
    points = wedge.get_xy()
    assert apart_deg(points[:2], points[[0, -2]]) == pytest.approx(12, abs=0.01)


def test_an_arrow_says_that_there_is_a_change_and_is_drawn_for_none_other():
    for told in (True, False):
        figure = change_picture(CATALOGUE["knee_flexion"], "right", shown(90, 110, told=told))
        assert bool([one for one in figure.axes[0].lines if one.get_gid() == "change"]) == told


@pytest.mark.parametrize("key", list(CATALOGUE.movements))
def test_words_of_every_movement_stand_in_the_picture_and_not_on_each_other(key):
    end_deg = typical_range_deg(CATALOGUE[key])[1]
    for before_deg, after_deg in ((end_deg, end_deg + 1), (end_deg, end_deg - 12)):
        figure = change_picture(CATALOGUE[key], "left", shown(before_deg, after_deg))
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        boxes = [text.get_window_extent(canvas.get_renderer()) for text in figure.axes[0].texts if "°" in text.get_text()]
        assert len(boxes) == 2
        assert not boxes[0].overlaps(boxes[1])
        for box in boxes:
            assert box.x0 >= -1
            assert box.y0 >= -1
            assert box.x1 <= figure.bbox.width + 1
            assert box.y1 <= figure.bbox.height + 1
