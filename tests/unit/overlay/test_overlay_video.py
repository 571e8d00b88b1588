from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_overlays import GREY, measured, nobody, recording
from stick_figure import IMAGE_SIZE

from rom_tracker.capture import Part, VideoFile
from rom_tracker.errors import OutputError, UsageError
from rom_tracker.overlay import end_range_picture, face_cover_of, write_overlay


def test_every_frame_is_there_at_its_own_time_and_progress_is_told(tmp_path):
    m = measured()
    seconds = []
    video = recording(tmp_path / "in.webm", m.angles.time_s)
    write_overlay(video, m, tmp_path / "out.webm", lambda done_s, all_s: seconds.append(done_s))
    before, after = ([frame.time_s for frame in VideoFile(tmp_path / name)] for name in ("in.webm", "out.webm"))
    assert len(before) == len(m.angles)
    assert after == before
    assert np.ptp(np.diff(after)) > 0.01
    assert seconds == before
    assert VideoFile(tmp_path / "out.webm").size == IMAGE_SIZE
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.webm", "out.webm"]


def test_outside_of_the_part_that_was_measured_nothing_is_drawn(tmp_path):
    m = measured()
    later = replace(m.angles, time_s=m.angles.time_s + 1.0)
    m = replace(m, angles=later, part=Part(0.95, float(later.time_s[-1]) + 0.05))
    time_s = np.concatenate([np.arange(10) / 30, later.time_s, later.time_s[-1] + 0.1 * np.arange(1, 5)])
    write_overlay(recording(tmp_path / "in.webm", time_s), m, tmp_path / "out.webm")
    frames = list(VideoFile(tmp_path / "out.webm"))
    np.testing.assert_allclose([frame.time_s for frame in frames], time_s, atol=1e-3)
    is_drawn = [bool(np.ptp(frame.image) > 100) for frame in frames]
    assert is_drawn == [False] * 10 + [True] * len(later) + [False] * 4


def test_nobody_found_leaves_the_picture_but_for_the_words(tmp_path):
    m = nobody(12)
    video = recording(tmp_path / "in.webm", m.angles.time_s)
    write_overlay(video, m, tmp_path / "out.webm")
    frames = [frame.image.astype(int) for frame in VideoFile(tmp_path / "out.webm")]
    assert len(frames) == 12
    assert np.abs(frames[5][200:450] - GREY).max() < 6
    assert frames[5][-60:, :300].mean() < 0.8 * GREY


def test_a_large_picture_is_scaled_down(tmp_path):
    m = nobody(11)
    video = recording(tmp_path / "in.webm", m.angles.time_s, size=(1000, 1920))
    write_overlay(video, m, tmp_path / "out.webm")
    assert VideoFile(tmp_path / "out.webm").size == (667, 1280)


def test_another_recording_is_refused_and_nothing_is_left(tmp_path):
    m = measured()
    for frames in (len(m.angles) - 1, len(m.angles) + 1):
        video = recording(tmp_path / "in.webm", np.arange(frames) / 30)
        with pytest.raises(UsageError, match=f"{len(m.angles)} frames, but .* has {frames}"):
            write_overlay(video, m, tmp_path / "out.webm")
        assert [file.name for file in tmp_path.iterdir()] == ["in.webm"]


def test_places_that_cannot_be_written(tmp_path):
    m = nobody(10)
    video = recording(tmp_path / "in.webm", m.angles.time_s)
    with pytest.raises(UsageError, match=r"\.webm"):
        write_overlay(video, m, tmp_path / "out.mp4")
    with pytest.raises(OutputError, match="is not a folder"):
        write_overlay(video, m, tmp_path / "no" / "out.webm")


def test_a_covered_face_is_covered_in_every_frame_and_in_the_picture_of_the_end_range(tmp_path):
    m = measured()
    video = recording(tmp_path / "in.webm", m.angles.time_s)
    cover = face_cover_of(m)
    assert len(cover.centre) == len(m.angles)
    plain, covered = (end_range_picture(video, m, cover_face=hidden) for hidden in (False, True))
    assert plain is not None
    assert covered is not None
    assert np.abs(plain[:120, :300].astype(int) - GREY).max() < 40, "no panel: a page has its own words and the mean"
    at_s = min(m.repetitions.scored, key=lambda r: abs(r.peak_deg - m.peak_deg)).peak_s
    x, y = cover.centre[int(np.argmin(np.abs(m.angles.time_s - at_s)))]
    rows, columns = np.nonzero((plain != covered).any(axis=2))
    assert len(rows)
    assert np.hypot(columns - x, rows - y).max() <= cover.radius.max() + 2
    write_overlay(video, m, tmp_path / "out.webm", cover_face=True)
    assert len(list(VideoFile(tmp_path / "out.webm"))) == len(m.angles)
