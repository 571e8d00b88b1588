"""From a recording to the landmarks of the person in it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import numpy as np

from rom_tracker.capture import Frame, Glimpse, VideoFile
from rom_tracker.landmarks import LANDMARKS, Side
from rom_tracker.pose import cache
from rom_tracker.pose.gaze import Attention, EveryFrame, Gaze, Looks
from rom_tracker.pose.region import ClientPlace
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence

PoseModel = Literal["lite", "full", "heavy"]

#: "auto" is the model that the movement is measured best with.
ModelChoice = Literal["auto", "lite", "full", "heavy"]

#: Called with the seconds of video done, and in all where the file says so.
Progress = Callable[[float, float | None], None]

#: Shown every frame of a recording that is read.
Beside = Callable[[Glimpse], None]

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

    def look(self, frame: Frame, looks: Looks = Looks.BOTH) -> Mapping[Looks, Found]:
        """What each look at the frame finds, in the coordinates of the picture as filmed."""
        ...


PoseEstimator = Estimator[FrameLandmarks]


def estimate_poses(
    video: VideoFile,
    estimator: PoseEstimator,
    progress: Progress | None = None,
    attention: Attention | None = None,
    beside: Beside | None = None,
) -> PosePasses:
    """Run a pose estimator over a recording; only the landmarks are kept.

    Parameters
    ----------
    video : VideoFile
    estimator : PoseEstimator
    progress : callable, optional
    attention : Attention, optional
        Which frames to look at; every one if it is not given.
    beside : callable, optional
        Shown every frame, whether it is looked at or not.

    Raises
    ------
    VideoError
        The recording cannot be read.
    """
    landmarks = {look: _Landmarks() for look in Looks.BOTH}
    gaze = (attention or EveryFrame()).begin()

    def keep(index: int, time_s: float, found: Mapping[Looks, FrameLandmarks]) -> None:
        for look, one in found.items():
            landmarks[look].append(index, one)
        gaze.saw(time_s, {look: one.xy for look, one in found.items()})

    with estimator:
        time_s = look_through(video, estimator, gaze, keep, progress, beside)
    as_filmed, mirrored = (one.sequence(time_s, video.size, estimator.name) for one in landmarks.values())
    return PosePasses(as_filmed, mirrored, time_s)


def look_through(
    video: VideoFile,
    estimator: Estimator[Found],
    gaze: Gaze,
    keep: Callable[[int, float, Mapping[Looks, Found]], None],
    progress: Progress | None = None,
    beside: Beside | None = None,
) -> Floats:
    """Run an estimator, which has been entered, over a recording and hand on what it finds.

    While a frame is looked at, those after it that are certain not to be wanted are read already, and so is the next one where
    every frame is wanted.

    Parameters
    ----------
    video : VideoFile
    estimator : Estimator
    gaze : Gaze
        Says which frames to look at.
    keep : callable
        Called with the index and the seconds of each frame that is looked at, and what each look found.
    progress : callable, optional
    beside : callable, optional

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
    under_way: tuple[int, float, Future[Mapping[Looks, Found]]] | None = None
    with ThreadPoolExecutor(1) as pool:
        for glimpse in video.glimpses():
            time_s = glimpse.time_s
            frame = glimpse.frame() if gaze.shortest_step_s == 0 else None
            if under_way is not None and time_s - under_way[1] >= gaze.shortest_step_s:
                keep(*under_way[:2], under_way[2].result())
                under_way = None
            looks = Looks.NONE if under_way is not None else gaze.wants(time_s, time_s - times[-1] if times else 0.0)
            if looks:
                frame = frame or glimpse.frame()
                if frame is not None:
                    under_way = len(times), time_s, pool.submit(estimator.look, frame, looks)
            if glimpse.failed:
                continue
            if beside is not None:
                beside(glimpse)
            times.append(time_s)
            if progress is not None:
                progress(time_s - video.begins_s, video.expected_duration_s)
        if under_way is not None:
            keep(*under_way[:2], under_way[2].result())
    return np.array(times, dtype=np.float64)


def poses_of(
    video: VideoFile,
    model: PoseModel = "full",
    progress: Progress | None = None,
    client: ClientPlace | None = None,
    attention: Attention | None = None,
    beside: Beside | None = None,
) -> PosePasses:
    """The poses of a recording: from the cache, or estimated with MediaPipe and put there.

    ``client`` is where the client is, where others are in the picture too; ``attention`` says which frames to look at, and
    ``beside`` is shown every frame, if the recording is read.

    Raises
    ------
    VideoError
        The recording cannot be read.
    ModelFileError
        The pose model is not here and cannot be fetched.
    """
    from rom_tracker.pose.mediapipe import MediaPipeEstimator

    estimator = MediaPipeEstimator(model, client)
    attention = attention or EveryFrame()
    what = (estimator.name, *([] if client is None else [str(client)]), *([attention.name] if attention.name else []))
    key = cache.key(video.content_hash(), *what)
    kept = cache.load(key, PosePasses)
    if kept is not None:
        return kept
    passes = estimate_poses(video, estimator, progress, attention, beside)
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
