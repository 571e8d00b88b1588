"""A tiny world: three models of four parts, which lie in a wheel and a tarball of a few hundred bytes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from rom_tracker.errors import ModelFileError, UsageError
from rom_tracker.pose import bundles, model_table, models, packages

PARTS = {"detector": b"finds", "body": b"a body" * 50, "shape": b"a shape", "mesh": b"a mesh"}
RECIPES = {
    "pose_full": {"detector.tflite": ("detector", bytes), "body.tflite": ("body", bytes)},
    "face": {"detector.tflite": ("detector", bytes), "mesh.tflite": ("mesh", bytes)},
    # As the real pose models: its second part alone is in the tarball, its first lies in another bundle as well.
    "pose_lite": {"detector.tflite": ("detector", bytes), "shape.tflite": ("shape", bytes)},
}
WHEEL_NAME = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"


INSTALL_AT_ONCE = """
import os, sys, time
from dataclasses import replace
from pathlib import Path
from rom_tracker.pose import models, packages

folder, size_bytes = Path(sys.argv[1]), int(sys.argv[2])
source = folder / "hand.task"
models.MODELS["hand"] = replace(models.MODELS["hand"], sha256=packages.sha256_of(source), size_bytes=size_bytes)
(folder / f"ready-{os.getpid()}").touch()
while not (folder / "start").exists():
    time.sleep(0.001)
assert [model.key for model in models.install_models(source)] == ["hand"]
assert models.find_model("hand")
"""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def wheel_bytes(files: dict[str, bytes]) -> bytes:
    info = "mediapipe-0.10.21.dist-info"
    metadata = {
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.21\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n",
        f"{info}/RECORD": b"",
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as wheel:
        for name, data in {**files, **metadata}.items():
            wheel.writestr(zipfile.ZipInfo(name), data)
    return content.getvalue()


def tarball_bytes(packed: dict[str, bytes]) -> bytes:
    """An npm package with its files packed into one, as the real one has them."""
    listing, data = [], b""
    for name, content in packed.items():
        listing.append({"filename": f"/assets/{name}", "start": len(data), "end": len(data) + len(content)})
        data += content
    script = "loadPackage(" + json.dumps({"files": listing, "remote_package_size": len(data)}) + ");"
    files = {"package/x_packed_assets.data": data, "package/x_packed_assets_loader.js": script.encode()}
    result = io.BytesIO()
    with tarfile.open(fileobj=result, mode="w:gz") as tarball:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tarball.addfile(member, io.BytesIO(content))
    return result.getvalue()


@dataclass(frozen=True)
class World:
    folder: Path
    wheel: Path
    tarball: Path
    bundle: dict[str, bytes]

    def kept(self) -> list[str]:
        return sorted(path.name for path in models.models_folder().glob("*")) if models.models_folder().exists() else []


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("ROM_TRACKER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(bundles, "PART_SHA256", {name: sha256(part) for name, part in PARTS.items()})
    monkeypatch.setattr(bundles, "RECIPES", RECIPES)
    bundle = {key: bundles.build_bundle(key, PARTS) for key in RECIPES}
    table = {key: replace(model_table.MODELS[key], sha256=sha256(bundle[key]), size_bytes=len(bundle[key])) for key in RECIPES}
    monkeypatch.setattr(models, "MODELS", table)

    files = tmp_path / "files"
    files.mkdir()
    wheel, tarball = files / WHEEL_NAME, files / packages.HOLISTIC_TARBALL.file_name
    wheel.write_bytes(wheel_bytes({"m/detector.tflite": PARTS["detector"], "m/body.tflite": PARTS["body"]}))
    tarball.write_bytes(
        tarball_bytes({"handedness.txt": b"Left Right", "shape.tflite": PARTS["shape"], "mesh.tflite": PARTS["mesh"]})
    )
    pinned = [
        replace(package, sha256=packages.sha256_of(path), size_bytes=path.stat().st_size, parts=frozenset(parts.split()))
        for package, path, parts in [
            (packages.MEDIAPIPE_WHEEL, wheel, "detector body"),
            (packages.HOLISTIC_TARBALL, tarball, "shape mesh"),
        ]
    ]
    monkeypatch.setattr(packages, "PACKAGES", tuple(pinned))
    return World(files, wheel, tarball, bundle)


@pytest.fixture
def pip_looks_only_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """The real pip, with a folder of files for its only source."""

    def set_up(folder: Path) -> None:
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(folder))

    return set_up


class TestTable:
    def test_every_model_has_a_recipe_of_pinned_parts(self) -> None:
        assert set(model_table.MODELS) == set(bundles.RECIPES)
        for key in model_table.MODELS:
            assert bundles.parts_needed(key) <= set(bundles.PART_SHA256)

    def test_every_part_is_in_exactly_one_package(self) -> None:
        parts = [part for package in packages.PACKAGES for part in package.parts]
        assert sorted(parts) == sorted(bundles.PART_SHA256)

    @pytest.mark.parametrize("key", [models.DEFAULT_MODEL, "hand", "face"])
    def test_what_measurements_use_unless_told_otherwise_needs_only_pip(self, key: str) -> None:
        assert [package.tool for package in model_table.packages_of(key)] == ["pip"]
        assert models.DEFAULT_MODEL == "pose_full"
        assert model_table.MODELS["pose_full"].source == "mediapipe==0.10.21 (pip)"

    def test_an_unknown_key_names_the_known_ones(self) -> None:
        with pytest.raises(UsageError, match=r"pose_full, pose_lite.*'pose_ful'"):
            models.find_model("pose_ful")


class TestFind:
    def test_missing_then_ready(self, world: World) -> None:
        assert models.find_model("pose_full") is None
        models.install_models(world.wheel)
        path = models.find_model("pose_full")
        assert path == models.models_folder() / "pose_landmarker_full.task"
        assert path.read_bytes() == world.bundle["pose_full"]

    @pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: b"x" + content[1:], lambda _: b""])
    def test_a_damaged_file_is_not_used(self, world: World, damage: Callable[[bytes], bytes]) -> None:
        models.install_models(world.wheel)
        path = models.models_folder() / "pose_landmarker_full.task"
        path.write_bytes(damage(path.read_bytes()))
        assert models.find_model("pose_full") is None
        states = {state.model.key: state.state for state in models.model_states()}
        assert states == {"pose_full": "damaged", "face": "missing", "pose_lite": "missing"}

    def test_looking_for_a_model_loads_no_heavy_library(self, tmp_path: Path) -> None:
        look = "import sys; from rom_tracker.pose import models; models.model_states(); print(sorted(sys.modules))"
        environment = {**os.environ, "PYTHONPATH": str(Path(models.__file__).parents[2])}
        loaded = subprocess.run([sys.executable, "-c", look], env=environment, check=True, capture_output=True, text=True)
        for name in ("mediapipe", "numpy", "flatbuffers", "pip"):
            assert f"'{name}'" not in loaded.stdout

    def test_a_ready_model_starts_no_program(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        models.install_models(world.wheel)
        monkeypatch.setattr(subprocess, "Popen", None)
        assert models.ensure_model("pose_full").is_file()


class TestInstall:
    def test_from_a_model_file_of_any_name(self, world: World, tmp_path: Path) -> None:
        file = tmp_path / "renamed.bin"
        file.write_bytes(world.bundle["face"])
        assert [model.key for model in models.install_models(file)] == ["face"]
        assert world.kept() == ["face_landmarker.task"]

    def test_from_the_wheel(self, world: World) -> None:
        assert [model.key for model in models.install_models(world.wheel)] == ["pose_full"]

    def test_from_a_folder_with_everything(self, world: World) -> None:
        (world.folder / "holiday.txt").write_text("not a model")
        assert {model.key for model in models.install_models(world.folder)} == {"pose_full", "face", "pose_lite"}
        assert all(state.state == "ready" for state in models.model_states())

    def test_a_second_time_changes_nothing(self, world: World) -> None:
        models.install_models(world.folder)
        before = {path: path.stat().st_mtime_ns for path in models.models_folder().iterdir()}
        assert {model.key for model in models.install_models(world.folder)} == {"pose_full", "face", "pose_lite"}
        assert {path: path.stat().st_mtime_ns for path in models.models_folder().iterdir()} == before

    def test_the_tarball_is_enough_where_another_bundle_has_the_other_part(self, world: World) -> None:
        models.install_models(world.wheel)
        assert {model.key for model in models.install_models(world.tarball)} == {"face", "pose_lite"}

    def test_the_tarball_alone_makes_nothing_and_says_what_is_needed(self, world: World) -> None:
        with pytest.raises(ModelFileError, match=rf"Needed besides: {WHEEL_NAME} \(`pip download .*`\)"):
            models.install_models(world.tarball)
        assert world.kept() == []

    def test_a_wrong_file_is_named_and_leaves_nothing(self, world: World, tmp_path: Path) -> None:
        file = tmp_path / "pose_landmarker_full.task"
        file.write_bytes(b"of another release")
        with pytest.raises(ModelFileError, match=rf"got others: {file.name} has 18 bytes, sha256 [0-9a-f]{{64}}"):
            models.install_models(file)
        assert world.kept() == []

    def test_a_folder_with_one_damaged_file_installs_nothing(self, world: World) -> None:
        world.tarball.write_bytes(world.tarball.read_bytes()[:-1])
        with pytest.raises(ModelFileError, match=world.tarball.name):
            models.install_models(world.folder)
        assert world.kept() == []

    def test_a_folder_without_models(self, world: World, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(ModelFileError, match=r"at least one of pose_landmarker_full\.task, .*none of them is there"):
            models.install_models(tmp_path / "empty")

    def test_no_such_file(self, world: World, tmp_path: Path) -> None:
        with pytest.raises(ModelFileError, match=r"there is no .*nowhere"):
            models.install_models(tmp_path / "nowhere")

    def test_a_bundle_that_is_laid_out_differently_is_refused(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bundles, "build_bundle", lambda key, parts: b"other bytes")
        with pytest.raises(ModelFileError, match=r"flatbuffers \S+ lays the file out differently"):
            models.install_models(world.wheel)
        assert world.kept() == []


class TestPuttingInPlace:
    def test_a_failed_write_leaves_the_old_file_and_no_copy(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        models.models_folder().mkdir(parents=True)
        path = models.models_folder() / "pose_landmarker_full.task"
        path.write_bytes(b"old")

        def full_disk(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full_disk)
        with pytest.raises(ModelFileError, match=r"No space left on device\. Make room .*ROM_TRACKER_CACHE"):
            models.install_models(world.wheel)
        assert path.read_bytes() == b"old"
        assert world.kept() == [path.name]

    def test_a_file_in_use_is_fine_when_it_is_right(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse_as_windows_does(source: Path, target: Path) -> None:
            target.write_bytes(source.read_bytes())  # the other process was quicker
            raise PermissionError(13, "Access is denied")

        monkeypatch.setattr(os, "replace", refuse_as_windows_does)
        models.install_models(world.wheel)
        assert world.kept() == ["pose_landmarker_full.task"]

    def test_a_folder_that_cannot_be_made(self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setenv("ROM_TRACKER_CACHE", str(tmp_path / "file"))
        with pytest.raises(ModelFileError, match=r"could not be written to .*file.*ROM_TRACKER_CACHE"):
            models.install_models(world.wheel)

    def test_stale_copies_go_and_fresh_ones_stay(self, world: World) -> None:
        models.models_folder().mkdir(parents=True)
        stale, fresh = (models.models_folder() / f".part-{name}.task" for name in ("old", "new"))
        for part in (stale, fresh):
            part.write_bytes(b"half")
        two_days_ago = time.time() - 2 * 24 * 3600
        os.utime(stale, (two_days_ago, two_days_ago))
        models.install_models(world.wheel)
        assert world.kept() == [fresh.name, "pose_landmarker_full.task"]

    def test_processes_at_once_put_one_whole_file(self, tmp_path: Path) -> None:
        """Four processes install a model of 64 MB at the same moment, while this one looks what is there."""
        size_bytes = 64 << 20
        (tmp_path / "hand.task").write_bytes(bytes(size_bytes))
        environment = {
            **os.environ,
            "ROM_TRACKER_CACHE": str(tmp_path / "cache"),
            "PYTHONPATH": str(Path(models.__file__).parents[2]),
        }
        command = [sys.executable, "-W", "error", "-c", INSTALL_AT_ONCE, str(tmp_path), str(size_bytes)]
        running = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(4)]
        while len(list(tmp_path.glob("ready-*"))) < len(running):
            assert all(process.poll() is None for process in running)
            time.sleep(0.01)
        (tmp_path / "start").touch()
        target = tmp_path / "cache" / "models" / "hand_landmarker.task"
        seen = set()
        while any(process.poll() is None for process in running):
            if target.exists():
                seen.add(target.stat().st_size)
        assert [(process.communicate()[1], process.returncode) for process in running] == [(b"", 0)] * 4
        assert seen <= {size_bytes}
        assert [path.name for path in target.parent.iterdir()] == [target.name]


class TestFetch:
    def test_through_pip_with_progress(self, world: World, pip_looks_only_in: Callable[[Path], None]) -> None:
        pip_looks_only_in(world.folder)
        told: list[tuple[str, int, int | None]] = []
        path = models.ensure_model("pose_full", lambda *step: told.append(step))
        assert path.read_bytes() == world.bundle["pose_full"]
        assert world.kept() == [path.name]
        size_bytes = world.wheel.stat().st_size
        assert told[0] == ("mediapipe==0.10.21", 0, size_bytes)
        assert told[-1] == ("mediapipe==0.10.21", size_bytes, size_bytes)

    def test_a_damaged_file_is_replaced(self, world: World, pip_looks_only_in: Callable[[Path], None]) -> None:
        pip_looks_only_in(world.folder)
        models.models_folder().mkdir(parents=True)
        (models.models_folder() / "pose_landmarker_full.task").write_bytes(world.bundle["pose_full"][:-9])
        assert models.ensure_model("pose_full").read_bytes() == world.bundle["pose_full"]

    def test_without_a_source_the_message_says_what_to_do(
        self, world: World, tmp_path: Path, pip_looks_only_in: Callable[[Path], None]
    ) -> None:
        pip_looks_only_in(tmp_path)
        with pytest.raises(ModelFileError) as failure:
            models.ensure_model("pose_full")
        message = str(failure.value)
        assert "Expected pose_landmarker_full.task in" in message
        assert "pip says: No matching distribution found for mediapipe==0.10.21" in message
        assert "Connect this computer to the network once and run `rom-tracker models --fetch`" in message
        assert "pip download --no-deps --only-binary=:all: --platform manylinux_2_28_x86_64" in message
        assert f"rom-tracker models --from {WHEEL_NAME}" in message
        assert world.kept() == []

    def test_a_changed_file_is_refused(self, world: World, pip_looks_only_in: Callable[[Path], None]) -> None:
        world.wheel.write_bytes(wheel_bytes({"m/body.tflite": b"another model"}))
        pip_looks_only_in(world.folder)
        with pytest.raises(ModelFileError, match=rf"{WHEEL_NAME} with sha256 [0-9a-f]{{64}}; a file with another sha256"):
            models.ensure_model("pose_full")
        assert world.kept() == []

    def test_pip_missing(self, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        bare = tmp_path / "python"
        bare.write_text(f"#!/bin/sh\necho '{bare}: No module named pip' >&2\nexit 1\n")
        bare.chmod(0o755)
        if os.name == "nt":
            pytest.skip("the stand-in for a Python without pip is a shell script")
        monkeypatch.setattr(sys, "executable", str(bare))
        with pytest.raises(ModelFileError, match=rf"`{bare} -m ensurepip`, or `uv pip install pip`"):
            models.ensure_model("pose_full")

    def test_python_cannot_be_run(self, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
        with pytest.raises(ModelFileError, match="pip could not be run"):
            models.ensure_model("pose_full")

    def test_npm_missing_says_so_and_keeps_what_pip_gave(
        self,
        world: World,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        pip_looks_only_in: Callable[[Path], None],
    ) -> None:
        pip_looks_only_in(world.folder)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(ModelFileError) as failure:
            models.fetch_models(["pose_full", "face"])
        message = str(failure.value)
        assert message.startswith("Expected face_landmarker.task in")
        assert "through npm, which is not on this computer, and pip could not bring it" in message
        assert 'npm pack "@mediapipe/holistic@0.5.1675471629"' in message
        assert world.kept() == ["pose_landmarker_full.task"]

    def test_an_interrupted_fetch_leaves_nothing(self, world: World, pip_looks_only_in: Callable[[Path], None]) -> None:
        pip_looks_only_in(world.folder)

        def interrupt(what: str, done: int, total: int | None) -> None:
            if done:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            models.ensure_model("pose_full", interrupt)
        assert world.kept() == []


class TestWorkingModel:
    @pytest.fixture(autouse=True)
    def made(self, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
        """What is made of a pose model, told by its bytes; the models that it was made of."""
        made_of: list[Path] = []

        def working_bundle(bundle: Path) -> bytes:
            made_of.append(bundle)
            return b"landmarks of " + bundle.read_bytes()

        monkeypatch.setattr(bundles, "working_bundle", working_bundle)
        return made_of

    @pytest.fixture
    def installed(self, world: World) -> World:
        models.install_models(world.folder)
        return world

    def test_that_of_a_pose_model_is_made_once_and_kept_beside_it(self, installed: World, made: list[Path]) -> None:
        path = models.ensure_working_model("pose_full")
        assert path.read_bytes() == b"landmarks of " + installed.bundle["pose_full"]
        assert models.ensure_working_model("pose_full") == path
        assert made == [models.find_model("pose_full")]
        assert models.ensure_working_model("pose_lite") != path

    def test_one_that_an_earlier_release_made_gives_way(
        self, installed: World, made: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        earlier = models.ensure_working_model("pose_full")
        monkeypatch.setattr(bundles, "WORKING_FORM", bundles.WORKING_FORM + 1)
        lite = models.ensure_working_model("pose_lite")
        now = models.ensure_working_model("pose_full")
        assert {*now.parent.iterdir()} == {lite, now}
        assert earlier not in (lite, now)

    def test_one_that_was_altered_is_made_anew(self, installed: World, made: list[Path]) -> None:
        path = models.ensure_working_model("pose_full")
        path.write_bytes(b"altered")
        again = models.ensure_working_model("pose_full")
        assert again.read_bytes() == b"landmarks of " + installed.bundle["pose_full"]
        assert len(made) == 2

    def test_other_models_are_used_as_they_are(self, installed: World, made: list[Path]) -> None:
        assert models.ensure_working_model("face") == models.find_model("face")
        assert made == []

    def test_where_it_cannot_be_written_the_model_itself_is_used(self, installed: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(path: Path, **options: bool) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(models, "placed_whole", full)
        assert models.ensure_working_model("pose_full") == models.find_model("pose_full")
