"""Finds the repetitions of the active lengthening movement in an angle over time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from rom_tracker.analysis.smoothness import spectral_arc_length
from rom_tracker.pose.angles import AngleSeries

Floats = NDArray[np.floating[Any]]

#: Less than this is sway and landmark noise, not a repetition, in degrees.
SMALLEST_EXCURSION_DEG = 6.0

#: A peak stands out by at least this share of the whole excursion.
PROMINENCE_SHARE = 0.15

#: Two peaks are two repetitions where the angle falls back between them by at least this share of the lower one's height.
FALL_BACK_SHARE = 0.5

#: A repetition that reaches less than this share of the highest one's excursion is a partial one and is not scored.
PARTIAL_SHARE = 0.7

#: The lengthening phase begins where this share of the excursion is exceeded, and ends where all but it is reached.
ONSET_SHARE = 0.05

#: A movement is at rest where the halves of the last :data:`PLATEAU_S` differ by no more than this share of its excursion.
HELD_SHARE = 0.02

#: The end range is the highest mean over this time, in seconds: a plateau, never the highest frame.
PLATEAU_S = 0.3

#: The end range of a repetition is unknown where the angle is missing for longer than this during it, in seconds.
LONGEST_GAP_S = 0.25


@dataclass(frozen=True)
class Repetition:
    """One repetition: lengthening, hold at the end range, return.

    Attributes
    ----------
    start_s, end_s : float
        Start of the lengthening phase and end of the return, seconds since the first frame.
    hold_start_s, hold_end_s : float
        End of the lengthening phase and start of the return.
    peak_s : float
        Middle of the end range plateau.
    start_deg, peak_deg : float
        Start, the lowest mean over :data:`PLATEAU_S` before the end range, and end range, the highest; degrees from the
        clinical zero.
    peak_velocity_deg_s : float
        Highest angular velocity of the lengthening phase.
    smoothness : float or None
        Spectral arc length of the lengthening phase, dimensionless, at most 0; nearer to 0 is smoother. None for a phase too
        short to tell.
    """

    start_s: float
    hold_start_s: float
    peak_s: float
    hold_end_s: float
    end_s: float
    start_deg: float
    peak_deg: float
    peak_velocity_deg_s: float
    smoothness: float | None

    @property
    def rom_deg(self) -> float:
        """Degrees from the start to the end range."""
        return self.peak_deg - self.start_deg


@dataclass(frozen=True)
class Repetitions:
    """The repetitions of a recording.

    Attributes
    ----------
    scored : tuple of Repetition
        Those that count, in order.
    partial : tuple of Repetition
        Those that stopped well short of the others.
    cut_off : tuple of float
        Times in seconds of end ranges that were not seen: the angle was unknown there, or the recording ended on the way.
    """

    scored: tuple[Repetition, ...]
    partial: tuple[Repetition, ...]
    cut_off: tuple[float, ...]


def find_repetitions(angles: AngleSeries) -> Repetitions:
    """Find the repetitions in an angle that grows in the direction of the movement.

    Two peaks count as one repetition unless the angle falls back to half of the lower one's height between them, so that
    tremor at the end range, a pause on the way and bounces during the hold do not split it.

    Parameters
    ----------
    angles : AngleSeries

    Returns
    -------
    Repetitions
        All empty where the angle never moves by :data:`SMALLEST_EXCURSION_DEG`.
    """
    known = np.isfinite(angles.angle_deg)
    if known.sum() < 5:
        return Repetitions((), (), ())
    t = angles.time_s[known]
    a = angles.angle_deg[known].astype(np.float64)
    excursion = float(np.ptp(a))
    if excursion < SMALLEST_EXCURSION_DEG:
        return Repetitions((), (), ())
    peaks = _separate_peaks(a, prominence=max(SMALLEST_EXCURSION_DEG, PROMINENCE_SHARE * excursion))
    if not peaks:
        return Repetitions((), (), ())
    valleys = [0, *(int(p + np.argmin(a[p:q])) for p, q in pairwise(peaks)), len(a) - 1]
    found: list[Repetition] = []
    cut_off: list[float] = []
    for peak, before, after in zip(peaks, valleys[:-1], valleys[1:], strict=True):
        cycle = _Cycle(t, a, int(before), int(peak), int(after))
        if not cycle.end_range_seen():
            cut_off.append(float(t[peak]))
        elif (repetition := cycle.repetition()).rom_deg >= SMALLEST_EXCURSION_DEG:
            found.append(repetition)
    return _sorted_out(found, cut_off)


def _separate_peaks(a: Floats, prominence: float) -> list[int]:
    """Indices of the highest frame of each repetition."""
    rest = float(np.percentile(a, 5))
    kept: list[int] = []
    for peak in find_peaks(np.append(a, a.min() - 1), prominence=prominence)[0].tolist():
        if kept:
            last = kept[-1]
            lower = min(a[last], a[peak]) - rest
            if a[last:peak].min() - rest > (1 - FALL_BACK_SHARE) * lower:
                kept[-1] = last if a[last] >= a[peak] else peak
                continue
        kept.append(peak)
    return kept


def _sorted_out(found: list[Repetition], cut_off: list[float]) -> Repetitions:
    if not found:
        return Repetitions((), (), tuple(cut_off))
    rest = min(r.start_deg for r in found)
    highest = max(r.peak_deg for r in found) - rest
    full = [r.peak_deg - rest >= PARTIAL_SHARE * highest for r in found]
    scored = tuple(r for r, is_full in zip(found, full, strict=True) if is_full)
    partial = tuple(r for r, is_full in zip(found, full, strict=True) if not is_full)
    return Repetitions(scored, partial, tuple(cut_off))


class _Cycle:
    """The frames from one valley over a peak to the next valley."""

    def __init__(self, t: Floats, a: Floats, before: int, peak: int, after: int) -> None:
        self.t, self.a, self.before, self.peak = t, a, before, peak
        self.rest_before = self._level(a[before : peak + 1])
        self.rest_after = self._level(a[peak : after + 1])
        onset = self.rest_before + ONSET_SHARE * (a[peak] - self.rest_before)
        offset = self.rest_after + ONSET_SHARE * (a[peak] - self.rest_after)
        self.start = before + int(np.flatnonzero(a[before : peak + 1] <= onset)[-1])
        self.returned = bool(a[peak] - a[peak : after + 1].min() > 0.1 * (a[peak] - self.rest_before))
        self.end = peak + int(np.flatnonzero(a[peak : after + 1] <= offset)[0]) if self.returned else after
        plateau_mid, self.peak_deg = highest_mean(t[self.start : self.end + 1], a[self.start : self.end + 1])
        self.peak_s = plateau_mid
        near_top = self.peak_deg - max(1.0, ONSET_SHARE * (self.peak_deg - self.rest_before))
        inside = np.flatnonzero(a[self.start : self.end + 1] >= near_top) + self.start
        self.hold_start, self.hold_end = (int(inside[0]), int(inside[-1])) if len(inside) else (peak, peak)

    @staticmethod
    def _level(a: Floats) -> float:
        """The resting level: the median of the lowest tenth of the range."""
        return float(np.median(a[a <= a.min() + 0.1 * np.ptp(a)]))

    def end_range_seen(self) -> bool:
        """Whether the angle is known from the start until the return has begun, and the movement came to an end."""
        steps = np.diff(self.t[self.start : self.hold_end + 2])
        usual = float(np.median(np.diff(self.t)))
        if len(steps) and steps.max() > max(LONGEST_GAP_S, 2.5 * usual):
            return False
        return self.peak > self.start and (self.returned or self._held())

    def _held(self) -> bool:
        """Whether a movement that the recording shows no return of had come to rest."""
        left_s = self.t[self.end] - self.t
        last, before_last = self.a[left_s <= PLATEAU_S / 2], self.a[(left_s > PLATEAU_S / 2) & (left_s <= PLATEAU_S)]
        if not len(before_last) or left_s[self.hold_start] < 0.9 * PLATEAU_S:
            return False
        rising_deg = float(last.mean() - before_last.mean())
        return rising_deg <= max(1.5, HELD_SHARE * (self.peak_deg - self.rest_before))

    def repetition(self) -> Repetition:
        t, a = self.t, self.a
        phase = slice(self.start, self.hold_start + 1)
        velocity = np.gradient(a[phase], t[phase]) if self.hold_start - self.start >= 2 else np.zeros(1)
        return Repetition(
            start_s=float(t[self.start]),
            hold_start_s=float(t[self.hold_start]),
            peak_s=self.peak_s,
            hold_end_s=float(t[self.hold_end]),
            end_s=float(t[self.end]),
            start_deg=-highest_mean(t[self.before : self.peak + 1], -a[self.before : self.peak + 1])[1],
            peak_deg=self.peak_deg,
            peak_velocity_deg_s=float(velocity.max()),
            smoothness=spectral_arc_length(t[phase], velocity),
        )


def on_plateau(time_s: Floats, repetitions: Iterable[Repetition]) -> NDArray[np.bool_]:
    """(frame,) whether a frame lies on the end range plateau of a repetition; ``time_s`` are the frames' seconds."""
    on = np.zeros(len(time_s), dtype=bool)
    for r in repetitions:  # One after the other: all at once would take 100 MB for an hour.
        on |= np.abs(time_s - r.peak_s) <= PLATEAU_S / 2
    return on


def highest_mean(t: Floats, a: Floats) -> tuple[float, float]:
    """The end range: the highest mean over :data:`PLATEAU_S`, and the time of its middle.

    For a quick movement without a hold the window shrinks to a quarter of the time spent above half of the range, so that the
    plateau is not averaged with the way to it. Between frames the angle is taken as linear; frame intervals may vary.

    Parameters
    ----------
    t : (frame,)
        Seconds, strictly increasing.
    a : (frame,)
        Degrees, all known.

    Returns
    -------
    (float, float)
        Seconds, degrees.
    """
    if len(t) < 3:
        best = int(np.argmax(a))
        return float(t[best]), float(a[best])
    area = np.concatenate([[0.0], np.cumsum(np.diff(t) * (a[:-1] + a[1:]) / 2)])
    steps = np.diff(t, prepend=t[0])
    above_half_s = float(steps[a > (a.min() + a.max()) / 2].sum())
    window = min(PLATEAU_S, max(above_half_s / 4, 2 * float(np.median(np.diff(t)))), t[-1] - t[0])
    begin = t[t <= t[-1] - window + 1e-9]
    means = (np.interp(begin + window, t, area) - np.interp(begin, t, area)) / window
    best = int(np.argmax(means))
    return float(begin[best] + window / 2), float(means[best])
