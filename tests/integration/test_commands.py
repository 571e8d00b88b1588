"""The commands beside ``measure`` and ``compare``, as their user runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import pytest

from rom_tracker.capture import VideoFile
from rom_tracker.movements import load_catalogue
from rom_tracker.sample_clips import sample_clips, sample_pairs


def test_demo_ends_with_a_table_and_charts(run: Any, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    done = run("demo", "--out", out)
    assert done.exit_code == 0
    assert "true change" in done.out
    for before, after in sample_pairs():
        chart = out / f"{before.pair}_change.png"
        assert cv2.imread(str(chart)).shape[0] > 400
        assert str(chart) in done.out.replace("\n", "")
        assert f"{after.peak_deg - before.peak_deg:.1f}°" in done.out
    source = sample_pairs()[0][1].path
    drawn = VideoFile(out / f"{source.stem}.webm")
    assert [frame.time_s for frame in drawn] == pytest.approx([frame.time_s for frame in VideoFile(source)], abs=1e-3)


def test_check_measures_a_known_angle(run: Any) -> None:
    done = run("check")
    assert done.exit_code == 0
    assert f"true {sample_clips()[0].peak_deg:.1f}°" in done.out


def test_recording_without_a_camera(run: Any) -> None:
    done = run("record", "never.mkv", "--movement", "elbow_flexion", "--side", "left", "--camera", "no such camera", "--no-preview")
    assert done.exit_code == 1
    assert "no such camera" in done.sentence


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("record", "new.mkv"), "--movement"),
        (("record", "new.mkv", "--movement", "elbow_flexion"), "--side"),
        (("record", "new.mp4", "--movement", "elbow_flexion", "--side", "left"), ".mkv"),
        (("models", "pose_giant"), "pose_full"),
        (("movements", "elbo"), "elbow_flexion"),
    ],
)
def test_wrong_use_says_what_to_do(run: Any, arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert said in done.sentence


def test_movements_lists_all_and_tells_about_one(run: Any) -> None:
    listed = run("movements").out
    assert all(key in listed for key in load_catalogue().movements)
    told = run("movements", "knee_flexion").out
    assert "Norkin" in told
    assert [entry["key"] for entry in json.loads(run("movements", "--json").out)] == list(load_catalogue().movements)


def test_own_movement_is_measured_without_code(run: Any, short: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[movement.elbow_flexion]\ntitle = "Bending the elbow"\nresidual_deg = 9.0\n', encoding="utf-8")
    done = run("measure", short, "--movement", "elbow_flexion", "--side", "left", "--movements-file", own)
    assert done.exit_code == 0
    assert "Bending the elbow" in done.out
    own.write_text('[movement.elbow_flexion]\n\nbetter = "bigger"\n', encoding="utf-8")
    done = run("measure", short, "--movement", "elbow_flexion", "--side", "left", "--movements-file", own)
    assert done.exit_code == 2
    assert "line 3" in done.err
    assert "bigger" in done.err


def test_models_shows_what_is_there(run: Any) -> None:
    done = run("models")
    assert done.exit_code == 0
    assert "ready" in done.out
    assert str(run.cache) in done.out.replace("\n", "")
