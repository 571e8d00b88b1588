from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rom_tracker.capture import Frame

DATA = Path(__file__).parents[2] / "data"


def ball_at(index: int, size: tuple[int, int] = (160, 90)) -> NDArray[np.uint8]:
    """A grey picture with a yellow ball whose place tells the index of the frame."""
    width, height = size
    image = np.full((height, width, 3), 60, dtype=np.uint8)
    cv2.circle(image, (10 + 8 * index % width, height // 2), 8, (0, 200, 255), -1)
    return image


class Balls:
    """A source of frames at given times."""

    def __init__(self, times_s: list[float], size: tuple[int, int] = (160, 90)) -> None:
        self.times_s = times_s
        self.size = size

    def __iter__(self) -> Iterator[Frame]:
        for index, time_s in enumerate(self.times_s):
            yield Frame(index, time_s, ball_at(index, self.size))


@pytest.fixture
def data() -> Path:
    return DATA


@pytest.fixture
def balls() -> type[Balls]:
    return Balls


@pytest.fixture
def ball() -> Callable[..., NDArray[np.uint8]]:
    return ball_at
