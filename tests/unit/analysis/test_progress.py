from __future__ import annotations

import itertools
import json
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rom_tracker import load_catalogue
from rom_tracker.analysis.progress import FEWEST_SESSIONS, SessionMark, progress_of
from rom_tracker.errors import UsageError
from rom_tracker.movements import Movement

KNEE = load_catalogue()["knee_flexion"]
FIRST = date(2026, 3, 2)


def marks(values, *, every_days=7, detectable_deg=8.0):
    return [
        SessionMark(FIRST + timedelta(days=every_days * n), None if value is None else float(value), None, None, detectable_deg)
        for n, value in enumerate(values)
    ]


def found(values, movement: Movement = KNEE, **options):
    return progress_of(movement, "right", marks(values, **options))


def test_a_straight_line_is_found_exactly_whatever_one_bad_day_does():
    straight = [90 + 3 * n for n in range(8)]
    bad_day = [*straight[:5], 60, *straight[6:]]
    for values in (straight, bad_day):
        trend = found(values).trend
        assert trend is not None
        assert trend.per_week_deg == pytest.approx(3.0)
        assert (trend.first_deg, trend.last_deg) == pytest.approx((90, 111))
        assert trend.weeks == 7
    assert found(straight).verdict == "improved"


@pytest.mark.parametrize(("order", "verdict"), [(1, "improved"), (-1, "worse")])
def test_better_and_worse_go_by_the_movement(order, verdict):
    values = [100 + order * 4 * n for n in range(7)]
    other_way = KNEE.model_copy(update={"better": "smaller"})
    assert found(values).verdict == verdict
    assert found(values, other_way).verdict == {"improved": "worse", "worse": "improved"}[verdict]


@given(st.lists(st.floats(-50, 150), min_size=1, max_size=FEWEST_SESSIONS - 1))
def test_nothing_is_claimed_from_fewer_than_five(values):
    few = found(values)
    assert (few.verdict, few.trend) == ("too few sessions", None)


def test_sessions_of_one_day_count_once_and_those_without_a_number_not_at_all():
    same_day = marks([80, 90, 100, 110, 120, 130], every_days=0)
    assert progress_of(KNEE, "right", same_day).verdict == "too few sessions"
    assert found([80, None, 90, None, 100, 110]).verdict == "too few sessions"
    assert found([80, None, 90, None, 100, 110, 120]).verdict == "improved"


@pytest.mark.parametrize("n", [5, 6, 7])
def test_of_all_orders_of_sessions_without_a_trend_at_most_one_in_twenty_is_called_one(n):
    """Every order is as likely as any other where there is no trend: they are all counted."""
    called = [
        found(np.array(order) * 100.0, detectable_deg=0.0).verdict != "no detectable change"
        for order in itertools.permutations(range(n))
    ]
    assert 0 < np.mean(called) <= 0.05


def test_fewer_sessions_would_be_called_a_trend_more_often_than_one_in_twenty(monkeypatch):
    monkeypatch.setattr("rom_tracker.analysis.progress.FEWEST_SESSIONS", 2)
    for n in range(2, FEWEST_SESSIONS):
        called = [
            found(np.array(o) * 100.0, detectable_deg=0.0).verdict in ("improved", "worse")
            for o in itertools.permutations(range(n))
        ]
        assert np.mean(called) > 0.05


def test_a_steady_drift_within_the_measuring_error_is_no_trend():
    drift = [90 + n for n in range(7)]
    assert found(drift, detectable_deg=5.9).verdict == "improved"
    assert found(drift, detectable_deg=6.1).verdict == "no detectable change"
    assert progress_of(KNEE, "right", [SessionMark(m.day, m.before_deg) for m in marks(drift)]).verdict == "no detectable change"


@given(st.lists(st.floats(0, 140), min_size=5, max_size=9), st.floats(-40, 40), st.permutations(range(5)))
def test_neither_the_order_in_which_sessions_are_given_nor_a_constant_error_changes_the_trend(values, bias, order):
    one = marks(values)
    shuffled = [one[i] for i in order] + one[5:]
    biased = [SessionMark(m.day, m.before_deg + bias, None, None, m.detectable_deg) for m in shuffled]
    a, b = progress_of(KNEE, "right", one), progress_of(KNEE, "right", biased)
    assert [m.day for m in b.sessions] == [m.day for m in a.sessions]
    assert b.trend.per_week_deg == pytest.approx(a.trend.per_week_deg, abs=1e-6)


def test_the_band_is_the_widest_error_about_the_first_end_range_that_there_is():
    row = [SessionMark(FIRST, None), SessionMark(FIRST + timedelta(7), 90.0, 95.0, "worse", 6.0),
           SessionMark(FIRST + timedelta(14), 99.0, None, None, 9.0)]  # fmt: skip
    assert progress_of(KNEE, "right", row).band_deg == (81.0, 99.0)
    assert progress_of(KNEE, "right", row[:1]).band_deg is None


def test_what_cannot_be_is_told():
    with pytest.raises(UsageError, match="one session or more of knee flexion"):
        progress_of(KNEE, "right", [])
    with pytest.raises(ValueError, match="before_deg"):
        SessionMark(FIRST, float("nan"))
    with pytest.raises(ValueError, match="detectable_deg"):
        SessionMark(FIRST, 90.0, detectable_deg=-1.0)


def test_it_can_be_written_as_json():
    told = json.loads(json.dumps(found([75, 79, 82, 88, 93, 96]).as_dict()))
    assert (told["verdict"], told["per_week_deg"], len(told["sessions"])) == ("improved", pytest.approx(4.4, abs=0.3), 6)
