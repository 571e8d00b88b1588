"""The head's turns, from the face mesh.

The face landmarker is run on a region about the head. The client's own face in the starting position is the rigid model, and every
frame's mesh tells by its place in the picture how that model has turned since (perspective-n-point, iterative, as in OpenCV's
``solvePnP``). Against rendered people this is as good as the head matrix that MediaPipe derives from a standard face, and
needs no other file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture import VideoFile
from rom_tracker.pose import cache
from rom_tracker.pose.between import at_times
from rom_tracker.pose.estimator import FACE_POINTS, FaceMesh, Progress, look_through
from rom_tracker.pose.gaze import Attention, EveryFrame, Looks
from rom_tracker.pose.region import head_region
from rom_tracker.pose.sequence import Floats, PosePasses

#: Every so many points of the mesh are kept: 120 tell the turn as well as 478.
EVERY = 4

#: The starting position is the first so many seconds in which a look sees the face.
START_S = 0.4

#: From the picture's axes (x right, y down, z away) to the head's (x right, y up, z to the camera), and back.
_FLIP = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True, eq=False)
class FaceSequence:
    """The face mesh over a recording, in two looks: as filmed and mirrored.

    Attributes
    ----------
    time_s : (frame,)
    xyz : (2, frame, point, 3)
        Pixels, x right, y down, z away from the camera; NaN where no face was found.
    """

    time_s: Floats
    xyz: Floats

    def __post_init__(self) -> None:
        if np.ndim(self.xyz) != 4 or np.shape(self.xyz)[:2] != (2, len(self.time_s)) or np.shape(self.xyz)[3] != 3:
            raise ValueError(f"xyz: expected shape (2, {len(self.time_s)}, point, 3), got {np.shape(self.xyz)}")

    @property
    def found(self) -> NDArray[np.bool_]:
        """(frame,) whether either look found the face."""
        return np.asarray(np.isfinite(self.xyz[:, :, 0, 0]).any(axis=0))

    @property
    def width_px(self) -> float:
        """Usual width of the face in the picture; 0 where none was found."""
        if not self.found.any():
            return 0.0
        x = self.xyz[np.isfinite(self.xyz[..., 0, 0])][..., 0]
        return float(np.median(np.ptp(x, axis=1)))

    def at(self, time_s: Floats) -> Self:
        """The mesh at other times, in each look as between the frames before and after."""
        if np.array_equal(time_s, self.time_s):
            return self
        seen = np.isfinite(self.xyz[..., 0, 0])
        looks = [at_times(look, time_s, self.time_s, own) for look, own in zip(self.xyz, seen, strict=True)]
        return replace(self, time_s=time_s, xyz=np.stack(looks))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays to be kept."""
        return {"time_s": self.time_s, "xyz": self.xyz}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The sequence that :meth:`to_arrays` gave."""
        return cls(arrays["time_s"], arrays["xyz"])


def faces_of(
    video: VideoFile, passes: PosePasses, progress: Progress | None = None, attention: Attention | None = None
) -> FaceSequence:
    """The client's face in every frame of a recording: from the cache, or found with MediaPipe and put there.

    ``attention`` says which frames to look at; between them the mesh is interpolated.

    Raises
    ------
    VideoError
        The recording cannot be read.
    ModelFileError
        The face model is not here and cannot be fetched.
    """
    from rom_tracker.pose.mediapipe import FaceEstimator

    estimator = FaceEstimator(head_region(passes))
    attention = attention or EveryFrame()
    what = (estimator.name, str(estimator.region), passes.as_filmed.model, *([attention.name] if attention.name else []))
    key = cache.key(video.content_hash(), *what)
    kept = cache.load(key, FaceSequence)
    if kept is not None:
        return kept.at(passes.all_time_s)
    points = range(0, FACE_POINTS, EVERY)
    looks: tuple[list[Floats], list[Floats]] = ([], [])

    times: list[float] = []

    def keep(index: int, time_s: float, found: Mapping[Looks, FaceMesh]) -> None:
        times.append(time_s)
        for look, meshes in zip(Looks.BOTH, looks, strict=True):
            meshes.append(found.get(look, FaceMesh.nobody()).xyz[points].astype(np.float32))

    with estimator:
        look_through(video, estimator, attention.begin(), keep, progress)
    faces = FaceSequence(np.array(times, dtype=np.float64), np.array(looks, np.float32).reshape(2, len(times), len(points), 3))
    cache.store(key, faces)
    return faces.at(passes.all_time_s)


def head_turns(faces: FaceSequence, camera: Floats) -> Floats:
    """(frame, 3, 3) rotation of the head since the starting position; x right, y up, z to the camera; NaN where no face was found.

    The mean of both looks. ``camera`` is OpenCV's camera matrix, in pixels; the turns hardly depend on its focal length.
    """
    looks = [_turns_of_look(meshes, faces.time_s, camera) for meshes in faces.xyz]
    return nearest_rotations(np.where(np.isnan(looks[0]), looks[1], np.where(np.isnan(looks[1]), looks[0], looks[0] + looks[1])))


def _turns_of_look(meshes: Floats, time_s: Floats, camera: Floats) -> Floats:
    turns = np.full((len(meshes), 3, 3), np.nan)
    seen = np.flatnonzero(np.isfinite(meshes[:, 0, 0]))
    if not len(seen):
        return turns
    start = seen[time_s[seen] <= time_s[seen[0]] + START_S]
    model = meshes[start].astype(np.float64).mean(axis=0)
    model -= model.mean(axis=0)
    rotation: Floats = np.zeros(3)
    place: Floats = np.zeros(3)
    for frame in seen:
        picture = meshes[frame, :, :2].astype(np.float64)
        if frame == seen[0]:
            # One unit of the model is a pixel here, so it lies one focal length away.
            place = np.array([*(picture.mean(axis=0) - camera[:2, 2]), camera[0, 0]])
        rotation, place = (
            np.asarray(part, dtype=np.float64)
            for part in cv2.solvePnP(
                model, picture, camera, None, rotation.copy(), place.copy(), useExtrinsicGuess=True, flags=cv2.SOLVEPNP_ITERATIVE
            )[1:]
        )
        turns[frame] = _FLIP @ cv2.Rodrigues(rotation)[0] @ _FLIP
    return np.asarray(turns @ nearest_rotations(turns[start].mean(axis=0)[None])[0].T)


def nearest_rotations(matrices: Floats) -> Floats:
    """(frame, 3, 3) the rotation nearest to each matrix, by its singular value decomposition; NaN stays NaN."""
    known = np.isfinite(matrices).all(axis=(1, 2))
    found = np.full(matrices.shape, np.nan)
    if known.any():
        u, _, vt = np.linalg.svd(matrices[known])
        u[:, :, 2] *= np.linalg.det(u @ vt)[:, None]
        found[known] = u @ vt
    return found
