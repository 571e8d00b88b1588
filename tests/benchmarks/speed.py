"""How fast the program is, as ratios of what is measured side by side in one run.

    python tests/benchmarks/speed.py [--folder FOLDER] [--plain-model pose_landmarker_full.task] [--out speed.json]

The plain loop is what one would write: every frame of one recording after the other once through the pose landmarker, in one
process. It is given the model file as it is published (``--plain-model``; without
it, the program's own, which holds the same). Machines are noisy: what is alternated here is alternated, and medians are taken.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import psutil
from plain_loop import plain_loop
from recordings import Recording, copied, long_recording, recordings_720p, write_manifest

from rom_tracker.capture import VideoFile
from rom_tracker.pose.estimator import estimate_poses
from rom_tracker.pose.gaze import EveryFrame
from rom_tracker.pose.mediapipe import MediaPipeEstimator
from rom_tracker.pose.models import ensure_model, ensure_working_model, models_folder

STRETCH_MS = 330


def bare_model(pictures: list[np.ndarray], model: Path) -> float:
    """Seconds that both looks at pictures take that are decoded, turned and mirrored already, a thread each."""
    from mediapipe import Image, ImageFormat
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)), running_mode=vision.RunningMode.VIDEO
    )
    looks = [
        [Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(turned)) for turned in each]
        for each in (pictures, [picture[:, ::-1] for picture in pictures])
    ]
    landmarkers = [vision.PoseLandmarker.create_from_options(options) for _ in looks]

    def look(index: int) -> None:
        for n, image in enumerate(looks[index]):
            landmarkers[index].detect_for_video(image, n * STRETCH_MS)

    with ThreadPoolExecutor(2) as pool:
        begun = time.perf_counter()
        list(pool.map(look, (0, 1)))
        taken = time.perf_counter() - begun
    for landmarker in landmarkers:
        landmarker.close()
    return taken


def every_frame(recording: Recording) -> float:
    """Seconds that reading a recording and both looks at every frame take, models opened already."""
    estimator = MediaPipeEstimator("full")

    class _Opened:
        name = estimator.name

        def __enter__(self) -> _Opened:
            return self

        def __exit__(self, *exc: object) -> None:
            pass

        look = staticmethod(estimator.look)

    with estimator:
        begun = time.perf_counter()
        estimate_poses(VideoFile(recording.path), _Opened(), attention=EveryFrame())  # type: ignore[arg-type]
        return time.perf_counter() - begun


@contextmanager
def own_cache() -> Iterator[dict[str, str]]:
    """An environment in which nothing is known but the models."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "models").symlink_to(models_folder())
        yield {**os.environ, "ROM_TRACKER_CACHE": folder, "ROM_TRACKER_DATA": folder}


def batch(
    folder: Path, results: Path, workers: int, cores: set[int], env: dict[str, str], model: str = "auto"
) -> tuple[float, float]:
    """Seconds that a batch takes on some cores, and the most memory of a worker in MiB."""
    program = [
        sys.executable,
        "-m",
        "rom_tracker",
        "batch",
        str(folder),
        "--out",
        str(results),
        "--workers",
        str(workers),
        "--model",
        model,
        "--json",
    ]
    begun = time.perf_counter()
    process = subprocess.Popen(program, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    psutil.Process(process.pid).cpu_affinity(sorted(cores))
    most = 0.0

    def watch() -> None:
        nonlocal most
        while process.poll() is None:
            try:
                children = psutil.Process(process.pid).children(recursive=True)
                most = max([most, *map(memory_mib, children)])
            except psutil.Error:
                pass
            time.sleep(0.3)

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, words = process.communicate()
    watcher.join()
    if process.returncode:
        sys.exit(words.decode())
    return time.perf_counter() - begun, most


def memory_mib(process: psutil.Process) -> float:
    """What a process takes; of what several share, as the model's file, its part of it, where the system tells that."""
    known = process.memory_full_info()
    return float(getattr(known, "pss", known.uss)) / 2**20


def plain(recordings: list[Recording], model: Path) -> float:
    """Seconds that the plain loop takes for recordings."""
    return sum(timed(lambda each=each: plain_loop(each.path, model)) for each in recordings)  # type: ignore[misc]


def alternated(rounds: int, *measures: Callable[[], float]) -> list[list[float]]:
    """What each measure gives, taken in turns."""
    found: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for values, each in zip(found, measures, strict=True):
            values.append(each())
    return found


def timed(do: Callable[[], object]) -> float:
    """Seconds that something takes."""
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def ratio(a: list[float], b: list[float]) -> float:
    return statistics.median(x / y for x, y in zip(a, b, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "rom_tracker_benchmark")
    parser.add_argument("--plain-model", type=Path)
    parser.add_argument("--rounds", type=int, default=3, help="how often what is alternated is repeated")
    parser.add_argument("--copies", type=int, default=8, help="of the eight recordings, in the folder")
    parser.add_argument("--minutes", type=float, default=10, help="length of the long recording")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    plain_model = asked.plain_model or ensure_model("pose_full")
    for key in ("pose_full", "pose_heavy"):
        ensure_working_model(key)
    found: dict[str, float] = {}
    cores = sorted(os.sched_getaffinity(0))
    one, two = set(cores[:1]), set(cores[:2])

    os.sched_setaffinity(0, two)
    recording = recordings_720p(asked.folder / "short", rounds=1)[-1]
    pictures = [cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB) for frame in VideoFile(recording.path)]
    whole, bare, published = alternated(
        asked.rounds,
        lambda: every_frame(recording),
        lambda: bare_model(pictures, ensure_working_model("pose_full")),
        lambda: bare_model(pictures, plain_model),
    )
    found["every frame / the bare model"] = ratio(whole, bare)
    found["every frame / the bare model as published"] = ratio(whole, published)

    recordings = recordings_720p(asked.folder / "recordings")
    folder = asked.folder / "copies"
    shutil.rmtree(folder, ignore_errors=True)
    copied(recordings, folder, asked.copies)
    os.sched_setaffinity(0, one)
    plain_s = asked.copies * plain(recordings, plain_model)
    os.sched_setaffinity(0, cores)
    with own_cache() as env, tempfile.TemporaryDirectory() as out:
        two_s, memory = batch(folder, Path(out), 2, two, env)
        again_s, _ = batch(folder, Path(out), 2, two, env)
    with own_cache() as env, tempfile.TemporaryDirectory() as out:
        one_s, _ = batch(folder, Path(out), 1, one, env)
    with own_cache() as env, tempfile.TemporaryDirectory() as out:
        full_s, _ = batch(folder, Path(out), 2, two, env, "full")
    found["two cores / one core"] = one_s / two_s
    found["plain loop / folder on two cores"] = plain_s / two_s
    found["plain loop / folder on two cores, full model throughout"] = plain_s / full_s
    found["first run / second run"] = two_s / again_s
    found["most memory of a worker, MiB"] = memory
    found["seconds a recording on two cores"] = two_s / (asked.copies * len(recordings))

    slow = recordings_720p(asked.folder / "slow", rounds=2, slowed=2)
    folder = asked.folder / "slow_copies"
    shutil.rmtree(folder, ignore_errors=True)
    copied(slow, folder, asked.copies)
    os.sched_setaffinity(0, one)
    plain_s = asked.copies * plain(slow, plain_model)
    os.sched_setaffinity(0, cores)
    with own_cache() as env, tempfile.TemporaryDirectory() as out:
        slow_s, _ = batch(folder, Path(out), 2, two, env)
    with own_cache() as env, tempfile.TemporaryDirectory() as out:
        full_s, _ = batch(folder, Path(out), 2, two, env, "full")
    found["plain loop / folder on two cores, slow movements"] = plain_s / slow_s
    found["plain loop / folder on two cores, slow movements, full model throughout"] = plain_s / full_s

    long = asked.folder / "long"
    for minutes in (1.0, asked.minutes):
        shutil.rmtree(long, ignore_errors=True)
        long.mkdir()
        kept = long_recording(asked.folder, minutes)
        (long / kept.path.name).symlink_to(kept.path)
        write_manifest(long, [kept])
        with own_cache() as env, tempfile.TemporaryDirectory() as out:
            taken, memory = batch(long, Path(out), 1, two, env)
        found[f"memory for {minutes:g} minutes, MiB"] = memory
        found[f"seconds for each of {minutes:g} minutes"] = taken / minutes

    for name, value in found.items():
        print(f"{name:75s} {value:8.2f}")
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
