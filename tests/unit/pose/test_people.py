"""Who is in a recording: told from findings at known places."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from stick_figure import standing

from rom_tracker.landmarks import INDEX
from rom_tracker.pose import people as people_module
from rom_tracker.pose.people import (
    ALL_LOOKS,
    FIRST_LOOKS,
    OTHER_LOOKS,
    _alone_in,
    _found_in,
    _looked,
    _times,
    _told_apart,
)
from rom_tracker.pose.region import Region


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

    monkeypatch.setattr(people_module, "pictures_at", pictures_at)
    alone = [standing(places[0])] * 3 if len(places) == 1 else None
    monkeypatch.setattr(people_module, "_alone_in", lambda images, finder: alone)
    monkeypatch.setattr(people_module, "_found_in", lambda image, finder: [standing(x) for x in places])
    found = _looked(SimpleNamespace(expected_duration_s=9.0, begins_s=0.0), None, None)
    assert len(found) == len(set(asked_s)) == looked
    assert len(_told_apart(found)) == len(places)
