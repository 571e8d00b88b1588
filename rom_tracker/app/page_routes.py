"""The client's page to print, and the chart of the sessions."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI
from fastapi.responses import Response

from rom_tracker.app.room import Room
from rom_tracker.app.words import Measure
from rom_tracker.errors import RomTrackerError
from rom_tracker.i18n import LANGUAGES, translator


def register(app: FastAPI, room: Room) -> None:
    """Give them their paths."""

    @app.get("/clients/{client_id}/progress/{measure_key}.png")
    async def progress(client_id: str, measure_key: str, lang: str = "en") -> Response:
        try:
            return Response(await asyncio.to_thread(_progress_png, room, client_id, measure_key, lang), media_type="image/png")
        except RomTrackerError:
            return Response(status_code=404)


def _progress_png(room: Room, client_id: str, measure_key: str, lang: str) -> bytes:
    from rom_tracker.app.progress import progress
    from rom_tracker.progress_chart import progress_chart

    found = progress(room.store.sessions.of(client_id), Measure.read(measure_key))
    return room.png(progress_chart(found, translator(lang if lang in LANGUAGES else "en")))
