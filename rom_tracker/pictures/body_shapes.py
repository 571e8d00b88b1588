"""The mannequin as shapes of a picture: rounded limbs, a trunk, a head with a face, and hands with fingers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from rom_tracker.landmarks import INDEX, Side, middle_of
from rom_tracker.movements.mannequin import NECK_M, STANDING_M, Body, Floats

#: From points (..., 3) of the body to (..., 3) right, down, away.
Seen = Callable[[Floats], Floats]

SIDES: tuple[Side, Side] = ("left", "right")

#: Metres across, and the landmarks from end to end, of each limb of one side.
LIMBS: dict[str, tuple[float, tuple[str, ...]]] = {
    "upper_arm": (0.085, ("shoulder", "elbow")), "forearm": (0.066, ("elbow", "wrist")),
    "thigh": (0.125, ("hip", "knee")), "shank": (0.090, ("knee", "ankle")),
}  # fmt: skip

FINGERS = ("thumb", "index", "middle", "ring", "pinky")

#: Across the trunk's rim and the neck, and how far the trunk's corners lie inside the joints, as a share.
TRUNK_RIM_M, NECK_WIDTH_M, INSIDE = 0.165, 0.085, 0.50

#: The head's radii forward, to the left and up, about its middle.
HEAD_MIDDLE_M, HEAD_RADII_M = np.array([0.01, 0.0, 0.685]), np.array([0.098, 0.078, 0.125])


@dataclass(frozen=True, eq=False)
class Shape:
    """One part of the body in a picture.

    Attributes
    ----------
    xy : (point, 2)
        Metres right and down: a line, or the corners of an area.
    width_m : float
        How thick the line or the area's rim is.
    filled : bool
    away_m : float
        Mean distance from the camera; far parts are drawn first.
    parts : frozenset of str
        The joints and parts that it stands for, as in ``HANGS_FROM`` with their side; empty for the features of the face.
    """

    xy: Floats
    width_m: float
    filled: bool
    away_m: float
    parts: frozenset[str]


#: Corners of the nose, and lines of the eyes, the ears and the mouth, in metres of a body that stands upright.
NOSE_M = np.array([[0.085, 0.0, 0.708], [0.128, 0.0, 0.668], [0.088, 0.0, 0.662]])
EYES_M = [np.array([[0.078, y, 0.706], [0.078, y, 0.718]]) for y in (-0.032, 0.032)]
EARS_M = [np.array([[0.0, y, 0.702], [-0.004, y, 0.672]]) for y in (-0.08, 0.08)]
MOUTH_M = np.array([[0.080, -0.026, 0.626], [0.090, 0.0, 0.620], [0.080, 0.026, 0.626]])


def shapes_of(body: Body, frame: int, see: Seen, *, fingers: Side | None) -> list[Shape]:
    """The body in one frame as shapes, far ones first; fingers on the hand of one side, the other is one short limb."""
    points = body.points_m[frame]
    shapes = [_trunk(points, see), *_head(body, frame, see)]
    for side in SIDES:
        for width, names in LIMBS.values():
            shapes.append(_line(points, [f"{side}_{name}" for name in names], width, see))
        shapes.append(_foot(points, side, see))
        shapes.extend(_fingers(points, side, see) if side == fingers else [_mitten(points, side, see)])
    return sorted(shapes, key=lambda shape: -shape.away_m)


def _shape(points: Floats, width_m: float, see: Seen, parts: frozenset[str], *, filled: bool = False) -> Shape:
    there = see(points)
    return Shape(there[:, :2], width_m, filled, float(there[:, 2].mean()), parts)


def _line(points: Floats, names: list[str], width_m: float, see: Seen, parts: frozenset[str] | None = None) -> Shape:
    return _shape(points[[INDEX[name] for name in names]], width_m, see, frozenset(names) if parts is None else parts)


def _trunk(points: Floats, see: Seen) -> Shape:
    corners = points[
        [INDEX[f"{side}_{name}"] for side, name in (("left", "shoulder"), ("right", "shoulder"), ("right", "hip"), ("left", "hip"))]
    ]
    middles = np.repeat([corners[:2].mean(axis=0), corners[2:].mean(axis=0)], 2, axis=0)
    return _shape(middles + INSIDE * (corners - middles), TRUNK_RIM_M, see, frozenset({"mid_hip", "mid_shoulder"}), filled=True)


def _foot(points: Floats, side: Side, see: Seen) -> Shape:
    names = [f"{side}_{name}" for name in ("heel", "foot_index", "ankle")]
    return _shape(points[[INDEX[name] for name in names]], 0.05, see, frozenset(names), filled=True)


def _mitten(points: Floats, side: Side, see: Seen) -> Shape:
    return _line(points, [f"{side}_hand_wrist", f"{side}_hand_middle_pip"], 0.055, see, frozenset({f"{side}_hand"}))


def _fingers(points: Floats, side: Side, see: Seen) -> Iterator[Shape]:
    palm = [f"{side}_hand_{name}" for name in ("wrist", "thumb_cmc", "index_mcp", "middle_mcp", "ring_mcp", "pinky_mcp")]
    yield _shape(points[[INDEX[name] for name in palm]], 0.026, see, frozenset({f"{side}_hand"}), filled=True)
    for finger in FINGERS:
        names = [name for name in INDEX if name.startswith(f"{side}_hand_{finger}")]
        yield _line(points, names, 0.017, see, frozenset({f"{side}_hand"}))


def _head(body: Body, frame: int, see: Seen) -> Iterator[Shape]:
    points, turn = body.points_m[frame], body.trunk[frame] @ body.head[frame]

    def place(standing_m: Floats) -> Floats:
        return np.asarray(points[INDEX["nose"]] + (standing_m - STANDING_M["nose"]) @ turn.T)

    shoulders = middle_of(points, "shoulder")
    yield _shape(np.stack([shoulders, place(np.add(NECK_M, (0.0, 0.0, 0.06)))]), NECK_WIDTH_M, see, frozenset({"neck"}))
    middle = see(place(HEAD_MIDDLE_M))
    for protruding in (NOSE_M, *EARS_M):
        behind = _shape(place(protruding), 0.016, see, frozenset({"head"}), filled=len(protruding) > 2)
        yield replace(behind, away_m=float(middle[2]) + 1e-3)
    yield Shape(middle[:2] + _outline(turn, see), 0.004, True, float(middle[2]), frozenset({"head"}))
    yield from _features(place, turn, see)


def _outline(turn: Floats, see: Seen) -> Floats:
    """(point, 2) the rim of the head's ellipsoid as it is seen, about its middle."""
    axes = see(turn.T)[:, :2] * HEAD_RADII_M[:, None]
    values, vectors = np.linalg.eigh(axes.T @ axes)
    around = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    return np.asarray(np.stack([np.cos(around), np.sin(around)], axis=-1) * np.sqrt(values) @ vectors.T)


def _features(place: Callable[[Floats], Floats], turn: Floats, see: Seen) -> Iterator[Shape]:
    """Eyes, mouth, and the near ear, as far as they look at the camera."""
    features = [*((eye, 0.012, 0.02) for eye in EYES_M), *((ear, 0.02, 0.06) for ear in EARS_M), (MOUTH_M, 0.008, 0.05)]
    for line, width, turned_to_camera_m in features:
        outwards = see((line.mean(axis=0) - HEAD_MIDDLE_M) @ turn.T)
        if -outwards[2] > turned_to_camera_m:
            yield _shape(place(line), width, see, frozenset())
