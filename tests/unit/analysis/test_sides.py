from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis.comparison import compare
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.analysis.sides import SideComparison, check_sided, compare_sides, side_budget
from rom_tracker.analysis.uncertainty import ErrorBudget, ErrorTerm
from rom_tracker.errors import UsageError
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.sequence import PosePasses, PoseSequence

#: Twenty people, so that Student's t is near to 2.
SURE = {"residual_deg": 3.0, "residual_people": 20}
SHOULDER = load_catalogue()["shoulder_abduction"].model_copy(update=SURE)
ELBOW = load_catalogue()["elbow_flexion"].model_copy(update=SURE)


def measured(peak_deg: float, side, movement=SHOULDER, **options) -> RomMeasurement:
    time_s, angle_deg = repetitions_deg([peak_deg, peak_deg + 1, peak_deg - 1])
    options.setdefault("faces", "image_left" if side == "left" else "image_right")
    return measure_poses(stick_passes(movement.key, side, angle_deg, time_s, **options), movement, side)


def one_after_the_other(key: str, left_deg: float, right_deg: float, **options) -> PosePasses:
    """Three repetitions with the left side and then three with the right, in one recording."""

    def joined(first: PoseSequence, second: PoseSequence) -> PoseSequence:
        later_s = second.time_s + first.time_s[-1] + 1 / 30
        return first.replaced(
            time_s=np.concatenate([first.time_s, later_s]),
            **{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in ("xy", "world", "visibility")},
        )

    left, right = (
        stick_passes(key, side, angle_deg, time_s, **options)
        for side, (time_s, angle_deg) in (("left", repetitions_deg([left_deg] * 3)), ("right", repetitions_deg([right_deg] * 3)))
    )
    return PosePasses(joined(left.as_filmed, right.as_filmed), joined(left.mirrored, right.mirrored))


def codes(c: SideComparison) -> list[str]:
    return [f.code for f in c.flags]


def test_a_difference_by_hand():
    c = compare_sides(measured(140, "left"), measured(120, "right"))
    assert c.difference_deg == pytest.approx(20, abs=0.1)
    # For each side (1.5^2 * 4 + 1 + 1) / 6, a third of it, for the repetitions; and the model's 3 squared
    sd = (2 * ((4 * 1.5**2 + 2) / 6 / 3 + 3**2)) ** 0.5
    assert c.budget.sd_deg == pytest.approx(sd, rel=0.01)
    assert c.detectable_deg == c.budget.half_width_deg
    assert c.interval_deg == pytest.approx((c.difference_deg - c.detectable_deg, c.difference_deg + c.detectable_deg))
    assert (c.verdict, c.flags) == ("sides differ", ())


def test_nothing_of_the_models_error_cancels_between_two_sides():
    left, right = measured(100, "left"), measured(100, "right")
    assert compare_sides(left, right).detectable_deg > left.budget.half_width_deg > compare(left, left).detectable_deg
    wild = replace(left, budget=ErrorBudget((*left.budget.terms[:2], ErrorTerm("pose model", 50.0, 20))))
    assert compare_sides(wild, right).budget.sd_deg > 50


def test_the_models_error_is_not_better_known_for_having_two_sides():
    alone = ErrorBudget((ErrorTerm("pose model", 3.0, 5),))
    both = side_budget(alone, alone)
    assert (both.sd_deg, both.degrees_of_freedom) == pytest.approx((3 * 2**0.5, 5))


@pytest.mark.parametrize(("more", "verdict"), [(-0.01, "no detectable difference"), (0.01, "sides differ")])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_verdict_turns_exactly_at_the_detectable_difference(more, verdict, sign):
    left, right = measured(100, "left"), measured(100, "right")
    detectable = compare_sides(left, right).detectable_deg
    other = replace(left, peak_deg=right.peak_deg + sign * (detectable + more))
    assert compare_sides(other, right).verdict == verdict


def test_both_sides_in_one_recording():
    passes = one_after_the_other("shoulder_abduction", 140, 120)
    left, right = (measure_poses(passes, SHOULDER, side) for side in ("left", "right"))
    assert [len(m.repetitions.scored) for m in (left, right)] == [3, 3]
    c = compare_sides(left, right)
    assert c.difference_deg == pytest.approx(20, abs=0.1)
    assert c.flags == ()


def test_each_side_towards_the_camera_in_its_own_recording():
    c = compare_sides(measured(130, "left", ELBOW), measured(120, "right", ELBOW))
    assert c.difference_deg == pytest.approx(10, abs=0.1)
    assert c.flags == ()


def test_the_far_side_of_a_side_view_is_not_compared():
    passes = one_after_the_other("elbow_flexion", 130, 120, faces="image_left")
    c = compare_sides(*(measure_poses(passes, ELBOW, side) for side in ("left", "right")))
    assert c.left.peak_deg == pytest.approx(130, abs=0.1)
    assert c.verdict == "refused"
    assert c.difference_deg is c.budget is c.interval_deg is c.detectable_deg is None
    assert codes(c) == ["far_side", "far_side_not_compared"]
    assert c.flags[1].message.startswith("The right side was away from the camera")


@pytest.mark.parametrize("refused", ["left", "right", "both"])
def test_a_refused_side_refuses_the_difference_and_leaves_the_other(refused):
    left = measured(3 if refused in ("left", "both") else 100, "left")
    right = measured(3 if refused in ("right", "both") else 100, "right")
    c = compare_sides(left, right)
    assert c.verdict == "refused"
    assert c.difference_deg is c.budget is c.interval_deg is c.detectable_deg is None
    assert [f.message.split(":")[0] for f in c.flags] == (["Left", "Right"] if refused == "both" else [refused.capitalize()])
    plain = json.loads(json.dumps(c.as_dict(), allow_nan=False))
    for side in ("left", "right"):
        assert (plain[side]["peak_deg"] is None) == (refused in (side, "both"))


def test_one_side_filmed_more_askew_than_the_other():
    c = compare_sides(measured(100, "left"), measured(100, "right", yaw_deg=11.0))
    assert codes(c) == ["different_view"]
    assert "11 degrees more" in c.flags[0].message
    assert not compare_sides(measured(100, "left", yaw_deg=9.0), measured(100, "right", yaw_deg=-9.0)).flags


def test_two_left_sides_or_two_movements_cannot_be_compared():
    left, right = measured(100, "left"), measured(100, "right")
    for pair in ((left, left), (right, left), (left, measured(100, "right", ELBOW))):
        with pytest.raises(UsageError, match="expected the left and the right side of one movement"):
            compare_sides(*pair)


def test_a_movement_without_sides_has_none_to_compare():
    with pytest.raises(UsageError, match="Trunk flexion has no left and right"):
        check_sided(load_catalogue()["trunk_flexion"])
    check_sided(load_catalogue()["trunk_lateral_flexion"])


def test_the_plain_form():
    plain = compare_sides(measured(140, "left"), measured(120, "right")).as_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert list(plain) == ["movement", "left", "right", "difference_deg", "interval_deg", "detectable_deg", "budget", "verdict",
                           "flags"]  # fmt: skip
    assert plain["difference_deg"] == pytest.approx(plain["left"]["peak_deg"] - plain["right"]["peak_deg"], abs=0.011)
