from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student_t

from rom_tracker.analysis.repetitions import Repetition
from rom_tracker.analysis.uncertainty import (
    OTHER_MODEL_DEG,
    OVERHEAD,
    PRIOR_DEGREES_OF_FREEDOM,
    PRIOR_SPREAD_DEG,
    ErrorBudget,
    ErrorTerm,
    change_budget,
    end_range_budget,
    landmark_term,
    repetition_term,
)
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.angles import AngleSeries

INF = float("inf")
MOVEMENT = load_catalogue()["hip_flexion"].model_copy(
    update={"residual_deg": 4.0, "residual_people": 17, "change_residual_deg": 2.0, "change_residual_people": 9}
)


def budget(*terms: tuple[float, float]) -> ErrorBudget:
    return ErrorBudget(tuple(ErrorTerm(str(i), sd, dof) for i, (sd, dof) in enumerate(terms)))


def repetition(peak_deg: float, peak_s: float = 1.0) -> Repetition:
    return Repetition(peak_s - 0.8, peak_s - 0.2, peak_s, peak_s + 0.2, peak_s + 0.8, 0.0, peak_deg, 100.0, -1.5)


def angles(noise_deg: float | np.ndarray, frames: int = 301) -> AngleSeries:
    t = np.arange(frames) / 30
    return AngleSeries(t, np.zeros(frames), np.ones(frames), np.broadcast_to(noise_deg, t.shape), np.zeros(frames, dtype=bool))


def test_the_end_gauge_of_the_guide():
    # JCGM 100:2008, H.1: standard uncertainties in nanometres with their degrees of freedom; the second term is made of three.
    comparator = budget((5.8, 24), (3.9, 5), (6.7, 8))
    assert comparator.sd_deg == pytest.approx(9.7, abs=0.05)
    assert comparator.degrees_of_freedom == pytest.approx(25.6, abs=0.3)
    found = budget((25, 18), (9.7, 25.6), (2.9, 50), (16.6, 2))
    assert found.sd_deg == pytest.approx(np.sqrt(25**2 + 9.7**2 + 2.9**2 + 16.6**2))
    assert found.sd_deg == pytest.approx(31.7, abs=0.05)
    assert int(found.degrees_of_freedom) == 16
    assert student_t.ppf(0.995, 16) * 32 == pytest.approx(93, abs=0.5)


@pytest.mark.parametrize("model", OTHER_MODEL_DEG)
def test_another_pose_model_makes_an_end_range_less_sure_and_a_change_half_as_much(model):
    three = tuple(repetition(90.0, s) for s in (2.0, 5.0, 8.0))
    usual, other = (end_range_budget(three, angles(0.0), MOVEMENT, other_model=name) for name in ("", model))
    assert other.sd_deg == pytest.approx(np.hypot(usual.sd_deg, OTHER_MODEL_DEG[model]))
    by_itself = change_budget(usual, usual, MOVEMENT).sd_deg
    assert change_budget(other, other, MOVEMENT).sd_deg == pytest.approx(np.hypot(by_itself, OTHER_MODEL_DEG[model] / 2))
    not_alike = [change_budget(first, usual, MOVEMENT, alike=False).sd_deg for first in (usual, other)]
    assert not_alike[1] == pytest.approx(np.hypot(not_alike[0], OTHER_MODEL_DEG[model]))


def test_welch_satterthwaite_by_hand():
    # two terms of 3 with 9 degrees of freedom each: 18^2 / (81/9 + 81/9) = 18
    found = budget((3, 9), (3, 9))
    assert (found.sd_deg, found.degrees_of_freedom) == pytest.approx((18**0.5, 18))
    assert found.half_width_deg == pytest.approx(2.10092 * 18**0.5, rel=1e-5)
    low, high = found.interval_deg(100)
    assert ((low + high) / 2, (high - low) / 2) == pytest.approx((100, found.half_width_deg))


def test_one_term_keeps_its_own_degrees_of_freedom():
    found = budget((2, 4))
    assert (found.degrees_of_freedom, found.half_width_deg) == pytest.approx((4, 2 * 2.77645), rel=1e-5)


def test_terms_known_for_certain_use_the_normal_distribution():
    assert budget((3, INF), (4, INF)).half_width_deg == pytest.approx(1.959964 * 5)


def test_no_error_at_all_has_no_width():
    assert budget((0, 3), (0, INF)).half_width_deg == 0


@given(st.lists(st.tuples(st.floats(0.01, 20), st.floats(1, 100)), min_size=1, max_size=6))
def test_effective_degrees_of_freedom_lie_between_the_smallest_and_the_sum(terms):
    found = budget(*terms)
    assert min(dof for _, dof in terms) - 1e-9 <= found.degrees_of_freedom <= sum(dof for _, dof in terms) + 1e-9
    assert found.sd_deg >= max(sd for sd, _ in terms) * (1 - 1e-12)


@given(terms=st.lists(st.tuples(st.floats(0.5, 20), st.integers(3, 50)), min_size=1, max_size=3), sd=st.floats(0.5, 20))
def test_one_more_well_known_error_never_narrows_the_interval(terms, sd):
    assert budget(*terms, (sd, INF)).sd_deg > budget(*terms).sd_deg


def test_a_single_repetition_has_the_spread_believed_beforehand():
    term = repetition_term((repetition(100),))
    assert (term.sd_deg, term.degrees_of_freedom) == (PRIOR_SPREAD_DEG, PRIOR_DEGREES_OF_FREEDOM)


def test_the_spread_of_repetitions_by_hand():
    # 98, 100, 105: mean 101, squares 9 + 1 + 16 = 26; with 4 degrees of freedom of 1.5^2: (9 + 26) / 6 = 5.8333
    term = repetition_term(tuple(map(repetition, (98.0, 100.0, 105.0))))
    assert (term.sd_deg, term.degrees_of_freedom) == pytest.approx(((35 / 6 / 3) ** 0.5, 6))


def test_more_repetitions_are_more_certain_and_agreement_is_not_believed_blindly():
    agreeing = [repetition_term((repetition(100),) * n) for n in (1, 2, 3, 10)]
    assert np.all(np.diff([t.sd_deg for t in agreeing]) < 0)
    assert agreeing[1].sd_deg > 0.5


def test_landmark_noise_is_averaged_over_the_frames_of_the_plateaus():
    one, two = (landmark_term(tuple(repetition(100, s) for s in at), angles(2.0)) for at in ([2.01], [2.01, 6.01]))
    assert one.sd_deg == pytest.approx(2 / 9**0.5)  # 0.3 s at 30 frames a second
    assert two.sd_deg == pytest.approx(2 / 18**0.5)
    assert one.degrees_of_freedom == INF


def test_landmark_noise_that_is_unknown_at_the_plateau():
    noise = np.full(301, np.nan)
    assert landmark_term((repetition(100, 2.0),), angles(noise)).sd_deg == 0
    noise[60] = 3.0
    assert landmark_term((repetition(100, 2.0),), angles(noise)).sd_deg == 3.0


def test_the_budget_of_an_end_range():
    found = end_range_budget((repetition(100, 2.01), repetition(100, 5.01)), angles(0.9), MOVEMENT)
    assert [(t.source, t.degrees_of_freedom) for t in found.terms] == [
        ("repetitions", 5),
        ("landmark noise", INF),
        ("pose model", 17),
    ]
    assert found.terms[2].sd_deg == 4.0
    by_hand = (1.5**2 * 4 / 5 / 2 + 0.9**2 / 18 + 16) ** 0.5
    assert found.sd_deg == pytest.approx(by_hand)


def test_a_turned_view_adds_its_term():
    reps = (repetition(100, 2.01), repetition(100, 5.01))
    plain, turned, nodding = (end_range_budget(reps, angles(0.9), MOVEMENT, view_sd_deg=sd) for sd in (0.0, 3.0, 15.0))
    assert [len(budget.terms) for budget in (plain, turned, nodding)] == [3, 4, 4]
    assert turned.terms[-1] == ErrorTerm("view", 3.0, INF)
    assert turned.sd_deg**2 == pytest.approx(plain.sd_deg**2 + 3.0**2)
    assert nodding.sd_deg**2 == pytest.approx(plain.sd_deg**2 + 15.0**2)
    before_after = [change_budget(plain, plain, MOVEMENT, turned=t).sd_deg ** 2 for t in (False, True)]
    assert before_after[1] == pytest.approx(before_after[0] + 3.0**2)


def test_the_budget_of_a_change_keeps_what_is_not_shared():
    before = end_range_budget((repetition(100, 2.01),), angles(0.9), MOVEMENT)
    after = end_range_budget((repetition(100, 2.01),) * 3, angles(0.3), MOVEMENT)
    found = change_budget(before, after, MOVEMENT)
    assert [t.source for t in found.terms] == [
        "repetitions, before", "landmark noise, before", "repetitions, after", "landmark noise, after", "pose model and set-up",
    ]  # fmt: skip
    by_hand = 1.5**2 + 0.9**2 / 9 + 1.5**2 * 4 / 6 / 3 + 0.3**2 / 9 + 2**2
    assert found.sd_deg == pytest.approx(by_hand**0.5)
    assert found.terms[-1] == ErrorTerm("pose model and set-up", 2.0, 9)
    swapped = change_budget(after, before, MOVEMENT)
    assert swapped.half_width_deg == pytest.approx(found.half_width_deg)


def test_what_was_not_measured_alike_does_not_cancel():
    plain = ErrorBudget((ErrorTerm("pose model", MOVEMENT.residual_deg, MOVEMENT.residual_people),))
    found = change_budget(plain, plain, MOVEMENT, alike=False)
    assert found.sd_deg == pytest.approx(2**0.5 * MOVEMENT.residual_deg)
    assert found.sd_deg > change_budget(plain, plain, MOVEMENT).sd_deg


def test_what_an_arm_overhead_adds_to_a_change_is_by_how_much_more_it_is_overhead():
    low, high = (end_range_budget((repetition(160),), angles(0.9), MOVEMENT, overhead_sd_deg=sd) for sd in (0.5, 1.5))
    plain = end_range_budget((repetition(160),), angles(0.9), MOVEMENT)
    assert [term.sd_deg for term in high.terms if term.source == OVERHEAD] == [1.5]
    same, more, raised = (change_budget(before, high, MOVEMENT) for before in (high, low, plain))
    assert OVERHEAD not in [term.source for term in same.terms]
    assert same.sd_deg == pytest.approx(change_budget(plain, plain, MOVEMENT).sd_deg)
    assert more.terms[-1] == ErrorTerm(OVERHEAD, 1.0, INF)
    assert raised.terms[-1] == ErrorTerm(OVERHEAD, 1.5, INF)
