"""A file dropped in, one that is no video, and a phone that films."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from opened import CLIPS, Seen, Server, browser, come_in, session_of
from playwright.sync_api import Page, Playwright

from rom_tracker.app.phone import own_address
from rom_tracker.errors import MeasurementError


def _in_a_network() -> bool:
    try:
        return bool(own_address())
    except MeasurementError:
        return False


def files_of(page: Page, server: Server, session: str) -> None:
    page.goto(f"{server.origin}/sessions/{session}")
    page.wait_for_selector("[data-upload]", state="attached")
    page.wait_for_load_state("load")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")


def test_a_file_is_measured_and_one_that_is_no_video_is_told(
    server: Server, playwright: Playwright, seen: Seen, tmp_path: Path
) -> None:
    session = session_of(server, "Bea")
    bad = tmp_path / "holiday.mp4"
    bad.write_text("no video at all\n" * 100)
    with browser(playwright, seen) as context:
        page = come_in(context, server)
        page.goto(f"{server.origin}/live/{session}/elbow_flexion-left/before")
        page.click("text=Use a video file or a phone instead")
        page.wait_for_selector("#file-elbow_flexion-left-before", state="visible")
        assert not page.is_visible("#file-elbow_flexion-left-after")
        files_of(page, server, session)
        page.set_input_files("#file-elbow_flexion-left-before", bad)
        page.wait_for_selector("[data-failed=yes]")
        assert "holiday.mp4" in page.inner_text("[data-failed=yes] .upload-state")
        page.fill("#field-notes", "Pressed above the elbow.")
        page.set_input_files("#file-elbow_flexion-left-before", CLIPS / "elbow_flexion_pre.mp4")
        page.wait_for_selector("text=/End range 11\\d°/")
        assert page.input_value("#field-notes") == "Pressed above the elbow."
        page.fill("#field-by", "Kim")
        page.fill("#field-complaint", "stiff")
        page.click("button:has-text('Sign')")
        page.wait_for_selector("text=/Signed by Kim/")
        assert page.input_value("#field-complaint") == "stiff"
        files_of(page, server, session)
        page.set_input_files("#file-elbow_flexion-left-before", CLIPS / "elbow_flexion_post.mp4")  # The other one was a mistake.
        page.wait_for_selector("text=/End range 12\\d°/")
    with server.records() as store:
        record = store.sessions.get(session)
        assert [recording.moment for recording in record.recordings] == ["before", "before"]
        assert record.session.notes == "Pressed above the elbow."


@pytest.mark.skipif(not _in_a_network(), reason="this computer is in no network")
def test_a_phone_sends_a_video(server: Server, playwright: Playwright, seen: Seen) -> None:
    session = session_of(server, "Cem")
    with (
        browser(playwright, seen) as context,
        browser(
            playwright, Seen(), ignore_https_errors=True, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
        ) as pocket,
    ):
        page = come_in(context, server)
        files_of(page, server, session)
        page.click("text=Film with a phone ...")
        sign = page.wait_for_selector(".sign")
        assert sign is not None
        address, code = re.findall(r"(https://\S+) .* (\d{6})", sign.inner_text())[0]
        phone = pocket.new_page()
        phone.goto(address)
        phone.fill("#code", "000000" if code != "000000" else "111111")
        phone.click("button")
        phone.wait_for_selector("[role=alert]:has-text('That is not the code.')")
        phone.fill("#code", code)
        phone.click("button")
        phone.wait_for_selector("#film")
        phone.wait_for_load_state("load")
        assert phone.get_attribute("#film", "capture") == "environment"
        assert "Cem" not in phone.content()
        phone.set_input_files("#film", CLIPS / "elbow_flexion_pre.mp4")
        phone.wait_for_selector("[data-done=yes]")
        assert pocket.request.get(f"{address}/clients").status == 404
        page.goto(f"{server.origin}/settings")
        page.click("text=Close it")
        page.wait_for_selector(".sign", state="detached")
    with server.records() as store:
        (recording,) = store.sessions.get(session).recordings
        assert recording.has_video
