"""Looks at some frames, one way or both, and what is between them."""

from __future__ import annotations

import numpy as np
import pytest
from stick_figure import every, repetitions_deg, stick_passes
from test_estimator import FakeEstimator, FakeVideo

from rom_tracker.movements import load_catalogue
from rom_tracker.pose.angles import angle_series
from rom_tracker.pose.estimator import estimate_poses
from rom_tracker.pose.gaze import Looks
from rom_tracker.pose.passes import exchange_legs, in_step, merge_passes
from rom_tracker.pose.sequence import LONGEST_BETWEEN_S, PosePasses
from rom_tracker.pose.view import View, body_view

KNEE = load_catalogue()["knee_flexion"]


class Asks:
    """An attention that looks at a list of frames, by their index, as it is told."""

    name = "asks"
    shortest_step_s = 0.0

    def __init__(self, looks: dict[int, Looks]) -> None:
        self.looks, self.index, self.heard = looks, -1, []

    def begin(self):
        return self

    def wants(self, time_s, frame_s):
        self.index += 1
        return self.looks.get(self.index, Looks.NONE)

    def saw(self, time_s, found):
        self.heard.append((time_s, {look: float(xy[0, 0]) for look, xy in found.items()}))


def test_frames_are_looked_at_as_the_attention_says_and_it_hears_what_was_found():
    fake = FakeEstimator(missing=(4,))
    times_s = [i / 30 for i in range(8)]
    one, other = Looks.BOTH
    asks = Asks({0: Looks.BOTH, 3: one, 4: Looks.BOTH, 6: one, 7: other})
    told, beside = [], []
    passes = estimate_poses(
        FakeVideo(times_s), fake, lambda done, total: told.append(done), asks, lambda glimpse: beside.append(glimpse.index)
    )
    np.testing.assert_array_equal(passes.all_time_s, times_s)
    np.testing.assert_array_equal(np.flatnonzero(passes.looked_at), [0, 3, 4, 6, 7])
    np.testing.assert_array_equal(passes.as_filmed.xy[:, 0, 0], [0, 3, np.nan, 6])
    np.testing.assert_array_equal(passes.mirrored.time_s, np.array(times_s)[[0, 4, 7]])
    np.testing.assert_array_equal(passes.mirrored.xy[:, 0, 0], [100, 104, 107])
    np.testing.assert_array_equal(passes.person_found, [True] * 5)
    nobody = pytest.approx(np.nan, nan_ok=True)
    heard = [{one: 0, other: 100}, {one: 3}, {one: nobody, other: 104}, {one: 6}, {other: 107}]
    assert asks.heard == list(zip((times_s[i] for i in (0, 3, 4, 6, 7)), heard, strict=True))
    assert (told, beside) == (times_s, list(range(8)))
    assert (fake.entered, fake.left) == (1, 1)


def test_frames_too_near_to_one_that_is_looked_at_are_read_meanwhile_and_the_attention_is_not_asked():
    asks = Asks(dict.fromkeys(range(100), Looks.BOTH))
    asks.shortest_step_s = 0.09
    passes = estimate_poses(FakeVideo([i / 30 for i in range(10)]), FakeEstimator(), None, asks)
    np.testing.assert_array_equal(np.flatnonzero(passes.looked_at), [0, 3, 6, 9])


def test_a_look_that_was_not_taken_differs_from_the_other_as_before_and_after():
    time_s = np.arange(5) / 10
    base = stick_passes("knee_flexion", "right", np.linspace(0, 40, 5), time_s).as_filmed
    shift = np.array([0.0, 1.0, 2.0, 3.0, 4.0])[:, None, None]
    mirrored = base.replaced(xy=base.xy + shift)
    some = mirrored.of_frames(np.array([0, 4]))
    one, other = in_step(base, some)
    np.testing.assert_array_equal(one.xy, base.xy)
    np.testing.assert_allclose(other.xy, mirrored.xy, atol=1e-4)
    lost = some.xy.copy()
    lost[0] = np.nan
    constant = in_step(base, some.replaced(xy=lost))[1]
    np.testing.assert_allclose(constant.xy[1:], base.xy[1:] + 4.0, atol=1e-4)
    assert np.isnan(constant.xy[0]).all(), "what a look did not find is not invented"
    nobody = in_step(base, some.replaced(xy=some.xy * np.nan))[1]
    assert not nobody.person_found.any()


def test_looks_taken_in_turns_are_interpolated_each_between_its_neighbours():
    """At 7 frames: both, then one look and the other in turns. What they differ by is not linear, but each look is."""
    time_s = np.arange(7) / 10
    base = stick_passes("knee_flexion", "right", np.zeros(7), time_s).as_filmed
    slope = np.arange(7.0)[:, None, None]
    as_filmed, mirrored = base.replaced(xy=base.xy + 2 * slope), base.replaced(xy=base.xy - 3 * slope)
    found = in_step(as_filmed.of_frames(np.array([0, 2, 4, 6])), mirrored.of_frames(np.array([0, 1, 3, 5, 6])))
    for look, truth in zip(found, (as_filmed, mirrored), strict=True):
        np.testing.assert_allclose(look.xy, truth.xy, atol=1e-4)
        np.testing.assert_array_equal(look.time_s, time_s)
    far_apart = [look.replaced(time_s=look.time_s * LONGEST_BETWEEN_S / 0.15) for look in (as_filmed, mirrored)]
    found = in_step(far_apart[0].of_frames(np.array([0, 2, 4, 6])), far_apart[1].of_frames(np.array([0, 1, 3, 5, 6])))
    assert all(look.person_found.all() for look in found), "known by the frames in which both looks were taken"


def test_legs_are_put_right_in_each_look_before_one_is_told_from_the_other():
    time_s, angle_deg = repetitions_deg([80, 85])
    whole = stick_passes("hip_flexion", "right", angle_deg, time_s)
    rows = np.arange(0, len(time_s), 7)
    exchanged = exchange_legs(whole.mirrored, np.isin(np.arange(len(time_s)), rows[3::5]))
    some = exchanged.replaced(
        time_s=time_s[rows], **{name: getattr(exchanged, name)[rows] for name in ("xy", "world", "visibility")}
    )
    hip, view = load_catalogue()["hip_flexion"], body_view(whole)
    found, truth = (merge_passes(each, hip, "right", view).poses.xy for each in (PosePasses(whole.as_filmed, some), whole))
    assert np.abs(found - truth).max() < 1.0


def test_passes_come_back_from_their_arrays_with_the_frames_between():
    time_s, angle_deg = repetitions_deg([90])
    passes = every(stick_passes("knee_flexion", "right", angle_deg, time_s), 4)
    again = PosePasses.from_arrays(passes.to_arrays())
    np.testing.assert_array_equal(again.looked_at, passes.looked_at)
    some = passes.mirrored.at(passes.time_s[::2])
    fewer = PosePasses.from_arrays(PosePasses(passes.as_filmed, some, passes.recording_s).to_arrays())
    np.testing.assert_array_equal(fewer.mirrored.time_s, passes.time_s[::2])
    with pytest.raises(ValueError, match="frames of the recording"):
        PosePasses(some, passes.mirrored)
    with pytest.raises(ValueError, match="frames of the recording"):
        PosePasses(passes.as_filmed, passes.mirrored, time_s + 0.01)


@pytest.mark.parametrize("side", ["left", "right"])
def test_between_frames_the_angle_is_that_of_every_frame(side):
    time_s, angle_deg = repetitions_deg([100, 95])
    passes = stick_passes("knee_flexion", side, angle_deg, time_s)
    view = body_view(passes)
    merged = merge_passes(every(passes, 4), KNEE, side, view)
    assert len(merged.poses) == len(time_s)
    found = angle_series(merged.poses, KNEE, side, View(view)).angle_deg
    assert np.nanmax(np.abs(found - angle_deg)[:-4]) < 1.6
    assert np.nanmean(np.abs(found - angle_deg)) < 0.3


def test_nothing_is_invented_where_nobody_was_found_or_nobody_looked():
    time_s = np.arange(60) / 30
    look = every(stick_passes("knee_flexion", "right", np.zeros(60), time_s), 4).as_filmed
    lost = look.xy.copy()
    lost[5] = np.nan
    found = look.replaced(xy=lost).at(time_s).person_found
    np.testing.assert_array_equal(np.flatnonzero(~found), [*range(17, 24), 57, 58, 59])
    sparse = every(stick_passes("knee_flexion", "right", np.zeros(60), time_s), 12).as_filmed
    assert LONGEST_BETWEEN_S < 12 / 30
    np.testing.assert_array_equal(np.flatnonzero(sparse.at(time_s).person_found), [0, 12, 24, 36, 48])
    one = sparse.replaced(xy=np.where(np.arange(5)[:, None, None] == 2, sparse.xy, np.nan))
    np.testing.assert_array_equal(np.flatnonzero(one.at(time_s).person_found), [24])
