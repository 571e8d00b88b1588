"""What a camera's lens does to the picture, and how to undo it.

A lens bends straight lines, the more the farther from the middle of the picture: a joint near the edge of a wide picture is
measured several degrees wrong. A `LensProfile` describes one camera at one resolution, as ``rom-tracker calibrate lens`` measures
it, in OpenCV's model of a pinhole camera with radial (k1, k2, k3) and tangential (p1, p2) distortion.
"""

from __future__ import annotations

import json
import math
import os
import re
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
import platformdirs
import pydantic
from numpy.typing import ArrayLike, NDArray

from rom_tracker.capture.recording import read_sidecar
from rom_tracker.errors import CalibrationError, VideoError
from rom_tracker.output_files import cannot_write, written_whole

Floats = NDArray[np.floating[Any]]
Row = tuple[float, float, float]

_SCHEMA_VERSION = 1

#: Two resolutions have the same aspect ratio where they differ by less than this share: 1366x768 stands for 16:9.
SAME_ASPECT = 0.005

#: So many points are moved at once, which takes some 200 bytes for each.
_AT_ONCE = 30_000

_CONVERGED = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 200, 1e-9)


#: Focal length of a webcam or phone that is not calibrated, as a share of the longer edge of its picture: 61 degrees across.
FOCAL_SHARE = 0.85


@dataclass(frozen=True)
class LensProfile:
    """The lens of one camera at one resolution.

    Attributes
    ----------
    camera : str
        The label by which recordings know their camera, such as ``"camera 0"``.
    size : (width, height)
        Of the picture, in pixels.
    matrix : 3 rows of 3
        Focal lengths and middle of the picture in pixels, as OpenCV's camera matrix.
    distortion : (k1, k2, p1, p2, k3)
        No unit.
    error_px : float
        Root mean square distance, in pixels, between where the corners of the board were seen and where the profile puts them.
    views : int
        Views of the board behind it.
    made_on : date
    """

    camera: str
    size: tuple[int, int]
    matrix: tuple[Row, Row, Row]
    distortion: tuple[float, float, float, float, float]
    error_px: float
    views: int
    made_on: date

    def __post_init__(self) -> None:
        (fx, skew, _), (_, fy, _), last = self.matrix
        problems = [
            *([] if min(self.size) > 0 else [f"expected a size in pixels, got {self.size[0]}x{self.size[1]}"]),
            *([] if min(fx, fy) > 0 and skew == 0 and last == (0, 0, 1) else ["expected a camera matrix of OpenCV"]),
            *([] if np.isfinite([*self.matrix[0], *self.matrix[1], *self.distortion]).all() else ["expected finite numbers"]),
        ]
        if problems:
            raise CalibrationError("the lens profile is not one: " + "; ".join(problems))

    @classmethod
    def from_field(cls, field_deg: float, k1: float, size: tuple[int, int], camera: str = "") -> Self:
        """The lens whose picture is ``field_deg`` degrees across its longer edge, distortion included.

        Examples
        --------
        >>> lens = LensProfile.from_field(88.0, -0.11, (1280, 720))
        >>> round(lens.matrix[0][0]), round(lens.field_deg)
        (738, 88)
        """
        slope = math.tan(math.radians(field_deg / 2))
        focal = max(size) / 2 / (slope * (1 + k1 * slope**2))
        rows = (focal, 0.0, size[0] / 2), (0.0, focal, size[1] / 2), (0.0, 0.0, 1.0)
        return cls(camera, size, rows, (k1, 0.0, 0.0, 0.0, 0.0), 0.0, 0, date.today())

    @property
    def camera_matrix(self) -> Floats:
        """(3, 3) OpenCV's camera matrix, in pixels."""
        return np.array(self.matrix, dtype=np.float64)

    @property
    def field_deg(self) -> float:
        """How much the camera sees across the picture's longer edge, in degrees."""
        middle = self.camera_matrix[:2, 2]
        edge = 0 if self.size[0] >= self.size[1] else 1
        ends = np.stack([middle, middle])
        ends[:, edge] = 0, self.size[edge]
        slopes = (self.undistorted(ends) - middle)[:, edge] / self.matrix[edge][edge]
        return float(np.degrees(np.arctan(slopes[1]) - np.arctan(slopes[0])))

    @property
    def folds(self) -> bool:
        """Whether the model maps two places to one inside the picture, which no lens does."""
        ring = np.linspace(0, self._corner_radius(), 200)
        k1, k2, _, _, k3 = self.distortion
        undone = self._normalised(self._undo(np.stack([ring, 0 * ring], axis=1) * self._focal() + self.camera_matrix[:2, 2]))
        r2 = (undone**2).sum(axis=1)
        slopes = 1 + 3 * k1 * r2 + 5 * k2 * r2**2 + 7 * k3 * r2**3
        radii = np.sqrt(r2) * (1 + k1 * r2 + k2 * r2**2 + k3 * r2**3)
        return bool((slopes <= 0).any() or np.abs(radii - ring).max() > 0.01)

    def undistorted(self, points_px: ArrayLike) -> Floats:
        """Where points would lie in the picture of a lens that bends nothing, with the same camera matrix.

        Parameters
        ----------
        points_px : (..., 2)
            Pixels of the picture as filmed. A point farther from the middle than the picture's farthest corner, of which no
            calibration knows, is moved as much as the point of that circle on its way to the middle.

        Returns
        -------
        (..., 2) float64
            NaN stays NaN.
        """
        return self._moved(points_px, self._corner_radius(), self._undo)

    def distorted(self, points_px: ArrayLike) -> Floats:
        """Where undistorted points lie in the picture as filmed: the inverse of :meth:`undistorted`.

        Exact inside the picture; outside it good to a few pixels, where the lens is not mounted straight (p1, p2).
        """
        turns = np.linspace(0, 2 * np.pi, 32)
        ring = self._corner_radius() * np.stack([np.cos(turns), np.sin(turns)], axis=1)
        undone = self._normalised(self._undo(ring * self._focal() + self.camera_matrix[:2, 2]))
        return self._moved(points_px, float(np.linalg.norm(undone, axis=1).max()), self._do)

    def scaled(self, size: tuple[int, int]) -> Self:
        """The profile of the same camera at another resolution of the same aspect ratio.

        Raises
        ------
        CalibrationError
            The aspect ratio is another one: then the camera cuts its picture off in an unknown way.
        """
        if size == self.size:
            return self
        (width, height), (old_width, old_height) = size, self.size
        if abs(width * old_height / (height * old_width) - 1) > SAME_ASPECT:
            raise CalibrationError(
                f"the lens profile of {self.camera or 'the camera'} is for {old_width}x{old_height} pixels, and the recording has "
                f"{width}x{height}, another shape of picture; calibrate the camera at that resolution: rom-tracker calibrate lens"
            )
        # The middle of the first pixel is at 0.
        scale = np.array([width / old_width, height / old_height])
        (fx, _, cx), (_, fy, cy), last = self.matrix
        cx, cy = ((np.array([cx, cy]) + 0.5) * scale - 0.5).tolist()
        return replace(self, size=size, matrix=((fx * scale[0].item(), 0.0, cx), (0.0, fy * scale[1].item(), cy), last))

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, as the file has them."""
        return {"schema_version": _SCHEMA_VERSION, **asdict(self), "made_on": self.made_on.isoformat()}

    def summary(self) -> dict[str, Any]:
        """What a result says of the profile that was used, in plain numbers and words."""
        return {
            "camera": self.camera,
            "made_on": self.made_on.isoformat(),
            "field_deg": round(self.field_deg, 1),
            "k1": round(self.distortion[0], 4),
            "error_px": round(self.error_px, 3),
        }

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the profile as JSON, whole or not at all.

        Parameters
        ----------
        path : path-like, optional
            By default the place where `measure` looks for it: :func:`profile_path`.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        target = profile_path(self.camera, self.size) if path is None else Path(path)
        if path is None:
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise cannot_write(target, error) from error
        with written_whole(target) as part:
            part.write_text(json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return target

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a profile.

        Raises
        ------
        CalibrationError
            There is none, or it is damaged; the message says what is wrong in it.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            if not isinstance(content, dict) or content.pop("schema_version", None) != _SCHEMA_VERSION:
                raise ValueError(f'expected "schema_version": {_SCHEMA_VERSION}')
            return pydantic.TypeAdapter(cls).validate_python(content)
        except FileNotFoundError as error:
            raise CalibrationError(f'there is no lens profile "{path}"; `rom-tracker calibrate lens` makes one') from error
        except pydantic.ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise _damaged(path, wrong) from error
        except (OSError, ValueError, CalibrationError) as error:
            raise _damaged(path, str(error)) from error

    def _focal(self) -> Floats:
        return np.array([self.matrix[0][0], self.matrix[1][1]])

    def _normalised(self, points_px: Floats) -> Floats:
        return np.asarray((points_px - self.camera_matrix[:2, 2]) / self._focal())

    def _corner_radius(self) -> float:
        """Of the picture's farthest corner from the middle, in focal lengths."""
        width, height = self.size
        corners = self._normalised(np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=np.float64))
        return float(np.linalg.norm(corners, axis=1).max())

    def _moved(self, points_px: ArrayLike, farthest: float, move: Any) -> Floats:
        points = np.array(points_px, dtype=np.float64, order="C")
        for part in np.array_split(points.reshape(-1, 2), points.size // (2 * _AT_ONCE) + 1):  # Views, so that all of it moves.
            known = np.isfinite(part).all(axis=-1)
            middle, rays = self.camera_matrix[:2, 2], self._normalised(part[known])
            radii = np.linalg.norm(rays, axis=-1, keepdims=True)
            inside = middle + rays * np.minimum(1, farthest / np.maximum(radii, 1e-12)) * self._focal()
            if len(inside):
                part[known] += move(inside) - inside
        return points

    def _undo(self, points_px: Floats) -> Floats:
        columns = np.ascontiguousarray(points_px[:, None], dtype=np.float64)
        found = cv2.undistortImagePoints(columns, self.camera_matrix, np.array(self.distortion), None, _CONVERGED)
        return np.asarray(found, dtype=np.float64).reshape(-1, 2)

    def _do(self, points_px: Floats) -> Floats:
        rays = np.column_stack([self._normalised(points_px), np.ones(len(points_px))])
        still = np.zeros(3)
        found = cv2.projectPoints(rays, still, still, self.camera_matrix, np.array(self.distortion))[0]
        return np.asarray(found, dtype=np.float64).reshape(-1, 2)


def pinhole(size: tuple[int, int], lens: LensProfile | None) -> Floats:
    """(3, 3) OpenCV's camera matrix in pixels: of the profile, or of a usual camera where there is none.

    Parameters
    ----------
    size : (width, height)
        Of the picture, in pixels.
    lens : LensProfile or None
        At that resolution.
    """
    if lens is not None:
        return lens.camera_matrix
    focal_px = FOCAL_SHARE * max(size)
    return np.array([[focal_px, 0.0, size[0] / 2], [0.0, focal_px, size[1] / 2], [0.0, 0.0, 1.0]])


def _damaged(path: str | os.PathLike[str], what: str) -> CalibrationError:
    return CalibrationError(f'"{path}" is not a lens profile: {what}; move it away and calibrate again: rom-tracker calibrate lens')


def lens_folder() -> Path:
    """Where the profiles of this user's cameras are kept.

    Returns
    -------
    Path
        The user's data folder for rom_tracker, or what the environment variable ROM_TRACKER_DATA names. Always absolute; it need
        not exist yet.
    """
    chosen = os.environ.get("ROM_TRACKER_DATA")
    root = Path(chosen).expanduser().absolute() if chosen else platformdirs.user_data_path("rom_tracker", appauthor=False)
    return root / "lenses"


def profile_path(camera: str, size: tuple[int, int]) -> Path:
    """Where the profile of a camera at a resolution is kept.

    Examples
    --------
    >>> profile_path("HD Webcam: C920", (1280, 720)).name
    'hd_webcam_c920_1280x720.json'
    """
    name = re.sub(r"\W+", "_", camera.casefold()).strip("_") or "camera"
    return lens_folder() / f"{name}_{size[0]}x{size[1]}.json"


def kept_profiles() -> list[Path]:
    """The files of the profiles that are kept, by name."""
    return sorted(lens_folder().glob("*.json"))


def kept_lens(camera: str, size: tuple[int, int]) -> LensProfile | None:
    """The kept profile of a camera, by its label, at a resolution; None where it was not calibrated at that.

    Raises
    ------
    CalibrationError
        The profile is damaged.
    """
    path = profile_path(camera, size)
    if not camera or not path.is_file():
        return None
    lens = LensProfile.load(path)
    return lens if (lens.camera, lens.size) == (camera, size) else None


def lens_of(video: str | os.PathLike[str], size: tuple[int, int]) -> LensProfile | None:
    """The kept profile of the camera that a recording's sidecar names, at the recording's own resolution.

    Parameters
    ----------
    video : path-like
    size : (width, height)
        Of its upright picture, in pixels.

    Returns
    -------
    LensProfile or None
        None where the camera is not known or was not calibrated at that resolution.

    Raises
    ------
    CalibrationError
        The profile is damaged.
    """
    try:
        about = read_sidecar(video)
    except VideoError:
        return None
    return None if about is None else kept_lens(about.camera, size)
