"""The live view's socket: a picture in, an answer out, a model's process behind it for as long as the page is open."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import struct
from collections.abc import Callable
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from rom_tracker.app.live import PoseProcess, as_message
from rom_tracker.app.live_checks import SetUp
from rom_tracker.i18n import Translator
from rom_tracker.landmarks import Side

#: Largest picture of the live view in bytes; the page sends 640 pixels across.
LARGEST_PICTURE = 1_500_000

#: So many live views at once; each has a model in memory.
MOST_VIEWS = 4

_PHASES = ("set-up", "warm-up", "recording")

_open_views = itertools.count()
_open: set[int] = set()


async def serve_live(socket: WebSocket, movement: str, side: Side, _: Translator, then: SetUp | None) -> None:
    """Answer a page's pictures until it closes.

    Parameters
    ----------
    socket : WebSocket
        Not accepted yet.
    movement, side
        What is going to be recorded.
    _ : Translator
        The page's language.
    then : SetUp or None
        How the client stood before, to be found again.
    """
    await socket.accept()
    if len(_open) >= MOST_VIEWS:
        await socket.send_json({"error": _("Too many live views are open. Close another window of rom_tracker.")})
        await socket.close()
        return
    view = next(_open_views)
    _open.add(view)
    process: PoseProcess | None = None
    try:
        process = await asyncio.to_thread(PoseProcess, movement, side)
        ready = asyncio.create_task(asyncio.to_thread(process.wait))
        if not await _stays_open(socket, process, ready):
            process.stop()
        trouble = await ready
        # A page that was closed meanwhile is not told anything any more.
        with contextlib.suppress(WebSocketDisconnect, EOFError, OSError, RuntimeError):
            await socket.send_json({"ready": True} if trouble is None else {"error": trouble})
            if trouble is None:
                await _answer(socket, process, lambda found: as_message(found, _, then))
    finally:
        _open.discard(view)
        if process is not None:
            await asyncio.to_thread(process.close)


async def _stays_open(socket: WebSocket, process: PoseProcess, ready: asyncio.Task[str | None]) -> bool:
    """Wait until the model is ready, and pass on meanwhile what the page says; False as soon as the page is closed."""
    while not ready.done():
        heard = asyncio.create_task(socket.receive())
        await asyncio.wait({ready, heard}, return_when=asyncio.FIRST_COMPLETED)
        if not heard.done():
            heard.cancel()
            await asyncio.wait({heard})
        elif heard.result()["type"] == "websocket.disconnect":
            return False
        else:
            _pass_on(process, heard.result().get("text") or "")
    return True


async def _answer(socket: WebSocket, process: PoseProcess, told: Callable[[Any], dict[str, Any]]) -> None:
    last_s = -1.0
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("bytes"):
            picture: bytes = message["bytes"]
            if not 8 < len(picture) <= LARGEST_PICTURE:
                continue
            (taken_s,) = struct.unpack(">d", picture[:8])
            if not last_s < taken_s < last_s + 3600 and last_s >= 0:
                taken_s = last_s + 0.001
            last_s = taken_s
            await socket.send_json(told(await asyncio.to_thread(process.look, picture[8:], taken_s)))
        else:
            await asyncio.to_thread(_pass_on, process, message.get("text") or "")


def _pass_on(process: PoseProcess, text: str) -> None:
    """A phase that begins, or where the client is; anything else is not heard."""
    try:
        words = json.loads(text)
        if words.get("begin") in _PHASES:
            process.tell("begin", words["begin"])
        elif "client" in words:
            x, y = (float(value) for value in words["client"])
            if 0 <= x <= 1 and 0 <= y <= 1:
                process.tell("client", x, y)
    except (ValueError, TypeError, AttributeError, OSError):  # Nor is it where the process has gone.
        return
