"""Against tables worked out in the literature, by hand, and against another program."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rom_tracker.analysis.reliability import (
    Agreement,
    Repeated,
    WithinClientError,
    agreement_of,
    icc_agreement,
    repeatability_of,
    within_client_error,
)
from rom_tracker.errors import UsageError

#: Six targets and four judges: Shrout & Fleiss (1979), table 2.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)

PAIRS = [(90.0, 92.0), (100.0, 99.0), (80.0, 85.0)]


def made(clients: int, sessions: int, *, spread: float, error: float, drift: float = 0.0, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    clients_deg = random.normal(120, spread, (clients, 1))
    return clients_deg + random.normal(0, error, (clients, sessions)) + drift * np.arange(sessions)


def repeated(values) -> list[Repeated]:
    return [Repeated(f"client {i}", tuple(row)) for i, row in enumerate(np.asarray(values, dtype=float).tolist())]


def codes(values) -> list[str]:
    return [note.code for note in repeatability_of(values).notes]


def test_the_example_of_shrout_and_fleiss():
    found = icc_agreement(SHROUT_FLEISS)
    assert (round(found.value, 2), found.clients) == (0.29, 6)
    assert found.interval == pytest.approx((0.019, 0.761), abs=0.0005)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "values",
    [
        SHROUT_FLEISS,
        made(10, 2, spread=12, error=2),
        made(30, 2, spread=8, error=4, drift=3, seed=1),
        made(8, 3, spread=3, error=4, seed=2),
        made(12, 2, spread=0.5, error=5, seed=3),
    ],
)
def test_the_icc_and_its_interval_are_those_of_pingouin(values):
    import pandas as pd
    import pingouin

    n, k = values.shape
    client, session = np.indices((n, k))
    table = pd.DataFrame({"client": client.ravel(), "session": session.ravel(), "deg": values.ravel()})
    other = pingouin.intraclass_corr(table, targets="client", raters="session", ratings="deg").iloc[1]
    found = icc_agreement(values)
    assert found.value == pytest.approx(other["ICC"], rel=1e-9)
    assert found.interval == pytest.approx(tuple(other["CI95"]), abs=0.0051)  # rounded there to two digits


def test_an_icc_without_any_error_is_one_and_without_any_spread_there_is_none():
    same = icc_agreement(np.array([[1.0, 1.0], [2.0, 2.0], [5.0, 5.0]]))
    assert (same.value, same.interval) == (1, (1, 1))
    assert icc_agreement(np.full((4, 2), 90.0)) is None


@given(arrays(np.float64, (5, 2), elements=st.floats(0, 180, width=16)))
def test_the_interval_holds_the_icc_whatever_the_values(values):
    found = icc_agreement(values)
    assume(found is not None)
    assert np.isfinite([found.value, *found.interval]).all()
    assert found.value <= 1 + 1e-9
    if found.value > 0:
        assert found.interval[0] - 1e-9 <= found.value <= found.interval[1] + 1e-9


def test_the_standard_error_of_measurement_by_hand():
    # differences 2, -1, 5: sqrt((4 + 1 + 25) / 6)
    error = within_client_error(PAIRS)
    assert (error.sem_deg, error.degrees_of_freedom) == (pytest.approx(5**0.5), 3)
    assert error.mdc95_deg == pytest.approx(1.96 * 10**0.5)
    assert error.detectable_deg == pytest.approx(3.18245 * 10**0.5, rel=1e-5)
    # chi-squared with 3 degrees of freedom: 0.2158 and 9.3484
    assert error.interval_deg == pytest.approx(((15 / 9.3484) ** 0.5, (15 / 0.2158) ** 0.5), rel=1e-3)


def test_it_is_the_error_of_agreement_of_the_two_way_analysis_of_variance():
    """de Vet et al. (2006): variance between sessions and residual variance; the drift of the retest counts as error."""
    values = made(20, 2, spread=10, error=2, drift=5)
    mean_of_sessions = values.mean(axis=0)
    columns = 20 * ((mean_of_sessions - values.mean()) ** 2).sum()
    residual = ((values - values.mean(axis=1, keepdims=True) - mean_of_sessions + values.mean()) ** 2).sum() / 19
    expected = np.sqrt((columns - residual) / 20 + residual)
    assert within_client_error(values.tolist()).sem_deg == pytest.approx(expected)
    assert expected > 3


def test_the_error_is_found_again():
    values = made(2000, 2, spread=15, error=3, seed=4)
    assert within_client_error(values.tolist()).sem_deg == pytest.approx(3, rel=0.05)
    assert icc_agreement(values).value == pytest.approx(15**2 / (15**2 + 3**2), abs=0.01)
    assert np.mean(np.abs(values[:, 1] - values[:, 0]) < WithinClientError(3.0, 2000).mdc95_deg) == pytest.approx(0.95, abs=0.01)


def test_one_client_measured_many_times():
    found = repeatability_of([Repeated("ann", (100.0, 103.0, 97.0, 100.0))])
    assert (found.error.sem_deg, found.error.degrees_of_freedom) == (pytest.approx(6**0.5), 3)
    assert (found.icc, found.agreement, found.clients) == (None, None, 1)
    assert [note.code for note in found.notes] == ["one_client", "no_icc"]
    assert codes([Repeated("ann", (100.0, 103.0, 97.0))])[-1] == "too_few"


def test_the_blood_pressures_of_bland_and_altman():
    """Bland & Altman (1999), section 2: 85 people, mean difference -16.29, standard deviation 19.61 mmHg."""
    published = Agreement(85, -16.29, 19.61)
    assert published.limits_deg == pytest.approx((-54.7, 22.1), abs=0.05)
    low, high = published.limit_intervals_deg
    assert low == pytest.approx((-61.9, -47.5), abs=0.1)
    assert high == pytest.approx((14.9, 29.3), abs=0.11)
    # standard error 2.13, Student's t 1.99
    assert published.bias_interval_deg == pytest.approx((-16.29 - 1.99 * 2.13, -16.29 + 1.99 * 2.13), abs=0.02)
    assert published.systematic


def test_bias_and_limits_by_hand():
    found = agreement_of(np.array(PAIRS))
    # differences 2, -1, 5: mean 2, standard deviation 3
    assert (found.pairs, found.bias_deg, found.sd_deg) == pytest.approx((3, 2, 3))
    assert found.limits_deg == pytest.approx((2 - 5.88, 2 + 5.88))
    assert not found.systematic


def test_what_is_said_beside_the_numbers():
    assert codes(repeated(PAIRS)) == ["few_clients"]
    assert codes(repeated(made(30, 2, spread=10, error=2))) == []
    assert codes(repeated(PAIRS[:2])) == ["no_icc", "too_few"]
    assert codes(repeated(made(10, 2, spread=10, error=1, drift=4))) == ["few_clients", "systematic"]
    assert codes(repeated(np.full((3, 2), 90.0))) == ["no_icc"]


def test_several_pairs_of_a_client_count_once_in_the_icc():
    first = repeated(made(5, 2, spread=10, error=2))
    again = [Repeated(one.client, tuple(v + 1 for v in one.values_deg)) for one in first]
    found = repeatability_of([*first, *again])
    assert (found.clients, found.error.degrees_of_freedom, found.agreement.pairs) == (5, 10, 10)
    assert found.icc == repeatability_of(first).icc
    assert "several_per_client" in [note.code for note in found.notes]


@pytest.mark.parametrize("measured", [[], [Repeated("ann", (100.0, 101.0)), Repeated("ben", (90.0,))]])
def test_someone_measured_once_has_no_repeatability(measured):
    with pytest.raises(UsageError, match=r"expected two or more measurements of every client, got (none|one of ben)"):
        repeatability_of(measured)


def test_the_plain_form():
    for values in (repeated(PAIRS), [Repeated("ann", (100.0, 103.0, 97.0))]):
        plain = repeatability_of(values).as_dict()
        assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert (plain["icc"], plain["bland_altman"], plain["clients"], plain["degrees_of_freedom"]) == (None, None, 1, 2)
