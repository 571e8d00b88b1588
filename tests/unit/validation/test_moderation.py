"""Moderated variances, by hand, and against samples of which the true variances are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rom_tracker.validation.moderation import moderated_variances

VARIANCES = st.lists(st.tuples(st.floats(0.01, 100), st.integers(1, 40)), min_size=2, max_size=12)


def test_a_single_one_stays_as_it_is():
    assert moderated_variances([2.5], [7]) == [(2.5, 7.0)]
    assert moderated_variances([], []) == []


def test_variances_that_differ_no_more_than_chance_become_one():
    found = moderated_variances([1.0, 1.1, 0.9, 1.0], [10, 10, 10, 10])
    assert np.ptp([variance for variance, _ in found]) < 0.05
    assert {freedom for _, freedom in found} == {50.0}


@given(VARIANCES)
def test_each_is_drawn_towards_one_value_and_keeps_its_degrees_of_freedom(pairs):
    variances, freedom = zip(*pairs, strict=True)
    found = moderated_variances(variances, freedom)
    prior = found[0][1] - freedom[0]
    assert prior > 0
    cases = list(zip(found, variances, freedom, strict=True))
    typical = [(variance * (own + prior) - own * was) / prior for (variance, _), was, own in cases]
    np.testing.assert_allclose(typical, typical[0], rtol=1e-4)
    for (variance, of), was, own in cases:
        assert of == pytest.approx(prior + own)
        assert min(was, typical[0]) * (1 - 1e-6) <= variance <= max(was, typical[0]) * (1 + 1e-6)


def test_the_prior_of_many_samples_is_found():
    rng, prior, typical, own = np.random.default_rng(1), 6.0, 4.0, 3
    true = prior * typical / rng.chisquare(prior, 4000)
    variances = true * rng.chisquare(own, 4000) / own
    found = moderated_variances(variances.tolist(), [own] * 4000)
    assert found[0][1] - own == pytest.approx(prior, rel=0.15)
    closer = np.abs(np.log([variance for variance, _ in found]) - np.log(true)).mean()
    assert closer < 0.7 * np.abs(np.log(variances) - np.log(true)).mean()
