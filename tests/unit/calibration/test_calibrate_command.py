from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from boards import WIDE, Film, Pose, card_sheet, filmed
from typer.testing import CliRunner, Result

from rom_tracker.capture import RecordingInfo, TimedVideoWriter
from rom_tracker.capture.lens import LensProfile, profile_path
from rom_tracker.capture.recording import write_sidecar
from rom_tracker.cli import app
from rom_tracker.errors import CalibrationError, OutputError, UsageError


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["calibrate", *map(str, arguments)])


@pytest.fixture(scope="module")
def video(pictures, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("board") / "board.webm"
    with TimedVideoWriter(path, WIDE.size, quality=90) as file:
        for frame in Film.of(pictures):
            file.write(frame.image, frame.time_s)
    return path


def test_a_recording_of_the_board(video, own_data):
    done = run("lens", "--video", video, "--label", "my phone", "--ruler-mm", 97)
    assert done.exit_code == 0, done.exception
    lens = LensProfile.load(profile_path("my phone", WIDE.size))
    assert lens.camera == "my phone"
    assert lens.field_deg == pytest.approx(88, abs=0.5)
    for words in ("% of the picture covered by", "Sees across: 8", "Reprojection error: 0.1", "near the left or right edge"):
        assert words in done.stdout
    assert "Recordings of this camera: add --lens" in done.output
    assert "by themselves" not in done.output
    listed = run("list")
    assert "my phone" in listed.stdout
    (entry,) = json.loads(run("list", "--json").stdout)
    assert (entry["camera"], Path(entry["file"])) == ("my phone", own_data / "lenses" / "my_phone_640x360.json")


def test_the_sidecar_names_the_camera(video, own_data, tmp_path):
    sidecar = write_sidecar(video, RecordingInfo("", "knee_flexion", "left", "before", camera="camera 3"))
    done = run("lens", "--video", video)
    assert done.exit_code == 0
    assert 'Recordings that `record` makes with "camera 3" at this resolution use it by themselves.' in done.output
    sidecar.unlink()
    assert profile_path("camera 3", WIDE.size).is_file()
    assert run("lens", "--video", video, "--out", tmp_path / "lens.json").exit_code == 0
    assert LensProfile.load(tmp_path / "lens.json").camera == "camera of board.webm"
    assert [path.name for path in (own_data / "lenses").iterdir()] == ["camera_3_640x360.json"]


def test_a_camera(pictures, monkeypatch, own_data):
    class FakeCamera(Film):
        label = "camera 0"

    monkeypatch.setattr("rom_tracker.capture.camera.Camera", lambda device: FakeCamera.of(pictures * 2))
    done = run("lens", "--camera", "0", "--no-preview")
    assert done.exit_code == 0, done.exception
    assert "bring it to the" in done.stderr
    assert profile_path("camera 0", WIDE.size).is_file()


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (["lens"], UsageError, "Which one: --camera"),
        (["lens", "--camera", "0", "--video", "a.mkv"], UsageError, "Which one"),
        (["lens", "--video", "none.mkv"], UsageError, "no file"),
        (["lens", "--video", "a.mkv", "--out", "lens.txt"], UsageError, r"ending in \.json"),
        (["lens", "--video", "a.mkv", "--out", "nowhere/lens.json"], OutputError, "nowhere"),
        (["board", "--out", "board.png"], UsageError, r"ending in \.pdf"),
        (["board", "--paper", "a3", "--out", "board.pdf"], UsageError, "a4 or letter"),
        (["card"], UsageError, "Which one"),
        (["card", "--image", "a.png", "--video", "b.mkv"], UsageError, "Which one"),
        (["card", "--image", "none.png"], UsageError, "no file"),
    ],
)
def test_wrong_use(arguments, error, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    with pytest.raises(error, match=said):
        raise done.exception
    assert list(tmp_path.iterdir()) == []


def test_a_recording_without_a_board(tmp_path):
    with TimedVideoWriter(tmp_path / "grey.webm", (64, 48)) as file:
        file.write(np.full((48, 64, 3), 90, dtype=np.uint8), 0.0)
    done = run("lens", "--video", tmp_path / "grey.webm")
    assert "0% of the picture covered by 0 views" in done.stdout
    with pytest.raises(CalibrationError, match="the board was not found"):
        raise done.exception


def test_printing(tmp_path):
    assert run("board", "--paper", "letter", "--out", tmp_path / "board.pdf").exit_code == 0
    assert run("card", "--out", tmp_path / "card.pdf").exit_code == 0
    assert all((tmp_path / name).read_bytes().startswith(b"%PDF") for name in ("board.pdf", "card.pdf"))


def test_no_profiles_yet_and_a_damaged_one(own_data):
    assert "No profiles yet" in run("list").stdout
    (own_data / "lenses").mkdir(parents=True)
    (own_data / "lenses" / "camera.json").write_text("{}")
    done = run("list")
    assert done.exit_code == 0
    assert "is not a lens profile" in done.stderr


def test_reading_the_card(tmp_path):
    cv2.imwrite(str(tmp_path / "card.png"), filmed(card_sheet(), Pose(away_mm=420, in_plane=-4), WIDE, supersampled=2))
    WIDE.save(tmp_path / "lens.json")
    done = run("card", "--image", tmp_path / "card.png", "--lens", tmp_path / "lens.json")
    assert done.exit_code == 0, done.exception
    assert "turn the camera counter-clockwise" in done.stdout
    found = json.loads(run("card", "--image", tmp_path / "card.png", "--json").stdout)
    assert found["roll_deg"] == pytest.approx(4, abs=0.5)
    assert [arm["printed_deg"] for arm in found["arms"]] == [45, 90, 120]
