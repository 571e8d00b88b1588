"""Pictures and videos for the pages, and the recordings that pages and phones send piece by piece."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import pydantic
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from matplotlib.figure import Figure

from rom_tracker.app import recordings
from rom_tracker.app.arrivals import LARGEST_PIECE
from rom_tracker.app.live_routes import serve_live
from rom_tracker.app.room import Room
from rom_tracker.app.words import Measure, capital
from rom_tracker.errors import RomTrackerError, StoreError, UsageError
from rom_tracker.i18n import translator
from rom_tracker.movements import load_catalogue
from rom_tracker.store.encrypted_file import EncryptedReader

#: Paths that take pieces, which limit themselves.
PIECES = re.compile(r"/recordings/[0-9a-f]{32}/pieces/\d{1,6}")

#: A part of a video that is sent at once, in bytes.
_PART = 256 * 1024


class Beginning(pydantic.BaseModel):
    """What a page says of a recording that it is going to send."""

    model_config = pydantic.ConfigDict(extra="forbid")

    session: str = pydantic.Field(max_length=40)
    measure: str = pydantic.Field(max_length=100)
    moment: str = pydantic.Field(max_length=10)
    kind: str = pydantic.Field(default="", max_length=100)
    camera: str = pydantic.Field(default="", max_length=300)
    client_at: tuple[float, float] | None = None
    setup: dict[str, float] | None = None


class Ending(pydantic.BaseModel):
    """What a page says of a recording that it has sent."""

    name: str = pydantic.Field(default="", max_length=300)


def trouble(error: RomTrackerError) -> JSONResponse:
    """What went wrong, for a script."""
    return JSONResponse({"error": capital(str(error))}, status_code=400)


def register_arrivals(app: FastAPI, room: Room, refused: Callable[[Beginning], Response | None] = lambda about: None) -> None:
    """The paths by which recordings come in; a phone's page has them too, and may refuse some."""

    @app.post("/recordings")
    async def begin(about: Beginning) -> Response:
        if (answer := refused(about)) is not None:
            return answer
        setup: dict[str, Any] = {key: value for key, value in (about.setup or {}).items() if key in _SETUP}
        if about.client_at is not None and all(0 <= value < 1 for value in about.client_at):
            setup["client_at"] = list(about.client_at)
        try:
            found = await asyncio.to_thread(
                room.arrivals.begin, room.store, about.session, Measure.read(about.measure), recordings.moment_of(about.moment),
                kind=about.kind, camera=about.camera, setup=setup,
            )  # fmt: skip
        except RomTrackerError as error:
            return trouble(error)
        return JSONResponse({"id": found.id})

    @app.post("/recordings/{recording_id}/pieces/{piece}")
    async def append(request: Request, recording_id: str, piece: int) -> Response:
        data = bytearray()
        async for part in request.stream():
            data += part
            if len(data) > LARGEST_PIECE:
                return trouble(UsageError(f"A piece of a recording is too large: expected at most {LARGEST_PIECE // 2**20} MB."))
        try:
            await asyncio.to_thread(room.arrivals.append, recording_id, piece, bytes(data))
        except RomTrackerError as error:
            return trouble(error)
        return JSONResponse({})

    @app.post("/recordings/{recording_id}/give-up")
    async def give_up(recording_id: str) -> Response:
        try:
            await asyncio.to_thread(room.arrivals.drop, room.store, recording_id)
        except RomTrackerError as error:
            return trouble(error)
        return JSONResponse({})

    @app.post("/recordings/{recording_id}/finish")
    async def finish(recording_id: str, about: Ending) -> Response:
        def do() -> str:
            room.arrivals.finish(recording_id)
            recording = room.store.recordings.get(recording_id)
            recordings.check_readable(room.store, recording, _bare(about.name))
            recordings.measure_later(room, recording_id)
            if recording.moment == "after":
                return f"/results/{recording.session_id}/{recording.movement}-{recording.side}"
            return f"/sessions/{recording.session_id}"

        try:
            return JSONResponse({"next": await asyncio.to_thread(do)})
        except RomTrackerError as error:
            return trouble(error)


_SETUP = frozenset({"trunk", "x", "y", "yaw_deg"})


def register(app: FastAPI, room: Room) -> None:
    """The paths of everything that is not a page or a form."""
    register_arrivals(app, room)

    @app.websocket("/live/{session_id}/{measure_key}/{moment}")
    async def live(socket: WebSocket, session_id: str, measure_key: str, moment: str) -> None:
        try:
            record, measure = room.store.sessions.get(session_id), Measure.read(measure_key)
            earlier = recordings.earlier_recording(room.store, record, measure, recordings.moment_of(moment))
        except RomTrackerError:
            await socket.close(1008)
            return
        translate = room.look(socket)._
        await serve_live(socket, measure.movement.key, measure.side, translate, recordings.setup_kept(earlier))

    @app.get("/pictures/{name}.svg")
    async def picture(name: str) -> Response:
        known = load_catalogue().movements
        found = resources.files("rom_tracker.movements").joinpath("pictures", f"{name}.svg") if name in known else None
        if found is None or not found.is_file():
            return Response(_BLANK, media_type="image/svg+xml")
        return Response(found.read_bytes(), media_type="image/svg+xml", headers={"cache-control": "private, max-age=86400"})

    @app.get("/recordings/{recording_id}/ghost.jpg")
    async def ghost(recording_id: str) -> Response:
        try:
            recording = room.store.recordings.get(recording_id)
            return Response(await asyncio.to_thread(recordings.first_picture, room.store, recording), media_type="image/jpeg")
        except RomTrackerError:
            return Response(status_code=404)

    @app.get("/recordings/{recording_id}/video")
    async def video(request: Request, recording_id: str) -> Response:
        try:
            recording = room.store.recordings.get(recording_id)
            reader = room.store.recordings.open_video(recording_id)
        except StoreError:
            return Response(status_code=404)
        except RomTrackerError:
            return Response(status_code=404)
        return _ranged(request, reader, recording.media_type or "application/octet-stream")

    @app.get("/overlays/{measurement_id}.webm")
    async def overlay(measurement_id: str) -> Response:
        try:
            path = recordings.overlay_path(room.scratch, measurement_id)
        except UsageError:
            return Response(status_code=404)
        return FileResponse(path, media_type="video/webm") if path.is_file() else Response(status_code=404)

    @app.get("/charts/{comparison_id}.png")
    async def chart(comparison_id: str, lang: str = "en") -> Response:
        try:
            return Response(await asyncio.to_thread(_comparison_png, room, comparison_id, lang), media_type="image/png")
        except RomTrackerError:
            return Response(status_code=404)

    @app.get("/charts/of/{measurement_id}.png")
    async def chart_of(measurement_id: str, lang: str = "en") -> Response:
        try:
            return Response(await asyncio.to_thread(_measurement_png, room, measurement_id, lang), media_type="image/png")
        except RomTrackerError:
            return Response(status_code=404)


def _comparison_png(room: Room, comparison_id: str, language: str) -> bytes:
    from rom_tracker.charts import comparison_chart

    def draw() -> Figure:
        # The page says the result in its own language.
        return comparison_chart(room.store.measurements.comparison(comparison_id), translator(language), headline=False)

    return room.chart(("comparison", comparison_id, language), draw)


def _measurement_png(room: Room, measurement_id: str, language: str) -> bytes:
    from rom_tracker.charts import angle_chart

    def draw() -> Figure:
        return angle_chart(room.store.measurements.rom(measurement_id), translator(language), headline=False)

    return room.chart(("angle", measurement_id, language), draw)


def _ranged(request: Request, reader: EncryptedReader, media_type: str) -> Response:
    """The part of a video that the browser asks for, decrypted on the way."""
    first, last = 0, reader.size - 1
    asked = re.fullmatch(r"bytes=(\d{1,15})-(\d{0,15})", request.headers.get("range", ""))
    if asked is not None:
        first = int(asked[1])
        last = min(int(asked[2]), last) if asked[2] else last
        if first > last:
            reader.close()
            return Response(status_code=416, headers={"content-range": f"bytes */{reader.size}"})

    def parts() -> Iterator[bytes]:
        with reader:
            reader.seek(first)
            left = last - first + 1
            while left > 0 and (data := reader.read(min(_PART, left))):
                left -= len(data)
                yield data

    headers = {"accept-ranges": "bytes", "content-length": str(max(last - first + 1, 0))}
    if asked is not None:
        headers["content-range"] = f"bytes {first}-{last}/{reader.size}"
    return StreamingResponse(parts(), status_code=206 if asked is not None else 200, media_type=media_type, headers=headers)


def _bare(name: str) -> str:
    """A file's name as it may be shown again."""
    return re.split(r"[\\/]", name)[-1][:120]


_BLANK = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"/>'
