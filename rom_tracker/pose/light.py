"""How the client is lit: brightness, contrast and noise of a few pictures, within the part of them that shows the client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture import VideoFile
from rom_tracker.capture.pictures import Pictures, pictures_at
from rom_tracker.pose import cache
from rom_tracker.pose.sequence import PosePasses

#: Pictures that are looked at: so many, so many seconds apart, from the start. A camera that adapts to the light has done so by the
#: median of them, and nothing after them has to be decoded where the recording is not read anyway.
LOOKS, EVERY_S = 5, 0.4

#: The two ends of the contrast, in per cent of the pixels.
DARKEST_PERCENT, LIGHTEST_PERCENT = 5, 95

#: A smaller region than this tells nothing, in pixels.
SMALLEST_EDGE_PX = 16

#: Leaves nothing of a picture that is a plane over three by three pixels: what is left is noise, 6 times as large (J. Immerkaer,
#: 1996, Fast noise variance estimation, Computer Vision and Image Understanding 64:300-302). Its median is taken, not its mean, so
#: that edges do not count as noise.
_NOISE_ONLY = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
_NOISE_GAIN, _MEDIAN_OF_NORMAL = 6.0, 0.6745


@dataclass(frozen=True)
class Light:
    """How the client is lit; shares of the brightest white, 0 to 1.

    Attributes
    ----------
    brightness : float
        Median over the client's region.
    contrast : float
        Between its darkest and lightest twentieths.
    noise : float
        Standard deviation of the grain of single pixels.
    """

    brightness: float
    contrast: float
    noise: float

    @property
    def clarity(self) -> float:
        """How many times larger the contrast is than the noise; of a picture without noise, than half a step of its 256 greys."""
        return self.contrast / max(self.noise, 0.5 / 255)

    @classmethod
    def of(cls, image: NDArray[np.uint8]) -> Self:
        """Of a picture (height, width, 3)."""
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
        dark, middle, light = np.percentile(grey, (DARKEST_PERCENT, 50, LIGHTEST_PERCENT))
        grain = np.abs(cv2.filter2D(grey, -1, _NOISE_ONLY)[1:-1, 1:-1])
        return cls(float(middle), float(light - dark), float(np.median(grain) / _MEDIAN_OF_NORMAL / _NOISE_GAIN))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays to be kept."""
        return {"light": np.array([self.brightness, self.contrast, self.noise])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What :meth:`to_arrays` gave."""
        return cls(*(float(value) for value in arrays["light"]))


def pictures_of_the_start(video: VideoFile) -> Pictures:
    """The pictures that :func:`light_of` asks for, to be taken along while the recording is read for something else."""
    return Pictures(_times(video))


def light_of(video: VideoFile, passes: PosePasses, start: Pictures | None = None) -> Light | None:
    """The light on the client at the start of a recording: from the cache, or looked at and put there; None without a picture.

    Parameters
    ----------
    video : VideoFile
    passes : PosePasses
        They tell where the client is. Where nobody was found, it is the whole picture's light.
    start : Pictures, optional
        Those of :func:`pictures_of_the_start`, where they were taken along.

    Raises
    ------
    VideoError
        The recording cannot be read.
    """
    region = _region(passes)
    key = f"light-{cache.key(video.content_hash(), str(region))}"
    kept = cache.load(key, Light)
    if kept is not None:
        return kept
    left, top, right, bottom = region
    seen = [Light.of(image[top:bottom, left:right]) for image in pictures_at(video, _times(video), start)]
    if not seen:
        return None
    light = Light(*(float(np.median([getattr(one, name) for one in seen])) for name in ("brightness", "contrast", "noise")))
    cache.store(key, light)
    return light


def _times(video: VideoFile) -> list[float]:
    return [video.begins_s + i * EVERY_S for i in range(LOOKS)]


def _region(passes: PosePasses) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what the client fills at the start, in pixels."""
    width, height = passes.as_filmed.image_size
    looks = (passes.as_filmed, passes.mirrored)
    marks = np.concatenate([look.filmed_xy[look.time_s <= passes.all_time_s[0] + LOOKS * EVERY_S] for look in looks])
    if np.isfinite(marks).any():
        low, high = np.nanmin(marks, axis=(0, 1)), np.nanmax(marks, axis=(0, 1))
        left, right = (int(np.clip(x, 0, width)) for x in (low[0], high[0]))
        top, bottom = (int(np.clip(y, 0, height)) for y in (low[1], high[1]))
        if min(right - left, bottom - top) >= SMALLEST_EDGE_PX:
            return left, top, right, bottom
    return 0, 0, width, height
