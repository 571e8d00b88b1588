from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from rom_tracker.analysis.seeing import client_flags
from rom_tracker.errors import UsageError
from rom_tracker.landmarks import INDEX, LANDMARKS
from rom_tracker.movements import load_catalogue
from rom_tracker.movements.mannequin import STANDING_M
from rom_tracker.pose import client as client_module
from rom_tracker.pose.client import (
    ALL_LOOKS,
    FIRST_LOOKS,
    OTHER_LOOKS,
    Client,
    People,
    _alone_in,
    _found_in,
    _looked,
    _times,
    _told_apart,
    client_of,
    greyed_out,
)
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


def test_somebody_who_comes_in_on_the_way_and_stays_is_there():
    found = [[standing(200)]] * 6 + [[standing(200), standing(420)]] * 3
    assert np.isfinite(_told_apart(found)[:, :, 0, 0]).sum(axis=1).tolist() == [9, 3]


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


class OneAtATime:
    """Finds, of the people whose hips are not painted over, the first one alone: what the pose model does with near neighbours."""

    def __init__(self, *people: np.ndarray) -> None:
        self.people = people
        self.pictures = 0

    def find(self, image: np.ndarray, part: Region) -> list[np.ndarray]:
        self.pictures += 1
        for marks in self.people:
            x, y = marks[[INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=0).astype(int)
            if part.left <= x < part.right and image[y, x, 0] == 255:
                return [marks]
        return []


PICTURE = np.full((480, 640, 3), 255, dtype=np.uint8)


@pytest.mark.parametrize("order", [(200, 290), (290, 200), (200, 290, 420)])
def test_who_is_found_only_when_the_others_are_greyed_out_is_found(order):
    found = _found_in(PICTURE, OneAtATime(*(standing(x) for x in order)))
    hips = {round(float(marks[[INDEX["left_hip"], INDEX["right_hip"]], 0].mean())) for marks in found}
    assert hips == set(order)


class Mixed(OneAtATime):
    """Finds in the whole picture two people as one, in the middle between them; in parts and alone as each is."""

    def find(self, image: np.ndarray, part: Region) -> list[np.ndarray]:
        whole = part.right - part.left == image.shape[1]
        if whole and (image == 255).all():
            self.pictures += 1
            return [np.mean(self.people, axis=0)]
        return super().find(image, part)


def test_somebody_alone_is_found_and_costs_one_more_look():
    finder = OneAtATime(standing(250))
    found = _found_in(PICTURE, finder)
    assert {float(marks[INDEX["nose"], 0]) for marks in found} == {250}
    assert finder.pictures == 5


@pytest.mark.parametrize("x", [150, 250, 320, 500])
def test_somebody_alone_in_all_pictures_is_known_by_three_looks_at_each(x):
    finder = OneAtATime(standing(x))
    alone = _alone_in([PICTURE] * 3, finder)
    assert [float(marks[INDEX["nose"], 0]) for marks in alone] == [x] * 3
    assert finder.pictures == 9


def test_two_who_are_taken_for_one_in_the_whole_picture_are_told_apart():
    finder = Mixed(standing(270), standing(330))
    assert _alone_in([PICTURE], finder) is None
    hips = {round(float(marks[[INDEX["left_hip"], INDEX["right_hip"]], 0].mean())) for marks in _found_in(PICTURE, finder)}
    assert {270, 330} <= hips


@pytest.mark.parametrize("others", [[], [250, 500], [250, 340]])
def test_one_picture_with_nobody_or_several_is_enough_not_to_be_alone(others):
    seen = {255: OneAtATime(standing(250)), 254: OneAtATime(*(standing(x) for x in others))}

    class ByPicture:
        def find(self, image: np.ndarray, part: Region) -> list[np.ndarray]:
            white = int(image.max())
            return seen[white].find(np.where(image == white, 255, image), part)

    assert _alone_in([PICTURE, PICTURE, np.full_like(PICTURE, 254)], ByPicture()) is None


def test_nobody_is_nobody():
    assert _found_in(PICTURE, OneAtATime()) == []


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


def test_only_a_trunk_that_is_surely_there_makes_somebody():
    from rom_tracker.pose.people import LEAST_PRESENCE, TRUNK, PeopleFinder

    def marks(presence: float):
        return [SimpleNamespace(presence=presence if at in TRUNK else 0.1) for at in range(len(LANDMARKS))]

    sure, ghost = marks(LEAST_PRESENCE + 0.01), marks(LEAST_PRESENCE - 0.01)
    answer = SimpleNamespace(pose_landmarks=[ghost, sure])
    assert PeopleFinder()._marks(answer) == [sure]
    assert PeopleFinder(least_presence=0.0)._marks(answer) == [ghost, sure]


@pytest.mark.parametrize(
    ("length_s", "first_s", "others_s"),
    [(9.0, [1.5, 4.5, 7.5], [0.5, 2.5, 3.5, 5.5, 6.5, 8.5]), (None, [1.0, 3.0, 5.0], [7.0, 9.0, 11.0, 13.0, 15.0, 17.0])],
)
def test_the_looks_lie_at_even_distances_and_those_after_the_first_three_between_them(length_s, first_s, others_s):
    video = SimpleNamespace(expected_duration_s=length_s, begins_s=10.0)
    assert sorted([*FIRST_LOOKS, *OTHER_LOOKS]) == list(range(ALL_LOOKS))
    assert _times(video, FIRST_LOOKS) == pytest.approx([10.0 + t for t in first_s])
    assert _times(video, OTHER_LOOKS) == pytest.approx([10.0 + t for t in others_s])


@pytest.mark.parametrize(("places", "looked"), [([320], 3), ([200, 440], 9)])
def test_where_somebody_else_is_found_six_more_pictures_are_looked_at_and_none_twice(monkeypatch, places, looked):
    asked_s = []

    def pictures_at(video, times_s, along=None):
        asked_s.extend(times_s)
        return [np.zeros((1, 1, 3), dtype=np.uint8)] * len(times_s)

    monkeypatch.setattr(client_module, "pictures_at", pictures_at)
    alone = [standing(places[0])] * 3 if len(places) == 1 else None
    monkeypatch.setattr(client_module, "_alone_in", lambda images, finder: alone)
    monkeypatch.setattr(client_module, "_found_in", lambda image, finder: [standing(x) for x in places])
    found = _looked(SimpleNamespace(expected_duration_s=9.0, begins_s=0.0), None, None)
    assert len(found) == len(set(asked_s)) == looked
    assert len(_told_apart(found)) == len(places)
