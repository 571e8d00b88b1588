"""A movement that a user adds with a few lines of TOML is listed, measured, compared and drawn like the built-in ones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from rom_tracker.capture import VideoFile

OWN = """\
[segment.forearm_on_its_own]
from = "elbow"
to = "wrist"
at_zero = "down"

[compensation.swinging]
title = "Body swinging"
moving = "torso"
reference = "up"
counted = "change"
limit_deg = 12
advice = "Let the client lean on a wall."

[movement.curl]
title = "Forearm curl"
joint = "elbow"
plane = "sagittal"
camera = "side"
moving = "forearm_on_its_own"
reference = "up"
positive = "forward"
zero = "start"
limits_deg = [-40, 175]
better = "larger"
definition = "Turn of the forearm in the picture, whatever the upper arm does."
compensation = "swinging the body"
compensations = ["swinging"]
source = "this practice"
residual_deg = 3
residual_people = 8
change_residual_deg = 2
change_residual_people = 8
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("own") / "our movements.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


def of_the_curl(own: Path) -> tuple[str | Path, ...]:
    return ("--movement", "curl", "--side", "left", "--movements-file", own)


def test_it_is_listed_and_told_like_the_others(run, own):
    told = run("movements", "curl", "--movements-file", own)
    assert (told.exit_code, told.err) == (0, "")
    for words in ("Forearm curl", "whatever the upper arm does", "this practice"):
        assert words in " ".join(told.out.split())
    listed = run("movements", "--movements-file", own)
    assert listed.exit_code == 0
    assert "curl" in listed.out
    assert "curl" not in run("movements").out


def test_it_is_measured_drawn_and_shown(run, short, own, tmp_path):
    angles, chart, overlay = (tmp_path / name for name in ("angles.csv", "chart.png", "overlay.webm"))
    drawn = ("--angles", angles, "--chart", chart, "--overlay", overlay)
    done = run("measure", short, *of_the_curl(own), "--json", *drawn)
    assert (done.exit_code, done.err) == (0, "")
    found = done.json
    assert (found["movement"], found["side"], found["method"]["zero"]) == ("curl", "left", "start")
    assert len(found["repetitions"]) == 1
    assert abs(found["start_deg"]) < 5
    assert 90 < found["peak_deg"] < 140
    assert [one["name"] for one in found["compensations"]] == ["swinging"]
    low, high = found["interval_deg"]
    assert 2.0 < (high - low) / 2 < 12.0
    rows = angles.read_text(encoding="utf-8").splitlines()
    assert len(rows) == found["frames"] + 1
    assert cv2.imread(str(chart)).shape[0] > 400
    frames = [frame.image for frame in VideoFile(overlay)]
    assert len(frames) == found["frames"]
    assert np.abs(frames[14].astype(int) - list(VideoFile(short))[14].image).max() > 100, "something is drawn"


def test_it_is_said_in_words(run, short, own):
    done = run("measure", short, *of_the_curl(own))
    assert (done.exit_code, done.err) == (0, "")
    assert "Forearm curl" in done.out
    assert "never checked against known angles" in " ".join(done.out.split())


def test_before_and_after_are_compared(run, film, elbow, short, own, tmp_path):
    after, chart = tmp_path / "after.webm", tmp_path / "change.png"
    film(after, [np.ascontiguousarray(image) for image in elbow[1::3]], np.arange(27) / 10)
    done = run("compare", short, after, *of_the_curl(own), "--json", "--chart", chart)
    assert (done.exit_code, done.err) == (0, "")
    found = done.json
    assert found["verdict"] == "no detectable change"
    assert found["change_deg"] == pytest.approx(0, abs=4)
    assert found["before"]["movement"] == found["after"]["movement"] == "curl"
    assert cv2.imread(str(chart)).shape[0] > 400


def test_one_number_of_a_built_in_movement_is_changed_and_the_rest_is_as_it_was(run, short, tmp_path):
    wider = tmp_path / "wider.toml"
    wider.write_text("[movement.elbow_flexion]\nresidual_deg = 9\n", encoding="utf-8")
    asked = ("measure", short, "--movement", "elbow_flexion", "--side", "left", "--json")
    found, built_in = run(*asked, "--movements-file", wider).json, run(*asked).json
    assert found["peak_deg"] == built_in["peak_deg"]
    widths = [high - low for low, high in (found["interval_deg"], built_in["interval_deg"])]
    assert widths[0] > 2 * widths[1]


def test_a_mistake_is_said_with_its_line_before_the_long_work(run, short, tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(OWN.replace('camera = "side"', 'camera = "front"'), encoding="utf-8")
    done = run("measure", short, *of_the_curl(wrong))
    assert (done.exit_code, done.out) == (2, "")
    assert "line 14, movement.curl: forward cannot be seen by a camera = 'front'" in done.err
    assert "Traceback" not in done.err
