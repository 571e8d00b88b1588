"""Under which names results are kept: whatever a result depends on is in them."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from rom_tracker import __version__

if TYPE_CHECKING:
    from rom_tracker.batch.plan import Task
    from rom_tracker.movements.catalogue import Catalogue

#: The rooms of this package on whose code a result depends.
_ROOMS = ("analysis", "batch", "capture", "movements", "pose")


class Keys:
    """Names of records: whatever a result depends on is in them."""

    def __init__(self, catalogue: Catalogue, model: str) -> None:
        self.catalogue, self.model = catalogue, model
        self._movements: dict[str, str] = {}

    def of_file(self, task: Task) -> str:
        """By name, size and time of modification."""
        return digest("file", task.file, task.signature, *self._what(task))

    def of_content(self, task: Task, sha256: str) -> str:
        """By content."""
        return digest("content", sha256, *self._what(task))

    def _what(self, task: Task) -> tuple[str, ...]:
        if task.movement not in self._movements:
            self._movements[task.movement] = self.catalogue[task.movement].model_dump_json()
        lenses = (task.camera, _lenses()) if task.camera else ()
        return self._movements[task.movement], task.side, self.model, method(), *lenses


def digest(*parts: str) -> str:
    """A short name for words."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@cache
def method() -> str:
    """A digest of the program's code that results depend on, so that results of two versions do not mix."""
    root = Path(__file__).parents[1]
    files = sorted(path for room in _ROOMS for path in (root / room).rglob("*") if path.suffix in (".py", ".toml"))
    content = hashlib.sha256(b"".join(path.read_bytes() for path in (*files, root / "frozen.py", root / "landmarks.py")))
    return f"{__version__} {version('mediapipe')} {content.hexdigest()}"


@cache
def _lenses() -> str:
    """A digest of the kept lens profiles, which recordings of a known camera are measured with."""
    from rom_tracker.capture.lens import kept_profiles

    return hashlib.sha256(b"".join(path.read_bytes() for path in kept_profiles())).hexdigest()
