"""How long the app's pages take to open, charts and all, with ten clients of eight sessions each.

Run it from the repository's folder: ``python tests/benchmarks/room_pages.py``. It needs the system's Chromium. The records are made
with the store's own functions from the sample clips that come in pairs: every session holds two real measurements and their
comparison. A page counts as open once its heading and every picture on it are there. It prints a table and judges nothing.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from opened import CLIPS, PASSPHRASE, Seen, Server, browser, come_in
from playwright.sync_api import Page, sync_playwright

from rom_tracker.analysis.comparison import Comparison, compare
from rom_tracker.analysis.measuring import measure
from rom_tracker.store import Store

CLIENTS, SESSIONS = 10, 8

#: Opened is what is in the window; pictures further down are loaded when they are scrolled to, unless they are charts.
OPEN = """() => document.querySelector('h1') && document.querySelectorAll('main *').length > 3
          && [...document.querySelectorAll('img:not([loading=lazy])')].every((image) => image.complete && image.naturalWidth)"""


@dataclass(frozen=True)
class Pair:
    """Two sample clips of one movement, and their comparison."""

    before: Path
    after: Path
    comparison: Comparison


def pairs() -> Iterator[Pair]:
    clips = tomllib.loads((CLIPS / "manifest.toml").read_text(encoding="utf-8"))["clip"]
    for name in dict.fromkeys(clip["pair"] for clip in clips if "pair" in clip):
        before, after = (
            next(clip for clip in clips if clip.get("pair") == name and clip["moment"] == moment) for moment in ("before", "after")
        )
        found = [measure(CLIPS / clip["file"], clip["movement"], clip["side"]) for clip in (before, after)]
        yield Pair(CLIPS / before["file"], CLIPS / after["file"], compare(*found))


def fill(store: Store, known: list[Pair]) -> None:
    today = datetime.now(UTC)
    for number in range(CLIENTS):
        client = store.clients.add(f"Client {number + 1}", birth_year=1950 + 5 * number, sex="female" if number % 2 else "male")
        store.clients.consent(client.id, "records")
        store.clients.consent(client.id, "video")
        pair = known[number % len(known)]
        movement, side = pair.comparison.before.movement.key, pair.comparison.before.side
        for week in range(SESSIONS):
            held_at = today - timedelta(weeks=SESSIONS - week)
            session = store.sessions.start(client.id, held_at=held_at, setup={"measures": [f"{movement}-{side}"]})
            kept = []
            for moment, clip, found in (
                ("before", pair.before, pair.comparison.before),
                ("after", pair.after, pair.comparison.after),
            ):
                recording = store.recordings.add(session.id, movement, side, moment, recorded_at=held_at, media_type="video/mp4")
                store.recordings.take_video(recording.id, clip)
                kept.append(store.measurements.keep(recording.id, found).id)
            store.measurements.keep_comparison(*kept, pair.comparison)


def paths(store: Store) -> dict[str, list[str]]:
    """Of each kind of page some paths, of different clients."""
    found: dict[str, list[str]] = {"clients": ["/"] * 4}
    for one in store.clients.list()[:4]:
        sessions = store.sessions.of(one.client.id)
        latest = sessions[-1]
        (compared,) = latest.current_comparisons()
        key = f"{compared.movement}-{compared.side}"
        for kind, path in (
            ("a client, progress", f"/clients/{one.client.id}"),
            ("what to measure", f"/clients/{one.client.id}/measure"),
            ("a session", f"/sessions/{latest.session.id}"),
            ("a result", f"/results/{latest.session.id}/{key}"),
            ("live, set-up", f"/live/{latest.session.id}/{key}/after"),
        ):
            found.setdefault(kind, []).append(path)
    return found | {name: [f"/{name}"] * 4 for name in ("protocols", "settings", "calibration")}


def opened_s(page: Page, address: str) -> float:
    began_s = time.perf_counter()
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_function(OPEN, polling=10)
    return time.perf_counter() - began_s


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        with Store.create(server.data / "records", passphrase=PASSPHRASE) as store:
            known = list(pairs())
            began_s = time.perf_counter()
            fill(store, known)
            print(f"{CLIENTS} clients of {SESSIONS} sessions kept in {time.perf_counter() - began_s:.1f} s")
            wanted = paths(store)
        server.start()
        try:
            with sync_playwright() as playwright, browser(playwright, Seen()) as context:
                page = come_in(context, server)
                print(f"{'page':<20}{'first time':>12}{'worst':>8}{'again':>8}   seconds, median of {len(wanted['clients'])}")
                for kind, some in wanted.items():
                    first = [opened_s(page, server.origin + path) for path in some]
                    again = [opened_s(page, server.origin + path) for path in some]
                    print(f"{kind:<20}{statistics.median(first):>12.2f}{max(first):>8.2f}{statistics.median(again):>8.2f}")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
