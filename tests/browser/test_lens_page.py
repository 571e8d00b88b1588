"""The lens of the camera, measured in the page with the printed board, whose pictures are rendered through a known lens."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import cv2
import pytest
from opened import CLIPS, ROOT, Seen, Server, browser, come_in, picture
from playwright.sync_api import Playwright

sys.path.append(str(ROOT / "tests" / "unit"))
from boards import TOUR, WIDE, board_sheet, filmed

#: Pictures of the camera for which the board is held still at each place.
HELD = 16


@pytest.fixture(scope="module")
def board_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, sheet = tmp_path_factory.mktemp("cameras") / "board.mjpeg", board_sheet()
    pictures = (cv2.imencode(".jpg", filmed(sheet, pose, WIDE), [cv2.IMWRITE_JPEG_QUALITY, 93])[1].tobytes() for pose in TOUR)
    path.write_bytes(b"".join(one * HELD for one in pictures))
    return path


def test_the_lens_is_measured_from_the_board_before_the_camera(
    server: Server, playwright: Playwright, board_film: Path, seen: Seen
) -> None:
    with browser(playwright, seen, board_film) as context:
        page = come_in(context, server)
        page.goto(f"{server.origin}/calibration")
        assert page.inner_text("text=None yet")
        page.click("text=Open the camera")
        page.wait_for_function("document.querySelector('#board-picture').videoWidth > 0")
        page.set_input_files("#board-file", CLIPS / "elbow_flexion_pre.mp4")
        page.wait_for_selector("text=The board was not found")
        page.click("#board-start")
        page.wait_for_timeout(1000 * (HELD * len(TOUR) / 30 + 1))
        picture(page, "app_calibration")
        page.click("#board-stop")
        known = page.wait_for_selector("text=/sees \\d+° across/")
        assert known is not None
        (degrees,) = re.findall(r"sees (\d+)° across", known.inner_text())
        assert int(degrees) == pytest.approx(WIDE.field_deg, abs=1.5)
    assert not [words for words in seen.complaints if "Content Security" in words]
