"""Tables for other programs."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd

from rom_tracker.output_files import written_whole
from rom_tracker.pose.angles import AngleSeries


def angle_table(angles: AngleSeries) -> pd.DataFrame:
    """One row a frame: ``time_s``, ``angle_deg`` (NaN where unknown), ``confidence``."""
    return pd.DataFrame({"time_s": angles.time_s, "angle_deg": angles.angle_deg, "confidence": angles.confidence})


def write_no_angles(path: str | os.PathLike[str]) -> None:
    """Write the table of a recording without a readable frame: its header alone, so that no older table is taken for its own.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    nothing = np.empty(0)
    write_angles(AngleSeries(nothing, nothing, nothing, nothing, nothing.astype(bool)), path)


def write_angles(angles: AngleSeries, path: str | os.PathLike[str]) -> None:
    """Write the angle of every frame as CSV: ``time_s, angle_deg, confidence``; empty where unknown.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    with written_whole(path) as temporary:
        angle_table(angles).round({"time_s": 4, "angle_deg": 3, "confidence": 3}).to_csv(temporary, index=False)
