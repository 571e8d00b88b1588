"""From a recording to the landmarks of the person in it."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture import Frame, VideoFile
from rom_tracker.landmarks import LANDMARKS, Side
from rom_tracker.pose import cache
from rom_tracker.pose.region import ClientPlace
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence

PoseModel = Literal["lite", "full", "heavy"]

#: "auto" is the model that the movement is measured best with.
ModelChoice = Literal["auto", "lite", "full", "heavy"]

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


#: What a first, coarse look at a recording says of the moments that want a closer one: pairs of seconds, or None for all of it.
Closer = Callable[[PosePasses], list[tuple[float, float]] | None]

#: Frames per second of the first look, and of the closer one.
COARSE_FPS = 7.5
CLOSE_FPS = 15.0


def estimate_poses(
    video: VideoFile, estimator: PoseEstimator, progress: Progress | None = None, closer: Closer | None = None
) -> PosePasses:
    """Run a pose estimator over a recording; only the landmarks are kept.

    Parameters
    ----------
    video : VideoFile
    estimator : PoseEstimator
    progress : callable, optional
    closer : callable, optional
        Where it is given, a first look is taken at :data:`COARSE_FPS`, and a second one, at :data:`CLOSE_FPS`, at the moments
        that it names. Where not, every frame is looked at.

    Raises
    ------
    VideoError
        The recording cannot be read.
    """
    looks = (_Landmarks(), _Landmarks())

    def keep(index: int, found: tuple[FrameLandmarks, FrameLandmarks]) -> None:
        for kept, look in zip(looks, found, strict=True):
            kept.append(index, look)

    def passes(time_s: Floats) -> PosePasses:
        as_filmed, mirrored = (look.sequence(time_s, video.size, estimator.name) for look in looks)
        return PosePasses(as_filmed, mirrored, time_s if len(as_filmed) < len(time_s) else None)

    with estimator:
        if closer is None:
            return passes(look_through(video, estimator, keep, progress))
        first, second = (None, None) if progress is None else (_part(progress, 0), _part(progress, 1))
        coarse = passes(look_through(video, estimator, keep, first, paced(COARSE_FPS)))
        chosen = close_frames(coarse.all_time_s, coarse.looked_at, closer(coarse))
        if not chosen.any():
            return coarse
        return passes(look_through(video, estimator, keep, second, lambda index, time_s: bool(chosen[index : index + 1].any())))


def _part(progress: Progress, index: int) -> Progress:
    """The progress of one of two rounds over a recording, as a part of both."""
    return lambda done, total: progress(done + index * (total or 0.0), None if total is None else 2 * total)


def paced(fps: float) -> Callable[[int, float], bool]:
    """Choose frames, by index and time, at no more than so many per second, the first one among them."""
    due_s = -np.inf

    def wanted(index: int, time_s: float) -> bool:
        nonlocal due_s
        if time_s < due_s - 1e-3:
            return False
        due_s = max(due_s + 1 / fps, time_s + 0.5 / fps) if np.isfinite(due_s) else time_s + 1 / fps
        return True

    return wanted


def close_frames(time_s: Floats, looked_at: NDArray[np.bool_], moments: list[tuple[float, float]] | None) -> NDArray[np.bool_]:
    """(frame,) the frames for a closer look: those not looked at yet, in the moments named, at :data:`CLOSE_FPS`."""
    if moments is None:
        return np.asarray(~looked_at)
    chosen = np.zeros(len(time_s), dtype=bool)
    last_s = -np.inf
    for frame, t in enumerate(time_s):
        if looked_at[frame]:
            last_s = t
        elif t - last_s > 0.99 / CLOSE_FPS - 1e-3 and any(start <= t <= end for start, end in moments):
            chosen[frame], last_s = True, t
    return chosen


def look_through(
    video: VideoFile,
    estimator: Estimator[Found],
    keep: Callable[[int, tuple[Found, Found]], None],
    progress: Progress | None = None,
    wanted: Callable[[int, float], bool] | None = None,
) -> Floats:
    """Run an estimator, which has been entered, over a recording and hand on what it finds, with the frame's place.

    Parameters
    ----------
    video : VideoFile
    estimator : Estimator
    keep : callable
        Called with the index of each frame that is looked at and what was found.
    progress : callable, optional
    wanted : callable, optional
        Called with index and seconds of each frame: whether to look at it. All are, if it is not given.

    Returns
    -------
    (frame,) float64
        Seconds, of all frames.

    Raises
    ------
    VideoError
        The recording cannot be read.
    """
    times: list[float] = []
    for glimpse in video.glimpses():
        if wanted is None or wanted(glimpse.index, glimpse.time_s):
            frame = glimpse.frame()
            if frame is None:
                continue
            keep(len(times), estimator.look(frame))
        times.append(glimpse.time_s)
        if progress is not None:
            progress(glimpse.time_s, video.expected_duration_s)
    return np.array(times, dtype=np.float64)


def poses_of(
    video: VideoFile,
    model: PoseModel = "full",
    progress: Progress | None = None,
    client: ClientPlace | None = None,
    closer: tuple[str, Closer] | None = None,
) -> PosePasses:
    """The poses of a recording: from the cache, or estimated with MediaPipe and put there.

    ``client`` is where the client is, where others are in the picture too; ``closer`` says where to look closely, and what to call
    that in the cache.

    Raises
    ------
    VideoError
        The recording cannot be read.
    ModelFileError
        The pose model is not here and cannot be fetched.
    """
    from rom_tracker.pose.mediapipe import MediaPipeEstimator

    estimator = MediaPipeEstimator(model, client)
    every_frame = (video.content_hash(), estimator.name, *([] if client is None else [str(client)]))
    key = cache.key(*every_frame, *([] if closer is None else [closer[0]]))
    kept = cache.load(key, PosePasses)
    if kept is not None:
        return kept
    passes = estimate_poses(video, estimator, progress, closer and closer[1])
    cache.store(key, passes)
    return passes


class _Landmarks:
    """Collects the landmarks of one look as plain single-precision numbers, 0.8 kB a frame."""

    def __init__(self) -> None:
        self._numbers = array("f")
        self._frames: list[int] = []

    def append(self, index: int, found: FrameLandmarks) -> None:
        row = np.concatenate([found.xy, found.world, found.visibility[:, None]], axis=1)
        self._numbers.frombytes(row.astype(np.float32).tobytes())
        self._frames.append(index)

    def sequence(self, all_time_s: Floats, size: tuple[int, int], model: str) -> PoseSequence:
        """The landmarks in the order of time; ``all_time_s`` are the times of all frames of the recording."""
        rows = np.frombuffer(self._numbers, dtype=np.float32).reshape(-1, len(LANDMARKS), 6)
        time_s = all_time_s
        frames = np.array(self._frames, dtype=int)
        if not np.array_equal(frames, np.arange(len(all_time_s))):  # Copied, since another round may be added to the numbers.
            order = np.argsort(frames)
            rows, time_s = rows[order], all_time_s[frames[order]]
        return PoseSequence(
            time_s=time_s, xy=rows[..., :2], world=rows[..., 2:5], visibility=rows[..., 5], image_size=size, model=model
        )
