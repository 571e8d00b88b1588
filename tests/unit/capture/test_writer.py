from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from rom_tracker.capture import TimedVideoWriter, VideoFile
from rom_tracker.capture.matroska import MatroskaWriter
from rom_tracker.errors import OutputError, UsageError

SIZE = (160, 90)
TIMES_S = [0.0, 0.033, 0.07, 0.1, 0.5, 0.50417, 1.0]


def test_every_frame_keeps_its_time_and_its_picture(tmp_path, ball):
    with TimedVideoWriter(tmp_path / "v.webm", SIZE) as writer:
        for index, time_s in enumerate(TIMES_S):
            writer.write(ball(index), time_s)
    frames = list(VideoFile(tmp_path / "v.webm"))
    assert [frame.time_s for frame in frames] == pytest.approx(TIMES_S, abs=1e-5)
    for index, frame in enumerate(frames):
        assert np.abs(frame.image.astype(int) - ball(index)).mean() < 3


def test_the_image_may_change_after_it_was_written(tmp_path, ball):
    image = ball(0)
    with TimedVideoWriter(tmp_path / "v.webm", SIZE) as writer:
        writer.write(image, 0.0)
        image[:] = 255
    assert next(iter(VideoFile(tmp_path / "v.webm"))).image.mean() < 100


def write(path: Path, images, times_s) -> None:
    with TimedVideoWriter(path, SIZE) as writer:
        for image, time_s in zip(images, times_s, strict=True):
            writer.write(image, time_s)


def test_an_unfinished_file_leaves_nothing(tmp_path, ball):
    def failing_images():
        yield ball(0)
        raise RuntimeError("the overlay could not be drawn")

    old = tmp_path / "v.webm"
    old.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="overlay"):
        write(old, failing_images(), TIMES_S)
    assert [path.name for path in tmp_path.iterdir()] == ["v.webm"]
    assert old.read_bytes() == b"old"


def test_times_must_increase(tmp_path, ball):
    with pytest.raises(ValueError, match="increase"):
        write(tmp_path / "v.webm", [ball(0), ball(1)], [0.1, 0.1])
    assert not list(tmp_path.iterdir())


def test_images_must_fit(tmp_path, ball):
    with pytest.raises(ValueError, match="90, 160, 3"), TimedVideoWriter(tmp_path / "v.webm", SIZE) as writer:
        writer.write(ball(0, (90, 160)), 0.0)


def test_only_webm(tmp_path):
    with pytest.raises(UsageError, match=r"\.webm"):
        TimedVideoWriter(tmp_path / "v.mp4", SIZE)


def test_no_such_folder(tmp_path):
    with pytest.raises(OutputError, match="is not a folder"), TimedVideoWriter(tmp_path / "no" / "v.webm", SIZE):
        pass


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "no").touch()
    with pytest.raises(OutputError, match="is not a folder"), TimedVideoWriter(tmp_path / "no" / "v.webm", SIZE):
        pass


def test_a_frame_that_did_not_fit_is_taken_back(tmp_path, ball):
    class Nearly:
        """A file on a disk with room for 600 bytes, which takes what fits before it refuses, as systems do."""

        def __init__(self, path: Path) -> None:
            self._file = path.open("wb", buffering=0)

        def write(self, data: bytes) -> int:
            room = 600 - self._file.tell()
            if room <= 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self._file.write(data[:room])

        def __getattr__(self, name: str):
            return getattr(self._file, name)

    file = Nearly(tmp_path / "v.mkv")
    writer = MatroskaWriter(file, codec="V_MJPEG", size=(160, 90))
    writer.write(b"x" * 100, 0.0)
    before = file.tell()
    with pytest.raises(OSError, match="No space"):
        writer.write(b"x" * 1000, 0.1)
    assert file.tell() == (tmp_path / "v.mkv").stat().st_size == before
    assert writer.frame_count == 1
    file.close()
