from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from boards import PX_PER_MM
from boards import card_sheet as card_picture
from matplotlib.backends.backend_agg import FigureCanvasAgg

from rom_tracker.calibration import card
from rom_tracker.calibration.board import BOARD, BoardFinder
from rom_tracker.calibration.sheets import MM_PER_INCH, PAPERS, board_sheet, card_sheet, save_sheet
from rom_tracker.capture import Frame
from rom_tracker.errors import OutputError, UsageError

FOLDER = Path(__file__).parents[3] / "calibration"
MADE = {"board_a4.pdf": (board_sheet, "a4"), "board_letter.pdf": (board_sheet, "letter"), "goniometer_card.pdf": (card_sheet, "a4")}


@pytest.mark.parametrize("name", MADE)
def test_the_files_of_the_repository_are_what_the_program_makes(name, tmp_path):
    make, paper = MADE[name]
    save_sheet(make(paper), tmp_path / name)
    assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
    assert (FOLDER / name).stat().st_size < 60_000


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("make", [board_sheet, card_sheet])
def test_pages_have_their_true_size(make, paper, tmp_path):
    save_sheet(make(paper), tmp_path / "sheet.pdf")
    _, _, width, height = map(float, re.search(rb"/MediaBox \[([\d. ]+)\]", (tmp_path / "sheet.pdf").read_bytes())[1].split())
    edges = sorted((PAPERS[paper].width_mm, PAPERS[paper].height_mm))
    assert sorted((width, height)) == pytest.approx([edge / MM_PER_INCH * 72 for edge in edges], abs=0.01)


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("make", [board_sheet, card_sheet])
def test_everything_is_on_the_page_with_a_margin_and_no_words_overlap(make, paper):
    figure = make(paper)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    page, margin = figure.bbox, 5 / MM_PER_INCH * figure.dpi
    axes = figure.axes[0]
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in axes.texts]
    for box in [*boxes, *(artist.get_window_extent() for artist in (*axes.lines, *axes.patches))]:
        assert box.x0 >= page.x0 + margin
        assert box.y0 >= page.y0 + margin
        assert box.x1 <= page.x1 - margin
        assert box.y1 <= page.y1 - margin
    patches = [patch.get_window_extent() for patch in axes.patches]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in (*boxes[i + 1 :], *patches))


def test_the_board_is_found_at_its_true_size():
    figure = board_sheet("a4")
    figure.set_dpi(PX_PER_MM * MM_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    found = BoardFinder().find(Frame(0, 0.0, np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., 2::-1])))
    assert found is not None
    assert len(found.ids) == (BOARD.columns - 1) * (BOARD.rows - 1)
    on_paper = found.corners_px / PX_PER_MM
    assert on_paper - on_paper[0] == pytest.approx(found.corners_mm[:, :2] - found.corners_mm[0, :2], abs=0.1)


def test_the_card_is_found_at_its_true_size():
    found = card.CardFinder().find(cv2.cvtColor(card_picture(), cv2.COLOR_GRAY2BGR))
    vertex = found[card.VERTEX].mean(axis=0)
    for marker, place in card.marker_places_mm().items():
        assert (found[marker].mean(axis=0) - vertex) / PX_PER_MM * (1, -1) == pytest.approx(place, abs=0.25)
        assert np.ptp(found[marker], axis=0) / PX_PER_MM == pytest.approx([card.MARKER_MM] * 2, abs=0.5)


def test_what_cannot_be_made(tmp_path):
    with pytest.raises(UsageError, match="a4 or letter"):
        board_sheet("a3")
    with pytest.raises(OutputError):
        save_sheet(board_sheet("a4"), tmp_path / "nowhere" / "board.pdf")
