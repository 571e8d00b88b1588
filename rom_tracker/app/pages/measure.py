"""Which muscle or movement: every movement with its picture, found by any word of it or of a muscle that it lengthens."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from rom_tracker.app.parts import button, form, hidden, tag
from rom_tracker.app.room import Room
from rom_tracker.i18n import Translator
from rom_tracker.movements import Movement, load_catalogue
from rom_tracker.movements.protocols import load_protocols


def register(room: Room) -> None:
    """Give the page its path."""

    @ui.page("/clients/{client_id}/measure")
    def measure(request: Request, client_id: str, session: str = "") -> None:
        _ = room.look(request)._
        client = room.store.clients.get(client_id)
        with room.page(request, _("What do you measure with {client}?").format(client=client.label), at="/"):
            with tag("p", classes="field filter"):
                tag("label", _("Find a movement, muscle or complaint"), for_="find")
                tag("input", type="search", id="find", data_filters="moves", autocomplete="off")
            tag("p", _("Nothing fits these words."), id="moves-none", hidden=True, role="status")
            words = _words_of_protocols(_)
            with tag("ul", classes="moves", id="moves"):
                for movement in load_catalogue().movements.values():
                    _entry(_, movement, client_id, session, words.get(movement.key, ""))


def _entry(_: Translator, movement: Movement, client_id: str, session: str, words: str) -> None:
    title = _(movement.title)
    with tag("li", data_title=title, data_words=f"{title} {movement.title} {movement.joint} {words}"):
        tag("img", loading="lazy", src=f"/pictures/{movement.key}.svg", alt="")
        tag("h2", title, classes="h3")
        with form(f"/clients/{client_id}/measure", classes="row"):
            hidden(movement=movement.key, session=session)
            if movement.sided:
                button(_("Left"), name="side", value="left", aria_label=f"{title}, {_('left')}")
                button(_("Right"), name="side", value="right", aria_label=f"{title}, {_('right')}")
            else:
                button(_("Measure"), name="side", value="right", aria_label=f"{_('Measure')}: {title}")


def _words_of_protocols(_: Translator) -> dict[str, str]:
    """For each movement the muscles and complaints whose protocols measure it."""
    found: dict[str, list[str]] = {}
    for protocol in load_protocols().protocols.values():
        words = [protocol.muscle, _(protocol.muscle), *protocol.also_called, *protocol.complaints]
        for one in protocol.measure:
            found.setdefault(one.movement, []).extend(words)
    return {movement: " ".join(dict.fromkeys(words)) for movement, words in found.items()}
