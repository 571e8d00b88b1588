"""Ways of going over a recording: which frames are looked at, and with which of the two looks; and the plain ones of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Flag, auto
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from rom_tracker.pose.sequence import Floats


class Looks(Flag):
    """The ways of looking at a frame: as it was filmed, and at its mirror image."""

    NONE = 0
    AS_FILMED = auto()
    MIRRORED = auto()
    BOTH = AS_FILMED | MIRRORED


class Gaze(Protocol):
    """Goes over one recording: asked at every frame, and told what each look found."""

    #: No frame that comes sooner than this after one that was looked at, in seconds, is wanted.
    shortest_step_s: float

    def wants(self, time_s: float, frame_s: float) -> Looks:
        """How to look at the next frame, which comes ``frame_s`` seconds after the one before."""
        ...

    def saw(self, time_s: float, found: Mapping[Looks, Floats]) -> None:
        """Be told the landmarks (landmark, 2) that each look at a frame found, in pixels; NaN where it found nobody."""
        ...


class Attention(Protocol):
    """A way of going over recordings."""

    @property
    def name(self) -> str:
        """What it is called in the cache; empty for looking at every frame."""
        ...

    def begin(self) -> Gaze:
        """Go over a recording."""
        ...


class Steps:
    """When the next look is due, to the nearest frame."""

    def __init__(self, shortest_step_s: float) -> None:
        self.shortest_step_s = shortest_step_s * 0.5  # Half a frame early is near enough.
        self._due_s = -np.inf

    def is_due(self, time_s: float, frame_s: float) -> bool:
        """Whether this frame is nearer to the time due than the next one, if that is as far off as the one before."""
        return time_s >= self._due_s - frame_s / 2 - 1e-6

    def next_after(self, time_s: float, step_s: float) -> None:
        """Ask for the next look so many seconds after a frame."""
        self._due_s = time_s + step_s


class EveryFrame:
    """Both looks at every frame."""

    name = ""
    shortest_step_s = 0.0

    def begin(self) -> EveryFrame:
        """It has nothing to remember."""
        return self

    def wants(self, time_s: float, frame_s: float) -> Looks:
        """Both looks."""
        return Looks.BOTH

    def saw(self, time_s: float, found: Mapping[Looks, Floats]) -> None:
        """Nothing depends on it."""


@dataclass(frozen=True)
class Steady:
    """Both looks at so many frames per second: where the body only holds still what something else is measured against."""

    fps: float

    @property
    def name(self) -> str:
        """What it is called in the cache."""
        return f"steady {self.fps:g}"

    def begin(self) -> Gaze:
        """Go over a recording."""
        return _SteadyGaze(self.fps)


class _SteadyGaze(Steps):
    def __init__(self, fps: float) -> None:
        super().__init__(1 / fps)
        self._step_s = 1 / fps

    def wants(self, time_s: float, frame_s: float) -> Looks:
        if not self.is_due(time_s, frame_s):
            return Looks.NONE
        on_time = abs(time_s - self._due_s) < self._step_s / 2
        self.next_after(self._due_s if on_time else time_s, self._step_s)
        return Looks.BOTH

    def saw(self, time_s: float, found: Mapping[Looks, Floats]) -> None:
        pass
