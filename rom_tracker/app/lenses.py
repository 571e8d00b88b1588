"""A camera's lens, measured from a video of the printed board: what the page sends, and what it is told."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from rom_tracker.app.measuring import Ask
from rom_tracker.app.room import Room
from rom_tracker.errors import CalibrationError
from rom_tracker.i18n import Translator

#: Where a video of the board is sent to; it limits itself.
PATH = "/calibration/lens"

#: Largest video of the board, in bytes.
LARGEST_VIDEO = 1 * 2**30


@dataclass(frozen=True)
class Shown:
    """How the board was shown where that was not enough, or the lens does not fit it.

    Attributes
    ----------
    seen : int
        Pictures in which the board was found.
    views : int
        Sharp and different ones.
    covered : float
        Share of the picture that they cover.
    tilted : bool
        Whether enough of them were tilted.
    """

    seen: int
    views: int
    covered: float
    tilted: bool

    def words(self, _: Translator) -> str:
        """What to do about it."""
        from rom_tracker.calibration.views import FEWEST_VIEWS, LEAST_COVERED

        if not self.seen:
            return _(
                "The board was not found. Show it flat, in good light, without glare, and large: a third of the picture or more."
            )
        if self.views < FEWEST_VIEWS:
            words = _("Only {n} sharp and different views of the board were found, {needed} are needed. Hold it still more often.")
            return words.format(n=self.views, needed=FEWEST_VIEWS)
        if self.covered < LEAST_COVERED:
            words = _("The board covered {share} of the picture, {needed} are needed. Show it at the edges and in the corners too.")
            return words.format(share=f"{100 * self.covered:.0f} %", needed=f"{100 * LEAST_COVERED:.0f} %")
        if not self.tilted:
            return _("The board was held square to the camera nearly all the time. Tilt it to all sides.")
        return _("The views of the board do not agree with each other. Is it glued to something flat? Try again.")


def register(app: FastAPI, room: Room) -> None:
    """Where a video of the board is sent, and asked about."""
    found: dict[str, Shown | None] = {}

    @app.post(PATH)
    async def take(request: Request, camera: str = "") -> Response:
        _ = room.look(request)._
        if not 0 < len(camera.strip()) <= 200:
            return _trouble(_("Choose the camera first."))
        key = secrets.token_hex(16)
        path = Path(room.scratch.name) / f"board-{key}.video"
        if not await _written(request, path):
            path.unlink(missing_ok=True)
            return _trouble(_("The video is too large; half a minute is enough."))

        def work(ask: Ask) -> None:
            try:
                found[key] = ask(lens_measured, path, camera.strip())
            finally:
                path.unlink(missing_ok=True)

        room.jobs.add(f"lens {key}", work)
        return JSONResponse({"job": key})

    @app.get(PATH + "/{key}")
    async def told(request: Request, key: str) -> Response:
        _ = room.look(request)._
        job = room.jobs.of(f"lens {key}")
        if job is None:
            return Response(status_code=404)
        if job.state == "failed":
            return _trouble(job.words)
        if job.state == "done" and (shown := found.get(key)) is not None:
            return _trouble(shown.words(_))
        return JSONResponse({"state": job.state, "share": job.share})


async def _written(request: Request, path: Path) -> bool:
    """Whether what is sent went into a file; not if it is too large."""
    size = 0
    with path.open("wb") as file:
        async for part in request.stream():
            size += len(part)
            if size > LARGEST_VIDEO:
                return False
            await asyncio.to_thread(file.write, part)
    return True


def _trouble(words: str) -> JSONResponse:
    return JSONResponse({"error": words}, status_code=400)


def lens_measured(video: Path, camera: str, progress: Any) -> Shown | None:
    """Measure the lens from a video of the board and keep it under the camera's label; how the board was shown where that fails.

    Raises
    ------
    VideoError
        It is no video.
    """
    from rom_tracker.calibration.solve import calibrate
    from rom_tracker.calibration.views import keep_views
    from rom_tracker.capture import VideoFile

    source = VideoFile(video)
    keeper = keep_views(source, on_look=lambda frame, offer, keeper: progress(frame.time_s, source.expected_duration_s))
    try:
        keeper.check()
    except CalibrationError:
        return Shown(keeper.seen, len(keeper.kept), keeper.coverage.share, tilted=False)
    try:
        calibrate(keeper.kept, camera, date.today()).lens.save()
    except CalibrationError:
        return Shown(keeper.seen, len(keeper.kept), keeper.coverage.share, tilted=True)
    return None
