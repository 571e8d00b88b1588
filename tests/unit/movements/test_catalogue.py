from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from recordings import recorded
from stick_figure import repetitions_deg

from rom_tracker.errors import MovementFileError, UnknownMovementError, UnmeasurableMovementError, UsageError
from rom_tracker.movements import Movement, Segment, catalogue, load_catalogue

CATALOGUE = load_catalogue()
MOVEMENTS = CATALOGUE.movements

OWN_MOVEMENT = """\
[segment.whole_arm]
from = "shoulder"
to = "wrist"
at_zero = "down"

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
        "shoulder_flexion", "shoulder_extension", "shoulder_abduction", "shoulder_internal_rotation", "shoulder_external_rotation",
        "elbow_flexion", "elbow_extension", "forearm_pronation", "forearm_supination",
        "wrist_flexion", "wrist_extension", "wrist_radial_deviation", "wrist_ulnar_deviation",
        "hip_flexion", "hip_extension", "hip_abduction", "hip_adduction", "hip_internal_rotation", "hip_external_rotation",
        "straight_leg_raise", "knee_flexion", "knee_extension", "active_knee_extension",
        "ankle_dorsiflexion", "ankle_plantarflexion", "weight_bearing_lunge",
        "neck_flexion", "neck_extension", "neck_lateral_flexion", "neck_rotation",
        "trunk_flexion", "trunk_extension", "trunk_lateral_flexion",
    ]  # fmt: skip


def test_what_one_camera_cannot_measure_is_listed_with_its_reason_and_the_better_way():
    assert set(CATALOGUE.unmeasurable) == {
        "trunk_rotation", "shoulder_external_rotation_at_side", "shoulder_horizontal_adduction", "ankle_inversion",
        "ankle_eversion", "thumb_abduction", "scapular_elevation",
    }  # fmt: skip
    for key, entry in CATALOGUE.unmeasurable.items():
        assert entry.key == key
        assert all(text.endswith(".") for text in (entry.why, entry.instead))
        assert entry.source
        for named in re.findall(r"[a-z]+(?:_[a-z]+)+", entry.instead):
            assert named in MOVEMENTS, f"{key} sends to {named}"


@pytest.mark.parametrize("asked", ["trunk_rotation", "Trunk rotation", "trunk-rotation"])
def test_asking_for_an_unmeasurable_movement_says_why_and_what_instead(asked):
    with pytest.raises(UnmeasurableMovementError) as caught:
        CATALOGUE[asked]
    entry = CATALOGUE.unmeasurable["trunk_rotation"]
    assert str(caught.value) == f"Trunk rotation cannot be measured with one camera: {entry.why} {entry.instead}"
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize("movement", MOVEMENTS.values(), ids=MOVEMENTS)
def test_every_entry_is_complete_and_fits_itself(movement: Movement):
    assert movement.key == MOVEMENTS[movement.key].key
    assert all([movement.title, movement.joint, movement.definition, movement.compensation, movement.source, movement.position])
    assert movement.definition.endswith(".")
    assert movement.limits_deg[0] < 0 < movement.limits_deg[1]
    assert not any(name.startswith(("left_", "right_")) for name in movement.points), "one entry serves both sides"
    assert len(movement.points) == len(set(movement.points))
    legs = {"hip", "knee", "ankle", "heel", "foot_index"} & set(movement.points)
    assert (movement.still == "opposite_leg") == (bool(legs) and movement.key != "weight_bearing_lunge")
    assert (movement.placement is not None) or movement.camera in {"side", "front"}
    assert (movement.profile is not None) == (movement.instrument == "face" and movement.plane == "sagittal")
    assert all(one.key in movement_tables("compensation") for one in movement.compensations)


def test_each_instrument_measures_what_it_sees_best():
    joints = {instrument: {m.joint for m in MOVEMENTS.values() if m.instrument == instrument} for instrument in ("hand", "face")}
    assert joints == {"hand": {"forearm", "wrist"}, "face": {"neck"}}


def test_movements_that_have_another_side_in_the_other_direction():
    assert {key for key, m in MOVEMENTS.items() if m.two_way} == {"neck_lateral_flexion", "neck_rotation", "trunk_lateral_flexion"}
    assert {key for key, m in MOVEMENTS.items() if not m.sided} == {
        "neck_flexion", "neck_extension", "trunk_flexion", "trunk_extension",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("there", "back"),
    [
        ("shoulder_flexion", "shoulder_extension"), ("shoulder_internal_rotation", "shoulder_external_rotation"),
        ("elbow_flexion", "elbow_extension"), ("forearm_pronation", "forearm_supination"), ("wrist_flexion", "wrist_extension"),
        ("wrist_radial_deviation", "wrist_ulnar_deviation"), ("hip_flexion", "hip_extension"), ("hip_abduction", "hip_adduction"),
        ("hip_internal_rotation", "hip_external_rotation"), ("knee_flexion", "knee_extension"),
        ("ankle_dorsiflexion", "ankle_plantarflexion"), ("neck_flexion", "neck_extension"), ("trunk_flexion", "trunk_extension"),
    ],
)  # fmt: skip
def test_opposite_movements_are_one_line_read_both_ways(there, back):
    a, b = MOVEMENTS[there], MOVEMENTS[back]
    opposite = {"forward": "backward", "up": "down", "outward": "inward", "palmar": "dorsal", "radial": "ulnar"}
    assert (a.moving, a.reference, a.zero, a.camera, a.sided) == (b.moving, b.reference, b.zero, b.camera, b.sided)
    assert opposite.get(a.positive) == b.positive or opposite.get(b.positive) == a.positive
    if a.joint in ("elbow", "knee"):
        assert b.limits_deg == (-a.limits_deg[1], -a.limits_deg[0])


def movement_tables(kind: str) -> dict[str, dict[str, object]]:
    text = resources.files("rom_tracker.movements").joinpath("movements.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)[kind]


@pytest.mark.parametrize("kind", ["segment", "posture", "compensation", "unmeasurable", "movement"])
def test_every_key_of_a_table_is_explained_at_the_top_of_the_file(kind):
    text = resources.files("rom_tracker.movements").joinpath("movements.toml").read_text(encoding="utf-8")
    explained = set(re.findall(r"\w+", " ".join(line for line in text.splitlines() if line.startswith("#"))))
    assert explained >= set().union(*movement_tables(kind).values())


@pytest.mark.parametrize(
    ("kind", "keys"), [("segment", ("moving", "reference")), ("posture", ("posture",)), ("compensation", ("compensations",))]
)
def test_nothing_in_the_file_is_there_for_nobody(kind, keys):
    users = [*movement_tables("movement").values(), *(movement_tables("compensation").values() if kind == "segment" else ())]
    named = [table.get(key) for table in users for key in keys]
    used = {name for one in named for name in (one if isinstance(one, list) else [one])}
    assert set(movement_tables(kind)) - {"prone"} <= used, "prone is there for movements of one's own"


@pytest.mark.parametrize("asked", ["Knee Flexion", "knee-flexion", " knee_flexion"])
def test_a_movement_is_found_however_it_is_written(asked):
    assert load_catalogue()[asked].key == "knee_flexion"


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("sholder_flexion", "shoulder_flexion"),
        ("knee flexon", "knee_flexion"),
        ("neck_rotaton", "neck_rotation"),
        ("elbow", "elbow_flexion or elbow_extension"),
    ],
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
    lateral_line = Segment.model_validate({"from": "shoulder", "to": "hip", "at_zero": "down"})
    assert own["hip_flexion"].reference == own["shoulder_flexion"].reference == lateral_line
    assert own["knee_extension"] == MOVEMENTS["knee_extension"]
    (moving,) = [one for one in own["elbow_flexion"].compensations if one.key == "upper_arm_moving"]
    assert moving.reference == lateral_line


OWN_OF_THE_HAND = """\
[segment.first_finger]
from = "hand_index_mcp"
to = "hand_index_pip"
at_zero = "distal"

[segment.palm]
from = "hand_wrist"
to = "hand_index_mcp"
at_zero = "distal"

[movement.first_finger_bend]
title = "Bending of the first finger"
joint = "finger"
plane = "sagittal"
camera = "side"
posture = "elbow_bent"
moving = "first_finger"
reference = "palm"
positive = "palmar"
zero = "start"
limits_deg = [-60, 130]
better = "larger"
definition = "The first bone of the first finger against the palm."
compensation = "bending the wrist"
source = "this practice"
"""

OWN_OF_THE_HEAD = """\
[movement.look_over_the_shoulder]
title = "Looking over the shoulder"
joint = "neck"
plane = "transverse"
camera = "front"
moving = "face"
reference = "torso"
positive = "outward"
zero = "start"
limits_deg = [-100, 110]
better = "larger"
definition = "Turning of the head to one side."
compensation = "turning the chest"
compensations = ["trunk_turn", "chest_sway"]
source = "this practice"

[compensation.chest_sway]
title = "Chest swaying"
moving = "torso"
reference = "up"
counted = "change"
limit_deg = 4
advice = "Let the client sit against a wall."
"""


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("text", "key", "instrument", "peaks"),
    [
        (OWN_MOVEMENT, "arm_raise", "body", [148, 152, 150]),
        (OWN_OF_THE_HAND, "first_finger_bend", "hand", [62, 60, 64]),
        (OWN_OF_THE_HEAD, "look_over_the_shoulder", "face", [50, 54, 52]),
    ],
)
def test_an_own_movement_is_measured_without_any_code(tmp_path, monkeypatch, text, key, instrument, peaks, side):
    movement = load_catalogue(own_file(tmp_path, text))[key]
    assert movement.instrument == instrument
    monkeypatch.setattr("stick_figure.load_catalogue", lambda: {key: movement})
    time_s, angle_deg = repetitions_deg(peaks)
    found = recorded(movement, side, angle_deg, time_s).measured()
    assert found.verdict == "ok"
    tolerance = 1.5 if instrument == "face" else 0.2
    assert [r.peak_deg for r in found.repetitions.scored] == pytest.approx(peaks, abs=tolerance)
    assert [one.compensation.key for one in found.compensations] == [one.key for one in movement.compensations]


def test_one_compensation_needs_no_brackets(tmp_path):
    own = load_catalogue(own_file(tmp_path, "[movement.hip_extension]\ncompensations = 'knee_bend'\n"))["hip_extension"]
    assert [one.key for one in own.compensations] == ["knee_bend"]


def test_an_own_movement_that_says_no_posture_is_done_standing(tmp_path):
    own = load_catalogue(own_file(tmp_path, OWN_MOVEMENT))["arm_raise"]
    assert own.posture == MOVEMENTS["shoulder_flexion"].posture
    assert (own.evidence, own.compensations, own.camera_words) == (
        "borrowed", (), "from the side, tested side towards the camera",
    )  # fmt: skip


def test_the_limit_of_a_compensation_is_overridden_wherever_it_is_looked_for(tmp_path):
    own = load_catalogue(own_file(tmp_path, "[compensation.trunk_lean]\nlimit_deg = 5\n"))
    limits = {one.limit_deg for m in own.movements.values() for one in m.compensations if one.key == "trunk_lean"}
    assert limits == {5}
    assert len([m for m in own.movements.values() if any(one.key == "trunk_lean" for one in m.compensations)]) > 5


def test_what_others_cannot_measure_can_be_a_movement_of_ones_own(tmp_path):
    text = OWN_MOVEMENT.replace("[movement.arm_raise]", "[movement.trunk_rotation]")
    assert load_catalogue(own_file(tmp_path, text))["trunk_rotation"].title == "Arm raise"


def test_an_own_unmeasurable_movement_is_told_like_the_others(tmp_path):
    text = '[unmeasurable.jaw]\ntitle = "Jaw"\nwhy = "It is hidden."\ninstead = "Use a ruler."\nsource = "this practice"\n'
    with pytest.raises(UnmeasurableMovementError, match=r"^Jaw cannot be measured with one camera: It is hidden\. Use a ruler\.$"):
        load_catalogue(own_file(tmp_path, text))["jaw"]


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
        (changed('plane = "sagittal"', 'plane = "oblique"'), "line 9, .*plane: .*'frontal' or 'transverse', got 'oblique'"),
        (changed('reference = "up"', 'reference = "spine"'), "line 12, .*reference: expected .*one of the segments .*got 'spine'"),
        (changed('moving = "whole_arm"', 'moving = "up"'), "line 11, .*moving: expected one of the segments .*got 'up'"),
        (changed('reference = "up"', 'reference = ["trunk"]'), r"line 12, .*reference: expected .* one of .*got \['trunk'\]"),
        (changed('reference = "up"', 'reference = {from = "hip"}'), "line 12, .*reference: expected .*one of the segments"),
        (changed("moving = \"whole_arm\"", "moving = 7"), "line 11, .*moving: expected one of the segments .*got 7"),
        (changed('to = "wrist"', 'to = "hand"'), "line 3, segment.whole_arm.to: no such landmark; .*, got 'hand'"),
        (changed('from = "shoulder"\n', ""), 'line 1, segment.whole_arm: expected either from and to, or of = "head"'),
        (changed('to = "wrist"', 'to = "wrist"\nof = "head"'), "line 1, segment.whole_arm: expected either from and to, or"),
        (changed('at_zero = "down"', 'at_zero = "left"'), "line 4, segment.whole_arm.at_zero: .*'up', .*got 'left'"),
        (changed('at_zero = "down"', 'anatomical = "down"\nat_zero = "down"'), "line 4, segment.whole_arm.anatomical: unknown key"),
        (changed("[-70, 200]", "[200, -70]"), r"line 15, .*limits_deg: .*lower limit comes first, got \[200, -70\]"),
        (changed("[-70, 200]", "[-180, 180]"), "line 15, .*limits_deg: .*less than 360 degrees apart"),
        (changed("[-70, 200]", "[-70]"), r"line 15, .*limits_deg\.1: is missing"),
        (changed("[-70, 200]", '["a", 200]'), "line 15, .*limits_deg\\.0: .*number, got 'a'"),
        (changed('positive = "forward"', 'positive = "down"'), "line 6, .*positive = 'down' lies along the moving .*points down"),
        ("[movement]\nknee_flexion = 3\n", "movement.knee_flexion: expected a table"),
        ("[segment]\nthigh = 3\n", "segment.thigh: expected a table"),
        (changed('better = "larger"', 'better = "larger"\nposture = "hanging"'),
         "line 17, .*posture: expected one of the postures standing, .*got 'hanging'"),
        (changed('better = "larger"', 'better = "larger"\ncompensations = ["trunk_lean", "cheating"]'),
         "line 17, .*compensations: expected one of the compensations trunk_lean, .*got 'cheating'"),
        (changed('better = "larger"', 'better = "larger"\nposture = ["standing"]'), r"line 17, .*posture: .*, got \['standing'\]"),
        (changed('better = "larger"', 'better = "larger"\ncompensations = [3]'), "line 17, .*compensations: .*, got 3"),
        ("[compensation.trunk_lean]\nlimit_deg = 0\n", "line 2, compensation.trunk_lean.limit_deg: .*greater than 0, got 0"),
        ("[compensation.trunk_lean]\nmoving = 'spine'\n", "line 2, .*moving: expected one of the segments .*got 'spine'"),
        ("[compensation.trunk_lean]\nmoving = 'head'\n",
         "line 1, compensation.trunk_lean: a compensation is measured between lines of the body"),
        ("[compensation.trunk_lean]\nreference = 'forearm_to_hand'\n", "line 1, compensation.trunk_lean: .* without hand_"),
        (changed('reference = "up"', 'reference = "face"'), "line 6, .*: the head can be the moving segment only"),
        (OWN_OF_THE_HEAD.replace('reference = "torso"\nposi', 'reference = "up"\nposi'),
         'line 1, .*look_over_the_shoulder: .*against the trunk: expected reference = "torso"'),
        ("[compensation.trunk_lean]\ncounted = 'twice'\n", "line 2, .*counted: .*'change' or 'angle', got 'twice'"),
        ("[posture.standing]\ntested = { head = 'up' }\n", "line 2, posture.standing.tested.head.*: .*got 'head'"),
        ("[posture.standing]\nlies = 'on the side'\n", "line 2, posture.standing.lies: .*'supine' or 'prone', got 'on the side'"),
        ("[unmeasurable.jaw]\ntitle = 'Jaw'\nwhy = 'Hidden.'\nsource = 'us'\n", "line 1, unmeasurable.jaw.instead: is missing"),
        (changed('positive = "forward"', 'positive = "outward"'), "line 6, .*: outward cannot be seen by a camera = 'side'"),
        (changed('camera = "side"', 'camera = "front"'), "line 6, .*: forward cannot be seen by a camera = 'front'"),
        (changed('camera = "side"', 'camera = "above"'), "line 6, .*: down and forward and up cannot .* camera = 'above'"),
        (changed('camera = "side"', 'camera = "below"'), "line 10, .*camera: .*'side', 'front' or 'above', got 'below'"),
        (changed('positive = "forward"', 'positive = "palmar"'),
         "line 6, .*: a movement of the hand is counted from where hand and forearm point the same way"),
        (changed('moving = "whole_arm"', 'moving = "head"'),
         "line 6, .*: the head is followed by the face, which camera = 'side' does not see"),
        ("[joint.x]\na = 1\n", r"\[joint...\]: unknown kind of table; expected \[segment.NAME\] or .*\[movement.NAME\]"),
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
