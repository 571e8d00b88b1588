"""A client: progress over the sessions, the sessions, the page to print, and what is kept."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from rom_tracker.app import recordings
from rom_tracker.app.form_routes import MOST_DAYS
from rom_tracker.app.parts import button, card, choice, field, figure, form, link, tag, tick
from rom_tracker.app.progress import measures_of, progress_words
from rom_tracker.app.result_lines import change_line
from rom_tracker.app.room import Room
from rom_tracker.app.words import CONSENTS
from rom_tracker.i18n import Translator
from rom_tracker.store import Client, SessionRecord


def register(room: Room) -> None:
    """Give the page its path."""

    @ui.page("/clients/{client_id}")
    def client(request: Request, client_id: str) -> None:
        _ = room.look(request)._
        found = room.store.clients.get(client_id)
        sessions = room.store.sessions.of(client_id)
        with room.page(request, found.label, at="/"):
            with tag("p", classes="row"):
                link(_("Measure"), f"/clients/{client_id}/measure", classes="button main-action big")
                if any(one.comparisons for one in sessions):
                    link(
                        _("Print the client's page"),
                        f"/clients/{client_id}/page.pdf?lang={_.language}",
                        classes="button",
                        target="_blank",
                    )
            _progress(_, found, sessions)
            _sessions(_, sessions)
            _kept(room, _, found)


def _progress(_: Translator, client: Client, sessions: tuple[SessionRecord, ...]) -> None:
    for measure in measures_of(sessions):
        name = measure.words(_)
        with card(_("Progress: {movement}").format(movement=name)):
            words = progress_words(_, measure, sessions, client)
            source = f"/clients/{client.id}/progress/{measure.key}.png?lang={_.language}"
            figure(source, f"{name}. {words}", classes="chart")
            tag("p", words)


def _sessions(_: Translator, sessions: tuple[SessionRecord, ...]) -> None:
    with card(_("Sessions")):
        if not sessions:
            tag("p", _("None yet. Click on Measure to begin the first one."), classes="soft")
            return
        with tag("ul", classes="people"):
            for record in reversed(sessions):
                day = _.day(record.session.held_at.astimezone().date())
                with tag("li"), tag("div", classes="who"):
                    link(day, f"/sessions/{record.session.id}")
                    for measure in recordings.planned(record):
                        compared = recordings.comparison_of(record, measure)
                        result = change_line(_, compared) if compared is not None else _("not compared yet")
                        tag("div", f"{measure.words(_)}: {result}", classes="soft small")


def _kept(room: Room, _: Translator, client: Client) -> None:
    with card(_("About the client")):
        with tag("details"):
            tag("summary", _("Change what is kept"))
            _change(room, _, client)
        with tag("details"):
            tag("summary", _("Erase this client"))
            tag("p", _("Everything goes: sessions, videos, angles, automatic backups. It cannot be undone."))
            with form(f"/clients/{client.id}/erase"):
                field(_("Write the name to erase it"), "again", hint=client.label)
                button(_("Erase everything"), classes="danger")


def _change(room: Room, _: Translator, client: Client) -> None:
    holding = {one.what for one in room.store.clients.consents(client.id) if one.holds}
    with form(f"/clients/{client.id}/change"):
        with tag("div", classes="two"):
            with tag("div"):
                field(_("Name or label"), "label", value=client.label, required=True, maxlength="120")
                field(_("Year of birth"), "birth_year", kind="number", min="1900", max="2100", value=client.birth_year)
                options = [("", _("not told")), ("female", _("female")), ("male", _("male")), ("other", _("other"))]
                choice(_("Sex"), "sex", options, client.sex or "")
            with tag("div"):
                with tag("fieldset", classes="plain"):
                    tag("legend", _("The client agrees"))
                    for what, words in CONSENTS.items():
                        tick(_(words), "consent", value=what, checked=what in holding)
                kept = [
                    ("video", _("videos, angles and joints")),
                    ("landmarks", _("angles and joints, no video")),
                    ("days", _("videos for some days, then angles and joints")),
                ]
                choice(_("What is kept of recordings"), "keep", kept, client.retention.keep)
                field(_("Days"), "days", kind="number", min="1", max=str(MOST_DAYS), value=client.retention.days)
        button(_("Save"))
