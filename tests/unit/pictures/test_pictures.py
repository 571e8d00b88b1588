from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from rom_tracker.landmarks import INDEX
from rom_tracker.movements import Movement, load_catalogue
from rom_tracker.movements.mannequin import posed
from rom_tracker.movements.norms import load_norms
from rom_tracker.pictures import movement_picture, typical_range_deg
from rom_tracker.pictures.at_ease import at_ease
from rom_tracker.pictures.viewpoint import viewpoint_of

OWN = """
[segment.whole_arm]
from = "shoulder"
to = "wrist"
at_zero = "down"

[segment.finger]
from = "hand_index_mcp"
to = "hand_index_pip"
at_zero = "distal"

[posture.lying]
words = "lying on the front"
lies = "prone"

[movement.arm_raise]
title = "Raising of the straight arm, lying on the front, as this practice has always measured it"
joint = "shoulder"
plane = "sagittal"
camera = "side"
posture = "lying"
moving = "whole_arm"
reference = "up"
positive = "forward"
zero = "anatomical"
limits_deg = [-70, 200]
better = "larger"
definition = "The straight arm against the vertical."
compensation = "leaning back"
source = "this practice"

[movement.finger_flexion]
title = "Finger flexion"
joint = "finger"
plane = "sagittal"
camera = "side"
posture = "elbow_bent"
moving = "finger"
reference = "hand"
positive = "palmar"
zero = "anatomical"
limits_deg = [-40, 130]
better = "larger"
definition = "The first bone of the index finger against the hand."
compensation = "none"
source = "this practice"
"""

BUILT_IN = load_catalogue().movements
STRAIGHT_DEG = 10


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Movement]:
    path = tmp_path_factory.mktemp("own") / "movements.toml"
    path.write_text(OWN, encoding="utf-8")
    return dict(load_catalogue(path).movements)


def drawn(figure: Figure, gid: str) -> np.ndarray:
    """(point, 2) of the one line of that name, x right and y up."""
    (line,) = [line for line in figure.axes[0].get_lines() if line.get_gid() == gid]
    return line.get_xydata() * (1, -1)


def direction_deg(vectors: np.ndarray) -> np.ndarray:
    return np.degrees(np.arctan2(vectors[..., 1], vectors[..., 0]))


def turn_deg(a: np.ndarray, b: np.ndarray) -> float:
    """Degrees anticlockwise from a to b, -180 to 180."""
    return float((direction_deg(b) - direction_deg(a) + 180) % 360 - 180)


def check(movement: Movement, side: str) -> None:
    """The arc runs from the line of 0 to the moving segment and turns by the angle that is written beside it."""
    figure = movement_picture(movement, side)
    _, end = typical_range_deg(movement)
    arc, zero, moving = (drawn(figure, gid) for gid in ("arc", "zero", "moving"))
    corner = zero[0]
    turns = np.unwrap(direction_deg(arc - corner), period=360)
    assert abs(turns[-1] - turns[0]) == pytest.approx(abs(end), abs=1e-6)
    assert turn_deg(zero[1] - corner, arc[0] - corner) == pytest.approx(0, abs=1e-6)
    assert turn_deg(arc[-1] - corner, moving[1] - corner) == pytest.approx(0, abs=1e-6)
    (value,) = [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "value"]
    assert value.replace("\N{MINUS SIGN}", "-") == f"{end:.0f}°"
    no_words_over_the_edge(figure)


def no_words_over_the_edge(figure: Figure) -> None:
    FigureCanvasAgg(figure).draw()
    width, height = figure.bbox.size
    for text in figure.findobj(Text):
        if text.get_text().strip():
            box = text.get_window_extent()
            assert box.x0 >= 0, text.get_text()
            assert box.x1 <= width, text.get_text()
            assert 0 <= box.y0 < box.y1 <= height, text.get_text()
    stage = figure.axes[0].get_window_extent()
    for text in figure.texts:
        box = text.get_window_extent()
        assert not text.get_text() or box.y0 > stage.y1 - 3 or box.y1 < stage.y0 + 3, text.get_text()


@pytest.mark.parametrize("key", BUILT_IN)
def test_the_picture_of_every_movement_shows_its_angle(key):
    check(BUILT_IN[key], "right")


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("key", ["arm_raise", "finger_flexion"])
def test_a_movement_of_ones_own_has_a_picture(own, key, side):
    check(own[key], side)


@pytest.mark.parametrize("key", ["shoulder_abduction", "hip_flexion", "forearm_pronation", "neck_rotation"])
def test_the_other_side_is_pictured_the_other_way_round(key):
    turns = []
    for side in ("left", "right"):
        figure = movement_picture(BUILT_IN[key], side)
        arc = drawn(figure, "arc") - drawn(figure, "zero")[0]
        turns.append(np.unwrap(direction_deg(arc), period=360)[[0, -1]] @ (-1, 1))
    assert turns[0] == pytest.approx(-turns[1])


@pytest.mark.parametrize("key", BUILT_IN)
def test_it_is_seen_from_the_movements_camera_where_that_shows_the_angle(key):
    hidden = {"neck_flexion": "from the side", "neck_extension": "from the side", "neck_rotation": "from above"}
    view = viewpoint_of(BUILT_IN[key], "right")
    assert view.is_the_cameras == (key not in hidden)
    assert view.words == hidden.get(key, "")


def test_the_tested_side_is_towards_the_camera():
    for side, other in (("left", "right"), ("right", "left")):
        points = viewpoint_of(BUILT_IN["knee_flexion"], side)(posed(BUILT_IN["knee_flexion"], side, [0]).points_m[0])
        assert points[INDEX[f"{side}_knee"], 2] < points[INDEX[f"{other}_knee"], 2]


def test_where_the_camera_stands_is_written_below():
    words = " ".join(text.get_text() for text in movement_picture(BUILT_IN["neck_rotation"]).texts).replace("\n", " ")
    assert "Sketch from above. Camera from the front, at the height of the eyes" in words


def words_in(figure: Figure) -> dict[str, np.ndarray]:
    """Where each word of the picture stands, x right and y up."""
    return {text.get_gid(): np.array(text.get_position()) * (1, -1) for text in figure.axes[0].texts if text.get_gid()}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("shoulder_internal_rotation", "Upper arm points at the camera"),
        ("forearm_pronation", "Forearm points at the camera"),
        ("hip_external_rotation", "Thigh points at the camera"),
        ("knee_extension", None),
    ],
)
@pytest.mark.parametrize("side", ["left", "right"])
def test_what_points_at_the_camera_is_said(key, words, side):
    said = [text.get_text() for text in movement_picture(BUILT_IN[key], side).texts if "points at" in text.get_text()]
    assert said == ([words] if words else [])


@pytest.mark.parametrize("side", ["left", "right"])
def test_thumb_and_palm_are_named_where_the_hand_is_seen_from_its_tips(side):
    outwards = 1 if side == "left" else -1
    for key, thumb, palm in (("forearm_pronation", -1, -1), ("forearm_supination", 1, 1)):
        figure = movement_picture(BUILT_IN[key], side)
        words, corner = words_in(figure), drawn(figure, "zero")[0]
        assert np.sign(words["thumb"] - corner)[0] == thumb * outwards
        assert np.sign(words["palm"] - corner)[1] == palm
    assert "palm" not in words_in(movement_picture(BUILT_IN["wrist_flexion"], side))


@pytest.mark.parametrize("key", BUILT_IN)
def test_the_name_of_zero_stands_beside_its_line_away_from_the_angle(key):
    figure = movement_picture(BUILT_IN[key])
    corner, tip = drawn(figure, "zero")
    arc, nought = drawn(figure, "arc"), words_in(figure)["nought"]
    assert abs(turn_deg(tip - corner, nought - corner)) == pytest.approx(9)
    assert np.sign(turn_deg(tip - corner, nought - corner)) == -np.sign(turn_deg(tip - corner, arc[1] - corner))


def test_the_other_foot_of_a_lunge_stands_a_step_behind_on_its_toes():
    lunge = BUILT_IN["weight_bearing_lunge"]
    for side, other in (("left", "right"), ("right", "left")):
        plain = posed(lunge, side, [0.0, 40.0, 0.0])
        points = at_ease(plain, lunge, side).points_m
        name = {n: INDEX[f"{other}_{n}"] for n in ("hip", "knee", "ankle", "heel", "foot_index")}
        np.testing.assert_array_equal(points[:, INDEX[f"{side}_ankle"]], plain.points_m[:, INDEX[f"{side}_ankle"]])
        np.testing.assert_allclose(points[:2, name["foot_index"], 2], -0.9)
        np.testing.assert_allclose(points[0, name["foot_index"]], points[1, name["foot_index"]])
        assert (points[:2, name["heel"], 0] < points[:2, INDEX[f"{side}_heel"], 0] - 0.2).all()
        assert (points[:2, name["heel"], 2] > -0.9).all()
        for a, b in (("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("ankle", "foot_index")):
            length = np.linalg.norm(points[:2, name[a]] - points[:2, name[b]], axis=-1)
            np.testing.assert_allclose(length, np.linalg.norm(plain.points_m[0, name[a]] - plain.points_m[0, name[b]]))
    standing = posed(BUILT_IN["knee_flexion"], "left", [0.0, 90.0, 0.0])
    np.testing.assert_array_equal(at_ease(standing, BUILT_IN["knee_flexion"], "left").points_m, standing.points_m)


def test_what_is_drawn_as_typical(own):
    published = {norm.mean_deg for norm in load_norms() if norm.movement == "shoulder_abduction"}
    start, end = typical_range_deg(BUILT_IN["shoulder_abduction"])
    assert start == 0
    assert end in published
    assert typical_range_deg(own["arm_raise"]) == (0, pytest.approx(110))
    for key in ("elbow_extension", "knee_extension", "active_knee_extension"):
        start, end = typical_range_deg(BUILT_IN[key])
        assert start < end < -STRAIGHT_DEG, "a straight limb shows no angle"
    for movement in BUILT_IN.values():
        assert all(movement.limits_deg[0] < angle < movement.limits_deg[1] for angle in typical_range_deg(movement))
