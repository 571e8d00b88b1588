"""Figures as small SVG files for pages: the same bytes for the same picture."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib
from matplotlib.figure import Figure

#: No names by chance; text stays text.
_SVG: Any = {
    "svg.hashsalt": "rom_tracker",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
}


def svg_text(draw: Callable[[], Figure]) -> str:
    """What ``draw`` makes, as SVG: the same bytes every time, without dates and other marks of the making."""
    with matplotlib.rc_context(_SVG):
        return _slim(_saved(draw()))


def _saved(figure: Figure) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return file.getvalue()


def _slim(svg: str) -> str:
    """The same picture in fewer bytes: tenths of a point, short names, and no groups about single paths."""
    svg = re.sub(r"<!DOCTYPE.*?>\n|<!--.*?-->\n?|<metadata>.*?</metadata>\n?", "", svg, flags=re.DOTALL)
    for number, name in enumerate(dict.fromkeys(re.findall(r'clipPath id="([^"]*)"', svg))):
        svg = svg.replace(name, f"c{number}")
    svg = re.sub(r"\d+\.\d{2,}", lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), svg)
    svg = re.sub(r' d="[^"]*"', lambda path: " d" + re.sub(r"\s?([A-Za-z\"])\s?", r"\1", path[0][2:]), svg)
    svg = re.sub(r'<g id="[^"]*">', "<g>", re.sub(r"\n\s+", "\n", svg))
    return re.sub(r"<g>\n(<path [^>]*/>)\n</g>", r"\1", re.sub(r"<path clip-path[^>]*/>\n", "", svg))
