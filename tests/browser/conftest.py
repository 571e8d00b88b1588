from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
            if CHROMIUM is None and "playwright" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason="no Chromium on this system (Debian: apt-get install chromium)"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One app for all tests; each makes its own clients in it."""
    with _running(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """An app that may be ended in the middle of something."""
    with _running(tmp_path) as found:
        yield found


@contextmanager
def _running(data: Path) -> Iterator[Server]:
    found = Server(data)
    with Store.create(found.data / "records", passphrase=PASSPHRASE) as store:
        # Few repetitions: the whole way is gone twice.
        store.set_preference("warm_up", 1)
        store.set_preference("scored", 2)
    found.start()
    try:
        yield found
    finally:
        found.stop()


# Not for the session: as long as it is open, its event loop runs, and other tests in this process could not run their own.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
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
