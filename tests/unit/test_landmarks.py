from __future__ import annotations

import numpy as np
import pytest

from rom_tracker.landmarks import (
    ALL_LANDMARKS,
    BONES,
    HAND_LANDMARKS,
    INDEX,
    LANDMARKS,
    MIRROR,
    is_of_the_hand,
    locate,
    opposite,
    opposite_side,
)


def test_there_are_33_landmarks_with_distinct_names_in_the_order_of_the_model():
    assert len(set(LANDMARKS)) == 33
    assert [INDEX[name] for name in LANDMARKS] == list(range(33))
    assert (INDEX["left_shoulder"], INDEX["right_wrist"], INDEX["left_hip"], INDEX["right_foot_index"]) == (11, 16, 23, 32)


def test_the_landmarks_of_both_hands_come_after_them_in_the_order_of_the_hand_model():
    assert len(HAND_LANDMARKS) == len(set(HAND_LANDMARKS)) == 23
    assert [HAND_LANDMARKS.index(f"hand_{name}") for name in ("wrist", "thumb_tip", "index_mcp", "middle_mcp", "pinky_tip")] == [
        0, 4, 5, 9, 20,
    ]  # fmt: skip
    assert (INDEX["left_hand_wrist"], INDEX["right_hand_wrist"], len(ALL_LANDMARKS)) == (33, 56, 79)
    assert [INDEX[name] for name in ALL_LANDMARKS] == list(range(79))
    assert {name for name in ALL_LANDMARKS if is_of_the_hand(name)} == set(ALL_LANDMARKS[33:])


def test_exchanging_left_and_right_twice_changes_nothing():
    np.testing.assert_array_equal(MIRROR[MIRROR], np.arange(33))
    assert [opposite(opposite(name)) for name in LANDMARKS] == list(LANDMARKS)
    assert [name for name in LANDMARKS if opposite(name) == name] == ["nose"]
    assert (opposite_side("left"), opposite_side("right")) == ("right", "left")


def test_bones_join_known_landmarks_and_come_in_mirrored_pairs():
    bones = {frozenset(bone) for bone in BONES}
    assert set().union(*bones) <= set(LANDMARKS)
    assert bones == {frozenset(map(opposite, bone)) for bone in bones}


@pytest.mark.parametrize(
    ("name", "side", "expected"),
    [
        ("hip", "left", ["left_hip"]),
        ("hip", "right", ["right_hip"]),
        ("opposite_hip", "left", ["right_hip"]),
        ("mid_shoulder", "right", ["left_shoulder", "right_shoulder"]),
        ("left_knee", "right", ["left_knee"]),
        ("nose", "left", ["nose"]),
        ("hand_wrist", "right", ["right_hand_wrist"]),
        ("opposite_hand_middle_mcp", "right", ["left_hand_middle_mcp"]),
        ("left_hand_ulnar_edge", "right", ["left_hand_ulnar_edge"]),
    ],
)
def test_a_point_is_made_of_these_landmarks(name, side, expected):
    assert [ALL_LANDMARKS[i] for i in locate(name, side)] == expected


@pytest.mark.parametrize("name", ["", "hips", "mid_nose", "opposite_", "left_", "mid_left_hip", "Hip"])
def test_no_such_point(name):
    with pytest.raises(KeyError):
        locate(name, "left")
