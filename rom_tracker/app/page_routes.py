"""The client's page to print, the therapist's report, and the chart of the sessions."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import Response

from rom_tracker.app.progress import progress
from rom_tracker.app.room import Room
from rom_tracker.app.words import Measure
from rom_tracker.errors import RomTrackerError
from rom_tracker.i18n import LANGUAGES, translator


def register(app: FastAPI, room: Room) -> None:
    """Give them their paths."""

    @app.get("/clients/{client_id}/progress/{measure_key}.png")
    async def chart(client_id: str, measure_key: str, lang: str = "en") -> Response:
        try:
            drawn = await asyncio.to_thread(_progress_png, room, client_id, measure_key, _known(lang))
        except RomTrackerError:
            return Response(status_code=404)
        return Response(drawn, media_type="image/png")

    @app.get("/clients/{client_id}/page.pdf")
    async def page(client_id: str, lang: str = "en") -> Response:
        try:
            return await _pdf(room, client_id, None, _known(lang), full=False)
        except RomTrackerError as error:
            return Response(str(error), status_code=404, media_type="text/plain; charset=utf-8")

    @app.get("/sessions/{session_id}/{kind}.pdf")
    async def of_session(session_id: str, kind: str, lang: str = "en") -> Response:
        try:
            client_id = room.store.sessions.get(session_id).session.client_id
            return await _pdf(room, client_id, session_id, _known(lang), full=kind == "report")
        except RomTrackerError as error:
            return Response(str(error), status_code=404, media_type="text/plain; charset=utf-8")


def _known(language: str) -> str:
    return language if language in LANGUAGES else "en"


def _progress_png(room: Room, client_id: str, measure_key: str, language: str) -> bytes:
    from rom_tracker.charts import progress_chart

    found = progress(room.store.sessions.of(client_id), Measure.read(measure_key), room.store.clients.get(client_id))
    return room.chart(("progress", repr(found), language), lambda: progress_chart(found, translator(language)))


async def _pdf(room: Room, client_id: str, session_id: str | None, language: str, *, full: bool) -> Response:
    written = await asyncio.to_thread(_written, room, client_id, session_id, language, full)
    return Response(written, media_type="application/pdf", headers={"content-disposition": "inline; filename=rom_tracker.pdf"})


def _written(room: Room, client_id: str, session_id: str | None, language: str, full: bool) -> bytes:
    from rom_tracker.report import write_report
    from rom_tracker.report.from_store import report_of

    with tempfile.TemporaryDirectory(dir=room.scratch.name) as folder, room.drawing():
        path = Path(folder) / "page.pdf"
        write_report(report_of(room.store, client_id, session_id), path, language=language, full=full)
        return path.read_bytes()
