"""Variances known from a few values each, moderated by what they have in common.

After Smyth (2004), Linear models and empirical Bayes methods for assessing differential expression, Stat Appl Genet Mol Biol 3:3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, polygamma


def moderated_variances(variances: Sequence[float], freedom: Sequence[int]) -> list[tuple[float, float]]:
    """Each variance drawn towards the typical one, the more so the less is known of it; with its degrees of freedom.

    The variances are taken to be drawn from a scaled inverse chi-squared distribution, whose two parameters come from the mean and
    the variance of their logarithms (section 6.2 of the paper). What all of them tell of one of them weighs no more than all the
    degrees of freedom that there are.

    Parameters
    ----------
    variances : sequence of float
        Above 0.
    freedom : sequence of int
        Degrees of freedom of each.

    Returns
    -------
    list of (float, float)
        Moderated variance and degrees of freedom. Of a single one, or of none, what was given.
    """
    if len(variances) < 2:
        return [(float(variance), float(own)) for variance, own in zip(variances, freedom, strict=True)]
    half = np.asarray(freedom, dtype=np.float64) / 2
    logs = np.log(variances) - digamma(half) + np.log(half)
    typical_log = float(logs.mean())
    spread = float(logs.var(ddof=1) - polygamma(1, half).mean())
    told = 2 * _trigamma_inverse(spread) if spread > 0 else np.inf
    typical = float(np.exp(typical_log + (digamma(told / 2) - np.log(told / 2) if np.isfinite(told) else 0.0)))
    prior = min(told, float(2 * half.sum()))
    return [
        (float((prior * typical + own * variance) / (prior + own)), float(prior + own))
        for variance, own in zip(variances, freedom, strict=True)
    ]


def _trigamma_inverse(value: float) -> float:
    """Where the trigamma function, which falls from infinity to 0, has a value."""
    return float(brentq(lambda x: float(polygamma(1, x)) - value, 1e-8, 1e8))
