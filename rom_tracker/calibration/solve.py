"""From views of the board to the profile of the lens, or to the reason why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import cv2
import numpy as np

from rom_tracker.calibration.board import BOARD, BoardView, Floats
from rom_tracker.calibration.views import FEWEST_VIEWS
from rom_tracker.capture.lens import LensProfile
from rom_tracker.errors import CalibrationError

#: What is fitted: one focal length (pixels are square), the middle of the picture, k1, k2, p1 and p2. k3 would only follow noise in
#: the lenses that this model can describe at all.
_FITTED = cv2.CALIB_FIX_ASPECT_RATIO | cv2.CALIB_FIX_K3

#: Reprojection error in pixels of a picture 1280 wide: good below the first, refused above the second.
GOOD_PX, LARGEST_PX = 0.5, 1.5

#: The standard deviation of the focal length may be this share of it.
UNSURE_FOCAL = 0.02

#: A view that fits worse than so many times the usual one, and by more than half a pixel, is left out.
OUTLIER = 3.0


@dataclass(frozen=True)
class Calibration:
    """The profile, and how sure it is.

    Attributes
    ----------
    lens : LensProfile
    field_sd_deg : float
        Standard deviation of how much the camera sees across, in degrees, as far as the views tell.
    left_out : int
        Views that did not fit.
    distances_mm : (nearest, farthest)
        Of the board from the camera, if it was printed at its true size.
    """

    lens: LensProfile
    field_sd_deg: float
    left_out: int
    distances_mm: tuple[float, float]

    @property
    def words(self) -> str:
        """What the reprojection error means."""
        return error_words(self.lens)


def error_words(lens: LensProfile) -> str:
    """What the reprojection error of a profile means, in plain words."""
    relative = lens.error_px * 1280 / max(lens.size)
    how = "good" if relative < GOOD_PX else "fair; better light, a flatter board or holding it stiller would lower it"
    off_deg = np.degrees(np.arctan(np.sqrt(2) * lens.error_px / (max(lens.size) / 8)))
    return (
        f"{lens.error_px:.2f} pixels: that far, usually, the corners of the board lie from where the profile puts them ({how}). "
        f"The direction of a limb as long as an eighth of the picture is uncertain by {off_deg:.1f} degrees for it."
    )


def calibrate(views: list[BoardView], camera: str, made_on: date) -> Calibration:
    """Measure the lens.

    Parameters
    ----------
    views : list of BoardView
        Of one camera at one resolution.
    camera : str
        Its label.
    made_on : date

    Raises
    ------
    CalibrationError
        The views do not agree with each other or do not tell enough.
    """
    fitted = _fit(views)
    errors = fitted.errors_px
    fitting = errors <= np.maximum(OUTLIER * np.median(errors), np.median(errors) + 0.5)
    if not fitting.all() and fitting.sum() >= FEWEST_VIEWS:
        fitted = _fit([view for view, fits in zip(views, fitting, strict=True) if fits])
    lens = replace(fitted.lens, camera=camera, made_on=made_on)
    _check(lens, fitted)
    # The width of the picture over the focal length is twice the tangent of half the field.
    half = np.radians(lens.field_deg / 2)
    field_sd = np.degrees(np.sin(2 * half) * fitted.focal_sd_share)
    return Calibration(lens, float(field_sd), len(views) - len(fitted.errors_px), fitted.distances_mm)


@dataclass(frozen=True, eq=False)
class _Fit:
    lens: LensProfile
    errors_px: Floats
    focal_sd_share: float
    distances_mm: tuple[float, float]


def _fit(views: list[BoardView]) -> _Fit:
    width, height = views[0].size
    try:
        error, matrix, distortion, _, places, _, _, errors = _fitted(views, np.eye(3), np.zeros(5), _FITTED)
        focal_sd = _focal_sd_share(views, error, matrix, distortion)
    except cv2.error as problem:
        raise CalibrationError(
            "the views of the board do not fit any camera; check that the board is flat, and move it more"
        ) from problem
    rows: Any = tuple(tuple(row) for row in np.asarray(matrix).tolist())
    lens = LensProfile("", (width, height), rows, tuple(np.ravel(distortion)[:5].tolist()), float(error), len(views), date.min)
    away = [float(np.linalg.norm(place)) for place in places]
    return _Fit(lens, np.ravel(errors), focal_sd, (min(away), max(away)))


def _fitted(views: list[BoardView], matrix: Floats, distortion: Floats, flags: int) -> Any:
    mm, px = [view.corners_mm for view in views], [view.corners_px.astype(np.float32) for view in views]
    return cv2.calibrateCameraExtended(mm, px, views[0].size, matrix.copy(), distortion.copy(), flags=flags)


def _focal_sd_share(views: list[BoardView], error_px: float, matrix: Floats, distortion: Floats) -> float:
    """Standard deviation of the focal length as a share of it: from how much worse the views fit one that is 5 % longer.

    OpenCV's own is far too small where the views hardly tell the focal length.
    """
    step = 1.05
    longer = matrix * np.array([[step, 1, 1], [1, step, 1], [1, 1, 1]])
    worse_px = _fitted(views, longer, distortion, _FITTED | cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_FIX_FOCAL_LENGTH)[0]
    corners = sum(len(view.ids) for view in views)
    deviations = 2 * corners * ((worse_px / error_px) ** 2 - 1)
    return float((step - 1) / np.sqrt(deviations)) if deviations > 0 else float("inf")


def _check(lens: LensProfile, fitted: _Fit) -> None:
    relative = lens.error_px * 1280 / max(lens.size)
    if relative > LARGEST_PX:
        raise CalibrationError(
            f"the reprojection error is {lens.error_px:.1f} pixels, and more than {LARGEST_PX * max(lens.size) / 1280:.1f} are not "
            "accepted; glue the board to something flat and stiff, hold it still, use good light, switch autofocus and picture "
            "stabilisation off. A fisheye lens cannot be described this way"
        )
    if fitted.focal_sd_share > UNSURE_FOCAL:
        raise CalibrationError(
            "how wide the camera sees stays unsure; show the board tilted by 30 to 45 degrees in several directions, near and far"
        )
    middle = np.abs(lens.camera_matrix[:2, 2] / lens.size - 0.5).max()
    if lens.folds or not 20 < lens.field_deg < 150 or middle > 0.15:
        raise CalibrationError(
            f"the result is no believable lens ({lens.field_deg:.0f} degrees across); show the board near all edges of the "
            f"picture, tilted, and check that it is the printed one of {BOARD.columns} by {BOARD.rows} squares"
        )
