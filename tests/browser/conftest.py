from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest
from opened import CHROMIUM, CLIPS, PASSPHRASE, Seen, Server
from playwright.sync_api import Playwright, sync_playwright

from rom_tracker.capture import VideoFile
from rom_tracker.store import Store


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(tmp_path_factory.mktemp("data"))
    with Store.create(found.data / "records", passphrase=PASSPHRASE) as store:
        # Few repetitions: the whole way is gone twice.
        store.set_preference("warm_up", 1)
        store.set_preference("scored", 2)
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this system")
    with sync_playwright() as found:
        yield found


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture(scope="session")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes of a sample clip what Chromium takes for a camera: one JPEG after the other."""
    folder = tmp_path_factory.mktemp("cameras")

    def made(name: str) -> Path:
        path = folder / f"{name}.mjpeg"
        if not path.exists():
            quality = [cv2.IMWRITE_JPEG_QUALITY, 93]
            pictures = [cv2.imencode(".jpg", frame.image, quality)[1].tobytes() for frame in VideoFile(CLIPS / f"{name}.mp4")]
            path.write_bytes(b"".join(pictures))
        return path

    return made
