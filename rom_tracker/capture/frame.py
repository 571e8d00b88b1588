"""One picture and the time it was taken: what every source of pictures yields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One upright picture of a recording.

    Attributes
    ----------
    index : int
        Position among the frames that were read, from 0.
    time_s : float
        Seconds since the first frame, taken from the file or the camera, never computed from a frame rate.
    image : (height, width, 3) uint8
        Blue, green, red. Upright: a phone's rotation has been applied. Never mirrored.
    """

    index: int
    time_s: float
    image: NDArray[np.uint8]


class FrameSource(Protocol):
    """Anything that yields frames in the order in which they were taken."""

    def __iter__(self) -> Iterator[Frame]: ...
