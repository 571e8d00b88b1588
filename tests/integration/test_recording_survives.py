"""Recordings and outputs when the process is killed, the disk is full or the folder is read-only."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rom_tracker.capture import Frame, RecordingInfo, TimedVideoWriter, VideoFile, read_sidecar, record
from rom_tracker.errors import OutputError

ABOUT = RecordingInfo("Ann", "shoulder_flexion", "left", "before")
NOISE = np.random.default_rng(1).integers(0, 255, (120, 160, 3), dtype=np.uint8)

RECORD_FOR_EVER = """
import itertools, sys, time
import numpy as np
from rom_tracker.capture import Frame, RecordingInfo, record

noise = np.random.default_rng(1).integers(0, 255, (120, 160, 3), dtype=np.uint8)

def frames():
    for index in itertools.count():
        time.sleep(0.01)
        yield Frame(index, index / 100, noise)

about = RecordingInfo("Ann", "shoulder_flexion", "left", "before")
record(frames(), sys.argv[1], about, on_frame=lambda frame: print(frame.index, flush=True))
"""


def noise_frames(count: int) -> Iterator[Frame]:
    return (Frame(index, index / 100, NOISE) for index in range(count))


def write_webm(path: Path, frames: Iterator[Frame]) -> None:
    with TimedVideoWriter(path, (160, 120), quality=100) as writer:
        for frame in frames:
            writer.write(frame.image, frame.time_s)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_recording_plays_to_its_last_frame(tmp_path):
    path = tmp_path / "a.mkv"
    process = subprocess.Popen([sys.executable, "-c", RECORD_FOR_EVER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    written = [int(next(process.stdout)) for _ in range(60)]
    process.send_signal(signal.SIGKILL)
    written += [int(line) for line in process.stdout]
    process.wait()
    process.stdout.close()

    times_s = [frame.time_s for frame in VideoFile(path)]
    assert len(times_s) >= len(written)
    np.testing.assert_allclose(times_s, np.arange(len(times_s)) / 100, atol=1e-5)
    info = read_sidecar(path)
    assert info is not None
    assert not info.finished
    assert info.size == (160, 120)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mkv", "a.recording.json"]


def test_a_recording_on_a_full_disk_keeps_what_it_has(mounted):
    path = mounted / "a.mkv"
    with pytest.raises(OutputError, match=r"disk is full.* were recorded and can be used"):
        record(noise_frames(1000), path, ABOUT)
    assert len(list(VideoFile(path))) > 10
    assert read_sidecar(path) is not None


def test_a_video_on_a_full_disk_leaves_nothing(mounted):
    with pytest.raises(OutputError, match="disk is full"):
        write_webm(mounted / "v.webm", noise_frames(1000))
    assert not list(mounted.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_limit_on_file_size_is_a_full_disk_too(tmp_path):
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n{RECORD_FOR_EVER}"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.mkv")], capture_output=True, text=True)
    assert "OutputError" in done.stderr
    assert "disk is full" in done.stderr
    assert len(list(VideoFile(tmp_path / "a.mkv"))) > 5


def test_a_read_only_folder(read_only):
    with pytest.raises(OutputError, match="read-only"):
        record(noise_frames(3), read_only / "a.mkv", ABOUT)
    with pytest.raises(OutputError, match="read-only"):
        write_webm(read_only / "v.webm", noise_frames(3))
    assert not list(read_only.iterdir())
