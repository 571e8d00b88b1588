"""Which frames are looked at: told by mannequins that move as the program is told, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.between import LONGEST_BETWEEN_S
from rom_tracker.pose.end_ranges import CLOSE, COARSE_FPS, LONGEST_CLOSE_STEP_S, EndRanges
from rom_tracker.pose.gaze import Looks
from rom_tracker.pose.sequence import PosePasses

CATALOGUE = load_catalogue()
OF_THE_BODY = [key for key, movement in CATALOGUE.movements.items() if movement.instrument == "body"]
SHOULDER = CATALOGUE["shoulder_flexion"]
#: Measured on one of the looks, so that they are not taken in turns.
ONE_SIDED = SHOULDER.model_copy(update={"preferred_view": "image_left"})

AS_FILMED, MIRRORED, BOTH = Looks.AS_FILMED.value, Looks.MIRRORED.value, Looks.BOTH.value


def end_ranges(movement, side) -> EndRanges:
    """As it is looked at with the model that it is measured with."""
    return EndRanges(movement, side, movement.model)


def looks_of(passes: PosePasses, attention) -> np.ndarray:
    """(frame,) the values of the looks that would have been taken at a recording that was looked at all through."""
    gaze, time_s = attention.begin(), passes.time_s
    sequences = {Looks.AS_FILMED: passes.as_filmed, Looks.MIRRORED: passes.mirrored}
    looks = np.zeros(len(time_s), dtype=int)
    for frame, t in enumerate(time_s):
        wanted = gaze.wants(t, t - time_s[frame - 1] if frame else 0.0)
        looks[frame] = wanted.value
        if wanted:
            gaze.saw(t, {look: sequences[look].xy[frame] for look in wanted})
    return looks


def looked_at(passes: PosePasses, looks: np.ndarray) -> PosePasses:
    """What would have been found by those looks."""
    as_filmed, mirrored = ((looks & look) > 0 for look in (AS_FILMED, MIRRORED))
    return PosePasses(passes.as_filmed.of_frames(as_filmed), passes.mirrored.of_frames(mirrored), passes.time_s)


@given(st.sampled_from([5.0, 8.0, 10.0, 12.0, 15.0, 24.0, 25.0, 29.97, 30.0, 50.0, 60.0]), st.floats(0.2, 2.5))
def test_looks_at_a_usual_camera_are_never_too_far_apart_to_know_what_lies_between(fps, move_s):
    time_s, angle_deg = repetitions_deg([100, 90], move_s=move_s, fps=fps)
    looks = looks_of(stick_passes("shoulder_flexion", "right", angle_deg, time_s), end_ranges(SHOULDER, "right"))
    assert np.diff(time_s[looks > 0]).max() <= LONGEST_BETWEEN_S
    assert time_s[-1] - time_s[looks > 0][-1] <= LONGEST_BETWEEN_S


@pytest.mark.parametrize(
    ("fps", "lost"), [(7.0, 0), (8.45, 0), (12.0, 0), (15.0, 0), (25.0, 0), (30.0, 0), (15.0, 0.1), (25.0, 0.1), (30.0, 0.15)]
)
def test_slow_movements_are_known_all_through_also_where_frames_are_lost(fps, lost):
    for seed in range(4):
        time_s, angle_deg = repetitions_deg([100, 90, 95], move_s=3.0, fps=fps)
        kept = np.random.default_rng(seed).uniform(size=len(time_s)) >= lost
        if np.diff(time_s[kept]).max() > LONGEST_BETWEEN_S:
            continue
        passes = stick_passes("shoulder_flexion", "left", angle_deg[kept], time_s[kept])
        looks = looks_of(passes, end_ranges(CATALOGUE["shoulder_flexion"], "left"))
        apart_s = np.diff(time_s[kept][looks > 0])
        assert (apart_s > LONGEST_BETWEEN_S).mean() <= (0.0 if lost == 0 else 0.03)


def test_a_body_that_goes_down_slowly_is_followed_closely():
    time_s, angle_deg = repetitions_deg([100, 95], move_s=4.0, hold_s=2.0)
    passes = stick_passes("shoulder_flexion", "right", angle_deg, time_s)
    down = (0.6 * passes.as_filmed.image_size[1] / 720 * angle_deg)[:, None] * np.array([0.0, 1.0])
    sunk = PosePasses(*(look.replaced(xy=look.xy + down[:, None]) for look in (passes.as_filmed, passes.mirrored)))
    still, going = (looks_of(each, end_ranges(SHOULDER, "right")) for each in (passes, sunk))
    held = (time_s > 5.0) & (time_s < 6.5)
    assert np.diff(time_s[held & (going > 0)]).max() <= 1 / CLOSE["full"].fps + 1e-6 < np.diff(time_s[held & (still > 0)]).max()
    assert set(going[time_s > 3.0]) == {0, BOTH}
    assert set(still[time_s > 3.0]) == {0, AS_FILMED, MIRRORED}


def test_end_ranges_are_looked_at_closely_and_both_ways_and_what_lies_between_now_and_then():
    time_s, angle_deg = repetitions_deg([100, 95], rest_s=1.5, hold_s=1.0)
    looks = looks_of(stick_passes("shoulder_flexion", "right", angle_deg, time_s), end_ranges(ONE_SIDED, "right"))
    for hold in ((2.6, 3.4), (7.1, 7.9)):
        held = (time_s >= hold[0]) & (time_s <= hold[1])
        assert np.diff(time_s[held & (looks > 0)]).max() <= LONGEST_CLOSE_STEP_S + 1e-6
        assert set(looks[held]) == {0, BOTH}
    returning = (time_s > 3.95) & (time_s < 4.4)
    assert set(looks[returning]) == {0, AS_FILMED}
    resting = (time_s > 5.2) & (time_s < 6.0)
    assert set(looks[resting]) == {0, BOTH}
    assert np.diff(time_s[resting & (looks > 0)]).min() >= 1 / COARSE_FPS - 0.5 / 30 - 1e-6
    assert (looks > 0).mean() < 0.3


@pytest.mark.parametrize(
    ("key", "model", "looking"),
    [
        ("shoulder_flexion", "full", "in turns"),
        ("shoulder_external_rotation", "heavy", "in turns"),
        ("knee_flexion", "heavy", "in turns"),
        ("knee_flexion", "full", "in turns at rest"),
        ("hip_flexion", "full", "in turns at rest"),
        ("hip_flexion", "heavy", "in turns"),
        ("hip_abduction", "full", "in turns"),
        ("hip_adduction", "full", "in turns"),
        ("hip_internal_rotation", "full", "in turns at rest"),
        ("ankle_dorsiflexion", "full", "both at once"),
        ("ankle_dorsiflexion", "heavy", "both at once"),
    ],
)
def test_looks_are_taken_in_turns_where_neither_is_preferred_and_legs_are_not_exchanged(key, model, looking):
    assert EndRanges(CATALOGUE[key], "left", model).looking == looking


@pytest.mark.parametrize("fps", [5.0, 12.0, 15.0, 24.0, 25.0, 29.97, 30.0, 60.0])
def test_of_looks_in_turns_each_is_known_between_its_neighbours_however_slow_the_movement(fps):
    time_s, angle_deg = repetitions_deg([100, 95], rest_s=1.0, hold_s=2.0, move_s=3.0, fps=fps)
    looks = looks_of(stick_passes("shoulder_flexion", "right", angle_deg, time_s), end_ranges(SHOULDER, "right"))
    for hold in ((4.3, 5.8), (12.3, 13.8)):
        for look in (AS_FILMED, MIRRORED):
            taken_s = time_s[(time_s >= hold[0]) & (time_s <= hold[1]) & ((looks & look) > 0)]
            assert np.diff(taken_s).max() <= LONGEST_BETWEEN_S + 1e-6


@pytest.mark.parametrize(("fps", "in_turns"), [(30.0, True), (24.0, True), (15.0, False), (10.0, False)])
def test_of_a_slow_camera_every_frame_that_is_looked_at_closely_is_looked_at_both_ways(fps, in_turns):
    time_s, angle_deg = repetitions_deg([100, 95], rest_s=1.0, hold_s=2.0, move_s=3.0, fps=fps)
    looks = looks_of(stick_passes("shoulder_flexion", "right", angle_deg, time_s), end_ranges(SHOULDER, "right"))
    for closely in ((0.25, 0.6), (4.3, 5.8)):
        seen = set(looks[(time_s > closely[0]) & (time_s < closely[1])]) - {0}
        assert seen == ({AS_FILMED, MIRRORED} if in_turns else {BOTH})


def test_one_odd_look_is_not_taken_for_a_body_that_moves():
    time_s, angle_deg = repetitions_deg([100, 95], rest_s=1.5, hold_s=1.0)
    passes = stick_passes("shoulder_flexion", "right", angle_deg, time_s)
    as_it_is = looks_of(passes, end_ranges(SHOULDER, "right"))
    for frame in (0, int(np.flatnonzero(as_it_is == AS_FILMED)[10])):
        odd = passes.as_filmed.xy.copy()
        odd[frame] += 60
        looks = looks_of(PosePasses(passes.as_filmed.replaced(xy=odd), passes.mirrored), end_ranges(SHOULDER, "right"))
        assert (looks[time_s > 5] != BOTH).all()


def test_the_start_begins_when_somebody_is_found():
    time_s, angle_deg = repetitions_deg([100, 95], rest_s=2.5)
    passes = stick_passes("shoulder_flexion", "right", angle_deg, time_s)
    nobody = (time_s < 1.2)[:, None, None]
    seen = PosePasses(*(look.replaced(xy=np.where(nobody, np.nan, look.xy)) for look in (passes.as_filmed, passes.mirrored)))
    looks = looks_of(seen, end_ranges(SHOULDER, "right"))
    taken = looks[(time_s >= 1.2) & (time_s <= 1.8) & (looks > 0)]
    assert list(taken[:2]) == [BOTH, BOTH]
    assert len(taken) >= 6
    assert set(taken[2:]) == {AS_FILMED, MIRRORED}


def test_a_leg_that_may_be_exchanged_is_looked_at_both_ways_at_the_start_and_raised_and_in_turns_at_rest():
    time_s, angle_deg = repetitions_deg([100, 95], rest_s=1.5, hold_s=1.0)
    looks = looks_of(stick_passes("hip_flexion", "right", angle_deg, time_s), end_ranges(CATALOGUE["hip_flexion"], "right"))
    for both in ((0.0, 0.6), (2.6, 3.4), (7.1, 7.9)):
        assert set(looks[(time_s >= both[0]) & (time_s <= both[1])]) == {0, BOTH}
    resting = looks[(time_s > 5.2) & (time_s < 6.0) & (looks > 0)]
    assert set(resting) == {AS_FILMED, MIRRORED}
    assert (np.diff(resting) != 0).all()


def test_the_heavy_model_is_asked_more_often_at_the_end_range():
    time_s, angle_deg = repetitions_deg([100, 95], move_s=0.6, hold_s=0.8)
    held = (time_s > 1.4) & (time_s < 2.0)
    apart_s = []
    for key in ("shoulder_flexion", "knee_flexion"):
        looks = looks_of(stick_passes(key, "right", angle_deg, time_s), end_ranges(CATALOGUE[key], "right"))
        apart_s.append(np.diff(time_s[held & (looks > 0)]).mean())
    assert apart_s == pytest.approx([3 / 30, 2 / 30], abs=1e-6)


@pytest.mark.parametrize("key", ["shoulder_flexion", "knee_flexion"])
def test_looks_that_are_averaged_are_taken_in_turns_at_the_end_range_and_at_rest(key):
    time_s, angle_deg = repetitions_deg([100, 95], rest_s=1.5, hold_s=1.0)
    looks = looks_of(stick_passes(key, "right", angle_deg, time_s), end_ranges(CATALOGUE[key], "right"))
    for closely in ((2.6, 3.4), (5.2, 6.0), (7.1, 7.9)):
        taken = looks[(time_s >= closely[0]) & (time_s <= closely[1])]
        taken = taken[taken > 0]
        assert set(taken) == {AS_FILMED, MIRRORED}
        assert (np.diff(taken) != 0).all()
    assert set(looks[(time_s > 3.95) & (time_s < 4.4)]) == {0, AS_FILMED}


def test_a_slow_movement_is_looked_at_less_often_and_measured_as_well():
    shares, found = [], []
    for move_s in (1.0, 3.0):
        time_s, angle_deg = repetitions_deg([100, 95], rest_s=move_s, hold_s=move_s, move_s=move_s)
        passes = stick_passes("shoulder_flexion", "right", angle_deg, time_s, jitter_px=0.4)
        looks = looks_of(passes, end_ranges(SHOULDER, "right"))
        shares.append((looks > 0).mean())
        found.append(
            measure_poses(looked_at(passes, looks), SHOULDER, "right").peak_deg - measure_poses(passes, SHOULDER, "right").peak_deg
        )
    assert shares[1] < 0.75 * shares[0]
    assert np.abs(found).max() < 0.5


def test_the_end_range_of_a_quick_movement_is_looked_at_as_often_as_it_can_be():
    time_s, angle_deg = repetitions_deg([100, 95], move_s=0.6, hold_s=0.8)
    looks = looks_of(stick_passes("shoulder_flexion", "right", angle_deg, time_s), end_ranges(SHOULDER, "right"))
    held = (time_s > 1.4) & (time_s < 2.0)
    assert np.diff(time_s[held & (looks > 0)]).max() <= 1 / CLOSE["full"].fps + 1e-6


def test_the_first_repetition_is_not_missed_and_neither_is_one_that_goes_farther():
    time_s, angle_deg = repetitions_deg([60, 110], rest_s=1.0)
    looks = looks_of(stick_passes("shoulder_flexion", "right", angle_deg, time_s), end_ranges(SHOULDER, "right"))
    for rising in ((1.2, 1.9), (5.4, 5.9)):
        assert {AS_FILMED, MIRRORED} <= set(looks[(time_s > rising[0]) & (time_s < rising[1])])


def test_where_nobody_is_found_the_next_look_comes_soon_and_both_ways():
    time_s, angle_deg = repetitions_deg([100, 95], rest_s=1.5)
    passes = stick_passes("shoulder_flexion", "right", angle_deg, time_s)
    xy = passes.as_filmed.xy.copy()
    lost = (time_s > 3.8) & (time_s < 4.4)
    xy[lost] = np.nan
    looks = looks_of(PosePasses(passes.as_filmed.replaced(xy=xy), passes.mirrored), end_ranges(SHOULDER, "right"))
    assert np.diff(time_s[lost & (looks > 0)]).max() <= 1 / 15 + 1e-6
    assert (looks[lost & (looks > 0)][1:] == BOTH).all()


@pytest.mark.parametrize("movement", [SHOULDER, ONE_SIDED])
def test_where_the_two_looks_contradict_each_other_both_are_taken_again_soon(movement):
    time_s, angle_deg = repetitions_deg([100, 95], rest_s=1.5)
    passes = stick_passes(movement.key, "right", angle_deg, time_s)
    elsewhere = stick_passes(movement.key, "right", angle_deg + 20, time_s)
    differs = (time_s > 5.0) & (time_s < 6.0)
    xy = np.where(differs[:, None, None], elsewhere.mirrored.xy, passes.mirrored.xy)
    looks = looks_of(PosePasses(passes.as_filmed, passes.mirrored.replaced(xy=xy)), end_ranges(movement, "right"))
    at = differs & (time_s > 5.7) & (looks > 0)
    assert np.diff(time_s[at]).max() <= 1 / 15 + 1e-6
    assert (looks[at] == BOTH).all()


def test_a_recording_that_begins_later_is_looked_at_alike():
    time_s, angle_deg = repetitions_deg([100, 95], rest_s=1.5)
    at_once, later = (
        looks_of(stick_passes("shoulder_flexion", "right", angle_deg, time_s + begins_s), end_ranges(SHOULDER, "right"))
        for begins_s in (0.0, 64.0)
    )
    np.testing.assert_array_equal(later, at_once)


def test_a_trunk_that_bends_fast_is_followed_closely():
    time_s, angle_deg = repetitions_deg([60, 55], rest_s=1.5, move_s=2.0)
    looks = looks_of(stick_passes("trunk_flexion", "right", angle_deg, time_s), end_ranges(CATALOGUE["trunk_flexion"], "right"))
    bending = (time_s > 2.2) & (time_s < 3.0)
    assert np.diff(time_s[bending & (looks > 0)]).max() <= 1 / CLOSE["full"].fps + 1e-6


@pytest.mark.parametrize("key", ["trunk_flexion", "trunk_lateral_flexion"])
def test_a_trunk_that_is_what_the_movement_moves_is_not_taken_for_a_whole_body_that_moves(key):
    time_s, angle_deg = repetitions_deg([30, 30], rest_s=1.5, move_s=3.0, hold_s=2.0)
    looks = looks_of(stick_passes(key, "right", angle_deg, time_s), end_ranges(CATALOGUE[key], "right"))
    for held in ((4.7, 6.3), (14.2, 15.8)):
        assert set(looks[(time_s > held[0]) & (time_s < held[1])]) == {0, AS_FILMED, MIRRORED}


@pytest.mark.parametrize("move_s", [0.25, 0.5, 1.0, 2.5])
@pytest.mark.parametrize("key", OF_THE_BODY)
def test_the_result_is_that_of_every_frame_however_fast_the_movement(key, move_s):
    high = CATALOGUE[key].limits_deg[1]
    peaks = np.array([0.9, 0.85, 0.93]) * min(high, 90)
    time_s, angle_deg = repetitions_deg(peaks, hold_s=0.4, move_s=move_s)
    passes = stick_passes(key, "right", angle_deg, time_s, jitter_px=0.4)
    looks = looks_of(passes, EndRanges(CATALOGUE[key], "right", "full"))
    chosen, all_of_them = (measure_poses(each, CATALOGUE[key], "right") for each in (looked_at(passes, looks), passes))
    assert chosen.frames_looked_at == (looks > 0).sum() < 0.7 * len(time_s)
    assert len(chosen.angles) == len(time_s)
    assert len(chosen.repetitions.scored) == len(all_of_them.repetitions.scored)
    if all_of_them.peak_deg is not None:
        assert abs(chosen.peak_deg - all_of_them.peak_deg) < 1.0


def test_what_is_kept_for_one_movement_does_for_those_between_the_same_lines_and_for_no_other():
    names = {key: end_ranges(CATALOGUE[key], "left").name for key in OF_THE_BODY}
    assert names["knee_flexion"] == names["knee_extension"] != names["shoulder_flexion"]
    assert end_ranges(SHOULDER, "left").name != end_ranges(SHOULDER, "right").name
    for key in ("shoulder_flexion", "hip_flexion"):
        one_sided = CATALOGUE[key].model_copy(update={"preferred_view": "image_left"})
        assert names[key] != end_ranges(one_sided, "left").name
