"""The goniometer card: printed angles that the camera reads, and what they tell of the camera.

A marker sits at the vertex and one at the end of every arm, so that an angle is that between the middles of three markers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from rom_tracker.calibration.board import Floats, Image, SheetPose, dictionary, pose_of
from rom_tracker.capture import Frame
from rom_tracker.capture.lens import LensProfile
from rom_tracker.errors import CalibrationError, UsageError

#: Printed angles of the arms, counted from the base arm, in degrees.
ANGLES_DEG = (45, 90, 120)

#: Length of every arm from the middle of one marker to that of the other, and the edge of the markers, in millimetres.
ARM_MM, MARKER_MM = 118.0, 48.0

#: Numbers of the markers at the vertex, at the end of the base arm, and at the ends of the other arms.
VERTEX, BASE, ARMS = 40, 41, (42, 43, 44)

#: A card turned farther than this from the picture plane, or a camera rolled farther, is worth a word, in degrees.
TURNED_DEG, ROLLED_DEG = 8.0, 1.0

#: A card with an arm shorter than this in the picture is too far away to tell half a degree, in pixels.
SHORTEST_ARM_PX = 60.0

#: So many frames with the card are enough.
_ENOUGH_FRAMES = 60

#: How wide a camera without a profile is taken to see, in degrees.
_USUAL_FIELD_DEG = 65.0


def marker_places_mm() -> dict[int, tuple[float, float]]:
    """Middle of every marker on the card, x right and y up from the vertex."""
    directions = dict(zip((BASE, *ARMS), np.radians((0, *ANGLES_DEG)), strict=True))
    return {VERTEX: (0.0, 0.0)} | {
        marker: (float(ARM_MM * np.cos(turn)), float(ARM_MM * np.sin(turn))) for marker, turn in directions.items()
    }


@dataclass(frozen=True)
class ArmReading:
    """One printed angle, in degrees: as printed, in the picture as filmed, and with the lens undone (None without a profile).

    ``turned_deg`` is what the printed angle looks like only because the card is turned from the picture plane.
    """

    printed_deg: float
    filmed_deg: float
    undistorted_deg: float | None
    turned_deg: float

    @property
    def measured_deg(self) -> float:
        """The best that the picture tells."""
        return self.filmed_deg if self.undistorted_deg is None else self.undistorted_deg

    @property
    def error_deg(self) -> float:
        """Measured less printed."""
        return self.measured_deg - self.printed_deg


@dataclass(frozen=True)
class CardReading:
    """What the card tells of the camera.

    Attributes
    ----------
    arms : tuple of ArmReading
    roll_deg : float
        By how much the card's base arm rises towards the right, square to the camera's view: so far the camera is turned
        clockwise, seen from behind it, when the base is level.
    turned_deg : float
        Angle between the card and the picture plane. Without a profile of the lens it is rough.
    arm_px : float
        Length of the base arm in the picture.
    frames : int
        Frames behind these numbers, of which the medians are given.
    """

    arms: tuple[ArmReading, ...]
    roll_deg: float
    turned_deg: float
    arm_px: float
    frames: int

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, as ``rom-tracker calibrate card --json`` prints them."""
        return {
            "arms": [
                {
                    "printed_deg": arm.printed_deg,
                    "filmed_deg": round(arm.filmed_deg, 2),
                    "undistorted_deg": None if arm.undistorted_deg is None else round(arm.undistorted_deg, 2),
                    "error_deg": round(arm.error_deg, 2),
                }
                for arm in self.arms
            ],
            "roll_deg": round(self.roll_deg, 2),
            "turned_deg": round(self.turned_deg, 1),
            "frames": self.frames,
            "advice": self.advice,
        }

    @property
    def advice(self) -> list[str]:
        """What to do, in plain words."""
        said = []
        if self.arm_px < SHORTEST_ARM_PX:
            said.append("The card is small in the picture, so that half a degree cannot be told: bring it nearer or film larger.")
        if self.arms[0].undistorted_deg is None and max(abs(arm.error_deg) for arm in self.arms) > 1.0:
            said.append(
                "What the lens and what the turned card has done to the angles cannot be told apart without the lens's profile: "
                "calibrate the lens first, with `rom-tracker calibrate lens`."
            )
        if self.turned_deg > TURNED_DEG:
            share = max(abs(arm.turned_deg - arm.printed_deg) for arm in self.arms)
            said.append(
                f"The card is turned by about {self.turned_deg:.0f} degrees from the picture plane, which alone changes its "
                f"angles by up to {share:.1f} degrees: hold it square to the camera. A limb out of that plane is misread likewise."
            )
        if abs(self.roll_deg) > ROLLED_DEG:
            way = "counter-clockwise" if self.roll_deg > 0 else "clockwise"
            said.append(
                f"If the card's lower edge was level, turn the camera {way}, seen from behind it, by {abs(self.roll_deg):.1f} "
                "degrees: angles against the vertical are off by that much. Or tell `measure` and `compare`: "
                f"--roll {self.roll_deg:.1f}."
            )
        return said or ["Nothing to do: at this place in the picture the camera's own error is small."]


class CardFinder:
    """Finds the card in pictures."""

    def __init__(self) -> None:
        parameters = cv2.aruco.DetectorParameters()
        parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
        self._detector = cv2.aruco.ArucoDetector(dictionary(), parameters)

    def find(self, picture: Image) -> dict[int, Floats]:
        """(4, 2) pixels of the corners of each marker of the card, clockwise from its upper left one; empty if any is not seen."""
        corners, ids, _ = self._detector.detectMarkers(picture)
        found = {} if ids is None else dict(zip(np.ravel(ids).tolist(), corners, strict=True))
        places = marker_places_mm()
        if not places.keys() <= found.keys():
            return {}
        return {marker: np.asarray(found[marker], dtype=np.float64).reshape(4, 2) for marker in places}


def picture_frame(path: Path) -> Frame:
    """A picture file as a frame, upright.

    Raises
    ------
    UsageError
        There is no such file.
    CalibrationError
        It is no picture.
    """
    if not path.is_file():
        raise UsageError(f'expected a picture, but there is no file "{path}"; check its name and folder')
    # Decoded from bytes: OpenCV cannot open every name on every system.
    image = cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_COLOR) if path.stat().st_size else None
    if image is None:
        raise CalibrationError(f'"{path}" is not a picture that can be read; choose a .jpg or .png file')
    return Frame(0, 0.0, np.asarray(image, dtype=np.uint8))


def read_card(frames: Iterable[Frame], lens: LensProfile | None = None) -> CardReading:
    """Read the card in pictures that show it at one place.

    Parameters
    ----------
    frames : iterable of Frame
        The medians over the first sixty that show it are given.
    lens : LensProfile, optional
        Of the camera, at the pictures' aspect ratio.

    Raises
    ------
    CalibrationError
        The card is in no picture, or the profile is for another shape of picture.
    """
    finder, readings, looked = CardFinder(), list[CardReading](), 0
    for frame in frames:
        looked += 1
        if found := finder.find(frame.image):
            height, width = frame.image.shape[:2]
            readings.append(_reading(found, (width, height), lens))
        if len(readings) == _ENOUGH_FRAMES:
            break
    if not readings:
        where = "the picture" if looked == 1 else f"any of {looked} pictures"
        raise CalibrationError(
            f"the goniometer card was not found in {where}: all five markers must be seen, in good light, without glare, the "
            "picture not mirrored; print it with `rom-tracker calibrate card --out card.pdf`"
        )
    return _median(readings)


def _reading(found: dict[int, Floats], size: tuple[int, int], lens: LensProfile | None) -> CardReading:
    known = None if lens is None else lens.scaled(size)
    usual = LensProfile.from_field(_USUAL_FIELD_DEG, 0.0, size)
    straight = found if known is None else {marker: known.undistorted(corners) for marker, corners in found.items()}
    filmed = _arm_angles({marker: _middle(corners) for marker, corners in found.items()})
    undone = None if known is None else _arm_angles({marker: _middle(corners) for marker, corners in straight.items()})
    pose = _pose(straight, (known or usual).camera_matrix)
    turned = _turned_angles(pose, (known or usual).camera_matrix)
    base = pose.turn[:, 0]
    return CardReading(
        arms=tuple(
            ArmReading(float(printed), filmed[i], None if undone is None else undone[i], turned[i])
            for i, printed in enumerate(ANGLES_DEG)
        ),
        roll_deg=float(np.degrees(np.arctan2(-base[1], base[0]))),
        turned_deg=pose.tilt_deg,
        arm_px=float(np.linalg.norm(_middle(found[BASE]) - _middle(found[VERTEX]))),
        frames=1,
    )


def _pose(corners: dict[int, Floats], camera_matrix: Floats) -> SheetPose:
    half = MARKER_MM / 2
    square = np.array([[-half, half], [half, half], [half, -half], [-half, -half]])
    places = marker_places_mm()
    sheet = np.concatenate([np.array(places[marker]) + square for marker in corners])
    return pose_of(_flat(sheet), np.concatenate(list(corners.values())), camera_matrix)


def _turned_angles(pose: SheetPose, camera_matrix: Floats) -> list[float]:
    """What the card's angles look like only for how it lies."""
    places = marker_places_mm()
    middles = pose.seen(_flat(np.array(list(places.values()))), camera_matrix)
    return _arm_angles(dict(zip(places, middles, strict=True)))


def _flat(points_mm: Floats) -> Floats:
    """(point, 3) points of the card with y down, as the picture has it."""
    return np.column_stack([points_mm * (1, -1), np.zeros(len(points_mm))])


def _middle(corners: Floats) -> Floats:
    """(2,) where the diagonals of a marker cross: its middle, however it is seen."""
    a, b, c, d = corners
    along, across = c - a, d - b
    share = np.linalg.solve(np.column_stack([along, -across]), b - a)[0]
    return np.asarray(a + share * along)


def _arm_angles(middles: dict[int, Floats]) -> list[float]:
    """Degrees of each arm from the base arm, counted counter-clockwise in the picture."""
    directions = {marker: complex(*(middles[marker] - middles[VERTEX])).conjugate() for marker in (BASE, *ARMS)}
    return [float(np.degrees(np.angle(directions[arm] / directions[BASE]))) for arm in ARMS]


def _median(readings: list[CardReading]) -> CardReading:
    """The median of every number."""
    same_arms = zip(*(reading.arms for reading in readings), strict=True)
    return CardReading(
        arms=tuple(_median_arm(same) for same in same_arms),
        roll_deg=float(np.median([reading.roll_deg for reading in readings])),
        turned_deg=float(np.median([reading.turned_deg for reading in readings])),
        arm_px=float(np.median([reading.arm_px for reading in readings])),
        frames=len(readings),
    )


def _median_arm(same: tuple[ArmReading, ...]) -> ArmReading:
    undone = [arm.undistorted_deg for arm in same if arm.undistorted_deg is not None]
    return ArmReading(
        printed_deg=same[0].printed_deg,
        filmed_deg=float(np.median([arm.filmed_deg for arm in same])),
        undistorted_deg=float(np.median(undone)) if undone else None,
        turned_deg=float(np.median([arm.turned_deg for arm in same])),
    )
