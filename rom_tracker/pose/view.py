"""How the body stands to the camera: decided once for a whole recording, never frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement
from rom_tracker.movements.definitions import HAND_DIRECTIONS, Direction
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence

#: The starting position, in which the trunk shows which way up the client is: the first so many seconds.
START_S = 1.0

#: A body turned farther from the camera than this shows half of its face at most.
PROFILE_DEG = 60.0

#: A trunk that leans less than this in the picture belongs to a client who stands or sits; its lean is not taken for a turned
#: picture.
UPRIGHT_WITHIN_DEG = 45.0


@dataclass(frozen=True)
class BodyView:
    """How the body stands to the camera.

    Attributes
    ----------
    yaw_deg : float
        Direction in which the body faces, -180 to 180: 0 towards the camera, 90 to the right edge of the picture, -90 to the
        left edge, 180 away from the camera. Of a client who lies, as if the picture were turned so that the head is up.
    faces : {"image_left", "image_right"}
        The edge of the picture that the body faces, or leans towards facing; for a client who lies, with the head turned up.
    left_side : {"image_left", "image_right"}
        The edge of the picture nearest to the person's left side, with the head turned up.
    agreement : float
        0 to 1: how far shoulders, head and feet agree about ``faces``.
    lies_deg : {0, 90, 180, -90}
        Where the head is: 0 up in the picture, 90 at its right edge, -90 at its left edge.
    """

    yaw_deg: float
    faces: Literal["image_left", "image_right"]
    left_side: Literal["image_left", "image_right"]
    agreement: float
    lies_deg: float = 0.0

    def off_plane_deg(self, movement: Movement) -> float:
        """Degrees, 0 to 90, by which the plane of the movement is turned out of the plane of the picture."""
        from_frontal = abs(self.yaw_deg)
        from_frontal = min(from_frontal, 180 - from_frontal)
        return 90 - from_frontal if movement.camera == "side" else from_frontal

    def near_side(self) -> Side:
        """The side of the body nearer to the camera in a side view."""
        return "left" if self.faces == "image_left" else "right"

    def in_image(self, direction: Direction, side: Side) -> tuple[float, float]:
        """Unit vector (x right, y down) of a direction of the body, for a test of the given side.

        Raises
        ------
        ValueError
            The direction is one of the hand's (see :class:`HandView`).
        """
        forward = 1.0 if self.faces == "image_right" else -1.0
        outward = 1.0 if (self.left_side == "image_right") == (side == "left") else -1.0
        upright = {
            "up": (0.0, -1.0),
            "down": (0.0, 1.0),
            "forward": (forward, 0.0),
            "backward": (-forward, 0.0),
            "outward": (outward, 0.0),
            "inward": (-outward, 0.0),
        }
        if direction not in upright:
            raise ValueError(f"expected a direction of the body, got {direction!r}")
        return _turned(upright[direction], self.lies_deg)


@dataclass(frozen=True)
class HandView:
    """How the tested hand lies in the picture.

    Attributes
    ----------
    distal : (float, float)
        Unit vector (x right, y down) from wrist to knuckles in the starting position.
    palmar_turns, radial_turns : {1.0, -1.0}
        1 where the palm, or the thumb's side, lies clockwise of it in the picture.
    palm_to_camera_deg : float
        0 where the hand is seen from its edge, 90 where palm or back face the camera.
    edge_off_sight_deg : float
        Between the axis across the palm and the line of sight: 0 where the camera looks along it, at the hand's edge.
    """

    distal: tuple[float, float]
    palmar_turns: float
    radial_turns: float
    palm_to_camera_deg: float
    edge_off_sight_deg: float

    def off_plane_deg(self, movement: Movement) -> float:
        """Degrees, 0 to 90, by which the plane of the movement is turned out of the plane of the picture."""
        return self.edge_off_sight_deg if movement.positive in ("palmar", "dorsal") else 90 - self.palm_to_camera_deg

    def in_image(self, direction: Direction) -> tuple[float, float]:
        """Unit vector (x right, y down) of a direction of the hand."""
        turns = {
            "distal": 0.0,
            "palmar": 90 * self.palmar_turns,
            "dorsal": -90 * self.palmar_turns,
            "radial": 90 * self.radial_turns,
            "ulnar": -90 * self.radial_turns,
        }
        return _turned(self.distal, turns[direction])


@dataclass(frozen=True)
class View:
    """How the client is seen: the body, and the tested hand where it was looked for.

    ``roll_deg`` is how far the camera is known to be turned about its line of sight, clockwise seen from behind it.
    """

    body: BodyView
    hand: HandView | None = None
    roll_deg: float = 0.0

    @property
    def vertical(self) -> tuple[float, float]:
        """Unit vector (x right, y down) of what points up in the room: it leans to the left in a camera rolled clockwise."""
        return _turned((0.0, -1.0), -self.roll_deg)

    def off_plane_deg(self, movement: Movement) -> float:
        """Degrees, 0 to 90, by which the plane of the movement is turned out of the plane of the picture."""
        if self.hand is not None and movement.positive in HAND_DIRECTIONS:
            return self.hand.off_plane_deg(movement)
        return self.body.off_plane_deg(movement)

    def in_profile(self, movement: Movement) -> bool:
        """Whether a nod of the head is seen from the side, where half of the face is hidden."""
        return self.is_nod(movement) and self.off_plane_deg(movement) > PROFILE_DEG

    @staticmethod
    def is_nod(movement: Movement) -> bool:
        """Whether it is the head that moves forwards or backwards, which is followed in depth too."""
        return movement.instrument == "face" and movement.plane == "sagittal"

    def in_image(self, direction: Direction, side: Side) -> tuple[float, float]:
        """Unit vector (x right, y down) of a direction of the body or of the tested hand."""
        if self.hand is not None and direction in HAND_DIRECTIONS:
            return self.hand.in_image(direction)
        return self.body.in_image(direction, side)


#: What is taken for the view where no body is in the picture: a client who faces the camera.
FACING_THE_CAMERA = BodyView(yaw_deg=0.0, faces="image_right", left_side="image_right", agreement=0.0)


def _turned(vector: tuple[float, float], clockwise_deg: float) -> tuple[float, float]:
    cos, sin = np.cos(np.radians(clockwise_deg)), np.sin(np.radians(clockwise_deg))
    x, y = vector
    return float(x * cos - y * sin), float(x * sin + y * cos)


def body_view(passes: PosePasses) -> BodyView | None:
    """Decide how the body stands to the camera; None where nobody was found.

    The yaw is that of the shoulder line in the model's world landmarks (median over the recording, both passes): against
    rendered people it errs by under 2 degrees from the front and by about 4 in profile or obliquely. The facing is the vote of
    three pieces of evidence: shoulder line, nose against ears, toes against heels. A client who lies is turned upright first.
    """
    if not passes.person_found.any():
        return None
    lies_deg = _lies_deg(passes)
    sequences = tuple(_upright(poses, lies_deg) for poses in (passes.as_filmed, passes.mirrored))
    shoulders = np.nanmean(
        [np.nanmedian(p.world_point("left_shoulder", "left") - p.world_point("right_shoulder", "left"), axis=0)
         for p in sequences if p.person_found.any()], axis=0,
    )  # fmt: skip
    yaw_deg = float(np.degrees(np.arctan2(shoulders[2], shoulders[0])))
    votes = [float(np.sin(np.radians(yaw_deg)))]
    votes += [_horizontal_vote([p.point("nose", "left") - p.point("mid_ear", "left") for p in sequences])]
    votes += [
        _horizontal_vote([p.point("foot_index", side) - p.point("heel", side) for p in sequences]) for side in ("left", "right")
    ]
    total = sum(votes)
    left_is_right = np.nanmedian(
        np.concatenate([p.point("left_shoulder", "left")[:, 0] - p.point("right_shoulder", "left")[:, 0] for p in sequences])
    )
    return BodyView(
        yaw_deg=yaw_deg,
        faces="image_right" if total >= 0 else "image_left",
        left_side="image_right" if left_is_right >= 0 else "image_left",
        agreement=abs(total) / (sum(abs(v) for v in votes) or 1.0),
        lies_deg=lies_deg,
    )


def _lies_deg(passes: PosePasses) -> float:
    """Where the head is in the starting position, in quarter turns clockwise from up."""
    trunks = []
    for poses in (passes.as_filmed, passes.mirrored):
        seen = np.flatnonzero(poses.person_found)
        if len(seen):
            start = seen[poses.time_s[seen] <= poses.time_s[seen[0]] + START_S]
            trunks.append(poses.trunk[start])
    x, y = np.nanmedian(np.concatenate(trunks), axis=0)
    lean_deg = float(np.degrees(np.arctan2(x, 0.0 - y)))  # -y would read a trunk without any length as upside down
    return 0.0 if abs(lean_deg) <= UPRIGHT_WITHIN_DEG else 90.0 * round(lean_deg / 90)


def _upright(poses: PoseSequence, lies_deg: float) -> PoseSequence:
    """The poses in a picture turned so that the head is up; places in it are about the picture's corner."""
    if not lies_deg:
        return poses
    cos, sin = (round(f(np.radians(-lies_deg))) for f in (np.cos, np.sin))
    turn = np.array([[cos, sin], [-sin, cos]])
    world = np.concatenate([poses.world[..., :2] @ turn, poses.world[..., 2:]], axis=-1)
    return poses.replaced(xy=poses.xy @ turn, world=world)


def _horizontal_vote(vectors: list[Floats]) -> float:
    """Median horizontal share, -1 to 1, of (frame, 2) vectors."""
    joined = np.concatenate(vectors)
    joined = joined[np.isfinite(joined[:, 0])]
    length = np.linalg.norm(joined, axis=1)
    return float(np.median(joined[:, 0] / np.maximum(length, 1e-6)))
