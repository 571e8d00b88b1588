"""``measure`` of both sides, in one recording and in two, and the norms beside it."""

from __future__ import annotations

import csv
from collections import Counter
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
import pytest

from rom_tracker.capture import VideoFile
from rom_tracker.sample_clips import SampleClip, sample_clips

SHOULDER = ("--movement", "shoulder_abduction")
ELBOW = ("--movement", "elbow_flexion")


@pytest.fixture(scope="session")
def clips() -> dict[str, SampleClip]:
    return {clip.path.stem: clip for clip in sample_clips()}


@pytest.fixture(scope="session")
def shoulders(clips, film, tmp_path_factory) -> dict[str, Path]:
    """A person who raises the left arm, the mirror image of another time, so that the right arm is raised, and both in turn."""

    def frames(name: str):
        for frame in list(VideoFile(clips[name].path))[::4]:
            yield cv2.resize(frame.image, (320, 240), interpolation=cv2.INTER_AREA)

    folder = tmp_path_factory.mktemp("shoulders")
    left = list(frames("shoulder_abduction_post"))
    right = [np.ascontiguousarray(image[:, ::-1]) for image in frames("shoulder_abduction_pre")]
    pictures = {"left": left, "right": right, "both": [*left, *right]}
    return {name: film(folder / f"{name}.webm", images, np.arange(len(images)) / 7.5) for name, images in pictures.items()}


@pytest.fixture(scope="session")
def true_difference_deg(clips) -> float:
    return clips["shoulder_abduction_post"].peak_deg - clips["shoulder_abduction_pre"].peak_deg


def check_difference(found: dict, true_deg: float) -> None:
    assert found["movement"] == "shoulder_abduction"
    assert (found["left"]["side"], found["right"]["side"]) == ("left", "right")
    assert found["difference_deg"] == pytest.approx(found["left"]["peak_deg"] - found["right"]["peak_deg"], abs=0.02)
    low, high = found["interval_deg"]
    assert low < true_deg < high
    assert found["difference_deg"] == pytest.approx(true_deg, abs=8)
    assert (high - low) / 2 == pytest.approx(found["detectable_deg"], abs=0.02)
    differ = abs(found["difference_deg"]) > found["detectable_deg"]
    assert found["verdict"] == ("sides differ" if differ else "no detectable difference")


def test_both_sides_in_one_recording(run, shoulders, true_difference_deg, tmp_path):
    angles, chart = tmp_path / "angles.csv", tmp_path / "sides.png"
    done = run("measure", shoulders["both"], *SHOULDER, "--side", "both", "--json", "--angles", angles, "--chart", chart)
    assert (done.exit_code, done.err) == (0, "")
    check_difference(done.json, true_difference_deg)
    with angles.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["side", "time_s", "angle_deg", "confidence"]
    assert Counter(row[0] for row in rows) == dict.fromkeys(("left", "right"), done.json["left"]["frames"])
    assert cv2.imread(str(chart)).shape[0] > 400


@pytest.mark.parametrize("first", ["left", "right"])
def test_each_side_in_its_own_recording(run, shoulders, true_difference_deg, first):
    second = {"left": "right", "right": "left"}[first]
    done = run("measure", shoulders[first], *SHOULDER, "--side", first, "--other-side", shoulders[second], "--json")
    assert (done.exit_code, done.err) == (0, "")
    check_difference(done.json, true_difference_deg)
    assert [done.json[side]["video"] for side in ("left", "right")] == [str(shoulders["left"]), str(shoulders["right"])]


def test_sides_for_people(run, shoulders):
    done = run("measure", shoulders["both"], *SHOULDER, "--side", "both", "--age", "45", "--sex", "female")
    assert (done.exit_code, done.err) == (0, "")
    assert "Shoulder abduction, left and right" in done.out
    assert "Difference, left less right: +" in done.out
    assert done.out.count("Norm: mean 149.7°") == 2


def test_the_far_side_is_refused_and_the_near_one_has_its_number(run, short):
    done = run("measure", short, *ELBOW, "--side", "both", "--json")
    assert (done.exit_code, done.err) == (1, "")
    found = done.json
    assert found["left"]["peak_deg"] > 100
    assert (found["verdict"], found["difference_deg"], found["interval_deg"], found["detectable_deg"]) == (
        "refused",
        None,
        None,
        None,
    )
    assert [flag for flag in found["flags"] if flag["severity"] == "refused" and flag["message"].startswith(("Right", "The right"))]


def test_a_side_that_cannot_be_read(run, short, tmp_path):
    broken, angles = tmp_path / "broken.mp4", tmp_path / "angles.csv"
    broken.write_bytes(b"no video")
    done = run("measure", short, *ELBOW, "--side", "left", "--other-side", broken, "--json", "--angles", angles)
    assert done.exit_code == 1
    assert "broken.mp4" in done.sentence
    found = done.json
    assert found["left"]["peak_deg"] > 100
    assert (found["right"]["verdict"], found["verdict"], found["difference_deg"]) == ("refused", "refused", None)
    assert [flag["code"] for flag in found["flags"]] == ["unreadable"]
    assert angles.read_text(encoding="utf-8").split() == ["side,time_s,angle_deg,confidence"]
    first_broken = run("measure", broken, *ELBOW, "--side", "left", "--other-side", short, "--json").json
    assert (first_broken["left"]["verdict"], first_broken["right"]) == ("refused", None)


def test_the_norm_of_an_age(run, short):
    found = run("measure", short, *ELBOW, "--side", "left", "--age", "45", "--sex", "female", "--json").json
    norm = found["norm"]
    assert (norm["age"], norm["sex"], norm["group"]["mean_deg"], norm["group"]["n"]) == (45, "F", 146, 352)
    assert norm["difference_deg"] == pytest.approx(found["peak_deg"] - 146, abs=0.02)
    assert norm["z"] is None
    done = run("measure", short, *ELBOW, "--side", "left", "--age", "45")
    assert done.exit_code == 0
    assert "Norm: mean 146.0° (women and men, ages from 18, n = 352; Zwerus" in done.out
    assert "How usual that is cannot be said: the source gives no spread of its group." in " ".join(done.out.split())
    child = run("measure", short, *ELBOW, "--side", "left", "--age", "12", "--sex", "female")
    assert "There is no norm for elbow flexion in this program's tables for a girl of 12." in child.out


def test_a_reference_value_is_called_one(run, short):
    wanted = (short, "-m", "shoulder_extension", "--side", "left", "--age", "45", "--sex", "woman")
    group = run("measure", *wanted, "--json").json["norm"]
    assert (group["sex"], group["group"]["kind"], group["difference_deg"]) == ("F", "reference", None)


def test_a_movement_of_ones_own_has_no_norm(run, short, tmp_path):
    own = tmp_path / "own.toml"
    built_in = resources.files("rom_tracker.movements").joinpath("movements.toml").read_text(encoding="utf-8")
    table = built_in.split("[movement.elbow_flexion]")[1].split("\n[")[0]
    own.write_text(f"[movement.my_elbow]{table}", encoding="utf-8")
    done = run("measure", short, "-m", "my_elbow", "--side", "left", "--movements-file", own, "--age", "45", "--json")
    assert done.exit_code == 0
    assert (done.json["norm"]["group"], [note["code"] for note in done.json["norm"]["notes"]]) == (None, ["no_norm"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--side", "both", "--other-side", "SHORT"), "exclude each other"),
        (("--side", "both", "--overlay", "new.webm"), "An overlay shows one side"),
        (("--side", "left", "--other-side", "SHORT", "--overlay", "new.webm"), "An overlay shows one side"),
        (("--side", "left", "--other-side", "nowhere.mp4"), "nowhere.mp4"),
        (("--side", "left", "--sex", "male"), "add --age YEARS"),
        (("--side", "left", "--age", "130"), "0 to 120, got 130"),
        (("--side", "left", "--age", "40", "--sex", "x"), "female or male (also f, m, woman, man), got 'x'"),
    ],
)
def test_wrong_use_is_said_before_the_long_work(run, short, options, said):
    done = run("measure", short, *ELBOW, *(short if option == "SHORT" else option for option in options))
    assert (done.exit_code, done.out) == (2, "")
    assert said in done.sentence


def test_a_movement_without_sides_has_no_other_side(run, short):
    done = run("measure", short, "-m", "trunk_flexion", "--side", "both")
    assert (done.exit_code, done.out) == (2, "")
    assert "Trunk flexion has no left and right to compare" in done.sentence


def test_a_comparison_takes_one_side(run, short):
    done = run("compare", short, short, *ELBOW, "--side", "both")
    assert done.exit_code == 2
    assert "--side is left or right, got 'both'" in done.sentence
