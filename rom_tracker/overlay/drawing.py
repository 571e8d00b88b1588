"""Lines, arcs and words on a picture, each with a light border, so that it shows on any ground."""

from __future__ import annotations

import textwrap
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.pose.sequence import Floats

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

#: Words, and the colour behind them where they stand out.
Line = tuple[str, Colour | None]

#: Left, top, right and bottom in pixels.
Box = tuple[int, int, int, int]

#: Blue, green, red of the colours of Okabe and Ito (see rom_tracker/charts/style.py).
WHITE, BLACK, DARK, PALE = (255, 255, 255), (0, 0, 0), (60, 60, 60), (190, 190, 190)
VERMILLION, BLUE, YELLOW, GREEN = (0, 94, 213), (178, 114, 0), (66, 228, 240), (115, 158, 0)

#: Fractional bits of the coordinates that OpenCV takes.
_BITS = 4


def unit(direction_deg: float) -> Floats:
    """(2,) the direction so many degrees clockwise from the right."""
    return np.array([np.cos(np.radians(direction_deg)), np.sin(np.radians(direction_deg))])


def arc_points(centre: Floats, radius: float, zero_deg: float, sweep_deg: float) -> Floats:
    """(point, 2) pixels of an arc, at least one point every 3 degrees, both ends included."""
    directions = zero_deg + np.linspace(0, sweep_deg, max(2, int(abs(sweep_deg) / 3) + 2))
    return np.asarray(centre + radius * np.stack([np.cos(np.radians(directions)), np.sin(np.radians(directions))], axis=1))


def _fixed(points: Floats) -> NDArray[np.int32]:
    return np.asarray(np.round(np.clip(points, -10_000, 10_000) * 2**_BITS), dtype=np.int32)


def polyline(image: Image, points: Floats, colour: Colour, width: int) -> None:
    """A line through (point, 2) pixels."""
    for ink, wide in ((WHITE, width + 2 * max(1, width // 2)), (colour, width)):
        cv2.polylines(image, [_fixed(points)[:, None]], False, ink, wide, cv2.LINE_AA, _BITS)


def line(image: Image, a: Floats, b: Floats, colour: Colour, width: int) -> None:
    """A line from one point to another."""
    polyline(image, np.stack([a, b]), colour, width)


def dashed_line(image: Image, a: Floats, b: Floats, colour: Colour, width: int) -> None:
    """A line in dashes."""
    dashes = max(1, round(float(np.linalg.norm(b - a)) / (10 * width)))
    for dash in range(dashes):
        begin, end = dash / dashes, (dash + 0.55) / dashes
        line(image, a + begin * (b - a), a + end * (b - a), colour, width)


def dot(image: Image, centre: Floats, colour: Colour, radius: int) -> None:
    """A filled circle."""
    place = _fixed(centre)
    for ink, size in ((WHITE, radius + max(1, radius // 3)), (colour, radius)):
        cv2.circle(image, (int(place[0]), int(place[1])), size << _BITS, ink, cv2.FILLED, cv2.LINE_AA, _BITS)


def area(image: Image, outline: Floats, colour: Colour) -> None:
    """A filled area within (point, 2) pixels."""
    cv2.fillPoly(image, [_fixed(outline)[:, None]], colour, cv2.LINE_AA, _BITS)


def wedge(image: Image, outline: Floats, colour: Colour) -> None:
    """A filled area that what is behind it shines through."""
    height, width = image.shape[:2]
    left, top = np.clip(np.floor(outline.min(axis=0)).astype(int), 0, [width, height])
    right, bottom = np.clip(np.ceil(outline.max(axis=0)).astype(int) + 1, 0, [width, height])
    part = image[top:bottom, left:right]
    if part.size:
        filled = part.copy()
        area(filled, outline - np.array([left, top]), colour)
        part[:] = cv2.addWeighted(filled, 0.45, part, 0.55, 0)


@lru_cache(maxsize=512)
def _lettering(words: str, size_px: int) -> tuple[Floats, Floats]:
    """(height, width, 1) opacity of the letters, and of the letters with their border.

    In the font that comes with matplotlib: OpenCV's own letters have no degree sign and nothing beyond ASCII.
    """
    import matplotlib
    from PIL import Image as Picture
    from PIL import ImageDraw, ImageFont

    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans-Bold.ttf", size_px)
    border = max(1, size_px // 10)
    ascent, descent = font.getmetrics()
    size = (int(font.getlength(words)) + 2 * border + 1, ascent + descent + 2 * border)
    opacities = []
    for stroke in (0, border):
        mask = Picture.new("L", size)
        ImageDraw.Draw(mask).text((border, border), words, fill=255, font=font, stroke_width=stroke, anchor="la")
        opacities.append(np.asarray(mask, dtype=np.float32)[..., None] / 255)
    return opacities[0], opacities[1]


def box_of(words: str, size_px: int, middle: Floats, picture: tuple[int, int]) -> Box:
    """Where words stand whose middle is at a point, moved into the picture of that width and height where they would leave it."""
    height, width = _lettering(words, size_px)[0].shape[:2]
    left = int(np.clip(middle[0] - width / 2, 0, max(picture[0] - width, 0)))
    top = int(np.clip(middle[1] - height / 2, 0, max(picture[1] - height, 0)))
    return left, top, left + width, top + height


def box_beyond(words: str, size_px: int, centre: Floats, radius: float, direction: Floats, picture: tuple[int, int]) -> Box:
    """Where words stand just outside a circle, in a direction from its centre."""
    height, width = _lettering(words, size_px)[0].shape[:2]
    distance = radius + 0.4 * size_px + abs(direction[0]) * width / 2 + abs(direction[1]) * height / 2
    return box_of(words, size_px, centre + distance * direction, picture)


def write(image: Image, words: str, size_px: int, box: Box) -> None:
    """Dark letters with a light border."""
    letters, bordered = _lettering(words, size_px)
    left, top, right, bottom = box
    part = image[top:bottom, left:right]
    shown = np.s_[: part.shape[0], : part.shape[1]]
    light = part * (1 - bordered[shown]) + 255 * bordered[shown]
    part[:] = (light * (1 - letters[shown])).astype(np.uint8)


def panel_size(lines: list[Line], size_px: int) -> tuple[int, int]:
    """Width and height of a panel with these lines."""
    letterings = [_lettering(words, size_px)[0] for words, _ in lines]
    pad = size_px // 3
    return max(letters.shape[1] for letters in letterings) + 2 * pad, sum(letters.shape[0] for letters in letterings) + 2 * pad


def write_panel(image: Image, lines: list[Line], size_px: int, *, right: bool = False, below: bool = False) -> None:
    """Light letters on a dark ground in a corner of the picture."""
    width, height = panel_size(lines, size_px)
    pad, margin = size_px // 3, size_px // 2
    x = max(0, image.shape[1] - width - margin) if right else margin
    y = max(0, image.shape[0] - height - margin) if below else margin
    ground = image[y : y + height, x : x + width]
    ground[:] = (ground * 0.3).astype(np.uint8)
    y += pad
    for words, behind in lines:
        letters = _lettering(words, size_px)[0]
        part = image[y : y + letters.shape[0], x + pad : x + pad + letters.shape[1]]
        shown = letters[: part.shape[0], : part.shape[1]]
        if behind is not None:
            part[:] = behind
        part[:] = (part * (1 - shown) + 255 * shown).astype(np.uint8)
        y += letters.shape[0]


def wrapped(words: str, width_px: int, size_px: int) -> list[Line]:
    """The words in lines that fit into the width."""
    return [(part, None) for part in textwrap.wrap(words, max(10, int((width_px - 2 * size_px) / (0.68 * size_px))))]
