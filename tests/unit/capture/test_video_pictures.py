from __future__ import annotations

import numpy as np
import pytest

from rom_tracker.capture import TimedVideoWriter, VideoFile
from rom_tracker.capture.pictures import Pictures, pictures_at


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> VideoFile:
    """Two seconds at 10 frames per second, each frame as bright as twelve times its place."""
    path = tmp_path_factory.mktemp("video") / "steps.webm"
    with TimedVideoWriter(path, (64, 48)) as writer:
        for n in range(20):
            writer.write(np.full((48, 64, 3), 12 * n, dtype=np.uint8), n / 10)
    return VideoFile(path)


def places(pictures) -> list[int]:
    return [round(float(picture.mean()) / 12) for picture in pictures]


@pytest.mark.parametrize(("times_s", "expected"), [([0.0, 0.5], [0, 5]), ([0.31, 1.9], [4, 19]), ([0.2, 5.0], [2]), ([7.0], [19])])
def test_to_each_time_belongs_the_first_frame_that_is_not_before_it(video, times_s, expected):
    assert places(pictures_at(video, times_s)) == expected


def test_pictures_are_taken_along_while_the_recording_is_read(video):
    pictures = Pictures([0.25, 1.0])
    for glimpse in video.glimpses():
        pictures.see(glimpse)
        if glimpse.index == 5:
            assert not pictures.complete
    assert pictures.complete
    assert places(pictures.taken) == [3, 10]


def test_what_was_taken_along_is_not_read_again(video, monkeypatch):
    along, half = Pictures([0.25, 1.0]), Pictures([0.25, 1.0])
    for glimpse in video.glimpses():
        along.see(glimpse)
        if glimpse.index < 6:
            half.see(glimpse)
    assert places(pictures_at(video, [0.25, 1.0], half)) == [3, 10]
    assert places(pictures_at(video, [0.5], along)) == [5]
    monkeypatch.setattr(VideoFile, "glimpses", lambda self: pytest.fail("the recording is read again"))
    assert places(pictures_at(video, [0.25, 1.0], along)) == [3, 10]
