from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from stick_figure import repetitions_deg, stick_passes

from rom_tracker.analysis.measurement import measure_poses
from rom_tracker.errors import MovementFileError, UnknownMovementError, UsageError
from rom_tracker.movements import Movement, Segment, catalogue, load_catalogue

MOVEMENTS = load_catalogue().movements

OWN_MOVEMENT = """\
[segment.whole_arm]
from = "shoulder"
to = "wrist"
anatomical = "down"

[movement.arm_raise]
title = "Arm raise"
joint = "shoulder"
plane = "sagittal"
camera = "side"
moving = "whole_arm"
reference = "up"
positive = "forward"
zero = "anatomical"
limits_deg = [-70, 200]
better = "larger"
definition = "The straight arm against the vertical."
compensation = "leaning back"
source = "this practice"
residual_deg = 4
residual_people = 12
change_residual_deg = 2.5
change_residual_people = 12
"""


def own_file(folder: Path, text: str) -> Path:
    path = folder / "movements.toml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes_in(folder: Path, text: str) -> list[str]:
    with pytest.raises(MovementFileError) as caught:
        load_catalogue(own_file(folder, text))
    first, *mistakes = str(caught.value).splitlines()
    assert str(folder / "movements.toml") in first
    return [mistake.strip() for mistake in mistakes]


def test_the_catalogue_has_the_movements_that_the_readme_promises():
    assert list(MOVEMENTS) == [
        "shoulder_flexion", "shoulder_extension", "shoulder_abduction", "elbow_flexion", "elbow_extension", "hip_flexion",
        "hip_extension", "hip_abduction", "knee_flexion", "knee_extension", "trunk_flexion", "trunk_lateral_flexion",
    ]  # fmt: skip


@pytest.mark.parametrize("movement", MOVEMENTS.values(), ids=MOVEMENTS)
def test_every_entry_is_complete_and_fits_itself(movement: Movement):
    assert movement.key == MOVEMENTS[movement.key].key
    assert all([movement.title, movement.joint, movement.definition, movement.compensation, movement.source])
    assert (movement.plane, movement.camera) in {("sagittal", "side"), ("frontal", "front")}
    assert (movement.positive in {"outward", "inward"}) == (movement.plane == "frontal")
    assert movement.limits_deg[0] < 0 < movement.limits_deg[1]
    assert not any(name.startswith(("left_", "right_")) for name in movement.points), "one entry serves both sides"
    assert len(movement.points) == len(set(movement.points))
    legs = {"hip", "knee", "ankle"} & set(movement.points)
    assert (movement.still == "opposite_leg") == bool(legs)


def test_movements_that_are_one_line_read_both_ways_have_mirrored_limits():
    for joint in ("elbow", "knee"):
        low, high = MOVEMENTS[f"{joint}_flexion"].limits_deg
        assert MOVEMENTS[f"{joint}_extension"].limits_deg == (-high, -low)


def test_every_key_of_an_entry_is_explained_at_the_top_of_the_file():
    text = resources.files("rom_tracker.movements").joinpath("movements.toml").read_text(encoding="utf-8")
    explained = set(re.findall(r"\w+", " ".join(line for line in text.splitlines() if line.startswith("#"))))
    assert explained >= set().union(*tomllib.loads(text)["movement"].values()) | {"from", "to", "anatomical"}


@pytest.mark.parametrize("asked", ["Knee Flexion", "knee-flexion", " knee_flexion"])
def test_a_movement_is_found_however_it_is_written(asked):
    assert load_catalogue()[asked].key == "knee_flexion"


@pytest.mark.parametrize(
    ("asked", "named"),
    [("sholder_flexion", "shoulder_flexion"), ("knee flexon", "knee_flexion"), ("elbow", "elbow_flexion or elbow_extension")],
)
def test_a_misspelt_movement_names_the_nearest(asked, named):
    with pytest.raises(UnknownMovementError, match=f"called '{asked}'. Did you mean {named}") as caught:
        load_catalogue()[asked]
    assert isinstance(caught.value, UsageError)


def test_a_movement_unlike_any_other_lists_them_all():
    with pytest.raises(UnknownMovementError, match=r"There are: shoulder_flexion, .*trunk_lateral_flexion"):
        load_catalogue()["xyz"]


def test_the_catalogue_cannot_be_changed_by_mistake():
    with pytest.raises(TypeError):
        load_catalogue().movements["new"] = MOVEMENTS["hip_flexion"]  # type: ignore[index]


def test_one_key_of_a_builtin_movement_is_overridden_and_the_rest_stays(tmp_path):
    own = load_catalogue(own_file(tmp_path, "[movement.knee_flexion]\nlimits_deg = [-30, 160]\n"))
    assert own["knee_flexion"] == MOVEMENTS["knee_flexion"].model_copy(update={"limits_deg": (-30.0, 160.0)})
    assert {k: m for k, m in own.movements.items() if k != "knee_flexion"} == {
        k: m for k, m in MOVEMENTS.items() if k != "knee_flexion"
    }


def test_an_overridden_segment_reaches_every_movement_that_uses_it(tmp_path):
    own = load_catalogue(own_file(tmp_path, '[segment.trunk]\nfrom = "shoulder"\nto = "hip"\n'))
    lateral_line = Segment.model_validate({"from": "shoulder", "to": "hip", "anatomical": "down"})
    assert own["hip_flexion"].reference == own["shoulder_flexion"].reference == lateral_line
    assert own["elbow_flexion"] == MOVEMENTS["elbow_flexion"]


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_own_movement_is_measured_without_any_code(tmp_path, monkeypatch, side):
    movement = load_catalogue(own_file(tmp_path, OWN_MOVEMENT))["arm_raise"]
    monkeypatch.setattr("stick_figure.load_catalogue", lambda: {"arm_raise": movement})
    monkeypatch.setitem(BEYOND, "wrist", ("elbow", *BEYOND["wrist"]))
    time_s, angle_deg = repetitions_deg([148, 152, 150])
    found = measure_poses(stick_passes("arm_raise", side, angle_deg, time_s), movement, side)
    assert [r.peak_deg for r in found.repetitions.scored] == pytest.approx([148, 152, 150], abs=0.2)


def test_the_users_own_file_is_read_where_no_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "user_movements_file", lambda: own_file(tmp_path, OWN_MOVEMENT))
    assert "arm_raise" in load_catalogue().movements
    assert "arm_raise" not in MOVEMENTS


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "movements.toml").write_bytes(b"\xef\xbb\xbf" + OWN_MOVEMENT.encode())
    assert "arm_raise" in load_catalogue(tmp_path / "movements.toml").movements


def changed(old: str, new: str) -> str:
    assert OWN_MOVEMENT.count(old) == 1
    return OWN_MOVEMENT.replace(old, new)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[movement.knee_flexion]\n\ncolour = 1\n", "line 3, movement.knee_flexion.colour: unknown key; "),
        ("[movement.knee_flexion]\nkey = 'other'\n", "line 2, movement.knee_flexion.key: the key is the name of the table"),
        (changed('better = "larger"\n', ""), "line 6, movement.arm_raise.better: is missing"),
        (changed('joint = "shoulder"', "joint = 3"), "line 8, movement.arm_raise.joint: .*string, got 3"),
        (changed("residual_people = 12\nchange", "residual_people = 1\nchange"), "line 21, .*residual_people: .*equal to 2, got 1"),
        (changed("change_residual_deg = 2.5", "change_residual_deg = 0"), "line 22, .*greater than 0, got 0"),
        (changed("change_residual_deg = 2.5", "change_residual_deg = inf"), "line 22, .*finite number, got inf"),
        (changed('plane = "sagittal"', 'plane = "transverse"'), "line 9, .*plane: .*'sagittal' or 'frontal', got 'transverse'"),
        (changed('reference = "up"', 'reference = "spine"'), "line 12, .*reference: expected one of the segments .*got 'spine'"),
        (changed('moving = "whole_arm"', 'moving = "up"'), "line 11, .*moving: expected one of the segments .*got 'up'"),
        (changed('reference = "up"', 'reference = ["trunk"]'), r"line 12, .*reference: expected one of .*got \['trunk'\]"),
        (changed('reference = "up"', 'reference = {from = "hip"}'), "line 12, .*reference: expected one of the segments"),
        (changed("moving = \"whole_arm\"", "moving = 7"), "line 11, .*moving: expected one of the segments .*got 7"),
        (changed('to = "wrist"', 'to = "hand"'), "line 3, segment.whole_arm.to: .*no such landmark, got 'hand'"),
        (changed('from = "shoulder"\n', ""), "line 1, segment.whole_arm.from: is missing"),
        (changed("[-70, 200]", "[200, -70]"), r"line 15, .*limits_deg: .*lower limit comes first, got \[200, -70\]"),
        (changed("[-70, 200]", "[-180, 180]"), "line 15, .*limits_deg: .*less than 360 degrees apart"),
        (changed("[-70, 200]", "[-70]"), "line 15, .*limits_deg: "),
        (changed("[-70, 200]", '["a", 200]'), "line 15, .*limits_deg: .*number, got 'a'"),
        (changed('positive = "forward"', 'positive = "down"'), "line 6, .*positive = 'down' lies along the moving .*points down"),
        ("[movement]\nknee_flexion = 3\n", "movement.knee_flexion: expected a table"),
        ("[segment]\nthigh = 3\n", "segment.thigh: .*dictionary"),
        ("[joint.x]\na = 1\n", r"\[joint...\]: unknown kind of table; expected \[segment.NAME\] or \[movement.NAME\]"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path, text, expected):
    (mistake,) = mistakes_in(tmp_path, text)
    assert re.match(expected, mistake)


def test_all_mistakes_are_named_at_once(tmp_path):
    text = changed('better = "larger"', 'better = "more"').replace("residual_deg = 4\n", "residual_deg = -4\n")
    text += '[movement.hip_flexion]\ncolour = 1\n[segment.thigh]\nto = "toe"\n[joint.x]\n'
    found = mistakes_in(tmp_path, text)
    for expected in ("joint...", "thigh.to", "arm_raise.better", "arm_raise.residual_deg", "hip_flexion"):
        assert any(expected in mistake for mistake in found) or expected == "hip_flexion"
    assert len(found) == 4, "hip_flexion cannot be checked before its thigh is right"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[movement.knee_flexion]\nlimits_deg = [1,\ntitle", "not valid TOML: .*line 3"),
        (b"[movement.knee_flexion]\ntitle = 'a'\ntitle = 'b'\n", "not valid TOML: .*line 3"),
        (b"title = '\xff\xfe'\n", "cannot be read: .*utf-8"),
        (b"movement = 3\n", "'movement' must be a table"),
    ],
)
def test_a_file_that_is_no_movements_file(tmp_path, content, expected):
    path = tmp_path / "own.toml"
    path.write_bytes(content)
    with pytest.raises(MovementFileError, match=re.escape(str(path)) + ".*" + expected):
        load_catalogue(path)


def test_a_named_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(MovementFileError, match=r"cannot be read: .*No such file"):
        load_catalogue(tmp_path / "missing.toml")


def test_angles_of_the_limits_are_floats():
    assert all(np.isfinite(m.limits_deg).all() and isinstance(m.limits_deg[0], float) for m in MOVEMENTS.values())
