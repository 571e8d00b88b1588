"""Ctrl-C in the middle, and two at once: nothing half-written."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rom_tracker.sample_clips import sample_folder

ELBOW = ("--movement", "elbow_flexion", "--side", "left")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def interrupted_while(what: str, run, *arguments: str | Path) -> tuple[int, str, str]:
    """Start on a terminal, press Ctrl-C when the bar of ``what`` is under way; the exit code, and what the last line says."""
    import pty

    terminal, theirs = pty.openpty()
    process = run.start(*arguments, stderr=theirs)
    os.close(theirs)
    said, pressed = "", False
    while True:
        try:
            read = os.read(terminal, 4096)
        except OSError:  # Linux says so at the end
            break
        if not read:
            break
        said += ESCAPES.sub("", read.decode(errors="replace"))
        if not pressed and re.search(rf"{what} .*\b[1-9]\d?%", said):
            process.send_signal(signal.SIGINT)
            pressed = True
    os.close(terminal)
    out, _ = process.communicate(timeout=60)
    assert pressed, said
    run.left_nothing()
    return process.returncode, out, re.split(r"[\r\n]+", said.strip())[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX")
@pytest.mark.parametrize("what", ["Measuring", "Drawing"])
def test_ctrl_c(what, run, film, elbow, tmp_path):
    if what == "Measuring":
        video = tmp_path / "hip.mp4"
        video.write_bytes((sample_folder() / "hip_flexion.mp4").read_bytes() + b"\0" * 8)
    else:
        video = film(tmp_path / "clip.webm", elbow[::6], np.arange(20) / 5)
        assert run("measure", video, *ELBOW).exit_code == 0
    before = run.kept_poses()
    there = dict.fromkeys(("a.csv", "o.webm"), b"of last time")
    for name, content in there.items():
        (tmp_path / name).write_bytes(content)
    results = ("--overlay", tmp_path / "o.webm", *(("--angles", tmp_path / "a.csv") if what == "Measuring" else ()))
    exit_code, out, last = interrupted_while(what, run, "measure", video, *ELBOW, "--json", *results)
    assert (exit_code, out, last) == (130, "", "Error: Interrupted; nothing half-written is left.")
    assert run.kept_poses() == before
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path != video} == there


def test_two_at_once(run, film, elbow, tmp_path):
    video = film(tmp_path / "clip.webm", elbow[1::3], np.arange(40) / 10)
    before = run.kept_poses()
    both = [run.start("measure", video, *ELBOW, "--json", "--angles", tmp_path / "angles.csv") for _ in range(2)]
    results = [(process, *process.communicate(timeout=240)) for process in both]
    assert [(process.returncode, err) for process, _, err in results] == [(0, "")] * 2
    assert results[0][1] == results[1][1]
    assert len(run.kept_poses()) == len(before) + 1
    run.left_nothing()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["angles.csv", "clip.webm"]
    assert run("measure", video, *ELBOW, "--json").out == results[0][1]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_killed_while_it_measures(run, film, elbow, tmp_path):
    """Even then the next run works; there is nothing for it to trip over."""
    video = film(tmp_path / "clip.webm", elbow[2::4], np.arange(40) / 8)
    process = run.start("measure", video, *ELBOW)
    try:
        process.communicate(timeout=3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    run.left_nothing()
    assert run("measure", video, *ELBOW).exit_code == 0
