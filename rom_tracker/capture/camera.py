"""Frames of a camera, with the time at which each came."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from rom_tracker.capture.frame import Frame
from rom_tracker.capture.video import quiet_opencv
from rom_tracker.errors import CameraError

_LINUX_CAMERAS = Path("/sys/class/video4linux")
_MOST_PROBED = 5

_BACKENDS = {"linux": cv2.CAP_V4L2, "darwin": cv2.CAP_AVFOUNDATION, "win32": cv2.CAP_MSMF}

_PRIVACY_ADVICE = {
    "darwin": "allow the terminal to use the camera in System Settings > Privacy & Security > Camera",
    "win32": "allow desktop apps to use the camera in Settings > Privacy & security > Camera",
}


@dataclass(frozen=True, slots=True)
class CameraName:
    """A camera that this machine has.

    Attributes
    ----------
    index : int
        Its number for `Camera`.
    name : str
        What the system calls it; ``"camera 0"`` and so on where OpenCV is not told the names.
    """

    index: int
    name: str


def list_cameras() -> list[CameraName]:
    """List the cameras of this machine in the order of their numbers.

    On Linux the kernel gives their names. macOS and Windows do not give them to OpenCV: there the first five numbers
    are tried, which may make a camera's light flash, and the cameras that answer are called by number.
    """
    if sys.platform == "linux":
        return _linux_cameras(_LINUX_CAMERAS)
    return [CameraName(index, f"camera {index}") for index in range(_MOST_PROBED) if _answers(index)]


class Camera:
    """A camera as an iterable of frames that ends only when the consumer stops or the camera fails.

    The time of a frame is read from the machine's steady clock right after the frame was fetched, counted from the
    first one: the drivers' own time stamps have no common meaning across Linux, macOS and Windows. A consumer that is
    slower than the camera gets fewer frames; their times stay true to within the camera's queue, kept at one frame.

    Parameters
    ----------
    device : int or str
        The camera's number, or its name or a part of it that fits one camera only; see `list_cameras`.
    size : (width, height), optional
        Pixels to ask for; the camera may answer with others.
    fps : float, optional
        Frames a second to ask for; the camera may give others.
    open_device : callable
        Opens the camera of a number; to be replaced where frames come from elsewhere.

    Raises
    ------
    CameraError
        No camera, or more than one, has that name.
    """

    def __init__(
        self,
        device: int | str = 0,
        *,
        size: tuple[int, int] | None = None,
        fps: float | None = None,
        open_device: Callable[[int], cv2.VideoCapture] | None = None,
    ) -> None:
        self.index = _index_of(device)
        self.label = f"camera {self.index}" if isinstance(device, int) or device.isdigit() else device
        self._size = size
        self._fps = fps
        self._open_device = open_device or _open_device

    def __repr__(self) -> str:
        return f"Camera({self.index})"

    def __iter__(self) -> Iterator[Frame]:
        """Yield frames as they come.

        Raises
        ------
        CameraError
            The camera is missing, in use elsewhere, forbidden, or stopped giving frames.
        """
        quiet_opencv()
        capture = self._open_device(self.index)
        try:
            if not capture.isOpened():
                raise self._unavailable()
            self._ask(capture)
            yield from self._frames(capture)
        finally:
            capture.release()

    def _ask(self, capture: cv2.VideoCapture) -> None:
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if self._size is not None:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        if self._fps is not None:
            capture.set(cv2.CAP_PROP_FPS, self._fps)

    def _frames(self, capture: cv2.VideoCapture) -> Iterator[Frame]:
        first_s: float | None = None
        index = 0
        while True:
            grabbed = capture.grab()
            now_s = time.perf_counter()
            decoded, image = capture.retrieve() if grabbed else (False, None)
            if not decoded or image is None:
                raise self._silent(index)
            first_s = now_s if first_s is None else first_s
            yield Frame(index=index, time_s=now_s - first_s, image=image.astype(np.uint8, copy=False))
            index += 1

    def _unavailable(self) -> CameraError:
        found = ", ".join(f"{camera.index}: {camera.name}" for camera in list_cameras()) or "none"
        advice = _PRIVACY_ADVICE.get(sys.platform, "check that your user may read it (group video)")
        return CameraError(
            f"{self.label} cannot be opened (cameras found: {found}); plug it in, close other programs that use it, or {advice}"
        )

    def _silent(self, frames: int) -> CameraError:
        if frames == 0:
            advice = _PRIVACY_ADVICE.get(sys.platform, "plug it in again")
            return CameraError(f"{self.label} gives no frames; close other programs that use it, or {advice}")
        return CameraError(
            f"{self.label} stopped giving frames after {frames}; check its cable and that the machine did not sleep, "
            "then record again"
        )


def _open_device(index: int) -> cv2.VideoCapture:
    return cv2.VideoCapture(index, _BACKENDS.get(sys.platform, cv2.CAP_ANY))


def _answers(index: int) -> bool:
    quiet_opencv()
    capture = _open_device(index)
    try:
        return capture.isOpened()
    finally:
        capture.release()


def _linux_cameras(folder: Path) -> list[CameraName]:
    """A camera has several nodes, of which the one with index 0 gives pictures; the others carry data about them."""
    cameras = []
    for node in folder.glob("video*"):
        number = node.name.removeprefix("video")
        if number.isdigit() and _line(node / "index") in ("0", ""):
            cameras.append(CameraName(int(number), _line(node / "name") or node.name))
    return sorted(cameras, key=lambda camera: camera.index)


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _index_of(device: int | str) -> int:
    if isinstance(device, int) or device.isdigit():
        return int(device)
    cameras = list_cameras()
    fitting = [camera for camera in cameras if device.casefold() in camera.name.casefold()]
    if len(fitting) == 1:
        return fitting[0].index
    found = ", ".join(f"{camera.index}: {camera.name}" for camera in cameras) or "none"
    problem = "more than one camera" if fitting else "no camera"
    raise CameraError(f'expected the number or name of one camera, but {problem} fits "{device}"; found: {found}')
