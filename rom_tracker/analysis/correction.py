"""The usual error of the pose model at the end range, taken out.

Landmarks of a bent joint lie to one side of the joint's centre, in nearly everybody to the same one, so that most angles come out
too small. An effect that is recognised is corrected for, and the correction's own uncertainty goes into the budget (JCGM 100:2008,
3.2.3 and 3.2.4). The correction is measured on rendered people (``calibration/accuracy.md``); on real ones it may be larger or
smaller. Of the knee seen from the side by the same network the literature has a mean error of -5.1 degrees in squats and rising
from a chair (Yue et al. 2026, preprint 102399 at JMIR), and in squats -2.3, or +1.6 in tight trousers (Cosoli, Arnesano and
Scalise 2026). Here a correction is believed to half of itself either way, every such value being as likely: a standard deviation of
its size over the root of twelve.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rom_tracker.analysis.repetitions import Repetitions
from rom_tracker.movements import Movement
from rom_tracker.pose.angles import AngleSeries, resting_value


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


def offset_sd_deg(offset_deg: float) -> float:
    """Standard deviation of a correction that may be wrong by half of itself, in degrees."""
    return abs(offset_deg) / float(np.sqrt(12))


def _way_deg(angles: AngleSeries, repetitions: Repetitions) -> float:
    """From rest to the mean end range, in degrees."""
    return float(np.mean([r.peak_deg for r in repetitions.scored])) - resting_value(angles.time_s, angles.angle_deg)
