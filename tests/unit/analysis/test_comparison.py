from __future__ import annotations

import json
from dataclasses import replace

import pytest
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis.comparison import Comparison, compare
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.analysis.reliability import OwnRepeatability, WithinClientError
from rom_tracker.analysis.uncertainty import ErrorBudget, ErrorTerm
from rom_tracker.errors import UsageError
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.passes import MergedPasses

#: Twenty people each time, so that Student's t is near to 2.
SURE = {"residual_deg": 3.0, "residual_people": 20, "change_residual_deg": 1.0, "change_residual_people": 20}
ELBOW = load_catalogue()["elbow_flexion"].model_copy(update=SURE)
SMALLER = ELBOW.model_copy(update={"better": "smaller"})


def measured(peak_deg: float, movement=ELBOW, *, side="left", **options) -> RomMeasurement:
    time_s, angle_deg = repetitions_deg([peak_deg, peak_deg + 1, peak_deg - 1], rest_deg=options.pop("rest_deg", 0.0))
    passes = stick_passes(movement.key, side, angle_deg, time_s, faces="image_left", **options)
    return measure_poses(passes, movement, side)


def codes(c: Comparison) -> list[str]:
    return [f.code for f in c.flags]


def test_recordings_that_were_not_measured_are_told():
    with pytest.raises(
        UsageError, match=r"expected two measurements, as measure\(\) gives them, got 'a.mp4'; measure the recordings"
    ):
        compare("a.mp4", measured(100))


def test_they_show_themselves_in_a_line():
    before = measured(100)
    assert repr(before) == "<RomMeasurement of Elbow flexion, left: ok, end range 100.0 degrees>"
    assert repr(compare(before, measured(112))) == "<Comparison of Elbow flexion, left: improved, change +12.0 degrees>"


def test_a_change_by_hand():
    c = compare(measured(100), measured(112))
    assert c.change_deg == pytest.approx(12, abs=0.1)
    # 1.5^2 * 4/6 + (1 + 1)/6, a third of it, twice; and the model's 1
    sd = (2 * (4 * 1.5**2 + 2) / 6 / 3 + 1) ** 0.5
    assert c.budget.sd_deg == pytest.approx(sd, rel=0.02)
    assert c.detectable_deg == c.budget.half_width_deg
    assert c.interval_deg == pytest.approx((c.change_deg - c.detectable_deg, c.change_deg + c.detectable_deg))
    assert (c.verdict, c.flags) == ("improved", ())


@pytest.mark.parametrize(
    ("movement", "after", "verdict"),
    [
        (ELBOW, 112, "improved"),
        (ELBOW, 88, "worse"),
        (ELBOW, 101, "no detectable change"),
        (ELBOW, 99, "no detectable change"),
        (SMALLER, 112, "worse"),
        (SMALLER, 88, "improved"),
        (SMALLER, 99, "no detectable change"),
    ],
)
def test_the_verdict(movement, after, verdict):
    assert compare(measured(100, movement), measured(after, movement)).verdict == verdict


@pytest.mark.parametrize(("more", "verdict"), [(-0.01, "no detectable change"), (0.01, "improved")])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_verdict_turns_exactly_at_the_detectable_change(more, verdict, sign):
    movement = ELBOW if sign > 0 else SMALLER
    before = measured(100, movement)
    detectable = compare(before, before).detectable_deg
    after = replace(before, peak_deg=before.peak_deg + sign * (detectable + more))
    assert compare(before, after).verdict == verdict
    worse = {"improved": "worse"}.get(verdict, verdict)
    assert compare(after, before).verdict == worse


def test_what_both_recordings_share_is_not_counted():
    """The model's own error for one person is mostly the same before and after."""
    m = measured(100)
    assert compare(m, m).detectable_deg < m.budget.half_width_deg
    wild = replace(m, budget=ErrorBudget((*m.budget.terms[:2], ErrorTerm("pose model", 50.0, 5))))
    assert compare(wild, wild).detectable_deg == pytest.approx(compare(m, m).detectable_deg)


@pytest.mark.parametrize("refused", ["before", "after", "both"])
def test_a_refused_recording_refuses_the_comparison(refused):
    good, bad = measured(100), measured(3)
    pair = {"before": (bad, good), "after": (good, bad), "both": (bad, bad)}[refused]
    c = compare(*pair)
    assert c.verdict == "refused"
    assert c.change_deg is c.budget is c.interval_deg is c.detectable_deg is None
    assert all(f.message.startswith(("Before: ", "After: ")) for f in c.flags if f.code != "same_recording")
    assert codes(c).count("no_movement") == (2 if refused == "both" else 1)
    json.dumps(c.as_dict(), allow_nan=False)


def test_another_view():
    c = compare(measured(100), measured(112, yaw_deg=-79.0))
    assert codes(c) == ["different_view"]
    assert "turned by 11 degrees" in c.flags[0].message
    assert not compare(measured(100), measured(112, yaw_deg=-81.0)).flags


@pytest.mark.parametrize(("yaw_deg", "flagged"), [(178.0, False), (-165.0, True)])
def test_views_about_the_back_are_compared_the_short_way_round(yaw_deg, flagged):
    shoulder = load_catalogue()["shoulder_abduction"].model_copy(update=SURE)
    c = compare(measured(90, shoulder, yaw_deg=-178.0), measured(100, shoulder, yaw_deg=yaw_deg))
    assert ("different_view" in codes(c)) == flagged


def test_another_start():
    assert codes(compare(measured(100), measured(112, rest_deg=12))) == ["different_start"]
    assert not compare(measured(100), measured(112, rest_deg=8)).flags


def test_another_model():
    c = compare(measured(100), replace(measured(112), model="lite"))
    assert codes(c) == ["different_model"]
    assert "stick figure; lite" in c.flags[0].message


def test_another_look():
    m = measured(100)
    other = replace(m, merged=MergedPasses(m.merged.poses, "mirrored", m.merged.exchanged))
    assert codes(compare(m, other)) == ["same_recording", "different_look"]


def test_the_same_recording_twice_is_said():
    assert codes(compare(measured(100), measured(100))) == ["same_recording"]


def test_recordings_from_opposite_sides_are_not_compared():
    c = compare(measured(100), measured(112, yaw_deg=-5.0))
    assert c.verdict == "refused"
    assert "other_view" in codes(c)


def test_flags_of_the_recordings_are_kept_with_their_moment():
    time_s, angle_deg = repetitions_deg([112])
    single = measure_poses(stick_passes("elbow_flexion", "left", angle_deg, time_s, faces="image_left"), ELBOW, "left")
    c = compare(measured(100), single)
    assert [(f.code, f.severity) for f in c.flags] == [("one_repetition", "caution")]
    assert c.flags[0].message.startswith("After: Only one")


def test_two_movements_or_sides_cannot_be_compared():
    knee = load_catalogue()["knee_flexion"]
    with pytest.raises(UsageError, match="elbow_flexion left and knee_flexion left"):
        compare(measured(100), measured(100, knee))
    with pytest.raises(UsageError, match="elbow_flexion left and elbow_flexion right"):
        compare(measured(100), measured(100, side="right"))


def test_the_plain_form():
    plain = compare(measured(100), measured(112)).as_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert set(plain) == {
        "before", "after", "change_deg", "interval_deg", "detectable_deg", "detectable_from", "p_value", "verdict", "role", "flags",
        "budget", "own_repeatability", "literature",
    }  # fmt: skip
    assert plain["change_deg"] == pytest.approx(plain["after"]["peak_deg"] - plain["before"]["peak_deg"], abs=0.011)


def own(sem_deg: float, degrees_of_freedom: int = 10) -> OwnRepeatability:
    return OwnRepeatability("elbow_flexion", "camera 0", "full", WithinClientError(sem_deg, degrees_of_freedom), 10, "2026-03-14")


def test_a_change_has_to_exceed_the_larger_of_both_errors():
    before, after = measured(100), measured(108)
    alone = compare(before, after)
    assert (alone.verdict, alone.detectable_from) == ("improved", "measuring error")
    # Student's t for 10 degrees of freedom times sqrt(2)
    poor = compare(before, after, own=own(4.0))
    assert (poor.verdict, poor.detectable_from) == ("no detectable change", "own repeatability")
    assert poor.detectable_deg == pytest.approx(2.22814 * 2**0.5 * 4)
    assert poor.interval_deg == pytest.approx((poor.change_deg - poor.detectable_deg, poor.change_deg + poor.detectable_deg))
    good = compare(before, after, own=own(0.1))
    assert (good.verdict, good.detectable_from, good.detectable_deg) == ("improved", "measuring error", alone.detectable_deg)


def test_too_few_repeats_are_shown_and_not_used():
    c = compare(measured(100), measured(108), own=own(4.0, 2))
    assert (c.verdict, c.detectable_from, c.p_value) == ("improved", "measuring error", c.budget.p_value(c.change_deg))
    assert c.as_dict()["own_repeatability"]["enough"] is False


@pytest.mark.parametrize("kept", [None, own(0.1), own(1.5), own(4.0), own(0.0)])
@pytest.mark.parametrize("after_deg", [101, 104, 108])
def test_the_probability_agrees_with_the_verdict(kept, after_deg):
    c = compare(measured(100), measured(after_deg), own=kept)
    assert (c.p_value < 0.05) == (c.verdict == "improved") == (c.interval_deg[0] > 0)


def test_repeatability_of_another_movement():
    with pytest.raises(UsageError, match="expected the repeatability of elbow_flexion, got that of knee_flexion"):
        compare(measured(100), measured(108), own=replace(own(1.0), movement="knee_flexion"))


def test_what_the_plain_form_says_of_the_errors():
    plain = compare(measured(100), measured(108), own=own(4.0), primary=True).as_dict()
    assert (plain["detectable_from"], plain["role"]) == ("own repeatability", "chosen beforehand")
    assert plain["own_repeatability"]["sem_deg"] == 4.0
    assert (plain["literature"]["mdc_deg"], plain["literature"]["instrument"]) == (6.0, "universal goniometer")
    assert [term["source"] for term in plain["budget"]][-1] == "pose model and set-up"
    assert {term["degrees_of_freedom"] for term in plain["budget"] if term["source"].startswith("landmark")} == {None}
    alone = compare(measured(100), measured(108)).as_dict()
    assert (alone["own_repeatability"], alone["role"]) == (None, "exploratory")


def test_angles_that_are_not_counted_from_one_zero_are_not_compared():
    before = measured(50.0)
    after = replace(measured(70.0), movement=before.movement.model_copy(update={"zero": "start"}))
    found = compare(before, after)
    assert (found.verdict, found.change_deg) == ("refused", None)
    assert "other_zero" in {flag.code for flag in found.flags}
