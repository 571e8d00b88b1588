"""The printed sheets as PDF at true size, drawn from the same numbers by which they are found.

    rom-tracker calibrate board --paper a4 --out calibration/board_a4.pdf
    rom-tracker calibrate board --paper letter --out calibration/board_letter.pdf
    rom-tracker calibrate card --paper a4 --out calibration/goniometer_card.pdf

made the files in the folder ``calibration``. Only fonts that every PDF reader has are used, nothing is compressed and no date is
written, so that the same sheet is the same bytes everywhere.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import cv2
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from rom_tracker.calibration import card
from rom_tracker.calibration.board import BOARD, DICTIONARY_NAME, dictionary
from rom_tracker.errors import UsageError
from rom_tracker.output_files import written_whole

MM_PER_INCH = 25.4

#: Lengths of the rulers that tell the scale of a print, in millimetres.
RULER_MM = 100

_TITLE_PT, _TEXT_PT, _SMALL_PT = 12, 9, 7
_LINE_MM = 4.1

_STYLE: Any = {
    "pdf.use14corefonts": True,
    "pdf.compression": 0,
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica"],
    "axes.unicode_minus": False,
}


@dataclass(frozen=True)
class Paper:
    """A sheet of paper, upright: width and height in millimetres."""

    name: str
    width_mm: float
    height_mm: float


PAPERS = {"a4": Paper("A4", 210.0, 297.0), "letter": Paper("Letter", 8.5 * MM_PER_INCH, 11 * MM_PER_INCH)}

_BOARD_WORDS = (
    f'1. Print at 100 % ("actual size", not "fit to page"): both rulers should be {RULER_MM} mm long.',
    "    Another size does no harm to angles, as long as both rulers are equally long.",
    "2. Glue the sheet to something flat and stiff, such as a tray or a picture frame's back. It must not bend.",
    "3. Put the camera where it will stay, in good light, and run:  rom-tracker calibrate lens --camera 0",
    "4. Show the board large, everywhere in the picture, all four corners and edges as well; it may be cut off there.",
    "    Near and far; tilted to all sides by 30 degrees and more. Hold it still for a moment at every place.",
    "5. The terminal shows what is covered and what is missing, and stops when there is enough.",
)

_CARD_WORDS = (
    "1. Print at 100 %: the ruler should be",
    f"    {RULER_MM} mm long.",
    "2. Glue it to stiff cardboard.",
    "3. Hold it where the joint will be, square",
    "    to the camera, its lower edge level",
    "    (spirit level or plumb line).",
    "4. Take a picture, then run",
    "    rom-tracker calibrate card",
    "    with --image FILE",
    "    (or --video FILE).",
    "",
    "It tells how wrong the camera",
    "reads these angles there, how far",
    "the camera is tilted, and how far",
    "the card is turned.",
)


def board_sheet(paper: str) -> Figure:
    """The board for calibrating a lens, on a page of its own.

    Raises
    ------
    UsageError
        The paper is neither A4 nor Letter.
    """
    page = _paper(paper)
    figure, axes = _page(page.width_mm, page.height_mm)
    width, height = BOARD.size_mm
    left, lower = (page.width_mm - width) / 2, page.height_mm - 8 - height
    _draw_modules(axes, BOARD.modules(), (left, lower), BOARD.square_mm / 8)
    _ruler(axes, (left / 2, lower + height - RULER_MM), upright=True)
    _ruler(axes, (left, lower - 6))
    _write(axes, left + width, lower - 6, "rom_tracker camera board", ha="right", va="center", weight="bold")
    _lines(axes, _BOARD_WORDS, left, lower - 12.5, 3.7)
    squares = f"{BOARD.columns} x {BOARD.rows} squares of {BOARD.square_mm:g} mm, markers of {BOARD.marker_mm:g} mm"
    _small_print(axes, left, f"ChArUco board, {squares}, {DICTIONARY_NAME}, 0 to {BOARD.markers - 1}; {page.name}")
    return figure


def card_sheet(paper: str) -> Figure:
    """The goniometer card, on a page of its own, lying.

    Raises
    ------
    UsageError
        The paper is neither A4 nor Letter.
    """
    page = _paper(paper)
    width, height = page.height_mm, page.width_mm
    figure, axes = _page(width, height)
    places, half = card.marker_places_mm(), card.MARKER_MM / 2
    vertex = np.array([10 + half - min(x for x, _ in places.values()), 20 + half])
    for marker, place in places.items():
        x, y = vertex + place
        picture = cv2.aruco.generateImageMarker(dictionary(), marker, 6)
        _draw_modules(axes, np.asarray(picture) < 128, (x - half, y - half), card.MARKER_MM / 6)
    for marker, angle in zip((card.BASE, *card.ARMS), (0, *card.ANGLES_DEG), strict=True):
        along = np.array(places[marker]) / card.ARM_MM
        reach = half / max(abs(along))
        ends = np.stack([vertex + along * (reach + 3), vertex + along * (card.ARM_MM - reach - 3)])
        axes.plot(*ends.T, color="black", linewidth=0.8)
        if angle:
            beside = ends.mean(axis=0) + 7 * np.array([along[1], -along[0]])
            _write(axes, beside[0], beside[1], f"{angle}\N{DEGREE SIGN}", _TITLE_PT, ha="center", va="center")
    column = vertex[0] + max(places[arm][0] for arm in card.ARMS) + half + 5
    _write(axes, column, height - 15, "rom_tracker goniometer card", weight="bold")
    _lines(axes, _CARD_WORDS, column, height - 22, _LINE_MM)
    _ruler(axes, (vertex[0] - half, 12))
    sizes = f"Markers of {card.MARKER_MM:g} mm, arms of {card.ARM_MM:g} mm"
    _small_print(axes, vertex[0] - half, f"{sizes}, {DICTIONARY_NAME}, {card.VERTEX} to {card.ARMS[-1]}; {page.name}")
    return figure


def save_sheet(sheet: Figure, path: str | os.PathLike[str]) -> None:
    """Write a sheet as PDF, the same bytes each time.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    nothing: Any = {"CreationDate": None, "Producer": None, "Creator": "rom_tracker"}
    with written_whole(path) as temporary, matplotlib.rc_context(_STYLE):
        sheet.savefig(temporary, format="pdf", metadata=nothing)


def _paper(name: str) -> Paper:
    if name.lower() not in PAPERS:
        raise UsageError(f"--paper is {' or '.join(PAPERS)}, got {name!r}.")
    return PAPERS[name.lower()]


def _page(width_mm: float, height_mm: float) -> tuple[Figure, Axes]:
    """A page whose coordinates are millimetres from its lower left corner."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set(xlim=(0, width_mm), ylim=(0, height_mm))
    return figure, axes


def _draw_modules(axes: Axes, black: NDArray[np.bool_], lower_left: tuple[float, float], module_mm: float) -> None:
    """Black squares as one shape, so that no hairlines show between them: a rectangle for every run in a row."""
    corners, codes = [], []
    for row, modules in enumerate(black[::-1]):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], modules.astype(int), [0]])))
        for start, end in edges.reshape(-1, 2):
            corners += [(start, row), (end, row), (end, row + 1), (start, row + 1), (start, row)]
            codes += [Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY]
    outline = Outline(np.array(corners) * module_mm + np.array(lower_left), codes)
    axes.add_patch(PathPatch(outline, facecolor="black", linewidth=0))


def _ruler(axes: Axes, start: tuple[float, float], *, upright: bool = False) -> None:
    """A line of :data:`RULER_MM` with marks, and its length beside it."""
    for at in range(0, RULER_MM + 1, 10):
        mark = 2.0 if at % 50 == 0 else 1.0
        ends = np.array([(at, -mark), (at, mark)], dtype=float)
        axes.plot(*(np.array(start) + (ends[:, ::-1] if upright else ends)).T, color="black", linewidth=0.5)
    line = np.array([(0, 0), (RULER_MM, 0)], dtype=float)
    axes.plot(*(np.array(start) + (line[:, ::-1] if upright else line)).T, color="black", linewidth=0.5)
    place = (start[0], start[1] - 4) if upright else (start[0] + RULER_MM + 2, start[1])
    _write(axes, *place, f"{RULER_MM} mm", _SMALL_PT, ha="center" if upright else "left", va="center")


def _lines(axes: Axes, words: tuple[str, ...], x: float, y: float, line_mm: float) -> None:
    for number, line in enumerate(words):
        _write(axes, x, y - number * line_mm, line)


def _small_print(axes: Axes, x: float, words: str) -> None:
    _write(axes, x, 6, words, _SMALL_PT)


def _write(axes: Axes, x: float, y: float, words: str, size_pt: float = _TEXT_PT, **options: Any) -> None:
    """Words in Helvetica, whose usual weight the standard fonts of PDF call medium."""
    axes.text(x, y, words, **{"size": size_pt, "va": "baseline", "weight": "medium", "parse_math": False, **options})
