from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import pydantic
import pytest

from rom_tracker.errors import MovementFileError, UnknownProtocolError, UsageError
from rom_tracker.movements import load_catalogue
from rom_tracker.movements.protocols import Protocol, load_protocols

PROTOCOLS = load_protocols().protocols
TEXT = resources.files("rom_tracker.movements").joinpath("protocols.toml").read_text(encoding="utf-8")

OWN_PROTOCOL = """\
[principle]
steps = "Shorten, press, lengthen."
limit = "Stop at pain."
derived_note = "Worked out."
source = "a book"

[contraindication.fever]
what = "fever"
action = "do not treat"
why = "the body is strained"
source = "general massage contraindication; have a clinician check"

[protocol.sartorius]
muscle = "sartorius"
region = "thigh"
complaints = ["tailor's pain"]
position = "sitting"
shortened_start = "legs crossed"
pin = "mid thigh"
lengthening = "The client stretches the leg."
measure = [{ movement = "hip_extension", side = "same" }]
expected = "larger"
basis = "derived"
cautions = [{ what = "the femoral artery", source = "standard anatomy; not a quoted protocol" }]
"""


def keys(asked: str) -> list[str]:
    return [protocol.key for protocol in load_protocols().find(asked)]


def test_every_muscle_of_the_table_has_its_protocol():
    assert list(PROTOCOLS) == [
        "upper_trapezius", "levator_scapulae", "sternocleidomastoid", "scalenes", "suboccipitals", "splenius",
        "pectoralis_minor", "pectoralis_major", "serratus_anterior", "infraspinatus_teres_minor", "subscapularis",
        "supraspinatus", "deltoid_anterior", "deltoid_middle", "deltoid_posterior", "latissimus_teres_major",
        "rhomboids_middle_trapezius", "biceps_brachii", "brachialis", "triceps_brachii", "wrist_extensors", "wrist_flexors",
        "pronator_teres", "supinator", "finger_flexors", "thenar", "erector_spinae", "quadratus_lumborum",
        "thoracic_paraspinals", "iliopsoas", "tensor_fasciae_latae", "gluteus_medius_minimus", "gluteus_maximus", "piriformis",
        "quadriceps", "hamstrings", "adductors", "gastrocnemius", "soleus", "tibialis_anterior", "tibialis_posterior",
        "fibularis", "plantar_fascia", "scar_tissue",
    ]  # fmt: skip


def test_what_is_published_is_told_from_what_is_derived():
    published = {key for key, protocol in PROTOCOLS.items() if protocol.basis == "textbook"}
    assert published == {
        "upper_trapezius", "pectoralis_minor", "serratus_anterior", "quadriceps", "hamstrings", "wrist_flexors", "piriformis",
    }  # fmt: skip
    for key, protocol in PROTOCOLS.items():
        assert protocol.basis_note.startswith("Published: ") == (key in published | {"fibularis"})
        assert "derived" in protocol.basis_note or key not in published - {"hamstrings"}
    assert PROTOCOLS["soleus"].basis_note == load_protocols().principle.derived_note
    assert PROTOCOLS["soleus"].source == load_protocols().principle.source


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_every_measured_movement_is_in_the_catalogue(protocol: Protocol):
    catalogue = load_catalogue()
    measured = [measure.movement for measure in protocol.measure]
    assert set(measured) <= {*catalogue.movements, *catalogue.unmeasurable}
    assert len(set(measured)) == len(measured)
    if protocol.key == "scar_tissue":
        assert protocol.measure_note
    else:
        instead = next(key for key in measured if key in catalogue.movements)
        assert instead == measured[0] or instead in protocol.measure_note


@pytest.mark.parametrize(
    ("protocol", "movement", "side"),
    [
        ("upper_trapezius", "neck_lateral_flexion", "opposite"),
        ("levator_scapulae", "neck_rotation", "opposite"),
        ("sternocleidomastoid", "neck_rotation", "same"),
        ("quadratus_lumborum", "trunk_lateral_flexion", "opposite"),
        ("wrist_extensors", "wrist_flexion", "same"),
        ("wrist_flexors", "wrist_extension", "same"),
        ("pronator_teres", "forearm_supination", "same"),
        ("hamstrings", "active_knee_extension", "same"),
        ("soleus", "weight_bearing_lunge", "same"),
        ("piriformis", "hip_external_rotation", "same"),
    ],
)
def test_what_is_measured_is_what_the_muscle_holds_back(protocol, movement, side):
    first = PROTOCOLS[protocol].measure[0]
    assert (first.movement, first.side) == (movement, side)


def test_seated_rotation_is_measured_only_where_the_muscle_holds_it_back():
    """With the hip bent to 90 degrees piriformis and the small glutes turn the thigh inwards, and the tensor is slack."""
    rotations = {
        key: [measure.movement for measure in PROTOCOLS[key].measure if measure.movement.endswith("ternal_rotation")]
        for key in ("piriformis", "gluteus_medius_minimus", "tensor_fasciae_latae")
    }
    assert rotations == {
        "piriformis": ["hip_external_rotation", "hip_internal_rotation"],
        "gluteus_medius_minimus": ["hip_external_rotation"],
        "tensor_fasciae_latae": [],
    }
    for key in ("piriformis", "gluteus_medius_minimus"):
        assert "derived from anatomy" in PROTOCOLS[key].measure_note


@pytest.mark.parametrize("protocol", ["levator_scapulae", "suboccipitals", "splenius"])
def test_a_muscle_that_turns_the_head_to_its_side_is_measured_to_the_other(protocol):
    (rotation,) = [measure for measure in PROTOCOLS[protocol].measure if measure.movement == "neck_rotation"]
    assert rotation.side == "opposite"


def test_what_the_client_must_not_do_does_not_contradict_how_it_is_measured():
    assert "straightening the fingers" in load_catalogue()["wrist_extension"].compensation
    assert PROTOCOLS["finger_flexors"].measure[0].note.startswith("with straight fingers")
    assert "straightening" not in PROTOCOLS["finger_flexors"].prevent


@pytest.mark.parametrize(
    ("protocol", "near"),
    [
        ("sternocleidomastoid", "carotid"),
        ("scalenes", "brachial plexus"),
        ("scalenes", "top of the lung"),
        ("pectoralis_minor", "brachial plexus"),
        ("subscapularis", "axillary artery"),
        ("biceps_brachii", "brachial artery"),
        ("wrist_flexors", "ulnar nerve"),
        ("pronator_teres", "median nerve"),
        ("supinator", "radial nerve"),
        ("finger_flexors", "median nerve"),
        ("quadratus_lumborum", "kidney"),
        ("iliopsoas", "femoral artery"),
        ("piriformis", "sciatic nerve"),
        ("hamstrings", "popliteal"),
        ("gastrocnemius", "popliteal"),
        ("gastrocnemius", "blood clot"),
        ("fibularis", "common fibular nerve"),
        ("piriformis", "only what a doctor has examined"),
        ("finger_flexors", "only what a doctor has examined"),
        ("scalenes", "only what a doctor has examined"),
        ("sternocleidomastoid", "after an accident a doctor first"),
        ("splenius", "after an accident a doctor first"),
    ],
)
def test_nerves_and_arteries_near_the_pressure_are_named(protocol, near):
    assert any(near in caution.what for caution in PROTOCOLS[protocol].cautions)


def test_what_speaks_against_any_treatment():
    action = {state.key: state.action for state in load_protocols().contraindications}
    for never in ("acute_inflammation", "severe_osteoporosis", "nerve_damage", "unhealed_injury", "blood_clot", "fever"):
        assert action[never] == "do not treat"
    for asked in ("blood_thinners", "pregnancy", "cancer", "diminished_sensation", "neck_joint_disease"):
        assert action[asked] == "ask a doctor first"
    assert action["neck_instability"] == action["neck_arteries"] == "do not treat"


def test_what_speaks_against_treating_the_neck_is_said_first_and_for_the_neck_only():
    everything = load_protocols()
    neck = [state.key for state in everything.contraindications_for([PROTOCOLS["scalenes"], PROTOCOLS["pectoralis_minor"]])]
    assert neck[:3] == ["neck_instability", "neck_arteries", "neck_joint_disease"]
    assert set(neck) == {state.key for state in everything.contraindications}
    hip = {state.key for state in everything.contraindications_for([PROTOCOLS["piriformis"]])}
    assert hip == set(neck[3:])
    regions = {protocol.region for protocol in PROTOCOLS.values()}
    assert all(regions >= set(state.regions) for state in everything.contraindications)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("carpal tunnel", ["finger_flexors", "pronator_teres"]),
        ("tennis elbow", ["wrist_extensors"]),
        ("golfer's elbow", ["wrist_flexors"]),
        ("thoracic outlet", ["scalenes", "pectoralis_minor"]),
        ("scar tissue", ["scar_tissue"]),
        ("adhesions", ["scar_tissue"]),
        ("frozen shoulder", ["subscapularis", "infraspinatus_teres_minor"]),
        ("sciatica", ["piriformis"]),
        ("low back pain", ["erector_spinae", "quadratus_lumborum", "iliopsoas"]),
        ("heel pain", ["plantar_fascia", "gastrocnemius", "soleus"]),
        ("shin splints", ["tibialis_anterior", "tibialis_posterior", "soleus"]),
        ("runner's knee", ["tensor_fasciae_latae", "quadriceps"]),
        ("pronator teres", ["pronator_teres"]),
        ("hamstrings", ["hamstrings"]),
        ("upper trapezius", ["upper_trapezius"]),
        ("SCM", ["sternocleidomastoid"]),
        ("wrist flexion", ["wrist_extensors", "supinator"]),
        ("knee flexion", ["quadriceps"]),
        ("weight-bearing lunge", ["soleus", "gastrocnemius"]),
        ("foot", ["plantar_fascia", "tibialis_posterior"]),
        ("triceps surae", ["gastrocnemius", "soleus"]),
        ("triceps", ["triceps_brachii"]),
        ("Musculus piriformis", ["piriformis"]),
        ("m. trapezius", ["upper_trapezius", "rhomboids_middle_trapezius"]),
        ("M. biceps femoris", ["hamstrings"]),
        ("Tennisarm", ["wrist_extensors"]),
        ("Kapuzenmuskel", ["upper_trapezius", "rhomboids_middle_trapezius"]),
        ("ischiokrurale Muskulatur", ["hamstrings"]),
        ("Wadenkrampf links", ["gastrocnemius"]),
        ("Wadenkrämpfe", ["gastrocnemius"]),
        ("wadenkraempfe", ["gastrocnemius"]),
        ("Ischias", ["piriformis"]),
        ("Fußsohle", ["plantar_fascia"]),
        ("codo de tenista", ["wrist_extensors"]),
        ("ciatica", ["piriformis"]),
        ("isquiotibiales", ["hamstrings"]),
    ],
)
def test_words_find_what_a_therapist_expects(asked, expected):
    assert keys(asked) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("desk posture", {"pectoralis_minor", "upper_trapezius", "suboccipitals", "levator_scapulae"}),
        ("headache", {"upper_trapezius", "suboccipitals", "sternocleidomastoid"}),
        ("jaw", {"sternocleidomastoid", "upper_trapezius"}),
        ("neck", {"scalenes", "splenius", "upper_trapezius"}),
        ("shoulder abduction", {"pectoralis_major", "supraspinatus", "subscapularis"}),
    ],
)
def test_words_that_many_share_find_them_all(asked, expected):
    assert set(keys(asked)) >= expected


def test_every_synonym_finds_what_it_means():
    synonyms = load_protocols().synonyms
    assert len(synonyms) > 100
    for synonym, meaning in synonyms.items():
        assert keys(synonym) == keys(meaning), synonym


def test_the_best_fit_of_a_shared_complaint_comes_first():
    found = keys("desk posture")
    assert found[0] == "upper_trapezius"
    assert found.index("levator_scapulae") < found.index("rhomboids_middle_trapezius")


@pytest.mark.parametrize(
    "asked",
    ["Tennis-Elbow", "elbow tennis", " tennis  elbows ", "TENNIS ELBOW", "my right tennis elbow", "lateral epicond"],
)
def test_spelling_and_order_do_not_matter(asked):
    assert keys(asked) == ["wrist_extensors"]


@pytest.mark.parametrize("asked", ["hamstring", "tight hamstrings", "hamstring tightness", "sore hamstrings"])
def test_plurals_and_words_of_several_complaints(asked):
    assert keys(asked)[0] == "hamstrings"


@pytest.mark.parametrize(("protocol", "entry"), PROTOCOLS.items(), ids=PROTOCOLS)
def test_everything_is_found_by_each_of_its_own_names(protocol: str, entry: Protocol):
    for name in (protocol, entry.muscle, entry.region, *entry.also_called, *entry.complaints):
        assert protocol in keys(name)


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("tenis elbow", "Did you mean tennis elbow"),
        ("pirifromis", "Did you mean piriformis"),
        ("carpaltunnel", "Did you mean carpal tunnel"),
        ("frozen shulder", "Did you mean frozen shoulder"),
        ("Tenisarm", "Did you mean Tennisarm?"),
        ("knee headache", "one of the regions"),
        ("cubital tunnel", "one of the regions"),
        ("m", "one of the regions"),
        ("xyz", "one of the regions: neck, shoulder, .*foot"),
        ("---", "one of the regions"),
        ("", "one of the regions"),
    ],
)
def test_words_that_fit_nothing_name_the_nearest(asked, near):
    with pytest.raises(UnknownProtocolError, match=f"There is no protocol for '{asked}'. .*{near}") as caught:
        load_protocols().find(asked)
    assert isinstance(caught.value, UsageError)


def test_every_key_of_an_entry_is_explained_at_the_top_of_the_file():
    explained = set(re.findall(r"\w+", " ".join(line for line in TEXT.splitlines() if line.startswith("#"))))
    tables = tomllib.loads(TEXT)
    assert {"synonym", "prevent", "regions"} <= explained
    used = set().union(tables["principle"], *tables["protocol"].values(), *tables["contraindication"].values())
    assert explained >= used | {"movement", "side", "note"}


def test_the_protocols_cannot_be_changed_by_mistake():
    with pytest.raises(TypeError):
        PROTOCOLS["new"] = PROTOCOLS["soleus"]  # type: ignore[index]
    with pytest.raises(pydantic.ValidationError):
        PROTOCOLS["soleus"].pin = "elsewhere"  # type: ignore[misc]


def own_file(folder: Path, text: str) -> Path:
    path = folder / "protocols.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_ones_own_is_read_in_place_of_the_builtin(tmp_path):
    own = load_protocols(own_file(tmp_path, "\ufeff" + OWN_PROTOCOL))
    assert list(own.protocols) == ["sartorius"]
    assert own.find("tailors")[0].source == "a book"


def test_a_file_of_ones_own_may_have_synonyms(tmp_path):
    own = load_protocols(own_file(tmp_path, OWN_PROTOCOL + '[synonym.muscles]\nsartorius = ["Schneidermuskel"]\n'))
    assert own.find("Schneidermuskel")[0].key == "sartorius"


def changed(old: str, new: str) -> str:
    assert OWN_PROTOCOL.count(old) == 1
    return OWN_PROTOCOL.replace(old, new)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (changed('pin = "mid thigh"\n', ""), "line 13, protocol.sartorius.pin: is missing"),
        (changed('pin = "mid thigh"', 'pin = ""'), "line 19, protocol.sartorius.pin: must not be empty, got ''"),
        (changed('pin = "mid thigh"', "pin = 3"), "line 19, protocol.sartorius.pin: .*string, got 3"),
        (changed('expected = "larger"', 'view = "x"\nexpected = "larger"'), "line 22, protocol.sartorius.view: unknown key; "),
        (changed('basis = "derived"', 'key = "x"\nbasis = "derived"'), "protocol.sartorius.key: the key is the name of the table"),
        (changed('basis = "derived"', 'basis = "textbook"'), "line 13, protocol.sartorius.(basis_note|source): is missing"),
        (changed('basis = "derived"', 'basis = "hearsay"'), "line 23, .*basis: .*'textbook' or 'derived', got 'hearsay'"),
        (changed('expected = "larger"', 'expected = "more"'), "line 22, .*expected: .*'larger', got 'more'"),
        (changed('side = "same"', 'side = "left"'), "line 21, .*measure.0.side: .*'same' or 'opposite', got 'left'"),
        (changed('[{ movement = "hip_extension", side = "same" }]', "[]"), "line 13, .*measure_note must say what to measure"),
        (changed('[{ movement = "hip_extension", side = "same" }]', '"x"'), "line 21, .*measure: expected a list, got 'x'"),
        (changed('["tailor\'s pain"]', "[]"), r"line 16, .*complaints: must not be empty, got \[\]"),
        (changed("standard anatomy; not a quoted protocol", "my book"), "line 24, .*cautions.0.source: .*got 'my book'"),
        (changed('"do not treat"', '"beware"'), "line 9, contraindication.fever.action: .*got 'beware'"),
        (changed('limit = "Stop at pain."\n', ""), "principle.limit: is missing"),
        (OWN_PROTOCOL + "[muscle.x]\n", r"\[muscle\]: unknown kind of table; expected \[principle\]"),
        (OWN_PROTOCOL + "[protocol]\nx = 3\n", "protocol.x: expected a table"),
        (OWN_PROTOCOL.replace("[contraindication.fever]", "[x.y]"), r"\[contraindication\] is missing"),
        (OWN_PROTOCOL + "[contraindication]\nx = 3\n", "contraindication.x: expected a table"),
        (OWN_PROTOCOL + "[synonym.muscles]\nsartorius = []\n", r"line 26, synonym.muscles.sartorius: must not be empty, got \[\]"),
        (OWN_PROTOCOL + '[synonym.muscles]\nsartorius = "x"\n', "line 26, synonym.muscles.sartorius: expected a list, got 'x'"),
        ("synonym = 3\n" + OWN_PROTOCOL, r"\[synonym\]: expected tables \[synonym.NAME\]"),
        (OWN_PROTOCOL + "[synonym]\nx = 3\n", "synonym.x: "),
        ("protocol = 3\n", r"\[protocol\] is missing"),
        ("[protocol\n", "not valid TOML: .*line 1"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_named_with_its_line(tmp_path, text, expected):
    with pytest.raises(MovementFileError) as caught:
        load_protocols(own_file(tmp_path, text))
    first, *mistakes = str(caught.value).splitlines()
    assert str(tmp_path / "protocols.toml") in first
    assert any(re.search(expected, mistake) for mistake in [first, *mistakes]), str(caught.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(MovementFileError, match=r"cannot be read: .*No such file"):
        load_protocols(tmp_path / "missing.toml")
