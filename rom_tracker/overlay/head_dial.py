"""A small picture in a corner of the recording: a turn of the head that the camera cannot see, such as a nod from the front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement
from rom_tracker.overlay.drawing import (
    BLACK,
    DARK,
    GREEN,
    PALE,
    VERMILLION,
    WHITE,
    YELLOW,
    Box,
    Image,
    arc_points,
    area,
    box_of,
    dashed_line,
    dot,
    line,
    unit,
    wedge,
    write,
)
from rom_tracker.pose.sequence import Floats

#: Points of the outline of a head that looks to the right, about where it turns: from the side, and from above. In heads.
_ROUND = np.linspace(0, 2 * np.pi, 40, endpoint=False)
_HEADS = {
    "from the side": (np.stack([0.40 * np.cos(_ROUND) + 0.05, 0.5 * np.sin(_ROUND) - 0.35], axis=1), (0.0, -0.35)),
    "from above": (np.stack([0.5 * np.cos(_ROUND), 0.40 * np.sin(_ROUND)], axis=1), (0.04, 0.0)),
}
_NOSE = np.array([[0.30, -0.14], [0.68, 0.03], [0.30, 0.14]])

#: Length of the lines and radius of the wedge, in heads, and width of the shoulders.
_REACH, _RADIUS, _SHOULDERS = 1.25, 0.9, 1.1


@dataclass(frozen=True)
class HeadDial:
    """What the small picture shows.

    Attributes
    ----------
    words : str
        From where the head is seen in it.
    zero_deg : float
        Where 0 points in it, degrees clockwise from the right.
    looks_deg : float
        Where the face looks at 0.
    sense : float
        1 where the angle grows clockwise in it, -1 where it does not.
    """

    words: str
    zero_deg: float
    looks_deg: float
    sense: float

    @classmethod
    def of(cls, movement: Movement, side: Side) -> HeadDial:
        """That of a movement of the head: nods from the side, looking right; turns from above, the camera below."""
        if movement.plane == "sagittal":
            zero = {"up": -90.0, "forward": 0.0, "down": 90.0, "backward": 180.0}[movement.moving.at_zero]
            clockwise = {-90.0: "forward", 0.0: "down", 90.0: "backward", 180.0: "up"}[zero]
            return cls("from the side", zero, 0.0, 1.0 if movement.positive == clockwise else -1.0)
        outwards = -1.0 if side == "left" else 1.0
        return cls("from above", 90.0, 90.0, outwards if movement.positive == "outward" else -outwards)

    def draw(self, image: Image, box: Box, value: str, angle_deg: float, *, marked: bool) -> None:
        """Draw it over a part of the picture; green where the end range is marked. Without a value nothing is written."""
        left, top, right, bottom = box
        height, width = bottom - top, right - left
        ground = image[top:bottom, left:right]
        ground[:] = (ground * 0.1 + 0.9 * 255).astype(np.uint8)
        head, pen = 0.34 * height, max(1, height // 80)
        down = 0.60 if self.words == "from the side" else 0.34
        centre = np.array([left + width / 2, top + down * height])
        self._draw_head(image, centre, head, angle_deg)
        sweep_deg, now = self.sense * angle_deg, self.zero_deg + self.sense * angle_deg
        arc = arc_points(centre, _RADIUS * head, self.zero_deg, sweep_deg)
        wedge(image, np.vstack([centre, arc]), GREEN if marked else YELLOW)
        dashed_line(image, centre, centre + _REACH * head * unit(self.zero_deg), BLACK, pen)
        line(image, centre, centre + _REACH * head * unit(now), GREEN if marked else VERMILLION, 3 * pen)
        dot(image, centre, VERMILLION, 3 * pen)
        if not value:
            return
        letters = height // 11
        for words, size_px, share in ((f"seen {self.words}", letters, 0.07), (value, 2 * letters, 0.89)):
            write(
                image,
                words,
                size_px,
                box_of(words, size_px, np.array([left + width / 2, top + share * height]), image.shape[1::-1]),
            )

    def _draw_head(self, image: Image, centre: Floats, head: float, angle_deg: float) -> None:
        outline, middle = _HEADS[self.words]
        below = np.array([[-0.22, 0.0], [0.22, 0.0], [0.22, 0.45], [0.7, 0.62], [-0.7, 0.62], [-0.22, 0.45]])
        if self.words == "from above":
            below = np.stack([_SHOULDERS * np.cos(_ROUND), 0.30 * np.sin(_ROUND)], axis=1)
        area(image, centre + head * below, DARK)
        turned = _turn(self.looks_deg + self.sense * angle_deg)
        for part in (_NOSE + middle, outline):
            rim = head * part @ turned.T
            area(image, centre + 1.06 * rim, WHITE)
            area(image, centre + rim, PALE)


def _turn(angle_deg: float) -> Floats:
    cos, sin = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[cos, -sin], [sin, cos]])
