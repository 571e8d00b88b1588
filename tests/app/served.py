"""The app without its gate, asked in this process as a browser would."""

from __future__ import annotations

import asyncio
import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from rom_tracker.analysis.comparison import compare
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.app.room import Room
from rom_tracker.store import Recording, Store

CLIP = Path(__file__).parents[2] / "sample_videos" / "elbow_flexion_pre.mp4"


@dataclass(frozen=True)
class Served:
    """The app, and the room it stands in."""

    app: FastAPI
    room: Room

    @property
    def store(self) -> Store:
        """The records of its clients; each test makes its own in it."""
        return self.room.store

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask it once; it does not follow to other pages."""

        async def asked() -> httpx.Response:
            through = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with (
                self.app.router.lifespan_context(self.app),
                httpx.AsyncClient(transport=through, base_url="http://127.0.0.1") as client,
            ):
                return await client.request(method, path, **more)

        return asyncio.run(asked())

    def page(self, path: str) -> str:
        """What stands on a page, and how it is made."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)


def measured_session(store: Store, found: RomMeasurement, camera: str = "webcam") -> tuple[str, Recording, Recording]:
    """A session of a new client, in which the left elbow was measured, and the recordings before and after."""
    client = store.clients.add("Ann Example")
    for what in ("records", "video"):
        store.clients.consent(client.id, what)
    session = store.sessions.start(client.id, setup={"measures": ["elbow_flexion-left"]})
    before, after = (
        store.recordings.add(session.id, "elbow_flexion", "left", moment, media_type="video/mp4", camera=camera)
        for moment in ("before", "after")
    )
    kept = []
    for one in (before, after):
        store.recordings.take_video(one.id, CLIP)
        kept.append(store.measurements.keep(one.id, found).id)
    store.measurements.keep_comparison(kept[0], kept[1], compare(found, found))
    return session.id, store.recordings.get(before.id), store.recordings.get(after.id)
