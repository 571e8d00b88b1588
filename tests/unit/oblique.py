"""The mannequin before a camera with perspective that stands off the plane of the movement."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rom_tracker.landmarks import INDEX, LANDMARKS, Side
from rom_tracker.movements import load_catalogue
from rom_tracker.movements.mannequin import Floats, posed, seen
from rom_tracker.pose.sequence import PosePasses, PoseSequence

IMAGE_SIZE = (640, 480)
FOCAL_PX = 0.85 * 640
DISTANCE_M = 3.2

#: The network makes limbs shallower than they are, and is unsure about it.
DEPTH_SHARE, DEPTH_NOISE_M = 0.75, 0.02


def oblique_passes(
    key: str,
    side: Side,
    angles_deg: Sequence[float] | Floats,
    time_s: Floats,
    *,
    yaw_deg: float,
    jitter_px: float = 1.0,
    walked_m: float = 0.0,
    seed: int = 0,
) -> PosePasses:
    """Poses of a body that does one movement of the catalogue, seen from ``yaw_deg``; it walks across the picture meanwhile."""
    points = seen(posed(load_catalogue()[key], side, angles_deg).points_m[:, : len(LANDMARKS)], yaw_deg)
    points[..., 0] += (walked_m * np.linspace(-0.5, 0.5, len(points)))[:, None]
    rng = np.random.default_rng(seed)
    return PosePasses(*(_look(points, np.asarray(time_s, dtype=np.float64), jitter_px, rng) for _ in range(2)))


def _look(points_m: Floats, time_s: Floats, jitter_px: float, rng: np.random.Generator) -> PoseSequence:
    away = points_m[..., 2:] + DISTANCE_M
    xy = FOCAL_PX * points_m[..., :2] / away + np.array(IMAGE_SIZE) / 2
    hips = points_m[:, [INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=1, keepdims=True)
    world = points_m - hips
    world[..., 2] = DEPTH_SHARE * world[..., 2] + rng.normal(scale=DEPTH_NOISE_M, size=world.shape[:2])
    return PoseSequence(
        time_s=time_s,
        xy=xy + rng.normal(scale=jitter_px, size=xy.shape) if jitter_px else xy,
        world=world,
        visibility=np.ones(xy.shape[:2]),
        image_size=IMAGE_SIZE,
        model="stick figure",
    )
