"""The protocols of Active Soft Tissue Release, found by muscle or complaint; one of them with all that is known of it."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from rom_tracker.app.parts import card, link, notice, tag
from rom_tracker.app.room import Room
from rom_tracker.app.words import ACTIONS, capital
from rom_tracker.errors import UnknownProtocolError
from rom_tracker.i18n import N_, Translator
from rom_tracker.movements import load_catalogue
from rom_tracker.movements.protocols import Protocol, load_protocols


def register(room: Room) -> None:
    """Give the pages their paths."""

    @ui.page("/protocols")
    def protocols(request: Request) -> None:
        _ = room.look(request)._
        known = load_protocols()
        with room.page(request, _("Protocols"), at="/protocols"):
            tag("p", known.principle.steps, lang="en")
            with tag("p", classes="field filter"):
                tag("label", _("Find a muscle, complaint or region"), for_="find")
                tag("input", type="search", id="find", data_filters="protocols", autocomplete="off")
            tag("p", _("Nothing fits these words."), id="protocols-none", hidden=True, role="status")
            with card(), tag("ul", classes="people", id="protocols"):
                for one in known.protocols.values():
                    words = " ".join([one.muscle, _(one.muscle), *one.also_called, *one.complaints, one.region])
                    with tag("li", data_words=words), tag("div", classes="who"):
                        link(capital(_(one.muscle)), f"/protocols/{one.key}")
                        tag("div", f"{capital(one.region)}: {', '.join(one.complaints)}", classes="soft small", lang="en")

    @ui.page("/protocols/{key}")
    def protocol(request: Request, key: str) -> None:
        _ = room.look(request)._
        found = load_protocols().protocols.get(key)
        if found is None:
            raise UnknownProtocolError(f"there is no protocol {key!r}")
        with room.page(request, capital(_(found.muscle)), at="/protocols"):
            _protocol(_, found)


#: The parts of a protocol that are told, in this order.
_PARTS = (
    ("position", N_("Position")),
    ("shortened_start", N_("Start, tissue short")),
    ("pin", N_("Where to press")),
    ("lengthening", N_("The movement that lengthens")),
    ("prevent", N_("What to prevent")),
)


def _protocol(_: Translator, found: Protocol) -> None:
    with card():
        if _.language != "en":
            tag("p", _("The protocol itself is in English."), classes="hint")
        with tag("dl", lang="en"):
            for name, words in _PARTS:
                if told := getattr(found, name):
                    tag("dt", _(words), lang=_.language)
                    tag("dd", capital(told))
            if found.measure:
                tag("dt", _("What to measure"), lang=_.language)
                for one in found.measure:
                    movement = load_catalogue().movements.get(one.movement)
                    side = _("same side") if one.side == "same" else _("other side")
                    tag("dd", f"{_(movement.title) if movement else one.movement}, {side}. {one.note}".strip())
            if found.measure_note:
                tag("dd", found.measure_note)
        source = (
            _("From a textbook.") if found.basis == "textbook" else _("Derived from what the muscle does; not a quoted protocol.")
        )
        tag("p", source, classes="soft")
        tag("p", f"{found.basis_note} {found.source}", classes="soft small", lang="en")
    with card(_("Beware")):
        for caution in found.cautions:
            with tag("div", lang="en"):
                notice(f"{caution.what} ({caution.source})", "caution")
        for state in load_protocols().contraindications_for([found]):
            tag("p", f"{capital(_(state.what))}: {_(ACTIONS[state.action])}", classes="small")
