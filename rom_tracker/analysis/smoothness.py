"""How smooth a movement is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Highest frequency looked at in hertz, least spectral amplitude that counts, and zero padding in powers of two: the values of
#: Balasubramanian et al. (2015).
HIGHEST_HZ = 10.0
LEAST_AMPLITUDE = 0.05
PADDING = 4


def spectral_arc_length(time_s: NDArray[np.floating[Any]], velocity_deg_s: NDArray[np.floating[Any]]) -> float | None:
    """Spectral arc length (SPARC) of one movement.

    Balasubramanian S, Melendez-Calderon A, Roby-Brami A, Burdet E (2015): On the analysis of movement smoothness. J NeuroEng
    Rehabil 12:112. It depends neither on the movement's size nor on its duration.

    Parameters
    ----------
    time_s : (frame,)
        Seconds, strictly increasing.
    velocity_deg_s : (frame,)
        Angular velocity in degrees per second.

    Returns
    -------
    float or None
        Dimensionless, at most 0; every stop or correction makes it more negative. A whole minimum-jerk stroke is -1.40; one cut at
        5 % of its range, as the lengthening phase is, reads -1.4 in half a second and -1.7 in four, so compare like with like.
        None with fewer than five frames or without movement.
    """
    if len(time_s) < 5 or not np.any(np.abs(velocity_deg_s) > 0):
        return None
    step = (time_s[-1] - time_s[0]) / (len(time_s) - 1)
    even = np.interp(time_s[0] + step * np.arange(len(time_s)), time_s, np.abs(velocity_deg_s))
    length = 2 ** (int(np.ceil(np.log2(len(even)))) + PADDING)
    amplitude = np.abs(np.fft.rfft(even, length))
    frequency = np.fft.rfftfreq(length, step)
    amplitude = (amplitude / amplitude.max())[frequency <= HIGHEST_HZ]
    frequency = frequency[frequency <= HIGHEST_HZ]
    counts = np.flatnonzero(amplitude >= LEAST_AMPLITUDE)
    span = slice(counts[0], counts[-1] + 1)
    f, m = frequency[span], amplitude[span]
    if len(f) < 2:
        return None
    return -float(np.hypot(np.diff(f) / (f[-1] - f[0]), np.diff(m)).sum())
