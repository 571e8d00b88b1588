"""What the forms of the pages post: each changes one thing in the records, and goes on to a page that shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from rom_tracker.app import recordings
from rom_tracker.app.room import LANGUAGE_COOKIE, THEME_COOKIE, Room
from rom_tracker.app.words import Measure, capital
from rom_tracker.capture import Part
from rom_tracker.errors import RomTrackerError, UnknownRecordError, UsageError
from rom_tracker.i18n import LANGUAGES
from rom_tracker.store import CONSENT_PURPOSES, Recording, Retention, Store
from rom_tracker.store.records import Keep, Sex

#: A year, in seconds: how long a browser keeps the language.
_A_YEAR = 365 * 24 * 3600

#: Videos that are kept for some days are kept for so many at most.
MOST_DAYS = 3650

Posted = Callable[[FormData], str]


def register(app: FastAPI, room: Room) -> None:
    """Give every form its path."""
    one_at_a_time = asyncio.Lock()

    async def done(request: Request, back: str, do: Posted) -> RedirectResponse:
        """Do what was posted and go on to where it says, or back with what went wrong.

        It is done in another thread, as it may take a second: to erase a client or to compare two recordings. Of two forms the
        second one finds what the first one changed.
        """
        form = await request.form()
        try:
            async with one_at_a_time:
                where = await asyncio.to_thread(do, form)
        except RomTrackerError as error:
            where = f"{back}{'&' if '?' in back else '?'}{room.tell(_sentence(str(error)))}"
        return RedirectResponse(where, status_code=303)

    _clients(app, room, done)
    _sessions(app, room, done)
    _results(app, room, done)
    _settings(app, room, done)


Done = Callable[[Request, str, Posted], Awaitable[RedirectResponse]]


def _clients(app: FastAPI, room: Room, done: Done) -> None:
    @app.post("/clients")
    async def add(request: Request) -> RedirectResponse:
        def do(form: FormData) -> str:
            agreed = [str(what) for what in form.getlist("consent") if what in CONSENT_PURPOSES]
            if "records" not in agreed:
                raise UsageError("Without the client's agreement to keep records nothing can be kept.")
            retention = Retention() if "video" in agreed else Retention("landmarks")
            client = room.store.clients.add(
                _text(form, "label", 120), birth_year=_year(form), sex=cast("Sex | None", _text(form, "sex") or None),
                retention=retention,
            )  # fmt: skip
            for what in agreed:
                room.store.clients.consent(client.id, what)
            return f"/clients/{client.id}/measure" if form.get("then") == "measure" else f"/clients/{client.id}"

        return await done(request, "/", do)

    @app.post("/clients/{client_id}/measure")
    async def choose(request: Request, client_id: str) -> RedirectResponse:
        def do(form: FormData) -> str:
            measure = Measure.read(f"{_text(form, 'movement')}-{_text(form, 'side')}")
            session_id = _text(form, "session")
            if session_id:
                record = room.store.sessions.get(session_id)
                keys = [one.key for one in recordings.planned(record)]
                setup = {**record.session.setup, "measures": list(dict.fromkeys([*keys, measure.key]))}
                room.store.sessions.change(session_id, setup=setup)
            else:
                session_id = _new_session(room.store, client_id, measure)
            return f"/live/{session_id}/{measure.key}/before"

        return await done(request, f"/clients/{client_id}/measure", do)

    @app.post("/clients/{client_id}/change")
    async def change(request: Request, client_id: str) -> RedirectResponse:
        def do(form: FormData) -> str:
            keep = cast(Keep, _text(form, "keep"))
            retention = Retention(keep, _days(form)) if keep == "days" else Retention(keep)
            room.store.clients.change(
                client_id,
                label=_text(form, "label", 120),
                birth_year=_year(form),
                sex=_text(form, "sex") or None,
                retention=retention,
            )
            _set_consents(room.store, client_id, {str(what) for what in form.getlist("consent")})
            return f"/clients/{client_id}"

        return await done(request, f"/clients/{client_id}", do)

    @app.post("/clients/{client_id}/erase")
    async def erase(request: Request, client_id: str) -> RedirectResponse:
        def do(form: FormData) -> str:
            client = room.store.clients.get(client_id)
            if _text(form, "again", 120) != client.label:
                raise UsageError("To erase a client, write the name exactly as it stands above. Nothing was erased.")
            room.store.erase(client_id)
            return "/"

        return await done(request, f"/clients/{client_id}", do)


def _new_session(store: Store, client_id: str, measure: Measure) -> str:
    numbers = {
        "warm_up": store.preference("warm_up", recordings.WARM_UP),
        "scored": store.preference("scored", recordings.SCORED),
    }
    therapist = str(store.preference("therapist", ""))
    side = measure.side if measure.movement.sided else None
    return store.sessions.start(client_id, side=side, therapist=therapist, setup={"measures": [measure.key], **numbers}).id


def _set_consents(store: Store, client_id: str, wanted: set[str]) -> None:
    """Give and withdraw what differs from what holds."""
    holding = {one.what: one for one in store.clients.consents(client_id) if one.holds}
    for what in CONSENT_PURPOSES:
        if what in wanted and what not in holding:
            store.clients.consent(client_id, what)
        elif what not in wanted and what in holding:
            store.clients.withdraw(holding[what].id)


def _sessions(app: FastAPI, room: Room, done: Done) -> None:
    @app.post("/sessions/{session_id}/notes")
    async def notes(request: Request, session_id: str) -> RedirectResponse:
        def do(form: FormData) -> str:
            told: dict[str, Any] = {
                name: _text(form, name, 4000) for name in ("complaint", "muscle", "notes", "next_steps", "therapist")
            }
            told |= {name: _number(form, name) for name in ("pain_before", "pain_after")}
            told["protocol"] = _text(form, "protocol")
            room.store.sessions.change(session_id, **told)
            return f"/sessions/{session_id}"

        return await done(request, f"/sessions/{session_id}", do)

    @app.post("/sessions/{session_id}/screening")
    async def screening(request: Request, session_id: str) -> RedirectResponse:
        def do(form: FormData) -> str:
            asked = [str(key) for key in form.getlist("asked")]
            yes = {str(key) for key in form.getlist("present")}
            room.store.sessions.screen(session_id, {key: key in yes for key in asked})
            return f"/sessions/{session_id}"

        return await done(request, f"/sessions/{session_id}", do)

    @app.post("/sessions/{session_id}/sign")
    async def sign(request: Request, session_id: str) -> RedirectResponse:
        def do(form: FormData) -> str:
            room.store.sessions.sign(session_id, _text(form, "by", 120))
            return f"/sessions/{session_id}"

        return await done(request, f"/sessions/{session_id}", do)

    @app.post("/sessions/{session_id}/remove")
    async def remove(request: Request, session_id: str) -> RedirectResponse:
        def do(form: FormData) -> str:
            client_id = room.store.sessions.get(session_id).session.client_id
            room.store.sessions.remove(session_id)
            return f"/clients/{client_id}"

        return await done(request, f"/sessions/{session_id}", do)

    @app.post("/interrupted/{recording_id}")
    async def interrupted(request: Request, recording_id: str) -> RedirectResponse:
        def do(form: FormData) -> str:
            recording = room.store.recordings.get(recording_id)
            if recording_id not in {one.id for one in room.arrivals.interrupted(room.store)}:
                raise UsageError("This recording is not among the interrupted ones any more.")
            if form.get("what") == "discard":
                room.store.recordings.remove(recording_id)
                return "/"
            recordings.check_readable(room.store, recording)
            recordings.measure_later(room, recording_id)
            return f"/sessions/{recording.session_id}"

        return await done(request, "/", do)


def _results(app: FastAPI, room: Room, done: Done) -> None:
    def back(recording_id: str) -> str:
        try:
            found = room.store.recordings.get(recording_id)
        except UnknownRecordError:
            return "/"
        return f"/results/{found.session_id}/{found.movement}-{found.side}"

    def correction(name: str, make: Callable[[Recording, FormData], None]) -> None:
        @app.post(f"/recordings/{{recording_id}}/{name}")
        async def route(request: Request, recording_id: str) -> RedirectResponse:
            def do(form: FormData) -> str:
                make(room.store.recordings.get(recording_id), form)
                return back(recording_id)

            return await done(request, back(recording_id), do)

    def drop(recording: Recording, form: FormData) -> None:
        recordings.drop_repetition(room.store, recording, _number(form, "repetition") or 0, _reason(form))

    def restore(recording: Recording, form: FormData) -> None:
        recordings.restore_repetitions(room.store, recording, _reason(form))

    def person(recording: Recording, form: FormData) -> None:
        recordings.choose_person(room, recording, _share(form, "x"), _share(form, "y"), _reason(form))

    def part(recording: Recording, form: FormData) -> None:
        recordings.choose_part(room, recording, Part(_seconds(form, "from"), _seconds(form, "to")), _reason(form))

    def whole(recording: Recording, form: FormData) -> None:
        recordings.choose_part(room, recording, None, _reason(form))

    def note(recording: Recording, form: FormData) -> None:
        if not (words := _reason(form)):
            raise UsageError("Write down first what is to be noted.")
        room.store.recordings.correct(recording.id, "other", {}, words)

    def again(recording: Recording, form: FormData) -> None:
        recordings.measure_later(room, recording.id)

    for make in (drop, restore, person, part, whole, note, again):
        correction(make.__name__, make)

    @app.post("/overlays/{session_id}/{measure_key}")
    async def overlays(request: Request, session_id: str, measure_key: str) -> RedirectResponse:
        def do(form: FormData) -> str:
            record, measure = room.store.sessions.get(session_id), Measure.read(measure_key)
            for moment in ("before", "after"):
                recording = recordings.latest(record, measure, recordings.moment_of(moment))
                kept = recordings.measurement_of(record, recording)
                if recording is not None and kept is not None and recording.has_video:
                    recordings.overlay_later(room, kept.id, recording)
            return f"/results/{session_id}/{measure.key}"

        return await done(request, f"/results/{session_id}/{measure_key}", do)


def _settings(app: FastAPI, room: Room, done: Done) -> None:
    @app.post("/look")
    async def look(request: Request) -> RedirectResponse:
        form = await request.form()
        where = _own_path(_text(form, "back", 500))
        answer = RedirectResponse(where, status_code=303)
        if (language := _text(form, "language")) in LANGUAGES:
            answer.set_cookie(LANGUAGE_COOKIE, language, max_age=_A_YEAR, httponly=True, samesite="strict")
        if "theme" in form:
            theme = _text(form, "theme")
            answer.set_cookie(
                THEME_COOKIE, theme if theme in ("light", "dark") else "", max_age=_A_YEAR, httponly=True, samesite="strict"
            )
        return answer

    @app.post("/settings")
    async def settings(request: Request) -> RedirectResponse:
        def do(form: FormData) -> str:
            warm_up, scored = _number(form, "warm_up"), _number(form, "scored")
            if warm_up is None or not 0 <= warm_up <= 10 or scored is None or not 1 <= scored <= 10:
                raise UsageError("Expected 0 to 10 repetitions to warm up, and 1 to 10 that count.")
            room.store.set_preference("warm_up", warm_up)
            room.store.set_preference("scored", scored)
            room.store.set_preference("therapist", _text(form, "therapist", 120))
            return "/settings"

        return await done(request, "/settings", do)

    @app.post("/phone")
    async def phone(request: Request) -> RedirectResponse:
        def do(form: FormData) -> str:
            if form.get("switch") == "on":
                room.open_to_phones(_text(form, "target", 200), room.look(request)._)
            else:
                room.close_to_phones()
            return _own_path(_text(form, "back", 500) or "/settings")

        return await done(request, "/settings", do)


def _own_path(path: str) -> str:
    """The path if it is one of ours, else the first page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


def _text(form: FormData, name: str, longest: int = 200) -> str:
    value = form.get(name, "")
    return value.strip()[:longest] if isinstance(value, str) else ""


def _number(form: FormData, name: str) -> int | None:
    text = _text(form, name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"expected a whole number, got {text!r}") from None


def _share(form: FormData, name: str) -> float:
    try:
        return float(_text(form, name)) / 100
    except ValueError:
        raise UsageError("Click on the person in the picture first.") from None


def _reason(form: FormData) -> str:
    return _text(form, "reason", 500)


def _seconds(form: FormData, name: str) -> float:
    text = _text(form, name)
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"expected seconds, such as 2.5, got {text!r}") from None


def _days(form: FormData) -> int:
    days = _number(form, "days")
    if days is None or not 1 <= days <= MOST_DAYS:
        raise UsageError(f"Expected 1 to {MOST_DAYS} days for which videos are kept.")
    return days


def _year(form: FormData) -> int | None:
    return _number(form, "birth_year")


def _sentence(words: str) -> str:
    """With a capital and a full stop."""
    words = capital(words)
    return words if words.endswith((".", "?", "!")) else f"{words}."
