from __future__ import annotations

import numpy as np
import pytest
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.hands_on import HAND_POINTS, LOOKS_PER_S, OthersHands, covered_frames, moves_a_limb

MOVEMENTS = load_catalogue().movements
ELBOW = MOVEMENTS["elbow_flexion"]
TIME_S, ANGLE_DEG = repetitions_deg([120, 120, 120])
PASSES = stick_passes("elbow_flexion", "left", ANGLE_DEG, TIME_S)
POSES = PASSES.as_filmed
LOOKS_S = np.arange(0, TIME_S[-1], 1 / LOOKS_PER_S)
SHAPE_PX = np.random.default_rng(1).uniform(-3, 3, (len(HAND_POINTS), 2))


def end_ranges_s() -> list[float]:
    return [r.peak_s for r in measure_poses(PASSES, ELBOW, "left").repetitions.scored]


def hands(*windows_s: tuple[float, float], along: float = 0.4, beside_trunks: float = 0.0) -> OthersHands:
    """A hand at a share of the way along the forearm, and so far to its side, during the windows."""
    elbow, wrist = (POSES.point(name, "left") for name in ("elbow", "wrist"))
    trunk_px = np.linalg.norm(POSES.point("mid_shoulder", "left") - POSES.point("mid_hip", "left"), axis=1)[0]
    xy = np.full((len(LOOKS_S), 1, len(HAND_POINTS), 2), np.nan)
    for look, t in enumerate(LOOKS_S):
        frame = int(np.searchsorted(TIME_S, t))
        way = wrist[frame] - elbow[frame]
        aside = np.array([-way[1], way[0]]) / np.linalg.norm(way) * beside_trunks * trunk_px
        if any(first <= t <= last for first, last in windows_s):
            xy[look, 0] = elbow[frame] + along * way + aside + SHAPE_PX
    return OthersHands(LOOKS_S, xy)


def covered(found: OthersHands) -> np.ndarray:
    return covered_frames(found, POSES, ELBOW, "left")


def test_frames_with_a_hand_across_the_forearm_are_covered_and_no_others():
    on = covered(hands((1.0, 2.0)))
    np.testing.assert_array_equal(on, (TIME_S >= 1.0 - 0.2 - 1e-9) & (TIME_S <= 2.0 + 0.2 + 1e-9))


@pytest.mark.parametrize(
    ("why", "found"),
    [
        ("beside the limb", hands((1.0, 2.0), beside_trunks=0.3)),
        ("the client's own hand", hands((1.0, 2.0), along=1.0)),
        ("seen once", hands((1.0, 1.1))),
        ("none", hands()),
    ],
)
def test_other_hands_cover_nothing(why, found):
    assert not covered(found).any(), why


def test_a_hand_lost_for_a_moment_covers_what_lies_between():
    on = covered(hands((1.0, 1.25), (1.55, 2.0)))
    assert on[(TIME_S > 1.0) & (TIME_S < 2.0)].all()


def test_where_the_client_was_not_found_nothing_is_covered():
    xy = POSES.xy.copy()
    xy[(TIME_S > 0.5) & (TIME_S < 2.5)] = np.nan
    assert not covered_frames(hands((1.0, 2.0)), POSES.replaced(xy=xy), ELBOW, "left").any()


def test_the_end_range_under_a_hand_is_not_scored():
    second_s = end_ranges_s()[1]
    wrong = stick_passes("elbow_flexion", "left", np.where(np.abs(TIME_S - second_s) < 0.6, 150.0, ANGLE_DEG), TIME_S)
    on = np.abs(TIME_S - second_s) < 0.8
    assert measure_poses(wrong, ELBOW, "left").peak_deg > 125
    found = measure_poses(wrong, ELBOW, "left", hand_on=on)
    assert found.peak_deg == pytest.approx(120, abs=1.5)
    assert len(found.repetitions.scored) == 2
    assert np.isnan(found.angles.angle_deg[on]).all()
    (flag,) = [flag for flag in found.flags if flag.code == "hand_on_limb"]
    assert flag.severity == "caution"
    first, last = TIME_S[on][[0, -1]]
    assert f"({first:.1f} to {last:.1f} s)" in flag.message
    assert "Let go before the end range" in flag.message


def test_nothing_is_given_where_every_end_range_lies_under_a_hand():
    on = np.any([np.abs(TIME_S - t) < 0.7 for t in end_ranges_s()], axis=0)
    found = measure_poses(PASSES, ELBOW, "left", hand_on=on)
    assert (found.verdict, found.peak_deg) == ("refused", None)
    assert [flag.code for flag in found.flags if flag.severity == "refused"] == ["hand_on_limb"]


def test_no_hands_change_nothing():
    found = measure_poses(PASSES, ELBOW, "left", hand_on=np.zeros(len(TIME_S), dtype=bool))
    assert found.as_dict() == measure_poses(PASSES, ELBOW, "left").as_dict()


def test_only_limbs_of_the_body_are_looked_at():
    assert moves_a_limb(MOVEMENTS["knee_flexion"])
    assert not moves_a_limb(MOVEMENTS["trunk_lateral_flexion"])
    assert not moves_a_limb(MOVEMENTS["neck_rotation"])
    assert not moves_a_limb(MOVEMENTS["wrist_flexion"])


def test_kept_hands_come_back():
    found = hands((1.0, 2.0))
    back = OthersHands.from_arrays(found.to_arrays())
    np.testing.assert_array_equal(back.xy, found.xy)


def test_hands_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"expected shape \(2, hand, 4, 2\), got \(2, 1, 20, 2\)"):
        OthersHands(np.zeros(2), np.zeros((2, 1, 20, 2)))
