"""The usual error of the pose model at the end range, taken out.

Landmarks of a bent joint lie to one side of the joint's centre, in nearly everybody to the same one, so that most angles come out
too small. An effect that is recognised is corrected for, and the correction's own uncertainty goes into the budget (JCGM 100:2008,
3.2.3 and 3.2.4). The correction is measured on rendered people (``calibration/accuracy.md``); on real ones it may be larger or
smaller. Of the knee seen from the side by the same network the literature has a mean error of -5.1 degrees in squats and rising
from a chair (Yue et al. 2026, preprint 102399 at JMIR), and in squats -2.3, or +1.6 in tight trousers (Cosoli, Arnesano and
Scalise 2026). Here a correction is believed to half of itself either way, every such value being as likely: a standard deviation of
its size over the root of twelve.

Of the shoulder only half of the rendered people's error is taken out: on two real people beside motion capture the landmarks lay 1
to 2 cm too high, on rendered ones 2 to 5 cm. What is left may be none of it or as much again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rom_tracker.analysis.repetitions import Repetitions
from rom_tracker.movements import Movement
from rom_tracker.pose.angles import AngleSeries, resting_value

#: An arm raised sideways beyond this, in degrees, is read too low, since the landmark of the shoulder stays inwards and below, by
#: so many degrees for each degree beyond. The errors of 11 rendered recordings of 9 people about this line have a root mean square
#: of 1.8, and are at most 3.3.
OVERHEAD_FROM_DEG = 135.0
OVERHEAD_SHARE = 0.2


@dataclass(frozen=True)
class Correction:
    """What is added to the mean end range, in degrees.

    Attributes
    ----------
    offset_deg : float
        The usual error of the movement with its sign turned.
    overhead_deg : float
        The same of an arm overhead.
    """

    offset_deg: float = 0.0
    overhead_deg: float = 0.0

    @property
    def total_deg(self) -> float:
        """Both together."""
        return self.offset_deg + self.overhead_deg


def correction_for(angles: AngleSeries, repetitions: Repetitions, movement: Movement) -> Correction:
    """What is to be added at the end range; nothing where nothing is scored.

    A client who moves less far than the people behind the movement's correction gets as much less of it.
    """
    if not repetitions.scored:
        return Correction()
    share = float(np.clip(_way_deg(angles, repetitions) / movement.offset_span_deg, 0.0, 1.0))
    return Correction(movement.offset_deg * share, read_low_deg(_peak_deg(repetitions), movement) / 2)


def read_low_deg(peak_deg: float, movement: Movement) -> float:
    """By how much an arm overhead is read too low in rendered people, in degrees; 0 for all other movements."""
    if (movement.joint, movement.plane) != ("shoulder", "frontal"):
        return 0.0
    return OVERHEAD_SHARE * max(peak_deg - OVERHEAD_FROM_DEG, 0.0)


def corrected(angles: AngleSeries, repetitions: Repetitions, offset_deg: float) -> AngleSeries:
    """The angle with ``offset_deg`` more at the mean end range, nothing more at rest, and in proportion between."""
    if not offset_deg:
        return angles
    scale = 1 + offset_deg / _way_deg(angles, repetitions)
    rest = resting_value(angles.time_s, angles.angle_deg)
    return replace(angles, angle_deg=rest + scale * (angles.angle_deg - rest), noise_deg=abs(scale) * angles.noise_deg)


def offset_sd_deg(offset_deg: float) -> float:
    """Standard deviation of a correction that may be wrong by half of itself, in degrees."""
    return abs(offset_deg) / float(np.sqrt(12))


def overhead_sd_deg(peak_deg: float, movement: Movement, *, is_corrected: bool) -> float:
    """Standard deviation about an arm overhead, in degrees, which may be read too low by anything up to :func:`read_low_deg`."""
    return read_low_deg(peak_deg, movement) / float(np.sqrt(12 if is_corrected else 3))


def _way_deg(angles: AngleSeries, repetitions: Repetitions) -> float:
    """From rest to the mean end range, in degrees."""
    return _peak_deg(repetitions) - resting_value(angles.time_s, angles.angle_deg)


def _peak_deg(repetitions: Repetitions) -> float:
    return float(np.mean([r.peak_deg for r in repetitions.scored]))
