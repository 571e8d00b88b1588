"""Where the camera stands, as far as the landmarks of a resting client tell: how it is rolled, and how far away it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rom_tracker.capture.lens import pinhole
from rom_tracker.landmarks import LANDMARKS
from rom_tracker.pose.sequence import Floats, PoseSequence
from rom_tracker.pose.view import START_S, BodyView

#: Legs that lie along the trunk to within this are those of a client who stands; in degrees.
STANDS_WITHIN_DEG = 12.0

#: Median visibility of the ankles from which they are taken for seen.
SEEN_VISIBILITY = 0.5

_BODY = range(LANDMARKS.index("left_shoulder"), len(LANDMARKS))


@dataclass(frozen=True)
class Roll:
    """How the camera is turned about its line of sight.

    Attributes
    ----------
    roll_deg : float
        Degrees clockwise, seen from behind the camera, as the goniometer card tells it.
    told_by : str
        What it was taken from, in words.
    """

    roll_deg: float
    told_by: str


def roll_of(poses: PoseSequence, view: BodyView) -> Roll | None:
    """The camera's roll from how a client stands or sits in the first second; None where nothing tells it.

    A client who stands is plumb from shoulders to ankles, one who sits from shoulders to hips, more or less: see
    ``calibration/README.md`` for how far off that is. One who lies tells nothing.
    """
    resting = _resting(poses)
    if view.lies_deg or not resting.any():
        return None
    names = ("mid_shoulder", "mid_hip", "mid_ankle")
    shoulders, hips, ankles = (np.median(poses.point(name, "left")[resting], axis=0) for name in names)
    trunk, legs = _roll_of_line_deg(shoulders, hips), _roll_of_line_deg(hips, ankles)
    seen = [LANDMARKS.index(f"{side}_ankle") for side in ("left", "right")]
    inside = 0 <= ankles[1] < poses.image_size[1] and np.median(poses.visibility[resting][:, seen]) > SEEN_VISIBILITY
    if inside and abs(legs - trunk) < STANDS_WITHIN_DEG:
        return Roll(_roll_of_line_deg(shoulders, ankles), "the client's standing, shoulders above ankles")
    return Roll(trunk, "the client's trunk at rest")


def distance_m(poses: PoseSequence) -> float | None:
    """Metres from the camera to the client; None where nobody was found.

    From how large the model's metres are in the picture, and the focal length: the calibrated one, or a usual one. The model takes
    everybody for about equally tall, and uncalibrated cameras differ.
    """
    resting = _resting(poses)
    if not resting.any():
        return None
    size_px, size_m = (_centred(values[resting][:, _BODY, :2]) for values in (poses.xy, poses.world))
    px_per_m = float(np.median((size_px * size_m).sum(axis=(1, 2)) / (size_m**2).sum(axis=(1, 2))))
    focal_px = float(pinhole(poses.image_size, poses.lens)[0, 0])
    return focal_px / px_per_m if px_per_m > 0 else None


def _resting(poses: PoseSequence) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = poses.person_found
    first_s = poses.time_s[np.argmax(found)] if found.any() else np.inf
    return np.asarray(found & (poses.time_s <= first_s + START_S))


def _centred(points: Floats) -> Floats:
    return np.asarray(points - points.mean(axis=1, keepdims=True))


def _roll_of_line_deg(upper: Floats, lower: Floats) -> float:
    """Roll that makes a plumb line look like this: its upper end leans to the left of a camera rolled clockwise."""
    x, y = upper - lower
    return float(np.degrees(np.arctan2(-x, -y)))
