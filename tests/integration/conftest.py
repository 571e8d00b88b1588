"""Runs the installed ``rom-tracker`` command as its user would: real processes, real files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rom_tracker.capture import TimedVideoWriter, VideoFile
from rom_tracker.pose.models import ensure_model
from rom_tracker.sample_clips import sample_folder

Image = NDArray[np.uint8]
Film = Callable[[Path, Iterable[Image], Iterable[float]], Path]
FORCED_COLOUR = ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


@dataclass(frozen=True)
class Run:
    """How a command ended and what it printed."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on standard output, with nothing around it."""
        found = json.loads(self.out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
        assert isinstance(found, dict)
        return found

    @property
    def sentence(self) -> str:
        """The only line on standard error: what went wrong."""
        assert self.err.startswith("Error: ")
        assert self.err.endswith((".\n", "?\n"))
        assert self.err.count("\n") == 1
        said = self.err.removeprefix("Error: ").strip()
        assert said[0] == '"' or said[0] == "-" or said[0].isupper()
        return said


class Command:
    """``rom-tracker`` in an empty folder, with a cache of its own that has the model and no poses.

    After every run nothing may be left in the working folder, among the temporary files, or half-written in the cache.
    """

    def __init__(self, root: Path) -> None:
        self.cache, self.folder, self.temporary = root / "cache", root / "work", root / "temporary"
        for folder in (self.cache / "models", self.folder, self.temporary):
            folder.mkdir(parents=True)
        self.program = shutil.which("rom-tracker", path=str(Path(sys.executable).parent))
        assert self.program is not None, "rom-tracker is not installed beside this Python"

    def environment(self, **changed: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in FORCED_COLOUR}
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.temporary))
        own = {"ROM_TRACKER_CACHE": str(self.cache), "ROM_TRACKER_DATA": str(self.cache.parent / "data")}
        return {**kept, **temporary, "PYTHONUTF8": "1", **own, **changed}

    def start(self, *arguments: str | Path, before: tuple[str, ...] = (), **options: Any) -> subprocess.Popen[str]:
        command = [*before, self.program, *map(str, arguments)]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": self.environment(), **options}
        return subprocess.Popen(command, text=True, encoding="utf-8", cwd=self.folder, **options)

    def end(self, process: subprocess.Popen[str]) -> Run:
        out, err = process.communicate(timeout=1500)
        run = Run(process.returncode, out or "", err or "")
        for said in (run.out, run.err):
            assert "Traceback" not in said
            assert "\x1b" not in said, "escape codes where there is no terminal"
        self.left_nothing()
        return run

    def __call__(self, *arguments: str | Path, **options: Any) -> Run:
        return self.end(self.start(*arguments, **options))

    def left_nothing(self) -> None:
        assert names(self.folder) == []
        assert names(self.temporary) == []
        assert [path for path in self.cache.rglob("*") if path.is_file() and path.suffix not in (".task", ".npz")] == []

    def kept_poses(self) -> dict[str, tuple[int, int]]:
        """The entries of the pose cache; one that is written again is another file at another time."""
        kept = (self.cache / "poses").glob("[!.]*")  # Without what is being written.
        entries = (entry for entry in kept if not entry.name.startswith(("people-", "light-")))
        return {entry.name: (entry.stat().st_ino, entry.stat().st_mtime_ns) for entry in entries}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="session")
def model() -> Path:
    ensure_model("pose_heavy")
    return ensure_model("pose_full")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Command:
    command = Command(tmp_path_factory.mktemp("command"))
    for file in (model, ensure_model("pose_heavy")):
        shutil.copy(file, command.cache / "models")
    return command


@pytest.fixture(scope="session")
def elbow() -> list[Image]:
    """A client who bends the elbow once, from rest to rest: 83 frames of 320x240, 30 a second."""
    frames = [frame.image for frame in VideoFile(sample_folder() / "elbow_flexion_pre.mp4")][12:95]
    return [cv2.resize(image, (320, 240), interpolation=cv2.INTER_AREA) for image in frames]


@pytest.fixture(scope="session")
def film() -> Film:
    """Writes pictures and their times into a WebM file."""

    def write(path: Path, images: Iterable[Image], times_s: Iterable[float]) -> Path:
        with TimedVideoWriter(path, (320, 240)) as video:
            for image, time_s in zip(images, times_s, strict=False):
                video.write(image, time_s)
        return path

    return write


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory, film: Film, elbow: list[Image]) -> Path:
    """One repetition in 28 frames, 10 a second: a recording that is quickly measured."""
    return film(tmp_path_factory.mktemp("short") / "short.webm", elbow[::3], np.arange(28) / 10)


@pytest.fixture
def new_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Makes a disk of some megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(megabytes: int) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "rom_tracker_test", str(folder)]
        if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting a small disk takes root on Linux")
        return folder

    yield mount
    if folder.is_mount():
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def mounted(new_disk: Callable[[int], Path]) -> Path:
    """A disk of one megabyte."""
    return new_disk(1)


@pytest.fixture
def locked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Callable[[Path], object]], Path]]:
    """Makes a folder, fills it, and makes it read-only; root needs a disk for that."""
    folder = tmp_path / "read-only"

    def lock(fill: Callable[[Path], object]) -> Path:
        nonlocal folder
        if sys.platform == "win32":
            pytest.skip("folders cannot be made read-only this way")
        if os.geteuid() == 0:
            folder = request.getfixturevalue("new_disk")(128)
            fill(folder)
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        else:
            folder.mkdir()
            fill(folder)
            for inner in (*(path for path in folder.rglob("*") if path.is_dir()), folder):
                inner.chmod(0o555)
        return folder

    yield lock
    if sys.platform != "win32" and os.geteuid() != 0 and folder.is_dir():
        folder.chmod(0o755)
        for inner in folder.rglob("*"):
            inner.chmod(0o755)


@pytest.fixture
def read_only(locked: Callable[[Callable[[Path], object]], Path]) -> Path:
    """A folder in which nothing can be written."""
    return locked(lambda folder: None)
