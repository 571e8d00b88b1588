from __future__ import annotations

import numpy as np
import pytest
from stick_figure import standing

from rom_tracker.analysis.seeing import client_flags
from rom_tracker.errors import UsageError
from rom_tracker.landmarks import INDEX
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.client import Client, client_of
from rom_tracker.pose.people import ALL_LOOKS, People
from rom_tracker.pose.region import ClientPlace, Region

MOVEMENTS = load_catalogue().movements
SIZE = (640, 480)


def raising_the_left_arm(x: float) -> list[np.ndarray]:
    looks = []
    for share in np.linspace(0, 1, ALL_LOOKS):
        marks = standing(x)
        marks[INDEX["left_elbow"]] = marks[INDEX["left_shoulder"]] + (45 * share, 45 * (1 - share))
        looks.append(marks)
    return looks


def people(*who: list[np.ndarray]) -> People:
    return People(np.array(who), SIZE)


def test_the_client_is_the_one_who_moves_as_the_movement_says():
    still = [standing(420)] * ALL_LOOKS
    for order in ((still, raising_the_left_arm(200)), (raising_the_left_arm(200), still)):
        client = client_of(people(*order), MOVEMENTS["shoulder_abduction"], "left")
        assert client.people == 2
        assert client.sure
        assert client.place.hips[0] == pytest.approx(200)
        assert client.place.region.left < 200 < client.place.region.right


@pytest.mark.parametrize(("places", "x"), [((200, 420), 420), ((420, 200), 420), ((250, 420), 250)])
def test_of_two_who_move_alike_the_one_nearer_to_the_middle_is_taken_and_not_sure(places, x):
    client = client_of(people(*(raising_the_left_arm(place) for place in places)), MOVEMENTS["shoulder_abduction"], "left")
    assert (client.sure, client.chosen_by) == (False, "middle")
    assert client.place.hips[0] == pytest.approx(x)


def test_who_stands_still_in_the_middle_is_not_taken_for_two_who_move():
    three = people(raising_the_left_arm(120), [standing(320)] * ALL_LOOKS, raising_the_left_arm(500))
    client = client_of(three, MOVEMENTS["shoulder_abduction"], "left")
    assert client.chosen_by == "middle"
    assert client.place.hips[0] == pytest.approx(500)


def test_two_who_stand_still_are_not_told_apart_by_the_noise():
    trembling = [standing(200) + 1.0 * (look % 2) for look in range(ALL_LOOKS)]
    client = client_of(people([standing(420)] * ALL_LOOKS, trembling), MOVEMENTS["shoulder_abduction"], "left")
    assert not client.sure


@pytest.mark.parametrize(("last", "x"), [((215.0, 250.0), 200), ((410.0, 230.0), 420)])
def test_of_two_who_move_alike_the_one_at_last_times_place_is_the_client(last, x):
    both = people(raising_the_left_arm(200), raising_the_left_arm(420))
    client = client_of(both, MOVEMENTS["shoulder_abduction"], "left", last=last)
    assert (client.chosen_by, client.sure) == ("last place", False)
    assert client.place.hips[0] == pytest.approx(x)


def test_a_clear_movement_counts_for_more_than_last_times_place_and_a_point_for_more_than_both():
    both = people([standing(200)] * ALL_LOOKS, raising_the_left_arm(420))
    client = client_of(both, MOVEMENTS["shoulder_abduction"], "left", last=(200.0, 240.0))
    assert (client.chosen_by, client.place.hips[0]) == ("movement", pytest.approx(420))
    client = client_of(both, MOVEMENTS["shoulder_abduction"], "left", (200.0, 240.0), (420.0, 240.0))
    assert (client.chosen_by, client.place.hips[0]) == ("point", pytest.approx(200))


def test_the_others_are_told_from_left_to_right():
    three = people([standing(500)] * ALL_LOOKS, raising_the_left_arm(300), [standing(100)] * ALL_LOOKS)
    client = client_of(three, MOVEMENTS["shoulder_abduction"], "left")
    np.testing.assert_allclose(client.others_hips, [(100, 240), (500, 240)])
    (note,) = client_flags(client)
    assert note.severity == "note"
    assert "3 people are in the picture; number 2 from the left (hips at 300,240) was measured" in note.message
    assert "--client 100,240 or --client 500,240" in note.message


def test_it_is_said_who_was_measured_and_how_to_say_otherwise():
    left, right = standing(200), standing(420)
    place = ClientPlace(Region(0, 0, 640, 480), hips=(200.0, 240.0), trunk_px=80.0, reach_px=40.0)
    assert client_flags(Client(1)) == ()
    for chosen_by, severity in (
        ("movement", "note"),
        ("point", "note"),
        ("last place", "caution"),
        ("middle", "caution"),
    ):
        (flag,) = client_flags(Client(2, place, chosen_by, right[None]))
        assert flag.severity == severity
        assert "the one on the left (hips at 200,240) was measured" in flag.message
        assert ("--client 420,240" in flag.message) == (chosen_by != "point")
    (flag,) = client_flags(Client(2, place, "movement", (left - np.array([100, 0]))[None]))
    assert "the one on the right" in flag.message


@pytest.mark.parametrize(("at", "x"), [((205.0, 300.0), 200), ((430.0, 150.0), 420)])
def test_the_one_pointed_at_is_the_client(at, x):
    both = people([standing(200)] * ALL_LOOKS, raising_the_left_arm(420))
    client = client_of(both, MOVEMENTS["shoulder_abduction"], "left", at)
    assert client.sure
    assert client.place.hips[0] == pytest.approx(x)


def test_a_point_outside_the_picture_is_refused():
    with pytest.raises(UsageError, match="640 x 480 pixels, got 700,10"):
        client_of(people([standing(200)] * 3), MOVEMENTS["shoulder_abduction"], "left", (700, 10))


def test_somebody_alone_needs_no_place():
    client = client_of(people([standing(200)] * 3), MOVEMENTS["shoulder_abduction"], "left")
    assert (client.people, client.place) == (1, None)
