"""The records' lock: the first time a passphrase is chosen, later it is asked for."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from nicegui import ui
from starlette.datastructures import FormData

from rom_tracker.app.parts import button, card, field, form, hidden, tag
from rom_tracker.app.room import Room
from rom_tracker.app.words import capital
from rom_tracker.errors import RomTrackerError, UsageError
from rom_tracker.i18n import N_, Translator
from rom_tracker.store import Store

#: Tries of a passphrase before the app has to be started again.
MOST_TRIES = 20

_WHAT_FOR = N_(
    "Everything about your clients is encrypted on this computer. The passphrase opens it; write it down and keep it in a safe "
    "place, since nobody can open the records without it."
)


def register(room: Room) -> None:
    """Give the page its path."""

    @ui.page("/unlock")
    def unlock(request: Request) -> None:
        _ = room.look(request)._
        new = Store.lock_of(room.folder) is None
        with room.page(request, _("Welcome") if new else _("The records are locked")):
            if new:
                _choose(_)
            else:
                with card(), form("/unlock"):
                    field(_("Passphrase"), "passphrase", kind="password", required=True, autofocus=True)
                    button(_("Open"), classes="main-action")


def _choose(_: Translator) -> None:
    with card(_("Choose a passphrase")), form("/unlock"):
        tag("p", _(_WHAT_FOR))
        hint = _("12 characters or more; four or five words that do not belong together are easy to remember.")
        field(_("Passphrase"), "passphrase", kind="password", required=True, minlength="12", hint=hint, autofocus=True)
        field(_("The same again"), "again", kind="password", required=True)
        if Store.has_keychain():
            with tag("p", classes="tick"):
                tag("input", type="checkbox", id="keychain", name="keychain", value="yes", checked=True)
                tag("label", _("This computer remembers it for whoever is logged in as I am now"), for_="keychain")
        hidden(new="yes")
        button(_("Begin"), classes="main-action big")


def register_form(app: FastAPI, room: Room) -> None:
    """The form's path."""
    one_at_a_time = asyncio.Lock()

    @app.post("/unlock")
    async def unlock(request: Request) -> RedirectResponse:
        form = await request.form()
        try:
            async with one_at_a_time:
                if room.locked:
                    # In another thread: the passphrase is made slow to try, and every page of the records is looked at.
                    await asyncio.to_thread(_open, room, form)
        except RomTrackerError as error:
            return RedirectResponse(f"/unlock?{room.tell(capital(str(error)))}", status_code=303)
        return RedirectResponse("/", status_code=303)


def _open(room: Room, form: FormData) -> None:
    """Open the records, or make them, with the passphrase of the form."""
    passphrase = str(form.get("passphrase", ""))
    room.tries += 1
    if room.tries > MOST_TRIES:
        raise UsageError("That were too many tries; start rom-tracker app again.")
    if form.get("new") == "yes":
        if passphrase != form.get("again"):
            raise UsageError("The two are not the same; write it twice.")
        room.open(room.create(passphrase, keychain=form.get("keychain") == "yes"))
    else:
        room.open(room.unlock(passphrase))
