"""The lenses of the cameras: which are known, and how to get to know one."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response
from nicegui import ui

from rom_tracker.app.parts import card, choice, link, notice, tag
from rom_tracker.app.room import Room
from rom_tracker.errors import CalibrationError
from rom_tracker.i18n import N_, Translator

_SHEETS = ("board", "card")

_WHAT_FOR = N_(
    "A lens bends the picture; with a wide one, a joint near the edge reads some 5 degrees wrong. Once the lens is measured, "
    "recordings of that camera are put right by themselves."
)


_SHOW = N_(
    "Film the board for half a minute: large, in the middle, at all edges and in the corners of the picture, tilted to the left, "
    "to the right, up and down. Hold it still for a moment at each place."
)


def register(room: Room) -> None:
    """Give the page its path."""

    @ui.page("/calibration")
    def calibration(request: Request) -> None:
        from rom_tracker.capture.lens import LensProfile, kept_profiles

        _ = room.look(request)._
        with room.page(request, _("Calibration"), at="/calibration", scripts=("board.js",)):
            with card(_("What for")):
                tag("p", _(_WHAT_FOR))
            with card(_("Lenses that are known")):
                profiles = []
                for path in kept_profiles():
                    try:
                        profiles.append(LensProfile.load(path))
                    except CalibrationError as error:
                        notice(str(error), "caution")
                if not profiles:
                    tag("p", _("None yet. Measurements count without it; they say so where it matters."), classes="soft")
                with tag("ul", classes="people"):
                    for one in profiles:
                        words = _("{camera}: sees {degrees}° across, error {error} pixels, measured on {day}")
                        numbers = {"degrees": f"{one.field_deg:.0f}", "error": _.number(f"{one.error_px:.2f}")}
                        tag("li", words.format(camera=one.camera, day=_.day(one.made_on), **numbers))
            with card(_("How to measure a lens")):
                _how(_)


def _how(_: Translator) -> None:
    with tag("ol"):
        with tag("li"):
            tag("span", _("Print the board at 100 % and glue it to something flat, such as a clipboard: "))
            link(_("Board (PDF)"), "/calibration/board.pdf", target="_blank")
        tag("li", _("Put the camera where it will stand, and open it below."))
        tag("li", _(_SHOW))
        with tag("li"):
            tag("span", _("To test a camera's angles afterwards, print the card: "))
            link(_("Card (PDF)"), "/calibration/card.pdf", target="_blank")
    words = {
        "looking": _("Looking for the board ..."),
        "failed": _("It could not be sent."),
        "no_camera": _("The camera could not be opened. Try again."),
    }
    with tag("div", id="board", data_words=json.dumps(words)):
        with tag("p", id="board-closed"):
            tag("button", _("Open the camera"), type="button", id="board-camera", classes="main-action")
        with tag("div", id="board-open", hidden=True):
            choice(_("Camera"), "camera", [], key="lens-camera")
            with tag("div", classes="stage"):
                tag("video", id="board-picture", muted=True, playsinline=True, autoplay=True, aria_label=_("Picture of the camera"))
            with tag("p", classes="under"):
                tag("button", _("Film the board"), type="button", id="board-start", classes="main-action")
                tag("button", _("Done, measure the lens"), type="button", id="board-stop", hidden=True)
            with tag("details"):
                tag("summary", _("Use a video file that this camera has filmed"))
                tag("label", _("Video of the board"), for_="board-file")
                tag("input", type="file", id="board-file", accept="video/*,.mkv")
        tag("progress", max="1", hidden=True, id="board-bar", aria_label=_("Looking for the board ..."))
        tag("p", id="board-state", classes="upload-state", role="status")


def register_sheets(app: FastAPI) -> None:
    """The sheets to print."""

    @app.get("/calibration/{name}.pdf")
    async def sheet(name: str) -> Response:
        if name not in _SHEETS:
            return Response(status_code=404)
        return Response(await asyncio.to_thread(_sheet, name), media_type="application/pdf")


def _sheet(name: str) -> bytes:
    from rom_tracker.calibration.sheets import board_sheet, card_sheet, save_sheet

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.pdf"
        save_sheet(board_sheet("a4") if name == "board" else card_sheet("a4"), path)
        return path.read_bytes()
