"""What one would write without the program: every frame once through the pose landmarker, in one process."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from rom_tracker.landmarks import LANDMARKS
from rom_tracker.pose.sequence import PoseSequence


def plain_loop(video: Path, model: Path) -> PoseSequence:
    """The landmarks of every frame of a recording, with the published model file."""
    from mediapipe import Image, ImageFormat
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)), running_mode=vision.RunningMode.VIDEO
    )
    capture, times, marks, last = cv2.VideoCapture(str(video)), [], [], -1
    size = (0, 0)
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        while True:
            ok, image = capture.read()
            if not ok:
                break
            size = image.shape[1], image.shape[0]
            last = max(last + 1, int(capture.get(cv2.CAP_PROP_POS_MSEC)))
            picture = Image(image_format=ImageFormat.SRGB, data=cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
            found = landmarker.detect_for_video(picture, last).pose_landmarks
            points = [(m.x, m.y) for m in found[0]] if found else [(np.nan, np.nan)] * len(LANDMARKS)
            times.append(last / 1000)
            marks.append(points)
    xy = np.array(marks) * size
    return PoseSequence(np.array(times), xy, np.zeros((*xy.shape[:2], 3)), np.ones(xy.shape[:2]), size, "plain loop")
