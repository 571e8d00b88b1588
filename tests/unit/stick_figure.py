"""The mannequin as each of the models would see it, without perspective: recordings whose truth is exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rom_tracker.landmarks import HAND_LANDMARKS, INDEX, LANDMARKS, Side
from rom_tracker.movements import Movement, load_catalogue
from rom_tracker.movements.mannequin import STANDING_M, Body, Faces, Floats, camera_deg, face_m, posed, seen
from rom_tracker.pose.sequence import PosePasses, PoseSequence

if TYPE_CHECKING:
    from rom_tracker.pose.hand import HandSequence
    from rom_tracker.pose.head import FaceSequence

__all__ = [
    "IMAGE_SIZE", "MIDDLE_OF_HIPS_PX", "PX_PER_M", "STANDING_M", "every", "repetitions_deg", "standing", "stick_faces",
    "stick_hands", "stick_passes",
]  # fmt: skip

IMAGE_SIZE = (640, 640)
MIDDLE_OF_HIPS_PX = (320.0, 340.0)
PX_PER_M = 280.0

#: How many landmarks of a hand the hand model finds itself; the others are derived from them.
HAND_POINTS = 21


def stick_passes(
    movement_key: str,
    side: Side,
    angles_deg: Sequence[float] | Floats,
    time_s: Sequence[float] | Floats,
    *,
    faces: Faces = "image_right",
    yaw_deg: float | None = None,
    roll_deg: float = 0.0,
    jitter_px: float = 0.0,
    seed: int = 0,
) -> PosePasses:
    """Poses of a body that does one movement of the catalogue and nothing else.

    Parameters
    ----------
    movement_key, side
        As for ``measure``.
    angles_deg : (frame,)
        The true clinical angle. A movement whose zero is the client's own start counts it from upright all the same.
    time_s : (frame,)
    faces : {"image_left", "image_right"}
        In a movement filmed from the side or above; one filmed from the front faces the camera.
    yaw_deg : float, optional
        Where the body faces instead, as in ``BodyView.yaw_deg``.
    roll_deg : float
        How far the picture is turned clockwise, besides lying.
    jitter_px : float
        Standard deviation of independent normal noise on every landmark and axis, in each of the two looks.
    """
    movement, body = _done(movement_key, side, angles_deg)
    world = _before_the_camera(body.points_m[:, : len(LANDMARKS)], movement, faces, yaw_deg, roll_deg)
    looks = (
        PoseSequence(
            time_s=np.asarray(time_s, dtype=np.float64),
            xy=xy,
            world=world,
            visibility=np.ones(xy.shape[:2]),
            image_size=IMAGE_SIZE,
            model="stick figure",
        )
        for xy in _two_looks(_in_px(world)[..., :2], jitter_px, seed)
    )
    return PosePasses(*looks)


def stick_hands(
    movement_key: str,
    side: Side,
    angles_deg: Sequence[float] | Floats,
    time_s: Sequence[float] | Floats,
    *,
    faces: Faces = "image_right",
    yaw_deg: float | None = None,
    roll_deg: float = 0.0,
    jitter_px: float = 0.0,
    seed: int = 0,
) -> HandSequence:
    """The tested hand in the same recording, as :func:`stick_passes` takes it."""
    from rom_tracker.pose.hand import HandSequence

    movement, body = _done(movement_key, side, angles_deg)
    hand = [INDEX[f"{side}_{name}"] for name in HAND_LANDMARKS[:HAND_POINTS]]
    world = _before_the_camera(body.points_m[:, hand], movement, faces, yaw_deg, roll_deg)
    xyz = _in_px(world)
    xyz[..., 2] -= xyz[:, :1, 2]
    return HandSequence(
        time_s=np.asarray(time_s, dtype=np.float64),
        xyz=_two_looks(xyz, jitter_px, seed),
        world=np.repeat((world - world.mean(axis=1, keepdims=True))[None], 2, axis=0),
        named_right=np.ones((2, len(world)), dtype=bool),
    )


def stick_faces(
    movement_key: str,
    side: Side,
    angles_deg: Sequence[float] | Floats,
    time_s: Sequence[float] | Floats,
    *,
    yaw_deg: float | None = None,
    roll_deg: float = 0.0,
    jitter_px: float = 0.0,
    seed: int = 0,
) -> FaceSequence:
    """The face in the same recording, as :func:`stick_passes` takes it."""
    from rom_tracker.pose.head import FaceSequence

    movement, body = _done(movement_key, side, angles_deg)
    xyz = _in_px(_before_the_camera(face_m(body), movement, "image_right", yaw_deg, roll_deg))
    return FaceSequence(time_s=np.asarray(time_s, dtype=np.float64), xyz=_two_looks(xyz, jitter_px, seed))


def every(passes: PosePasses, step: int) -> PosePasses:
    """The passes of a look at every so many frames."""
    rows = np.arange(0, len(passes.time_s), step)
    return PosePasses(passes.as_filmed.of_frames(rows), passes.mirrored.of_frames(rows), passes.time_s)


def repetitions_deg(
    peaks_deg: Sequence[float],
    *,
    rest_deg: float = 0.0,
    move_s: float = 1.0,
    hold_s: float = 1.0,
    rest_s: float = 0.7,
    fps: float = 30.0,
) -> tuple[Floats, Floats]:
    """Times and angles, (frame,) each, of repetitions that rise and fall as half a cosine and hold their peaks."""
    corner_s, corner_deg = [0.0, rest_s], [rest_deg, rest_deg]
    for peak in peaks_deg:
        for duration, level in ((move_s, peak), (hold_s, peak), (move_s, rest_deg), (rest_s, rest_deg)):
            corner_s.append(corner_s[-1] + duration)
            corner_deg.append(level)
    time_s = np.arange(0, corner_s[-1], 1 / fps)
    begin = np.searchsorted(corner_s, time_s, side="right") - 1
    corners, levels = np.array(corner_s), np.array(corner_deg)
    done = (time_s - corners[begin]) / (corners[begin + 1] - corners[begin])
    return time_s, levels[begin] + (levels[begin + 1] - levels[begin]) * (1 - np.cos(np.pi * done)) / 2


def _done(movement_key: str, side: Side, angles_deg: Sequence[float] | Floats) -> tuple[Movement, Body]:
    movement = load_catalogue()[movement_key]
    return movement, posed(movement, side, angles_deg)


def _before_the_camera(points_m: Floats, movement: Movement, faces: Faces, yaw_deg: float | None, roll_deg: float) -> Floats:
    """(frame, point, 3) metres right, down and away from where the movement wants the camera."""
    yaw, pitch = camera_deg(movement, faces)
    return seen(points_m, yaw if yaw_deg is None else yaw_deg, pitch_deg=pitch, roll_deg=roll_deg, lies=movement.posture.lies)


def _in_px(world: Floats) -> Floats:
    """The same in pixels of the picture, z from the middle of the hips."""
    return np.asarray(PX_PER_M * world + np.array([*MIDDLE_OF_HIPS_PX, 0.0]))


def _two_looks(values: Floats, jitter_px: float, seed: int) -> Floats:
    """(look, ...) the same twice, each with noise of its own."""
    looks = np.stack([values, values])
    if jitter_px:
        looks += np.random.default_rng(seed).normal(scale=jitter_px, size=looks.shape)
    return looks


def standing(x: float, *, px_per_m: float = 150.0) -> np.ndarray:
    """(landmark, 2) pixels of somebody who faces the camera, hips at x."""
    places = np.zeros((len(LANDMARKS), 2))
    for name in LANDMARKS:
        point = name.removeprefix("left_").removeprefix("right_").removesuffix("_left").removesuffix("_right")
        _, left, up = STANDING_M[point]
        places[INDEX[name]] = x + px_per_m * (-left if "right" in name else left), 240 - px_per_m * up
    return places
