"""What was found, at times between the frames that were looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Floats = NDArray[np.floating[Any]]

#: So many numbers are interpolated at once, which takes some 50 bytes for each: long recordings go in parts.
AT_ONCE = 300_000

#: Between two frames that were looked at and lie farther apart than this, in seconds, nothing is known.
LONGEST_BETWEEN_S = 0.35


def known_at(time_s: Floats, looked_s: Floats, found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(time,) whether something is known: it was found then, or in the looks before and after, which lie near enough.

    Parameters
    ----------
    time_s : (time,)
        Seconds.
    looked_s : (look,)
        Seconds of the frames that were looked at, strictly increasing.
    found : (look,) bool
    """
    known = np.isin(time_s, looked_s[found])
    if len(looked_s) < 2:
        return known
    after = np.clip(np.searchsorted(looked_s, time_s), 1, len(looked_s) - 1)
    near = found[after] & found[after - 1] & (looked_s[after] - looked_s[after - 1] <= LONGEST_BETWEEN_S)
    return np.asarray(known | (near & (time_s >= looked_s[0]) & (time_s <= looked_s[-1])))


def nearest_index(looked_s: Floats, time_s: Floats) -> NDArray[np.intp]:
    """(time,) the place of the look that is nearest to each time."""
    after = np.clip(np.searchsorted(looked_s, time_s), 1, max(len(looked_s) - 1, 1))
    before = after - 1
    nearer_before = time_s - looked_s[before] <= looked_s[np.minimum(after, len(looked_s) - 1)] - time_s
    return np.where(nearer_before, before, np.minimum(after, len(looked_s) - 1))


def at_times(values: Floats, time_s: Floats, looked_s: Floats, found: NDArray[np.bool_], unknown: float = np.nan) -> Floats:
    """(time, ...) values by a monotone cubic through each of them (Fritsch and Carlson, 1980); ``unknown`` where nothing is known.

    Parameters
    ----------
    values : (look, ...)
    time_s, looked_s, found
        As for :func:`known_at`.
    """
    known = known_at(time_s, looked_s, found)
    if not len(time_s):
        return np.empty((0, *values.shape[1:]), dtype=values.dtype)
    made = np.full((len(time_s), *values.shape[1:]), unknown, dtype=values.dtype)
    if found.sum() > 1:
        columns, into = values.reshape(len(values), -1), made.reshape(len(made), -1)
        width = max(AT_ONCE // len(time_s), 1)
        for first in range(0, columns.shape[1], width):
            part = slice(first, first + width)
            into[known, part] = PchipInterpolator(looked_s[found], columns[found, part])(time_s[known])
    elif known.any():
        made[known] = values[found]
    return made
