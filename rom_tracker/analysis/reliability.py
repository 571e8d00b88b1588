"""How well a measurement repeats: what a client, measured twice without a treatment in between, reads differently by itself.

The client steps away and comes back; camera, place and starting position are set up anew. What differs between test and retest is
then the error of one measurement as it is made in this place, with the client's own variation in it.

Sources: McGraw KO, Wong SP (1996) Psychol Methods 1:30-46 and Shrout PE, Fleiss JL (1979) Psychol Bull 86:420-428 (intraclass
correlation); Bland JM, Altman DG (1996) BMJ 313:744 (within-subject standard deviation); de Vet HCW, Terwee CB, Knol DL, Bouter LM
(2006) J Clin Epidemiol 59:1033-1039 (error of agreement, detectable change); Bland JM, Altman DG (1999) Stat Methods Med Res
8:135-160 (limits of agreement).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, fdtri, stdtrit

from rom_tracker.analysis.flag import Flag
from rom_tracker.errors import UsageError

#: 97.5 % point of the normal distribution, as the published formulas write it.
Z = 1.96

#: Fewer degrees of freedom than this say too little of an error to judge a change by: Student's t is then 4.3 and more.
LEAST_DEGREES_OF_FREEDOM = 3

#: An intraclass correlation is given from this many clients on.
LEAST_CLIENTS = 3

#: How many clients a reliability study is advised to have (Koo TK, Li MY, 2016, J Chiropr Med 15:155-163).
ADVISED_CLIENTS = 30


@dataclass(frozen=True)
class Repeated:
    """One client's end ranges in one movement, measured two or more times with no treatment in between.

    Attributes
    ----------
    client : str
        A label; the same client may appear more than once.
    values_deg : tuple of float
        Test, retest, and so on, in degrees.
    """

    client: str
    values_deg: tuple[float, ...]


@dataclass(frozen=True)
class WithinClientError:
    """The error of one measurement, systematic part included.

    Attributes
    ----------
    sem_deg : float
        Standard error of measurement in degrees: the square root of the mean square within clients,
        ``sqrt(sum((x - mean of the client)^2) / sum(k - 1))`` over clients measured ``k`` times; with pairs that is
        ``sqrt(sum(d^2) / 2n)``. Equal to ``sqrt(variance between sessions + residual variance)`` of the two-way analysis of
        variance (de Vet et al. 2006), so a retest that is always higher counts as error.
    degrees_of_freedom : int
        ``sum(k - 1)``; with pairs, their number.
    """

    sem_deg: float
    degrees_of_freedom: int

    @property
    def interval_deg(self) -> tuple[float, float]:
        """95 % interval of ``sem_deg``, by the chi-squared distribution."""
        squares = self.degrees_of_freedom * self.sem_deg**2
        low, high = (float(chdtri(self.degrees_of_freedom, p)) for p in (0.025, 0.975))
        return float(np.sqrt(squares / low)), float(np.sqrt(squares / high))

    @property
    def mdc95_deg(self) -> float:
        """Minimal detectable change in degrees: ``1.96 * sqrt(2) * SEM``."""
        return Z * float(np.sqrt(2)) * self.sem_deg

    @property
    def detectable_deg(self) -> float:
        """The same with Student's t for the degrees of freedom in place of 1.96; degrees.

        It allows for the SEM being known from few measurements only, as the interval of a measurement does, and is what a change is
        judged by.
        """
        return float(stdtrit(self.degrees_of_freedom, 0.975)) * float(np.sqrt(2)) * self.sem_deg

    @property
    def enough(self) -> bool:
        """Whether a change may be judged by it."""
        return self.degrees_of_freedom >= LEAST_DEGREES_OF_FREEDOM


@dataclass(frozen=True)
class Icc:
    """ICC(2,1) of Shrout and Fleiss, ICC(A,1) of McGraw and Wong: two-way random effects, absolute agreement, one measurement.

    The share of the variance of one measurement that is due to clients being different. It depends on how different they are.

    Attributes
    ----------
    value : float
        At most 1; 0 or below where the clients differ no more than their measurements.
    interval : (float, float)
        95 % interval.
    clients : int
    """

    value: float
    interval: tuple[float, float]
    clients: int


@dataclass(frozen=True)
class Agreement:
    """Retest less test over pairs (Bland & Altman 1999). The intervals take the pairs as independent.

    Attributes
    ----------
    pairs : int
    bias_deg : float
        Mean difference in degrees.
    sd_deg : float
        Standard deviation of the differences in degrees.
    """

    pairs: int
    bias_deg: float
    sd_deg: float

    @property
    def limits_deg(self) -> tuple[float, float]:
        """95 % limits of agreement: ``bias -/+ 1.96 sd``."""
        return self.bias_deg - Z * self.sd_deg, self.bias_deg + Z * self.sd_deg

    @property
    def bias_interval_deg(self) -> tuple[float, float]:
        """95 % interval of the bias: Student's t times ``sd / sqrt(n)``."""
        half = self._t * self.sd_deg / float(np.sqrt(self.pairs))
        return self.bias_deg - half, self.bias_deg + half

    @property
    def limit_intervals_deg(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """95 % intervals of the lower and the upper limit: Student's t times ``sd * sqrt(1/n + 1.96^2 / (2 (n - 1)))``."""
        half = self._t * self.sd_deg * float(np.sqrt(1 / self.pairs + Z**2 / (2 * (self.pairs - 1))))
        low, high = self.limits_deg
        return (low - half, low + half), (high - half, high + half)

    @property
    def systematic(self) -> bool:
        """Whether the interval of the bias leaves out zero."""
        low, high = self.bias_interval_deg
        return low > 0 or high < 0

    @property
    def _t(self) -> float:
        return float(stdtrit(self.pairs - 1, 0.975))


@dataclass(frozen=True)
class Repeatability:
    """What the measurements give, and what they cannot give.

    Attributes
    ----------
    measured : tuple of Repeated
    error : WithinClientError
    icc : Icc or None
        None with fewer than three clients, and where nothing varies.
    agreement : Agreement or None
        None unless there are two pairs or more, and pairs only.
    notes : tuple of Flag
        What is missing and why, and what to bear in mind.
    """

    measured: tuple[Repeated, ...]
    error: WithinClientError
    icc: Icc | None
    agreement: Agreement | None
    notes: tuple[Flag, ...]

    @property
    def clients(self) -> int:
        """How many people stand behind it."""
        return len({one.client for one in self.measured})

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, as ``rom-tracker repeatability --json`` prints them."""
        return {
            "clients": self.clients,
            "sem_deg": round(self.error.sem_deg, 3),
            "sem_interval_deg": _rounded(self.error.interval_deg),
            "degrees_of_freedom": self.error.degrees_of_freedom,
            "mdc95_deg": round(self.error.mdc95_deg, 2),
            "detectable_deg": round(self.error.detectable_deg, 2),
            "icc": self.icc
            and {"value": round(self.icc.value, 3), "interval": _rounded(self.icc.interval, 3), "clients": self.icc.clients},
            "bland_altman": self.agreement
            and {
                "pairs": self.agreement.pairs,
                "bias_deg": round(self.agreement.bias_deg, 2),
                "bias_interval_deg": _rounded(self.agreement.bias_interval_deg),
                "limits_deg": _rounded(self.agreement.limits_deg),
                "limit_intervals_deg": [_rounded(interval) for interval in self.agreement.limit_intervals_deg],
            },
            "notes": [{"code": note.code, "message": note.message} for note in self.notes],
        }


@dataclass(frozen=True)
class OwnRepeatability:
    """A repeatability that was measured in one's own place and kept, so that changes are judged by it.

    Attributes
    ----------
    movement, camera, model : str
        Key of the catalogue, label of the camera ("" where unknown), pose model: it holds for these.
    error : WithinClientError
    clients : int
    measured_on : str
        Date, as in 2026-03-14.
    """

    movement: str
    camera: str
    model: str
    error: WithinClientError
    clients: int
    measured_on: str

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, as ``rom-tracker compare --json`` prints them."""
        return {
            "sem_deg": round(self.error.sem_deg, 3),
            "degrees_of_freedom": self.error.degrees_of_freedom,
            "mdc95_deg": round(self.error.mdc95_deg, 2),
            "detectable_deg": round(self.error.detectable_deg, 2),
            "enough": self.error.enough,
            "clients": self.clients,
            "camera": self.camera,
            "model": self.model,
            "measured_on": self.measured_on,
        }


def repeatability_of(measured: Sequence[Repeated]) -> Repeatability:
    """All that can be said from clients who were measured repeatedly.

    Raises
    ------
    UsageError
        Nobody was measured, or someone once only.
    """
    if not measured or any(len(one.values_deg) < 2 for one in measured):
        once = [one.client for one in measured if len(one.values_deg) < 2]
        came = f"one of {', '.join(once)}" if once else "none"
        raise UsageError(f"expected two or more measurements of every client, got {came}")
    first_of_each = {one.client: one for one in reversed(measured)}
    icc = _icc_of(list(first_of_each.values()))
    pairs = all(len(one.values_deg) == 2 for one in measured)
    agreement = agreement_of(np.array([one.values_deg for one in measured])) if pairs and len(measured) > 1 else None
    error = within_client_error([one.values_deg for one in measured])
    return Repeatability(tuple(measured), error, icc, agreement, _notes(measured, error, icc, agreement))


def within_client_error(values_deg: Sequence[Sequence[float]]) -> WithinClientError:
    """The error of one measurement from clients measured two or more times, one client being enough."""
    squares = sum(float(((np.asarray(of_one) - np.mean(of_one)) ** 2).sum()) for of_one in values_deg)
    degrees_of_freedom = sum(len(of_one) - 1 for of_one in values_deg)
    return WithinClientError(float(np.sqrt(squares / degrees_of_freedom)), degrees_of_freedom)


def agreement_of(pairs_deg: NDArray[np.floating[Any]]) -> Agreement:
    """Bias and limits of agreement.

    Parameters
    ----------
    pairs_deg : (pair, 2)
        Test and retest in degrees, two pairs or more.
    """
    difference = pairs_deg[:, 1] - pairs_deg[:, 0]
    return Agreement(len(difference), float(difference.mean()), float(difference.std(ddof=1)))


def icc_agreement(values: NDArray[np.floating[Any]]) -> Icc | None:
    """ICC(2,1) with its 95 % interval.

    With the mean squares of clients R, sessions C and residual E of ``n`` clients in ``k`` sessions it is
    ``(R - E) / (R + (k - 1) E + k (C - E) / n)``; the interval is that of McGraw & Wong (1996), table 7, with the degrees of
    freedom of Satterthwaite.

    Parameters
    ----------
    values : (client, session)
        Two clients and two sessions or more.

    Returns
    -------
    Icc or None
        None where all values are the same.

    Examples
    --------
    The example of Shrout and Fleiss (1979): six targets, four judges.

    >>> table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> round(icc_agreement(np.array(table, dtype=float)).value, 2)
    0.29
    """
    n, k = values.shape
    rows, columns, residual = _mean_squares(values)
    variance = rows + (k - 1) * residual + k * (columns - residual) / n
    if np.ptp(values) == 0 or variance <= 0:
        return None
    icc = float((rows - residual) / variance)
    a, b = k * icc * columns, (n * (1 + (k - 1) * icc) - k * icc) * residual
    if a == b == 0:
        return Icc(icc, (icc, icc), n)
    # Satterthwaite's degrees of freedom can come out below 1 for an ICC below 0, where no F distribution is of use.
    free = max((a + b) ** 2 / (a**2 / (k - 1) + b**2 / ((n - 1) * (k - 1))), 1.0)
    above, below = float(fdtri(n - 1, free, 0.975)), float(fdtri(free, n - 1, 0.975))
    others = k * columns + (k * n - k - n) * residual
    low = n * (rows - above * residual) / (above * others + n * rows)
    high = n * (below * rows - residual) / (others + n * below * rows)
    return Icc(icc, (float(low), float(high)), n)


def _mean_squares(values: NDArray[np.floating[Any]]) -> tuple[float, float, float]:
    """Of clients (rows), sessions (columns) and the residual, in a two-way analysis of variance without repetition."""
    n, k = values.shape
    by_row, by_column, mean = values.mean(axis=1, keepdims=True), values.mean(axis=0, keepdims=True), values.mean()
    rows = k * ((by_row - mean) ** 2).sum() / (n - 1)
    columns = n * ((by_column - mean) ** 2).sum() / (k - 1)
    residual = ((values - by_row - by_column + mean) ** 2).sum() / ((n - 1) * (k - 1))
    return float(rows), float(columns), float(residual)


def _icc_of(clients: list[Repeated]) -> Icc | None:
    """The ICC over clients, each with as many measurements as the client with fewest has."""
    if len(clients) < LEAST_CLIENTS:
        return None
    sessions = min(len(one.values_deg) for one in clients)
    return icc_agreement(np.array([one.values_deg[:sessions] for one in clients], dtype=np.float64))


def _notes(
    measured: Sequence[Repeated], error: WithinClientError, icc: Icc | None, agreement: Agreement | None
) -> tuple[Flag, ...]:
    clients = len({one.client for one in measured})
    found: list[tuple[str, str]] = []
    if clients == 1:
        found.append(("one_client", "All measurements are of one client; others may repeat better or worse."))
    if clients < LEAST_CLIENTS:
        found.append(("no_icc", f"No ICC: it tells clients apart and needs {LEAST_CLIENTS} of them or more, got {clients}."))
    elif icc is None:
        found.append(("no_icc", "No ICC: nothing varies."))
    elif clients < ADVISED_CLIENTS:
        found.append(("few_clients", f"The ICC is from {clients} clients; {ADVISED_CLIENTS} are advised: mind its interval."))
    if clients > 1 and len(measured) > clients:
        words = "Some clients were measured in several pairs: the ICC takes the first pair of each, and the intervals of bias and"
        found.append(("several_per_client", f"{words} limits are somewhat too narrow."))
    if agreement is not None and agreement.systematic:
        way = "higher" if agreement.bias_deg > 0 else "lower"
        words = f"The retest reads {abs(agreement.bias_deg):.1f} degrees {way} on average."
        found.append(("systematic", f"{words} Let clients warm up with the same four or five repetitions before both."))
    if not error.enough:
        words = f"Too few to judge changes by: that takes {LEAST_DEGREES_OF_FREEDOM} repeats or more"
        found.append(("too_few", f"{words}, got {error.degrees_of_freedom}."))
    return tuple(Flag(code, message, "note") for code, message in found)


def _rounded(interval: tuple[float, float], digits: int = 2) -> list[float]:
    return [round(value, digits) for value in interval]
