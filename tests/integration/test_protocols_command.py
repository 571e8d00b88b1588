"""``rom-tracker protocols`` as a therapist types it."""

from __future__ import annotations

from typing import Any

import pytest

from rom_tracker.movements import load_catalogue
from rom_tracker.movements.protocols import load_protocols


def test_without_a_word_all_are_listed_by_region(run: Any) -> None:
    done = run("protocols")
    assert done.exit_code == 0
    for protocol in load_protocols().protocols.values():
        assert protocol.muscle in done.out
        assert protocol.region.upper() in done.out
    assert done.out.index("NECK") < done.out.index("SHOULDER") < done.out.index("FOOT")
    assert "severe osteoporosis" in done.out
    assert "rheumatoid arthritis or Down" in done.out


def test_a_complaint_tells_the_whole_story(run: Any) -> None:
    done = run("protocols", "tennis", "elbow")
    assert done.exit_code == 0
    for said in (
        "WRIST EXTENSORS",
        "forearm on the table",
        "wrist bent back",
        "lateral epicondyle",
        "bends the wrist down",
        "(wrist_flexion), treated side",
        load_catalogue()["wrist_flexion"].camera_words.split(";")[0],
        "CAUTIONS",
        "radial nerve",
        "derived",
        "Massage World",
        "start still, then three to five slow repetitions",
        "rom-tracker record client1-before.mkv --movement wrist_flexion --side right --client client1\n",
        "rom-tracker record client1-after.mkv --movement wrist_flexion --side right --client client1 --moment after\n",
        "rom-tracker compare client1-before.mkv client1-after.mkv --chart client1-change.png\n",
        "Do not treat: acute inflammation",
        "Ask a doctor first",
    ):
        assert said in done.out, said


def test_several_that_fit_are_each_told(run: Any) -> None:
    told = run("protocols", "Thoracic-Outlet").out
    assert told.startswith("2 protocols fit, the nearest first: scalenes; pectoralis minor.\n")
    assert told.index("SCALENES \u2500") < told.index("PECTORALIS MINOR \u2500")
    assert told.count("CAUTIONS") == 2
    assert told.count("Do not treat") == 1


def test_what_forbids_a_treatment_is_pointed_to_above_the_steps(run: Any) -> None:
    told = run("protocols", "sciatica").out
    assert told.startswith("Before any treatment: see the box at the end.\n")
    assert "only what a doctor has examined and knows" in told
    assert "1 protocol" not in told
    assert "Down syndrome" not in told


def test_the_dangers_of_the_neck_are_in_the_box_of_a_neck_muscle(run: Any) -> None:
    told = " ".join(run("protocols", "suboccipitals").out.replace("\u2502", " ").split())
    assert "Do not treat: neck that is unstable" in told
    assert "drop attacks" in told
    assert "Ask a doctor first: for the neck: rheumatoid arthritis or Down syndrome" in told


def test_what_is_prevented_is_the_protocols_own_where_it_has_some(run: Any) -> None:
    told = run("protocols", "finger flexors").out
    assert "prevent        bending the fingers" in told


def test_a_movement_without_sides_is_recorded_without_one(run: Any) -> None:
    told = run("protocols", "erector spinae").out
    assert "--movement trunk_flexion --client client1\n" in told
    assert "treated right side" not in told


def test_many_that_fit_are_listed_with_a_hint(run: Any) -> None:
    done = run("protocols", "shoulder")
    assert "CAUTIONS" not in done.out
    assert "pectoralis minor" in done.out
    assert "Name one muscle, such as `rom-tracker protocols pectoralis minor`" in done.err


def test_the_side_to_which_the_head_moves_away_is_recorded(run: Any) -> None:
    told = run("protocols", "upper trapezius").out
    assert "(neck_lateral_flexion), other side" in told
    assert "--movement neck_lateral_flexion --side left" in told


def test_what_one_camera_cannot_see_is_replaced_by_what_it_can(run: Any) -> None:
    told = run("protocols", "deltoid", "middle").out
    assert "Measure shoulder_abduction instead" in told
    assert "--movement shoulder_abduction" in told
    assert "--movement shoulder_horizontal_adduction" not in told


def test_a_scar_leads_to_the_muscle_under_it(run: Any) -> None:
    told = run("protocols", "scar", "tissue").out
    assert "rom-tracker protocols hamstrings" in " ".join(told.split())
    assert "rom-tracker record client1-before.mkv --movement MOVEMENT --side SIDE" in told


@pytest.mark.parametrize(("asked", "said"), [("tenis elbow", "tennis elbow"), ("xyz", "regions: neck")])
def test_an_unknown_word_says_what_there_is(run: Any, asked: str, said: str) -> None:
    done = run("protocols", *asked.split())
    assert done.exit_code == 2
    assert done.out == ""
    assert said in done.sentence


def test_json(run: Any) -> None:
    found = run("protocols", "deltoid", "middle", "--json").json
    assert list(found) == ["protocols", "contraindications", "principle"]
    (protocol,) = found["protocols"]
    assert protocol["key"] == "deltoid_middle"
    assert protocol["measure"][1] == {
        "movement": "shoulder_abduction",
        "side": "same",
        "note": load_protocols().protocols["deltoid_middle"].measure[1].note,
        "title": "Shoulder abduction",
        "measurable": True,
        "position": load_catalogue()["shoulder_abduction"].position,
        "camera": load_catalogue()["shoulder_abduction"].camera_words,
    }
    assert protocol["measure"][0] | {"title": ""} == {
        "movement": "shoulder_horizontal_adduction",
        "side": "same",
        "note": "",
        "title": "",
        "measurable": False,
        "position": None,
        "camera": None,
    }
    assert set(protocol["cautions"][0]) == {"what", "source"}
    assert set(found["contraindications"][0]) == {"key", "what", "action", "why", "regions", "source"}
    assert len(run("protocols", "--json").json["protocols"]) == len(load_protocols().protocols)
