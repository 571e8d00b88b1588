"""What the therapist puts right about a measurement: each correction changes the number, is kept as such, and can be undone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opened import CLIPS, Seen, Server, browser, come_in, session_of
from playwright.sync_api import Page, Playwright

from rom_tracker.analysis.comparison import compare
from rom_tracker.analysis.measuring import measure
from rom_tracker.capture.recording import FrameTiming
from rom_tracker.store import SessionRecord


@pytest.fixture
def session(server: Server) -> str:
    """One in which both clips of the elbow are measured."""
    session = session_of(server, "Kim")
    with server.records() as store:
        found = {moment: measure(CLIPS / f"elbow_flexion_{name}.mp4", "elbow_flexion", "left") for moment, name in
                 (("before", "pre"), ("after", "post"))}  # fmt: skip
        kept = []
        for moment, one in found.items():
            recording = store.recordings.add(session, "elbow_flexion", "left", moment, media_type="video/mp4")  # type: ignore[arg-type]
            store.recordings.take_video(recording.id, CLIPS / f"elbow_flexion_{'pre' if moment == 'before' else 'post'}.mp4")
            store.recordings.describe(recording.id, timing=FrameTiming.of(one.angles.time_s))
            kept.append(store.measurements.keep(recording.id, one).id)
        store.measurements.keep_comparison(*kept, compare(found["before"], found["after"]))
    return session


@pytest.fixture
def result(server: Server, playwright: Playwright, seen: Seen, session: str) -> Iterator[Page]:
    """The result page, with the corrections of the recording before unfolded."""
    with browser(playwright, seen) as context:
        page = come_in(context, server)
        page.goto(f"{server.origin}/results/{session}/elbow_flexion-left")
        unfold(page)
        yield page
    assert not [words for words in seen.complaints if "Content Security" in words]


def unfold(page: Page) -> None:
    page.wait_for_load_state("load")
    page.click("summary:has-text('Correct the recording before')")


def numbers(page: Page) -> list[str]:
    """The cells of the recording before: end range, interval, start, repetitions."""
    return page.locator("tbody tr").first.locator("td").all_inner_texts()


def record_of(server: Server, session: str) -> SessionRecord:
    with server.records() as store:
        return store.sessions.get(session)


def test_a_repetition_is_left_out_and_all_are_counted_again(server: Server, session: str, result: Page) -> None:
    whole = numbers(result)
    assert whole[3] == "2"
    result.select_option("#field-repetition-before", "1")
    result.fill("#field-why-before", "warmed up")
    result.click("text=Leave it out")
    result.wait_for_selector("text=/repetition left out: 1 .*warmed up/")
    assert numbers(result)[3] == "1"
    assert "repetition 1" in result.inner_text("section:has(h2:text-is('What to mind'))")
    unfold(result)
    result.click("text=Count all repetitions again")
    result.wait_for_selector("text=all repetitions count again")
    assert numbers(result) == whole
    unfold(result)
    assert result.locator("text=Count all repetitions again").count() == 0
    assert [one.kind for one in record_of(server, session).corrections] == ["repetition dropped", "other"]


def test_a_part_of_the_recording_is_measured_and_the_whole_one_again(server: Server, session: str, result: Page) -> None:
    whole = numbers(result)
    assert [result.input_value(f"#field-{name}-before") for name in ("from", "to")] == ["0", "6.1"]
    result.fill("#field-to-before", "3.1")
    result.fill("#field-why-part-before", "then somebody came in")
    result.press("#field-why-part-before", "Enter")
    result.wait_for_selector("text=/part chosen: 0.0.3.1 s .*then somebody came in/")
    assert numbers(result)[3] == "1"
    assert "Only the part from 0.0 to 3.1 s was looked at." in result.inner_text("section:has(h2:text-is('What to mind'))")
    record = record_of(server, session)
    (correction,) = record.corrections
    assert (correction.kind, correction.detail["part_s"]) == ("part chosen", [0.0, 3.1])
    assert record.recordings[0].timing is not None
    assert record.recordings[0].timing.duration_s == pytest.approx(6.07, abs=0.01), "that of the video"
    unfold(result)
    assert result.input_value("#field-to-before") == "3.1"
    result.click("text=Measure the whole recording again")
    result.wait_for_selector("text=whole recording measured again")
    assert numbers(result) == whole
    assert len(record_of(server, session).measurements) == 4, "nothing that was measured is lost"


@pytest.mark.parametrize(("first", "last", "words"), [("2", "2.5", "1 s or more"), ("3", "60", "6.1 s long")])
def test_a_part_that_is_none_is_told(result: Page, first: str, last: str, words: str) -> None:
    result.evaluate("document.querySelectorAll('input[type=number]').forEach((each) => each.removeAttribute('max'))")
    result.fill("#field-from-before", first)
    result.fill("#field-to-before", last)
    result.click("text=Measure this part only >> nth=0")
    said = result.wait_for_selector("[role=alert]")
    assert said is not None
    assert words in said.inner_text()
    assert "part chosen" not in result.inner_text("#content")
