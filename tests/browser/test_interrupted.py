"""A server that is killed in the middle of a recording, and two windows at once."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from opened import Seen, Server, browser, come_in, session_of
from playwright.sync_api import Playwright


def test_what_was_recorded_when_the_server_was_killed_is_offered(
    server: Server, playwright: Playwright, cameras: Callable[[str], Path], seen: Seen
) -> None:
    session = session_of(server, "Dora")
    with browser(playwright, seen, cameras("elbow_flexion_pre")) as context:
        page = come_in(context, server)
        page.goto(f"{server.origin}/live/{session}/elbow_flexion-left/before")
        page.wait_for_selector("#start:not([disabled])")
        page.evaluate("room.is.warm_up = 0; room.is.scored = 99")
        page.click("#start")
        page.wait_for_selector("#live[data-state=recording]")
        page.wait_for_function("room.sent >= 8")
        recorded_s = page.evaluate("room.sent / 2")  # A piece is half a second or longer.
        server.stop(signal.SIGKILL)
    server.start()
    with browser(playwright, seen) as context:
        page = come_in(context, server)
        page.wait_for_selector("text=A recording was interrupted")
        assert "Dora" in page.inner_text(".interrupted")
        page.click("text=Use what was recorded")
        page.wait_for_selector("text=/End range|No number/")
    with server.records() as store:
        (recording,) = store.sessions.get(session).recordings
        assert recording.timing is not None
        assert recording.timing.duration_s > recorded_s - 1.5
        assert store.recordings.cut_off() == ()


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
            page.wait_for_selector("#start:not([disabled])")
            page.evaluate("room.is.warm_up = 0; room.is.scored = 99")
            page.click("#start")
            page.wait_for_selector("#live[data-state=recording]")
        for page in pages:
            page.bring_to_front()
            page.wait_for_function("room.sent >= 4")
            page.click("#stop")
            page.wait_for_url(lambda url: "/sessions/" in url)
    with server.records() as store:
        found = [store.sessions.get(session).recordings for session in sessions]
        assert [len(recordings) for recordings in found] == [1, 1]
        assert store.recordings.cut_off() == ()
