"""The lenses of the cameras: which are known, and how to get to know one."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response
from nicegui import ui

from rom_tracker.app.parts import card, link, notice, tag
from rom_tracker.app.room import Room
from rom_tracker.errors import CalibrationError
from rom_tracker.i18n import N_

_SHEETS = ("board", "card")

_WHAT_FOR = N_(
    "A lens bends the picture; with a wide one, a joint near the edge reads some 5 degrees wrong. Once the lens is measured, "
    "recordings of that camera are put right by themselves."
)


def register(room: Room) -> None:
    """Give the page its path."""

    @ui.page("/calibration")
    def calibration(request: Request) -> None:
        from rom_tracker.capture.lens import LensProfile, kept_profiles

        _ = room.look(request)._
        with room.page(request, _("Calibration"), at="/calibration"):
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
            with card(_("How to measure a lens")), tag("ol"):
                with tag("li"):
                    tag("span", _("Print the board at 100 % and glue it to something flat: "))
                    link(_("Board (PDF)"), "/calibration/board.pdf", target="_blank")
                tag("li", _("In a terminal: rom-tracker calibrate lens --camera 0, and move the board about as it says."))
                with tag("li"):
                    tag("span", _("To test a camera's angles afterwards, print the card: "))
                    link(_("Card (PDF)"), "/calibration/card.pdf", target="_blank")


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
