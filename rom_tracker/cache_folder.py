"""The folder in which rom_tracker keeps what it can fetch or compute again."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Root of everything that is kept but could be made again: model files, poses.

    Returns
    -------
    Path
        The user's cache folder for rom_tracker, or what the environment variable ROM_TRACKER_CACHE names.
        Always absolute; it need not exist yet.

    Examples
    --------
    >>> cache_folder().is_absolute()
    True
    """
    chosen = os.environ.get("ROM_TRACKER_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_cache_path("rom_tracker", appauthor=False)
