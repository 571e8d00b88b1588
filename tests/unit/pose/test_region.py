from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import each_look, recorded
from stick_figure import IMAGE_SIZE, repetitions_deg, standing

from rom_tracker.landmarks import INDEX
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.region import SMALLEST_EDGE_PX, ClientPlace, Region, head_region, wrist_region
from rom_tracker.pose.sequence import PosePasses, PoseSequence

SIDES = ["left", "right"]
HEAD = ["nose", "left_ear", "right_ear", "left_eye_outer", "mouth_left"]


def passes_of(key: str = "elbow_flexion", side: str = "left", peaks: tuple[float, ...] = (100, 104), **options) -> PosePasses:
    time_s, angle_deg = repetitions_deg(peaks, fps=15)
    return recorded(key, side, angle_deg, time_s, **options).passes


def holds(region: Region, points: np.ndarray) -> np.ndarray:
    x, y = points[..., 0], points[..., 1]
    return (region.left <= x) & (x < region.right) & (region.top <= y) & (y < region.bottom)


def inside_the_picture(region: Region) -> bool:
    return 0 <= region.left < region.right <= IMAGE_SIZE[0] and 0 <= region.top < region.bottom <= IMAGE_SIZE[1]


@pytest.mark.parametrize("key", load_catalogue().movements)
def test_head_and_wrist_stay_inside_with_room_about_them(key):
    movement = load_catalogue()[key]
    passes = passes_of(key, peaks=(0.8 * movement.limits_deg[1], 0.7 * movement.limits_deg[1]))
    looked_for = [(wrist_region(passes, "left"), [passes.as_filmed.point("wrist", "left")])]
    if movement.camera != "above":
        looked_for.append((head_region(passes), [passes.as_filmed.xy[:, INDEX[name]] for name in HEAD]))
    for region, points in looked_for:
        assert inside_the_picture(region)
        seen = np.stack(points)
        in_picture = ((seen >= 0) & (seen < np.array(IMAGE_SIZE))).all(axis=-1)
        assert holds(region, seen)[in_picture].all()


@pytest.mark.parametrize("side", SIDES)
def test_a_hand_as_long_as_the_forearm_has_room_about_a_still_wrist(side):
    passes = passes_of("elbow_flexion", side, (0.1,))
    region, wrist = wrist_region(passes, side), passes.as_filmed.point("wrist", side)[0]
    forearm_px = np.linalg.norm(wrist - passes.as_filmed.point("elbow", side)[0])
    for away in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        assert holds(region, wrist + 0.95 * forearm_px * np.array(away))


def test_a_few_frames_elsewhere_do_not_widen_it():
    passes = passes_of("neck_flexion", peaks=(20, 20))

    def jumping(look: PoseSequence) -> PoseSequence:
        xy = look.xy.copy()
        xy[5] += 250
        return look.replaced(xy=xy)

    assert head_region(each_look(passes, jumping)) == head_region(passes)


def without(look: PoseSequence, share: float) -> PoseSequence:
    gone = (np.arange(len(look)) < share * len(look))[:, None, None]
    return look.replaced(xy=np.where(gone, np.nan, look.xy), world=np.where(gone, np.nan, look.world))


@pytest.mark.parametrize(("share", "seen"), [(0.0, True), (0.4, True), (0.6, False), (1.0, False)])
def test_nobody_for_most_of_the_recording_tells_no_region(share, seen):
    passes = each_look(passes_of(), lambda look: without(look, share))
    assert (head_region(passes) is not None) == seen
    assert (wrist_region(passes, "left") is not None) == seen


def test_one_look_that_sees_the_client_is_enough():
    passes = passes_of()
    half_blind = PosePasses(passes.as_filmed, without(passes.mirrored, 1.0))
    assert head_region(half_blind) == head_region(passes)
    assert wrist_region(half_blind, "left") == wrist_region(passes, "left")


def test_a_head_outside_the_picture_tells_no_region():
    passes = each_look(passes_of("neck_flexion"), lambda look: look.replaced(xy=look.xy - (0, 600)))
    assert head_region(passes) is None


@given(
    left=st.integers(0, 500), top=st.integers(0, 350), width=st.integers(32, 700), height=st.integers(32, 700),
    x=st.floats(0, 1), y=st.floats(0, 1), z=st.floats(-50, 50),
)  # fmt: skip
def test_what_was_found_in_the_part_is_put_back_where_it_is(left, top, width, height, x, y, z):
    region = Region(left, top, left + width, top + height)
    place = np.array([[left + x * width, top + y * height, z]])
    in_the_part = (place - np.array([left, top, 0])) * region.scale
    np.testing.assert_allclose(region.placed(in_the_part), place, atol=1e-9)
    assert region.scale >= 1
    assert max(width, height) * region.scale == pytest.approx(max(SMALLEST_EDGE_PX, width, height))


@pytest.mark.parametrize("region", [Region(100, 200, 220, 260), Region(0, 0, 640, 480), Region(3, 5, 600, 470)])
def test_a_mark_in_the_picture_is_where_the_part_says(region):
    image = np.zeros((480, 640, 3), dtype=np.uint8)
    mark = np.array([(region.left + region.right) // 2 + 7, (region.top + region.bottom) // 2 - 4])
    image[mark[1] - 2 : mark[1] + 3, mark[0] - 2 : mark[0] + 3] = 255
    part = region.cut(image)
    longest = max(region.right - region.left, region.bottom - region.top)
    assert max(part.shape[:2]) == pytest.approx(max(SMALLEST_EDGE_PX, longest), abs=1)
    assert part.flags["C_CONTIGUOUS"]
    rows, columns = np.nonzero(part[..., 0] > 200)
    found = region.placed(np.array([[columns.mean() + 0.5, rows.mean() + 0.5, 0.0]]))[0, :2]
    np.testing.assert_allclose(found, mark + 0.5, atol=0.5)


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
