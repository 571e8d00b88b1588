"""Printed sheets before a camera whose lens is known: rendered pictures of the board and of the card."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.calibration.board import BOARD
from rom_tracker.capture import Frame
from rom_tracker.capture.lens import LensProfile

Floats = NDArray[np.floating]
Image = NDArray[np.uint8]

#: A wide webcam: 88 degrees across.
WIDE = LensProfile.from_field(88.0, -0.11, (640, 360), "wide webcam")

#: Texture of a sheet, pixels a millimetre.
PX_PER_MM = 2


@dataclass(frozen=True)
class Pose:
    """Where the middle of a sheet is, and how it is turned.

    ``at`` is a place of the picture, -1 to 1 from left to right and from top to bottom, and ``away_mm`` the distance along the
    camera's axis; ``about_vertical`` and so on turn the sheet, in degrees.
    """

    at: tuple[float, float] = (0.0, 0.0)
    away_mm: float = 300.0
    about_vertical: float = 0.0
    about_horizontal: float = 0.0
    in_plane: float = 0.0

    def rotation(self) -> Floats:
        turns = np.radians([self.about_horizontal, self.about_vertical, self.in_plane])
        x, y, z = (cv2.Rodrigues(axis * turn)[0] for axis, turn in zip(np.eye(3), turns, strict=True))
        return y @ x @ z


def board_sheet(margin_mm: float = 10.0) -> Image:
    """The board with a white margin, as printed."""
    modules = np.where(BOARD.modules(), 0, 255).astype(np.uint8)
    edge = round(BOARD.square_mm / 8 * PX_PER_MM)
    return cv2.copyMakeBorder(
        np.kron(modules, np.ones((edge, edge), np.uint8)), *[round(margin_mm * PX_PER_MM)] * 4, cv2.BORDER_CONSTANT, value=255
    )


def card_sheet() -> Image:
    """The goniometer card as printed: its markers where the program looks for them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from rom_tracker.calibration import sheets

    figure = sheets.card_sheet("a4")
    figure.set_dpi(PX_PER_MM * sheets.MM_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., 0].copy()


def _rays_through(lens: LensProfile, points_px: Floats) -> Floats:
    """(point, 3) what is seen at a place of the picture lies on the line through (0, 0, 0) and this, whose z is 1."""
    plane = np.linalg.solve(lens.camera_matrix, np.column_stack([lens.undistorted(points_px), np.ones(len(points_px))]).T)
    return plane.T


@cache
def _rays(lens: LensProfile) -> Floats:
    """(pixel, 3) of every pixel; between every fourth one they are as good as linear."""
    width, height = lens.size
    x, y = np.meshgrid(np.arange(0, width + 4, 4), np.arange(0, height + 4, 4))
    coarse = _rays_through(lens, np.stack([x, y], axis=-1).reshape(-1, 2)).reshape(*x.shape, 3).astype(np.float32)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) / 4, np.arange(height, dtype=np.float32) / 4)
    return cv2.remap(coarse, x, y, cv2.INTER_LINEAR).reshape(-1, 3)


def filmed(
    sheet: Image, pose: Pose, lens: LensProfile, *, supersampled: int = 1, blur_px: float = 0.0, noise: float = 0.0
) -> Image:
    """The picture (height, width, 3) that a camera with this lens takes of the sheet before a grey wall."""
    width, height = lens.size
    fine = lens.scaled((width * supersampled, height * supersampled))
    rays, rotation = _rays(fine), pose.rotation()
    place = pose.away_mm * _rays_through(fine, (np.array([pose.at]) + 1) / 2 * fine.size)[0]
    # A point s * (x, y, 1) of a ray lies on the sheet where its distance from the sheet's middle is at right angles to the normal.
    along = rays @ rotation[:, 2]
    on_sheet = (rays * (place @ rotation[:, 2] / along)[:, None] - place) @ rotation[:, :2]
    texture = (on_sheet * PX_PER_MM + np.array(sheet.shape[::-1]) / 2 - 0.5).astype(np.float32).reshape(*fine.size[::-1], 2)
    picture = cv2.remap(sheet, texture[..., 0], texture[..., 1], cv2.INTER_AREA, borderMode=cv2.BORDER_CONSTANT, borderValue=110)
    picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    if blur_px:
        picture = cv2.GaussianBlur(picture, (0, 0), blur_px)
    if noise:
        picture = np.clip(picture + np.random.default_rng(0).normal(scale=noise, size=picture.shape), 0, 255).astype(np.uint8)
    return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)


#: The board moved about as the guide asks for.
TOUR = [
    Pose(at=(x, y), away_mm=away, about_vertical=turn, about_horizontal=tilt, in_plane=roll)
    for x, y, away, turn, tilt, roll in [
        (0, 0, 260, 0, 0, 90), (0, 0, 300, 30, 0, 90), (0, 0, 300, -30, 0, 90), (0, 0, 300, 0, 30, 90), (0, 0, 300, 0, -30, 90),
        (-0.6, -0.5, 240, 0, 0, 90), (0.6, -0.5, 240, 0, 0, 90), (-0.6, 0.5, 240, 0, 0, 90), (0.6, 0.5, 240, 0, 0, 90),
        (-0.65, 0, 260, 25, 10, 90), (0.65, 0, 260, -25, -10, 90), (0, -0.5, 250, 10, 30, 90), (0, 0.5, 250, -10, -30, 90),
        (-0.5, -0.4, 260, -20, 25, 80), (0.5, 0.4, 260, 20, -25, 100), (0.2, 0.1, 500, 35, 20, 0), (-0.75, 0.7, 230, 5, 5, 90),
        (0.75, -0.7, 230, -5, 5, 90), (-0.75, -0.7, 230, 5, -5, 90), (0.75, 0.7, 230, -5, -5, 90),
        (-0.25, 0.75, 240, 8, 5, 90), (0.25, -0.75, 240, -8, 5, 90),
    ]
]  # fmt: skip


def tour(lens: LensProfile) -> list[Pose]:
    """The board moved about before a camera of another field, so that it looks as large."""
    longer = lens.matrix[0][0] / max(lens.size) / (WIDE.matrix[0][0] / max(WIDE.size))
    return [replace(pose, away_mm=pose.away_mm * longer) for pose in TOUR]


@dataclass(frozen=True)
class Film:
    """A source of frames: every picture is shown ``held`` times, 0.2 s apart, as if held still."""

    pictures: tuple[Image, ...]
    held: int = 2

    @classmethod
    def of(cls, pictures: Iterable[Image], held: int = 2) -> Film:
        return cls(tuple(pictures), held)

    def __iter__(self) -> Iterator[Frame]:
        for index in range(len(self.pictures) * self.held):
            yield Frame(index, index * 0.2, self.pictures[index // self.held])
