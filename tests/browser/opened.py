"""A real server and the system's Chromium, whose camera is a file."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright

from rom_tracker.app.server import running_address
from rom_tracker.store import Store

ROOT = Path(__file__).parents[2]
CLIPS = ROOT / "sample_videos"
PASSPHRASE = "correct horse battery"

#: How long anything may take in milliseconds; a laptop with nothing else to do needs a tenth of it.
PATIENCE_MS = int(os.environ.get("ROM_TRACKER_TEST_PATIENCE_S", "120")) * 1000

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
)  # fmt: skip


def _chromium() -> str | None:
    """The system's, or one that Playwright has fetched. A snap sees neither our files nor our temporary folders."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if (found := shutil.which(name)) and "snap" not in Path(found).resolve().parts and b"/snap/" not in _beginning(found):
            return found
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    return next((str(path) for path in sorted(folder.glob("chromium-*/chrome-linux*/chrome"))), None)


def _beginning(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(10_000)


CHROMIUM = _chromium()


@dataclass
class Server:
    """The app in a process of its own, on records of its own."""

    data: Path
    process: subprocess.Popen[str] | None = None
    origin: str = ""
    door: str = ""

    def start(self) -> None:
        """Start it, and wait until it says its address."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {**os.environ, "ROM_TRACKER_DATA": str(self.data), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
        # Compiled once, as on anybody's computer; every process of the app loads the same modules.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "rom_tracker", "app", "--no-show", "--port", str(port)]
        with (self.data / "log").open("a") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        said = ""
        while "key=" not in said:
            line = self.process.stdout.readline()
            assert line, f"the server did not start: {(self.data / 'log').read_text()}"
            said += line.strip()
        self.door = re.findall(r"http://\S+", said)[0]
        self.origin = self.door.split("/open")[0]
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it, as Ctrl-C does."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE_MS / 1000)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    def new_door(self) -> str:
        """An address that opens another browser: what a second `rom-tracker app` asks the running one for."""
        found = running_address(self.data / "records")
        assert found is not None
        return found

    def log(self) -> str:
        """What it said on its error output."""
        return (self.data / "log").read_text()

    def records(self) -> Store:
        """Its records, seen from a program beside it."""
        return Store.open(self.data / "records", passphrase=PASSPHRASE)


@dataclass
class Seen:
    """What a browser asked for and complained of."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def browser(playwright: Playwright, seen: Seen, camera: Path | None = None, **options: object) -> Iterator[BrowserContext]:
    """A browser whose camera shows a file, and what it asks for."""
    flags = [*_FLAGS, *([f"--use-file-for-fake-video-capture={camera}"] if camera else [])]
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=flags, timeout=PATIENCE_MS)
    context = launched.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **options})  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    context.on("request", lambda request: seen.requests.append(request.url))
    context.on("weberror", lambda error: seen.complaints.append(str(error.error)))
    context.on("console", lambda message: seen.complaints.append(message.text) if message.type == "error" else None)
    try:
        yield context
    finally:
        launched.close()


def picture(page: Page, name: str, *, whole: bool = True, when: str = "true") -> None:
    """Keep a picture of the page, for people to look at, in the folder that ROM_TRACKER_TEST_PICTURES names, if any.

    ``when`` is what the page has to say yes to first.
    """
    folder = os.environ.get("ROM_TRACKER_TEST_PICTURES")
    if folder:
        page.wait_for_function(when, polling=50)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)


def come_in(context: BrowserContext, server: Server) -> Page:
    """A window that is let in, with the records open."""
    page = context.new_page()
    page.goto(server.new_door())
    page.wait_for_url(lambda url: "/open" not in url)
    page.wait_for_selector("h1")
    if page.url.endswith("/unlock"):
        page.fill("#field-passphrase", PASSPHRASE)
        page.click("text=Open")
        page.wait_for_url(lambda url: "/unlock" not in url)
        page.wait_for_selector("h1")
    return page


def session_of(server: Server, name: str) -> str:
    """A new session of a new client, in which the left elbow is going to be bent."""
    with server.records() as store:
        client = store.clients.add(name)
        for what in ("records", "video"):
            store.clients.consent(client.id, what)
        return store.sessions.start(client.id, setup={"measures": ["elbow_flexion-left"]}).id
