"""What of people is painted over."""

from __future__ import annotations

import numpy as np
from stick_figure import standing

from rom_tracker.landmarks import INDEX
from rom_tracker.pose.greyed_out import greyed_out

PICTURE = np.full((480, 640, 3), 255, dtype=np.uint8)


def test_trunk_and_limbs_are_greyed_out_and_the_neighbour_is_not():
    marks = standing(200)
    marks[INDEX["left_wrist"]] = marks[INDEX["left_index"]] = 330, 150
    grey = greyed_out(PICTURE, [marks])
    assert (PICTURE == 255).all()
    for point in ("left_hip", "right_shoulder", "left_wrist", "left_ankle", "right_knee"):
        x, y = marks[INDEX[point]].astype(int)
        assert (grey[y, x] == 128).all(), point
    assert (grey[:, 360:] == 255).all()
    assert (grey[300:, 320:] == 255).all()


def test_without_the_limbs_the_trunk_alone_is_greyed_out():
    marks = standing(200)
    marks[INDEX["left_wrist"]] = marks[INDEX["left_index"]] = 330, 150
    grey = greyed_out(PICTURE, [marks], limbs=False)
    shoulders = marks[[INDEX["left_shoulder"], INDEX["right_shoulder"]], 0]
    assert (grey[:, int(shoulders.min()) : int(shoulders.max())] == 128).all()
    assert (grey[:, int(shoulders.max()) + 15 :] == 255).all()
