"""Where frames come from and where recordings go: video files, cameras, the recorder.

Names are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rom_tracker.capture.camera import Camera, CameraName, list_cameras
    from rom_tracker.capture.frame import Frame, FrameSource
    from rom_tracker.capture.part import Part
    from rom_tracker.capture.recorder import record
    from rom_tracker.capture.recording import FrameTiming, Recording, RecordingInfo, read_sidecar, sidecar_path
    from rom_tracker.capture.video import Glimpse, ReadReport, VideoFile
    from rom_tracker.capture.writer import TimedVideoWriter

__all__ = [
    "Camera",
    "CameraName",
    "Frame",
    "FrameSource",
    "FrameTiming",
    "Glimpse",
    "Part",
    "ReadReport",
    "Recording",
    "RecordingInfo",
    "TimedVideoWriter",
    "VideoFile",
    "list_cameras",
    "read_sidecar",
    "record",
    "sidecar_path",
]

_HOMES = {
    "camera": ("Camera", "CameraName", "list_cameras"),
    "frame": ("Frame", "FrameSource"),
    "part": ("Part",),
    "recorder": ("record",),
    "recording": ("FrameTiming", "Recording", "RecordingInfo", "read_sidecar", "sidecar_path"),
    "video": ("Glimpse", "ReadReport", "VideoFile"),
    "writer": ("TimedVideoWriter",),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"rom_tracker.capture.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
