"""What goes wrong in practice, with files made for it: a clear sentence, the right exit code, nothing half-written."""

from __future__ import annotations

import csv
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from rom_tracker.sample_clips import sample_folder

DATA = Path(__file__).parents[1] / "data"
SAMPLE = sample_folder() / "elbow_flexion_pre.mp4"
ELBOW = ("--movement", "elbow_flexion", "--side", "left")

#: The first repetition of the sample clip as it is, and how far the same repetition in another form may lie from it, in
#: degrees: the model reads a picture of a quarter of the size, coded anew, within about a degree.
TRUE_PEAK_DEG = 119.1
FORM_TOLERANCE_DEG = 2.5


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    assert reader.fieldnames == ["time_s", "angle_deg", "confidence"]
    return rows


def codes(found: dict[str, Any]) -> list[str]:
    return [flag["code"] for flag in found["flags"]]


def no_number(found: dict[str, Any]) -> bool:
    return (found["peak_deg"], found["rom_deg"], found["interval_deg"]) == (None, None, None)


# Files that no frame can be read from.


def empty(path: Path, short: Path) -> None:
    path.write_bytes(b"")


def text(path: Path, short: Path) -> None:
    path.write_text("Ann: shoulder better, elbow stiff.\n" * 20)


def noise(path: Path, short: Path) -> None:
    path.write_bytes(np.random.default_rng(1).bytes(50_000))


def cut_before_the_index(path: Path, short: Path) -> None:
    path.write_bytes(SAMPLE.read_bytes()[:60_000])


def cut_in_the_first_frame(path: Path, short: Path) -> None:
    path.write_bytes(short.read_bytes()[:1000])


def blotted_out(path: Path, short: Path) -> None:
    content = bytearray((DATA / "index-first.mp4").read_bytes())
    start = content.index(b"mdat") + 4
    content[start:] = bytes(len(content) - start)
    path.write_bytes(content)


def sound_only(path: Path, short: Path) -> None:
    shutil.copy(DATA / "sound-only.m4a", path)


@pytest.mark.parametrize(
    ("make", "suffix", "words"),
    [
        (empty, ".mp4", "is empty (0 bytes)"),
        (text, ".mp4", "holds text; choose the recording itself"),
        (noise, ".mp4", "is not one that can be read"),
        (cut_before_the_index, ".mp4", "was cut off before its index"),
        (cut_in_the_first_frame, ".webm", "is cut off before the first whole frame; copy the file again"),
        (blotted_out, ".mp4", "no frame of"),
        (sound_only, ".m4a", "has sound and no pictures"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_file_that_cannot_be_read(make, suffix, words, run, short, tmp_path):
    video, angles = tmp_path / f"clip{suffix}", tmp_path / "angles.csv"
    make(video, short)
    done = run("measure", video, *ELBOW, "--json", "--angles", angles)
    assert done.exit_code == 1
    assert words.lower() in done.sentence.lower()
    assert f'"{video}"' in done.sentence
    found = done.json
    assert found["verdict"] == "refused"
    assert no_number(found)
    assert [flag["message"] for flag in found["flags"]] == [done.sentence]
    assert (found["repetitions"], found["frames"], found["seconds"]) == ([], 0, 0.0)
    assert table(angles) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["angles.csv", video.name]


def test_an_older_table_is_not_taken_for_that_of_a_broken_recording(run, tmp_path):
    video, angles = tmp_path / "empty.mp4", tmp_path / "angles.csv"
    video.touch()
    angles.write_text("time_s,angle_deg,confidence\n0,90,1\n")
    plain = run("measure", video, *ELBOW, "--angles", angles)
    assert (plain.exit_code, plain.out) == (1, "")
    assert "is empty (0 bytes)" in plain.sentence
    assert table(angles) == []


def test_the_second_recording_of_a_comparison_cannot_be_read(run, short, tmp_path):
    broken = tmp_path / "after.mp4"
    broken.touch()
    done = run("compare", short, broken, *ELBOW, "--json")
    assert done.exit_code == 1
    assert str(broken) in done.sentence
    found = done.json
    assert (found["verdict"], found["change_deg"], found["interval_deg"], found["detectable_deg"]) == ("refused", None, None, None)
    assert found["before"]["peak_deg"] == pytest.approx(TRUE_PEAK_DEG, abs=5)
    assert found["after"]["verdict"] == "refused"
    assert [flag["message"] for flag in found["flags"]] == [done.sentence]


# Files that can be read, and hold nothing to measure.


@pytest.fixture
def to_refuse(film, elbow, tmp_path) -> Callable[[str], Path]:
    room = np.tile(np.linspace(90, 160, 320, dtype=np.uint8)[None, :, None], (240, 1, 3))
    pictures = {"nobody": [room] * 12, "still client": [elbow[0]] * 20, "one frame": [elbow[40]]}
    return lambda name: film(tmp_path / f"{name}.webm", pictures[name], np.arange(20) / 10)


@pytest.mark.parametrize(
    ("name", "code", "words", "frames"),
    [
        ("nobody", "no_person", "Nobody was found in the recording", 12),
        ("still client", "no_movement", "no repetition of at least", 20),
        ("one frame", "few_frames", "The recording has 1 frame; a repetition needs at least", 1),
    ],
)
def test_nothing_to_measure(name, code, words, frames, run, to_refuse, tmp_path):
    video, angles = to_refuse(name), tmp_path / "angles.csv"
    done = run("measure", video, *ELBOW, "--json", "--angles", angles)
    assert (done.exit_code, done.err) == (1, "")
    found = done.json
    assert found["verdict"] == "refused"
    assert no_number(found)
    assert code in codes(found)
    assert words in " ".join(flag["message"] for flag in found["flags"])
    assert found["frames"] == frames
    rows = table(angles)
    assert len(rows) == frames
    if name == "nobody":
        assert all(row["angle_deg"] == "" for row in rows)
    if name == "one frame":
        plain = run("measure", video, *ELBOW)
        assert (plain.exit_code, plain.err) == (1, "")
        assert words in " ".join(plain.out.split())
        assert "refused" in plain.out


def test_a_comparison_with_nothing_to_measure_is_refused(run, short, to_refuse):
    done = run("compare", short, to_refuse("still client"), *ELBOW, "--json")
    assert (done.exit_code, done.err) == (1, "")
    assert (done.json["verdict"], done.json["change_deg"]) == ("refused", None)
    assert "no_movement" in codes(done.json)
    assert any(flag["message"].startswith("After: ") for flag in done.json["flags"])


# The same repetition in other forms.


def hevc_10bit(path, film, elbow):
    return DATA / "elbow-hevc-10bit.mp4"


def portrait(path, film, elbow):
    """A phone's upright video: stored lying on its side, with the order to turn it in the track header."""
    path = path.with_suffix(".mp4")
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"mp4v"), 30, (240, 180))
    for image in elbow:
        writer.write(np.ascontiguousarray(np.rot90(image[:, 70:250])))
    writer.release()
    content = bytearray(path.read_bytes())
    header = content.index(b"tkhd") + 4
    matrix = slice(header + 40, header + 76)
    assert struct.unpack(">9i", content[matrix]) == (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    content[matrix] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 180 << 16, 0, 1 << 30)
    path.write_bytes(content)
    return path


def five_a_second(path, film, elbow):
    return film(path, elbow[::6], np.arange(20) / 5)


def two_hundred_and_forty_a_second(path, film, elbow):
    """A movement of 0.9 s, every picture three times."""
    return film(path, (image for image in elbow[6:77] for _ in range(3)), np.arange(1000) / 240)


@pytest.fixture(scope="module")
def as_it_is_deg(run) -> float:
    done = run("measure", SAMPLE, *ELBOW, "--json")
    assert done.exit_code == 0
    return done.json["repetitions"][0]["peak_deg"]


@pytest.mark.parametrize(
    ("make", "frames", "seconds"),
    [(hevc_10bit, 83, 2.733), (portrait, 83, 2.733), (five_a_second, 14, 2.6), (two_hundred_and_forty_a_second, 213, 0.883)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_another_form_gives_the_same_angle(make, frames, seconds, run, film, elbow, as_it_is_deg, tmp_path):
    done = run("measure", make(tmp_path / "clip.webm", film, elbow), *ELBOW, "--json")
    assert (done.exit_code, done.err) == (0, "")
    found = done.json
    assert (found["frames"], found["seconds"]) == (frames, pytest.approx(seconds, abs=0.002))
    assert len(found["repetitions"]) == 1
    assert found["peak_deg"] == pytest.approx(as_it_is_deg, abs=FORM_TOLERANCE_DEG)
    assert ("low_frame_rate" in codes(found)) == (make is five_a_second)


def test_a_recording_cut_after_a_repetition_is_measured_and_says_so(run, film, elbow, tmp_path):
    whole = film(tmp_path / "whole.webm", [*elbow[::3], *elbow[1::3]], np.arange(60) / 10)
    cut = tmp_path / "cut.webm"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.7)])
    done = run("measure", cut, *ELBOW, "--json")
    assert (done.exit_code, done.err, len(done.json["repetitions"])) == (0, "", 1)
    assert done.json["verdict"] == "caution"
    assert "cut off" in " ".join(flag["message"] for flag in done.json["flags"])


# Wrong use.


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("measure", "gone.mp4", *ELBOW), 'there is no file "gone.mp4"; check its name and folder'),
        (("measure", "{folder}", *ELBOW), "is a folder; name one file in it"),
        (("measure", "{video}", "-m", "elbow_flexoin", "-s", "left"), "Did you mean elbow_flexion"),
        (("measure", "{video}", "-m", "Shoulder Abducton", "-s", "left"), "Did you mean shoulder_abduction"),
        (("measure", "{video}", "-m", "handstand", "-s", "left"), "There are: "),
        (("measure", "{video}", "-m", "elbow_flexion"), "Which side? Add --side left or --side right."),
        (("measure", "{video}", "-m", "elbow_flexion", "-s", "lef"), "--side is left or right, got 'lef'."),
        (("measure", "{video}", "-s", "left"), "Which movement? Add --movement NAME; `rom-tracker movements` lists them."),
        (("measure", "{video}", *ELBOW, "--model", "huge"), "--model is auto, lite, full or heavy, got 'huge'."),
        (("measure", "{video}", *ELBOW, "--angles", "{folder}/a.xlsx"), "Expected a file name ending in .csv"),
        (("measure", "{video}", *ELBOW, "--chart", "{folder}/a.bmp"), "Expected a file name ending in .png or .svg or .pdf"),
        (("measure", "{video}", *ELBOW, "--overlay", "{folder}/a.mp4"), "Expected a file name ending in .webm"),
        (("measure", "{video}", *ELBOW, "--overlay", "{video}"), "is the recording itself and would be lost"),
        (("measure", "{video}", *ELBOW, "--movements-file", "gone.toml"), "gone.toml"),
        (("compare", "gone.mp4", "{video}", *ELBOW), 'there is no file "gone.mp4"'),
        (("compare", "{video}", "gone.mp4", *ELBOW), 'there is no file "gone.mp4"'),
        (("compare", "{video}", "{video}", "-m", "elbow_flexion"), "Which side?"),
        (("movements", "knee-flexon"), "Did you mean knee_flexion"),
    ],
)
def test_wrong_use(arguments, words, run, short, tmp_path):
    recording = short.read_bytes()
    filled = [argument.format(video=short, folder=tmp_path) for argument in arguments]
    done = run(*filled, "--json", env=run.environment(PIP_INDEX_URL="http://127.0.0.1:9"))
    assert (done.exit_code, done.out) == (2, "")
    assert words in done.sentence
    assert list(tmp_path.iterdir()) == []
    assert short.read_bytes() == recording


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("measure",), "Missing argument"),
        (("compare", "one.mp4", *ELBOW), "Missing argument"),
        (("measure", "a.mp4", "--sied", "left"), "No such option"),
        (("meassure", "a.mp4"), "No such command"),
    ],
)
def test_wrong_use_of_the_command_line(arguments, words, run):
    done = run(*arguments)
    assert (done.exit_code, done.out) == (2, "")
    assert words in done.err


# Results that cannot be written.

OUTPUTS = [("--angles", "angles.csv"), ("--chart", "chart.png"), ("--overlay", "overlay.webm")]


def limit_file_size() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))


@pytest.mark.parametrize(("option", "name"), OUTPUTS)
def test_a_read_only_folder(option, name, run, short, read_only):
    done = run("measure", short, *ELBOW, "--json", option, read_only / name)
    assert (done.exit_code, done.out) == (1, "")
    assert done.sentence == f'"{read_only / name}" cannot be written: the folder "{read_only}" is read-only; choose another folder.'
    assert list(read_only.iterdir()) == []


@pytest.mark.parametrize(("option", "name"), OUTPUTS)
def test_a_folder_that_is_not_there(option, name, run, short, tmp_path):
    done = run("measure", short, *ELBOW, option, tmp_path / "results" / name)
    assert (done.exit_code, done.out) == (1, "")
    assert "is not a folder; create it or choose another" in done.sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
@pytest.mark.parametrize(("option", "name"), OUTPUTS)
def test_no_room_for_a_result(option, name, run, short, tmp_path):
    (tmp_path / name).write_bytes(b"of last time")
    done = run("measure", short, *ELBOW, "--json", option, tmp_path / name, preexec_fn=limit_file_size)
    assert (done.exit_code, done.out) == (1, "")
    assert done.sentence == f'"{tmp_path / name}" cannot be written: the disk is full; free some space or choose another folder.'
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(name, b"of last time")]


def test_a_full_disk(run, short, mounted):
    (mounted / "all there is").write_bytes(bytes(1 << 20))
    done = run("measure", short, *ELBOW, "--angles", mounted / "angles.csv")
    assert (done.exit_code, done.out) == (1, "")
    assert "the disk is full" in done.sentence
    assert [path.name for path in mounted.iterdir()] == ["all there is"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_no_room_for_the_cache_costs_nothing_but_time(run, film, elbow, tmp_path):
    before = run.kept_poses()
    done = run(
        "measure", film(tmp_path / "clip.webm", elbow[1::6], np.arange(20) / 5), *ELBOW, "--json", preexec_fn=limit_file_size
    )
    assert (done.exit_code, done.err) == (0, "")
    assert run.kept_poses() == before


# Names and streams.


def test_a_name_that_the_terminal_cannot_print(run, short, tmp_path):
    video = tmp_path / "Łokieć [red].webm"
    shutil.copy(short, video)
    narrow = run.environment(PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    plain = run("measure", video, *ELBOW, env=narrow)
    assert (plain.exit_code, plain.err) == (0, "")
    assert "[red].webm" in "".join(plain.out.split("\n"))
    assert run("measure", video, *ELBOW, "--json").json["video"] == str(video)


def test_a_reader_that_leaves_early(run, short):
    process = run.start("measure", short, *ELBOW, stdout=subprocess.PIPE)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) in (0, 1)
    assert err == ""


@pytest.mark.parametrize("command", ["measure", "compare", "record", "demo", "movements", "models", "check"])
def test_every_command_has_help(command, run):
    done = run(command, "--help")
    assert (done.exit_code, done.err) == (0, "")
    assert f"rom-tracker {command}" in done.out


def test_the_help_lists_every_command(run):
    listed = run("--help").out
    assert [c for c in ("measure", "compare", "record", "demo", "movements", "models", "check") if f"│ {c} " not in listed] == []
