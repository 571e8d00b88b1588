"""Each compensation of the catalogue, on a body that really does it beside the movement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from recordings import Recording, each_look, filmed, filmed_faces, recorded
from stick_figure import repetitions_deg

from rom_tracker.analysis.compensation import CompensationFound
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.landmarks import ALL_LANDMARKS, INDEX, locate
from rom_tracker.movements import Movement, load_catalogue
from rom_tracker.movements.mannequin import Floats, axis_of, posed

CATALOGUE = load_catalogue()
MOVEMENTS = CATALOGUE.movements
SIDES = ["left", "right"]
LEG = ("knee", "ankle", "heel", "foot_index")
ARM = ("elbow", "wrist", "pinky", "index", "thumb")


@dataclass(frozen=True)
class Cheat:
    """A part of the body that turns about a point, from one direction of the body towards another.

    ``carried`` goes along on each side with the point of that name without turning; ``of`` is the side that does it.
    """

    movement: str
    pivot: str
    turned: tuple[str, ...]
    along: str
    towards: str
    carried: tuple[str, tuple[str, ...]] | None = None
    of: str = "tested"
    constant: bool = False


#: All that is above the hips, of both sides.
UPPER_BODY = tuple(name for name in ALL_LANDMARKS if not name.endswith(("hip", *LEG)) and "hand_" not in name)
SHOULDERS = ("left_shoulder", "right_shoulder", *(f"{side}_{name}" for side in SIDES for name in ARM))
PELVIS = ("left_hip", "right_hip")

CHEATS = {
    "trunk_lean": [
        Cheat("shoulder_flexion", "mid_hip", UPPER_BODY, "up", "backward"),
        Cheat("shoulder_abduction", "mid_hip", UPPER_BODY, "up", "inward"),
        Cheat("hip_abduction", "mid_hip", UPPER_BODY, "up", "inward"),
        Cheat("elbow_flexion", "mid_hip", UPPER_BODY, "up", "backward"),
    ],
    "trunk_bend": [
        Cheat("neck_flexion", "mid_hip", UPPER_BODY, "up", "forward"),
        Cheat("neck_extension", "mid_hip", UPPER_BODY, "up", "backward"),
    ],
    "trunk_turn": [Cheat("neck_rotation", "mid_shoulder", SHOULDERS, "outward", "backward")],
    "shoulder_hike": [Cheat("neck_lateral_flexion", "mid_shoulder", SHOULDERS, "outward", "up")],
    "elbow_bend": [
        Cheat("shoulder_flexion", "elbow", ("wrist", "pinky", "index", "thumb"), "down", "forward", constant=True),
        Cheat("shoulder_abduction", "elbow", ("wrist", "pinky", "index", "thumb"), "down", "outward", constant=True),
    ],
    "upper_arm_moving": [Cheat("elbow_flexion", "shoulder", ARM, "down", "forward")],
    "hip_hike": [Cheat("hip_abduction", "mid_hip", PELVIS, "outward", "up", carried=("hip", LEG))],
    "thigh_moving": [Cheat("knee_flexion", "hip", LEG, "down", "forward")],
    "other_thigh_moving": [
        Cheat("hip_flexion", "hip", LEG, "down", "forward", of="other"),
        Cheat("straight_leg_raise", "hip", LEG, "down", "forward", of="other"),
    ],
    "thigh_not_upright": [Cheat("active_knee_extension", "hip", LEG, "forward", "down", constant=True)],
    "knee_bend": [
        Cheat("hip_extension", "knee", LEG[1:], "down", "backward", constant=True),
        Cheat("trunk_flexion", "knee", LEG[1:], "down", "backward", constant=True),
    ],
}
CASES = [(key, cheat) for key, cheats in CHEATS.items() for cheat in cheats]
each_cheat = pytest.mark.parametrize(("key", "cheat"), CASES, ids=[f"{key}-{cheat.movement}" for key, cheat in CASES])


def turned(points: Floats, cheat: Cheat, side: str, angles_deg: Floats) -> Floats:
    """(frame, landmark, 3) metres with the part turned by (frame,) degrees."""
    own = side if cheat.of == "tested" else {"left": "right", "right": "left"}[side]
    part = [INDEX[name if name in INDEX else f"{own}_{name}"] for name in cheat.turned]
    pivot = points[:, list(locate(cheat.pivot, own))].mean(axis=1, keepdims=True)
    along, towards = axis_of(cheat.along, own), axis_of(cheat.towards, own)
    cos, sin = (f(np.radians(angles_deg))[:, None, None] for f in (np.cos, np.sin))
    both = np.outer(along, along) + np.outer(towards, towards)
    turn = np.eye(3) + (cos - 1) * both + sin * (np.outer(towards, along) - np.outer(along, towards))
    moved = points.copy()
    moved[:, part] = pivot + (points[:, part] - pivot) @ turn.transpose(0, 2, 1)
    if cheat.carried is not None:
        leader, followers = cheat.carried
        for each in SIDES:
            way = (moved - points)[:, [INDEX[f"{each}_{leader}"]]]
            moved[:, [INDEX[f"{each}_{name}"] for name in followers]] += way
    return moved


def seen_deg(key: str, cheat: Cheat, size_deg: float) -> float:
    """How far the landmarks turn for the size to be shown: some turn along with the movement itself, which is discounted."""
    compensation = next(one for one in MOVEMENTS[cheat.movement].compensations if one.key == key)
    return size_deg + compensation.artefact_share * float(np.mean(peaks_of(MOVEMENTS[cheat.movement])))


def about(size_deg: float, cheat: Cheat, turned_deg: float | None = None) -> object:
    """The size as it is shown: a repetition begins when it has gone 5 % of its way, and the compensation with it.

    A leg that lifts along with the tested one passes it now and then, and the frames in which it does are put right.
    """
    return pytest.approx(size_deg, abs=max(1.0, 0.07 * (turned_deg or size_deg)) if cheat.of == "tested" else 2.5)


def peaks_of(movement: Movement) -> list[float]:
    return [40.0, 42.0, 41.0] if movement.limits_deg[1] > 45 else [-20.0, -18.0, -19.0]


def cheated(cheat: Cheat, side: str, cheat_deg: float, peaks_deg: Sequence[float] = ()) -> Recording:
    """The movement with the compensation growing along with it, or there all the time."""
    movement = MOVEMENTS[cheat.movement]
    peaks_deg = peaks_deg or peaks_of(movement)
    time_s, angle_deg = repetitions_deg(peaks_deg, rest_deg=0.0 if peaks_deg[0] > 0 else -70.0)
    body = posed(movement, side, angle_deg)
    share = np.ones(len(time_s)) if cheat.constant else angle_deg / np.mean(peaks_deg)
    points = turned(body.points_m, cheat, side, cheat_deg * share)
    faces = filmed_faces(body, time_s) if movement.instrument == "face" else None
    return Recording(movement, side, filmed(points, movement, side, time_s), None, faces)


def of(found: RomMeasurement, key: str) -> CompensationFound:
    (one,) = [one for one in found.compensations if one.compensation.key == key]
    return one


def codes(found: RomMeasurement) -> set[str]:
    return {flag.code for flag in found.flags}


def limit_deg(key: str) -> float:
    (limit,) = {one.limit_deg for m in MOVEMENTS.values() for one in m.compensations if one.key == key}
    return limit


def test_every_compensation_of_the_catalogue_has_its_case():
    assert set(CHEATS) == {one.key for movement in MOVEMENTS.values() for one in movement.compensations}


@pytest.mark.parametrize("side", SIDES)
@each_cheat
def test_it_is_shown_as_large_as_it_is_and_flagged(key, cheat, side):
    size_deg = limit_deg(key) + 5
    turned_deg = seen_deg(key, cheat, size_deg)
    found = cheated(cheat, side, turned_deg).measured()
    assert of(found, key).angle_deg == about(size_deg, cheat, turned_deg)
    assert of(found, key).flagged
    (flag,) = [flag for flag in found.flags if flag.code == key]
    assert flag.severity == "caution"
    assert flag.message.startswith(f"{of(found, key).compensation.title}: {of(found, key).angle_deg:.0f} degrees, more than")
    assert flag.message.endswith(of(found, key).compensation.advice)
    assert {"name": key, "flagged": True}.items() <= next(
        one for one in found.as_dict()["compensations"] if one["name"] == key
    ).items()


@pytest.mark.parametrize("side", SIDES)
@each_cheat
def test_below_its_limit_it_is_shown_and_not_flagged(key, cheat, side):
    size_deg = 0.8 * limit_deg(key)
    turned_deg = seen_deg(key, cheat, size_deg)
    found = cheated(cheat, side, turned_deg).measured()
    assert of(found, key).angle_deg == about(size_deg, cheat, turned_deg)
    assert not of(found, key).flagged
    assert key not in codes(found)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("key", MOVEMENTS)
def test_a_movement_done_well_has_none(key, side):
    movement = MOVEMENTS[key]
    time_s, angle_deg = repetitions_deg([0.4 * movement.limits_deg[1], 0.42 * movement.limits_deg[1]])
    found = recorded(movement, side, angle_deg, time_s).measured()
    assert [one.compensation for one in found.compensations] == list(movement.compensations)
    assert [one for one in found.compensations if one.angle_deg is not None and one.angle_deg > 1.0] == []


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("key", "cheat"), [(key, cheat) for key, cheat in CASES if MOVEMENTS[cheat.movement].instrument == "body"],
    ids=[f"{key}-{cheat.movement}" for key, cheat in CASES if MOVEMENTS[cheat.movement].instrument == "body"],
)  # fmt: skip
def test_it_is_not_counted_as_part_of_the_movement(key, cheat, side):
    """The angle is taken against the segment next to it, so that what the rest of the body does beside it leaves it alone.

    A trunk that leans while a leg is raised is the exception: the trunk stands in for the pelvis, which has no landmark.
    """
    recording = cheated(cheat, side, 15.0)
    expected = np.array(peaks_of(recording.movement))
    if (key, cheat.movement) == ("trunk_lean", "hip_abduction"):
        expected = expected - 15.0 * expected / expected.mean()  # leaning away brings the trunk's line nearer to the leg's
    peaks = [r.peak_deg for r in recording.measured().repetitions.scored]
    assert peaks == pytest.approx(list(expected), abs=0.3)


@each_cheat
@pytest.mark.parametrize("how", ["dim", "outside"])
def test_landmarks_that_are_not_seen_tell_of_no_compensation(key, cheat, how):
    recording = cheated(cheat, "left", seen_deg(key, cheat, limit_deg(key) + 5))
    compensation = next(one for one in recording.movement.compensations if one.key == key)
    used = {i for name in compensation.moving.points for i in locate(name, "left")}
    needed = {i for name in recording.movement.points for i in locate(name, "left")}
    hidden = sorted(used - needed) or sorted(used)

    def unseen(look: Any) -> Any:
        if how == "dim":
            visibility = look.visibility.copy()
            visibility[:, hidden[0]] = 0.4
            return look.replaced(visibility=visibility)
        xy = look.xy.copy()
        xy[:, hidden[0], 0] = -3.0
        return look.replaced(xy=xy)

    found = replace(recording, passes=each_look(recording.passes, unseen)).measured()
    one = of(found, key)
    assert (one.angle_deg, one.flagged) == (None, False)
    if found.repetitions.scored:
        (note,) = [flag for flag in found.flags if flag.code == "compensation_not_seen"]
        assert note.severity == "note"
        assert compensation.title.lower() in note.message
    assert one.as_dict() == {
        "name": key, "title": compensation.title, "angle_deg": None, "limit_deg": compensation.limit_deg, "flagged": False,
    }  # fmt: skip


def test_the_size_is_the_mean_over_the_scored_repetitions():
    cheat = CHEATS["trunk_lean"][0]
    movement = MOVEMENTS["shoulder_flexion"]
    time_s, angle_deg = repetitions_deg([60, 60, 60])
    lean = np.where(time_s < 3.7, 6.0, np.where(time_s < 7.4, 12.0, 21.0)) * angle_deg / 60
    body = posed(movement, "left", angle_deg)
    recording = Recording(
        movement, "left", filmed(turned(body.points_m, cheat, "left", lean), movement, "left", time_s), None, None
    )
    found = recording.measured()
    assert len(found.repetitions.scored) == 3
    assert of(found, "trunk_lean").angle_deg == about(13.0, cheat)


def test_a_lean_that_was_there_before_is_no_change():
    movement, cheat = MOVEMENTS["shoulder_flexion"], CHEATS["trunk_lean"][0]
    time_s, angle_deg = repetitions_deg([40, 42, 41])
    leaning = turned(posed(movement, "left", angle_deg).points_m, cheat, "left", np.full(len(time_s), 20.0))
    found = Recording(movement, "left", filmed(leaning, movement, "left", time_s), None, None).measured()
    assert of(found, "trunk_lean").angle_deg == pytest.approx(0, abs=0.3)
    assert found.peak_deg == pytest.approx(41, abs=0.3)


def test_without_a_repetition_there_is_nothing_to_say():
    recording = cheated(CHEATS["trunk_lean"][0], "left", 0.0, [3.0, 3.0, 3.0])
    found = recording.measured()
    assert found.repetitions.scored == ()
    assert {one.angle_deg for one in found.compensations} == {None}


@pytest.mark.parametrize(("dropped_deg", "severity"), [(10.0, None), (30.0, "caution"), (60.0, "refused")])
def test_a_thigh_that_is_nearly_flat_is_another_movement(dropped_deg, severity):
    found = cheated(CHEATS["thigh_not_upright"][0], "left", dropped_deg).measured()
    assert [flag.severity for flag in found.flags if flag.code == "thigh_not_upright"] == ([severity] if severity else [])
    assert (found.verdict == "refused") == (severity == "refused")


def test_landmarks_that_turn_along_with_the_head_are_no_turning_shoulders():
    """A third of the head's rotation shows in the shoulders of a client whose trunk is still."""
    cheat = CHEATS["trunk_turn"][0]
    found = cheated(cheat, "left", 0.3 * 41).measured()
    assert of(found, "trunk_turn").angle_deg == pytest.approx(0, abs=0.1)
    assert not of(found, "trunk_turn").flagged
