"""Zero-phase smoothing of an angle over time."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter
from scipy.signal import butter, sosfiltfilt

from rom_tracker.pose.sequence import Floats

#: Cut-off of the low-pass filter in hertz: the customary one for marker data of voluntary movement
#: (Winter, Biomechanics and Motor Control of Human Movement, 4th ed., 2009, section 3.4).
CUTOFF_HZ = 6.0

#: Gaps up to this long are bridged for the filter's sake; they stay NaN in the result.
LONGEST_BRIDGED_GAP_S = 0.25

#: Half-width of the outlier filter's window, and the deviation it lets pass.
OUTLIER_WINDOW_S = 0.2
OUTLIER_SIGMAS = 4.0
OUTLIER_FLOOR_DEG = 4.0

#: Two passes of a second-order Butterworth filter cut off this much lower than one (Winter, the same section).
TWO_PASSES = 0.802

#: Shortest stretch that is low-passed, in frames.
SHORTEST_RUN = 16


def statement(time_s: Floats) -> str:
    """What is done to an angle with these frame times, in words."""
    removed = f"jumps beyond {OUTLIER_SIGMAS:g} robust standard deviations within {OUTLIER_WINDOW_S:g} s removed"
    if len(time_s) < SHORTEST_RUN or not _fast_enough(float(np.median(np.diff(time_s)))):
        return f"{removed}; no low-pass, since the frames are too few or too slow for {CUTOFF_HZ:g} Hz"
    return f"{removed}; Butterworth low-pass of order 2 forwards and backwards (zero phase), {CUTOFF_HZ:g} Hz in all"


def _fast_enough(step_s: float) -> bool:
    return CUTOFF_HZ / TWO_PASSES * step_s <= 0.45


def smooth(time_s: Floats, angle_deg: Floats) -> Floats:
    """Remove outliers and low-pass an angle without shifting it in time.

    Parameters
    ----------
    time_s : (frame,)
        Seconds, strictly increasing; intervals may vary.
    angle_deg : (frame,)
        Degrees; NaN where unknown. Stretches between gaps longer than :data:`LONGEST_BRIDGED_GAP_S` are filtered each on its
        own.

    Returns
    -------
    (frame,)
        Degrees; NaN where ``angle_deg`` is NaN or an outlier. A recording too slow for the cut-off is returned with its
        outliers removed and nothing else changed.
    """
    kept = without_outliers(time_s, angle_deg)
    smoothed = kept.copy()
    for run in known_runs(time_s, kept):
        t, a = time_s[run], kept[run]
        step = float(np.median(np.diff(t))) if len(t) > 1 else np.inf
        if len(t) < SHORTEST_RUN or not _fast_enough(step):
            continue
        even_t = np.arange(t[0], t[-1] + step / 2, step)
        sections = butter(2, CUTOFF_HZ / TWO_PASSES, fs=1 / step, output="sos")
        even = sosfiltfilt(sections, np.interp(even_t, t, a), padtype="odd", padlen=min(len(even_t) - 1, 15))
        smoothed[run] = np.interp(t, even_t, even)
    return smoothed


def without_outliers(time_s: Floats, angle_deg: Floats) -> Floats:
    """(frame,) degrees with NaN for the frames that stand out from their surroundings (Hampel filter).

    The turn of a quick movement stands out from the median of its surroundings too. An outlier is told from it by the jump
    with which it begins or ends: there the angle leaves the line through the frames before and after, far more than it does
    anywhere near.
    """
    known = np.flatnonzero(np.isfinite(angle_deg))
    kept = angle_deg.copy()
    if len(known) < 5:
        return kept
    values, times = angle_deg[known], time_s[known]
    window = 2 * max(1, round(OUTLIER_WINDOW_S / float(np.median(np.diff(time_s))))) + 1
    middle = median_filter(values, window, mode="nearest")
    off = np.abs(values - middle)
    spread = 1.4826 * median_filter(off, window, mode="nearest")
    stands_out = np.flatnonzero(off > np.maximum(OUTLIER_FLOOR_DEG, OUTLIER_SIGMAS * spread))
    bend = _bend(times, values)
    usual_bend = 1.4826 * median_filter(bend, 2 * window - 1, mode="nearest")
    jumps = bend > np.maximum(OUTLIER_FLOOR_DEG / 2, OUTLIER_SIGMAS * usual_bend)
    for run in np.split(stands_out, np.flatnonzero(np.diff(stands_out) > 1) + 1):
        if len(run) and jumps[[max(run[0] - 1, 0), run[0], run[-1], min(run[-1] + 1, len(known) - 1)]].any():
            kept[known[run]] = np.nan
    return kept


def _bend(t: Floats, a: Floats) -> Floats:
    """(frame,) degrees between each frame and the line through its neighbours; 0 at both ends."""
    share = (t[1:-1] - t[:-2]) / (t[2:] - t[:-2])
    return np.pad(np.abs(a[1:-1] - a[:-2] - share * (a[2:] - a[:-2])), 1)


def known_runs(time_s: Floats, angle_deg: Floats) -> list[np.ndarray]:
    """Indices of the known frames, cut at gaps longer than :data:`LONGEST_BRIDGED_GAP_S` and twice the usual interval."""
    known = np.flatnonzero(np.isfinite(angle_deg))
    if not len(known):
        return []
    limit = max(LONGEST_BRIDGED_GAP_S, 2 * float(np.median(np.diff(time_s)))) if len(time_s) > 1 else np.inf
    return np.split(known, np.flatnonzero(np.diff(time_s[known]) > limit) + 1)
