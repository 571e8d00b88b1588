"""A jointed body whose angles are known: puts a client into a posture and does one movement with it, exactly.

    from rom_tracker import load_catalogue
    from rom_tracker.movements import mannequin

    body = mannequin.posed(load_catalogue()["knee_flexion"], "left", [0, 45, 90])
    picture = mannequin.seen(body.points_m, yaw_deg=-90)

The body stands upright in metres forward, to the person's left and up from the middle of the hips, also where the client lies:
lying is a matter of how the picture is turned, see :func:`seen`. What moves along follows from how the landmarks hang from each
other (:data:`HANGS_FROM`) and from the segment's two ends, so that a movement of a user's own file needs no word here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rom_tracker.landmarks import ALL_LANDMARKS, HAND_LANDMARKS, INDEX, Side, locate, opposite_side, point_of
from rom_tracker.movements import Movement, Segment
from rom_tracker.movements.definitions import HAND_DIRECTIONS, Posture

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Faces = Literal["image_left", "image_right"]
Limb = Literal["upper_arm", "forearm", "thigh", "shank"]

#: Metres forward, to the person's left, and up from the middle of the hips, of the left half; the right half mirrors it.
STANDING_M: dict[str, tuple[float, float, float]] = {
    "nose": (0.12, 0.0, 0.68), "eye_inner": (0.10, 0.02, 0.71), "eye": (0.10, 0.03, 0.71), "eye_outer": (0.09, 0.05, 0.71),
    "ear": (0.0, 0.08, 0.68), "mouth": (0.10, 0.03, 0.62), "shoulder": (0.0, 0.18, 0.50), "elbow": (0.0, 0.18, 0.21),
    "wrist": (0.0, 0.18, -0.05), "pinky": (-0.02, 0.18, -0.13), "index": (0.02, 0.18, -0.14), "thumb": (0.04, 0.18, -0.10),
    "hip": (0.0, 0.10, 0.0), "knee": (0.0, 0.10, -0.42), "ankle": (0.0, 0.10, -0.84), "heel": (-0.05, 0.10, -0.90),
    "foot_index": (0.18, 0.10, -0.90),
}  # fmt: skip

#: Metres towards the finger tips and towards the thumb from the wrist, with a flat hand.
HAND_M: dict[str, tuple[float, float]] = {
    "hand_wrist": (0.0, 0.0),
    "hand_thumb_cmc": (0.025, 0.028), "hand_thumb_mcp": (0.055, 0.050), "hand_thumb_ip": (0.082, 0.064),
    "hand_thumb_tip": (0.106, 0.074),
    "hand_index_mcp": (0.090, 0.025), "hand_index_pip": (0.131, 0.028), "hand_index_dip": (0.155, 0.029),
    "hand_index_tip": (0.176, 0.030),
    "hand_middle_mcp": (0.092, 0.0), "hand_middle_pip": (0.138, 0.0), "hand_middle_dip": (0.166, 0.0),
    "hand_middle_tip": (0.189, 0.0),
    "hand_ring_mcp": (0.087, -0.021), "hand_ring_pip": (0.128, -0.024), "hand_ring_dip": (0.154, -0.025),
    "hand_ring_tip": (0.176, -0.026),
    "hand_pinky_mcp": (0.080, -0.040), "hand_pinky_pip": (0.112, -0.046), "hand_pinky_dip": (0.131, -0.049),
    "hand_pinky_tip": (0.150, -0.052),
    "hand_ulnar_edge": (0.090, -0.040), "hand_radial_edge": (0.090, 0.040),
}  # fmt: skip

#: Where the head turns on the trunk, in metres as above.
NECK_M = (0.0, 0.0, 0.55)

#: The face, as the front half of an ellipsoid: its middle, and its radii forward, to the left and up.
FACE_MIDDLE_M, FACE_RADII_M = (0.03, 0.0, 0.66), (0.085, 0.075, 0.10)

#: What each point hangs from, of one side. Three are no landmarks: the ``girdle`` carries both shoulders, the ``hand`` everything
#: beyond the wrist, the ``head`` the face; ``mid_shoulder`` is what all else hangs from.
HANGS_FROM: dict[str, str] = {
    "mid_hip": "mid_shoulder", "girdle": "mid_shoulder", "head": "mid_shoulder",
    "shoulder": "girdle", "elbow": "shoulder", "wrist": "elbow", "hand_wrist": "wrist", "hand": "hand_wrist",
    "pinky": "hand", "index": "hand", "thumb": "hand", "hand_ulnar_edge": "hand", "hand_radial_edge": "hand",
    "hip": "mid_hip", "knee": "hip", "ankle": "knee", "heel": "ankle", "foot_index": "ankle",
    **{
        point: before
        for finger in ("thumb", "index", "middle", "ring", "pinky")
        for chain in [[name for name in HAND_LANDMARKS if name.startswith(f"hand_{finger}")]]
        for point, before in zip(chain, ["hand", *chain], strict=False)
    },
}  # fmt: skip

#: Both sides share these.
_OF_THE_MIDDLE = ("mid_shoulder", "mid_hip", "girdle", "head")

#: Where the parts turn that are no landmarks.
_HINGES = {"girdle": "mid_shoulder", "left_hand": "left_hand_wrist", "right_hand": "right_hand_wrist"}

_UP, _FORWARD, _LEFT = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])

#: The two ends of what a posture places, from the trunk outwards.
_LIMBS: dict[Limb, tuple[str, str]] = {
    "upper_arm": ("shoulder", "elbow"), "forearm": ("elbow", "wrist"), "thigh": ("hip", "knee"), "shank": ("knee", "ankle"),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Body:
    """A body in every frame.

    Attributes
    ----------
    points_m : (frame, landmark, 3)
        Metres forward, to the person's left, and up from where the middle of the hips is before the movement; in the order of
        ``ALL_LANDMARKS``.
    trunk : (frame, 3, 3)
        Turn of the trunk from upright.
    head : (frame, 3, 3)
        Turn of the head from straight ahead, in the trunk's axes.
    pivot_m : (3,)
        The point that the moving segment turns about.
    """

    points_m: Floats
    trunk: Floats
    head: Floats
    pivot_m: Floats


def posed(movement: Movement, side: Side, angles_deg: Sequence[float] | Floats) -> Body:
    """The body that does one movement from the movement's posture, and nothing else.

    Parameters
    ----------
    movement : Movement
    side : {"left", "right"}
        The tested side.
    angles_deg : (frame,)
        The clinical angle; a movement whose zero is the client's own start counts it from upright all the same.
    """
    points = _held(movement, side, in_posture(movement.posture, side))
    along, towards = plane_of(movement, side)
    at_zero = _zero_deg(movement, side, points, along, towards)
    turns_deg = np.asarray(angles_deg, dtype=np.float64) + at_zero
    if movement.moving.of != "head":
        turns_deg = turns_deg - _in_plane_deg(_vector(points, movement.moving, side), along, towards)
    joint = _joint(movement, side, points)
    turn = _turn(along, towards, turns_deg)
    moved = np.repeat(points[None], len(turns_deg), axis=0)
    moved[:, joint.turned] = joint.pivot_m + (points[joint.turned] - joint.pivot_m) @ turn.transpose(0, 2, 1)
    if joint.carried.any():
        moved[:, joint.carried] += (point_of(moved, joint.end, side) - point_of(points, joint.end, side))[:, None]
    still = np.broadcast_to(np.eye(3), turn.shape)
    trunk_turns = bool(joint.turned[INDEX["left_shoulder"]] and joint.turned[INDEX["right_shoulder"]] and joint.turned[0])
    head_turns = bool(joint.turned[INDEX["nose"]]) and not trunk_turns
    return Body(moved, trunk=turn if trunk_turns else still, head=turn if head_turns else still, pivot_m=joint.pivot_m)


def seen(
    points_m: Floats,
    yaw_deg: float,
    *,
    pitch_deg: float = 0.0,
    roll_deg: float = 0.0,
    lies: Literal["supine", "prone"] | None = None,
) -> Floats:
    """(..., 3) metres right, down and away from a camera without perspective, of points forward, to the person's left and up.

    Parameters
    ----------
    points_m : (..., 3)
    yaw_deg : float
        Where the body faces: 0 towards the camera, 90 to the right edge of the picture, -90 to the left edge.
    pitch_deg : float
        How far the camera looks down; 90 from straight above.
    roll_deg : float
        How far the picture is turned clockwise.
    lies : {"supine", "prone"}, optional
        The trunk lies flat across the picture, face up or down, where the camera sees it from the side.
    """
    forward, left, up = np.moveaxis(np.asarray(points_m, dtype=np.float64), -1, 0)
    cos, sin = _cos_sin(yaw_deg)
    right, down, away = left * cos + forward * sin, -up, left * sin - forward * cos
    cos, sin = _cos_sin(pitch_deg)
    down, away = down * cos - away * sin, away * cos + down * sin
    cos, sin = _cos_sin(roll_deg + _lying_roll_deg(yaw_deg, lies))
    return np.stack([right * cos - down * sin, right * sin + down * cos, away], axis=-1)


def face_m(body: Body, points: int = 100) -> Floats:
    """(frame, point, 3) metres forward, to the person's left and up: points spread over the front half of the head."""
    share = (np.arange(points) + 0.5) / points
    around = np.pi * (1 + np.sqrt(5)) * np.arange(points)
    across = np.sqrt(1 - share**2)
    front = np.stack([share, across * np.cos(around), across * np.sin(around)], axis=-1) * FACE_RADII_M + FACE_MIDDLE_M
    nose = np.array(STANDING_M["nose"])
    turn = body.trunk @ body.head
    return np.asarray(body.points_m[:, [INDEX["nose"]]] + (front - nose) @ turn.transpose(0, 2, 1))


def camera_deg(movement: Movement, faces: Faces) -> tuple[float, float]:
    """Yaw and pitch, as for :func:`seen`, of the camera where the movement wants it; ``faces`` matters at the side and above."""
    sideways = {"image_right": 90.0, "image_left": -90.0}[faces]
    return {"front": (0.0, 0.0), "side": (sideways, 0.0), "above": (sideways, 90.0)}[movement.camera]


def in_posture(posture: Posture, side: Side) -> Floats:
    """(landmark, 3) metres of a body placed as the posture says, with the hands as they hang."""
    points = _standing()
    for limb_side in (side, opposite_side(side)):
        directions = posture.both | posture.tested if limb_side == side else posture.both
        for limb, (start, end) in _LIMBS.items():
            pivot, arm = (points[INDEX[f"{limb_side}_{name}"]].copy() for name in (start, end))
            along = (arm - pivot) / np.linalg.norm(arm - pivot)
            wanted = axis_of(directions.get(limb, "down"), limb_side)
            across = _FORWARD if np.allclose(wanted, -along) else wanted - (wanted @ along) * along
            if np.linalg.norm(across) > 1e-9:
                turn = _turn(along, across / np.linalg.norm(across), np.degrees(np.arccos(np.clip([wanted @ along], -1, 1))))[0]
                beyond = _beyond(f"{limb_side}_{end}")
                points[beyond] = pivot + (points[beyond] - pivot) @ turn.T
    return points


def axis_of(direction: str, side: Side) -> Floats:
    """(3,) forward, to the person's left, up: a direction of the body for a test of the given side."""
    outward = _LEFT if side == "left" else -_LEFT
    axes = {"forward": _FORWARD, "outward": outward, "up": _UP, "backward": -_FORWARD, "inward": -outward, "down": -_UP}
    return axes[direction]


def plane_of(movement: Movement, side: Side) -> tuple[Floats, Floats]:
    """The plane of a movement: where the moving segment points at zero, and across it the positive direction; (3,) each."""
    if movement.positive not in HAND_DIRECTIONS:
        return axis_of(movement.moving.at_zero, side), axis_of(movement.positive, side)
    axes = _hand_axes(_held(movement, side, in_posture(movement.posture, side)), side)
    return axes[movement.moving.at_zero], axes[movement.positive]


def parts_of(segment: Segment, side: Side) -> frozenset[str]:
    """What a segment runs through, named as in :data:`HANGS_FROM` with the side before it; the head for an axis of it."""
    if not segment.points:
        return frozenset({"head"})
    start, end = (_to_root(_node(name, side)) for name in segment.points)
    common = _lowest_common([start[0], end[0]])
    return frozenset({*start[: start.index(common)], *end[: end.index(common)], common})


def _standing() -> Floats:
    """(landmark, 3) metres of a body that stands, thumbs forwards."""
    places = np.zeros((len(ALL_LANDMARKS), 3))
    for name, i in INDEX.items():
        mirror = np.array([1, -1 if "right" in name else 1, 1])
        point = name.removeprefix("left_").removeprefix("right_").removesuffix("_left").removesuffix("_right")
        if point in HAND_M:
            distal, radial = HAND_M[point]
            places[i] = np.add(STANDING_M["wrist"], (radial, 0.0, -distal)) * mirror
        else:
            places[i] = np.array(STANDING_M[point]) * mirror
    return places


def _held(movement: Movement, side: Side, points: Floats) -> Floats:
    """The points with the tested hand turned so that the camera sees it bend: thumb up as it came, or palm down."""
    if movement.positive not in HAND_DIRECTIONS:
        return points
    bends_sideways = movement.positive in ("radial", "ulnar")
    if bends_sideways != (movement.camera == "above"):
        return points
    axes = _hand_axes(points, side)
    turn = _turn(axes["radial"], axes["palmar"], np.array([90.0]))[0]
    held, beyond = points.copy(), _beyond(f"{side}_hand")
    pivot = points[INDEX[f"{side}_hand_wrist"]]
    held[beyond] = pivot + (points[beyond] - pivot) @ turn.T
    return held


def _hand_axes(points: Floats, side: Side) -> dict[str, Floats]:
    """Unit vectors (3,) of the tested hand's directions."""
    wrist, middle, ulnar, radial = (
        points[INDEX[f"{side}_hand_{name}"]] for name in ("wrist", "middle_mcp", "ulnar_edge", "radial_edge")
    )
    distal = (middle - wrist) / np.linalg.norm(middle - wrist)
    to_thumb = (radial - ulnar) / np.linalg.norm(radial - ulnar)
    palmar = np.cross(distal, to_thumb) * (1 if side == "left" else -1)
    return {"distal": distal, "radial": to_thumb, "ulnar": -to_thumb, "palmar": palmar, "dorsal": -palmar}


def _zero_deg(movement: Movement, side: Side, points: Floats, along: Floats, towards: Floats) -> float:
    """Where the moving segment points in the movement's plane when the angle is 0, given how the reference lies."""
    if movement.reference == "up" or movement.positive in HAND_DIRECTIONS:
        at_zero, actual = (_UP, _UP) if movement.reference == "up" else (along, _vector(points, movement.reference, side))
    else:
        at_zero, actual = axis_of(movement.reference.at_zero, side), _vector(points, movement.reference, side)
    return _in_plane_deg(actual, along, towards) - _in_plane_deg(at_zero, along, towards)


def _in_plane_deg(vector: Floats, along: Floats, towards: Floats) -> float:
    """Degrees of a vector from ``along`` to ``towards``; 0 for one that stands upright on their plane."""
    x, y = float(vector @ along), float(vector @ towards)
    return float(np.degrees(np.arctan2(y, x))) if np.hypot(x, y) > 1e-6 * np.linalg.norm(vector) else 0.0


def _turn(along: Floats, towards: Floats, angle_deg: Floats) -> Floats:
    """(frame, 3, 3) rotations by (frame,) degrees from ``along`` to ``towards``, two unit vectors at a right angle."""
    cos, sin = (f(np.radians(angle_deg))[:, None, None] for f in (np.cos, np.sin))
    both = np.outer(along, along) + np.outer(towards, towards)
    return np.asarray(np.eye(3) + (cos - 1) * both + sin * (np.outer(towards, along) - np.outer(along, towards)))


def _cos_sin(angle_deg: float) -> tuple[float, float]:
    return float(np.cos(np.radians(angle_deg))), float(np.sin(np.radians(angle_deg)))


def _lying_roll_deg(yaw_deg: float, lies: Literal["supine", "prone"] | None) -> float:
    """Clockwise turn of the picture that brings the way the body faces up or down; none where it faces the camera."""
    faces_right = round(float(np.sin(np.radians(yaw_deg))), 6)
    return float(-90.0 * np.sign(faces_right) * {"supine": 1, "prone": -1, None: 0}[lies])


@dataclass(frozen=True, eq=False)
class _Joint:
    """What a segment's turning does: the landmarks that turn about a point, and those that its far end carries along."""

    pivot_m: Floats
    turned: Mask
    carried: Mask
    end: str


def _joint(movement: Movement, side: Side, points: Floats) -> _Joint:
    """A segment turns about its start; one that would take its own reference along, about its end."""
    if movement.moving.start is None or movement.moving.end is None:
        return _Joint(np.array(NECK_M), _beyond("head"), _beyond("no point"), "nose")
    joint = _joint_between(movement.moving.start, movement.moving.end, side, points)
    if isinstance(movement.reference, Segment):
        used = [i for name in movement.reference.points for i in locate(name, side)]
        if used and joint.turned[used].all():
            return _joint_between(movement.moving.end, movement.moving.start, side, points)
    return joint


def _joint_between(start: str, end: str, side: Side, points: Floats) -> _Joint:
    """What moves when the line between two named points turns about the first.

    A limb takes along what hangs from it. A line that runs the other way, towards the trunk, stands on its start: only what lies
    on the line turns, and its end carries the rest of the body, which stays upright; but the trunk turns with all that is above
    the hips. Two points of one part, such as heel and toes, turn with it about the joint that it hangs from.
    """
    first, last = _node(start, side), _node(end, side)
    common = _lowest_common([first, last])
    root = _to_root(first)[-1]
    if common == first:
        branch = _to_root(last)[_to_root(last).index(first) - 1] if last != first else first
        return _Joint(point_of(points, start, side), _beyond(branch), _beyond("no point"), end)
    if common == root:
        return _Joint(point_of(points, start, side), ~_beyond(_to_root(first)[-2]), _beyond("no point"), end)
    if common == last:
        turned = _beyond(last) & ~_beyond(first)
        return _Joint(point_of(points, start, side), turned, ~_beyond(last), end)
    hinge = np.array(NECK_M) if common == "head" else point_of(points, _HINGES.get(common, common), side)
    return _Joint(hinge, _beyond(common), _beyond("no point"), end)


def _node(name: str, side: Side) -> str:
    """The point that a segment's end belongs to: a landmark, or for the middle of two what both hang from."""
    return name if name in _OF_THE_MIDDLE else _lowest_common([ALL_LANDMARKS[i] for i in locate(name, side)])


def _lowest_common(nodes: list[str]) -> str:
    shared = set.intersection(*(set(_to_root(node)) for node in nodes))
    return next(node for node in _to_root(nodes[0]) if node in shared)


@cache
def _to_root(node: str) -> tuple[str, ...]:
    """The point and all that it hangs from, up to the root."""
    if node == "mid_shoulder":
        return (node,)
    bare = node.removeprefix("left_").removeprefix("right_")
    parent = HANGS_FROM.get(bare, "head")
    return (node, *_to_root(parent if parent in _OF_THE_MIDDLE else node.removesuffix(bare) + parent))


def _beyond(node: str) -> Mask:
    """(landmark,) whether a landmark is the point or hangs from it."""
    return np.array([node in _to_root(name) for name in ALL_LANDMARKS])


def _vector(points: Floats, segment: Segment, side: Side) -> Floats:
    """(..., 3) metres from a segment's start to its end."""
    start, end = segment.points
    return np.asarray(point_of(points, end, side) - point_of(points, start, side))
