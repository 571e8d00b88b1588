"""How the recordings of a movement are looked at: body, hand and face."""

from __future__ import annotations

from rom_tracker.movements import load_catalogue
from rom_tracker.pose.attention import of_the_body, of_the_instrument
from rom_tracker.pose.end_ranges import EndRanges
from rom_tracker.pose.gaze import EveryFrame

CATALOGUE = load_catalogue()


def test_a_movement_of_the_body_is_looked_at_for_its_end_ranges():
    bodies = [movement for movement in CATALOGUE.movements.values() if movement.instrument == "body"]
    assert bodies
    assert {type(of_the_body(movement, "left", movement.model)) for movement in bodies} == {EndRanges}


def test_a_hand_is_followed_more_closely_than_the_body_beside_it():
    assert of_the_instrument(CATALOGUE["wrist_flexion"]).fps > of_the_body(CATALOGUE["wrist_flexion"], "left", "full").fps


def test_where_head_or_hand_turn_away_every_frame_is_looked_at():
    def every_frame(key: str) -> list[bool]:
        movement = CATALOGUE[key]
        return [isinstance(each, EveryFrame) for each in (of_the_body(movement, "left", "full"), of_the_instrument(movement))]

    assert {key: every_frame(key) for key in ("forearm_supination", "neck_extension", "neck_rotation")} == {
        "forearm_supination": [True, True],
        "neck_extension": [True, True],
        "neck_rotation": [False, True],
    }
    assert every_frame("neck_lateral_flexion") == every_frame("wrist_extension") == [False, False]
