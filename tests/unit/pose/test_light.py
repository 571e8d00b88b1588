"""Light of pictures whose brightness, contrast and noise are known by construction."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from stick_figure import IMAGE_SIZE, repetitions_deg, stick_passes

from rom_tracker.capture import VideoFile
from rom_tracker.pose.light import Light, light_of


def picture(dark: float, light: float, noise: float = 0.0, size: int = 200) -> np.ndarray:
    """Left half dark, right half light, in shares of white."""
    grey = np.full((size, size), dark)
    grey[:, size // 2 :] = light
    grey = grey + np.random.default_rng(0).normal(scale=noise, size=grey.shape)
    return np.repeat(np.clip(255 * grey, 0, 255).round().astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize(("dark", "light", "noise"), [(0.2, 0.8, 0.02), (0.4, 0.5, 0.05), (0.05, 0.95, 0.01)])
def test_what_was_put_in_is_found(dark, light, noise):
    found = Light.of(picture(dark, light, noise))
    assert found.noise == pytest.approx(noise, rel=0.1)
    # A twentieth from either end of two halves with noise lies 1.28 standard deviations beyond their middles.
    assert found.contrast == pytest.approx(light - dark + 2 * 1.28 * noise, abs=0.02)


def test_a_picture_without_noise_is_as_clear_as_its_greys_allow():
    found = Light.of(picture(0.2, 0.8))
    assert found.noise == 0
    assert found.clarity == pytest.approx(0.6 / (0.5 / 255), rel=0.01)


def test_only_the_clients_region_counts(tmp_path):
    time_s, angle_deg = repetitions_deg([90.0])
    passes = stick_passes("knee_flexion", "left", angle_deg, time_s, faces="image_left")
    xy = passes.as_filmed.xy
    (left, top), (right, bottom) = np.floor(xy.min(axis=(0, 1))).astype(int), np.ceil(xy.max(axis=(0, 1))).astype(int)
    image = np.full((*IMAGE_SIZE[::-1], 3), 255, dtype=np.uint8)
    image[max(top, 0) : bottom, left:right] = 64
    path = tmp_path / "grey.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30, IMAGE_SIZE)
    for _ in range(5):
        writer.write(image)
    writer.release()
    found = light_of(VideoFile(path), passes)
    assert found is not None
    assert found.brightness == pytest.approx(64 / 255, abs=0.02)
    assert light_of(VideoFile(path), passes) == found  # Kept, and the same.
