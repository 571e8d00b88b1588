"""The usual error of the pose model at the end range, taken out.

Landmarks of a bent joint lie to one side of the joint's centre, in nearly everybody to the same one, so that most angles come out
too small. An effect that is recognised is corrected for, and the correction's own uncertainty goes into the budget (JCGM 100:2008,
3.2.3 and 3.2.4). The correction is measured on rendered people (``calibration/accuracy.md``); on real ones it may be larger or
smaller. Of the knee seen from the side by the same network the literature has a mean error of -5.1 degrees in squats and rising
from a chair (Yue et al. 2026, preprint 102399 at JMIR), and in squats -2.3, or +1.6 in tight trousers (Cosoli, Arnesano and
Scalise 2026). Here a correction is believed to half of itself either way, every such value being as likely: a standard deviation of
its size over the root of twelve.

Of the shoulder only half of the rendered people's error is taken out: on two real people beside motion capture the landmarks lay 1
to 2 cm too high, on rendered ones 2 to 5 cm. The true error lies anywhere between none and all of the rendered one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from rom_tracker.analysis.repetitions import Repetitions
from rom_tracker.movements import Movement
from rom_tracker.pose.angles import AngleSeries, resting_value
from rom_tracker.pose.sequence import Floats

#: An arm raised sideways beyond this, in degrees, is read too low, since the landmark of the shoulder stays inwards and below, by
#: so many degrees for each degree beyond. The errors of 11 rendered recordings of 9 people about this line have a root mean square
#: of 1.8, and are at most 3.3.
OVERHEAD_FROM_DEG = 135.0
OVERHEAD_SHARE = 0.2


def offset_for(angles: AngleSeries, repetitions: Repetitions, movement: Movement) -> float:
    """Degrees to be added at the end range; 0 where the movement has no correction, or nothing is scored.

    A client who moves less far than the people behind the correction gets as much less of it.
    """
    if not movement.offset_deg or not repetitions.scored:
        return 0.0
    return movement.offset_deg * float(np.clip(_way_deg(angles, repetitions) / movement.offset_span_deg, 0.0, 1.0))


def corrected(angles: AngleSeries, repetitions: Repetitions, offset_deg: float) -> AngleSeries:
    """The angle with ``offset_deg`` more at the mean end range, nothing more at rest, and in proportion between."""
    if not offset_deg:
        return angles
    scale = 1 + offset_deg / _way_deg(angles, repetitions)
    rest = resting_value(angles.time_s, angles.angle_deg)
    return replace(angles, angle_deg=rest + scale * (angles.angle_deg - rest), noise_deg=abs(scale) * angles.noise_deg)


def read_low_deg(angle_deg: ArrayLike, movement: Movement) -> Floats:
    """By how much an arm overhead is read too low in rendered people, in degrees; 0 for all other movements.

    ``angle_deg`` is as read, of any shape; NaN stays NaN.
    """
    raises = (movement.joint, movement.plane) == ("shoulder", "frontal")
    return np.asarray(OVERHEAD_SHARE * raises * np.maximum(np.asarray(angle_deg) - OVERHEAD_FROM_DEG, 0.0))


def raised(angles: AngleSeries, movement: Movement) -> AngleSeries:
    """The angle with half of what an arm overhead is read too low, in every frame."""
    added = read_low_deg(angles.angle_deg, movement) / 2
    steeper = np.where(added > 0, 1 + OVERHEAD_SHARE / 2, 1.0)
    return replace(angles, angle_deg=angles.angle_deg + added, noise_deg=steeper * angles.noise_deg)


def offset_sd_deg(offset_deg: float) -> float:
    """Standard deviation of a correction that may be wrong by half of itself, in degrees."""
    return abs(offset_deg) / float(np.sqrt(12))


def overhead_sd_deg(low_deg: float, *, is_corrected: bool) -> float:
    """Standard deviation about an arm overhead, in degrees, which is read too low by anything from nothing to ``low_deg``."""
    return low_deg / float(np.sqrt(12 if is_corrected else 3))


def _way_deg(angles: AngleSeries, repetitions: Repetitions) -> float:
    """From rest to the mean end range, in degrees."""
    return float(np.mean([r.peak_deg for r in repetitions.scored])) - resting_value(angles.time_s, angles.angle_deg)
