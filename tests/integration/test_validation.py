"""The validation as it is run: two sample clips with their true angles, measured in two processes, and the page of them."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rom_tracker.sample_clips import sample_pairs


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rom_tracker.validation", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**os.environ, "PYTHONUTF8": "1"})


def write_truth(folder: Path) -> dict[str, float]:
    """The elbow before and after in the form of a folder with truth; the true end ranges by name.

    Of the sample clips the ends of the repetitions are known and not their course, which is made up: a second up and a second down.
    """
    ends = {}
    for clip in next(pair for pair in sample_pairs() if pair[0].movement == "elbow_flexion"):
        name = clip.path.stem
        about = {"movement": clip.movement, "side": clip.side[0].upper(), "video": str(clip.path), "person": "one"}
        (folder / f"{name}.json").write_text(json.dumps(about))
        corners = [0.0, *(angle for peak in clip.peaks_deg for angle in (peak, peak, 0.0))]
        angle = np.interp(np.arange(0, len(corners) - 1, 0.1), range(len(corners)), corners)
        rows = "".join(f"{i / 10},{a}\n" for i, a in enumerate(angle))
        (folder / f"{name}.csv").write_text(f"t,angle_true\n{rows}")
        ends[name] = clip.peak_deg
    return ends


@pytest.mark.slow
def test_two_clips_from_end_to_end(tmp_path):
    folder, out = tmp_path / "elbows", tmp_path / "out"
    folder.mkdir()
    ends = write_truth(folder)
    (folder / "torn.json").write_text("{")
    done = run(folder, "--out", out, "--workers", "2", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["elbows"]
    with (out / "accuracy" / "recordings.csv").open(encoding="utf-8") as file:
        rows = {row["recording"]: row for row in csv.DictReader(file)}
    assert {name: row["verdict"] for name, row in rows.items()} == {**dict.fromkeys(ends, "ok"), "torn": "failed"}
    for name, true_deg in ends.items():
        row = rows[name]
        assert float(row["true_deg"]) == pytest.approx(true_deg, abs=0.01)
        assert float(row["error_deg"]) == pytest.approx(float(row["measured_deg"]) - true_deg, abs=0.01)
        assert abs(float(row["error_deg"])) < 5 < abs(float(row["naive_deg"]) - true_deg) + 2
        assert float(row["low_deg"]) < true_deg < float(row["high_deg"])
        assert (row["person"], row["repetitions_found"]) == ("one", "2")
    errors = [float(rows[name]["error_deg"]) for name in ends]
    assert figures["end_range"]["mean_absolute_deg"] == pytest.approx(np.mean(np.abs(errors)), abs=0.001)
    assert (figures["failed"], figures["repetitions_exact"]) == (1, {"part": 2, "of": 2})
    text = (out / "accuracy.md").read_text(encoding="utf-8")
    assert "| gain of 5° to 8° | 1 |" in text
    assert "| `torn` (elbows) |" in text
    written = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    again = run("redraw", out, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == written


def test_wrong_use_is_told_in_one_line(tmp_path):
    done = run(tmp_path / "nowhere", "--out", tmp_path, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: Expected a folder")
    done = run("residuals", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: Expected a table")
