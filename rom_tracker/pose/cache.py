"""Keeps computed landmarks, so that a second look at the same recording is immediate.

A cached entry holds landmarks only, no pictures. Its key is made of the recording's content, the model and the version of this
program's pose stage, so a renamed file is recognised and a changed one is not.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from rom_tracker.cache_folder import cache_folder
from rom_tracker.output_files import placed_whole, remove_stale_parts

#: Goes up whenever the same recording and model would give other landmarks, or the entry has another form.
POSE_STAGE_VERSION = 2


class Kept(Protocol):
    """What can be kept: something that turns into plain arrays and back."""

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """Plain arrays."""
        ...

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What gave the arrays."""
        ...


T = TypeVar("T", bound=Kept)


def key(content_hash: str, *what: str) -> str:
    """Name of the cache entry for a recording's content and all that the entry depends on."""
    return hashlib.sha256(" ".join((content_hash, *what, str(POSE_STAGE_VERSION))).encode()).hexdigest()


def load(key: str, kind: type[T]) -> T | None:
    """What was kept, or None where there is nothing or the entry is damaged."""
    if not _keeps():
        return None
    path = _path(key)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as entry:
            return kind.from_arrays(entry)
    except FileNotFoundError:
        return None
    except Exception:  # zipfile, zlib and numpy raise a dozen kinds for a damaged archive; what it held can be made again
        with contextlib.suppress(OSError):
            path.unlink()
        return None


def store(key: str, kept: Kept) -> None:
    """Keep landmarks. A cache that cannot be written costs time at the next look and nothing else, so that is not an error."""
    if not _keeps():
        return
    path = _path(key)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_stale_parts(path.parent)
        with placed_whole(path, private=True) as part:
            np.savez_compressed(part, allow_pickle=False, **kept.to_arrays())


def _keeps() -> bool:
    """Whether landmarks are kept here: not where ROM_TRACKER_KEEP_POSES is "no", since encrypted records keep them."""
    return os.environ.get("ROM_TRACKER_KEEP_POSES") != "no"


def _path(key: str) -> Path:
    return cache_folder() / "poses" / f"{key}.npz"
