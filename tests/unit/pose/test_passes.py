from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.landmarks import INDEX, MIRROR
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.angles import angle_series
from rom_tracker.pose.estimator import FaceMesh, FoundHand, FrameLandmarks
from rom_tracker.pose.mediapipe import FaceEstimator, HandEstimator, MediaPipeEstimator
from rom_tracker.pose.passes import average, exchange_legs, exchanged_legs, lost_share, mean_look, merge_passes
from rom_tracker.pose.sequence import PosePasses, PoseSequence
from rom_tracker.pose.view import View, body_view

CATALOGUE = load_catalogue()
#: Exchanged legs are known by knee and ankle, which stay where they are when only the foot moves.
LEG_TESTS = [key for key, movement in CATALOGUE.movements.items() if movement.still and movement.joint != "ankle"]


def passes_of(key: str, peaks_deg=(60, 62, 61), **options) -> PosePasses:
    time_s, angle_deg = repetitions_deg(peaks_deg)
    return stick_passes(key, "left", angle_deg, time_s, **options)


def merged(passes: PosePasses, key: str, preferred_view: str | None = None):
    """With a preferred view that does not depend on what the catalogue has found to be best."""
    return merge_passes(passes, CATALOGUE[key].model_copy(update={"preferred_view": preferred_view}), "left", body_view(passes))


def with_points(look: PoseSequence, frames, points: dict[str, tuple[float, float]]) -> PoseSequence:
    """The look with landmarks moved by pixels in some frames."""
    xy = look.xy.copy()
    for name, by in points.items():
        xy[frames, INDEX[name]] += by
    return look.replaced(xy=xy)


def without_person(look: PoseSequence, frames) -> PoseSequence:
    xy, world, visibility = look.xy.copy(), look.world.copy(), look.visibility.copy()
    xy[frames], world[frames], visibility[frames] = np.nan, np.nan, 0
    return look.replaced(xy=xy, world=world, visibility=visibility)


def different_from(a: PoseSequence, b: PoseSequence) -> np.ndarray:
    return np.abs(a.xy - b.xy).max(axis=(1, 2)) > 1e-9


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("key", LEG_TESTS)
def test_legs_exchanged_in_a_third_of_the_frames_are_put_right(key, seed):
    passes = passes_of(key, peaks_deg=(35, 32, 36), jitter_px=0.5)
    rng = np.random.default_rng(seed)
    swapped = [rng.random(len(passes.time_s)) < 0.35 for _ in range(2)]
    mixed = PosePasses(exchange_legs(passes.as_filmed, swapped[0]), exchange_legs(passes.mirrored, swapped[1]))
    found, clean = merged(mixed, key), merged(passes, key)
    view = View(body_view(passes))
    angles, truth = (angle_series(m.poses, CATALOGUE[key], "left", view).angle_deg for m in (found, clean))
    moved = repetitions_deg((35, 32, 36))[1] > 20  # nearer to rest the legs lie on one another in profile
    np.testing.assert_allclose(angles[moved], truth[moved], atol=0.5)
    assert found.exchanged[moved & (swapped[0] if found.used == "as filmed" else swapped[1])].all()
    assert not clean.exchanged.any()


def test_the_share_of_exchanged_frames_is_that_of_the_time_however_few_are_looked_at():
    time_s, angle_deg = repetitions_deg([90, 95])
    passes = stick_passes("hip_flexion", "left", angle_deg, time_s, faces="image_left")
    wrong = (angle_deg > 30) & (angle_deg < 80)
    damaged = exchange_legs(passes.as_filmed, wrong)
    looked = np.unique(np.r_[0 : len(time_s) : 8, np.flatnonzero(angle_deg > 80)[::3]])  # Closely near the end range.
    whole = merged(PosePasses(damaged, damaged), "hip_flexion").exchanged
    some = PosePasses(*(damaged.of_frames(looked) for _ in range(2)), time_s)
    np.testing.assert_array_equal(whole, wrong)
    assert merged(some, "hip_flexion").exchanged.mean() == pytest.approx(wrong.mean(), abs=0.04)


def test_the_mean_of_both_looks_has_the_legs_of_neither_exchanged():
    time_s, angle_deg = repetitions_deg([90, 95])
    passes = stick_passes("hip_flexion", "left", angle_deg, time_s, faces="image_left")
    wrong = np.arange(len(time_s)) % 3 == 0
    damaged = PosePasses(exchange_legs(passes.as_filmed, wrong), passes.mirrored)
    expected = mean_look(passes, CATALOGUE["hip_flexion"], "left")
    moved = angle_deg > 20  # nearer to rest the legs lie on one another in profile
    np.testing.assert_allclose(mean_look(damaged, CATALOGUE["hip_flexion"], "left").xy[moved], expected.xy[moved])


def test_one_long_run_of_exchanged_frames_is_put_right():
    passes = passes_of("hip_flexion")
    held = (passes.time_s > 1.0) & (passes.time_s < 2.8)
    look = exchange_legs(passes.as_filmed, held)
    found = merged(PosePasses(look, look), "hip_flexion")
    upper = repetitions_deg((60, 62, 61))[1] > 10
    assert not different_from(found.poses, passes.as_filmed)[upper].any()


def test_exchanging_twice_changes_nothing_and_leaves_the_hips():
    passes = passes_of("hip_abduction")
    frames = np.arange(len(passes.time_s)) % 3 == 0
    once = exchange_legs(passes.as_filmed, frames)
    np.testing.assert_array_equal(different_from(once, passes.as_filmed), frames)
    np.testing.assert_array_equal(once.point("hip", "left"), passes.as_filmed.point("hip", "left"))
    assert not different_from(exchange_legs(once, frames), passes.as_filmed).any()


def both_legs(key: str, left_deg: np.ndarray, right_deg: np.ndarray, time_s: np.ndarray) -> PosePasses:
    left, right = (stick_passes(key, side, a, time_s).as_filmed for side, a in (("left", left_deg), ("right", right_deg)))
    legs = [INDEX[f"right_{name}"] for name in ("knee", "ankle", "heel", "foot_index")]
    xy, world = left.xy.copy(), left.world.copy()
    xy[:, legs], world[:, legs] = right.xy[:, legs], right.world[:, legs]
    look = left.replaced(xy=xy, world=world)
    return PosePasses(look, look)


@pytest.mark.parametrize("key", ["hip_flexion", "knee_flexion"])
def test_both_legs_moving_together_are_not_taken_for_exchanged(key):
    time_s, angle_deg = repetitions_deg([70, 75, 72])
    passes = both_legs(key, angle_deg, angle_deg + 3, time_s)
    assert not merged(passes, key).exchanged.any()


def test_a_still_leg_that_swings_less_than_the_tested_one_stays_itself():
    time_s, angle_deg = repetitions_deg([70, 75, 72])
    assert not merged(both_legs("hip_flexion", angle_deg, -0.2 * angle_deg, time_s), "hip_flexion").exchanged.any()


@pytest.mark.parametrize("key", ["hip_flexion", "hip_extension"])
@pytest.mark.parametrize("forward_m_s", [0.0, 0.3])
def test_walking_is_not_taken_for_exchanged_legs(key, forward_m_s):
    time_s = np.arange(0, 4, 1 / 30)
    swing = 28 * np.sin(2 * np.pi * 0.9 * time_s)
    look = both_legs(key, swing, -swing, time_s).as_filmed
    walking = look.replaced(xy=look.xy + (forward_m_s * time_s * 280)[:, None, None] * (1, 0))
    assert not merged(PosePasses(walking, walking), key).exchanged.any()


@pytest.mark.parametrize("key", ["shoulder_flexion", "elbow_flexion", "trunk_flexion"])
def test_movements_without_a_still_leg_leave_the_legs_alone(key):
    passes = passes_of(key)
    look = exchange_legs(passes.as_filmed, np.arange(len(passes.time_s)) % 2 == 0)
    assert not merged(PosePasses(look, look), key).exchanged.any()


def test_nobody_has_no_legs_to_exchange():
    look = without_person(passes_of("hip_flexion").as_filmed, slice(None))
    assert not exchanged_legs(look, "left").any()


@pytest.mark.parametrize(
    ("preferred_view", "faces", "used"),
    [
        ("image_right", "image_right", "as filmed"),
        ("image_right", "image_left", "mirrored"),
        ("image_left", "image_right", "mirrored"),
        ("image_left", "image_left", "as filmed"),
        (None, "image_left", "both averaged"),
        (None, "image_right", "both averaged"),
    ],
)
def test_the_look_is_the_one_that_suits_the_movement(preferred_view, faces, used):
    passes = passes_of("shoulder_flexion", faces=faces, jitter_px=1.0)
    found = merged(passes, "shoulder_flexion", preferred_view)
    assert found.used == used
    expected = {"as filmed": passes.as_filmed.xy, "mirrored": passes.mirrored.xy}
    expected["both averaged"] = (passes.as_filmed.xy + passes.mirrored.xy) / 2
    np.testing.assert_allclose(found.poses.xy, expected[used])


@pytest.mark.parametrize("preferred_view", [None, "image_right", "image_left"])
@pytest.mark.parametrize("key", ["elbow_flexion", "hip_flexion"])
@pytest.mark.parametrize("damaged", ["as_filmed", "mirrored"])
def test_a_look_that_loses_the_limb_gives_way_to_the_other(key, damaged, preferred_view):
    passes = passes_of(key)
    end = {"elbow_flexion": "left_wrist", "hip_flexion": "left_knee"}[key]
    start = {"elbow_flexion": "left_elbow", "hip_flexion": "left_hip"}[key]
    look = getattr(passes, damaged)
    xy = look.xy.copy()
    share = np.arange(len(look)) < 0.2 * len(look)
    xy[share, INDEX[end]] = (xy[share, INDEX[end]] + xy[share, INDEX[start]]) / 2
    looks = {"as_filmed": passes.as_filmed, "mirrored": passes.mirrored, damaged: look.replaced(xy=xy)}
    assert lost_share(looks[damaged], CATALOGUE[key], "left", looks[damaged].time_s) == pytest.approx(0.2, abs=0.01)
    found = merged(PosePasses(**looks), key, preferred_view)
    assert found.used == {"as_filmed": "mirrored", "mirrored": "as filmed"}[damaged]
    assert not different_from(found.poses, passes.as_filmed).any()


@pytest.mark.parametrize("lost", [0.1, 0.14])
def test_a_look_that_loses_a_few_frames_is_kept(lost):
    passes = passes_of("shoulder_flexion")
    few = np.arange(len(passes.time_s)) < lost * len(passes.time_s)
    assert (
        merged(PosePasses(without_person(passes.as_filmed, few), passes.mirrored), "shoulder_flexion", "image_right").used
        == "as filmed"
    )


def test_both_looks_equally_lost_keep_the_one_that_suits():
    passes = passes_of("shoulder_flexion", faces="image_left")
    many = np.arange(len(passes.time_s)) % 3 == 0
    both = PosePasses(without_person(passes.as_filmed, many), without_person(passes.mirrored, many))
    assert (
        merged(both, "shoulder_flexion", "image_right").used == "as filmed"
    )  # neither is better, and "as filmed" is the default of a tie


def test_frames_in_which_a_look_found_nobody_come_from_the_other():
    passes = passes_of("shoulder_flexion", jitter_px=1.0)
    few = np.arange(len(passes.time_s)) % 10 == 0
    found = merged(PosePasses(without_person(passes.as_filmed, few), passes.mirrored), "shoulder_flexion", "image_right")
    np.testing.assert_array_equal(found.poses.xy[few], passes.mirrored.xy[few])
    np.testing.assert_array_equal(found.poses.xy[~few], passes.as_filmed.xy[~few])
    assert found.poses.visibility.min() == 1


def test_the_average_takes_what_there_is():
    passes = passes_of("hip_flexion", jitter_px=1.0)
    a, b = without_person(passes.as_filmed, slice(0, 20)), without_person(passes.mirrored, slice(10, 30))
    found = average(a, b)
    np.testing.assert_array_equal(found.xy[:10], b.xy[:10])
    assert np.isnan(found.xy[10:20]).all()
    np.testing.assert_array_equal(found.xy[20:30], a.xy[20:30])
    np.testing.assert_allclose(found.xy[30:], (a.xy[30:] + b.xy[30:]) / 2)
    np.testing.assert_array_equal(found.visibility[:, 0] > 0, ~np.isin(np.arange(len(a)), range(10, 20)))


@given(st.integers(0, 1000))
def test_a_mirrored_look_comes_back_where_it_was(seed):
    rng = np.random.default_rng(seed)
    width = 640
    there = FrameLandmarks(rng.uniform(0, width, (33, 2)), rng.normal(size=(33, 3)), rng.random(33))
    mirrored = FrameLandmarks(there.xy[MIRROR] * (-1, 1) + (width, 0), there.world[MIRROR] * (-1, 1, 1), there.visibility[MIRROR])
    unmirrored = MediaPipeEstimator()._unmirrored
    back = unmirrored(mirrored, width)
    for a, b in ((back, there), (unmirrored(back, width), mirrored)):
        np.testing.assert_allclose(a.xy, b.xy)
        np.testing.assert_array_equal(a.world, b.world)
        np.testing.assert_array_equal(a.visibility, b.visibility)


@given(st.integers(0, 1000))
def test_hands_and_faces_of_a_mirrored_look_come_back_where_they_were_and_a_hand_gets_its_other_name(seed):
    rng = np.random.default_rng(seed)
    width, flip = 640, np.array([-1, 1, 1])
    hand = FoundHand(rng.uniform(0, width, (21, 3)), rng.normal(size=(21, 3)), "left")
    seen = FoundHand(hand.xyz * flip + (width, 0, 0), hand.world * flip, "right")
    (back,) = HandEstimator()._unmirrored((seen,), width)
    np.testing.assert_allclose(back.xyz, hand.xyz)
    np.testing.assert_array_equal(back.world, hand.world)
    assert back.word == "left"
    face = FaceMesh(rng.uniform(0, width, (478, 3)))
    np.testing.assert_allclose(FaceEstimator()._unmirrored(FaceMesh(face.xyz * flip + (width, 0, 0)), width).xyz, face.xyz)
