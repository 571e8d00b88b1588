"""The first page: who is here today."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from rom_tracker.app.parts import button, card, choice, field, form, hidden, link, notice, tag, tick
from rom_tracker.app.room import Room
from rom_tracker.app.words import CONSENTS, Measure
from rom_tracker.i18n import Translator


def register(room: Room) -> None:
    """Give the page its path."""

    @ui.page("/")
    def clients(request: Request) -> None:
        look = room.look(request)
        _ = look._
        known = room.store.clients.list()
        with room.page(request, _("Clients"), at="/"):
            _interrupted(room, _)
            if known:
                _list(room, _)
            else:
                notice(_("Welcome. Enter your first client below; everything stays on this computer."))
            _new(_, opened=not known)


def _list(room: Room, _: Translator) -> None:
    known = room.store.clients.list()
    with card():
        with tag("p", classes="field filter"):
            tag("label", _("Find a client"), for_="find")
            tag("input", type="search", id="find", data_filters="clients", autocomplete="off")
        with tag("ul", classes="people", id="clients"):
            for one in known:
                with tag("li", data_words=one.client.label):
                    with tag("div", classes="who"):
                        link(one.client.label, f"/clients/{one.client.id}")
                        words = _.ngettext("{n} session", "{n} sessions", one.sessions).format(n=one.sessions)
                        if one.last_session_at is not None:
                            words += " · " + _("last on {day}").format(day=_.day(one.last_session_at.astimezone().date()))
                        tag("div", words, classes="soft small")
                    name = _("Measure {client}").format(client=one.client.label)
                    link(_("Measure"), f"/clients/{one.client.id}/measure", classes="button", aria_label=name)
        tag("p", _("Nobody of that name."), id="clients-none", hidden=True, role="status")


def _new(_: Translator, *, opened: bool) -> None:
    with card(_("New client")), form("/clients"):
        with tag("div", classes="two"):
            with tag("div"):
                field(
                    _("Name or label"), "label", required=True, maxlength="120", autofocus=opened,
                    hint=_("A name, or any code by which you know the client."),
                )  # fmt: skip
                field(
                    _("Year of birth"),
                    "birth_year",
                    kind="number",
                    min="1900",
                    max="2100",
                    hint=_("For norms by age; may be empty."),
                )
                options = [("", _("not told")), ("female", _("female")), ("male", _("male")), ("other", _("other"))]
                choice(_("Sex"), "sex", options)
            with tag("fieldset", classes="plain"):
                tag("legend", _("The client agrees"))
                for what, words in CONSENTS.items():
                    tick(_(words), "consent", value=what, checked=False, required=what == "records")
                tag("p", _("Without the second one a video is deleted once it is measured; angles are kept."), classes="hint")
        with tag("p", classes="row"):
            button(_("Add and measure"), classes="main-action", name="then", value="measure")
            button(_("Add only"), name="then", value="client")


def _interrupted(room: Room, _: Translator) -> None:
    for recording, label in room.interrupted():
        measure = Measure.read(f"{recording.movement}-{recording.side}")
        moment = _("before the treatment") if recording.moment == "before" else _("after the treatment")
        at = _.day(recording.recorded_at.astimezone().date())
        with card(_("A recording was interrupted"), classes="interrupted"):
            words = _("{client}: {movement}, {moment}, {day}. The program or the browser was stopped meanwhile; what came is kept.")
            tag("p", words.format(client=label, movement=measure.words(_), moment=moment, day=at))
            with tag("div", classes="row"):
                with form(f"/interrupted/{recording.id}"):
                    hidden(what="use")
                    button(_("Use what was recorded"), classes="main-action")
                with form(f"/interrupted/{recording.id}"):
                    hidden(what="discard")
                    button(_("Throw it away"))
