"""What looking where it matters costs in accuracy and saves in time, on recordings of known angles.

    python tests/benchmarks/trade.py FOLDER ... [--out trade.csv] [--picture trade.png]

Folders are those of ``python -m rom_tracker.validation``. Every recording is measured in four ways: as usual, with every frame,
with every frame and the ``full`` model, and by the plain loop. Time is the processor's, with nothing in the cache; where two ways
are the same (the ``full`` model is the usual one of most movements), it is measured once.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from plain_loop import plain_loop

from rom_tracker import measure
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.charts.style import BLUE, GREY, LABEL_PT, SKY_BLUE, SMALL_PT, VERMILLION, new_figure
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.models import ensure_model, ensure_working_model, models_folder
from rom_tracker.validation.naive import naive_angle, naive_end_range
from rom_tracker.validation.truth import TrueRecording, find_recordings, series_error, true_end_ranges

WAYS = ("as usual", "every frame", "every frame, full model", "plain loop")


@dataclass(frozen=True)
class Row:
    """One recording measured one way; degrees, and processor seconds for a minute of video."""

    set: str
    name: str
    movement: str
    way: str
    end_range_deg: float | None
    true_deg: float
    series_error_deg: float | None
    seconds_a_minute: float
    frames: int
    looked_at: int


def measured(recording: TrueRecording, way: str) -> Row:
    truth = recording.series
    true_deg = float(np.mean(true_end_ranges(truth[1])))
    begun = time.process_time()
    if way == "plain loop":
        poses = plain_loop(recording.video, PLAIN_MODEL)
        taken = time.process_time() - begun
        angle_deg = naive_angle(poses, recording.movement, recording.side)
        end_deg = None if angle_deg is None else naive_end_range(angle_deg)
        error = None if angle_deg is None else series_error(truth, poses.time_s, angle_deg)
        frames = looked = len(poses)
        length_s = float(poses.time_s[-1])
    else:
        found: RomMeasurement = measure(
            recording.video,
            recording.movement,
            recording.side,
            every_frame=way != "as usual",
            model="full" if way.endswith("full model") else "auto",
        )
        taken = time.process_time() - begun
        end_deg, error = found.peak_deg, series_error(truth, found.angles.time_s, found.angles.angle_deg)
        frames, looked, length_s = len(found.angles), found.frames_looked_at, float(found.angles.time_s[-1])
    said = (recording.set, recording.name, recording.movement, way)
    return Row(*said, end_deg, true_deg, error, 60 * taken / length_s, frames, looked)


def in_an_empty_cache(recording: TrueRecording, way: str) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "models").symlink_to(MODELS)
        os.environ["ROM_TRACKER_CACHE"] = folder
        return measured(recording, way)


def told(table: pd.DataFrame) -> None:
    """What the table says, on the terminal."""
    ends = table.pivot_table(index=["set", "name"], columns="way", values="end_range_deg", dropna=False)
    usual, every = ends["as usual"], ends["every frame"]
    apart = (usual - every).abs().dropna()
    print(
        f"{len(apart)} recordings: end range within 0.5 degrees of that of every frame in {(apart <= 0.5).sum()} "
        f"({(apart <= 0.5).mean():.0%}), mean {apart.mean():.2f}, largest {apart.max():.2f}; "
        f"refused by one way alone: {(usual.isna() != every.isna()).sum()}"
    )
    print(summary(table).to_string(float_format="{:.2f}".format))


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """For every way: mean absolute errors, time and share of frames, over the recordings that all of them measured."""
    table = table.assign(end_range_error_deg=(table["end_range_deg"] - table["true_deg"]).abs())
    known = table.dropna(subset=["end_range_error_deg", "series_error_deg"])
    shared = known.groupby(["set", "name"])["way"].transform("nunique") == len(WAYS)
    ways = known[shared].groupby("way")
    found = ways[["end_range_error_deg", "series_error_deg", "seconds_a_minute"]].mean()
    return found.assign(share=ways["looked_at"].sum() / ways["frames"].sum(), recordings=ways.size()).loc[list(WAYS)]


def drawn(table: pd.DataFrame, path: Path) -> None:
    """The trade: error against time, a point for each way."""
    found = summary(table)
    figure = new_figure()
    axes = figure.subplots()
    colours = (VERMILLION, BLUE, SKY_BLUE, GREY)
    for way, colour, mark in zip(WAYS, colours, "o^sD", strict=True):
        at = found.at[way, "seconds_a_minute"], found.at[way, "end_range_error_deg"]
        share = found.at[way, "share"]
        axes.scatter(*at, s=110, color=colour, marker=mark)
        words = f"{way}\n({share:.0%} of the frames)" if share < 1 else way
        axes.annotate(words, at, (10, 6), textcoords="offset points", fontsize=SMALL_PT)
    axes.set_xlabel("Processor seconds for a minute of video", fontsize=LABEL_PT)
    axes.set_ylabel("Mean absolute error of the end range (°)", fontsize=LABEL_PT)
    axes.set_xlim(0, 1.5 * found["seconds_a_minute"].max())
    axes.set_ylim(0, 1.2 * found["end_range_error_deg"].max())
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def main() -> None:
    global MODELS, PLAIN_MODEL
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--plain-model", type=Path)
    parser.add_argument("--out", type=Path, default=Path("trade.csv"), help="is drawn alone where no folder is given")
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    if asked.folders:
        PLAIN_MODEL, MODELS = (asked.plain_model or ensure_model("pose_full")).absolute(), models_folder().absolute()
        for key in ("pose_full", "pose_heavy", "hand", "face"):
            ensure_working_model(key)
        rows: list[Row] = []
        for recording in (each for folder in asked.folders for each in find_recordings(folder, folder.name)[0]):
            heavy = load_catalogue()[recording.movement].model != "full"
            here = [in_an_empty_cache(recording, way) for way in WAYS if heavy or not way.endswith("full model")]
            rows += here if heavy else [*here, replace(here[1], way=WAYS[2])]
            pd.DataFrame(rows).to_csv(asked.out, index=False)
            print(recording.name, *(row.end_range_deg for row in here), file=sys.stderr, flush=True)
    table = pd.read_csv(asked.out)
    told(table)
    if asked.picture:
        drawn(table, asked.picture)


MODELS = PLAIN_MODEL = Path()

if __name__ == "__main__":
    main()
