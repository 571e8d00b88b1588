"""Recordings of the mannequin as all the models see them: made, mirrored, turned and measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from stick_figure import IMAGE_SIZE, MIDDLE_OF_HIPS_PX, PX_PER_M, stick_hands, stick_passes

from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.landmarks import LANDMARKS, MIRROR, Side, opposite_side
from rom_tracker.movements import Movement, load_catalogue
from rom_tracker.movements.mannequin import FACE_MIDDLE_M, Body, Floats, camera_deg, face_m, posed, seen
from rom_tracker.pose.hand import HandSequence
from rom_tracker.pose.head import FaceSequence
from rom_tracker.pose.sequence import PosePasses, PoseSequence

if TYPE_CHECKING:
    from rom_tracker.movements.mannequin import Faces


@dataclass(frozen=True, eq=False)
class Recording:
    """What the models found in one recording, and the movement and side that it shows."""

    movement: Movement
    side: Side
    passes: PosePasses
    hands: HandSequence | None
    faces: FaceSequence | None

    def measured(self, **options: Any) -> RomMeasurement:
        return measure_poses(self.passes, self.movement, self.side, hands=self.hands, faces=self.faces, **options)

    def mirrored(self) -> Recording:
        """The mirror image, in which the other side does the movement."""
        return replace(
            self,
            side=opposite_side(self.side),
            passes=each_look(self.passes, mirrored_look),
            hands=self.hands and replace(self.hands, xyz=_flipped(self.hands.xyz), world=self.hands.world * (-1, 1, 1)),
            faces=self.faces and replace(self.faces, xyz=_flipped(self.faces.xyz)),
        )

    def turned(self, clockwise_deg: float) -> Recording:
        """The same with the camera tilted, so that the picture is turned about its middle."""
        cos, sin = np.cos(np.radians(clockwise_deg)), np.sin(np.radians(clockwise_deg))
        turn, middle = np.array([[cos, sin], [-sin, cos]]), np.array(self.passes.as_filmed.image_size) / 2

        def plane(points: Floats, about: Any = 0.0) -> Floats:
            return np.concatenate([(points[..., :2] - about) @ turn + about, points[..., 2:]], axis=-1)

        return replace(
            self,
            passes=each_look(self.passes, lambda look: look.replaced(xy=plane(look.xy, middle), world=plane(look.world))),
            hands=self.hands and replace(self.hands, xyz=plane(self.hands.xyz, middle), world=plane(self.hands.world)),
            faces=self.faces and replace(self.faces, xyz=plane(self.faces.xyz, middle)),
        )

    def moved(self, scale: float, shift_px: tuple[float, float], image_size: tuple[int, int]) -> Recording:
        """The same in a picture of another size, at another place and scale; of the body and the hand."""
        shift = np.array(shift_px)

        def look(poses: PoseSequence) -> PoseSequence:
            return poses.replaced(xy=poses.xy * scale + shift, image_size=image_size)

        return replace(
            self,
            passes=each_look(self.passes, look),
            hands=self.hands and replace(self.hands, xyz=self.hands.xyz * scale + np.array([*shift, 0.0])),
        )


def recorded(
    movement: str | Movement,
    side: Side,
    angles_deg: Sequence[float] | Floats,
    time_s: Sequence[float] | Floats,
    *,
    faces: Faces | None = None,
    **options: Any,
) -> Recording:
    """The mannequin doing one movement of the catalogue; filmed from the side, the tested side is the near one unless told."""
    entry = load_catalogue()[movement] if isinstance(movement, str) else movement
    facing: Faces = faces or ("image_left" if side == "left" else "image_right")
    key = entry.key
    time_s = np.asarray(time_s, dtype=np.float64)
    passes = stick_passes(key, side, angles_deg, time_s, faces=facing, **options)
    hands = stick_hands(key, side, angles_deg, time_s, faces=facing, **options) if entry.instrument == "hand" else None
    face = filmed_faces(posed(entry, side, angles_deg), time_s, **options) if entry.instrument == "face" else None
    return Recording(entry, side, passes, hands, face)


def filmed(points_m: Floats, movement: Movement, side: Side, time_s: Floats) -> PosePasses:
    """Poses of any body, in metres as the mannequin has them, filmed as the movement wants it with the tested side near."""
    yaw_deg, pitch_deg = camera_deg(movement, "image_left" if side == "left" else "image_right")
    world = seen(points_m[:, : len(LANDMARKS)], yaw_deg, pitch_deg=pitch_deg, lies=movement.posture.lies)
    look = PoseSequence(
        time_s=np.asarray(time_s, dtype=np.float64),
        xy=PX_PER_M * world[..., :2] + np.array(MIDDLE_OF_HIPS_PX),
        world=world,
        visibility=np.ones(world.shape[:2]),
        image_size=IMAGE_SIZE,
        model="stick figure",
    )
    return PosePasses(look, look)


def filmed_faces(
    body: Body,
    time_s: Floats,
    *,
    yaw_deg: float = 0.0,
    away_m: float = 1.2,
    focal_px: float = 576.0,
    beside_m: tuple[float, float] = (0.0, 0.0),
    jitter_px: float = 0.0,
) -> FaceSequence:
    """The face through a pinhole at the height of the eyes, or so many metres right and up of it; it points straight ahead.

    As in the mesh of the face model, a point's depth counts along the line of sight, in pixels.
    """
    world = seen(face_m(body) - np.array(FACE_MIDDLE_M), yaw_deg) - np.array([beside_m[0], -beside_m[1], -away_m])
    middle = world.mean(axis=1, keepdims=True)
    sight = middle / np.linalg.norm(middle, axis=-1, keepdims=True)
    depth = focal_px / away_m * ((world - middle) * sight).sum(axis=-1, keepdims=True)
    xy = focal_px * world[..., :2] / world[..., 2:] + np.array(IMAGE_SIZE) / 2
    xyz = np.concatenate([xy, depth], axis=-1)
    noise = np.random.default_rng(0).normal(scale=jitter_px, size=(2, *xyz.shape))
    return FaceSequence(np.asarray(time_s, dtype=np.float64), xyz + noise)


def each_look(passes: PosePasses, change: Callable[[PoseSequence], PoseSequence]) -> PosePasses:
    """The passes with both looks changed."""
    return PosePasses(change(passes.as_filmed), change(passes.mirrored))


def mirrored_look(look: PoseSequence) -> PoseSequence:
    """The mirror image of a picture, in which left and right are exchanged."""
    return look.replaced(
        xy=_flipped(look.xy[:, MIRROR]), world=look.world[:, MIRROR] * (-1, 1, 1), visibility=look.visibility[:, MIRROR]
    )


def _flipped(points: Floats) -> Floats:
    flipped = np.array(points)
    flipped[..., 0] = IMAGE_SIZE[0] - flipped[..., 0]
    return flipped
