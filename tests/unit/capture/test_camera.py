from __future__ import annotations

from itertools import islice

import cv2
import numpy as np
import pytest

from rom_tracker.capture import Camera, CameraName, RecordingInfo, VideoFile, record
from rom_tracker.capture import camera as camera_module
from rom_tracker.errors import CameraError


@pytest.fixture
def video_as_device(data):
    """OpenCV plays a file in the place of the device: a camera that stops after 20 frames."""
    return lambda index: cv2.VideoCapture(str(data / "variable-rate.mp4"), cv2.CAP_FFMPEG)


@pytest.fixture
def two_cameras(tmp_path, monkeypatch):
    nodes = {"video0": ("0", "HD Webcam"), "video1": ("1", "HD Webcam"), "video10": ("0", "USB Camera (left)")}
    for node, (index, name) in nodes.items():
        (tmp_path / node).mkdir()
        (tmp_path / node / "index").write_text(index + "\n")
        (tmp_path / node / "name").write_text(name + "\n")
    monkeypatch.setattr(camera_module, "_LINUX_CAMERAS", tmp_path)
    monkeypatch.setattr(camera_module.sys, "platform", "linux")


def test_frames_carry_measured_times(video_as_device):
    frames = list(islice(Camera(open_device=video_as_device), 10))
    assert [frame.index for frame in frames] == list(range(10))
    times_s = [frame.time_s for frame in frames]
    assert times_s[0] == 0
    assert np.all(np.diff(times_s) > 0)
    assert frames[0].image.shape == (64, 96, 3)


def test_a_camera_that_stops_is_told(video_as_device):
    with pytest.raises(CameraError, match="stopped giving frames after 20"):
        list(Camera(open_device=video_as_device))


def test_a_camera_that_stops_leaves_its_recording(video_as_device, tmp_path):
    about = RecordingInfo("Ann", "shoulder_flexion", "left", "before")
    with pytest.raises(CameraError, match="stopped"):
        record(Camera(open_device=video_as_device), tmp_path / "a.mkv", about)
    assert len(list(VideoFile(tmp_path / "a.mkv"))) == 20


def test_a_missing_camera():
    with pytest.raises(CameraError, match="camera 63 cannot be opened"):
        next(iter(Camera(63)))


def test_a_camera_that_gives_nothing(data):
    def exhausted(index):
        capture = cv2.VideoCapture(str(data / "rotated.mp4"), cv2.CAP_FFMPEG)
        while capture.grab():
            pass
        return capture

    with pytest.raises(CameraError, match="gives no frames"):
        next(iter(Camera(open_device=exhausted)))


@pytest.mark.usefixtures("two_cameras")
class TestNames:
    def test_data_nodes_are_no_cameras(self):
        assert camera_module.list_cameras() == [CameraName(0, "HD Webcam"), CameraName(10, "USB Camera (left)")]

    @pytest.mark.parametrize(("device", "index"), [(3, 3), ("3", 3), ("hd web", 0), ("USB", 10)])
    def test_number_or_name(self, device, index):
        assert Camera(device).index == index

    @pytest.mark.parametrize(("device", "words"), [("Sony", "no camera fits"), ("cam", "more than one camera fits")])
    def test_a_name_must_fit_one_camera(self, device, words):
        with pytest.raises(CameraError, match=words) as caught:
            Camera(device)
        assert "10: USB Camera (left)" in str(caught.value)
