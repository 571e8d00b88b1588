"""What ``--json`` prints and ``--angles`` writes, on every sample clip; and what the pose cache is for."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rom_tracker.pose.models import ensure_model
from rom_tracker.sample_clips import SampleClip, sample_clips, sample_pairs

ELBOW = ("--movement", "elbow_flexion", "--side", "left")

#: How far the end range may lie from the true one, in degrees, on the rendered people of the sample clips.
PEAK_TOLERANCE_DEG = 8.0

MEASURED = {
    "video": str,
    "movement": str,
    "side": str,
    "verdict": str,
    "flags": list,
    "start_deg": float,
    "peak_deg": float,
    "rom_deg": float,
    "interval_deg": list,
    "repetitions": list,
    "frames": int,
    "seconds": float,
}
COMPARED = {
    "before": dict,
    "after": dict,
    "change_deg": float,
    "interval_deg": list,
    "detectable_deg": float,
    "verdict": str,
    "flags": list,
}


def check_types(found: dict[str, Any], expected: dict[str, type]) -> None:
    assert {name: type(found[name]) for name in expected} == expected


def check_measurement(found: dict[str, Any]) -> None:
    """Every promise about the object of a recording that was measured."""
    check_types(found, MEASURED)
    assert found["verdict"] in ("ok", "caution")
    for flag in found["flags"]:
        check_types(flag, {"code": str, "message": str})
    assert (found["verdict"] == "caution") == any(flag["severity"] == "caution" for flag in found["flags"])
    low, high = found["interval_deg"]
    assert low < found["peak_deg"] < high
    assert found["rom_deg"] == pytest.approx(found["peak_deg"] - found["start_deg"], abs=0.02)
    for value in ("peak_deg", "start_deg"):
        assert found[value] == pytest.approx(np.mean([r[value] for r in found["repetitions"]]), abs=0.02)
    ends = [0.0]
    for r in found["repetitions"]:
        check_types(r, dict.fromkeys(("start_s", "peak_s", "end_s", "start_deg", "peak_deg"), float))
        from_s = found["part_s"][0] if found["part_s"] else 0.0
        assert ends[-1] <= r["start_s"] < r["peak_s"] < r["end_s"] <= from_s + found["seconds"] + 0.1
        ends.append(r["end_s"])


def of_table(path: Path) -> np.ndarray:
    """Rows of time_s, angle_deg, confidence; NaN where the table is empty."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["time_s", "angle_deg", "confidence"]
    assert all(value == "" or np.isfinite(float(value)) for row in rows for value in row)
    return np.array([[float(value) if value else np.nan for value in row] for row in rows])


def options(clip: SampleClip) -> tuple[str, ...]:
    return "--movement", clip.movement, "--side", clip.side


@pytest.mark.parametrize("clip", sample_clips(), ids=lambda clip: clip.path.stem)
def test_measure(clip, run, tmp_path):
    angles = tmp_path / "angles.csv"
    done = run("measure", clip.path, *options(clip), "--json", "--angles", angles)
    assert (done.exit_code, done.err) == (0, "")
    found = done.json
    check_measurement(found)
    assert found["norm"] is None
    assert (found["video"], found["movement"], found["side"]) == (str(clip.path), clip.movement, clip.side)
    assert len(found["repetitions"]) == len(clip.peaks_deg)
    low, high = found["interval_deg"]
    assert low < clip.peak_deg < high
    for r, true_deg in zip(found["repetitions"], clip.peaks_deg, strict=True):
        assert r["peak_deg"] == pytest.approx(true_deg, abs=PEAK_TOLERANCE_DEG)

    time_s, angle_deg, confidence = of_table(angles).T
    assert len(time_s) == found["frames"]
    assert (time_s[0], time_s[-1]) == (0, pytest.approx(found["seconds"], abs=0.001))
    assert np.diff(time_s).min() > 0
    assert ((confidence >= 0) & (confidence <= 1)).all()
    for r in found["repetitions"]:
        inside = (time_s >= r["start_s"]) & (time_s <= r["end_s"])
        assert np.nanmax(angle_deg[inside]) == pytest.approx(r["peak_deg"], abs=3)
        assert angle_deg[np.argmin(abs(time_s - r["peak_s"]))] == pytest.approx(r["peak_deg"], abs=3)


def test_a_part_of_a_recording(run):
    clip = sample_clips()[0]
    whole = run("measure", clip.path, *options(clip), "--json").json
    first, second = whole["repetitions"][:2]
    middle_s = round((first["end_s"] + second["start_s"]) / 2, 1)
    for ends, expected in ((("--to", middle_s), first), (("--from", middle_s), second)):
        found = run("measure", clip.path, *options(clip), *ends, "--json").json
        check_measurement(found)
        (repetition,) = found["repetitions"]
        assert repetition["peak_deg"] == pytest.approx(expected["peak_deg"], abs=1.0)
        assert repetition["start_s"] == pytest.approx(expected["start_s"], abs=0.3), "seconds are those of the whole recording"
    assert found["part_s"] == [middle_s, pytest.approx(whole["seconds"], abs=0.001)]
    assert whole["part_s"] is None
    done = run("measure", clip.path, *options(clip), "--from", middle_s, "--to", 60)
    assert done.exit_code == 2
    assert "s long" in done.sentence


@pytest.mark.parametrize(("before", "after"), sample_pairs(), ids=lambda clip: clip.path.stem)
def test_compare(before, after, run):
    done = run("compare", before.path, after.path, *options(before), "--json")
    assert (done.exit_code, done.err) == (0, "")
    found = done.json
    check_types(found, COMPARED)
    for moment in ("before", "after"):
        check_measurement(found[moment])
    change = found["change_deg"]
    assert change == pytest.approx(found["after"]["peak_deg"] - found["before"]["peak_deg"], abs=0.02)
    low, high = found["interval_deg"]
    assert low < after.peak_deg - before.peak_deg < high
    assert change == pytest.approx(after.peak_deg - before.peak_deg, abs=PEAK_TOLERANCE_DEG)
    assert (change - low, high - change) == (pytest.approx(found["detectable_deg"], abs=0.02),) * 2
    assert found["verdict"] == ("improved" if change > found["detectable_deg"] else "no detectable change")


def test_the_other_way_round_is_not_an_improvement(run):
    before, after = sample_pairs()[0]
    found = run("compare", after.path, before.path, *options(before), "--json").json
    assert found["change_deg"] < 0
    assert found["verdict"] == ("worse" if -found["change_deg"] > found["detectable_deg"] else "no detectable change")


def test_a_second_look_and_a_renamed_copy_estimate_nothing(run, short, tmp_path):
    first = run("measure", short, *ELBOW, "--json").json
    kept = run.kept_poses()
    assert kept
    assert run("measure", short, *ELBOW, "--json").json == first
    renamed = tmp_path / "Ann, after.webm"
    shutil.copy(short, renamed)
    assert run("measure", renamed, *ELBOW, "--json").json == {**first, "video": str(renamed)}
    assert run.kept_poses() == kept


def test_a_damaged_entry_is_estimated_again(run, short):
    first = run("measure", short, *ELBOW, "--json").json
    kept = run.kept_poses()
    other = run.cache.parent / "damaged cache"
    shutil.copytree(run.cache, other)
    for entry in (other / "poses").iterdir():
        entry.write_bytes(entry.read_bytes()[:-100])
    done = run("measure", short, *ELBOW, "--json", env=run.environment(ROM_TRACKER_CACHE=str(other)))
    assert (done.exit_code, done.err, done.json) == (0, "", first)
    assert run.kept_poses() == kept


def test_a_read_only_cache_with_the_model_is_enough(run, short, model, locked):
    def fill(folder: Path) -> None:
        (folder / "models").mkdir()
        for file in (model, ensure_model("pose_heavy")):
            shutil.copy(file, folder / "models")

    cache = locked(fill)
    expected = run("measure", short, *ELBOW, "--json").json
    done = run("measure", short, *ELBOW, "--json", env=run.environment(ROM_TRACKER_CACHE=str(cache)))
    assert (done.exit_code, done.err, done.json) == (0, "", expected)
    assert [path.name for path in cache.iterdir()] == ["models"]


def test_a_cache_that_cannot_be_there_is_said_before_anything_is_fetched(run, short, tmp_path):
    (tmp_path / "a file").touch()
    environment = run.environment(
        ROM_TRACKER_CACHE=str(tmp_path / "a file" / "cache"), PIP_INDEX_URL="http://127.0.0.1:9", PIP_FIND_LINKS=os.devnull
    )
    done = run("measure", short, *ELBOW, "--json", env=environment)
    assert (done.exit_code, done.out) == (1, "")
    assert "ROM_TRACKER_CACHE" in done.sentence
    assert "connection" not in done.sentence
