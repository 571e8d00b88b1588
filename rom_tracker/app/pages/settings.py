"""Settings of the place: repetitions, who treats, the look, the page for phones, and where everything lies."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from rom_tracker.app import recordings
from rom_tracker.app.parts import button, card, choice, field, form, hidden, tag
from rom_tracker.app.room import Room
from rom_tracker.i18n import LANGUAGES


def register(room: Room) -> None:
    """Give the page its path."""

    @ui.page("/settings")
    def settings(request: Request) -> None:
        look = room.look(request)
        _ = look._
        store = room.store
        with room.page(request, _("Settings"), at="/settings"):
            with card(_("Recording")), form("/settings"):
                hint = _("Measuring alone raises the range during the first four or five repetitions; those do not count.")
                warm_up, scored = store.preference("warm_up", recordings.WARM_UP), store.preference("scored", recordings.SCORED)
                field(
                    _("Repetitions to warm up"),
                    "warm_up",
                    kind="number",
                    min="0",
                    max="10",
                    value=warm_up,
                    hint=hint,
                    required=True,
                )
                field(_("Repetitions that count"), "scored", kind="number", min="1", max="10", value=scored, required=True)
                field(_("Therapist"), "therapist", value=store.preference("therapist", ""), maxlength="120")
                button(_("Save"))
            with card(_("Look")), form("/look"):
                hidden(back="/settings")
                choice(_("Language"), "language", list(LANGUAGES.items()), _.language, key="own-language")
                themes = [("", _("as the computer has it")), ("light", _("light")), ("dark", _("dark"))]
                choice(_("Light or dark"), "theme", themes, look.theme)
                button(_("Save"))
            with card(_("Phones")):
                _phones(room, request)
            with card(_("Where everything is")):
                tag("p", _("The records lie encrypted in this folder; nothing is sent anywhere."))
                tag("p", str(room.folder), classes="path small")
                tag("p", _("Make a backup with rom-tracker backup in a terminal, and keep it elsewhere."))


def _phones(room: Room, request: Request) -> None:
    _ = room.look(request)._
    if room.phone is None:
        tag("p", _("A phone can film too. On the session's page, choose Film with a phone: a page opens for the local network, "
                   "with a code, until you close it. Without it nothing is open to the network."))  # fmt: skip
        return
    tag("p", _("The page for phones is open."))
    with form("/phone"):
        hidden(switch="off", back="/settings")
        button(_("Close it"), classes="danger")
