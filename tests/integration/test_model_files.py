"""The real packages, fetched by the real pip and npm, and the real bundles made of them."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rom_tracker.errors import ModelFileError
from rom_tracker.pose import models, packages

WHEEL_BUNDLES = ["face_landmarker.task", "hand_landmarker.task", "pose_landmarker_full.task"]
ENSURE_HAND = "from rom_tracker.pose.models import ensure_model; print(ensure_model('hand'))"


@functools.cache
def answers(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not answers(sys.executable, "-m", "pip", "index", "versions", "mediapipe", "--retries", "0"):
        pytest.skip("pip reaches no package index")
    return packages.fetch_package(packages.MEDIAPIPE_WHEEL, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    if not answers(npm, "view", packages.HOLISTIC_TARBALL.requirement, "version", "--fetch-retries", "0"):
        pytest.skip("npm reaches no registry")
    return packages.fetch_package(packages.HOLISTIC_TARBALL, tmp_path_factory.mktemp("tarball"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ROM_TRACKER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


@pytest.mark.network
def test_the_wheel_gives_the_pinned_bundles(wheel: Path, cache: Path) -> None:
    assert [model.key for model in models.install_models(wheel)] == ["pose_full", "hand", "face"]
    assert sorted(path.name for path in cache.iterdir()) == WHEEL_BUNDLES


@pytest.mark.network
@pytest.mark.slow
def test_both_packages_give_every_pinned_bundle(wheel: Path, tarball: Path, cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    shutil.copy(wheel, folder)
    shutil.copy(tarball, folder)
    assert {model.key for model in models.install_models(folder)} == set(models.MODELS)
    assert [state.state for state in models.model_states()] == ["ready"] * len(models.MODELS)


@pytest.mark.network
@pytest.mark.slow
def test_the_tarball_is_enough_after_the_wheel(wheel: Path, tarball: Path, cache: Path) -> None:
    models.install_models(wheel)
    assert [model.key for model in models.install_models(tarball)] == ["pose_full", "pose_lite", "pose_heavy"]


@pytest.mark.network
@pytest.mark.slow
def test_two_processes_fetch_at_once(wheel: Path, cache: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(models.__file__).parents[2])}
    command = [sys.executable, "-W", "error", "-c", ENSURE_HAND]
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    results = [(*process.communicate(timeout=300), process.returncode) for process in running]
    assert results == [(f"{cache / 'hand_landmarker.task'}\n", "", 0)] * 2
    assert sorted(path.name for path in cache.iterdir()) == WHEEL_BUNDLES


@pytest.mark.slow
def test_pip_without_a_connection(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9")
    with pytest.raises(ModelFileError, match="there is no connection to where it is kept"):
        models.ensure_model("pose_full")
    assert list(cache.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_without_a_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    with pytest.raises(ModelFileError, match=r"there is no connection to where it is kept \(npm says: .*reason: "):
        packages.fetch_package(packages.HOLISTIC_TARBALL, tmp_path)
