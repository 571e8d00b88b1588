from __future__ import annotations

import numpy as np
import pytest

from rom_tracker.errors import UsageError
from rom_tracker.landmarks import INDEX, LANDMARKS
from rom_tracker.mannequin import STANDING_M
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.client import ALL_LOOKS, People, _told_apart, client_of
from rom_tracker.pose.region import ClientPlace, Region

MOVEMENTS = load_catalogue().movements
SIZE = (640, 480)


def standing(x: float, *, px_per_m: float = 150.0) -> np.ndarray:
    """(landmark, 2) pixels of somebody who faces the camera, hips at x."""
    places = np.zeros((len(LANDMARKS), 2))
    for name in LANDMARKS:
        point = name.removeprefix("left_").removeprefix("right_").removesuffix("_left").removesuffix("_right")
        _, left, up = STANDING_M[point]
        places[INDEX[name]] = x + px_per_m * (-left if "right" in name else left), 240 - px_per_m * up
    return places


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


def test_a_movement_of_both_is_not_sure():
    client = client_of(people(raising_the_left_arm(200), raising_the_left_arm(420)), MOVEMENTS["shoulder_abduction"], "left")
    assert not client.sure


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


def test_findings_are_put_together_by_where_the_hips_are():
    found = [[standing(200), standing(203), standing(420)] for _ in range(4)]
    apart = _told_apart(found)
    assert apart.shape == (2, 4, 33, 2)
    np.testing.assert_allclose(sorted(apart[:, 0, INDEX["left_hip"], 0]), [216.5, 435], atol=2)


def test_a_blend_of_two_people_is_nobody():
    blend = (standing(200) + standing(280)) / 2
    found = [[standing(200), standing(200), standing(280), standing(280), blend] for _ in range(4)]
    assert len(_told_apart(found)) == 2


def test_a_part_of_somebody_is_nobody():
    whole = standing(200)
    part = whole * 0.4 + whole[INDEX["left_knee"]] * 0.6
    assert len(_told_apart([[whole, whole, part] for _ in range(4)])) == 1


def test_somebody_who_passes_by_is_not_there():
    found = [[standing(200)], [standing(200)], [standing(200), standing(420)], [standing(200)], [standing(200)]]
    assert len(_told_apart(found)) == 1


def test_the_clients_strip_alone_is_left_of_the_picture():
    place = ClientPlace(Region(100, 0, 612, 480), hips=(300.0, 240.0), trunk_px=80.0, reach_px=50.0)
    picture = np.full((480, 512, 3), 255, dtype=np.uint8)
    alone = place.alone(picture)
    assert (alone[:, 150:250] == 255).all()
    assert (alone[:, :150] == 128).all()
    assert (alone[:, 250:] == 128).all()


def test_landmarks_are_the_clients_where_the_hips_are():
    place = ClientPlace(Region(0, 0, 640, 480), hips=(200.0, 240.0), trunk_px=75.0, reach_px=50.0)
    assert place.is_at(standing(205))
    assert not place.is_at(standing(290))
    assert not place.is_at(np.full((33, 2), np.nan))
