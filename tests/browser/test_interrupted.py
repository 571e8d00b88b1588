"""A server that is killed in the middle of a recording, and two windows at once."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

from opened import Seen, Server, browser, come_in, session_of
from playwright.sync_api import Page, Playwright

#: A quiet machine needs two seconds; one that is busy with other tests, six.
STOPS_WITHIN_S = 15.0


def begin_recording(page: Page) -> None:
    """Record without a warm-up, and without an end of its own."""
    page.wait_for_selector("#start:not([disabled])")
    page.evaluate("room.is.warm_up = 0; room.is.scored = 99")
    page.click("#start")
    page.wait_for_selector("#live[data-state=recording]")


def test_what_was_recorded_when_the_server_was_killed_is_offered(
    own_server: Server, playwright: Playwright, cameras: Callable[[str], Path], seen: Seen
) -> None:
    session = session_of(own_server, "Dora")
    with browser(playwright, seen, cameras("elbow_flexion_pre")) as context:
        page = come_in(context, own_server)
        page.goto(f"{own_server.origin}/live/{session}/elbow_flexion-left/before")
        begin_recording(page)
        page.wait_for_function("room.sent >= 8")
        pieces = page.evaluate("room.sent")
        own_server.stop(signal.SIGKILL)
    own_server.start()
    with browser(playwright, seen) as context:
        page = come_in(context, own_server)
        page.wait_for_selector("text=A recording was interrupted")
        assert "Dora" in page.inner_text(".interrupted")
        page.click("text=Use what was recorded")
        page.wait_for_selector("text=/End range|No number/")
    with own_server.records() as store:
        (recording,) = store.sessions.get(session).recordings
        assert recording.timing is not None
        # A piece is half a second, and reaches the disk as it comes: no more than about a second is lost.
        assert pieces / 2 - 1.5 < recording.timing.duration_s < pieces + 1
        assert store.recordings.cut_off() == ()


def test_who_goes_back_while_the_recording_begins_records_nothing(
    own_server: Server, playwright: Playwright, cameras: Callable[[str], Path], seen: Seen
) -> None:
    session = session_of(own_server, "Lee")
    with browser(playwright, seen, cameras("elbow_flexion_pre")) as context:
        page = come_in(context, own_server)
        page.goto(f"{own_server.origin}/live/{session}/elbow_flexion-left/before")
        page.wait_for_selector("#start:not([disabled])")
        page.evaluate(
            """() => {
                room.is.warm_up = 0;
                const ask = room.ask;
                room.ask = async (...about) => {
                    const found = await ask.apply(room, about);
                    room.asked = [...(room.asked || []), about[0]];
                    if (about[0] === "/recordings") await new Promise((done) => { room.answer = done; });
                    return found;
                };
            }"""
        )
        page.click("#start")
        page.wait_for_function("room.answer !== undefined")
        page.keyboard.press("Escape")
        page.evaluate("room.answer()")
        page.wait_for_function("room.asked.length == 2")
        assert page.evaluate("room.asked[1]").endswith("/give-up")
        assert page.get_attribute("#live", "data-state") == "set-up"
        assert page.evaluate("room.recorder === undefined")
    with own_server.records() as store:
        assert store.sessions.get(session).recordings == ()


def test_it_stops_when_it_is_told_to_while_a_window_records(
    own_server: Server, playwright: Playwright, cameras: Callable[[str], Path], seen: Seen
) -> None:
    session = session_of(own_server, "Jo")
    with browser(playwright, seen, cameras("elbow_flexion_pre")) as context:
        page = come_in(context, own_server)
        page.goto(f"{own_server.origin}/live/{session}/elbow_flexion-left/before")
        begin_recording(page)
        process = own_server.process
        assert process is not None
        began_s = time.monotonic()
        own_server.stop()
        assert time.monotonic() - began_s < STOPS_WITHIN_S
        assert process.returncode == 0
    with own_server.records() as store:
        assert len(store.recordings.cut_off()) == 1
    assert "Error" not in own_server.log()


def test_two_windows_do_not_get_in_each_others_way(
    server: Server, playwright: Playwright, cameras: Callable[[str], Path], seen: Seen
) -> None:
    sessions = [session_of(server, name) for name in ("Eve", "Finn")]
    with browser(playwright, seen, cameras("elbow_flexion_pre")) as context:
        pages = [come_in(context, server), context.new_page()]
        for page, session in zip(pages, sessions, strict=True):
            page.goto(f"{server.origin}/live/{session}/elbow_flexion-left/before")
        for page in pages:
            page.bring_to_front()
            begin_recording(page)
        for page in pages:
            page.bring_to_front()
            page.wait_for_function("room.sent >= 4")
            page.click("#stop")
            page.wait_for_url(lambda url: "/sessions/" in url)
    with server.records() as store:
        found = [store.sessions.get(session).recordings for session in sessions]
        assert [len(recordings) for recordings in found] == [1, 1]
        assert store.recordings.cut_off() == ()
