from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from rom_tracker.capture import Frame, FrameTiming, RecordingInfo, VideoFile, read_sidecar, record, sidecar_path
from rom_tracker.capture.recording import write_sidecar
from rom_tracker.errors import CameraError, OutputError, UsageError, VideoError

ABOUT = RecordingInfo("Ann B.", "shoulder_flexion", "left", "before", camera="camera 0")


def test_frames_and_times_are_kept(tmp_path, balls):
    times_s = [0.0, 0.033, 0.07, 0.1, 0.5]
    recording = record(balls(times_s), tmp_path / "a.mkv", ABOUT)
    frames = list(VideoFile(recording.path))
    assert [frame.time_s for frame in frames] == pytest.approx(times_s, abs=1e-5)
    for frame, original in zip(frames, balls(times_s), strict=True):
        assert np.abs(frame.image.astype(int) - original.image).mean() < 3


def test_the_sidecar_tells_all(tmp_path, balls):
    before = datetime.now(UTC)
    recording = record(balls([0.0, 0.1, 0.2, 0.5]), tmp_path / "a.mkv", ABOUT)
    info = read_sidecar(recording.path)
    assert info == recording.info
    assert info is not None
    assert info.finished
    assert info.size == (160, 90)
    assert info.started_at is not None
    assert before <= info.started_at <= datetime.now(UTC)
    assert info.timing == FrameTiming(frames=4, duration_s=0.5, median_fps=10.0, longest_gap_s=0.3, missed_frames=2)
    assert replace(info, started_at=None, size=None, timing=None) == ABOUT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mkv", "a.recording.json"]


def test_the_countdown_is_not_recorded(tmp_path, balls):
    remaining = []
    recording = record(
        balls([0.0, 0.5, 1.0, 1.1, 1.3]),
        tmp_path / "a.mkv",
        ABOUT,
        countdown_s=1.0,
        on_countdown=lambda remaining_s, frame: remaining.append((remaining_s, frame.index)),
    )
    assert remaining == [(1.0, 0), (0.5, 1)]
    assert [frame.time_s for frame in VideoFile(recording.path)] == pytest.approx([0, 0.1, 0.3], abs=1e-5)


def test_it_stops_after_the_duration_or_when_told(tmp_path, balls):
    times_s = [i / 10 for i in range(20)]
    seen: list[Frame] = []
    record(balls(times_s), tmp_path / "a.mkv", ABOUT, duration_s=0.5, on_frame=seen.append)
    assert [frame.index for frame in seen] == [0, 1, 2, 3, 4, 5]
    record(balls(times_s), tmp_path / "b.mkv", ABOUT, on_frame=seen.append, stop=lambda: len(seen) >= 10)
    assert len(list(VideoFile(tmp_path / "b.mkv"))) == 4


def test_a_recording_is_not_overwritten_by_accident(tmp_path, balls):
    record(balls([0.0, 0.1]), tmp_path / "a.mkv", ABOUT)
    with pytest.raises(UsageError, match="already there"):
        record(balls([0.0]), tmp_path / "a.mkv", ABOUT)
    assert len(list(VideoFile(tmp_path / "a.mkv"))) == 2
    record(balls([0.0]), tmp_path / "a.mkv", ABOUT, overwrite=True)
    assert len(list(VideoFile(tmp_path / "a.mkv"))) == 1


def test_a_source_without_frames_leaves_nothing_and_spares_the_old(tmp_path, balls):
    record(balls([0.0, 0.1]), tmp_path / "old.mkv", ABOUT)
    for name in ("old.mkv", "new.mkv"):
        with pytest.raises(VideoError, match="no frame"):
            record(balls([]), tmp_path / name, ABOUT, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.mkv", "old.recording.json"]
    assert len(list(VideoFile(tmp_path / "old.mkv"))) == 2


@pytest.mark.parametrize("failure", [CameraError("it stopped"), KeyboardInterrupt()])
def test_what_came_before_a_failure_is_kept(tmp_path, balls, failure):
    def failing():
        yield from balls([0.0, 0.1, 0.2])
        raise failure

    with pytest.raises(type(failure)):
        record(failing(), tmp_path / "a.mkv", ABOUT)
    assert len(list(VideoFile(tmp_path / "a.mkv"))) == 3
    info = read_sidecar(tmp_path / "a.mkv")
    assert info is not None
    assert info.timing is not None
    assert info.timing.frames == 3


def test_bad_targets_are_refused_before_the_countdown(tmp_path):
    def untouched():
        pytest.fail("the camera was started")
        yield

    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"\.mkv"):
        record(untouched(), tmp_path / "a.mp4", ABOUT)
    with pytest.raises(OutputError, match="is not a folder"):
        record(untouched(), tmp_path / "file" / "a.mkv", ABOUT)


def test_a_video_without_sidecar(tmp_path):
    assert read_sidecar(tmp_path / "a.mp4") is None


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda content: "{", "does not describe"),
        (lambda content: "[]", "schema_version"),
        (lambda content: {**content, "schema_version": 99}, '"schema_version": 1'),
        (lambda content: {key: content[key] for key in content if key != "movement"}, "'movement' is missing"),
        (lambda content: {**content, "moment": "later"}, 'got "later"'),
        (lambda content: {**content, "started_at": "yesterday"}, "yesterday"),
        (lambda content: {**content, "size": [3]}, "does not describe"),
        (lambda content: {**content, "timing": {"frames": 3}}, "missing"),
    ],
)
def test_a_damaged_sidecar_is_told(tmp_path, damage, words):
    path = write_sidecar(tmp_path / "a.mkv", ABOUT)
    damaged = damage(json.loads(path.read_text(encoding="utf-8")))
    path.write_text(damaged if isinstance(damaged, str) else json.dumps(damaged), encoding="utf-8")
    with pytest.raises(VideoError, match=r"a\.recording\.json") as caught:
        read_sidecar(tmp_path / "a.mkv")
    assert words in str(caught.value)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(UsageError) as caught:
        RecordingInfo("Ann", "", "middle", "during")
    for words in ("movement", '"middle"', '"during"'):
        assert words in str(caught.value)


def test_a_single_frame_has_no_rate():
    assert FrameTiming.of(np.array([0.0])) == FrameTiming(1, 0.0, None, None, 0)


def test_names_with_dots():
    assert sidecar_path("ann.2024.mkv").name == "ann.2024.recording.json"
