"""Once the model is there, measuring opens no connection: seen from outside the process, and from within."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

PINNED = "0.10.33"

#: Imported by every Python that starts with its folder on the path; writes down what would leave the computer.
WATCH = """
import os, sys

WATCHED = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg", "urllib.Request"}
log = os.open(os.environ["WATCH_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.write(log, b"watching\\n")
sys.addaudithook(lambda event, arguments: os.write(log, f"{event}\\n".encode()) if event in WATCHED else None)
"""
CONNECT = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 9))"


@dataclass(frozen=True)
class Watched:
    """What one command asked of the network: the families of its sockets, and the events in its Python."""

    families: set[str] | None
    events: list[str]


class Watcher:
    """Runs commands under strace, where that works, and with an audit hook."""

    def __init__(self, folder: Path) -> None:
        self.calls, self.events = folder / "calls", folder / "events"
        (folder / "sitecustomize.py").write_text(WATCH)
        path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
        self.changes = {"PYTHONPATH": path, "WATCH_LOG": str(self.events)}
        strace = ("strace", "-f", "-o", str(self.calls), "-e", "trace=socket,connect,sendto,sendmsg,sendmmsg")
        traces = shutil.which("strace") and subprocess.run([*strace, sys.executable, "-c", ""], capture_output=True)
        self.before = strace if traces and traces.returncode == 0 else ()

    def seen(self) -> Watched:
        assert self.events.read_text().startswith("watching\n")
        events = [event for event in self.events.read_text().split() if event != "watching"]
        families = None
        if self.before:
            families = set(re.findall(r"\b(?:AF|PF)_\w+", self.calls.read_text(errors="replace")))
            self.calls.unlink()
        self.events.unlink()
        return Watched(families, events)


@pytest.fixture(scope="module")
def watcher(tmp_path_factory: pytest.TempPathFactory) -> Watcher:
    return Watcher(tmp_path_factory.mktemp("watch"))


@pytest.fixture(scope="module")
def connecting(watcher, run) -> Watched:
    """A program that does open one, to know that it would be seen."""
    command = [*watcher.before, sys.executable, "-W", "ignore", "-c", CONNECT]
    subprocess.run(command, env=run.environment(**watcher.changes), check=True)
    return watcher.seen()


@pytest.fixture(scope="module")
def measuring(connecting, watcher, run, film, elbow, tmp_path_factory) -> Watched:
    """Estimating, measuring, charting and drawing over the picture: all that a recording goes through."""
    folder = tmp_path_factory.mktemp("watched")
    video = film(folder / "clip.webm", elbow[2::3], np.arange(40) / 9.5)
    before = run.kept_poses()
    results = ("--angles", folder / "a.csv", "--chart", folder / "c.png", "--overlay", folder / "o.webm")
    measured = ("measure", video, "--movement", "elbow_flexion", "--side", "left", "--json", *results)
    done = run(*measured, before=watcher.before, env=run.environment(**watcher.changes))
    assert (done.exit_code, done.err) == (0, "")
    assert len(run.kept_poses()) == len(before) + 1
    return watcher.seen()


def test_no_python_code_opens_a_connection(measuring, connecting):
    assert connecting.events == ["socket.connect"]
    assert measuring.events == []


def test_no_native_code_opens_a_connection(measuring, connecting):
    if measuring.families is None:
        pytest.skip("strace is not installed, or may not trace here")
    assert connecting.families == {"AF_INET"}
    assert measuring.families <= {"AF_UNIX"}


def test_mediapipe_is_the_release_that_reports_nothing():
    """Later ones post usage figures to their vendor, without a switch."""
    assert version("mediapipe") == PINNED
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    everything = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    assert [d for d in everything if d.startswith("mediapipe")] == [f"mediapipe=={PINNED}"]
