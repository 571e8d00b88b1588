"""A folder of 200 recordings, 20 of them broken on purpose, measured undisturbed and by a run that is killed three times.

    python tests/benchmarks/two_hundred.py FOLDER ... [--work WORK] [--model lite]

Folders are those of ``python -m rom_tracker.validation``; the recordings are made of their clips, smaller, with other crops, sizes
and brightness, in four kinds of file. It fails unless every broken recording is among the failures, every other one is measured or
refused with its reason, and both runs, each beginning with an empty cache, give the same files, byte for byte.
"""

from __future__ import annotations

import argparse
import csv
import filecmp
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from rom_tracker.batch.run import STATE
from rom_tracker.pose.models import ensure_working_model, models_folder
from rom_tracker.validation.truth import TrueRecording, find_recordings

GOOD, BROKEN_OF_A_KIND = 180, 4
SIZE, EVERY, LONGEST, FPS = (320, 240), 3, 36, 10.0
KINDS = (("mp4v", ".mp4"), ("MJPG", ".avi"), ("mp4v", ".mov"), ("VP80", ".webm"))
KILLED_AT = (40, 90, 140)


def pictures_of(recording: TrueRecording) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(recording.video))
    pictures: list[np.ndarray] = []
    n = 0
    while len(pictures) < LONGEST and capture.grab():
        if n % EVERY == 0:
            pictures.append(cv2.resize(capture.retrieve()[1], SIZE, interpolation=cv2.INTER_AREA))
        n += 1
    return pictures


def varied(pictures: list[np.ndarray], chance: random.Random) -> list[np.ndarray]:
    top, left, size, light = chance.randrange(9), chance.randrange(9), chance.choice([0.95, 1.0, 1.1]), chance.uniform(0.9, 1.1)
    cut = [cv2.resize(picture[top:, left:], None, fx=size, fy=size) for picture in pictures[chance.randrange(3) :]]
    return [np.clip(picture * light, 0, 255).astype(np.uint8) for picture in cut]


def write(path: Path, pictures: list[np.ndarray], code: str = "mp4v") -> None:
    height, width = (edge - edge % 2 for edge in pictures[0].shape[:2])
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), FPS, (width, height))
    for picture in pictures:
        writer.write(np.ascontiguousarray(picture[:height, :width]))
    writer.release()


def make(clips: list[TrueRecording], folder: Path) -> tuple[set[str], set[str]]:
    """The good and the broken recordings of a new folder, by their names in it."""
    chance = random.Random(7)
    shutil.rmtree(folder, ignore_errors=True)
    pictures = {clip.name: pictures_of(clip) for clip in clips}
    rows, good, broken = [], set(), set()
    for number in range(GOOD):
        clip = clips[number % len(clips)]
        code, suffix = chance.choice(KINDS)
        name = f"{number // len(clips):02d}/recording {number:03d}{suffix}"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write(folder / name, varied(pictures[clip.name], chance), code)
        rows.append((name, clip.movement, clip.side, f"client {number // len(clips)}", clip.moment or ""))
        good.add(name)
    (folder / "broken").mkdir()
    whole = sorted(name for name in good if name.endswith(".mp4"))
    for i in range(BROKEN_OF_A_KIND):
        contents = {
            "cut": (folder / whole[i]).read_bytes()[: 9000 + 1000 * i],
            "empty": b"",
            "text": b"Shoulder better, elbow stiff.\n" * (20 + i),
            "noise": np.random.default_rng(i).bytes(20_000),
        }
        for what, content in contents.items():
            (folder / f"broken/{what} {i}.mp4").write_bytes(content)
        rooms = np.random.default_rng(100 + i).integers(90, 150, (15, 240, 320, 3), dtype=np.uint8)
        write(folder / f"broken/nobody {i}.mp4", [cv2.GaussianBlur(room, (0, 0), 9) for room in rooms])
        broken |= {f"broken/{what} {i}.mp4" for what in (*contents, "nobody")}
    rows += [(name, "knee_flexion", "left", "", "") for name in sorted(broken)]
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "movement", "side", "client", "moment"), *rows])
    return good, broken


def journal_lines(results: Path) -> int:
    journal = results / "journal.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def batch(folder: Path, results: Path, cache: Path, model: str, kill_at: int | None = None) -> None:
    """Run it to its end, or kill it where so many recordings are done."""
    env = {**os.environ, "ROM_TRACKER_CACHE": str(cache)}
    begun = time.monotonic()
    command = [sys.executable, "-m", "rom_tracker", "batch", str(folder), "--out", str(results), "--model", model, "--json"]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and (kill_at is None or journal_lines(results) < kill_at):
        time.sleep(0.1)
    killed = process.poll() is None
    if killed:
        process.send_signal(signal.SIGKILL)
    print(f"{'killed' if killed else 'ended'} at {journal_lines(results)} after {time.monotonic() - begun:.0f} s", flush=True)
    process.wait()


def names_in(table: Path) -> set[str]:
    with table.open(newline="") as file:
        return {row["file"] for row in csv.DictReader(file) if row.get("kind") != "not compared"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "rom_tracker_two_hundred")
    parser.add_argument("--model", default="auto")
    asked = parser.parse_args()
    for key in ("pose_full", "pose_lite", "pose_heavy", "hand", "face"):
        ensure_working_model(key)
    models = models_folder().absolute()
    good, broken = make([clip for folder in asked.folders for clip in find_recordings(folder, folder.name)[0]], asked.work / "in")
    for name in ("undisturbed", "killed"):
        shutil.rmtree(asked.work / name, ignore_errors=True)
        cache = asked.work / f"cache of {name}"
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir()
        (cache / "models").symlink_to(models)
        for kill_at in (*(KILLED_AT if name == "killed" else ()), None):
            batch(asked.work / "in", asked.work / name, cache, asked.model, kill_at)
    first, second = asked.work / "undisturbed", asked.work / "killed"
    measured, failed = names_in(first / "measurements.csv"), names_in(first / "failures.csv")
    print(f"{len(measured)} measured, {len(failed)} failed or refused, of {len(good)} good and {len(broken)} broken")
    # The journal, and the note about the files beside it, tell when they were written.
    files = sorted(path.name for path in first.iterdir() if path.is_file() and path.name not in ("journal.jsonl", STATE))
    _, differ, missing = filecmp.cmpfiles(first, second, files, shallow=False)
    problems = [
        *(f"broken, and not among the failures: {name}" for name in sorted(broken - failed)),
        *(f"neither measured nor among the failures: {name}" for name in sorted(good - measured - failed)),
        *(f"differs between the two runs: {name}" for name in [*differ, *missing]),
    ]
    print("\n".join(problems) or f"the same bytes in {', '.join(files)}")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
