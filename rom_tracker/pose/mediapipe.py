"""MediaPipe's landmarkers of body, hand and face, which follow one client through a recording.

Each looks at a frame as filmed, at its mirror image, or at both. The two looks are two trackers of their own, each in a thread,
since inference runs on one thread and releases the interpreter. They are opened anew for each recording, which takes a tenth
of a second: a tracker carries what it saw last into the next picture, so that one kept open would make what is found depend on the
recording before.
"""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Self, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture import Frame
from rom_tracker.errors import ModelFileError
from rom_tracker.landmarks import MIRROR
from rom_tracker.pose.estimator import FaceMesh, FoundHand, FrameLandmarks, PoseModel
from rom_tracker.pose.gaze import Looks
from rom_tracker.pose.models import MODELS, ensure_working_model
from rom_tracker.pose.native import give_back_memory, image_of, mediapipe_version, quiet_stderr, tasks
from rom_tracker.pose.region import ClientPlace, Region
from rom_tracker.pose.trunk import Trunk, has_moved, trunk_of

#: MediaPipe low-passes the landmarks of a video by their timestamps (a one-euro filter, 10 to 19 ms of lag at 30 frames per
#: second). Timestamps stretched by this factor keep its tracking from frame to frame and leave the filter without effect, also
#: where a frame is looked at again :data:`AGAIN_STAMPS` later.
TIMESTAMP_STRETCH = 1_000_000
AGAIN_STAMPS = 1_000_000

#: A filter that began at 0 takes the first step for one of a thirtieth of a second, and holds the second frame back.
FIRST_STAMP = 1000 * TIMESTAMP_STRETCH

#: The tracker seeks a person in a part of the picture that lies where the trunk was before, turned as it was; the landmarks lean
#: towards that. A frame in which the trunk has moved is looked at again, at most so many times.
MOST_LOOKS_AGAIN = 3

#: So many hands are looked for near the tested wrist: the client's two, and one of the therapist's.
MOST_HANDS = 3

#: A tracker that holds on to the wrong person sees the frame with the client alone so many times at most.
MOST_TRIES = 3

Found = TypeVar("Found")


class _TwoLooks(Generic[Found]):
    """Two trackers of one landmarker, for the frame as filmed and for its mirror image.

    Parameters
    ----------
    model_key : str
        A key of the model table.
    region : Region, optional
        The part of the picture to look at; all of it if not given.

    Raises
    ------
    ModelFileError
        On entering, where the model is not here and cannot be fetched, or cannot be opened.
    """

    def __init__(self, model_key: str, region: Region | None = None) -> None:
        model = MODELS[model_key]
        self.name = f"{model.key} {model.sha256[:12]}, mediapipe {mediapipe_version()}"
        self.region = region
        self._model_key = model_key
        self._landmarkers: dict[Looks, Any] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._last_stamp = -1
        self._quiet = True

    @abstractmethod
    def _open(self, options: Any) -> Any:
        """A landmarker of MediaPipe's for the base options given."""

    @abstractmethod
    def _read(self, answer: Any, size: tuple[int, int]) -> Found:
        """What was found, in pixels of a picture of that width and height."""

    @abstractmethod
    def _unmirrored(self, found: Found, width: int) -> Found:
        """What was found in a mirror image, as it lies in the picture as filmed."""

    @abstractmethod
    def _placed(self, found: Found, region: Region) -> Found:
        """What was found in a part of the picture, in the pixels of the whole."""

    @abstractmethod
    def _is_somebody(self, found: Found) -> bool:
        """Whether anything was found."""

    def __enter__(self) -> Self:
        path = ensure_working_model(self._model_key)
        with quiet_stderr():
            try:
                for look in Looks.BOTH:
                    self._landmarkers[look] = self._open(tasks().BaseOptions(model_asset_path=str(path)))
            except (RuntimeError, ValueError, OSError) as error:
                self.__exit__()
                raise ModelFileError(f"The model {path} could not be opened: {error}.") from error
        self._pool = ThreadPoolExecutor(1)
        self._last_stamp = -1
        self._quiet = True
        return self

    def __exit__(self, *exc: object) -> None:
        if self._pool is not None:
            self._pool.shutdown()
        for landmarker in self._landmarkers.values():
            landmarker.close()
        self._landmarkers, self._pool = {}, None
        give_back_memory()

    def look(self, frame: Frame, looks: Looks = Looks.BOTH) -> dict[Looks, Found]:
        """What each look at the frame finds, in the coordinates of the picture as filmed."""
        if self._pool is None:
            raise RuntimeError("expected an entered estimator: use it in a with statement")
        after_last = self._last_stamp + (1 + MOST_LOOKS_AGAIN + MOST_TRIES) * AGAIN_STAMPS
        stamp = max(after_last, FIRST_STAMP + round(frame.time_s * 1000 * TIMESTAMP_STRETCH))
        self._last_stamp = stamp
        part = frame.image if self.region is None else self.region.cut(frame.image)
        rgb = np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        # The native code logs at its first frames, until all stages of the model have run.
        with quiet_stderr() if self._quiet else contextlib.nullcontext():
            others = {look: self._pool.submit(self._look_at, rgb, look, stamp) for look in looks & ~Looks.AS_FILMED}
            found = {look: self._look_at(rgb, look, stamp) for look in looks & Looks.AS_FILMED}
            found |= {look: other.result() for look, other in others.items()}
        self._quiet &= not (found.keys() == set(Looks.BOTH) and all(self._is_somebody(one) for one in found.values()))
        return found

    def _look_at(self, rgb: NDArray[np.uint8], look: Looks, stamp: int) -> Found:
        """What one of the two trackers finds, in the pixels of the whole picture as filmed."""
        picture = rgb if look is Looks.AS_FILMED else np.asarray(cv2.flip(rgb, 1), dtype=np.uint8)
        found = self._detect(self._landmarkers[look], picture, stamp)
        if look is Looks.MIRRORED:
            found = self._unmirrored(found, rgb.shape[1])
        return found if self.region is None else self._placed(found, self.region)

    def _detect(self, landmarker: Any, rgb: NDArray[np.uint8], stamp: int) -> Found:
        answer = landmarker.detect_for_video(image_of(rgb), stamp)
        return self._read(answer, (rgb.shape[1], rgb.shape[0]))


class MediaPipeEstimator(_TwoLooks[FrameLandmarks]):
    """Finds one person with MediaPipe's pose landmarker.

    Parameters
    ----------
    model : {"full", "lite", "heavy"}
    client : ClientPlace, optional
        Where the client is, where others are in the picture too. A tracker that holds on to somebody else sees the frame once more
        with all but the client greyed out; frames in which even then nobody is found at that place count as nobody's.
    """

    def __init__(self, model: PoseModel = "full", client: ClientPlace | None = None) -> None:
        super().__init__(f"pose_{model}", None if client is None else client.region)
        self._client = client
        self._trunks: dict[Looks, Trunk | None] = {}

    def __enter__(self) -> Self:
        self._trunks = {}
        return super().__enter__()

    def _look_at(self, rgb: NDArray[np.uint8], look: Looks, stamp: int) -> FrameLandmarks:
        found = super()._look_at(rgb, look, stamp)
        before, self._trunks[look] = self._trunks.get(look), trunk_of(found.xy)
        for _ in range(MOST_LOOKS_AGAIN):
            if not has_moved(before, self._trunks[look]):
                break
            stamp += AGAIN_STAMPS
            found = super()._look_at(rgb, look, stamp)
            before, self._trunks[look] = self._trunks[look], trunk_of(found.xy)
        if self._client is None or self._client.is_at(found.xy):
            return found
        alone = self._client.alone(rgb)
        for again in range(1, MOST_TRIES + 1):
            found = super()._look_at(alone, look, stamp + again * AGAIN_STAMPS)
            if self._client.is_at(found.xy):
                return found
        return FrameLandmarks.nobody()

    def _open(self, options: Any) -> Any:
        vision = tasks().vision
        return vision.PoseLandmarker.create_from_options(
            vision.PoseLandmarkerOptions(base_options=options, running_mode=vision.RunningMode.VIDEO)
        )

    def _read(self, answer: Any, size: tuple[int, int]) -> FrameLandmarks:
        if not answer.pose_landmarks:
            return FrameLandmarks.nobody()
        width, height = size
        marks, world = answer.pose_landmarks[0], answer.pose_world_landmarks[0]
        return FrameLandmarks(
            xy=np.array([(m.x * width, m.y * height) for m in marks]),
            world=np.array([(m.x, m.y, m.z) for m in world]),
            visibility=np.array([m.visibility for m in marks]),
        )

    def _unmirrored(self, found: FrameLandmarks, width: int) -> FrameLandmarks:
        xy, world = found.xy[MIRROR].copy(), found.world[MIRROR].copy()
        xy[:, 0] = width - xy[:, 0]
        world[:, 0] = -world[:, 0]
        return FrameLandmarks(xy, world, found.visibility[MIRROR])

    def _placed(self, found: FrameLandmarks, region: Region) -> FrameLandmarks:
        xyz = region.placed(np.pad(found.xy, ((0, 0), (0, 1))))
        return FrameLandmarks(xyz[:, :2], found.world, found.visibility)

    def _is_somebody(self, found: FrameLandmarks) -> bool:
        return bool(np.isfinite(found.xy[0, 0]))


class PlainEstimator(MediaPipeEstimator):
    """One look at each frame, with the recording's own times: what a plain loop over a video gets, to compare with."""

    def __init__(self, model: PoseModel = "full") -> None:
        super().__init__(model)
        self.name = f"{self.name}, plain"

    def look(self, frame: Frame, looks: Looks = Looks.BOTH) -> dict[Looks, FrameLandmarks]:
        """What is found in the frame as filmed, for either look."""
        self._last_stamp = max(self._last_stamp + 1, round(frame.time_s * 1000))
        rgb = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        with quiet_stderr() if self._quiet else contextlib.nullcontext():
            found = self._detect(self._landmarkers[Looks.AS_FILMED], rgb, self._last_stamp)
        self._quiet &= not self._is_somebody(found)
        return dict.fromkeys(Looks.BOTH, found)


class HandEstimator(_TwoLooks[tuple[FoundHand, ...]]):
    """Finds the hands in a part of the picture with MediaPipe's hand landmarker."""

    def __init__(self, region: Region | None = None) -> None:
        super().__init__("hand", region)

    def _open(self, options: Any) -> Any:
        vision = tasks().vision
        return vision.HandLandmarker.create_from_options(
            vision.HandLandmarkerOptions(base_options=options, running_mode=vision.RunningMode.VIDEO, num_hands=MOST_HANDS)
        )

    def _read(self, answer: Any, size: tuple[int, int]) -> tuple[FoundHand, ...]:
        width, height = size
        return tuple(
            FoundHand(
                xyz=np.array([(m.x * width, m.y * height, m.z * width) for m in marks]),
                world=np.array([(m.x, m.y, m.z) for m in world]),
                word="left" if words[0].category_name == "Left" else "right",
            )
            for marks, world, words in zip(answer.hand_landmarks, answer.hand_world_landmarks, answer.handedness, strict=True)
        )

    def _unmirrored(self, found: tuple[FoundHand, ...], width: int) -> tuple[FoundHand, ...]:
        return tuple(
            FoundHand(
                xyz=hand.xyz * (-1, 1, 1) + np.array([width, 0, 0]),
                world=hand.world * (-1, 1, 1),
                word="right" if hand.word == "left" else "left",
            )
            for hand in found
        )

    def _placed(self, found: tuple[FoundHand, ...], region: Region) -> tuple[FoundHand, ...]:
        return tuple(FoundHand(region.placed(hand.xyz), hand.world, hand.word) for hand in found)

    def _is_somebody(self, found: tuple[FoundHand, ...]) -> bool:
        return bool(found)


class FaceEstimator(_TwoLooks[FaceMesh]):
    """Finds one face in a part of the picture with MediaPipe's face landmarker."""

    def __init__(self, region: Region | None = None) -> None:
        super().__init__("face", region)

    def _open(self, options: Any) -> Any:
        vision = tasks().vision
        return vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(base_options=options, running_mode=vision.RunningMode.VIDEO)
        )

    def _read(self, answer: Any, size: tuple[int, int]) -> FaceMesh:
        if not answer.face_landmarks:
            return FaceMesh.nobody()
        width, height = size
        return FaceMesh(np.array([(m.x * width, m.y * height, m.z * width) for m in answer.face_landmarks[0]]))

    def _unmirrored(self, found: FaceMesh, width: int) -> FaceMesh:
        return FaceMesh(found.xyz * (-1, 1, 1) + np.array([width, 0, 0]))

    def _placed(self, found: FaceMesh, region: Region) -> FaceMesh:
        return FaceMesh(region.placed(found.xyz))

    def _is_somebody(self, found: FaceMesh) -> bool:
        return bool(np.isfinite(found.xyz[0, 0]))
