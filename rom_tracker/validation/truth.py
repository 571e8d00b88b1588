"""Recordings whose true angle is known at every moment.

A folder holds for every recording ``NAME.mp4`` (or the file that ``video`` in the JSON names), ``NAME.json`` with ``movement`` and
``side`` (L, R, left or right), and ``NAME.csv`` with the columns ``t`` in seconds and ``angle_true`` in degrees. ``NAME_pre`` and
``NAME_post`` are one client before and after.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from rom_tracker.errors import MeasurementError, UsageError
from rom_tracker.landmarks import Side
from rom_tracker.pose.sequence import Floats

_SIDES: dict[str, Side] = {"L": "left", "R": "right", "left": "left", "right": "right"}
_MOMENTS: dict[str, Literal["before", "after"]] = {"_pre": "before", "_post": "after"}

#: A true angle that moves less than this has no repetition in it, in degrees.
LEAST_RANGE_DEG = 5.0

#: The true end range of a repetition is the median of the angles within so many degrees of its highest.
PLATEAU_DEG = 1.0

#: How far outside the measured times a true angle is still compared with the nearest of them, in seconds.
OUTSIDE_S = 0.05


class TruthError(MeasurementError):
    """What is known of a recording is missing or damaged."""


@dataclass(frozen=True)
class TrueRecording:
    """A recording and where its true angles are.

    Attributes
    ----------
    set : str
        Name of the set it belongs to: its folder's.
    name : str
    video, truth : Path
    movement : str
    side : {"left", "right"}
    person : str
        Recordings of one person share it: a hash of the rendered body where the JSON has one (``spec.phenotype``), else ``person``
        of the JSON, else the recording's name without what tells before from after.
    pair : str or None
        Shared by the recordings of one client before and after.
    moment : {"before", "after"} or None
    """

    set: str
    name: str
    video: Path
    truth: Path
    movement: str
    side: Side
    person: str
    pair: str | None
    moment: Literal["before", "after"] | None

    @property
    def series(self) -> tuple[Floats, Floats]:
        """Times in seconds and true angles in degrees, (sample,) each.

        Raises
        ------
        TruthError
            The table is missing or damaged.
        """
        try:
            with self.truth.open(newline="", encoding="utf-8") as file:
                rows = [(float(row["t"]), float(row["angle_true"])) for row in csv.DictReader(file)]
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise TruthError(f"expected numbers in the columns t and angle_true of {self.truth.name}, got {error!r}") from error
        if len(rows) < 2:
            raise TruthError(f"expected two true angles or more in {self.truth.name}, got {len(rows)}")
        time_s, angle_deg = np.array(rows).T
        return time_s, angle_deg


@dataclass(frozen=True)
class Unusable:
    """A recording that could not be taken up, and why."""

    set: str
    name: str
    why: str


def find_recordings(folder: Path, set_name: str, only: str = "") -> tuple[list[TrueRecording], list[Unusable]]:
    """The recordings of a folder whose name contains ``only``, in the order of their names, and those that cannot be taken up.

    Raises
    ------
    UsageError
        There is no such folder, or no recording with truth in it.
    """
    if not folder.is_dir():
        raise UsageError(f'expected a folder of recordings with true angles, got "{folder}", which is none')
    found: list[TrueRecording] = []
    bad: list[Unusable] = []
    abouts = [path for path in sorted(folder.glob("*.json")) if only in path.stem]
    for about in abouts:
        try:
            found.append(_recording(about, set_name))
        except TruthError as error:
            bad.append(Unusable(set_name, about.stem, str(error)))
    if not abouts:
        named = f" whose name contains {only!r}" if only else ""
        raise UsageError(f'expected NAME.json, NAME.csv and NAME.mp4 in "{folder}"{named}, got no NAME.json')
    return found, bad


def _recording(about: Path, set_name: str) -> TrueRecording:
    try:
        said = json.loads(about.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TruthError(f"expected JSON in {about.name}, got: {error}") from error
    if not isinstance(said, dict) or not isinstance(said.get("movement"), str) or said.get("side") not in _SIDES:
        raise TruthError(f"expected movement and side (L or R) in {about.name}")
    video = about.parent / str(said.get("video", f"{about.stem}.mp4"))
    if not video.is_file():
        raise TruthError(f"expected the recording {video.name} beside {about.name}")
    ending = next((ending for ending in _MOMENTS if about.stem.endswith(ending)), None)
    pair = about.stem.removesuffix(ending) if ending else None
    return TrueRecording(
        set=set_name,
        name=about.stem,
        video=video,
        truth=about.with_suffix(".csv"),
        movement=said["movement"],
        side=_SIDES[said["side"]],
        person=_person(said, pair or video.stem),
        pair=pair,
        moment=_MOMENTS[ending] if ending else None,
    )


def _person(said: dict[str, Any], otherwise: str) -> str:
    spec = said.get("spec")
    body = spec.get("phenotype") if isinstance(spec, dict) else None
    if body:
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:6]
    return str(said.get("person", otherwise))


def true_end_ranges(angle_deg: Floats) -> list[float]:
    """The end range of every true repetition in degrees; a repetition is a run above the middle of the range.

    >>> true_end_ranges(np.array([0, 0, 50, 90, 91, 50, 0, 60, 88, 0]))
    [91.0, 88.0]
    """
    low, high = float(np.percentile(angle_deg, 2)), float(angle_deg.max())
    if high - low < LEAST_RANGE_DEG:
        return []
    above = np.concatenate([[False], angle_deg > (low + high) / 2, [False]])
    starts, ends = np.flatnonzero(~above[:-1] & above[1:]), np.flatnonzero(above[:-1] & ~above[1:])
    runs = [angle_deg[start:end] for start, end in zip(starts, ends, strict=True)]
    return [float(np.median(run[run > run.max() - PLATEAU_DEG])) for run in runs]


def series_error(truth: tuple[Floats, Floats], time_s: Floats, angle_deg: Floats) -> float | None:
    """Mean absolute error in degrees over the time in which the angle was measured; None where it never was.

    Parameters
    ----------
    truth : ((sample,), (sample,))
        Times in seconds and true angles in degrees.
    time_s, angle_deg : (frame,)
        What was measured; NaN where unknown.
    """
    known = np.isfinite(angle_deg)
    if known.sum() < 2:
        return None
    time_s, angle_deg = time_s[known], angle_deg[known]
    true_s, true_deg = truth
    here = (true_s >= time_s[0] - OUTSIDE_S) & (true_s <= time_s[-1] + OUTSIDE_S)
    if not here.any():
        return None
    return float(np.abs(np.interp(true_s[here], time_s, angle_deg) - true_deg[here]).mean())
