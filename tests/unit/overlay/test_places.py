from __future__ import annotations

import numpy as np

from rom_tracker.overlay import places


def test_corners():
    size = (400, 300)
    boxes = {corner: places.corner_box(corner, (100, 50), size, 10) for corner in places.CORNERS}
    assert boxes == {
        "top left": (10, 10, 110, 60), "top right": (290, 10, 390, 60),
        "bottom left": (10, 240, 110, 290), "bottom right": (290, 240, 390, 290),
    }  # fmt: skip
    nowhere, no_words = np.full((3, 1, 2), np.nan), np.full((3, 4), np.nan)
    assert places.emptiest_corner(boxes, nowhere, no_words) == "top left"
    body = np.array([[[50.0, 30.0]], [[300.0, 40.0]], [[300.0, 40.0]]])
    assert places.emptiest_corner(boxes, body, no_words) == "bottom left"
    words = np.array([[0.0, 230, 60, 250], [0, 230, 60, 250], [np.nan] * 4])
    assert places.emptiest_corner(boxes, body, words) == "bottom right"
    assert places.emptiest_corner({c: boxes[c] for c in places.TOP}, body, words) == "top left"
