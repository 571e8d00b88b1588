"""From where a movement's picture looks at the body, and what that hides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rom_tracker.landmarks import INDEX, Side
from rom_tracker.movements import Movement
from rom_tracker.movements.mannequin import Body, Floats, axis_of, camera_deg, plane_of, seen


@dataclass(frozen=True)
class Viewpoint:
    """How the picture looks at the body; angles in degrees as for :func:`rom_tracker.movements.mannequin.seen`."""

    yaw_deg: float
    pitch_deg: float
    lies: Literal["supine", "prone"] | None
    words: str
    is_the_cameras: bool

    def __call__(self, points_m: Floats) -> Floats:
        """(..., 3) metres right, down, away."""
        return seen(points_m, self.yaw_deg, pitch_deg=self.pitch_deg, lies=self.lies)


def viewpoint_of(movement: Movement, side: Side) -> Viewpoint:
    """The movement's own camera, or the first view that shows its plane."""
    faces: Literal["image_left", "image_right"] = "image_right" if side == "right" else "image_left"
    along, towards = plane_of(movement, side)
    normal = np.cross(along, towards)
    yaw, pitch = camera_deg(movement, faces)
    above = (180.0, 90.0)
    choices = [
        (*((yaw, pitch) if movement.camera != "above" else above), "", True),
        (90.0 if side == "right" else -90.0, 0.0, "from the side", False),
        (*above, "from above", False),
        (0.0, 0.0, "from the front", False),
    ]
    views = [Viewpoint(yaw, pitch, movement.posture.lies, words, own) for yaw, pitch, words, own in choices]
    return next((view for view in views if abs(view(normal)[2]) > 0.99), views[0])


def end_on(view: Viewpoint, body: Body, side: Side) -> bool:
    """Whether the tested hand is seen from its finger tips."""
    wrist, middle = (view(body.points_m[1, INDEX[f"{side}_hand_{name}"]]) for name in ("wrist", "middle_mcp"))
    return bool(wrist[2] - middle[2] > 0.99 * np.linalg.norm(middle - wrist))


def at_camera(movement: Movement, view: Viewpoint, side: Side) -> str:
    """Which limb of the posture points at the camera, in words; empty where none does."""
    directions = {**movement.posture.both, **movement.posture.tested}
    limbs = [limb for limb, direction in directions.items() if view(axis_of(direction, side))[2] < -0.99]
    return f"{limbs[0].replace('_', ' ').capitalize()} points at the camera" if limbs else ""
