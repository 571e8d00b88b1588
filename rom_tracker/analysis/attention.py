"""Where to look: the moments of a recording that decide the result.

A movement is slow against the camera: of thirty pictures a second most say what their neighbours say. So a first look, at some
pictures a second, finds the repetitions, and only what the result hangs on is looked at closely: the end ranges, the starting
positions, and wherever the first look is unsure.
"""

from __future__ import annotations

import numpy as np

from rom_tracker.analysis.repetitions import find_repetitions
from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement
from rom_tracker.pose.estimator import COARSE_FPS
from rom_tracker.pose.reading import read_angle
from rom_tracker.pose.sequence import PosePasses

#: Goes up whenever other moments would be named for the same recording.
ATTENTION_VERSION = 2

#: About the middle of an end range plateau at least, before a start and after it, and about a doubtful frame; in seconds.
ABOUT_PLATEAU_S = 0.2
ABOUT_START_S = 0.2
ABOUT_DOUBT_S = 0.15

#: A hold is looked at from one step of the first look before it to one after it, in seconds, and no longer than this in all.
STEP_S = 1 / COARSE_FPS
LONGEST_HOLD_S = 2.0

#: The starting position of the recording, in seconds.
FIRST_S = 0.6

#: Two looks at a frame that differ by more than this, in degrees, are unsure of it.
DOUBT_DEG = 12.0


def moments_that_matter(passes: PosePasses, movement: Movement, side: Side) -> list[tuple[float, float]] | None:
    """Where a recording wants a closer look; None for all of it, where no repetition is found.

    Parameters
    ----------
    passes : PosePasses
        Of a first look.
    movement : Movement
        One that is read off the body.
    side : {"left", "right"}

    Returns
    -------
    list of (float, float) or None
        Seconds, start and end of each.
    """
    reading = read_angle(passes, movement, side)
    if reading is None:
        return None
    repetitions = find_repetitions(reading.angles)
    found = (*repetitions.scored, *repetitions.partial)
    if not repetitions.scored or repetitions.cut_off:
        return None
    start_s = float(passes.time_s[0])
    moments = [(start_s, start_s + FIRST_S)]
    for r in found:
        start, end = min(r.hold_start_s, r.peak_s - ABOUT_PLATEAU_S), max(r.hold_end_s, r.peak_s + ABOUT_PLATEAU_S)
        moments.append((max(start - STEP_S, r.peak_s - LONGEST_HOLD_S / 2), min(end + STEP_S, r.peak_s + LONGEST_HOLD_S / 2)))
    moments += [(r.start_s - ABOUT_START_S, r.start_s + ABOUT_START_S) for r in found]
    doubtful = ~np.isfinite(reading.angles.angle_deg) & passes.looked_at
    if reading.looks_apart_deg is not None:
        with np.errstate(invalid="ignore"):
            doubtful |= (reading.looks_apart_deg > DOUBT_DEG) & passes.looked_at
    moments += [(t - ABOUT_DOUBT_S, t + ABOUT_DOUBT_S) for t in passes.all_time_s[doubtful].tolist()]
    return moments
