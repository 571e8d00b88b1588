from __future__ import annotations

import numpy as np
import pytest
from drawn_overlays import CATALOGUE, drawn, like
from recordings import recorded
from stick_figure import IMAGE_SIZE, repetitions_deg

from rom_tracker.overlay import drawing
from rom_tracker.overlay.artist import Artist
from rom_tracker.overlay.head_dial import HeadDial


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("key", "words"), [("neck_rotation", "from above"), ("neck_flexion", "from the side")])
def test_a_turn_of_the_head_that_the_camera_does_not_see_is_drawn_in_a_corner(key, words, side):
    time_s, angle_deg = repetitions_deg([40, 42])
    m = recorded(key, side, angle_deg, time_s).measured()
    artist = Artist(m, 1.0, IMAGE_SIZE)
    assert (artist.arcs, artist.dial.words) == (None, words)
    left, top, right, bottom = artist.dial_box
    index = int(np.argmin(np.abs(m.angles.time_s - m.repetitions.scored[0].peak_s)))
    image = drawn(m, index)
    dial = image[top:bottom, left:right]
    assert like(dial, drawing.GREEN).any()
    assert like(dial, drawing.BLACK).any()
    assert not like(drawn(m, 0)[top:bottom, left:right], drawing.GREEN, 5).any()
    rows, columns = np.nonzero(like(dial, drawing.GREEN, 5))
    to_the_right = columns.mean() > (right - left) / 2
    assert to_the_right == (key == "neck_flexion" or side == "left"), "a nod looks right, a turn goes as in the picture"
    assert len(rows) > 50


def test_the_dial_turns_as_the_movement_says():
    def way(key: str, side: str) -> tuple[float, float]:
        dial = HeadDial.of(CATALOGUE[key], side)
        return dial.zero_deg, dial.sense

    assert way("neck_flexion", "left") == way("neck_flexion", "right") == (-90, 1)
    assert way("neck_extension", "left") == (-90, -1)
    assert way("neck_rotation", "left") == (90, -1)
    assert way("neck_rotation", "right") == (90, 1)
