"""From a recording to the landmarks of the person in it."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import numpy as np

from rom_tracker.capture import Frame, VideoFile
from rom_tracker.landmarks import LANDMARKS, Side
from rom_tracker.pose import cache
from rom_tracker.pose.region import ClientPlace
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence

PoseModel = Literal["lite", "full", "heavy"]

#: Called with the seconds of video done, and in all where the file says so.
Progress = Callable[[float, float | None], None]

Found = TypeVar("Found", covariant=True)

#: Points of the face mesh that MediaPipe's face landmarker gives.
FACE_POINTS = 478


@dataclass(frozen=True, eq=False)
class FrameLandmarks:
    """The landmarks of one person in one frame: pixels (landmark, 2), metres (landmark, 3), visibility (landmark,)."""

    xy: Floats
    world: Floats
    visibility: Floats

    @classmethod
    def nobody(cls) -> FrameLandmarks:
        """The frame in which nobody was found."""
        n = len(LANDMARKS)
        return cls(np.full((n, 2), np.nan), np.full((n, 3), np.nan), np.zeros(n))


@dataclass(frozen=True, eq=False)
class FoundHand:
    """A hand in one frame: (21, 3) pixels with z away from the camera, (21, 3) metres, and which hand the model takes it for."""

    xyz: Floats
    world: Floats
    word: Side


@dataclass(frozen=True, eq=False)
class FaceMesh:
    """The face mesh of one frame: (point, 3) pixels with z away from the camera; NaN where no face was found."""

    xyz: Floats

    @classmethod
    def nobody(cls) -> FaceMesh:
        """The frame in which no face was found."""
        return cls(np.full((FACE_POINTS, 3), np.nan))


class Estimator(Protocol[Found]):
    """Finds landmarks in one frame after the other, as filmed and mirrored."""

    #: Names the model and its version; part of the cache's key.
    name: str

    def __enter__(self) -> Estimator[Found]: ...

    def __exit__(self, *exc: object) -> None: ...

    def look(self, frame: Frame) -> tuple[Found, Found]:
        """What is found in the frame as filmed and in its mirror image, both in the coordinates of the frame as filmed."""
        ...


PoseEstimator = Estimator[FrameLandmarks]


def estimate_poses(video: VideoFile, estimator: PoseEstimator, progress: Progress | None = None) -> PosePasses:
    """Run a pose estimator over a recording; only the landmarks are kept.

    Raises
    ------
    VideoError
        The recording cannot be read.
    """
    looks = (_Landmarks(), _Landmarks())

    def keep(index: int, found: tuple[FrameLandmarks, FrameLandmarks]) -> None:
        for kept, look in zip(looks, found, strict=True):
            kept.append(look)

    time_s = look_through(video, estimator, keep, progress)
    as_filmed, mirrored = (look.sequence(time_s, video.size, estimator.name) for look in looks)
    return PosePasses(as_filmed, mirrored)


def look_through(
    video: VideoFile,
    estimator: Estimator[Found],
    keep: Callable[[int, tuple[Found, Found]], None],
    progress: Progress | None = None,
) -> Floats:
    """Run an estimator over a recording and hand on what it finds, with the frame's place; (frame,) the frames' times in seconds.

    Raises
    ------
    VideoError
        The recording cannot be read.
    """
    times: list[float] = []
    with estimator:
        for frame in video:
            keep(len(times), estimator.look(frame))
            times.append(frame.time_s)
            if progress is not None:
                progress(frame.time_s, video.expected_duration_s)
    return np.array(times, dtype=np.float64)


def poses_of(
    video: VideoFile, model: PoseModel = "full", progress: Progress | None = None, client: ClientPlace | None = None
) -> PosePasses:
    """The poses of a recording: from the cache, or estimated with MediaPipe and put there.

    ``client`` is where the client is, where others are in the picture too.

    Raises
    ------
    VideoError
        The recording cannot be read.
    ModelFileError
        The pose model is not here and cannot be fetched.
    """
    from rom_tracker.pose.mediapipe import MediaPipeEstimator

    estimator = MediaPipeEstimator(model, client)
    key = cache.key(video.content_hash(), estimator.name, *([] if client is None else [str(client)]))
    kept = cache.load(key, PosePasses)
    if kept is not None:
        return kept
    passes = estimate_poses(video, estimator, progress)
    cache.store(key, passes)
    return passes


class _Landmarks:
    """Collects the landmarks of one look as plain single-precision numbers, 0.8 kB a frame."""

    def __init__(self) -> None:
        self._numbers = array("f")

    def append(self, found: FrameLandmarks) -> None:
        row = np.concatenate([found.xy, found.world, found.visibility[:, None]], axis=1)
        self._numbers.frombytes(row.astype(np.float32).tobytes())

    def sequence(self, time_s: Floats, size: tuple[int, int], model: str) -> PoseSequence:
        rows = np.frombuffer(self._numbers, dtype=np.float32).reshape(-1, len(LANDMARKS), 6)
        return PoseSequence(
            time_s=time_s, xy=rows[..., :2], world=rows[..., 2:5], visibility=rows[..., 5], image_size=size, model=model
        )
