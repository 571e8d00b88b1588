from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from rom_tracker.capture import Part, TimedVideoWriter, VideoFile
from rom_tracker.errors import UsageError, VideoError

KEPT_FRAMES = [n for n in range(30) if n % 7 != 3 and not 10 <= n <= 16]


def write_opencv(path: Path, fps: float, frames: int, ball, size=(160, 90), codec="MJPG") -> Path:
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*codec), fps, size)
    for index in range(frames):
        writer.write(ball(index, size))
    writer.release()
    return path


def write_webm(path: Path, times_s: list[float], ball, size=(160, 90)) -> Path:
    with TimedVideoWriter(path, size) as writer:
        for index, time_s in enumerate(times_s):
            writer.write(ball(index, size), time_s)
    return path


def cut(source: Path, target: Path, share: float) -> Path:
    content = source.read_bytes()
    target.write_bytes(content[: int(len(content) * share)])
    return target


def test_times_come_from_the_file_with_b_frames_and_a_varying_rate(data):
    frames = list(VideoFile(data / "variable-rate.mp4"))
    assert [frame.index for frame in frames] == list(range(20))
    np.testing.assert_allclose([frame.time_s for frame in frames], np.array(KEPT_FRAMES) / 30, atol=1e-4)


def test_a_video_can_be_read_again_and_again(data):
    video = VideoFile(data / "variable-rate.mp4")
    first, second = list(video), list(video)
    assert len(first) == len(second) == 20
    np.testing.assert_array_equal(first[7].image, second[7].image)


def test_a_part_has_the_frames_within_it_at_the_times_of_the_whole(tmp_path, ball):
    path = write_webm(tmp_path / "v.webm", np.arange(90) / 30, ball)
    whole, part = VideoFile(path), VideoFile(path, Part(0.99, 2.51))
    expected = [frame for frame in whole if 1 <= frame.time_s <= 2.5]
    assert [frame.time_s for frame in part] == [frame.time_s for frame in expected]
    np.testing.assert_array_equal(next(iter(part)).image, expected[0].image)
    assert part.size == whole.size
    assert part.expected_duration_s == pytest.approx(1.52)
    assert part.content_hash() != whole.content_hash() != VideoFile(path, Part(0.99, 2.52)).content_hash()


@pytest.mark.parametrize(("from_s", "to_s"), [(0, 3.2), (2, 9), (7, 9)])
def test_a_part_that_the_recording_ends_before_is_told(tmp_path, ball, from_s, to_s):
    path = write_webm(tmp_path / "v.webm", np.arange(90) / 30, ball)
    with pytest.raises(UsageError, match=f"3.0 s long, got {from_s}.0 to {to_s:.1f} s"):
        list(VideoFile(path, Part(from_s, to_s)))


def test_a_part_without_a_picture_is_told(tmp_path, ball):
    path = write_webm(tmp_path / "v.webm", [0.0, 0.1, 5.0, 5.1], ball)
    with pytest.raises(VideoError, match=r"no picture from 2\.0 to 4\.0 s"):
        list(VideoFile(path, Part(2, 4)))


@pytest.mark.parametrize(("from_s", "to_s"), [(3, 2), (1, 1.9), (-1, 4), (np.nan, 4), (1, np.nan), (1, np.inf)])
def test_what_is_no_part_is_refused(from_s, to_s):
    with pytest.raises(UsageError, match="a part of 1 s or more"):
        Part(from_s, to_s)


def test_phone_video_comes_out_upright(data):
    video = VideoFile(data / "rotated.mp4")
    image = next(iter(video)).image
    assert video.size == (64, 96)
    assert image.shape == (96, 64, 3)
    blue, red = image[10, 32], image[-5, 32]
    assert blue[0] > 200 > 60 > blue[2]
    assert red[2] > 200 > 60 > red[0]


def test_ten_bit_video_becomes_eight_bit(data):
    frames = list(VideoFile(data / "hevc-10bit.mp4"))
    assert len(frames) == 15
    assert frames[0].image.shape == (64, 96, 3)
    assert frames[0].image.dtype == np.uint8
    assert frames[0].image.max() > 200


@pytest.mark.parametrize(("fps", "frames"), [(5, 6), (240, 48)])
def test_slow_and_fast_cameras(tmp_path, ball, fps, frames):
    video = VideoFile(write_opencv(tmp_path / "v.avi", fps, frames, ball))
    np.testing.assert_allclose([frame.time_s for frame in video], np.arange(frames) / fps, atol=1e-6)


def test_odd_sizes_and_portrait(tmp_path, ball):
    video = VideoFile(write_webm(tmp_path / "v.webm", [0, 0.1], ball, size=(91, 161)))
    assert video.size == (91, 161)
    assert next(iter(video)).image.shape == (161, 91, 3)


def test_a_header_that_claims_1000_fps_is_not_believed(tmp_path, ball):
    video = VideoFile(write_opencv(tmp_path / "v.webm", 1000, 12, ball, codec="VP80"))
    assert video.expected_frames is None
    assert len(list(video)) == 12


def test_header_hints(tmp_path, ball):
    video = VideoFile(write_opencv(tmp_path / "v.avi", 10, 12, ball))
    assert video.expected_frames == 12
    assert video.expected_duration_s == pytest.approx(1.2)


def test_one_frame(tmp_path, ball):
    video = VideoFile(write_webm(tmp_path / "v.webm", [0.0], ball))
    frames = list(video)
    assert [(frame.index, frame.time_s) for frame in frames] == [(0, 0.0)]
    assert video.last_read is not None
    assert video.last_read.frames == 1


def test_frames_whose_time_does_not_increase_are_left_out_and_counted(tmp_path, ball):
    path = write_webm(tmp_path / "v.webm", [0.0, 0.1, 0.2, 0.3], ball)
    tick_of = {time_s: b"\xe7\x82" + int(time_s * 1e5).to_bytes(2, "big") for time_s in (0.1, 0.2)}
    path.write_bytes(path.read_bytes().replace(tick_of[0.2], tick_of[0.1]))
    video = VideoFile(path)
    frames = list(video)
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [frame.time_s for frame in frames] == pytest.approx([0.0, 0.1, 0.3])
    assert video.last_read is not None
    assert video.last_read.frames_without_own_time == 1


def test_content_hash_is_that_of_the_bytes(data, tmp_path):
    copy = tmp_path / "other-name.mp4"
    copy.write_bytes((data / "rotated.mp4").read_bytes())
    assert VideoFile(copy).content_hash() == hashlib.sha256(copy.read_bytes()).hexdigest()


def test_a_name_that_looks_like_a_protocol(tmp_path, data, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("http:clip %d.mp4").write_bytes((data / "rotated.mp4").read_bytes())
    assert len(list(VideoFile("http:clip %d.mp4"))) == 12


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf_8_is_told(tmp_path, data):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller.mp4"))
    path.write_bytes((data / "index-first.mp4").read_bytes())
    with pytest.raises(VideoError, match=r"M\\udcfcller\.mp4.* rename it"):
        VideoFile(path)


class TestBadFiles:
    def test_no_file(self, tmp_path):
        with pytest.raises(UsageError, match="there is no file"):
            VideoFile(tmp_path / "none.mp4")

    def test_a_folder(self, tmp_path):
        with pytest.raises(UsageError, match="is a folder"):
            VideoFile(tmp_path)

    def test_an_empty_file(self, tmp_path):
        (tmp_path / "v.mp4").touch()
        with pytest.raises(VideoError, match="is empty"):
            VideoFile(tmp_path / "v.mp4")

    @pytest.mark.parametrize("text", ["Notizen über Anna\n", "#EXTM3U\nhttps://example.org/a.ts\n"])
    def test_text_called_mp4(self, tmp_path, text):
        (tmp_path / "v.mp4").write_text(text, encoding="utf-8")
        with pytest.raises(VideoError, match="holds text"):
            VideoFile(tmp_path / "v.mp4")

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
    def test_a_picture_whatever_its_name(self, tmp_path, suffix):
        written, picture = cv2.imencode(suffix, np.zeros((48, 64, 3), dtype=np.uint8))
        assert written
        (tmp_path / "v.mp4").write_bytes(picture.tobytes())
        with pytest.raises(VideoError, match="is a single picture; choose the recording itself"):
            VideoFile(tmp_path / "v.mp4")

    def test_noise(self, tmp_path):
        (tmp_path / "v.mp4").write_bytes(np.random.default_rng(1).bytes(5000))
        with pytest.raises(VideoError, match="not one that can be read"):
            list(VideoFile(tmp_path / "v.mp4"))

    def test_sound_only(self, data):
        with pytest.raises(VideoError, match="sound and no pictures"):
            list(VideoFile(data / "sound-only.m4a"))

    def test_mp4_cut_before_its_index(self, data, tmp_path):
        with pytest.raises(VideoError, match="moov"):
            list(VideoFile(cut(data / "variable-rate.mp4", tmp_path / "v.mp4", 0.7)))

    def test_mp4_cut_before_its_first_frame(self, data, tmp_path):
        with pytest.raises(VideoError, match="before the first whole frame"):
            list(VideoFile(cut(data / "index-first.mp4", tmp_path / "v.mp4", 0.3)))

    def test_mp4_cut_after_its_index_is_read_as_far_as_it_goes(self, data, tmp_path):
        video = VideoFile(cut(data / "index-first.mp4", tmp_path / "v.mp4", 0.8))
        whole_s = [frame.time_s for frame in VideoFile(data / "index-first.mp4")]
        times_s = [frame.time_s for frame in video]
        assert 5 < len(times_s) < len(whole_s)
        assert set(times_s) < set(whole_s)
        assert video.ended_early
        assert video.last_read is not None
        assert video.last_read.ended_early

    @pytest.mark.parametrize("name", ["v.webm", "v.avi"])
    def test_cut_webm_and_avi_are_read_as_far_as_they_go(self, tmp_path, ball, name):
        codec = "VP80" if name.endswith("webm") else "MJPG"
        whole = write_opencv(tmp_path / f"whole-{name}", 30, 60, ball, codec=codec)
        video = VideoFile(cut(whole, tmp_path / name, 0.6))
        assert 10 < len(list(video)) < 60
        assert video.ended_early

    def test_frames_after_damage_in_the_middle_are_found(self, data, tmp_path):
        content = bytearray((data / "index-first.mp4").read_bytes())
        middle = len(content) * 6 // 10
        content[middle : middle + 300] = bytes(300)
        (tmp_path / "v.mp4").write_bytes(content)
        video = VideoFile(tmp_path / "v.mp4")
        times_s = [frame.time_s for frame in video]
        assert times_s[-1] == pytest.approx(29 / 30, abs=0.1)
        assert np.all(np.diff(times_s) > 0)
        assert not video.ended_early

    @pytest.mark.parametrize("name", ["index-first.mp4", "variable-rate.mp4"])
    def test_whole_files_did_not_end_early(self, data, name):
        assert not VideoFile(data / name).ended_early

    def test_the_terminal_stays_clean(self, data, tmp_path):
        paths = [cut(data / f"{name}.mp4", tmp_path / f"{name}.mp4", 0.7) for name in ("index-first", "variable-rate")]
        code = (
            "import sys; from rom_tracker.capture import VideoFile; from rom_tracker.errors import VideoError\n"
            "for path in sys.argv[1:]:\n"
            "    try: list(VideoFile(path))\n"
            "    except VideoError: pass\n"
        )
        done = subprocess.run([sys.executable, "-c", code, *map(str, paths)], capture_output=True, check=True)
        assert (done.stdout, done.stderr) == (b"", b"")


def test_importing_the_package_imports_no_opencv():
    code = "import sys, rom_tracker.capture; sys.exit('cv2' in sys.modules or 'numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("from_s", "to_s", "words"), [(0.4, 1.4, "0.4 to 1.4 s"), (1.1, 2.1, "1.1 to 2.1 s"), (0.0, 1.25, "0.0 to 1.25 s")]
)
def test_a_part_of_just_a_second_is_one_whatever_the_rounding(from_s, to_s, words):
    assert str(Part(from_s, to_s)) == words


def test_a_part_that_is_a_little_too_short_is_told_with_its_seconds():
    with pytest.raises(UsageError, match=r"got 2\.0 to 2\.96 s"):
        Part(2.0, 2.96)
