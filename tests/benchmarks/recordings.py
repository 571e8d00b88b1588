"""Recordings to measure speed with: the sample clips as cameras of today write them, 1280 x 720 in H.264."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rom_tracker.landmarks import Side
from rom_tracker.sample_clips import sample_clips

SIZE = (1280, 720)


@dataclass(frozen=True)
class Recording:
    """A recording and what it shows."""

    path: Path
    movement: str
    side: Side


def recordings_720p(folder: Path, rounds: int = 3, slowed: int = 1) -> list[Recording]:
    """The sample clips, scaled to 720 lines and repeated so many times in one recording; made where they are not there yet.

    A repetition of the clips takes 3 seconds with half a second at the end range: faster than clients move, so that more of their
    frames deserve a look. Slowed twice it takes 6 seconds; between two frames lies one in which what moves has gone half of its way
    (blended from both, a limb would be there twice, which no camera shows).
    """
    if shutil.which("ffmpeg") is None:
        sys.exit("expected the program ffmpeg, which makes the recordings; install it and try again")
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for clip in sample_clips():
        path = folder / f"{clip.path.stem}.mp4"
        if not path.exists():
            _convert(clip.path, path, rounds, slowed)
        made.append(Recording(path, clip.movement, clip.side))
    return made


def copied(recordings: list[Recording], folder: Path, copies: int) -> list[Recording]:
    """As many recordings more that look the same and have other bytes: an empty box (ISO 14496-12, "free") at their end."""
    made = []
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(copies):
        for recording in recordings:
            path = folder / f"{recording.path.stem}_{number}.mp4"
            content = b"free" + number.to_bytes(4, "big")
            path.write_bytes(recording.path.read_bytes() + (len(content) + 4).to_bytes(4, "big") + content)
            made.append(Recording(path, recording.movement, recording.side))
    write_manifest(folder, made)
    return made


def long_recording(folder: Path, minutes: float) -> Recording:
    """One of them repeated until it is so many minutes long."""
    clip = next(clip for clip in sample_clips() if clip.movement == "shoulder_abduction")
    path = folder / f"{minutes:g}_minutes.mp4"
    if not path.exists():
        _convert(clip.path, path, round(minutes * 60 / 6.9))
    return Recording(path, clip.movement, clip.side)


def _convert(source: Path, target: Path, rounds: int, slowed: int = 1) -> None:
    width, height = SIZE
    pace = f"setpts={slowed}*PTS,minterpolate=fps=30:mi_mode=mci:mc_mode=aobmc," if slowed > 1 else ""
    shape = f"{pace}scale=-2:{height},pad={width}:{height}:(ow-iw)/2:0"
    command = ["ffmpeg", "-v", "error", "-y", "-stream_loop", str(rounds - 1), "-i", str(source), "-vf", shape]
    part = target.with_suffix(".part.mp4")
    subprocess.run([*command, "-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", str(part)], check=True)
    part.replace(target)


def write_manifest(folder: Path, recordings: list[Recording]) -> None:
    """The manifest of a folder of recordings, as ``rom-tracker batch`` reads it."""
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "movement", "side", "client", "moment"])
        writer.writerows([recording.path.name, recording.movement, recording.side, "", ""] for recording in recordings)
