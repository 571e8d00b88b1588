"""The live view's socket, with the model's process behind it."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import struct
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import cv2
from fastapi import WebSocket

from rom_tracker.app.live_routes import serve_live
from rom_tracker.capture import VideoFile
from rom_tracker.i18n import translator

CLIP = Path(__file__).parents[2] / "sample_videos" / "elbow_flexion_pre.mp4"


class Page:
    """The page at the other end of the socket."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.say({"type": "websocket.connect"})

    def say(self, message: dict[str, Any]) -> None:
        self.said.put_nowait(message)

    async def answer(self) -> Any:
        while (message := await self.heard.get())["type"] != "websocket.send":
            pass
        return json.loads(message["text"])

    async def serve(self) -> None:
        socket = WebSocket({"type": "websocket"}, self.said.get, self.heard.put)  # type: ignore[arg-type]
        await serve_live(socket, "elbow_flexion", "left", translator(), None)


def served(goes_on: Callable[[Page], Awaitable[None]]) -> float:
    """Open the page, let it go on, close it; how long that took, in seconds."""

    async def both() -> None:
        page = Page()
        serving = asyncio.create_task(page.serve())
        await goes_on(page)
        page.say({"type": "websocket.disconnect", "code": 1001})
        await serving

    began_s = time.monotonic()
    asyncio.run(both())
    assert not multiprocessing.active_children()
    return time.monotonic() - began_s


def test_what_a_page_says_before_the_model_is_there_is_heard() -> None:
    jpeg = cv2.imencode(".jpg", next(iter(VideoFile(CLIP))).image)[1].tobytes()

    async def goes_on(page: Page) -> None:
        page.say({"type": "websocket.receive", "text": json.dumps({"begin": "warm-up"})})
        assert await page.answer() == {"ready": True}
        page.say({"type": "websocket.receive", "bytes": struct.pack(">d", 1.0) + jpeg})
        assert (await page.answer())["phase"] == "warm-up"

    served(goes_on)


def test_a_page_that_is_closed_at_once_does_not_wait_for_the_model() -> None:
    async def until_ready(page: Page) -> None:
        assert await page.answer() == {"ready": True}

    async def not_at_all(page: Page) -> None:
        await asyncio.sleep(0)

    assert served(not_at_all) < 0.8 * served(until_ready)


def test_a_page_that_said_something_and_is_closed_at_once_leaves_nothing() -> None:
    async def says(page: Page) -> None:
        page.say({"type": "websocket.receive", "text": json.dumps({"begin": "warm-up"})})
        await asyncio.sleep(0.3)

    served(says)
