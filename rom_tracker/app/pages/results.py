"""The result: before and after in one chart, the change and what it means, what to mind, the videos, and corrections."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from rom_tracker.app import recordings
from rom_tracker.app.pages.session import waiting_line
from rom_tracker.app.parts import button, card, choice, field, figure, form, link, notice, tag
from rom_tracker.app.recordings import part_of
from rom_tracker.app.result_lines import change_line, flag_lines, measurement_line, number_words, plain_words
from rom_tracker.app.room import Room
from rom_tracker.app.words import MOMENTS, Measure, capital
from rom_tracker.client_words import lost_among_many
from rom_tracker.i18n import N_, Translator
from rom_tracker.result_words import EN_DASH
from rom_tracker.store import Correction, KeptComparison, KeptMeasurement, Recording, SessionRecord

Pair = tuple[str, Recording | None, KeptMeasurement | None]


def register(room: Room) -> None:
    """Give the page its path."""

    @ui.page("/results/{session_id}/{measure_key}")
    def results(request: Request, session_id: str, measure_key: str) -> None:
        _ = room.look(request)._
        record, measure = room.store.sessions.get(session_id), Measure.read(measure_key)
        client = room.store.clients.get(record.session.client_id)
        pairs: list[Pair] = []
        for moment in ("before", "after"):
            recording = recordings.latest(record, measure, recordings.moment_of(moment))
            pairs.append((moment, recording, recordings.measurement_of(record, recording)))
        compared = recordings.comparison_of(record, measure)
        with room.page(request, measure.words(_), at="/"):
            day = _.day(record.session.held_at.astimezone().date())
            with tag("p", classes="row"):
                link(f"{client.label} · {day}", f"/sessions/{session_id}")
            busy = [one for _moment, one, _kept in pairs if one is not None and _is_busy(room, one)]
            if compared is None or busy:
                _not_yet(room, _, record, measure, pairs)
                return
            _went_wrong(room, pairs)
            _change(_, compared, measure, client.id, lost=recordings.is_lost_among_many(record, compared))
            _chart(_, compared)
            _numbers(_, pairs)
            _flags(_, compared)
            _videos(room, _, record, measure, pairs)
            _corrections(_, record, measure, pairs)


def _is_busy(room: Room, recording: Recording) -> bool:
    job = room.jobs.of(recording.id)
    return job is not None and job.state in ("waiting", "running")


def _went_wrong(room: Room, pairs: list[Pair]) -> None:
    """Why a recording could not be measured again; what was measured before holds."""
    for _moment, recording, _kept in pairs:
        job = None if recording is None else room.jobs.of(recording.id)
        if job is not None and job.state == "failed":
            notice(capital(job.words), "error")


def _not_yet(room: Room, _: Translator, record: SessionRecord, measure: Measure, pairs: list[Pair]) -> None:
    for moment, recording, kept in pairs:
        with card(_("Before the treatment") if moment == "before" else _("After the treatment")):
            if recording is None:
                tag("p", _("Not recorded yet."))
                link(_("Record it"), f"/live/{record.session.id}/{measure.key}/{moment}", classes="button main-action")
            else:
                waiting_line(room, _, recording, measurement_line(_, kept))
                if kept is not None and kept.peak_deg is None:
                    _why_not(room, _, kept)
                    link(_("Record it again"), f"/live/{record.session.id}/{measure.key}/{moment}", classes="button main-action")


def _why_not(room: Room, _: Translator, kept: KeptMeasurement) -> None:
    with tag("ul", classes="flags"):
        for severity, words in flag_lines(_, room.store.measurements.result(kept.id)):
            if severity == "refused":
                tag("li", words, classes=severity)


def _change(_: Translator, compared: KeptComparison, measure: Measure, client_id: str, *, lost: bool) -> None:
    with card():
        tag("p", change_line(_, compared), classes=f"verdict-words {compared.verdict.replace(' ', '-')}", id="change")
        tag("p", _("For the client:"), classes="soft small said-to")
        if lost:
            tag("p", " ".join(lost_among_many(_)))
        else:
            tag("p", plain_words(_, compared, larger=measure.movement.better == "larger"))
        with tag("p", classes="row"):
            link(
                _("Print the client's page"),
                f"/sessions/{compared.session_id}/page.pdf?lang={_.language}",
                classes="button main-action big",
                target="_blank",
            )
            link(_("Progress over the sessions"), f"/clients/{client_id}", classes="button")


def _chart(_: Translator, compared: KeptComparison) -> None:
    with card(_("Before and after")):
        figure(
            f"/charts/{compared.id}.png?lang={_.language}",
            _("The angle over time, before and after.") + f" {change_line(_, compared)}",
            classes="chart",
        )


def _numbers(_: Translator, pairs: list[Pair]) -> None:
    with card(_("The numbers")), tag("div", classes="wide", tabindex="0", role="region", aria_label=_("The numbers")), tag("table"):
        with tag("thead"), tag("tr"):
            tag("th", _("Recording"), scope="col")
            for words in (
                _("End range"),
                _("95 % interval"),
                _("Start"),
                _("Repetitions"),
                _("Pictures a second"),
                _("Longest gap"),
            ):
                tag("th", words, scope="col", classes="number")
        with tag("tbody"):
            for moment, recording, kept in pairs:
                if kept is None or recording is None:
                    continue
                with tag("tr"):
                    tag("th", _(MOMENTS[moment]), scope="row")
                    for words in number_words(_, recording, kept):
                        tag("td", words, classes="number")


def _flags(_: Translator, compared: KeptComparison) -> None:
    lines = flag_lines(_, compared.result)
    with card(_("What to mind")):
        if not lines:
            tag("p", _("Nothing speaks against these numbers."))
            return
        with tag("ul", classes="flags"):
            for severity, words in lines:
                tag("li", words, classes=severity)


def _videos(room: Room, _: Translator, record: SessionRecord, measure: Measure, pairs: list[Pair]) -> None:
    with card(_("The recordings side by side")):
        with_video = [(moment, one, kept) for moment, one, kept in pairs if one is not None and kept is not None and one.has_video]
        if not with_video:
            tag("p", _("The videos were not kept, as the client wished."))
            return
        jobs = [room.jobs.of(f"overlay {kept.id}") for _moment, _one, kept in with_video]
        drawn = [recordings.overlay_path(room.scratch, kept.id).is_file() for _moment, _one, kept in with_video]
        if all(drawn):
            _side_by_side(room, _, with_video)
        elif any(job is not None and job.state in ("waiting", "running") for job in jobs):
            tag("p", _("Drawing the joints over the videos ..."), role="status")
            ui.timer(
                0.7, lambda: ui.navigate.reload() if all(job is None or job.state in ("done", "failed") for job in jobs) else None
            )
        else:
            for job in jobs:
                if job is not None and job.state == "failed":
                    notice(job.words, "error")
            with form(f"/overlays/{record.session.id}/{measure.key}"):
                button(_("Draw the joints over the videos"))


def _side_by_side(room: Room, _: Translator, pairs: list[tuple[str, Recording, KeptMeasurement]]) -> None:
    with tag("div", classes="videos", id="pair"):
        for moment, _recording, kept in pairs:
            begins_s = max(_first_start(room, kept) - 0.5, 0.0)
            with tag("figure"):
                tag("figcaption", _("Before the treatment") if moment == "before" else _("After the treatment"))
                tag("video", src=f"/overlays/{kept.id}.webm", muted=True, playsinline=True, controls=True, preload="auto",
                    data_from=f"{begins_s:.2f}", aria_label=_(MOMENTS[moment]))  # fmt: skip
    with tag("p", classes="row"):
        tag("button", _("Play both in step"), type="button", data_together="pair", aria_pressed="false")


def _first_start(room: Room, kept: KeptMeasurement) -> float:
    repetitions = room.store.measurements.result(kept.id)["repetitions"]
    return float(repetitions[0]["start_s"]) if repetitions else 0.0


def _corrections(_: Translator, record: SessionRecord, measure: Measure, pairs: list[Pair]) -> None:
    with card(_("Corrections")):
        for corrected, one in recordings.corrections_of(record, measure):
            moment = _(MOMENTS[corrected.moment])
            said = f"{_.short_day(one.corrected_at.astimezone().date())}: {_what_was_done(_, one)} ({moment})"
            tag("p", f"{said}. {one.reason}".strip(), classes="small")
        for moment, recording, kept in pairs:
            if recording is not None and kept is not None:
                with tag("details"):
                    tag("summary", _("Correct the recording before") if moment == "before" else _("Correct the recording after"))
                    _correct(_, moment, recording, kept)


def _what_was_done(_: Translator, one: Correction) -> str:
    """A correction in a few words, with what it is about."""
    if "counted again" in one.detail:
        return _("all repetitions count again")
    if "part_s" in one.detail:
        part = one.detail["part_s"]
        return _("whole recording measured again") if part is None else _("part chosen: {part}").format(part=_seconds(_, *part))
    number = one.detail.get("repetition")
    return _(_KINDS[one.kind]) if number is None else f"{_(_KINDS[one.kind])}: {number}"


def _seconds(_: Translator, from_s: float, to_s: float) -> str:
    return f"{_.number(f'{from_s:.1f}')}{EN_DASH}{_.number(f'{to_s:.1f}')} s"


def _correct(_: Translator, moment: str, recording: Recording, kept: KeptMeasurement) -> None:
    figure(
        f"/charts/of/{kept.id}.png?lang={_.language}",
        _("The angle over time, with its repetitions numbered"),
        classes="chart",
        folded=True,
    )
    if kept.repetitions > 1:
        with form(f"/recordings/{recording.id}/drop"):
            options = [(str(n), str(n)) for n in range(1, kept.repetitions + 1)]
            choice(_("Leave out repetition"), "repetition", options, key=f"repetition-{moment}")
            field(_("Why"), "reason", key=f"why-{moment}", maxlength="500")
            button(_("Leave it out"))
    if "corrected" in kept.sources:
        with form(f"/recordings/{recording.id}/restore"):
            button(_("Count all repetitions again"))
    if recording.has_video:
        with form(f"/recordings/{recording.id}/person", data_pick="yes"):
            tag("p", _("Was somebody else measured? Click on the client in the picture."))
            tag(
                "img",
                loading="lazy",
                src=f"/recordings/{recording.id}/ghost.jpg",
                alt=_("First picture of the recording"),
                classes="pick",
            )
            with tag("div", classes="row numbers"):
                for name, words in (("x", _("From the left, %")), ("y", _("From the top, %"))):
                    field(words, name, key=f"{name}-{moment}", kind="number", min="0", max="99", step="0.1", required=True)
            button(_("Measure this person"))
        _part(_, moment, recording)
        with form(f"/recordings/{recording.id}/again"):
            button(_("Measure again"))
    with form(f"/recordings/{recording.id}/note"):
        field(_("Note on this recording"), "reason", key=f"note-{moment}", maxlength="500")
        button(_("Keep the note"))


def _part(_: Translator, moment: str, recording: Recording) -> None:
    """The part of the recording that is measured, as seconds of the chart above."""
    chosen, timing = part_of(recording), recording.timing
    last_s = None if timing is None else f"{timing.duration_s:.1f}"
    first, last = ("0", last_s) if chosen is None else (f"{chosen.from_s:g}", f"{chosen.to_s:g}")
    with form(f"/recordings/{recording.id}/part"), tag("fieldset", classes="plain"):
        tag("legend", _("Does only a part of the recording count?"))
        tag("p", _("Read off the chart, in seconds, where it begins and ends; what lies outside is not looked at."))
        with tag("div", classes="row numbers"):
            for name, words, value in (("from", _("From second"), first), ("to", _("To second"), last)):
                field(
                    words, name, key=f"{name}-{moment}", kind="number", min="0", max=last_s, step="0.1", value=value, required=True
                )
        field(_("Why"), "reason", key=f"why-part-{moment}", maxlength="500")
        button(_("Measure this part only"))
    if chosen is not None:
        with form(f"/recordings/{recording.id}/whole"):
            button(_("Measure the whole recording again"))


_KINDS = {
    "repetition dropped": N_("repetition left out"),
    "other person chosen": N_("other person chosen"),
    "number not used": N_("number not used"),
    "other": N_("note"),
}
