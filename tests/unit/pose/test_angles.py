from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stick_figure import IMAGE_SIZE, PX_PER_M, STANDING_M, repetitions_deg, stick_passes

from rom_tracker.landmarks import INDEX, MIRROR, opposite_side
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.angles import STRETCH_FROM_DEG, AngleSeries, angle_series, jitter, resting_value, turn_deg
from rom_tracker.pose.sequence import PosePasses, PoseSequence
from rom_tracker.pose.view import View, body_view

#: Every movement of the body's own landmarks, from the clinical zero as the stick body counts it.
MOVEMENTS = {
    key: m.model_copy(update={"zero": "anatomical"}) for key, m in load_catalogue().movements.items() if m.instrument == "body"
}
SIDES = ["left", "right"]
YAWS = {"side": (90.0, -90.0), "front": (0.0, 180.0)}

every_way = pytest.mark.parametrize(
    ("key", "side", "yaw_deg"), [(key, side, yaw) for key, m in MOVEMENTS.items() for side in SIDES for yaw in YAWS[m.camera]]
)


def sweep(key: str) -> tuple[np.ndarray, np.ndarray]:
    """Times and angles from zero over one limit to the other, too few a second for smoothing, too slow for outliers."""
    low, high = MOVEMENTS[key].limits_deg
    angle_deg = np.concatenate([np.arange(0.0, high - 1.0, 1.0), np.arange(high - 1.0, low, -1.0)])
    return np.arange(len(angle_deg)) / 10, angle_deg


def read(passes: PosePasses, key: str, side: str, yaw_deg: float | None = None) -> AngleSeries:
    view = body_view(passes)
    if yaw_deg is not None:
        assert view.yaw_deg == pytest.approx(yaw_deg)
    return angle_series(passes.as_filmed, MOVEMENTS[key], side, View(view))


def changed(passes: PosePasses, change) -> PosePasses:
    return PosePasses(change(passes.as_filmed), change(passes.mirrored))


@every_way
def test_every_angle_between_the_limits_is_read_exactly(key, side, yaw_deg):
    time_s, angle_deg = sweep(key)
    found = read(stick_passes(key, side, angle_deg, time_s, yaw_deg=yaw_deg), key, side)
    np.testing.assert_allclose(found.angle_deg, angle_deg, atol=1e-3)
    np.testing.assert_array_equal(found.confidence, 1.0)
    assert not found.out_of_picture.any()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("key", MOVEMENTS)
def test_smoothing_leaves_a_slow_movement_as_it_is(key, side):
    low, high = MOVEMENTS[key].limits_deg
    time_s, angle_deg = repetitions_deg([0.8 * high], rest_deg=max(0.5 * low, -40.0), move_s=2.0)
    found = read(stick_passes(key, side, angle_deg, time_s), key, side)
    np.testing.assert_allclose(found.angle_deg, angle_deg, atol=0.15)


def test_an_arm_past_the_vertical_goes_on_counting():
    time_s, angle_deg = repetitions_deg([185.0], move_s=2.0)
    found = read(stick_passes("shoulder_flexion", "left", angle_deg, time_s), "shoulder_flexion", "left")
    assert np.nanmax(found.angle_deg) == pytest.approx(185, abs=0.1)
    assert np.nanmin(found.angle_deg) == pytest.approx(0, abs=0.1)


def test_flexion_is_extension_counted_the_other_way():
    time_s, angle_deg = sweep("knee_flexion")
    passes = stick_passes("knee_flexion", "left", angle_deg, time_s)
    flexion, extension = (read(passes, key, "left").angle_deg for key in ("knee_flexion", "knee_extension"))
    np.testing.assert_allclose(flexion, -extension, atol=1e-9)


@given(pose=st.floats(0.05, 0.95), others=st.lists(st.floats(0.05, 0.95), min_size=1, max_size=6))
@pytest.mark.parametrize("key", ["shoulder_flexion", "elbow_extension", "knee_flexion"])
def test_a_pose_reads_the_same_in_every_recording(key, pose, others):
    low, high = MOVEMENTS[key].limits_deg
    held = 4 * 10
    angle_deg = low + (high - low) * np.repeat([pose, *others], held)
    passes = stick_passes(key, "right", angle_deg, np.arange(len(angle_deg)) / 10)
    assert read(passes, key, "right").angle_deg[held // 2] == pytest.approx(angle_deg[0], abs=1e-3)


@given(share=st.floats(0.02, 0.98), scale=st.floats(0.1, 8), shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500)))
@pytest.mark.parametrize("key", MOVEMENTS)
def test_scale_and_place_in_the_picture_do_not_matter(key, share, scale, shift):
    low, high = MOVEMENTS[key].limits_deg
    passes = stick_passes(key, "left", np.full(5, low + share * (high - low)), np.arange(5) / 10)

    def moved(look: PoseSequence) -> PoseSequence:
        return look.replaced(xy=look.xy * scale + 500 + np.array(shift), image_size=(10_000, 10_000))

    np.testing.assert_allclose(read(changed(passes, moved), key, "left").angle_deg, read(passes, key, "left").angle_deg, atol=1e-6)


@given(share=st.floats(0.02, 0.98), turned=st.floats(-40, 40))
@pytest.mark.parametrize("key", MOVEMENTS)
def test_the_mirror_image_shows_the_other_side_doing_the_same(key, share, turned):
    low, high = MOVEMENTS[key].limits_deg
    yaw_deg = YAWS[MOVEMENTS[key].camera][0] + turned
    passes = stick_passes(key, "left", np.full(5, low + share * (high - low)), np.arange(5) / 10, yaw_deg=yaw_deg)

    def mirrored(look: PoseSequence) -> PoseSequence:
        xy, world = look.xy[:, MIRROR].copy(), look.world[:, MIRROR].copy()
        xy[..., 0], world[..., 0] = IMAGE_SIZE[0] - xy[..., 0], -world[..., 0]
        return look.replaced(xy=xy, world=world)

    there = read(changed(passes, mirrored), key, opposite_side("left"))
    np.testing.assert_allclose(there.angle_deg, read(passes, key, "left").angle_deg, atol=1e-6)


@pytest.mark.parametrize("off_deg", [-35.0, -25.0, -15.0, 15.0, 25.0, 35.0])
@every_way
def test_a_body_turned_out_of_the_plane_reads_the_true_angle(key, side, yaw_deg, off_deg):
    time_s, angle_deg = sweep(key)
    found = read(stick_passes(key, side, angle_deg, time_s, yaw_deg=yaw_deg + off_deg), key, side)
    np.testing.assert_allclose(found.angle_deg, angle_deg, atol=0.01)


@pytest.mark.parametrize("key", ["shoulder_flexion", "hip_abduction", "trunk_flexion"])
@pytest.mark.parametrize("off_deg", [5.0, 11.0])
def test_a_small_turn_is_left_alone_and_costs_what_geometry_says(key, off_deg):
    assert off_deg < STRETCH_FROM_DEG
    time_s, angle_deg = sweep(key)
    yaw_deg = YAWS[MOVEMENTS[key].camera][0] + off_deg
    error = read(stick_passes(key, "left", angle_deg, time_s, yaw_deg=yaw_deg), key, "left").angle_deg - angle_deg
    c = np.cos(np.radians(off_deg))
    worst = np.degrees(np.arcsin((1 - c) / (1 + c)))  # greatest turn of a line whose x shrinks by c: 0.11 degrees at 5, 0.53 at 11
    assert 0.8 * worst < np.abs(error).max() <= worst + 1e-6


def test_the_zero_of_the_trunk_is_the_clients_own_start():
    time_s, angle_deg = repetitions_deg([50, 52], rest_deg=7.0)
    passes = stick_passes("trunk_flexion", "left", angle_deg, time_s)
    found = angle_series(passes.as_filmed, load_catalogue()["trunk_flexion"], "left", View(body_view(passes)))
    np.testing.assert_allclose(found.angle_deg, angle_deg - 7, atol=0.3)


@pytest.mark.parametrize(
    ("key", "end", "used"), [("elbow_flexion", "wrist", True), ("elbow_flexion", "knee", False), ("hip_flexion", "knee", True)]
)
def test_a_landmark_of_the_movement_outside_the_picture_makes_the_angle_unknown(key, end, used):
    time_s, angle_deg = np.arange(60) / 10, np.linspace(0, 40, 60)

    def off_the_edge(look: PoseSequence) -> PoseSequence:
        xy = look.xy.copy()
        xy[20:30, INDEX[f"left_{end}"], 0] = IMAGE_SIZE[0] + 20  # 13 pixels beyond the edge are still believed
        return look.replaced(xy=xy)

    found = read(changed(stick_passes(key, "left", angle_deg, time_s), off_the_edge), key, "left")
    gone = np.zeros(60, dtype=bool)
    gone[20:30] = used
    np.testing.assert_array_equal(found.out_of_picture, gone)
    for unknown in (np.isnan(found.angle_deg), np.isnan(found.noise_deg), found.confidence == 0):
        np.testing.assert_array_equal(unknown, gone)


def test_frames_without_anybody_are_unknown_and_not_out_of_the_picture():
    def lost(look: PoseSequence) -> PoseSequence:
        xy = look.xy.copy()
        xy[20:30] = np.nan
        return look.replaced(xy=xy)

    passes = changed(stick_passes("elbow_flexion", "left", np.linspace(0, 40, 60), np.arange(60) / 10), lost)
    found = read(passes, "elbow_flexion", "left")
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(found.angle_deg)), np.arange(20, 30))
    assert not found.out_of_picture.any()


def test_confidence_is_that_of_the_least_visible_landmark_used():
    passes = stick_passes("elbow_flexion", "left", np.zeros(5), np.arange(5) / 10)

    def dim(look: PoseSequence) -> PoseSequence:
        visibility = look.visibility.copy()
        visibility[:, [INDEX["left_elbow"], INDEX["left_wrist"], INDEX["left_knee"]]] = 0.7, 0.4, 0.1
        return look.replaced(visibility=visibility)

    np.testing.assert_allclose(read(changed(passes, dim), "elbow_flexion", "left").confidence, 0.4)


@pytest.mark.parametrize(
    ("key", "angle"), [("elbow_flexion", a) for a in (0, 45, 90, 135)] + [("shoulder_flexion", 90), ("hip_flexion", 0)]
)
def test_the_noise_foretold_is_the_noise_seen(key, angle):
    n, sd_px = 4000, 0.5
    passes = stick_passes(key, "left", np.full(n, angle), np.arange(n) / 10, jitter_px=sd_px, seed=angle)
    found = read(passes, key, "left")  # 10 frames a second: not smoothed
    seen = np.std(found.angle_deg)
    assert np.median(found.noise_deg) == pytest.approx(seen, rel=0.07)


def test_the_noise_foretold_holds_where_the_picture_is_stretched():
    n = 4000
    passes = stick_passes("shoulder_flexion", "left", np.full(n, 120.0), np.arange(n) / 10, yaw_deg=50.0)
    noise = np.random.default_rng(3).normal(scale=0.5, size=passes.as_filmed.xy.shape)
    found = read(changed(passes, lambda look: look.replaced(xy=look.xy + noise)), "shoulder_flexion", "left")
    assert np.median(found.noise_deg) == pytest.approx(np.std(found.angle_deg), rel=0.07)


def test_noise_worked_by_hand():
    forearm_px, upper_arm_px = (
        PX_PER_M * (STANDING_M[a][2] - STANDING_M[b][2]) for a, b in (("elbow", "wrist"), ("shoulder", "elbow"))
    )
    by_hand = np.degrees(np.sqrt(2 / forearm_px**2 + 2 / upper_arm_px**2))
    passes = stick_passes("elbow_flexion", "left", np.full(4000, 90.0), np.arange(4000) / 30, jitter_px=1.0)
    assert np.nanmedian(read(passes, "elbow_flexion", "left").noise_deg) == pytest.approx(by_hand, rel=0.03)


def test_jitter_is_told_from_movement_and_ignores_gaps():
    t = np.arange(3000) / 30
    noise = np.random.default_rng(1).normal(scale=2.0, size=(3000, 2))
    track = 100 * np.sin(t)[:, None] + noise
    track[500:600] = np.nan
    poses = stick_passes("elbow_flexion", "left", np.full(3000, 90.0), t).as_filmed
    assert jitter(poses, track) == pytest.approx(2.0, rel=0.05)
    assert jitter(poses.of_frames(np.arange(2)), track[:2]) == 0


@pytest.mark.parametrize(("period_s", "looks_fps"), [(3.0, 7.5), (3.0, 10.0), (2.0, 7.5), (2.0, 10.0)])
def test_jitter_of_few_looks_is_not_that_of_the_movement_between_them(period_s, looks_fps):
    t = np.arange(3000) / looks_fps
    noise = np.random.default_rng(2).normal(scale=1.0, size=(3000, 2))
    poses = stick_passes("elbow_flexion", "left", np.full(3000, 90.0), t).as_filmed
    moves = 100 * np.sin(2 * np.pi * t / period_s)[:, None]
    assert jitter(poses, moves + noise) == pytest.approx(1.0, rel=0.12)
    assert jitter(poses, moves + 0 * noise) < 0.8


def test_where_looks_are_few_the_shortest_fives_tell_the_jitter():
    """Fives of a start that is looked at closely, then of a quick movement that is looked at now and then."""
    t = np.concatenate([np.arange(7) * 0.1, 1.0 + 0.4 * np.arange(40)])
    moves = np.where(t < 0.7, 0.0, 100 * np.sin(4 * t))[:, None] + np.zeros((1, 2))
    poses = stick_passes("elbow_flexion", "left", np.full(len(t), 90.0), t).as_filmed
    found = [jitter(poses, moves + np.random.default_rng(seed).normal(scale=1.0, size=(len(t), 2))) for seed in range(200)]
    assert np.median(found) == pytest.approx(1.0, rel=0.25)
    assert jitter(poses.of_frames(np.arange(4)), moves[:4]) == 0
    assert jitter(poses.of_frames(np.arange(5)), moves[:5] + np.array([[0], [0], [1], [0], [0]])) > 0


@pytest.mark.parametrize("every", [2, 4, 8])
def test_jitter_is_that_of_the_looks_not_of_what_lies_between_them(every):
    t = np.arange(6000) / 30
    rows = np.flatnonzero(np.arange(6000) % every == 0)
    rows = np.sort(np.concatenate([rows, rows[::5] + 1]))  # Not evenly spaced.
    passes = stick_passes("elbow_flexion", "left", np.full(6000, 90.0), t, jitter_px=1.0)
    between = passes.as_filmed.of_frames(rows).at(t)
    assert jitter(between, between.point("wrist", "left")) == pytest.approx(1.0, rel=0.06)
    view = View(body_view(passes))
    whole, some = (angle_series(e, MOVEMENTS["elbow_flexion"], "left", view).noise_deg for e in (passes.as_filmed, between))
    known = np.flatnonzero(np.isfinite(some))
    assert np.isin(known, rows).all()
    assert len(known) > 0.99 * len(rows)
    assert np.nanmedian(some) == pytest.approx(np.nanmedian(whole), rel=0.06)


def test_turns():
    right, down = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert [turn_deg(a, b)[0] for a, b in ((right, down), (down, right), (right, -right), (right, right))] == [90, -90, 180, 0]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [([3, 40, 3], 3), ([0, 25, 0, -25, 0], 0), ([8, 8], 8), ([12, 60, 12, 60], 12)],
)
def test_the_resting_value_is_the_first_still_half_second(levels, expected):
    angle_deg = np.repeat(np.array(levels, dtype=float), 30)
    time_s = np.arange(len(angle_deg)) / 30
    assert resting_value(time_s, angle_deg) == pytest.approx(expected, abs=1.0)


def test_a_hold_at_the_end_range_is_not_the_resting_value():
    time_s = np.arange(90) / 30
    angle_deg = np.interp(time_s, [0, 1, 2, 3], [2, 100, 100, 2])
    assert resting_value(time_s, angle_deg) == pytest.approx(2, abs=11)


def test_there_is_no_resting_value_without_an_angle():
    assert np.isnan(resting_value(np.arange(9) / 30, np.full(9, np.nan)))


@pytest.mark.parametrize(("key", "beyond_deg"), [("elbow_flexion", -105.0), ("elbow_flexion", 240.0), ("knee_extension", 105.0)])
def test_an_angle_beyond_the_limits_reads_on_the_side_that_is_nearer(key, beyond_deg):
    passes = stick_passes(key, "left", np.full(5, beyond_deg), np.arange(5) / 10)
    np.testing.assert_allclose(read(passes, key, "left").angle_deg, beyond_deg, atol=1e-3)
