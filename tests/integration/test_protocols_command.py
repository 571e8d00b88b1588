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
        "rom-tracker record before.mkv --movement wrist_flexion --side right\n",
        "rom-tracker record after.mkv --movement wrist_flexion --side right --moment after\n",
        "rom-tracker compare before.mkv after.mkv --movement wrist_flexion --side right\n",
        "Do not treat: acute inflammation",
        "Ask a doctor first",
    ):
        assert said in done.out, said


def test_several_that_fit_are_each_told(run: Any) -> None:
    told = run("protocols", "Thoracic-Outlet").out
    assert told.index("SCALENES") < told.index("PECTORALIS MINOR")
    assert told.count("CAUTIONS") == 2
    assert told.count("Do not treat") == 1


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
    assert "rom-tracker record" not in told


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
    assert set(found["contraindications"][0]) == {"key", "what", "action", "why", "source"}
    assert len(run("protocols", "--json").json["protocols"]) == len(load_protocols().protocols)
