"""The printed board, and how it is found in a picture.

A ChArUco board is a chessboard whose white squares carry markers. The markers tell which corner is which, so that a board that the
picture cuts off still counts: the corners of the picture, where a lens bends the most, can be reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture import Frame

Floats = NDArray[np.floating[Any]]
Image = NDArray[np.uint8]

DICTIONARY_NAME = "DICT_4X4_50"

#: Fewer corners than this do not say how the board is turned.
FEWEST_CORNERS = 12

#: Half the edge of the square about a corner in which its sharpness is measured, in pixels.
_PATCH_PX = 5


def dictionary() -> cv2.aruco.Dictionary:
    """The markers of board and card."""
    return cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, DICTIONARY_NAME))


@dataclass(frozen=True)
class Board:
    """The board as it is printed: ``columns`` by ``rows`` squares; edges of squares and markers in millimetres."""

    columns: int = 6
    rows: int = 8
    square_mm: float = 28.0
    marker_mm: float = 21.0

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height."""
        return self.columns * self.square_mm, self.rows * self.square_mm

    @property
    def markers(self) -> int:
        """How many markers it carries, numbered from 0."""
        return self.columns * self.rows // 2

    @property
    def corners_mm(self) -> Floats:
        """(corner, 3) the inner corners of the chessboard, x right and y down from its upper left corner."""
        return np.asarray(self.charuco().getChessboardCorners(), dtype=np.float64)

    def charuco(self) -> cv2.aruco.CharucoBoard:
        """The board as OpenCV knows it."""
        return cv2.aruco.CharucoBoard((self.columns, self.rows), self.square_mm, self.marker_mm, dictionary())

    def modules(self) -> NDArray[np.bool_]:
        """(row, column) the smallest squares it is made of, True where black; their edge is an eighth of a square."""
        picture = self.charuco().generateImage((8 * self.columns, 8 * self.rows))
        return np.asarray(picture < 128)


BOARD = Board()


@dataclass(frozen=True, eq=False)
class BoardView:
    """The board as one frame shows it.

    Attributes
    ----------
    ids : (corner,) int
        Which inner corners of the board are seen.
    corners_px : (corner, 2) float32
        Where they are.
    size : (width, height)
        Of the picture in pixels.
    sharpness : float
        One over the width in pixels of the edges between black and white, 0 to 1: less where the board moved or is out of focus.
    """

    ids: NDArray[np.int32]
    corners_px: Floats
    size: tuple[int, int]
    sharpness: float

    @cached_property
    def corners_mm(self) -> Floats:
        """(corner, 3) the same corners on the board."""
        return BOARD.corners_mm[self.ids].astype(np.float32)

    @cached_property
    def tilt_deg(self) -> Floats:
        """(2,) by how much the board is turned out of the picture plane about the picture's vertical and its horizontal.

        Found with the field of a usual webcam, so that it is rough; of a small board the sign may be wrong.
        """
        width, height = self.size
        focal = 0.8 * max(width, height)
        camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]])
        normal = pose_of(self.corners_mm, self.corners_px, camera).normal
        return np.array(np.degrees(np.arctan2(normal[:2], normal[2])))

    def moved_px(self, other: BoardView) -> float:
        """Root mean square way of the corners that both views show; infinite where they share few."""
        _, mine, its = np.intersect1d(self.ids, other.ids, return_indices=True)
        if len(mine) < FEWEST_CORNERS // 2:
            return float("inf")
        return float(np.sqrt(((self.corners_px[mine] - other.corners_px[its]) ** 2).sum(axis=1).mean()))


@dataclass(frozen=True, eq=False)
class SheetPose:
    """How a flat sheet lies before the camera: ``turn`` is (3, 3), ``place_mm`` (3,); x right, y down, z away from the camera."""

    turn: Floats
    place_mm: Floats

    @property
    def normal(self) -> Floats:
        """(3,) unit vector at right angles to the sheet, pointing away from the camera."""
        normal = self.turn[:, 2]
        return np.array(normal if normal[2] > 0 else -normal)

    @property
    def tilt_deg(self) -> float:
        """Angle between the sheet and the picture plane."""
        return float(np.degrees(np.arccos(np.clip(self.normal[2], -1, 1))))

    def seen(self, points_mm: Floats, camera_matrix: Floats) -> Floats:
        """(point, 2) pixels of (point, 3) points of the sheet, through a lens that bends nothing."""
        rays = (points_mm @ self.turn.T + self.place_mm) @ camera_matrix.T
        return np.asarray(rays[:, :2] / rays[:, 2:])


def pose_of(points_mm: Floats, points_px: Floats, camera_matrix: Floats) -> SheetPose:
    """The pose of a flat sheet from (point, 3) points of it, whose z is 0, and their (point, 2) pixels without distortion."""
    _, turns, places, _ = cv2.solvePnPGeneric(
        points_mm.astype(np.float64), points_px.astype(np.float64), camera_matrix, None, flags=cv2.SOLVEPNP_IPPE
    )
    turn, place = cv2.solvePnPRefineLM(
        points_mm.astype(np.float64), points_px.astype(np.float64), camera_matrix, None, turns[0], places[0]
    )
    return SheetPose(np.asarray(cv2.Rodrigues(turn)[0], dtype=np.float64), np.ravel(place))


class BoardFinder:
    """Finds the board in pictures."""

    def __init__(self) -> None:
        self._detector = cv2.aruco.CharucoDetector(BOARD.charuco())

    def find(self, frame: Frame) -> BoardView | None:
        """The board as the frame shows it; None where too little of it is seen."""
        grey: Image = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        corners, ids, _, _ = self._detector.detectBoard(grey)
        if ids is None or len(ids) < FEWEST_CORNERS:
            return None
        which = np.asarray(ids, dtype=np.int32).ravel()
        places = np.asarray(corners, dtype=np.float32).reshape(-1, 2)
        if min(len(np.unique(which // (BOARD.columns - 1))), len(np.unique(which % (BOARD.columns - 1)))) < 3:
            return None
        height, width = grey.shape
        return BoardView(which, places, (width, height), _sharpness(grey, places))


def _sharpness(grey: Image, corners_px: Floats) -> float:
    """Median over the corners of the steepest rise from black to white, as a share of it in one pixel."""
    rises = []
    for x, y in np.rint(corners_px).astype(int):
        patch = grey[max(y - _PATCH_PX, 0) : y + _PATCH_PX + 1, max(x - _PATCH_PX, 0) : x + _PATCH_PX + 1].astype(float)
        if min(patch.shape) > 2:
            steepest = max(np.abs(np.diff(patch, axis=axis)).max() for axis in (0, 1))
            rises.append(steepest / max(np.ptp(patch), 1.0))
    return float(np.median(rises))
