"""The angle of every frame as a table."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd

from rom_tracker.landmarks import Side
from rom_tracker.output_files import written_whole
from rom_tracker.pose.angles import AngleSeries


def angle_table(angles: AngleSeries) -> pd.DataFrame:
    """One row a frame: ``time_s``, ``angle_deg`` (NaN where unknown), ``confidence``."""
    return pd.DataFrame({"time_s": angles.time_s, "angle_deg": angles.angle_deg, "confidence": angles.confidence})


def side_angle_table(left: AngleSeries, right: AngleSeries) -> pd.DataFrame:
    """The rows of both sides, one after the other, with a first column ``side``."""
    sides: tuple[tuple[Side, AngleSeries], ...] = (("left", left), ("right", right))
    tables = [angle_table(angles) for _, angles in sides]
    for (side, _), table in zip(sides, tables, strict=True):
        table.insert(0, "side", side)
    return pd.concat(tables, ignore_index=True)


def write_no_angles(path: str | os.PathLike[str], *, sides: bool = False) -> None:
    """Write the table of a recording without a readable frame: its header alone, so that no older table is taken for its own.

    ``sides``: the table is one of both sides.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    empty = np.empty(0)
    nothing = AngleSeries(empty, empty, empty, empty, empty.astype(bool))
    if sides:
        write_side_angles(nothing, nothing, path)
    else:
        write_angles(nothing, path)


def write_angles(angles: AngleSeries, path: str | os.PathLike[str]) -> None:
    """Write the angle of every frame as CSV: ``time_s, angle_deg, confidence``; empty where unknown.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    _write(angle_table(angles), path)


def write_side_angles(left: AngleSeries, right: AngleSeries, path: str | os.PathLike[str]) -> None:
    """Write the angles of both sides as CSV: ``side, time_s, angle_deg, confidence``; empty where unknown.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    _write(side_angle_table(left, right), path)


def _write(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    with written_whole(path) as temporary:
        table.round({"time_s": 4, "angle_deg": 3, "confidence": 3}).to_csv(temporary, index=False)
