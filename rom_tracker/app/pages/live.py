"""The live page: the camera, what is right and what is not yet, and the recorder. What moves on it is ``static/live.js``."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request
from nicegui import ui

from rom_tracker.app.live import drawing
from rom_tracker.app.parts import card, choice, link, tag, tick
from rom_tracker.app.recordings import earlier_recording, moment_of, numbers_of
from rom_tracker.app.room import Room
from rom_tracker.app.words import MOMENTS, SIDES, Measure
from rom_tracker.i18n import Translator
from rom_tracker.movements import Movement
from rom_tracker.result_words import EN_DASH


def register(room: Room) -> None:
    """Give the page its path."""

    @ui.page("/live/{session_id}/{measure_key}/{moment_name}")
    def live(request: Request, session_id: str, measure_key: str, moment_name: str) -> None:
        _ = room.look(request)._
        measure, moment = Measure.read(measure_key), moment_of(moment_name)
        record = room.store.sessions.get(session_id)
        client = room.store.clients.get(record.session.client_id)
        earlier = earlier_recording(room.store, record, measure, moment)
        warm_up, scored = numbers_of(record.session)
        config = {
            "session": session_id,
            "measure": measure.key,
            "moment": moment,
            "language": _.language,
            "warm_up": warm_up,
            "scored": scored,
            "drawing": drawing(measure.movement, measure.side),
            "words": _words(_, moment),
        }
        title = f"{measure.words(_)} · {_('before the treatment') if moment == 'before' else _('after the treatment')}"
        with room.page(request, title, at="/", scripts=("live.js",)):
            with tag("p", classes="row"):
                tag("span", client.label, classes="soft")
                link(_("Use a video file or a phone instead"), f"/sessions/{session_id}?files={measure.key}-{moment}")
            ghost = None if earlier is None or not earlier.has_video else f"/recordings/{earlier.id}/ghost.jpg"
            _stage(_, config, measure, ghost, moment)


def _stage(_: Translator, config: dict[str, Any], measure: Measure, ghost: str | None, moment: str) -> None:
    with tag("div", id="live", data_config=json.dumps(config), data_state="set-up"):
        with tag("div"):
            with tag("div", classes="stage"):
                tag("video", id="camera", muted=True, playsinline=True, autoplay=True, aria_label=_("Picture of the camera"))
                if ghost is not None:
                    tag("img", id="ghost", src=ghost, alt=_("Where the client stood last time"))
                tag("canvas", id="overlay", aria_hidden="true")
                with tag("div", classes="over"):
                    tag("span", id="phase", role="status")
                    tag("span", id="count", role="status")
                tag("div", id="big", aria_live="assertive")
            with tag("div", id="camera-trouble", classes="notice caution", hidden=True, role="alert"):
                tag("p", id="camera-trouble-words")
                tag("button", _("Use the camera"), type="button", id="allow")
            with tag("div", id="failed", classes="notice error", hidden=True, role="alert"):
                tag("p", id="failed-words")
            with tag("div", classes="under"):
                words = _("Record before") if moment == "before" else _("Record after")
                tag("button", words, type="button", id="start", classes="main-action big", disabled=True)
                tag("button", _("Stop"), type="button", id="stop", classes="big", hidden=True)
                tag("span", _("Loading what finds the joints ..."), id="live-state", role="status", classes="soft")
            with tag("div", classes="now"):
                tag("span", EN_DASH, id="angle", aria_hidden="true")
                tag("canvas", id="trace", aria_hidden="true")
            tag("p", _numbers(_, config), classes="hint")
        with tag("div"):
            _set_up(_, measure.movement, measure, ghost)


def _numbers(_: Translator, config: dict[str, Any]) -> str:
    warm_up = _.ngettext(
        "{n} repetition to warm up, which does not count,", "{n} repetitions to warm up, which do not count,", config["warm_up"]
    ).format(n=config["warm_up"])
    scored = _.ngettext("{n} that counts.", "{n} that count.", config["scored"]).format(n=config["scored"])
    then, keys = _("then"), _("Space starts and stops, Escape stops.")
    return f"{warm_up} {then} {scored} {keys}" if config["warm_up"] else f"{scored} {keys}"


def _set_up(_: Translator, movement: Movement, measure: Measure, ghost: str | None) -> None:
    with card(_("Set-up")):
        tag("ul", id="checks", aria_label=_("What is right already"))
        tag("p", _("What is right already shows here in a moment."), id="verdict", classes="verdict", role="status")
        if ghost is not None:
            with tag("p", classes="tick"):
                tag("input", type="checkbox", id="ghost-on", checked=True)
                tag("label", _("Show where the client stood last time"), for_="ghost-on")
    with card(_("How it is done"), classes="posture"):
        tag("img", src=f"/pictures/{movement.key}.svg", alt=_("How it looks: {movement}").format(movement=_(movement.title)))
        tag("p", _("Client: {position}.").format(position=_(movement.position)))
        if movement.sided:
            tag("p", _("Tested side: {side}.").format(side=_(SIDES[measure.side])))
        where = _("Camera: {where}; 2 to 4 m away, at the height of the joint.")
        tag("p", where.format(where=_(movement.camera_words)))
        tag("p", _("Start still, move slowly as far as it goes, hold for half a second, and come back."), classes="soft")
    with card(_("Camera and sound")):
        with tag("div", id="camera-choice", hidden=True):
            choice(_("Camera"), "camera", [])
        tick(_("Tones and spoken words"), "sound", checked=True)
        tag("p", _("The browser asks once whether it may use the camera. No sound is recorded."), classes="hint")


def _words(_: Translator, moment: str) -> dict[str, str]:
    """What the script says, in the page's language."""
    return {
        "camera": _("Camera"),
        "camera_denied": _(
            "The browser may not use the camera. Click on the camera sign beside the address and allow it, then try again."
        ),
        "camera_none": _("No camera was found. Connect one and try again, or use a video file or a phone; the link is above."),
        "camera_busy": _("Another program uses the camera. Close it, then try again."),
        "camera_failed": _("The camera could not be opened. Try again."),
        "camera_lost": _("The camera was unplugged or switched off. What was recorded until then is kept."),
        "lost_server": _("The program does not answer; trying again ..."),
        "not_yet": _("not yet"),
        "all_good": _("Everything is right. You can start."),
        "look_at_marks": _("Look at the marked points first. You can start all the same."),
        "warm_up": _("Warm-up"),
        "warm_up_say": _("Warm up."),
        "counted": _("These count"),
        "stand_still": _("Stand still"),
        "go": _("Go."),
        "done": _("Done."),
        "saving": _("Saving ..."),
        "stop": _("Stop"),
        "back": _("Cancel"),
        "failed": _("The recording could not be kept. Try again."),
        "moment": _(MOMENTS[moment]),
    }
