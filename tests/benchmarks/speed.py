"""How fast the program is, as ratios of what is measured side by side in one run.

    python tests/benchmarks/speed.py [--folder FOLDER] [--plain-model pose_landmarker_full.task] [--out speed.json]

The plain loop is what one would write: every frame of one recording after the other once through the pose landmarker, in one
process that may use as many cores as the program, with the model file as it is published. It is run with the full model throughout
(``--plain-model``; without it, the program's own, which holds the same), and with the model that the program measures each movement
with. Machines are noisy: what is alternated here is alternated, and medians are taken.
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
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import psutil
from plain_loop import plain_loop
from recordings import Recording, copied, long_recording, recordings_720p, write_manifest

from rom_tracker.capture import VideoFile
from rom_tracker.movements import load_catalogue
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
    cv2.setNumThreads(1)  # As a worker does.
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
        estimate_poses(VideoFile(recording.path), _Opened(), attention=EveryFrame())
        return time.perf_counter() - begun


@contextmanager
def own_cache() -> Iterator[dict[str, str]]:
    """An environment in which nothing is known but the models."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "models").symlink_to(models_folder())
        yield {**os.environ, "ROM_TRACKER_CACHE": folder, "ROM_TRACKER_DATA": folder}


@dataclass(frozen=True)
class Batch:
    """How a batch went: its seconds, those of a second run over the same, and the most memory of a worker."""

    seconds: float
    again_s: float
    memory_mib: float


def batch(folder: Path, workers: int, cores: set[int], model: str = "auto") -> Batch:
    """Measure a folder on some cores, with nothing known before; and once more, when all is known."""
    with own_cache() as env, tempfile.TemporaryDirectory() as results:
        program = [sys.executable, "-m", "rom_tracker", "batch", str(folder), "--out", results, "--workers", str(workers)]
        (seconds, memory), (again_s, _) = (watched([*program, "--model", model, "--json"], cores, env) for _ in range(2))
    return Batch(seconds, again_s, memory)


def watched(program: list[str], cores: set[int], env: dict[str, str]) -> tuple[float, float]:
    """Seconds that a program takes on some cores, and the most memory of a process that it starts, in MiB."""
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
            time.sleep(2)  # Seldom: to add up a process's memory takes time of the cores that it works on.

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, words = process.communicate()
    taken_s = time.perf_counter() - begun
    watcher.join()
    if process.returncode:
        sys.exit(words.decode())
    return taken_s, most


def memory_mib(process: psutil.Process) -> float:
    """What a process takes; of what several share, as the model's file, its part of it, where the system tells that."""
    known = process.memory_full_info()
    return float(getattr(known, "pss", known.uss)) / 2**20


def plain(recordings: list[Recording], full_model: Path) -> tuple[float, float]:
    """Seconds that the plain loop takes for recordings, with the full model throughout and with each movement's own."""
    cv2.setNumThreads(-1)  # As many as OpenCV takes by itself.
    movements = load_catalogue().movements
    full_s = own_s = 0.0
    for each in recordings:
        seconds = timed(lambda path=each.path: plain_loop(path, full_model))  # type: ignore[misc]
        full_s += seconds
        if (own := movements[each.movement].model) != "full":
            own_model = ensure_model(f"pose_{own}")
            seconds = timed(lambda path=each.path, model=own_model: plain_loop(path, model))  # type: ignore[misc]
        own_s += seconds
    return full_s, own_s


def against_plain(recordings: list[Recording], copies: int, plain_model: Path, two: set[int]) -> dict[str, float]:
    """The ratios of the plain loop to a folder of copies of the recordings, both on two cores.

    The plain loop is timed between the two folders, so that a machine that becomes slower does so for all of them.
    """
    folder = recordings[0].path.parent.with_name(f"{recordings[0].path.parent.name}_copies")
    shutil.rmtree(folder, ignore_errors=True)
    copied(recordings, folder, copies)
    as_usual = batch(folder, 2, two)
    full_s, own_s = (copies * seconds for seconds in plain(recordings, plain_model))
    with_full = batch(folder, 2, two, "full")
    return {
        "as usual, against the plain loop with the same models": own_s / as_usual.seconds,
        "full model throughout, against the plain loop with it": full_s / with_full.seconds,
        "as usual, against the plain loop with the full model": full_s / as_usual.seconds,
        "seconds a recording": as_usual.seconds / (copies * len(recordings)),
    }


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


def told(found: dict[str, float]) -> dict[str, float]:
    """What was found, when it has been printed."""
    for name, value in found.items():
        print(f"{name:75s} {value:8.2f}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "rom_tracker_benchmark")
    parser.add_argument("--plain-model", type=Path)
    parser.add_argument("--rounds", type=int, default=3, help="how often what is alternated is repeated")
    parser.add_argument(
        "--copies", type=int, default=8, help="of the eight recordings, in the folder; half as many of the slow ones"
    )
    parser.add_argument("--minutes", type=float, default=10, help="length of the long recording")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    plain_model = asked.plain_model or ensure_model("pose_full")
    for key in ("pose_full", "pose_heavy"):
        ensure_working_model(key)
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
    found = told(
        {
            "every frame / the bare model": ratio(whole, bare),
            "every frame / the bare model as published": ratio(whole, published),
        }
    )

    fast = recordings_720p(asked.folder / "fast")
    slow = recordings_720p(asked.folder / "slow", rounds=2, slowed=2)
    for pace, recordings, copies in (("fast", fast, asked.copies), ("slow", slow, max(asked.copies // 2, 1))):
        ratios = against_plain(recordings, copies, plain_model, two)
        found |= told({f"{pace} movements: {name}": value for name, value in ratios.items()})
    # The machine becomes faster and slower: one core is measured between two runs on two.
    on_two, on_one, on_two_again = (batch(asked.folder / "fast_copies", len(cores), cores) for cores in (two, one, two))
    found |= told(
        {
            "two cores / one core": on_one.seconds / statistics.mean((on_two.seconds, on_two_again.seconds)),
            "first run / second run": on_two.seconds / on_two.again_s,
            "most memory of a worker, MiB": on_two.memory_mib,
        }
    )

    long = asked.folder / "long"
    for minutes in (1.0, asked.minutes):
        shutil.rmtree(long, ignore_errors=True)
        long.mkdir()
        kept = long_recording(asked.folder, minutes)
        (long / kept.path.name).symlink_to(kept.path)
        write_manifest(long, [kept])
        alone = batch(long, 1, two)
        found |= told(
            {
                f"memory for {minutes:g} minutes, MiB": alone.memory_mib,
                f"seconds for each of {minutes:g} minutes": alone.seconds / minutes,
            }
        )
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
