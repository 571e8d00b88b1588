"""MediaPipe's pose landmarker. The only module that imports mediapipe."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture import Frame
from rom_tracker.errors import ModelFileError
from rom_tracker.landmarks import MIRROR
from rom_tracker.pose.estimator import FrameLandmarks, PoseModel
from rom_tracker.pose.models import MODELS, ensure_model

#: MediaPipe low-passes the landmarks of a video by their timestamps (a one-euro filter, 10 to 19 ms of lag at 30 frames per
#: second). Timestamps stretched by this factor keep its tracking from frame to frame and leave the filter without effect.
TIMESTAMP_STRETCH = 10_000


class MediaPipeEstimator:
    """Finds one person with MediaPipe's pose landmarker, in the frame as filmed and in its mirror image.

    The two looks are two trackers of their own, each in a thread, since inference runs on one thread and releases the
    interpreter.

    Parameters
    ----------
    model : {"full", "lite", "heavy"}

    Raises
    ------
    ModelFileError
        On entering, where the model is not here and cannot be fetched, or cannot be opened.
    """

    def __init__(self, model: PoseModel = "full") -> None:
        self._model = MODELS[f"pose_{model}"]
        self.name = f"{self._model.key} {self._model.sha256[:12]}, mediapipe {_mediapipe_version()}"
        self._landmarkers: list[Any] = []
        self._pool: ThreadPoolExecutor | None = None
        self._last_stamp = -1
        self._found_somebody = False

    def __enter__(self) -> Self:
        path = ensure_model(self._model.key)
        with _quiet_native_stderr():
            from mediapipe.tasks.python import BaseOptions, vision

            options = vision.PoseLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=str(path)), running_mode=vision.RunningMode.VIDEO
            )
            try:
                self._landmarkers = [vision.PoseLandmarker.create_from_options(options) for _ in range(2)]
            except (RuntimeError, ValueError, OSError) as error:
                raise ModelFileError(f"The pose model {path} could not be opened: {error}.") from error
        self._pool = ThreadPoolExecutor(2)
        self._last_stamp = -1
        self._found_somebody = False
        return self

    def __exit__(self, *exc: object) -> None:
        if self._pool is not None:
            self._pool.shutdown()
        for landmarker in self._landmarkers:
            landmarker.close()
        self._landmarkers, self._pool = [], None

    def look(self, frame: Frame) -> tuple[FrameLandmarks, FrameLandmarks]:
        """Landmarks in the frame as filmed and in its mirror image, both in the coordinates of the frame as filmed."""
        if self._pool is None:
            raise RuntimeError("expected an entered estimator: use it in a with statement")
        stamp = max(self._last_stamp + 1, round(frame.time_s * 1000 * TIMESTAMP_STRETCH))
        self._last_stamp = stamp
        rgb = cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB)
        pictures = (rgb, cv2.flip(rgb, 1))
        # The native code logs at its first frames, until both stages of the model have run.
        with contextlib.nullcontext() if self._found_somebody else _quiet_native_stderr():
            as_filmed, mirrored = self._pool.map(
                lambda landmarker, picture: _detect(landmarker, picture, stamp), self._landmarkers, pictures
            )
        self._found_somebody |= bool(np.isfinite(as_filmed.xy[0, 0]) and np.isfinite(mirrored.xy[0, 0]))
        return as_filmed, _unmirrored(mirrored, width=rgb.shape[1])


def _detect(landmarker: Any, rgb: NDArray[np.uint8], stamp: int) -> FrameLandmarks:
    import mediapipe

    found = landmarker.detect_for_video(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb), stamp)
    if not found.pose_landmarks:
        return FrameLandmarks.nobody()
    height, width = rgb.shape[:2]
    marks, world = found.pose_landmarks[0], found.pose_world_landmarks[0]
    return FrameLandmarks(
        xy=np.array([(m.x * width, m.y * height) for m in marks]),
        world=np.array([(m.x, m.y, m.z) for m in world]),
        visibility=np.array([m.visibility for m in marks]),
    )


def _unmirrored(found: FrameLandmarks, width: int) -> FrameLandmarks:
    """Landmarks found in a mirror image, as they lie in the frame as filmed; left and right change their names."""
    xy, world = found.xy[MIRROR].copy(), found.world[MIRROR].copy()
    xy[:, 0] = width - xy[:, 0]
    world[:, 0] = -world[:, 0]
    return FrameLandmarks(xy, world, found.visibility[MIRROR])


def _mediapipe_version() -> str:
    from importlib.metadata import version

    return version("mediapipe")


@contextlib.contextmanager
def _quiet_native_stderr() -> Iterator[None]:
    """Keep the start-up notes of MediaPipe's native code off the terminal; show them where an error passes."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            notes.seek(0)
            sys.stderr.write(notes.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
