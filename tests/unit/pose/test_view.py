from __future__ import annotations

import numpy as np
import pytest
from recordings import each_look, mirrored_look, recorded
from stick_figure import stick_passes

from rom_tracker.movements import load_catalogue
from rom_tracker.pose.sequence import PosePasses, PoseSequence
from rom_tracker.pose.view import BodyView, HandView, View, body_view

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


@pytest.mark.parametrize("yaw_deg", [90, -90, 0, 40, -120])
@pytest.mark.parametrize("lies_deg", [90, -90, 180])
def test_a_client_who_lies_is_seen_as_if_the_picture_were_turned_upright(yaw_deg, lies_deg):
    upright = recorded("hip_flexion", "left", np.zeros(5), T, yaw_deg=float(yaw_deg))
    standing_view, lying_view = (body_view(r.passes) for r in (upright, upright.turned(lies_deg)))
    assert standing_view.lies_deg == 0
    assert abs(lying_view.lies_deg) == abs(lies_deg)
    assert lying_view.yaw_deg == pytest.approx(standing_view.yaw_deg)
    assert (lying_view.faces, lying_view.left_side) == (standing_view.faces, standing_view.left_side)
    assert lying_view.near_side() == standing_view.near_side()
    up, forward = (lying_view.in_image(direction, "left") for direction in ("up", "forward"))
    assert up == pytest.approx({90: (1, 0), -90: (-1, 0), 180: (0, 1)}[lies_deg])
    to_the_edge = standing_view.in_image("forward", "left")[0]
    assert forward == pytest.approx({90: (0, to_the_edge), -90: (0, -to_the_edge), 180: (-to_the_edge, 0)}[lies_deg])


def test_on_the_back_the_client_faces_up_and_on_the_front_down():
    """The head at the right edge: facing what would be the left of an upright picture is facing the ceiling."""
    for faces, lies_deg, up in (("image_left", 90, True), ("image_right", 90, False), ("image_right", -90, True)):
        lying = recorded("hip_flexion", "left", np.zeros(5), T, faces=faces).turned(lies_deg)
        nose, ears = (lying.passes.as_filmed.point(name, "left")[0, 1] for name in ("nose", "mid_ear"))
        assert (nose < ears) == up
        assert (body_view(lying.passes).in_image("forward", "left")[1] < 0) == up


@pytest.mark.parametrize(("lean_deg", "lies_deg"), [(40, 0), (-40, 0), (50, 90), (-50, -90), (130, 90)])
def test_a_trunk_that_leans_is_not_taken_for_a_turned_picture_before_45_degrees(lean_deg, lies_deg):
    leaning = recorded("hip_flexion", "left", np.zeros(5), T).turned(lean_deg)
    assert body_view(leaning.passes).lies_deg == lies_deg


def test_bending_down_after_an_upright_start_is_not_lying_down():
    time_s = np.arange(90) / 30
    bent = recorded("trunk_flexion", "left", np.clip((time_s - 1) * 120, 0, 110), time_s)
    assert body_view(bent.passes).lies_deg == 0


def test_the_mirror_image_is_seen_from_the_mirrored_side():
    for yaw_deg in (-150.0, -90.0, -20.0, 35.0, 100.0):
        passes = standing(yaw_deg)
        here, there = body_view(passes), body_view(each_look(passes, mirrored_look))
        assert there.yaw_deg == pytest.approx(-here.yaw_deg)
        assert there.faces != here.faces
        assert there.left_side == here.left_side
        assert there.near_side() != here.near_side()


class TestHandView:
    FLAT = HandView(distal=(1.0, 0.0), palmar_turns=1.0, radial_turns=-1.0, palm_to_camera_deg=90.0, edge_off_sight_deg=90.0)
    EDGE = HandView(distal=(0.0, -1.0), palmar_turns=-1.0, radial_turns=1.0, palm_to_camera_deg=10.0, edge_off_sight_deg=10.0)

    @pytest.mark.parametrize(
        ("direction", "flat", "edge"),
        [("distal", (1, 0), (0, -1)), ("palmar", (0, 1), (-1, 0)), ("dorsal", (0, -1), (1, 0)),
         ("radial", (0, -1), (1, 0)), ("ulnar", (0, 1), (-1, 0))],
    )  # fmt: skip
    def test_directions_in_the_picture(self, direction, flat, edge):
        assert self.FLAT.in_image(direction) == pytest.approx(flat)
        assert self.EDGE.in_image(direction) == pytest.approx(edge)

    @pytest.mark.parametrize(("movement", "flat", "edge"), [("wrist_flexion", 90, 10), ("wrist_radial_deviation", 0, 80)])
    def test_bending_is_seen_from_the_edge_and_deviation_from_the_palm(self, movement, flat, edge):
        entry = load_catalogue()[movement]
        assert (self.FLAT.off_plane_deg(entry), self.EDGE.off_plane_deg(entry)) == (flat, edge)

    def test_the_view_asks_the_hand_for_the_hands_directions_and_the_body_for_all_else(self):
        body = BodyView(-90.0, "image_left", "image_right", 1.0)
        view = View(body, self.FLAT)
        assert view.in_image("palmar", "left") == self.FLAT.in_image("palmar")
        assert view.in_image("forward", "left") == body.in_image("forward", "left")
        assert view.off_plane_deg(load_catalogue()["wrist_flexion"]) == 90
        assert view.off_plane_deg(load_catalogue()["forearm_pronation"]) == body.off_plane_deg(
            load_catalogue()["forearm_pronation"]
        )
        with pytest.raises(ValueError, match="expected a direction of the body, got 'palmar'"):
            View(body).in_image("palmar", "left")


@pytest.mark.parametrize(
    ("key", "yaw_deg", "nod", "profile"),
    [("neck_flexion", 0.0, True, False), ("neck_flexion", 59.0, True, False), ("neck_extension", -75.0, True, True),
     ("neck_rotation", 90.0, False, False), ("hip_flexion", 90.0, False, False)],
)  # fmt: skip
def test_a_nod_in_profile(key, yaw_deg, nod, profile):
    movement, view = load_catalogue()[key], View(BodyView(yaw_deg, "image_right", "image_right", 1.0))
    assert (view.is_nod(movement), view.in_profile(movement)) == (nod, profile)


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
    with pytest.raises(ValueError, match="frames of the recording"):
        PosePasses(look, look.replaced(time_s=look.time_s + 1))
