"""The truth of the mannequin, computed anew from its points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rom_tracker.landmarks import ALL_LANDMARKS, BONES, INDEX, locate, opposite
from rom_tracker.movements import Movement, Segment, load_catalogue, mannequin
from rom_tracker.movements.definitions import HAND_DIRECTIONS, Posture
from rom_tracker.movements.mannequin import HAND_M, axis_of, camera_deg, face_m, in_posture, posed, seen

MOVEMENTS = load_catalogue().movements
SIDES = ["left", "right"]

#: Movements of somebody's own: what moves, against what, and in which direction.
OWN = {
    "straight arm raised": ("shoulder", "wrist", "down", "up", "forward"),
    "calf and thigh as one, from the ground": ("ankle", "hip", "up", "up", "forward"),
    "side of the trunk": ("hip", "shoulder", "up", "up", "outward"),
    "hanging legs": ("mid_shoulder", "mid_hip", "down", "up", "forward"),
    "shoulder line": ("opposite_shoulder", "shoulder", "outward", "up", "up"),
    "pelvis": ("opposite_hip", "hip", "outward", "up", "up"),
    "neck as a line": ("mid_shoulder", "nose", "up", "up", "forward"),
    "push-up": ("wrist", "elbow", "up", "up", "forward"),
    "foot on its own": ("ankle", "foot_index", "forward", "up", "up"),
    "shin against the thigh": ("ankle", "knee", "up", ("hip", "knee", "down"), "backward"),
    "trunk against the upper arm": ("mid_hip", "mid_shoulder", "up", ("shoulder", "elbow", "down"), "forward"),
    "first finger": ("hand_index_mcp", "hand_index_pip", "down", "up", "forward"),
    "other thigh": ("opposite_hip", "opposite_knee", "down", "up", "forward"),
}  # fmt: skip


def segment(start: str, end: str, at_zero: str) -> Segment:
    return Segment.model_validate({"from": start, "to": end, "at_zero": at_zero})


def own_movement(start: str, end: str, at_zero: str, reference: str | tuple[str, str, str], positive: str) -> Movement:
    sideways = {at_zero, positive} & {"outward", "inward"}
    changes = {
        "moving": segment(start, end, at_zero),
        "reference": reference if isinstance(reference, str) else segment(*reference),
        "positive": positive,
        "camera": "front" if sideways else "side",
        "posture": Posture(words="standing"),
    }
    return MOVEMENTS["knee_flexion"].model_copy(update=changes)


def line(points: np.ndarray, part: Segment, side: str) -> np.ndarray:
    start, end = (points[..., list(locate(name, side)), :].mean(axis=-2) for name in part.points)
    return end - start


def turn_deg(a: np.ndarray, b: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Degrees from a to b about an axis that both stand upright on."""
    return np.degrees(np.arctan2(np.cross(a, b) @ axis, (a * b).sum(axis=-1)))


def apart_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs((a - b + 180) % 360 - 180)


def angles_within(movement: Movement) -> np.ndarray:
    low, high = movement.limits_deg
    return np.linspace(low + 1, high - 1, 25)


def body_axis(movement: Movement, side: str) -> np.ndarray:
    """The axis that a growing angle turns about."""
    return np.cross(axis_of(movement.moving.at_zero, side), axis_of(movement.positive, side))


def angle_of(movement: Movement, side: str, points: np.ndarray) -> np.ndarray:
    """The clinical angle from the definition: from where the moving segment lies at zero, given the reference."""
    moving, axis = line(points, movement.moving, side), body_axis(movement, side)
    if movement.reference == "up":
        reference = np.broadcast_to([0.0, 0.0, 1.0], moving.shape)
    else:
        reference = line(points, movement.reference, side)
    offset = turn_deg(axis_of(movement.reference_at_zero, side), axis_of(movement.moving.at_zero, side), axis)
    return turn_deg(reference, moving, axis) - offset


def hand_angle(movement: Movement, side: str, points: np.ndarray) -> np.ndarray:
    """The angle between hand and forearm, positive towards the palm, the back, the thumb or the little finger."""
    hand, forearm = (line(points, part, side) for part in (movement.moving, movement.reference))
    at_rest = posed(movement, side, [0.0]).points_m[0]
    to_thumb = at_rest[INDEX[f"{side}_hand_radial_edge"]] - at_rest[INDEX[f"{side}_hand_ulnar_edge"]]
    palmar = np.cross(forearm[0], to_thumb) * (1 if side == "left" else -1)
    towards = {"palmar": palmar, "dorsal": -palmar, "radial": to_thumb, "ulnar": -to_thumb}[movement.positive]
    axis = np.cross(forearm[0], towards)
    return turn_deg(forearm, hand, axis / np.linalg.norm(axis))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("movement", [m for m in MOVEMENTS.values() if m.moving.of is None], ids=lambda m: m.key)
def test_the_angle_asked_for_is_the_angle_between_the_segments(movement, side):
    asked = angles_within(movement)
    points = posed(movement, side, asked).points_m
    found = (hand_angle if movement.positive in HAND_DIRECTIONS else angle_of)(movement, side, points)
    np.testing.assert_allclose(apart_deg(found, asked), 0, atol=1e-9)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("what", OWN.values(), ids=OWN)
def test_a_movement_of_ones_own_is_done_exactly(what, side):
    movement = own_movement(*what)
    asked = np.linspace(-60, 120, 25)
    found = angle_of(movement, side, posed(movement, side, asked).points_m)
    np.testing.assert_allclose(apart_deg(found, asked), 0, atol=1e-9)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("movement", [m for m in MOVEMENTS.values() if m.moving.of == "head"], ids=lambda m: m.key)
def test_the_head_turns_by_the_angle_asked_for(movement, side):
    asked = angles_within(movement)
    body = posed(movement, side, asked)
    at_zero, axis = axis_of(movement.moving.at_zero, side), body_axis(movement, side)
    np.testing.assert_allclose(apart_deg(turn_deg(at_zero, body.head @ at_zero, axis), asked), 0, atol=1e-9)
    np.testing.assert_allclose(body.head @ axis, np.broadcast_to(axis, (len(asked), 3)), atol=1e-12)
    straight = posed(movement, side, [0.0]).points_m[0]
    nose, ears = INDEX["nose"], [INDEX["left_ear"], INDEX["right_ear"]]
    turned = (straight[nose] - straight[ears].mean(axis=0)) @ body.head.transpose(0, 2, 1)
    np.testing.assert_allclose(body.points_m[:, nose] - body.points_m[:, ears].mean(axis=1), turned, atol=1e-12)
    np.testing.assert_array_equal(body.points_m[:, INDEX["left_shoulder"]], np.repeat(straight[[INDEX["left_shoulder"]]], 25, 0))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("movement", MOVEMENTS.values(), ids=MOVEMENTS)
def test_bones_keep_their_length(movement, side):
    points = posed(movement, side, angles_within(movement)).points_m
    hand = [(f"{s}_hand_wrist", f"{s}_{name}") for s in SIDES for name in HAND_M]
    joints = [pair for pair in BONES if {p.split("_")[1] for p in pair if "_" in p} != {"shoulder", "hip"}] + hand
    for a, b in joints:
        length = np.linalg.norm(points[:, INDEX[a]] - points[:, INDEX[b]], axis=-1)
        upright = np.linalg.norm(np.subtract(*in_posture(Posture(words=""), "left")[[INDEX[a], INDEX[b]]]))
        np.testing.assert_allclose(length, upright, atol=1e-12, err_msg=f"{a} to {b}")


@pytest.mark.parametrize("movement", MOVEMENTS.values(), ids=MOVEMENTS)
def test_the_other_side_is_the_mirror_image(movement):
    asked = angles_within(movement)
    left, right = (posed(movement, side, asked) for side in SIDES)
    mirror = [INDEX[opposite(name)] for name in ALL_LANDMARKS]
    np.testing.assert_allclose(right.points_m, left.points_m[:, mirror] * (1, -1, 1), atol=1e-12)
    flip = np.diag([1.0, -1.0, 1.0])
    np.testing.assert_allclose(right.head, flip @ left.head @ flip, atol=1e-12)


def test_only_the_limb_beyond_the_joint_moves():
    before, after = posed(MOVEMENTS["elbow_flexion"], "left", [0.0, 90.0]).points_m
    moved = {name for name, i in INDEX.items() if not np.allclose(before[i], after[i])}
    assert moved == {
        name for name in ALL_LANDMARKS if name.startswith(("left_wrist", "left_pinky", "left_index", "left_thumb", "left_hand"))
    }


def test_bending_the_trunk_takes_along_all_that_is_above_the_hips():
    body = posed(MOVEMENTS["trunk_flexion"], "left", [0.0, 60.0])
    moved = {name for name, i in INDEX.items() if not np.allclose(*body.points_m[:, i])}
    legs = ("hip", "knee", "ankle", "heel", "foot_index")
    assert moved == {name for name in ALL_LANDMARKS if not name.endswith(legs)}
    np.testing.assert_allclose(body.head, np.broadcast_to(np.eye(3), (2, 3, 3)))
    np.testing.assert_allclose(body.trunk[1] @ [0, 0, 1], [np.sin(np.radians(60)), 0, np.cos(np.radians(60))])


def test_the_lunge_leaves_the_foot_and_carries_the_upright_trunk():
    before, after = posed(MOVEMENTS["weight_bearing_lunge"], "left", [0.0, 40.0]).points_m
    for name in ("ankle", "heel", "foot_index"):
        np.testing.assert_array_equal(before[INDEX[f"left_{name}"]], after[INDEX[f"left_{name}"]])
    moved = after - before
    np.testing.assert_allclose(moved[INDEX["left_knee"]], [0.42 * np.sin(np.radians(40)), 0, 0.42 * (np.cos(np.radians(40)) - 1)])
    np.testing.assert_allclose(moved[INDEX["nose"]], moved[INDEX["left_knee"]])


@pytest.mark.parametrize(
    ("key", "finger_tips", "thumb", "palm"),
    [
        ("shoulder_flexion", "down", "forward", "inward"),
        ("forearm_supination", "forward", "up", "inward"),
        ("wrist_flexion", "forward", "inward", "down"),
        ("wrist_radial_deviation", "forward", "inward", "down"),
        ("shoulder_external_rotation", "forward", "inward", "down"),
    ],
)
@pytest.mark.parametrize("side", SIDES)
def test_how_the_hand_is_held(key, finger_tips, thumb, palm, side):
    points = posed(MOVEMENTS[key], side, [0.0]).points_m[0]
    wrist, middle, ulnar, radial = (points[INDEX[f"{side}_hand_{n}"]] for n in ("wrist", "middle_tip", "ulnar_edge", "radial_edge"))
    facing = np.cross(middle - wrist, radial - ulnar) * (1 if side == "left" else -1)
    for vector, direction in ((middle - wrist, finger_tips), (radial - ulnar, thumb), (facing, palm)):
        np.testing.assert_allclose(vector / np.linalg.norm(vector), axis_of(direction, side), atol=1e-12)


def test_postures():
    seated = posed(MOVEMENTS["hip_internal_rotation"], "left", [0.0]).points_m[0]
    for side in SIDES:
        hip, knee, ankle = (seated[INDEX[f"{side}_{n}"]] for n in ("hip", "knee", "ankle"))
        np.testing.assert_allclose(knee - hip, [0.42, 0, 0], atol=1e-12)
        np.testing.assert_allclose(ankle - knee, [0, 0, -0.42], atol=1e-12)
    held = posed(MOVEMENTS["active_knee_extension"], "left", [-90.0]).points_m[0]
    np.testing.assert_allclose(held[INDEX["left_knee"]] - held[INDEX["left_hip"]], [0.42, 0, 0], atol=1e-12)
    np.testing.assert_allclose(held[INDEX["left_ankle"]] - held[INDEX["left_knee"]], [0, 0, -0.42], atol=1e-12)
    np.testing.assert_allclose(held[INDEX["right_knee"]] - held[INDEX["right_hip"]], [0, 0, -0.42], atol=1e-12)


def picture(key: str, faces: str = "image_left", side: str = "left", **options: float) -> dict[str, np.ndarray]:
    movement = MOVEMENTS[key]
    yaw, pitch = camera_deg(movement, faces)
    points = posed(movement, side, [0.0]).points_m[0]
    return dict(zip(INDEX, seen(points, yaw, pitch_deg=pitch, lies=movement.posture.lies, **options), strict=True))


def test_from_the_front_the_left_side_is_on_the_right():
    p = picture("shoulder_abduction")
    assert p["left_shoulder"][0] > p["right_shoulder"][0]
    assert p["nose"][1] < p["left_shoulder"][1]
    assert p["nose"][2] < p["left_ear"][2]


@pytest.mark.parametrize(("faces", "side"), [("image_left", "left"), ("image_right", "right")])
def test_from_the_side_the_side_faced_away_from_is_far(faces, side):
    p = picture("shoulder_flexion", faces, side)
    assert p[f"{side}_shoulder"][2] < p[opposite(f"{side}_shoulder")][2]
    assert (p["nose"][0] > p["left_ear"][0]) == (faces == "image_right")


@pytest.mark.parametrize("faces", ["image_left", "image_right"])
def test_on_the_back_the_face_is_up_and_the_trunk_level(faces):
    p = picture("straight_leg_raise", faces)
    assert p["nose"][1] < p["left_ear"][1]
    np.testing.assert_allclose(p["left_shoulder"][1], p["left_hip"][1], atol=1e-12)
    assert (p["nose"][0] < p["left_hip"][0]) == (faces == "image_right")


def test_on_the_front_the_face_is_down():
    points = posed(MOVEMENTS["knee_flexion"], "left", [0.0]).points_m[0]
    p = seen(points, 90.0, lies="prone")
    assert p[INDEX["nose"], 1] > p[INDEX["left_ear"], 1]
    np.testing.assert_array_equal(seen(points, 0.0, lies="prone"), seen(points, 0.0))


def test_from_above_the_back_of_the_hand_is_seen_and_the_forearm_lies_level():
    for faces, right in (("image_left", -1), ("image_right", 1)):
        p = picture("wrist_ulnar_deviation", faces)
        forearm = p["left_wrist"] - p["left_elbow"]
        np.testing.assert_allclose(forearm / np.linalg.norm(forearm), [right, 0, 0], atol=1e-12)
        across = p["left_hand_radial_edge"] - p["left_hand_ulnar_edge"]
        assert abs(across[1]) == pytest.approx(0.08)
        assert (across[1] > 0) == (right > 0), "the left thumb points to the person's right"


@given(yaw=st.floats(-180, 180), pitch=st.floats(-90, 90), roll=st.floats(-180, 180))
def test_the_picture_of_a_body_keeps_distances_and_handedness(yaw, pitch, roll):
    axes = seen(np.eye(3), yaw, pitch_deg=pitch, roll_deg=roll)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)


def test_a_picture_turned_clockwise():
    upright, turned = picture("shoulder_flexion"), picture("shoulder_flexion", roll_deg=90.0)
    head = upright["nose"] - upright["left_hip"]
    np.testing.assert_allclose((turned["nose"] - turned["left_hip"])[:2], [-head[1], head[0]], atol=1e-12)


def test_the_face_turns_with_the_head_and_bends_with_the_trunk():
    straight, turned = face_m(posed(MOVEMENTS["neck_rotation"], "left", [0.0, 50.0]))
    head = posed(MOVEMENTS["neck_rotation"], "left", [50.0]).head[0]
    neck = np.array(mannequin.NECK_M)
    np.testing.assert_allclose(turned - neck, (straight - neck) @ head.T, atol=1e-12)
    bent = face_m(posed(MOVEMENTS["trunk_flexion"], "left", [90.0]))[0]
    np.testing.assert_allclose(bent, np.stack([straight[:, 2], straight[:, 1], -straight[:, 0]], axis=-1), atol=1e-12)
    assert straight.shape == (100, 3)
