"""What a report is made of: blocks, which the template (``report.typ``) typesets one after the other.

A block is a plain dictionary, since it goes into the template as JSON; the functions here are the only ones that make one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from matplotlib.figure import Figure

Block = dict[str, Any]

#: How a verdict looks; the word itself always stands there too.
Tone = Literal["improved", "open", "worse", "refused"]
TONES: dict[str, Tone] = {"improved": "improved", "no detectable change": "open", "worse": "worse", "refused": "refused"}


@dataclass
class Pictures:
    """The figures of a report by the names that its blocks call them."""

    figures: dict[str, Figure] = field(default_factory=dict)
    images: dict[str, bytes] = field(default_factory=dict)

    def block(self, figure: Figure, alt: str, width: float) -> Block:
        """The block of a figure, so many hundredths of the line wide."""
        name = f"figure{len(self.figures)}.svg"
        self.figures[name] = figure
        return {"kind": "picture", "file": name, "alt": alt, "width": width}

    def photo(self, jpeg: bytes, alt: str, width: float) -> Block:
        """The block of a photograph, so many hundredths of the line wide."""
        name = f"photo{len(self.images)}.jpg"
        self.images[name] = jpeg
        return {"kind": "picture", "file": name, "alt": alt, "width": width}


def heading(text: str, level: int = 1) -> Block:
    """A heading; the title of the document is not one of them."""
    return {"kind": "heading", "text": text, "level": level}


def paragraph(text: str, lead: str = "") -> Block:
    """A paragraph, which may begin with some words in bold."""
    return {"kind": "paragraph", "text": text, "lead": lead}


def english(text: str) -> Block:
    """A paragraph of the program's own messages, which are English in every report."""
    return {"kind": "paragraph", "text": text, "lead": "", "lang": "en"}


def items(texts: Sequence[str], lang: str = "") -> Block:
    """A list."""
    return {"kind": "items", "texts": list(texts), "lang": lang}


def verdict(name: str, tone: Tone, text: str) -> Block:
    """The verdict on a movement, in a frame."""
    return {"kind": "verdict", "name": name, "tone": tone, "text": text}


def values(pairs: Sequence[tuple[str, str]]) -> Block:
    """Some numbers, large, each with its name."""
    return {"kind": "values", "pairs": [list(pair) for pair in pairs]}


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, lang: str = "") -> Block:
    """A table; the first column is words, the others are numbers."""
    return {"kind": "table", "header": list(header), "rows": [list(row) for row in rows], "lang": lang}


def beside(left: Sequence[Block], right: Sequence[Block], share: float = 0.5) -> Block:
    """Blocks beside others; the left ones take that share of the line."""
    return {"kind": "beside", "left": list(left), "right": list(right), "share": share}


def note(text: str) -> Block:
    """A paragraph in small letters."""
    return {"kind": "note", "text": text}


def page_break() -> Block:
    """What follows begins on a page of its own."""
    return {"kind": "break"}
