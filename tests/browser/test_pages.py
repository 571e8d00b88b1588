"""Every page: for keyboard and screen reader (axe), on a phone's width, light and dark, in three languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from opened import CLIPS, Seen, Server, browser, come_in, picture
from playwright.sync_api import BrowserContext, Page, Playwright

from rom_tracker.analysis.comparison import compare
from rom_tracker.analysis.measuring import measure

#: The pages, by what of the records their path names.
PAGES = (
    "/", "/clients/{client}", "/clients/{client}/measure", "/sessions/{session}", "/live/{session}/elbow_flexion-left/before",
    "/results/{session}/elbow_flexion-left", "/protocols", "/protocols/hamstrings", "/settings", "/calibration",
)  # fmt: skip

#: A trend is given from five sessions on.
SESSIONS = 6


@pytest.fixture(scope="module")
def ids(server: Server) -> dict[str, str]:
    """A client with six sessions of the sample clips, a week apart."""
    clips = {"before": CLIPS / "elbow_flexion_pre.mp4", "after": CLIPS / "elbow_flexion_post.mp4"}
    found = {moment: measure(clip, "elbow_flexion", "left") for moment, clip in clips.items()}
    with server.records() as store:
        client = store.clients.add("Gil Example", birth_year=1980, sex="female")
        store.clients.consent(client.id, "video")
        for week in range(SESSIONS):
            held_at = datetime.now(UTC) - timedelta(weeks=SESSIONS - 1 - week)
            session = store.sessions.start(client.id, held_at=held_at, setup={"measures": ["elbow_flexion-left"]})
            kept = []
            for moment, clip in clips.items():
                recording = store.recordings.add(session.id, "elbow_flexion", "left", moment, media_type="video/mp4")  # type: ignore[arg-type]
                store.recordings.take_video(recording.id, clip)
                kept.append(store.measurements.keep(recording.id, found[moment]).id)
            store.measurements.keep_comparison(*kept, compare(found["before"], found["after"]))
        return {"client": client.id, "session": session.id}


@pytest.fixture(scope="module")
def window(server: Server, playwright: Playwright) -> Iterator[tuple[BrowserContext, Page, Seen]]:
    seen = Seen()
    with browser(playwright, seen) as context:
        yield context, come_in(context, server), seen


def shown(page: Page, server: Server, path: str, ids: dict[str, str]) -> None:
    page.goto(server.origin + path.format(**ids))
    page.wait_for_selector("h1")
    page.wait_for_load_state("load")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_stands_in_the_way_of_keyboard_and_screen_reader(
    window: tuple[BrowserContext, Page, Seen], server: Server, ids: dict[str, str], path: str
) -> None:
    _, page, seen = window
    for scheme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 800})
        shown(page, server, path, ids)
        picture(page, f"{(path.strip('/') or 'clients').replace('/', '_').format(client='one', session='one')}_{scheme}_{width}")
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"), (path, width)
    assert not [url for url in seen.requests if not url.startswith((server.origin, "data:", "blob:"))]
    assert not [words for words in seen.complaints if "Content Security" in words or "Error" in words]


@pytest.mark.parametrize(("language", "words"), [("de", "Klienten"), ("es", "Clientes"), ("en", "Clients")])
def test_the_language_is_chosen_on_every_page(
    window: tuple[BrowserContext, Page, Seen], server: Server, ids: dict[str, str], language: str, words: str
) -> None:
    _, page, _seen = window
    shown(page, server, "/settings", ids)
    page.select_option("#language", language)
    page.wait_for_function(
        f"document.documentElement.lang === '{language}' && document.querySelector('nav a')?.textContent === '{words}'"
    )
    assert page.url.endswith("/settings")


def test_a_client_is_added_with_the_keyboard_alone(
    window: tuple[BrowserContext, Page, Seen], server: Server, ids: dict[str, str]
) -> None:
    _, page, _seen = window
    shown(page, server, "/", ids)
    page.focus("#field-label")
    page.keyboard.type("Hal")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.focus("#field-label")
    page.keyboard.press("Enter")
    page.wait_for_url("**/measure")
    assert "Hal" in page.inner_text("h1")


def test_a_strange_page_is_not_let_in(server: Server, playwright: Playwright, seen: Seen) -> None:
    with browser(playwright, seen) as context:
        page = context.new_page()
        answer = page.goto(f"{server.origin}/")
        assert answer is not None
        assert answer.status == 403
        assert "rom-tracker app" in page.inner_text("body")
