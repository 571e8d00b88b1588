"""Where the time goes when one recording of 1280 x 720 is measured, by stage, in processor seconds.

    python tests/benchmarks/where_time_goes.py [--folder FOLDER] [--picture time.png] [--out time.json]

Every stage is done once more by itself, as often as the measurement does it; what remains of the whole is the rest.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from recordings import recordings_720p

from rom_tracker import measure
from rom_tracker.analysis.measuring import judge
from rom_tracker.analysis.observation import observe
from rom_tracker.capture import VideoFile
from rom_tracker.charts.style import BLUE, LABEL_PT, SMALL_PT, new_figure
from rom_tracker.movements import load_catalogue
from rom_tracker.pose import cache
from rom_tracker.pose.gaze import Looks
from rom_tracker.pose.mediapipe import MediaPipeEstimator
from rom_tracker.pose.models import models_folder
from rom_tracker.pose.people import first_looks, people_in


def processor_s(do: Callable[[], object]) -> float:
    """Processor seconds of all threads that something takes."""
    begun = time.process_time()
    do()
    return time.process_time() - begun


def stages(path: Path, movement_key: str, side: str) -> dict[str, float]:
    """Processor seconds of every stage of measuring a recording for the first time, and of the whole."""
    movement, video = load_catalogue()[movement_key], VideoFile(path)
    whole = processor_s(lambda: measure(path, movement, side))  # type: ignore[arg-type]
    seen = observe(video, movement, side, movement.model)  # type: ignore[arg-type]
    wanted = set(np.flatnonzero(seen.passes.looked_at).tolist())
    sequences = {Looks.AS_FILMED: seen.passes.as_filmed, Looks.MIRRORED: seen.passes.mirrored}
    looks = np.zeros(len(seen.passes.all_time_s), dtype=int)
    for look, poses in sequences.items():
        looks[np.isin(seen.passes.all_time_s, poses.time_s)] |= look.value

    def decode() -> None:
        for _ in video.glimpses():
            pass

    def pictures() -> None:  # One at a time, as in a measurement: to keep them all costs more than to make them.
        for glimpse in video.glimpses():
            if glimpse.index in wanted and (frame := glimpse.frame()) is not None:
                cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB)

    decoding = processor_s(decode)
    colour = processor_s(pictures) - decoding
    estimator = MediaPipeEstimator(movement.model)
    opening = processor_s(lambda: estimator.__enter__().__exit__())
    kept = [frame for glimpse in video.glimpses() if glimpse.index in wanted and (frame := glimpse.frame()) is not None]
    with estimator:
        looking = processor_s(lambda: [estimator.look(frame, Looks(int(looks[frame.index]))) for frame in kept])
    first = first_looks(video)
    for glimpse in video.glimpses():
        first.see(glimpse)
    with tempfile.TemporaryDirectory() as empty:
        os.environ["ROM_TRACKER_CACHE"], usual = empty, os.environ["ROM_TRACKER_CACHE"]
        (Path(empty) / "models").symlink_to(models_folder_of(usual))
        people = processor_s(lambda: people_in(video, first=first))
        os.environ["ROM_TRACKER_CACHE"] = usual
    judging = processor_s(lambda: judge(seen, movement, side))  # type: ignore[arg-type]
    keeping = processor_s(lambda: cache.store("benchmark", seen.passes))
    found = {
        "decoding every frame": decoding,
        "pictures of those looked at": colour,
        "the pose model": looking,
        "opening the models": opening,
        "looking for other people": people,
        "angle, repetitions, verdict": judging,
        "keeping the landmarks": keeping,
    }
    found["the rest"] = max(whole - sum(found.values()), 0.0)
    return {**found, "whole": whole, "seconds of video": float(seen.passes.all_time_s[-1])}


def models_folder_of(cache_folder: str) -> Path:
    return Path(cache_folder) / "models"


def drawn(found: dict[str, float], path: Path) -> None:
    """A bar for each stage."""
    names = [name for name in found if name not in ("whole", "seconds of video")]
    shares = [100 * found[name] / found["whole"] for name in names]
    figure = new_figure()
    axes = figure.subplots()
    axes.barh(names[::-1], shares[::-1], color=BLUE)
    for place, share in enumerate(shares[::-1]):
        at = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
        axes.annotate(f"{share:.0f} %", (share, place), fontsize=SMALL_PT, **at)
    axes.set_xlabel("Share of the processor time (%)", fontsize=LABEL_PT)
    axes.set_xlim(0, 1.15 * max(shares))
    axes.tick_params(labelsize=SMALL_PT)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "rom_tracker_benchmark")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    models = models_folder().absolute()
    recordings = recordings_720p(asked.folder / "recordings")
    clip = next(each for each in recordings if each.movement == "shoulder_abduction")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ROM_TRACKER_CACHE"] = folder
        (Path(folder) / "models").symlink_to(models)
        other = next(each for each in recordings if each.movement == "elbow_flexion")
        measure(other.path, other.movement, other.side)  # Imports are not part of it.
        found = stages(clip.path, clip.movement, clip.side)
    for name, seconds in found.items():
        print(f"{name:30s} {seconds:7.2f}")
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=1) + "\n")
    if asked.picture:
        drawn(found, asked.picture)


if __name__ == "__main__":
    main()
