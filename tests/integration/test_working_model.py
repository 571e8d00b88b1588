"""The models as they are handed to MediaPipe against the published ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rom_tracker.capture import VideoFile
from rom_tracker.pose import mediapipe
from rom_tracker.pose.gaze import Looks
from rom_tracker.pose.models import ensure_model, ensure_working_model

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).parents[2] / "sample_videos" / "elbow_flexion_pre.mp4"
FRAMES = 8


@pytest.mark.parametrize("key", ["pose_full", "pose_heavy"])
def test_they_find_the_same_landmarks(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ensure_working_model(key) != ensure_model(key)
    frames = [frame for frame in VideoFile(SAMPLE) if frame.index % 20 == 0][:FRAMES]
    found = {}
    for ensure in (ensure_working_model, ensure_model):
        monkeypatch.setattr(mediapipe, "ensure_working_model", ensure)
        with mediapipe.MediaPipeEstimator("full" if key == "pose_full" else "heavy") as estimator:
            found[ensure] = [estimator.look(frame) for frame in frames]
    for ours, published in zip(*found.values(), strict=True):
        for look in Looks.BOTH:
            assert np.isfinite(ours[look].xy).all()
            np.testing.assert_allclose(ours[look].xy, published[look].xy, rtol=0, atol=1e-3)
            np.testing.assert_allclose(ours[look].world, published[look].world, rtol=0, atol=1e-5)
