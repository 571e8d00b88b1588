"""Keeps computed poses, so that a second look at the same recording is immediate.

A cached entry holds landmarks only, no pictures. Its key is made of the recording's content, the model and the version of this
program's pose stage, so a renamed file is recognised and a changed one is not.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np

from rom_tracker.cache_folder import cache_folder
from rom_tracker.pose.sequence import PosePasses, PoseSequence

#: Goes up whenever the same recording and model would give other landmarks, or the entry has another form.
POSE_STAGE_VERSION = 1

_ARRAYS = ("xy", "world", "visibility")


def key(content_hash: str, estimator_name: str) -> str:
    """Name of the cache entry for a recording's content and an estimator."""
    return hashlib.sha256(f"{content_hash} {estimator_name} {POSE_STAGE_VERSION}".encode()).hexdigest()


def load(key: str) -> PosePasses | None:
    """The kept poses, or None where there are none or the entry is damaged."""
    path = _path(key)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as entry:
            size = (int(entry["image_size"][0]), int(entry["image_size"][1]))
            as_filmed, mirrored = (
                PoseSequence(
                    time_s=entry["time_s"],
                    image_size=size,
                    model=str(entry["model"]),
                    **{array: entry[f"{look}_{array}"] for array in _ARRAYS},
                )
                for look in ("as_filmed", "mirrored")
            )
            return PosePasses(as_filmed, mirrored)
    except FileNotFoundError:
        return None
    except Exception:  # zipfile, zlib and numpy raise a dozen kinds for a damaged archive; what it held can be made again
        with contextlib.suppress(OSError):
            path.unlink()
        return None


def store(key: str, passes: PosePasses) -> None:
    """Keep poses. A cache that cannot be written costs time at the next look and nothing else, so that is not an error."""
    arrays = {
        f"{look}_{array}": getattr(sequence, array)
        for look, sequence in (("as_filmed", passes.as_filmed), ("mirrored", passes.mirrored))
        for array in _ARRAYS
    }
    path = _path(key)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            temporary = Path(file.name)
            np.savez_compressed(
                file,
                time_s=passes.time_s,
                image_size=np.array(passes.as_filmed.image_size),
                model=np.array(passes.as_filmed.model),
                **arrays,
            )
        os.replace(temporary, path)
    except OSError:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _path(key: str) -> Path:
    return cache_folder() / "poses" / f"{key}.npz"
