"""Landmarks of one person over a recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture.lens import LensProfile
from rom_tracker.landmarks import ALL_LANDMARKS, LANDMARKS, Side, middle_of, point_of
from rom_tracker.pose.between import LONGEST_BETWEEN_S, Floats, at_times

__all__ = ["LONGEST_BETWEEN_S", "Floats", "PosePasses", "PoseSequence"]

_ARRAYS = ("xy", "world", "visibility")


@dataclass(frozen=True, eq=False)
class PoseSequence:
    """Landmarks of one person in every frame of a recording.

    A landmark is one of ``LANDMARKS``, or of ``ALL_LANDMARKS`` where the hands were looked for.

    Attributes
    ----------
    time_s : (frame,) float64
        Seconds since the recording's first frame, strictly increasing.
    xy : (frame, landmark, 2) float32
        Pixels of the upright picture, x right, y down; NaN where nobody was found. A landmark may lie outside the picture,
        where the model only guesses it.
    world : (frame, landmark, 3) float32
        The model's estimate in metres about the middle of the hips, x right, y down, z away from the camera; NaN where
        nobody was found.
    visibility : (frame, landmark) float32
        The model's probability, 0 to 1, that a landmark is visible; 0 where nobody was found.
    image_size : (int, int)
        Width and height of the upright picture in pixels.
    model : str
        Key of the pose model.
    lens : LensProfile or None
        The lens that was undone in ``xy``; None where it is as filmed.
    looked_at : (frame,) bool or None
        Frames that the model looked at; what the others hold lies between them. None where it looked at all.

    Raises
    ------
    ValueError
        Shapes do not fit each other or times do not increase; every problem is named.
    """

    time_s: Floats
    xy: Floats
    world: Floats
    visibility: Floats
    image_size: tuple[int, int]
    model: str
    lens: LensProfile | None = None
    looked_at: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        n = len(self.time_s)
        marks = len(ALL_LANDMARKS) if np.shape(self.xy)[1:2] == (len(ALL_LANDMARKS),) else len(LANDMARKS)
        expected = {
            "time_s": (n,),
            "xy": (n, marks, 2),
            "world": (n, marks, 3),
            "visibility": (n, marks),
        }
        problems = [
            f"{name}: expected shape {shape}, got {np.shape(getattr(self, name))}"
            for name, shape in expected.items()
            if np.shape(getattr(self, name)) != shape
        ]
        if self.looked_at is not None and np.shape(self.looked_at) != (n,):
            problems.append(f"looked_at: expected shape {(n,)}, got {np.shape(self.looked_at)}")
        if np.any(np.diff(self.time_s) <= 0):
            problems.append("time_s: expected strictly increasing times")
        if problems:
            raise ValueError("; ".join(problems))

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def person_found(self) -> NDArray[np.bool_]:
        """(frame,) whether somebody was found."""
        return np.isfinite(self.xy[:, 0, 0])

    @property
    def filmed_xy(self) -> Floats:
        """(frame, landmark, 2) pixels of the picture as filmed, also where the lens was undone in ``xy``."""
        return self.xy if self.lens is None else self.lens.distorted(self.xy)

    def at(self, time_s: Floats) -> Self:
        """The landmarks at other times, by a monotone cubic through each coordinate (Fritsch and Carlson, 1980).

        Parameters
        ----------
        time_s : (frame,)
            Seconds, strictly increasing. Nobody is found there where nobody was in the frame before or after, where these two lie
            farther apart than :data:`LONGEST_BETWEEN_S`, and outside of them.
        """
        if np.array_equal(time_s, self.time_s):
            return self
        found = self.person_found
        arrays = {
            name: at_times(getattr(self, name), time_s, self.time_s, found, 0.0 if name == "visibility" else np.nan)
            for name in _ARRAYS
        }
        return self.replaced(time_s=time_s, looked_at=np.isin(time_s, self.looked_s), **arrays)

    def of_frames(self, frames: NDArray[Any]) -> Self:
        """The landmarks of some frames, given by their places or by a bool for each."""
        arrays = {name: getattr(self, name)[frames] for name in _ARRAYS}
        time_s = self.time_s[frames]
        return self.replaced(time_s=time_s, looked_at=np.isin(time_s, self.looked_s), **arrays)

    @property
    def looked_s(self) -> Floats:
        """(look,) seconds of the frames that the model looked at."""
        return self.time_s if self.looked_at is None else self.time_s[self.looked_at]

    def replaced(self, **arrays: Any) -> Self:
        """A copy with other arrays; checked like a new one."""
        return replace(self, **arrays)

    def point(self, name: str, side: Side) -> Floats:
        """(frame, 2) pixels of the named point; names as in :func:`rom_tracker.landmarks.locate`."""
        return point_of(self.xy, name, side)

    @property
    def trunk(self) -> Floats:
        """(frame, 2) pixels from the middle of the hips to the middle of the shoulders."""
        return np.asarray(middle_of(self.xy, "shoulder") - middle_of(self.xy, "hip"))

    @property
    def trunk_px(self) -> Floats:
        """(frame,) length of the trunk in the picture."""
        return np.asarray(np.linalg.norm(self.trunk, axis=1))

    def world_point(self, name: str, side: Side) -> Floats:
        """(frame, 3) metres of the named point."""
        return point_of(self.world, name, side)


@dataclass(frozen=True, eq=False)
class PosePasses:
    """The same recording seen twice by the pose model: as filmed, and mirrored.

    Both sequences are in the coordinates and with the sides of the picture as filmed. The model's errors are not symmetric
    (see :mod:`rom_tracker.pose.passes`), so that the second look is worth its time.

    Attributes
    ----------
    as_filmed, mirrored : PoseSequence
        At the frames that were looked at in this way.
    recording_s : (frame,) or None
        Times of all frames of the recording; None where every one of them was looked at as filmed.
    """

    as_filmed: PoseSequence
    mirrored: PoseSequence
    recording_s: Floats | None = None

    def __post_init__(self) -> None:
        if not np.isin(self.time_s, self.all_time_s).all():
            raise ValueError("expected passes at frames of the recording")

    def to_arrays(self) -> dict[str, Floats | NDArray[Any]]:
        """Plain arrays to be kept; :meth:`from_arrays` makes the same passes of them."""
        looks = {"as_filmed": self.as_filmed, "mirrored": self.mirrored}
        return {
            "time_s": self.as_filmed.time_s,
            "mirrored_time_s": self.mirrored.time_s,
            "all_time_s": self.all_time_s,
            "image_size": np.array(self.as_filmed.image_size),
            "model": np.array(self.as_filmed.model),
            **{f"{look}_{name}": getattr(poses, name) for look, poses in looks.items() for name in _ARRAYS},
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The passes that :meth:`to_arrays` gave.

        Raises
        ------
        KeyError, ValueError
            The arrays are not those of passes.
        """
        width, height = (int(edge) for edge in arrays["image_size"])
        as_filmed, mirrored = (
            PoseSequence(
                time_s=arrays["time_s" if look == "as_filmed" else "mirrored_time_s"],
                image_size=(width, height),
                model=str(arrays["model"]),
                xy=arrays[f"{look}_xy"],
                world=arrays[f"{look}_world"],
                visibility=arrays[f"{look}_visibility"],
            )
            for look in ("as_filmed", "mirrored")
        )
        return cls(as_filmed, mirrored, arrays.get("all_time_s", arrays["time_s"]))

    @property
    def time_s(self) -> Floats:
        """(frame,) seconds since the recording's first frame, of the frames that were looked at one way or both."""
        return np.union1d(self.as_filmed.time_s, self.mirrored.time_s)

    @property
    def all_time_s(self) -> Floats:
        """(frame,) seconds since the recording's first frame, of all frames of it or of its part."""
        return self.as_filmed.time_s if self.recording_s is None else self.recording_s

    @property
    def looked_at(self) -> NDArray[np.bool_]:
        """(frame,) which of all frames were looked at."""
        return np.isin(self.all_time_s, self.time_s)

    @property
    def person_found(self) -> NDArray[np.bool_]:
        """(frame,) whether somebody was found in either pass, in the frames of :attr:`time_s`."""
        found_s = [look.time_s[look.person_found] for look in (self.as_filmed, self.mirrored)]
        return np.isin(self.time_s, np.concatenate(found_s))
