"""The set-up's checks on bodies whose place before the camera is known by construction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis.check import Check, Limits
from rom_tracker.analysis.checks import Sight, metres_words
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.light import Light
from rom_tracker.pose.sequence import PosePasses

GOOD = Light(brightness=0.5, contrast=0.6, noise=0.01)


def measured(key: str, side: str, *, sight: Sight = Sight(1, GOOD), peak: float = 90.0, passes=None, **options) -> RomMeasurement:  # noqa: B008
    time_s, angle_deg = repetitions_deg([peak, peak + 2, peak])
    passes = passes or stick_passes(key, side, angle_deg, time_s, **options)
    return measure_poses(passes, load_catalogue()[key], side, sight=sight)


def check(found: RomMeasurement, key: str) -> Check:
    (one,) = [check for check in found.checks if check.key == key]
    return one


def changed(passes: PosePasses, **arrays) -> PosePasses:
    return PosePasses(*(look.replaced(**arrays) for look in (passes.as_filmed, passes.mirrored)))


def test_a_good_set_up_is_fine():
    found = measured("knee_flexion", "left", faces="image_left")
    assert found.verdict == "ok"
    assert {check.key: check.state for check in found.checks} == dict.fromkeys(
        ("view", "side", "roll", "distance", "share", "size", "picture", "visibility", "brightness", "contrast", "noise",
         "frame_rate", "gap", "people"), "ok",
    )  # fmt: skip
    assert not any(check.advice for check in found.checks)


@pytest.mark.parametrize(
    ("key", "side", "yaw_deg", "turn"),
    [
        ("shoulder_abduction", "left", 30.0, "30 degrees to their own right"),  # Faces the picture's right, which is their left.
        ("shoulder_abduction", "left", -30.0, "30 degrees to their own left"),
        ("knee_flexion", "left", -60.0, "30 degrees to their own right"),
        ("knee_flexion", "left", -120.0, "30 degrees to their own left"),
        ("knee_flexion", "right", 60.0, "30 degrees to their own left"),
    ],
)
def test_the_client_is_told_which_way_to_turn(key, side, yaw_deg, turn):
    found = check(measured(key, side, yaw_deg=yaw_deg), "view")
    assert found.state == "caution"
    assert turn in found.advice
    assert f"to the {turn.split()[-1]}, seen from behind it" in found.advice
    # Done as told: to their own right is towards the picture's left, which lowers the yaw.
    sign = -1 if turn.endswith("right") else 1
    assert check(measured(key, side, yaw_deg=yaw_deg + 30 * sign), "view").state == "ok"


@settings(max_examples=25, deadline=None)
@given(yaw_deg=st.floats(-180, 180), key=st.sampled_from(["knee_flexion", "shoulder_abduction", "elbow_flexion", "trunk_flexion"]))
def test_a_check_and_its_flag_agree(yaw_deg, key):
    found = measured(key, "right", yaw_deg=yaw_deg, peak=60.0)
    view = check(found, "view")
    severities = {flag.severity for flag in found.flags if flag.code == "view"} - {"note"}
    assert severities == ({view.state} if view.state != "ok" else set())
    assert view.limits.state(view.value) == view.state


@pytest.mark.parametrize("roll_deg", [-20.0, -7.0, 0.0, 12.0])
def test_roll_is_told_by_a_standing_client(roll_deg):
    found = check(measured("hip_abduction", "left", peak=30.0, roll_deg=roll_deg), "roll")
    assert found.value == pytest.approx(abs(roll_deg), abs=0.6)
    assert found.state == "ok"  # Nothing is measured against the vertical here.


def test_roll_matters_against_the_vertical_and_is_undone_where_told():
    # The picture is turned clockwise, so the camera counter-clockwise: the card would tell -8.
    rolled = measured("hip_external_rotation", "left", peak=30.0, roll_deg=8.0)
    assert check(rolled, "roll").state == "caution"
    assert "8 degrees clockwise" in check(rolled, "roll").advice
    assert "camera_rolled" in {flag.code for flag in rolled.flags}
    assert abs(rolled.peak_deg - 30.7) == pytest.approx(8.0, abs=0.5)
    told = measured("hip_external_rotation", "left", sight=Sight(1, GOOD, roll_deg=-8.0), peak=30.0, roll_deg=8.0)
    assert told.peak_deg == pytest.approx(30.7, abs=0.5)
    assert check(told, "roll").state == "ok"


def test_a_lying_client_tells_no_roll():
    found = check(measured("straight_leg_raise", "left", peak=60.0, faces="image_left"), "roll")
    assert (found.state, found.value) == ("unknown", None)


def test_distance_follows_the_size():
    time_s, angle_deg = repetitions_deg([90.0, 92.0, 90.0])
    passes = stick_passes("knee_flexion", "left", angle_deg, time_s, faces="image_left")
    near = check(measured("knee_flexion", "left", passes=passes), "distance").value
    far = measured("knee_flexion", "left", passes=changed(passes, xy=320 + (passes.as_filmed.xy - 320) / 4))
    assert near == pytest.approx(0.85 * 640 / 280, rel=0.01)
    assert check(far, "distance").value == pytest.approx(4 * near, rel=0.01)
    assert check(far, "share").state == "caution"
    assert "far_away" in {flag.code for flag in far.flags}
    # 140 pixels of trunk became 35, of which 7 % of 640 are wanted: 7.8 m times 1 - 35 / 44.8.
    assert "nearer by 1.5 metres" in check(far, "share").advice


def test_the_limb_outside_the_picture():
    time_s, angle_deg = repetitions_deg([90.0, 92.0, 90.0])
    passes = stick_passes("knee_flexion", "left", angle_deg, time_s, faces="image_left")
    low = changed(passes, xy=passes.as_filmed.xy + np.array([0.0, 150.0]))
    found = check(measured("knee_flexion", "left", passes=low), "picture")
    assert found.state in ("caution", "refused")
    assert "ankle leaves the picture at its lower edge" in found.advice
    assert "tilt it down" in found.advice


@pytest.mark.parametrize(
    ("light", "key", "code"),
    [
        (Light(0.1, 0.1, 0.005), "contrast", "low_contrast"),
        (Light(0.5, 0.6, 0.1), "noise", "noisy_picture"),
        (Light(1.0, 0.5, 0.001), "brightness", "too_bright"),
    ],
)
def test_poor_light_is_a_caution(light, key, code):
    found = measured("knee_flexion", "left", faces="image_left", sight=Sight(1, light))
    assert [check.key for check in found.checks if check.state != "ok"] == [key]
    assert [flag.code for flag in found.flags if flag.severity == "caution"] == [code]
    assert found.verdict == "caution"
    assert found.peak_deg is not None


def test_a_gap_in_time():
    time_s, angle_deg = repetitions_deg([90.0, 92.0, 90.0])
    passes = stick_passes("knee_flexion", "left", angle_deg, time_s + np.where(time_s > 0.5, 0.4, 0.0), faces="image_left")
    found = check(measured("knee_flexion", "left", passes=passes), "gap")
    assert found.state == "caution"
    assert found.value == pytest.approx(0.4 + 1 / 30, abs=1e-6)


def test_nobody_found_is_checked_too():
    time_s, angle_deg = repetitions_deg([90.0])
    passes = stick_passes("knee_flexion", "left", angle_deg, time_s)
    nobody = changed(passes, xy=np.full_like(passes.as_filmed.xy, np.nan), world=np.full_like(passes.as_filmed.world, np.nan))
    found = measured("knee_flexion", "left", passes=nobody, sight=Sight(0, Light(0.02, 0.03, 0.01)))
    assert found.verdict == "refused"
    assert check(found, "contrast").state == "caution"
    assert check(found, "people").state == "refused"


def test_as_dict_has_the_limits():
    found = measured("knee_flexion", "left", yaw_deg=-60.0).as_dict()["checks"][0]
    assert (found["key"], found["state"]) == ("view", "caution")
    assert found["limits"]["caution"] == 20.0
    assert found["value"] == pytest.approx(30.0, abs=0.1)


@pytest.mark.parametrize(("value", "state"), [(9.9, "refused"), (10.0, "caution"), (19.9, "caution"), (20.0, "ok")])
def test_limits_where_smaller_is_worse(value, state):
    assert Limits(20.0, 10.0, "smaller", "").state(value) == state


@given(st.floats(0.01, 30))
def test_metres_words_are_within_a_quarter(metres):
    words = metres_words(metres)
    said = {"a step": 0.0, "half a metre": 0.5, "1 metre": 1.0}.get(words)
    assert (float(words.split()[0]) if said is None else said) == pytest.approx(metres, abs=0.25)
