"""Finds several people in single pictures."""

from __future__ import annotations

from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.errors import ModelFileError
from rom_tracker.pose.estimator import PoseModel
from rom_tracker.pose.models import MODELS, ensure_working_model
from rom_tracker.pose.native import give_back_memory, image_of, mediapipe_version, quiet_stderr, tasks
from rom_tracker.pose.region import Region
from rom_tracker.pose.trunk import CORNERS

#: Probability of a trunk in the picture above which somebody is there. Those who were there had 0.98 and more; a picture on the
#: wall beside a raised arm, which was taken for somebody, 0.78.
LEAST_PRESENCE = 0.9

#: So many people are told apart in one part of the picture.
MOST_PEOPLE = 4


class PeopleFinder:
    """Finds several people in single pictures with MediaPipe's pose landmarker; nobody is followed from one to the next.

    Parameters
    ----------
    model : {"full", "lite", "heavy"}
    least_presence : float
        Only those are told whose shoulders and hips are, to the model, in the picture with this probability on the mean.

    Raises
    ------
    ModelFileError
        On entering, where the model is not here and cannot be fetched, or cannot be opened.
    """

    def __init__(self, model: PoseModel = "full", least_presence: float = LEAST_PRESENCE) -> None:
        self._key = f"pose_{model}"
        self.name = f"{self._key} {MODELS[self._key].sha256[:12]}, mediapipe {mediapipe_version()}"
        self._least = least_presence
        self._landmarker: Any = None

    def __enter__(self) -> Self:
        path, vision = ensure_working_model(self._key), tasks().vision
        options = vision.PoseLandmarkerOptions(
            base_options=tasks().BaseOptions(model_asset_path=str(path)),
            running_mode=vision.RunningMode.IMAGE,
            num_poses=MOST_PEOPLE,
        )
        with quiet_stderr():
            try:
                self._landmarker = vision.PoseLandmarker.create_from_options(options)
            except (RuntimeError, ValueError, OSError) as error:
                raise ModelFileError(f"The model {path} could not be opened: {error}.") from error
        return self

    def __exit__(self, *exc: object) -> None:
        self._landmarker.close()
        self._landmarker = None
        give_back_memory()

    def find(self, image: NDArray[np.uint8], part: Region) -> list[NDArray[np.float64]]:
        """(landmark, 2) pixels of everybody found in a part of the picture."""
        cut = np.ascontiguousarray(image[part.top : part.bottom, part.left : part.right])
        rgb = np.asarray(cv2.cvtColor(cut, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        with quiet_stderr():
            answer = self._landmarker.detect(image_of(rgb))
        width, height = part.right - part.left, part.bottom - part.top
        return [np.array([(m.x * width + part.left, m.y * height + part.top) for m in marks]) for marks in self._marks(answer)]

    def _marks(self, answer: Any) -> list[Any]:
        """The landmarks of those who are surely there."""
        return [marks for marks in answer.pose_landmarks if np.mean([marks[at].presence for at in CORNERS]) >= self._least]
