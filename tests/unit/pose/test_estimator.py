from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from rom_tracker.capture import Frame
from rom_tracker.pose import cache, estimator, mediapipe
from rom_tracker.pose.estimator import FrameLandmarks, estimate_poses, poses_of
from rom_tracker.pose.gaze import Looks
from rom_tracker.pose.region import ClientPlace, Region
from rom_tracker.pose.sequence import PosePasses


class FakeVideo:
    """Frames of one colour each, made when they are asked for."""

    size = (64, 48)
    begins_s = 0.0
    expected_duration_s: float | None = 2.0

    def __init__(self, times_s: list[float], content: str = "content") -> None:
        self.times_s, self.content = times_s, content

    def __iter__(self):
        for index, time_s in enumerate(self.times_s):
            yield Frame(index, time_s, np.full((48, 64, 3), index % 256, dtype=np.uint8))

    def glimpses(self):
        return (FakeGlimpse(frame) for frame in self)

    def content_hash(self) -> str:
        return self.content


class FakeGlimpse:
    failed = False

    def __init__(self, frame: Frame) -> None:
        self.index, self.time_s, self._frame = frame.index, frame.time_s, frame

    def frame(self) -> Frame:
        return self._frame


class FakeEstimator:
    """Finds landmarks that tell the frame and the look; nobody in the frames it is told to miss."""

    name = "fake 1"

    def __init__(self, missing: tuple[int, ...] = (), error_at: int | None = None) -> None:
        self.missing, self.error_at = missing, error_at
        self.entered = self.left = 0

    def __enter__(self):
        self.entered += 1
        return self

    def __exit__(self, *exc):
        self.left += 1

    def look(self, frame, looks=Looks.BOTH):
        assert self.entered > self.left
        if frame.index == self.error_at:
            raise RuntimeError("the model broke")
        n = float(frame.index)
        seen = FrameLandmarks(np.full((33, 2), n), np.full((33, 3), n / 10), np.full(33, 0.5))
        found = {
            Looks.AS_FILMED: FrameLandmarks.nobody() if frame.index in self.missing else seen,
            Looks.MIRRORED: FrameLandmarks(seen.xy + 100, seen.world, seen.visibility),
        }
        return {look: found[look] for look in looks}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ROM_TRACKER_CACHE", str(tmp_path / "cache"))


def test_every_frame_of_both_looks_is_kept_in_its_place():
    fake = FakeEstimator(missing=(2,))
    times_s = [0.0, 0.04, 0.07, 0.2]
    passes = estimate_poses(FakeVideo(times_s), fake)
    np.testing.assert_array_equal(passes.time_s, times_s)
    assert passes.as_filmed.xy.shape == (4, 33, 2)
    assert passes.as_filmed.world.shape == (4, 33, 3)
    np.testing.assert_array_equal(passes.as_filmed.xy[:, 5, 1], [0, 1, np.nan, 3])
    np.testing.assert_array_equal(passes.mirrored.xy[:, 32, 0], [100, 101, 102, 103])
    np.testing.assert_allclose(passes.mirrored.world[3], 0.3)
    np.testing.assert_array_equal(passes.as_filmed.visibility[:, 0], [0.5, 0.5, 0, 0.5])
    np.testing.assert_array_equal(passes.as_filmed.person_found, [True, True, False, True])
    assert passes.person_found.all()
    assert {passes.as_filmed.xy.dtype, passes.as_filmed.visibility.dtype} == {np.dtype(np.float32)}
    assert (passes.as_filmed.image_size, passes.as_filmed.model) == ((64, 48), "fake 1")
    assert (fake.entered, fake.left) == (1, 1)


def test_progress_is_told_after_every_frame():
    told = []
    estimate_poses(FakeVideo([0.0, 0.5, 1.0]), FakeEstimator(), lambda *done: told.append(done))
    assert told == [(0.0, 2.0), (0.5, 2.0), (1.0, 2.0)]


def test_an_unknown_duration_is_told_as_such():
    video = FakeVideo([0.0])
    video.expected_duration_s = None
    told = []
    estimate_poses(video, FakeEstimator(), lambda *done: told.append(done))
    assert told == [(0.0, None)]


def test_the_model_is_closed_when_it_breaks():
    fake = FakeEstimator(error_at=1)
    with pytest.raises(RuntimeError, match="the model broke"):
        estimate_poses(FakeVideo([0.0, 0.1, 0.2]), fake)
    assert fake.left == 1


def test_a_long_recording_costs_little_memory_a_frame():
    frames = 3000
    tracemalloc.start()
    try:
        passes = estimate_poses(FakeVideo([i / 30 for i in range(frames)]), FakeEstimator())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(passes.time_s) == frames
    assert peak / frames < 4000, "two looks of 0.8 kB, and what a growing array takes; a picture has 9 kB"


def same(a: PosePasses, b: PosePasses) -> bool:
    return all(
        np.array_equal(getattr(x, name), getattr(y, name), equal_nan=True)
        for x, y in ((a.as_filmed, b.as_filmed), (a.mirrored, b.mirrored))
        for name in ("time_s", "xy", "world", "visibility")
    ) and (a.as_filmed.image_size, a.as_filmed.model) == (b.as_filmed.image_size, b.as_filmed.model)


@pytest.fixture
def passes() -> PosePasses:
    return estimate_poses(FakeVideo([0.0, 0.04, 0.07]), FakeEstimator(missing=(1,)))


def entries(tmp_path) -> list[str]:
    return sorted(p.name for p in tmp_path.rglob("*") if p.is_file())


def test_what_is_kept_comes_back_bit_for_bit(passes, tmp_path):
    key = cache.key("content", "fake 1")
    assert cache.load(key, PosePasses) is None
    cache.store(key, passes)
    assert same(cache.load(key, PosePasses), passes)
    assert entries(tmp_path) == [f"{key}.npz"]
    cache.store(key, passes)
    assert same(cache.load(key, PosePasses), passes)


def test_an_empty_recording_comes_back_empty():
    cache.store("empty", estimate_poses(FakeVideo([]), FakeEstimator()))
    assert len(cache.load("empty", PosePasses).time_s) == 0


def test_the_key_changes_with_content_model_and_version(monkeypatch):
    keys = {cache.key("a", "m"), cache.key("b", "m"), cache.key("a", "n")}
    monkeypatch.setattr(cache, "POSE_STAGE_VERSION", 999)
    assert len(keys | {cache.key("a", "m")}) == 4


def damage_by_cutting(content: bytes) -> bytes:
    return content[: len(content) // 2]


def damage_in_the_middle(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(b ^ 0xFF for b in content[middle : middle + 40]) + content[middle + 40 :]


@pytest.mark.parametrize(
    "damage",
    [
        damage_by_cutting,
        damage_in_the_middle,
        lambda _: b"",
        lambda _: b"not an archive",
        lambda c: c[:1] + c[2:],
        lambda c: c[30:],
    ],
    ids=["cut", "flipped", "empty", "text", "byte lost", "head lost"],
)
def test_a_damaged_entry_is_ignored_and_removed(passes, tmp_path, damage):
    cache.store("entry", passes)
    (path,) = (tmp_path / "cache").rglob("entry.npz")
    path.write_bytes(damage(path.read_bytes()))
    assert cache.load("entry", PosePasses) is None
    assert not path.exists()


@pytest.mark.parametrize("seed", range(60))
def test_an_entry_with_one_wrong_byte_is_right_or_refused(passes, tmp_path, seed):
    rng = np.random.default_rng(seed)
    cache.store("entry", passes)
    (path,) = (tmp_path / "cache").rglob("entry.npz")
    content = bytearray(path.read_bytes())
    content[rng.integers(len(content))] ^= int(rng.integers(1, 256))
    path.write_bytes(content)
    found = cache.load("entry", PosePasses)
    assert found is None or same(found, passes)


@pytest.mark.parametrize("wrong", [{"xy": 1}, {"image_size": 1}, None])
def test_an_entry_of_another_form_is_ignored(tmp_path, wrong):
    folder = tmp_path / "cache" / "poses"
    folder.mkdir(parents=True)
    if wrong is None:
        np.save(folder / "entry.npy", np.zeros(3))
        (folder / "entry.npy").rename(folder / "entry.npz")
    else:
        np.savez(folder / "entry.npz", **wrong)
    assert cache.load("entry", PosePasses) is None


def test_a_cache_that_cannot_be_written_is_harmless(passes, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ROM_TRACKER_CACHE", str(tmp_path / "file"))
    cache.store("entry", passes)
    assert cache.load("entry", PosePasses) is None
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_full_disk_leaves_no_half_entry(passes, tmp_path, monkeypatch):
    def full(*_args, **_arrays):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    cache.store("entry", passes)
    assert entries(tmp_path) == []


class TestPosesOf:
    @pytest.fixture(autouse=True)
    def fakes(self, monkeypatch):
        self.made: list[FakeEstimator] = []

        def make(model, client=None):
            self.made.append(FakeEstimator())
            self.made[-1].name, self.made[-1].client = f"fake {model}", client
            return self.made[-1]

        monkeypatch.setattr(mediapipe, "MediaPipeEstimator", make)

    def looked(self) -> int:
        return sum(fake.entered for fake in self.made)

    def test_the_second_look_at_a_recording_is_from_the_cache(self):
        first = poses_of(FakeVideo([0.0, 0.1]))
        assert same(poses_of(FakeVideo([0.0, 0.1])), first)
        assert self.looked() == 1

    @pytest.mark.parametrize("again", [{"video": FakeVideo([0.0, 0.1], "other")}, {"model": "lite"}])
    def test_another_content_or_model_is_looked_at_anew(self, again):
        poses_of(FakeVideo([0.0, 0.1]))
        poses_of(**{"video": FakeVideo([0.0, 0.1]), **again})
        assert self.looked() == 2

    def test_one_client_among_others_is_looked_at_anew_and_kept_beside_the_whole(self):
        here = ClientPlace(Region(10, 5, 40, 45), hips=(25.0, 25.0), trunk_px=12.0, reach_px=10.0)
        whole = poses_of(FakeVideo([0.0, 0.1]))
        poses_of(FakeVideo([0.0, 0.1]), client=here)
        assert (self.looked(), self.made[-1].client) == (2, here)
        poses_of(FakeVideo([0.0, 0.1]), client=here)
        assert same(poses_of(FakeVideo([0.0, 0.1])), whole)
        assert self.looked() == 2

    def test_a_broken_look_is_not_kept(self, monkeypatch):
        monkeypatch.setattr(FakeEstimator, "look", lambda self, frame, mirrored: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            poses_of(FakeVideo([0.0, 0.1]))
        monkeypatch.undo()
        assert cache.load(cache.key("content", "fake full"), PosePasses) is None


def test_the_seam_is_the_one_that_the_package_declares():
    declared = {name for name in vars(estimator.PoseEstimator) if not name.startswith("_")} | {"__enter__", "__exit__"}
    assert declared <= set(dir(FakeEstimator()))
    assert declared <= set(dir(mediapipe.MediaPipeEstimator)) | {"name"}
