"""A session: what is recorded and what comes next; the treatment's notes and the questions before it."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request
from nicegui import ui

from rom_tracker.app import recordings
from rom_tracker.app.parts import button, card, choice, field, form, hidden, link, notice, tag, tick
from rom_tracker.app.result_lines import change_line, measurement_line
from rom_tracker.app.room import Room
from rom_tracker.app.words import ACTIONS, MOMENTS, Measure, capital
from rom_tracker.i18n import Translator
from rom_tracker.movements.protocols import load_protocols
from rom_tracker.store import Recording, SessionRecord, screening_questions
from rom_tracker.store.records import Moment


def register(room: Room) -> None:
    """Give the page its path."""

    @ui.page("/sessions/{session_id}")
    def session(request: Request, session_id: str) -> None:
        _ = room.look(request)._
        record = room.store.sessions.get(session_id)
        client = room.store.clients.get(record.session.client_id)
        day = _.day(record.session.held_at.astimezone().date())
        with room.page(request, f"{client.label} · {day}", at="/", scripts=("upload.js",)):
            with tag("p", classes="row"):
                link(_("All of {client}").format(client=client.label), f"/clients/{client.id}")
            planned = recordings.planned(record)
            for measure in planned:
                _measure(room, _, record, measure, _role(_, record, planned, measure), request.query_params.get("files", ""))
            with tag("p", classes="row"):
                link(_("Measure another movement"), f"/clients/{client.id}/measure?session={session_id}", classes="button")
                if record.current_comparisons():
                    report = f"/sessions/{session_id}/report.pdf?lang={_.language}"
                    link(_("Longer report for a doctor"), report, classes="button", target="_blank")
            _screening(_, record)
            _notes(_, record)
            _sign(_, record)


def _role(_: Translator, record: SessionRecord, planned: list[Measure], measure: Measure) -> str:
    """What a movement is among several of a session; empty where it is the only one."""
    if len(planned) < 2:
        return ""
    compared = recordings.comparison_of(record, measure)
    counts = recordings.is_primary(record, measure) if compared is None else compared.role == "chosen beforehand"
    if counts:
        return _("The movement that counts: it was chosen first, before the treatment.")
    return _("Measured besides: of several movements some seem to differ by chance, so that it takes a larger change to count.")


def _measure(room: Room, _: Translator, record: SessionRecord, measure: Measure, role: str, files: str) -> None:
    before, after = (recordings.latest(record, measure, moment) for moment in ("before", "after"))
    compared = recordings.comparison_of(record, measure)
    with card(measure.words(_)):
        if role:
            tag("p", role, classes="soft small")
        with tag("div", classes="two"):
            for moment, recording in (("before", before), ("after", after)):
                _moment(
                    room, _, record, measure, recordings.moment_of(moment), recording,
                    main=moment == "after" and before is not None, files=files == f"{measure.key}-{moment}",
                )  # fmt: skip
        if compared is not None:
            tag("p", change_line(_, compared), classes="verdict-words")
            with tag("p", classes="row"):
                link(_("See the result"), f"/results/{record.session.id}/{measure.key}", classes="button main-action")
        elif before is not None and after is None:
            tag("p", _("Now treat. Leave the camera where it is; then record after."), classes="soft")


def _moment(
    room: Room, _: Translator, record: SessionRecord, measure: Measure, moment: Moment, recording: Recording | None,
    *, main: bool, files: bool,
) -> None:  # fmt: skip
    where = f"/live/{record.session.id}/{measure.key}/{moment}"
    with tag("div", classes="stack"):
        tag("h3", _("Before the treatment") if moment == "before" else _("After the treatment"))
        if recording is not None:
            waiting_line(room, _, recording, measurement_line(_, recordings.measurement_of(record, recording)))
        name, look = _("Record again"), "button"
        if recording is None:
            name = _("Record after") if moment == "after" else _("Record before")
            look = "button main-action big" if main or moment == "before" else "button"
        with tag("p", classes="row"):
            link(name, where, classes=look)
        opened: dict[str, Any] = {"open": True} if files else {}
        with tag("details", **opened):
            tag("summary", _("Use a video file or a phone"))
            _upload(_, record, measure, moment)
            with form("/phone"):
                hidden(switch="on", back=f"/sessions/{record.session.id}", target=f"{record.session.id}/{measure.key}/{moment}")
                button(_("Film with a phone ..."))


def waiting_line(room: Room, _: Translator, recording: Recording, words: str) -> None:
    """How far the measuring of a recording is; once it is done, the page is shown anew.

    ``words`` are the result that there is; when it could not be measured again, that of before.
    """
    job = room.jobs.of(recording.id)
    if job is None or job.state == "done":
        if words:
            tag("p", words)
        else:
            tag("p", _("Recorded, not measured yet."))
            with form(f"/recordings/{recording.id}/again"):
                button(_("Measure it now"))
        return
    if job.state == "failed":
        notice(job.words, "error")
        if words:
            tag("p", words)
        with form(f"/recordings/{recording.id}/again"):
            button(_("Measure it again"))
        return
    with tag("div", role="status"):
        tag("p", _("Measuring ..."))
        bar = tag("progress", max="1", aria_label=_("Measuring"))

    def look() -> None:
        if job.share is not None:
            bar.props["value"] = f"{job.share:.2f}"
        if job.state in ("done", "failed"):
            timer.deactivate()
            ui.run_javascript("Promise.resolve(window.saveTyped?.()).finally(() => location.reload())")

    timer = ui.timer(0.5, look)


def _upload(_: Translator, record: SessionRecord, measure: Measure, moment: Moment) -> None:
    about = {"of": {"session": record.session.id, "measure": measure.key, "moment": moment}, "failed": _("It could not be sent.")}
    key = f"file-{measure.key}-{moment}"
    with tag("div", data_upload=json.dumps(about)):
        tag("label", _("Choose a video, or drop it here ({moment})").format(moment=_(MOMENTS[moment])), for_=key)
        tag("input", type="file", id=key, accept="video/*,.mkv")
        tag("progress", max="1", hidden=True, aria_label=_("Sending"))
        tag("p", "", classes="upload-state", role="status")


def _screening(_: Translator, record: SessionRecord) -> None:
    answered = {one.key: one for one in record.answers}
    questions = screening_questions(record.session.protocol or None)
    with card(_("Before treating")):
        for one in questions:
            if one.key in answered and answered[one.key].present:
                notice(f"{capital(_(one.what))}: {_(ACTIONS[one.action])} {_(one.why)}", "caution")
        words = _("Questions answered; nothing speaks against treating.") if answered and not any(
            one.present for one in answered.values()
        ) else _("Ask about these before you treat.")  # fmt: skip
        tag("p", words)
        with tag("details", open=not answered):
            tag("summary", _("Questions about what speaks against treating"))
            with form(f"/sessions/{record.session.id}/screening"):
                for one in questions:
                    hidden(asked=one.key)
                    action = _(ACTIONS[one.action]).rstrip(".").lower()
                    present = one.key in answered and answered[one.key].present
                    tick(f"{capital(_(one.what))} ({action})", "present", value=one.key, checked=present)
                tag("p", _("Tick what the client has; leave the rest empty."), classes="hint")
                button(_("Keep the answers"))


def _notes(_: Translator, record: SessionRecord) -> None:
    told = record.session
    protocols = [("", _("none")), *((key, capital(_(one.muscle))) for key, one in load_protocols().protocols.items())]
    numbers = [("", _("not asked")), *((str(n), str(n)) for n in range(11))]
    with card(_("Treatment")), form(f"/sessions/{told.id}/notes", data_kept="yes"):
        with tag("div", classes="two"):
            with tag("div"):
                field(_("Complaint"), "complaint", value=told.complaint, maxlength="400")
                choice(_("Protocol"), "protocol", protocols, told.protocol)
                field(_("Muscle treated"), "muscle", value=told.muscle, maxlength="200")
            with tag("div"):
                choice(_("Pain before, 0 to 10"), "pain_before", numbers, "" if told.pain_before is None else str(told.pain_before))
                choice(_("Pain after, 0 to 10"), "pain_after", numbers, "" if told.pain_after is None else str(told.pain_after))
                field(_("Therapist"), "therapist", value=told.therapist, maxlength="120")
        field(_("Notes"), "notes", kind="textarea", value=told.notes, maxlength="4000")
        field(_("Next steps, as agreed with the client"), "next_steps", kind="textarea", value=told.next_steps, maxlength="1000")
        button(_("Save"))


def _sign(_: Translator, record: SessionRecord) -> None:
    told = record.session
    with card(_("Sign")):
        if told.signed_at is not None:
            words = _("Signed by {who} on {day}. A change makes the signature void.")
            tag("p", words.format(who=told.signed_by, day=_.day(told.signed_at.astimezone().date())))
        else:
            tag("p", _("Until somebody signs, the results count as preliminary."), classes="soft")
            with form(f"/sessions/{told.id}/sign", classes="row"):
                field(_("Your name"), "by", value=told.therapist, required=True, maxlength="120")
                button(_("Sign the results"))
        with tag("details"):
            tag("summary", _("Remove this session"))
            with form(f"/sessions/{told.id}/remove", data_confirm=_("Remove this session with its recordings?")):
                button(_("Remove the session"), classes="danger")
