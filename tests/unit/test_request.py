"""What a command asks for reaches the measurement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rom_tracker.cli.request import Request, are_swapped
from rom_tracker.sample_clips import sample_pairs


@pytest.mark.parametrize(
    ("client", "after", "points"),
    [
        (None, None, (None, None)),
        ("320,240", None, ((320.0, 240.0), (320.0, 240.0))),
        ("320,240", "100,50.5", ((320.0, 240.0), (100.0, 50.5))),
        (None, "100,50.5", (None, (100.0, 50.5))),
    ],
)
def test_the_second_recording_is_of_the_client_of_the_first(monkeypatch: pytest.MonkeyPatch, client, after, points) -> None:
    asked: list[tuple[Path, dict[str, Any]]] = []

    def measured(video: Path, *_: object, **options: Any) -> str:
        asked.append((video, options))
        return f"the measurement of {video.name}"

    monkeypatch.setattr("rom_tracker.analysis.measuring.measure", measured)
    monkeypatch.setattr(Request, "_fetch_models", lambda self: None)
    before, later = (clip.path for clip in sample_pairs()[0])
    wanted = Request.of((before, later), "knee_flexion", "left", "auto", None).pointing_at(client, after)
    found = list(wanted.measure_pair(before, later))
    assert found == [f"the measurement of {before.name}", f"the measurement of {later.name}"]
    assert [video for video, _ in asked] == [before, later]
    assert [options["last"] for _, options in asked] == [None, found[0]]
    assert tuple(options["client"] for _, options in asked) == points


@pytest.mark.parametrize(
    ("before", "after", "swapped"),
    [
        ("kim_post.mp4", "kim_pre.mp4", True),
        ("Kim after 2.mov", "Kim before 2.mov", True),
        ("kim_pre.mp4", "kim_post.mp4", False),
        ("one.mp4", "kim_before.mp4", False),
        ("postman.mp4", "preacher.mp4", False),
        ("before_and_after.mp4", "before.mp4", False),
    ],
)
def test_names_that_say_the_contrary(before: str, after: str, swapped: bool) -> None:
    assert are_swapped(Path(before), Path(after)) == swapped
