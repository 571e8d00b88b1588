"""Measurements of stick figures to draw over their recordings, and how the pictures are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from stick_figure import IMAGE_SIZE, repetitions_deg, stick_passes

from rom_tracker import load_catalogue
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.capture import TimedVideoWriter, VideoFile
from rom_tracker.overlay.artist import Artist
from rom_tracker.pose.sequence import PosePasses

CATALOGUE = load_catalogue()
GREY = 110


def uneven_times(time_s):
    """Times with intervals as different as a phone's in the dark."""
    return np.round(np.asarray(time_s) + 0.012 * np.sin(np.arange(len(time_s))), 3)


def recording(path: Path, time_s, size=IMAGE_SIZE) -> VideoFile:
    image = np.full((size[1], size[0], 3), GREY, dtype=np.uint8)
    with TimedVideoWriter(path, size) as writer:
        for t in time_s:
            writer.write(image, float(t))
    return VideoFile(path)


def measured(key="elbow_flexion", peaks_deg=(90,), **view) -> RomMeasurement:
    time_s, angle_deg = repetitions_deg(peaks_deg, rest_deg=10, move_s=0.6, hold_s=0.5, rest_s=0.5)
    passes = stick_passes(key, "left", angle_deg, uneven_times(time_s), faces="image_left", **view)
    return measure_poses(passes, CATALOGUE[key], "left")


def nobody(frames: int) -> RomMeasurement:
    look = stick_passes("elbow_flexion", "left", [0] * frames, np.arange(frames) / 30).as_filmed
    look = look.replaced(xy=look.xy * np.nan)
    return measure_poses(PosePasses(look, look), CATALOGUE["elbow_flexion"], "left")


def drawn(m: RomMeasurement, index: int, size=IMAGE_SIZE, scale=1.0):
    image = np.full((IMAGE_SIZE[1], IMAGE_SIZE[0], 3), GREY, dtype=np.uint8)
    return Artist(m, scale, size).drawn(image, index).astype(int)


def like(image, colour, tolerance=40):
    return (np.abs(image - np.array(colour)) < tolerance).all(axis=-1)


def panel(m: RomMeasurement, time_s: float) -> list[str]:
    index = int(np.argmin(np.abs(m.angles.time_s - time_s)))
    return [words for words, _ in Artist(m, 1.0, IMAGE_SIZE)._lines(index, m.angles.angle_deg[index])]
