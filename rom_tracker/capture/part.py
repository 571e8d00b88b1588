"""A part of a recording, from one second to another."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rom_tracker.errors import UsageError

#: No repetition is shorter than this, in seconds.
SHORTEST_S = 1.0

#: Seconds are told to a tenth, so that a part may end so much after the last frame.
ROUNDED_BY_S = 0.1


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a recording.

    Attributes
    ----------
    from_s, to_s : float
        Its first and last moment, seconds since the first frame of the recording.

    Raises
    ------
    UsageError
        It does not begin in the recording, or is shorter than :data:`SHORTEST_S`.

    Examples
    --------
    >>> part = Part(2.0, 14.5)
    >>> str(part), part.holds(1.9), part.holds(14.5)
    ('2.0 to 14.5 s', False, True)
    >>> Part(3.0, 3.5)
    Traceback (most recent call last):
    rom_tracker.errors.UsageError: expected a part of 1 s or more, from 0 s on, got 3.0 to 3.5 s
    """

    from_s: float
    to_s: float

    def __post_init__(self) -> None:
        if not (self.from_s >= 0 and self.to_s - self.from_s >= SHORTEST_S - 1e-6 and math.isfinite(self.to_s)):
            raise UsageError(f"expected a part of {SHORTEST_S:.0f} s or more, from 0 s on, got {self}")

    def __str__(self) -> str:
        return f"{_shown(self.from_s)} to {_shown(self.to_s)} s"

    def holds(self, time_s: float) -> bool:
        """Whether a frame of that time lies in it."""
        return self.from_s <= time_s <= self.to_s

    def check_within(self, last_s: float) -> None:
        """Check that the recording, whose last frame is at ``last_s``, does not end before it.

        Raises
        ------
        UsageError
            It does.
        """
        if self.to_s > last_s + ROUNDED_BY_S:
            raise UsageError(f"expected a part of the recording, which is {last_s:.1f} s long, got {self}")


def _shown(seconds: float) -> str:
    """One decimal, and two where the second one counts."""
    return f"{seconds:.1f}" if abs(seconds - round(seconds, 1)) < 0.005 else f"{seconds:.2f}"
