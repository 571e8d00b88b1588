"""Video that browsers play, with the time of every frame kept."""

from __future__ import annotations

import io
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rom_tracker.capture.matroska import MatroskaWriter
from rom_tracker.errors import UsageError
from rom_tracker.output_files import cannot_write

_WEBP_EFFORT = 2
_MOST_THREADS = 4


class TimedVideoWriter:
    """Writes frames and their times into a WebM file, which appears under its name only when it is complete.

    Every frame is a VP8 key frame, the coding inside a lossy WebP picture: it is encoded on several cores at once,
    and a browser jumps to any single frame exactly. At 1280x720 a frame costs about 50 ms of one core and 85 kB on
    noisy pictures; OpenCV's own VP8 took 64 to 200 ms and 164 kB, its VP9 1.4 s and 109 kB, both without true times.

    Parameters
    ----------
    path : path-like
        The file to write, ending in ``.webm``. A file of that name is replaced at the end.
    size : (width, height)
        Of every frame, in pixels.
    quality : int
        0 to 100, as for WebP.

    Raises
    ------
    UsageError
        The name does not end in ``.webm``.
    OutputError
        The file cannot be written there; nothing is left behind.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with TimedVideoWriter(folder / "overlay.webm", size=(64, 48)) as video:
    ...     for time_s in (0.0, 0.033, 0.1):
    ...         video.write(np.zeros((48, 64, 3), dtype=np.uint8), time_s)
    >>> [file.name for file in folder.iterdir()]
    ['overlay.webm']
    """

    def __init__(self, path: str | os.PathLike[str], size: tuple[int, int], *, quality: int = 80) -> None:
        self.path = Path(path)
        if self.path.suffix.lower() != ".webm":
            raise UsageError(f'expected a name ending in .webm for a video that browsers play, got "{self.path.name}"')
        self.size = size
        self.quality = quality

    def __enter__(self) -> Self:
        self._part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            self._file = self._part.open("wb", buffering=0)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        try:
            self._matroska = MatroskaWriter(self._file, codec="V_VP8", size=self.size)
        except OSError as error:
            self._discard()
            raise cannot_write(self.path, error) from error
        self._threads = min(_MOST_THREADS, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(self._threads)
        self._waiting: deque[tuple[Future[bytes], float]] = deque()
        return self

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Append one frame.

        Parameters
        ----------
        image : (height, width, 3) uint8
            Blue, green, red; of the size given at the start. It may be changed after this returns.
        time_s : float
            Later than the time of the frame before.

        Raises
        ------
        ValueError
            The image has another size, or a time does not increase (told up to a few frames later).
        OutputError
            The disk is full or refuses.
        """
        width, height = self.size
        if image.shape != (height, width, 3) or image.dtype != np.uint8:
            raise ValueError(f"expected a ({height}, {width}, 3) uint8 image, got {image.shape} {image.dtype}")
        rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        self._waiting.append((self._pool.submit(_vp8_key_frame, rgb, self.quality), time_s))
        while len(self._waiting) > 2 * self._threads:
            self._write_next()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._pool.shutdown(cancel_futures=True)
            self._discard()

    def _finish(self) -> None:
        while self._waiting:
            self._write_next()
        try:
            self._matroska.finish()
            self._file.close()
            self._part.replace(self.path)
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def _write_next(self) -> None:
        picture, time_s = self._waiting.popleft()
        try:
            self._matroska.write(picture.result(), time_s)
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def _discard(self) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)


def _vp8_key_frame(rgb: NDArray[np.uint8], quality: int) -> bytes:
    """Encode as lossy WebP and take the VP8 key frame out of its RIFF envelope."""
    envelope = io.BytesIO()
    Image.fromarray(rgb).save(envelope, "WEBP", quality=quality, method=_WEBP_EFFORT)
    webp = envelope.getvalue()
    start = webp.index(b"VP8 ", 12) + 8
    return webp[start : start + int.from_bytes(webp[start - 4 : start], "little")]
