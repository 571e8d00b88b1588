"""The tested hand: which one it is, where its palm faces, and how it is joined to the body."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from recordings import Recording, each_look, recorded
from stick_figure import repetitions_deg
from test_estimator import FakeGlimpse

from rom_tracker.capture import Frame
from rom_tracker.landmarks import HAND_LANDMARKS, INDEX
from rom_tracker.movements import load_catalogue
from rom_tracker.movements.mannequin import HAND_M
from rom_tracker.pose import mediapipe
from rom_tracker.pose.estimator import FoundHand
from rom_tracker.pose.gaze import Looks
from rom_tracker.pose.hand import REACH, HandSequence, body_is_seen, hand_view, hands_of, palm_axis, with_hand

MOVEMENTS = load_catalogue().movements
OF_THE_HAND = [key for key, movement in MOVEMENTS.items() if movement.instrument == "hand"]
TURNS = ["forearm_pronation", "forearm_supination"]
SIDES = ["left", "right"]
FRAMES = 6
T = np.arange(FRAMES) / 30
STANDING = recorded("elbow_flexion", "left", np.zeros(FRAMES), T, yaw_deg=0.0).passes
FOREARM_PX = float(np.linalg.norm(np.subtract(*(STANDING.as_filmed.point(name, "left")[0] for name in ("wrist", "elbow")))))


def done(key: str, side: str = "left", peaks: tuple[float, ...] = (40, 42, 41), **options: object) -> Recording:
    time_s, angle_deg = repetitions_deg(peaks)
    return recorded(key, side, angle_deg, time_s, **options)


def hand_at(wrist_px: np.ndarray, word: str, px_per_m: float = 280.0) -> FoundHand:
    """A flat hand that hangs down from a place in the picture."""
    flat = np.array([[radial, distal, 0.0] for distal, radial in list(HAND_M.values())[:21]])
    xyz = flat * px_per_m
    xyz[:, :2] += wrist_px
    return FoundHand(xyz, flat, word)


class FakeVideo:
    """Frames of one grey, as many as the poses have."""

    begins_s, expected_duration_s = 0.0, None

    def __init__(self, content: str = "content") -> None:
        self.content = content

    def __iter__(self):
        for index, time_s in enumerate(T):
            yield Frame(index, float(time_s), np.zeros((8, 8, 3), dtype=np.uint8))

    def glimpses(self):
        return (FakeGlimpse(frame) for frame in self)

    def content_hash(self) -> str:
        return self.content


class FakeHands:
    """Finds the same hands in every frame of both looks."""

    def __init__(self, as_filmed: tuple[FoundHand, ...], mirrored: tuple[FoundHand, ...] | None = None) -> None:
        self.name = "fake hands"
        self.found = (as_filmed, as_filmed if mirrored is None else mirrored)
        self.entered = 0
        self.region: object = None

    def __enter__(self):
        self.entered += 1
        return self

    def __exit__(self, *exc):
        pass

    def look(self, frame, looks=Looks.BOTH):
        return dict(zip(Looks.BOTH, self.found, strict=True))


@pytest.fixture
def find(monkeypatch, tmp_path):
    """Look for the left hand of a standing body with hands that are given."""
    monkeypatch.setenv("ROM_TRACKER_CACHE", str(tmp_path / "cache"))

    def search(*as_filmed, mirrored=None, passes=STANDING, side="left", video=None) -> HandSequence:
        fake = FakeHands(as_filmed, mirrored)
        search.fakes.append(fake)

        def made(region):
            fake.region = region
            return fake

        monkeypatch.setattr(mediapipe, "HandEstimator", made)
        return hands_of(video or FakeVideo(), passes, side)

    search.fakes = []
    return search


def wrist(side: str) -> np.ndarray:
    return STANDING.as_filmed.point("wrist", side)[0]


class TestWhichHand:
    def test_the_nearest_to_the_tested_wrist_whatever_the_model_calls_it(self, find):
        hands = (hand_at(wrist("right"), "left"), hand_at(wrist("left") + 5, "right"), hand_at(wrist("left") + 30, "left"))
        found = find(*hands)
        np.testing.assert_allclose(found.xyz, np.broadcast_to(hands[1].xyz, found.xyz.shape), rtol=1e-6)
        assert not found.named_right.any()
        other = find(*hands, side="right")
        np.testing.assert_allclose(other.xyz, np.broadcast_to(hands[0].xyz, other.xyz.shape), rtol=1e-6)

    def test_its_name_is_kept_for_what_depends_on_it(self, find):
        right = find(hand_at(wrist("left"), "left"), mirrored=(hand_at(wrist("left"), "right"),))
        np.testing.assert_array_equal(right.named_right, [[True] * FRAMES, [False] * FRAMES])

    @pytest.mark.parametrize(("forearms_away", "taken"), [(REACH - 0.05, True), (REACH + 0.05, False)])
    def test_a_hand_farther_than_its_reach_is_somebody_elses(self, find, forearms_away, taken):
        found = find(hand_at(wrist("left") + np.array([0, forearms_away * FOREARM_PX]), "left"))
        np.testing.assert_array_equal(found.found, taken)

    def test_the_largest_where_the_body_is_not_in_the_picture(self, find):
        nobody = each_look(STANDING, lambda look: look.replaced(xy=look.xy * np.nan, world=look.world * np.nan))
        small, large = hand_at(np.array([50, 50]), "left", 200.0), hand_at(np.array([500, 300]), "right", 300.0)
        found = find(small, large, passes=nobody)
        np.testing.assert_allclose(found.xyz[0, 0], large.xyz, rtol=1e-6)
        assert find.fakes[-1].region is None, "the whole picture is looked at"

    def test_one_look_that_finds_it_is_enough(self, find):
        found = find(mirrored=(hand_at(wrist("left"), "left"),))
        assert np.isnan(found.xyz[0]).all()
        assert found.found.all()

    def test_no_hand_at_all(self, find):
        found = find()
        assert not found.found.any()
        assert found.xyz.shape == (2, FRAMES, 21, 3)
        assert hand_view(found, "left") is None

    def test_it_is_looked_for_about_the_tested_wrist(self, find):
        find(hand_at(wrist("left"), "left"))
        region = find.fakes[-1].region
        x, y = wrist("left")
        assert region.left < x < region.right
        assert region.top < y < region.bottom
        assert not region.left < wrist("right")[0] - 1.1 * FOREARM_PX < region.right


class TestKept:
    def test_the_second_look_at_a_recording_is_from_the_cache(self, find):
        first = find(hand_at(wrist("left"), "left"))
        again = find(hand_at(wrist("left") + 20, "left"))
        assert [fake.entered for fake in find.fakes] == [1, 0]
        for name, array in first.to_arrays().items():
            np.testing.assert_array_equal(again.to_arrays()[name], array)

    @pytest.mark.parametrize("changed", [{"side": "right"}, {"video": FakeVideo("other content")}])
    def test_another_side_or_recording_is_looked_at_anew(self, find, changed):
        find(hand_at(wrist("left"), "left"))
        find(hand_at(wrist("left"), "left"), **changed)
        assert [fake.entered for fake in find.fakes] == [1, 1]

    def test_poses_of_another_model_are_looked_at_anew(self, find):
        find(hand_at(wrist("left"), "left"))
        find(hand_at(wrist("left"), "left"), passes=each_look(STANDING, lambda look: look.replaced(model="other")))
        assert [fake.entered for fake in find.fakes] == [1, 1]

    def test_what_is_kept_comes_back(self):
        hands = done("wrist_flexion").hands
        again = HandSequence.from_arrays(hands.to_arrays())
        for name in ("time_s", "xyz", "world", "named_right"):
            np.testing.assert_array_equal(getattr(again, name), getattr(hands, name))

    def test_arrays_that_do_not_fit_are_named(self):
        hands = done("wrist_flexion").hands
        n = len(hands.time_s)
        with pytest.raises(ValueError, match=rf"named_right: expected shape \(2, {n}\), got \(1, {n}\)"):
            replace(hands, named_right=hands.named_right[:1])


def renamed(hands: HandSequence, frames: np.ndarray) -> HandSequence:
    """The hand taken for the other one in some frames of both looks: thumb's side and little finger's exchanged."""
    xyz, world = hands.xyz.copy(), hands.world.copy()
    for a, b in ((5, 17), (6, 18), (7, 19), (8, 20), (9, 13), (10, 14), (11, 15), (12, 16)):
        for array in (xyz, world):
            array[:, frames, a], array[:, frames, b] = array[:, frames, b], array[:, frames, a].copy()
    return replace(hands, xyz=xyz, world=world, named_right=hands.named_right & ~frames)


def degrees(axis: np.ndarray) -> np.ndarray:
    return np.degrees(np.arctan2(axis[:, 1], axis[:, 0]))


class TestPalmAxis:
    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize(("key", "outward"), [("forearm_pronation", -1), ("forearm_supination", 1)])
    def test_it_points_up_at_thumb_up_and_turns_with_the_forearm(self, key, outward, side):
        hands = done(key, side, (70, 72, 71)).hands
        angle_deg = repetitions_deg((70, 72, 71))[1]
        to_the_right = outward if side == "left" else -outward  # the left side is at the right of a client who faces the camera
        held = np.convolve(np.abs(np.gradient(angle_deg)), np.ones(13), mode="same") < 1e-9  # beyond the median's window
        found = degrees(palm_axis(hands))
        np.testing.assert_allclose(found[held], -90 + to_the_right * angle_deg[held], atol=1e-6)
        assert held.mean() > 0.2

    @pytest.mark.parametrize("wrong_share", [0.2, 0.6, 0.95])
    @pytest.mark.parametrize("key", TURNS)
    def test_frames_in_which_it_is_taken_for_the_other_hand_change_nothing(self, key, wrong_share):
        hands = done(key, "left", (70, 72, 71)).hands
        wrong = np.random.default_rng(4).random(len(hands.time_s)) < wrong_share
        np.testing.assert_allclose(palm_axis(renamed(hands, wrong)), palm_axis(hands), atol=1e-9)

    @pytest.mark.parametrize("key", TURNS)
    def test_fingers_exchanged_without_another_name_are_outvoted(self, key):
        hands = done(key, "left", (70, 72, 71)).hands
        exchanged = np.random.default_rng(5).random(len(hands.time_s)) < 0.4
        mistaken = replace(renamed(hands, exchanged), named_right=hands.named_right)
        np.testing.assert_allclose(palm_axis(mistaken), palm_axis(hands), atol=1e-9)

    def test_a_single_frame_that_jumps_does_not_show(self):
        hands = done("forearm_supination").hands
        xyz = hands.xyz.copy()
        xyz[:, 40] = xyz[:, 40][:, :, [1, 0, 2]]
        np.testing.assert_allclose(palm_axis(replace(hands, xyz=xyz)), palm_axis(hands), atol=0.03)

    def test_it_is_unknown_where_neither_look_found_the_hand(self):
        hands = done("forearm_supination").hands
        xyz = hands.xyz.copy()
        xyz[0, :50], xyz[1, 30:60] = np.nan, np.nan
        axis = palm_axis(replace(hands, xyz=xyz))
        np.testing.assert_array_equal(np.isnan(axis).any(axis=1), (np.arange(len(axis)) >= 30) & (np.arange(len(axis)) < 50))

    def test_a_palm_that_faces_the_camera_has_an_axis(self):
        hands = done("wrist_ulnar_deviation", "left", (0.1, 0.1, 0.1)).hands
        assert np.isfinite(palm_axis(hands)).all()


class TestHandView:
    @pytest.mark.parametrize("faces", ["image_left", "image_right"])
    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("key", ["wrist_flexion", "wrist_extension"])
    def test_from_the_edge_of_a_hand_that_points_forwards_with_the_palm_down(self, key, side, faces):
        view = hand_view(done(key, side, faces=faces).hands, side)
        assert view.palm_to_camera_deg == pytest.approx(0, abs=1e-6)
        assert view.distal == pytest.approx((1 if faces == "image_right" else -1, 0), abs=1e-9)
        assert view.in_image("palmar") == pytest.approx((0, 1), abs=1e-9)
        assert view.off_plane_deg(MOVEMENTS[key]) < 10, "the line of the knuckles is not quite square to the hand"

    @pytest.mark.parametrize("faces", ["image_left", "image_right"])
    @pytest.mark.parametrize("side", SIDES)
    def test_from_above_the_thumb_of_a_hand_with_the_palm_down_points_to_the_other_side(self, side, faces):
        recording = done("wrist_radial_deviation", side, faces=faces)
        view = hand_view(recording.hands, side)
        assert view.palm_to_camera_deg == pytest.approx(90, abs=1e-3)
        to_the_other = np.subtract(*(recording.passes.as_filmed.point(f"{s}_shoulder", side)[0] for s in ("right", "left")))
        inward = to_the_other if side == "left" else -to_the_other
        assert np.dot(view.in_image("radial"), inward / np.linalg.norm(inward)) == pytest.approx(1, abs=1e-9)

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("key", [key for key in OF_THE_HAND if key not in TURNS])
    def test_a_tilted_picture_turns_everything_alike(self, key, side):
        recording = done(key, side)
        straight, turned = (hand_view(r.hands, side) for r in (recording, recording.turned(20.0)))
        assert (turned.palmar_turns, turned.radial_turns) == (straight.palmar_turns, straight.radial_turns)
        assert turned.palm_to_camera_deg == pytest.approx(straight.palm_to_camera_deg)
        x, y = straight.distal
        cos, sin = np.cos(np.radians(20)), np.sin(np.radians(20))
        assert turned.distal == pytest.approx((x * cos - y * sin, x * sin + y * cos))

    def test_a_few_frames_taken_for_the_other_hand_do_not_turn_the_palm_about(self):
        hands = done("wrist_flexion").hands
        wrong = np.random.default_rng(6).random(len(hands.time_s)) < 0.3
        assert hand_view(renamed(hands, wrong), "left").palmar_turns == hand_view(hands, "left").palmar_turns


class TestWithTheBody:
    @pytest.mark.parametrize("side", SIDES)
    def test_the_landmarks_of_the_tested_hand_follow_those_of_the_body(self, side):
        recording = done("wrist_flexion", side)
        poses = recording.passes.as_filmed
        joined = with_hand(poses, recording.hands, side)
        n = len(poses)
        assert (joined.xy.shape, joined.world.shape, joined.visibility.shape) == ((n, 79, 2), (n, 79, 3), (n, 79))
        np.testing.assert_array_equal(joined.xy[:, :33], poses.xy)
        np.testing.assert_array_equal(joined.visibility[:, :33], poses.visibility)
        first = {"left": 33, "right": 56}[side]
        np.testing.assert_allclose(joined.xy[:, first : first + 21], recording.hands.xyz[0, ..., :2])
        np.testing.assert_array_equal(joined.visibility[:, first : first + 23], 1)
        other = [i for i in range(33, 79) if not first <= i < first + 23]
        assert np.isnan(joined.xy[:, other]).all()
        assert (joined.visibility[:, other] == 0).all()
        assert np.isnan(joined.world[:, 33:]).all()
        assert first == INDEX[f"{side}_{HAND_LANDMARKS[0]}"]

    def test_the_mean_of_both_looks_and_what_there_is_where_one_lost_it(self):
        recording = done("wrist_flexion", jitter_px=2.0)
        xyz = recording.hands.xyz.copy()
        xyz[0, :10], xyz[:, 10:20] = np.nan, np.nan
        joined = with_hand(recording.passes.as_filmed, replace(recording.hands, xyz=xyz), "left")
        np.testing.assert_allclose(joined.xy[:10, 33:54], xyz[1, :10, :, :2])
        assert np.isnan(joined.xy[10:20, 33:56]).all()
        np.testing.assert_array_equal(joined.visibility[10:20, 33:56], 0)
        np.testing.assert_allclose(joined.xy[20:, 33:54], xyz[:, 20:, :, :2].mean(axis=0))

    def test_the_ends_of_the_palms_axis_lie_about_the_knuckles(self):
        recording = done("forearm_supination")
        joined = with_hand(recording.passes.as_filmed, recording.hands, "left")
        ulnar, radial, first, last = (
            joined.point(f"hand_{name}", "left") for name in ("ulnar_edge", "radial_edge", "index_mcp", "pinky_mcp")
        )
        np.testing.assert_allclose((ulnar + radial) / 2, (first + last) / 2, atol=1e-6)
        across = radial - ulnar
        np.testing.assert_allclose(across / np.linalg.norm(across, axis=1)[:, None], palm_axis(recording.hands), atol=1e-6)


def without_body(recording: Recording, frames: np.ndarray, looks: tuple[str, ...] = ("as_filmed", "mirrored")) -> Recording:
    passes = recording.passes
    lost = {}
    for name in looks:
        look = getattr(passes, name)
        gone = frames[:, None, None]
        lost[name] = look.replaced(
            xy=np.where(gone, np.nan, look.xy),
            world=np.where(gone, np.nan, look.world),
            visibility=np.where(gone[..., 0], 0, look.visibility),
        )
    return replace(recording, passes=replace(passes, **lost))


class TestWithoutTheBody:
    @pytest.mark.parametrize("looks", [("as_filmed",), ("mirrored",), ("as_filmed", "mirrored")])
    @pytest.mark.parametrize(("lost_share", "seen"), [(0.1, True), (0.3, False), (1.0, False)])
    def test_a_body_that_one_look_often_loses_does_not_give_the_direction_of_the_arm(self, lost_share, seen, looks):
        recording = done("wrist_flexion")
        frames = np.arange(len(recording.passes.time_s)) < lost_share * len(recording.passes.time_s)
        assert body_is_seen(without_body(recording, frames, looks).passes) == seen

    @pytest.mark.parametrize("key", OF_THE_HAND)
    def test_the_angle_is_counted_from_the_hands_own_start(self, key):
        recording = done(key, "right")
        found = without_body(recording, np.ones(len(recording.passes.time_s), dtype=bool)).measured()
        caution = next(flag for flag in found.flags if flag.code == "body_not_seen")
        assert found.verdict == caution.severity == "caution"
        assert "has to begin at 0" in caution.message
        assert (found.movement.zero, found.movement.reference) == ("start", "up")
        assert found.movement.key == key
        assert [r.peak_deg for r in found.repetitions.scored] == pytest.approx([40, 42, 41], abs=0.6)

    def test_a_start_that_is_not_zero_is_not_noticed_without_the_body(self):
        time_s, angle_deg = repetitions_deg((50, 52, 51), rest_deg=10)
        recording = recorded("wrist_flexion", "left", angle_deg, time_s)
        everywhere = np.ones(len(time_s), dtype=bool)
        assert recording.measured().peak_deg == pytest.approx(51, abs=0.2)
        assert without_body(recording, everywhere).measured().peak_deg == pytest.approx(41, abs=0.6)
