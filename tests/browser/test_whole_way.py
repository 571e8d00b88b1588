"""From a new client to the printed page, as a therapist goes it: the camera shows clips of known angles."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from opened import CLIPS, Seen, Server, browser, come_in, picture
from playwright.sync_api import BrowserContext, Page, Playwright

from rom_tracker.analysis.checks import LONGEST_GAP_S
from rom_tracker.app.recordings import latest
from rom_tracker.app.words import Measure
from rom_tracker.store.records import Moment

CLIENT = "Ann Example"

#: The limb is held at its end range: the live view, which follows a moving one by a picture, lies on it then.
HELD = (
    "room.last.angle > 60 && room.trace.length > 2 && room.trace.slice(-2).every((each) => Math.abs(each[1] - room.last.angle) < 3)"
)


#: So often a recording is made, at most, where the browser has no time to take every picture.
MOST_TRIES = 3

#: The recording that was just made is measured.
MEASURED = """() => location.pathname.startsWith("/results/")
    ? document.querySelector("#change")
    : /End range \\d|No number/.test(document.querySelector("#content")?.innerText)"""


def truth(file: str) -> float:
    clips = tomllib.loads((CLIPS / "manifest.toml").read_text())["clip"]
    return float(np.mean(next(clip["peaks_deg"] for clip in clips if clip["file"] == file)))


def record(page: Page) -> None:
    """Record what the camera shows, from the live page on, until it stops by itself."""
    page.wait_for_selector("#start:not([disabled])")
    page.wait_for_function("document.querySelectorAll('#checks li').length > 5")
    page.click("#start")
    page.wait_for_selector("#live[data-state=recording]")
    picture(page, "app_recording", whole=False, when=HELD)
    page.wait_for_url(lambda url: "/live/" not in url)


def record_well(page: Page, server: Server, moment: Moment) -> str:
    """Record, and again where pictures are missing for so long that the program itself says it; the session's identifier."""
    gaps = []
    for _ in range(MOST_TRIES):
        record(page)
        page.wait_for_function(MEASURED)
        session = re.findall("/(?:sessions|results)/([0-9a-f]{32})", page.url)[0]
        with server.records() as store:
            found = latest(store.sessions.get(session), Measure.read("shoulder_abduction-left"), moment)
        assert found is not None
        assert found.timing is not None
        gaps.append(found.timing.longest_gap_s or 0.0)
        if gaps[-1] <= LONGEST_GAP_S:
            return session
        page.goto(f"{server.origin}/sessions/{session}")
        page.click(f"a[href$='/{moment}']:text-is('Record again')")
    raise AssertionError(f"pictures are missing in every recording: for {gaps} s")


def new_client(context: BrowserContext, server: Server, name: str = CLIENT) -> Page:
    page = come_in(context, server)
    page.fill("#field-label", name)
    page.check("#field-consent-records")
    page.check("#field-consent-video")
    return page


@pytest.mark.at_rest
def test_from_a_new_client_to_the_printed_page(
    server: Server, playwright: Playwright, cameras: Callable[[str], Path], seen: Seen, tmp_path: Path
) -> None:
    with browser(playwright, seen, cameras("shoulder_abduction_pre")) as context:
        page = new_client(context, server)
        page.click("text=Add and measure")  # 1
        page.fill("#find", "shoulder abduction")
        page.click("button[aria-label='Shoulder abduction, left']")  # 2
        session = record_well(page, server, "before")  # 3
        picture(page, "app_session")
        state = tmp_path / "state.json"
        context.storage_state(path=state)
    with browser(playwright, seen, cameras("shoulder_abduction_post"), storage_state=state) as context:
        page = context.new_page()
        page.goto(f"{server.origin}/sessions/{session}")
        page.click("text=Record after")  # 4
        record_well(page, server, "after")  # 5
        said = page.inner_text("#change")
        assert said.startswith("Improved"), page.inner_text("#content")
        assert page.inner_text("h1") == "Shoulder abduction, left"
        page.wait_for_function("document.querySelector('figure img').naturalWidth > 300")
        page.set_viewport_size({"width": 1280, "height": 1180})
        picture(page, "app_result", whole=False)
        link = page.get_attribute("text=Print the client's page", "href")  # 6
        pdf = context.request.get(f"{server.origin}{link}")
        assert pdf.body().startswith(b"%PDF")
        page.goto(f"{server.origin}/")
        page.click(f"text={CLIENT}")
        page.wait_for_function("[...document.querySelectorAll('figure.chart img')].some((image) => image.naturalWidth > 300)")
        assert "Shoulder abduction, left" in page.inner_text("#content")
    with server.records() as store:
        kept = store.sessions.get(session)
        (compared,) = kept.current_comparisons()
        for measurement in (one for one in kept.measurements if one.id in (compared.before_id, compared.after_id)):
            moment = kept.moment_of(measurement)
            true_deg = truth(f"shoulder_abduction_{'pre' if moment == 'before' else 'post'}.mp4")
            assert measurement.interval_deg is not None
            low, high = measurement.interval_deg
            assert low <= true_deg <= high, (moment, measurement.peak_deg, true_deg)
            assert measurement.repetitions >= 1
        assert compared.interval_deg is not None
        low, high = compared.interval_deg
        assert low <= truth("shoulder_abduction_post.mp4") - truth("shoulder_abduction_pre.mp4") <= high
        assert compared.change_deg is not None
        assert f"{abs(round(compared.change_deg))}°" in said
        for recording in kept.recordings:
            assert recording.timing is not None
            assert recording.media_type == "video/mp4"
    assert not [url for url in seen.requests if not url.startswith((server.origin, "data:", "blob:"))]
    assert not [words for words in seen.complaints if "Content Security Policy" in words]
    assert CLIENT not in server.log()
