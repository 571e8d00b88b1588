from __future__ import annotations

import numpy as np
import pytest
from stick_figure import stick_passes

from rom_tracker.movements import load_catalogue
from rom_tracker.pose.sequence import PosePasses, PoseSequence
from rom_tracker.pose.view import BodyView, body_view

T = np.arange(5) / 30


def standing(yaw_deg: float, jitter_px: float = 0.0) -> PosePasses:
    return stick_passes("hip_flexion", "left", np.zeros(5), T, yaw_deg=yaw_deg, jitter_px=jitter_px)


def nobody_in(look: PoseSequence, frames: object = slice(None)) -> PoseSequence:
    xy, world, visibility = look.xy.copy(), look.world.copy(), look.visibility.copy()
    xy[frames], world[frames], visibility[frames] = np.nan, np.nan, 0
    return look.replaced(xy=xy, world=world, visibility=visibility)


@pytest.mark.parametrize("yaw_deg", [-170, -135, -90, -60, -30, -5, 0, 5, 25, 45, 90, 120, 180])
def test_the_yaw_is_the_one_that_the_body_was_turned_by(yaw_deg):
    found = body_view(standing(yaw_deg))
    assert (found.yaw_deg - yaw_deg + 180) % 360 - 180 == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("yaw_deg", "faces", "near"), [(90, "image_right", "right"), (-90, "image_left", "left"), (60, "image_right", "right")]
)
def test_a_side_view(yaw_deg, faces, near):
    found = body_view(standing(yaw_deg))
    assert (found.faces, found.near_side()) == (faces, near)
    assert found.agreement == pytest.approx(1)


@pytest.mark.parametrize(
    ("yaw_deg", "left_side"), [(0, "image_right"), (180, "image_left"), (20, "image_right"), (-160, "image_left")]
)
def test_front_and_back(yaw_deg, left_side):
    found = body_view(standing(yaw_deg))
    assert found.left_side == left_side
    assert found.off_plane_deg(load_catalogue()["shoulder_abduction"]) == pytest.approx(min(abs(yaw_deg), 180 - abs(yaw_deg)))


def test_shoulders_head_and_feet_that_disagree_lower_the_agreement():
    passes = standing(90)
    xy = passes.as_filmed.xy.copy()
    xy[:, 0, 0] -= 100  # the head turned to look over the shoulder
    look = passes.as_filmed.replaced(xy=xy)
    found = body_view(PosePasses(look, look))
    assert found.faces == "image_right"
    assert found.agreement == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("yaw_deg", "movement", "off"),
    [(90, "hip_flexion", 0), (-70, "hip_flexion", 20), (110, "hip_flexion", 20), (0, "hip_flexion", 90), (30, "hip_abduction", 30),
     (-150, "hip_abduction", 30), (90, "hip_abduction", 90)],
)  # fmt: skip
def test_degrees_out_of_the_plane_of_the_movement(yaw_deg, movement, off):
    view = BodyView(yaw_deg, "image_right", "image_right", 1.0)
    assert view.off_plane_deg(load_catalogue()[movement]) == pytest.approx(off)


@pytest.mark.parametrize(
    ("direction", "side", "expected"),
    [("up", "left", (0, -1)), ("down", "right", (0, 1)), ("forward", "left", (-1, 0)), ("backward", "left", (1, 0)),
     ("outward", "left", (1, 0)), ("outward", "right", (-1, 0)), ("inward", "right", (1, 0))],
)  # fmt: skip
def test_directions_of_the_body_in_the_picture(direction, side, expected):
    assert BodyView(-40.0, "image_left", "image_right", 1.0).in_image(direction, side) == expected


def test_nobody_and_an_empty_recording_have_no_view():
    passes = standing(90)
    assert body_view(PosePasses(nobody_in(passes.as_filmed), nobody_in(passes.mirrored))) is None
    empty = passes.as_filmed.replaced(**{a: getattr(passes.as_filmed, a)[:0] for a in ("time_s", "xy", "world", "visibility")})
    assert body_view(PosePasses(empty, empty)) is None


@pytest.mark.parametrize("empty", ["as_filmed", "mirrored"])
def test_one_look_that_found_somebody_in_one_frame_is_enough(empty):
    passes = standing(-60)
    looks = {"as_filmed": nobody_in(passes.as_filmed, slice(1, None)), "mirrored": nobody_in(passes.mirrored, slice(1, None))}
    looks[empty] = nobody_in(looks[empty])
    assert body_view(PosePasses(**looks)) == body_view(passes)


def test_a_minority_of_frames_looking_elsewhere_changes_nothing():
    right, left = standing(90).as_filmed, standing(-90).as_filmed
    mixed = right.replaced(**{a: np.concatenate([getattr(right, a)[:3], getattr(left, a)[:2]]) for a in ("xy", "world")})
    assert body_view(PosePasses(mixed, mixed)) == body_view(standing(90))


def test_a_point_that_shows_no_direction_at_all_is_no_error():
    look = standing(0).as_filmed
    flat = look.replaced(xy=np.full_like(look.xy, 300.0))
    assert body_view(PosePasses(flat, flat)).agreement == 0


def test_a_sequence_names_every_shape_that_does_not_fit():
    look = standing(0).as_filmed
    with pytest.raises(
        ValueError, match=r"xy: expected shape \(5, 33, 2\), got \(5, 32, 2\); .*expected strictly increasing times"
    ):
        look.replaced(xy=look.xy[:, 1:], time_s=np.array([0, 1, 1, 2, 3.0]))
    with pytest.raises(ValueError, match="same frame times in both passes"):
        PosePasses(look, look.replaced(time_s=look.time_s + 1))
