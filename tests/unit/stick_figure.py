"""A stick body with known joint angles, seen by a camera without perspective: poses whose truth is exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rom_tracker.landmarks import INDEX, LANDMARKS, Side
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.sequence import PosePasses, PoseSequence

Floats = NDArray[np.float64]
Faces = Literal["image_left", "image_right"]

IMAGE_SIZE = (640, 640)
MIDDLE_OF_HIPS_PX = (320.0, 340.0)
PX_PER_M = 280.0

#: Metres forward, to the person's left, and up from the middle of the hips, of the left half; the right half mirrors it.
STANDING_M: dict[str, tuple[float, float, float]] = {
    "nose": (0.12, 0.0, 0.68), "eye_inner": (0.10, 0.02, 0.71), "eye": (0.10, 0.03, 0.71), "eye_outer": (0.09, 0.05, 0.71),
    "ear": (0.0, 0.08, 0.68), "mouth": (0.10, 0.03, 0.62), "shoulder": (0.0, 0.18, 0.50), "elbow": (0.0, 0.18, 0.21),
    "wrist": (0.0, 0.18, -0.05), "pinky": (-0.02, 0.18, -0.13), "index": (0.02, 0.18, -0.14), "thumb": (0.04, 0.18, -0.10),
    "hip": (0.0, 0.10, 0.0), "knee": (0.0, 0.10, -0.42), "ankle": (0.0, 0.10, -0.84), "heel": (-0.05, 0.09, -0.88),
    "foot_index": (0.18, 0.13, -0.90),
}  # fmt: skip

AXES_M: dict[str, tuple[float, float, float]] = {
    "forward": (1, 0, 0), "backward": (-1, 0, 0), "up": (0, 0, 1), "down": (0, 0, -1), "to_left": (0, 1, 0), "to_right": (0, -1, 0),
}  # fmt: skip

#: What moves along when the segment that ends in this point turns.
BEYOND: dict[str, tuple[str, ...]] = {
    "elbow": ("elbow", "wrist", "pinky", "index", "thumb"),
    "wrist": ("wrist", "pinky", "index", "thumb"),
    "knee": ("knee", "ankle", "heel", "foot_index"),
    "ankle": ("ankle", "heel", "foot_index"),
}
ABOVE_THE_HIPS = [i for i, name in enumerate(LANDMARKS) if not name.endswith(("hip", "knee", "ankle", "heel", "foot_index"))]


def stick_passes(
    movement_key: str,
    side: Side,
    angles_deg: Sequence[float] | Floats,
    time_s: Sequence[float] | Floats,
    *,
    faces: Faces = "image_right",
    yaw_deg: float | None = None,
    jitter_px: float = 0.0,
    seed: int = 0,
) -> PosePasses:
    """Poses of a standing body that does one movement of the catalogue and nothing else.

    Parameters
    ----------
    movement_key, side
        As for ``measure``.
    angles_deg : (frame,)
        The true clinical angle. A movement whose zero is the client's own start counts it from upright all the same.
    time_s : (frame,)
    faces : {"image_left", "image_right"}
        In a movement filmed from the side; one filmed from the front faces the camera.
    yaw_deg : float, optional
        Where the body faces instead, as in ``BodyView.yaw_deg``.
    jitter_px : float
        Standard deviation of independent normal noise on every landmark and axis, in each of the two looks.
    """
    movement = load_catalogue()[movement_key]
    if yaw_deg is None:
        yaw_deg = 0.0 if movement.camera == "front" else {"image_right": 90.0, "image_left": -90.0}[faces]
    body = _moved(movement_key, side, np.asarray(angles_deg, dtype=np.float64))
    world = _seen(body, yaw_deg)
    xy = np.array(MIDDLE_OF_HIPS_PX) + PX_PER_M * world[..., :2]
    noise = np.random.default_rng(seed).normal(scale=jitter_px, size=(2, *xy.shape)) if jitter_px else np.zeros((2, *xy.shape))
    looks = (
        PoseSequence(
            time_s=np.asarray(time_s, dtype=np.float64),
            xy=xy + look_noise,
            world=world,
            visibility=np.ones(xy.shape[:2]),
            image_size=IMAGE_SIZE,
            model="stick figure",
        )
        for look_noise in noise
    )
    return PosePasses(*looks)


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


def _standing() -> Floats:
    """(landmark, 3) metres forward, to the left, up."""
    places = np.zeros((len(LANDMARKS), 3))
    for name, i in INDEX.items():
        point = name.removeprefix("left_").removeprefix("right_").removesuffix("_left").removesuffix("_right")
        places[i] = np.array(STANDING_M[point]) * (1, -1 if "right" in name else 1, 1)
    return places


def _moved(movement_key: str, side: Side, angles_deg: Floats) -> Floats:
    """(frame, landmark, 3) metres forward, to the left, up."""
    movement = load_catalogue()[movement_key]
    away = "to_left" if side == "left" else "to_right"
    names = {"outward": away, "inward": "to_right" if away == "to_left" else "to_left"}
    along = np.array(AXES_M[movement.moving.anatomical], dtype=np.float64)
    towards = np.array(AXES_M[names.get(movement.positive, movement.positive)], dtype=np.float64)
    body = np.repeat(_standing()[None], len(angles_deg), axis=0)
    if movement.moving.end in BEYOND:
        moving = [INDEX[f"{side}_{name}"] for name in BEYOND[movement.moving.end]]
        pivot = body[0, INDEX[f"{side}_{movement.moving.start}"]].copy()
    else:
        moving, pivot = ABOVE_THE_HIPS, np.zeros(3)
    arms = body[:, moving] - pivot
    a, b = (arms @ along)[..., None], (arms @ towards)[..., None]
    cos, sin = (f(np.radians(angles_deg))[:, None, None] for f in (np.cos, np.sin))
    body[:, moving] = pivot + arms + (a * cos - b * sin - a) * along + (a * sin + b * cos - b) * towards
    return body


def _seen(body: Floats, yaw_deg: float) -> Floats:
    """(frame, landmark, 3) metres right, down, away from the camera."""
    forward, left, up = np.moveaxis(body, -1, 0)
    cos, sin = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
    return np.stack([left * cos + forward * sin, -up, left * sin - forward * cos], axis=-1)
