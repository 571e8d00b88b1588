"""What the name of a file says: client, movement, side and moment, in an order that a pattern gives."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rom_tracker.errors import UsageError
from rom_tracker.spelling import meant

#: What a file is called where nothing else is said; what is in brackets may be missing.
DEFAULT_PATTERN = "CLIENT_MOVEMENT[_SIDE][_MOMENT]"

SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}
MOMENTS = {"before": "before", "pre": "before", "after": "after", "post": "after"}

WORDS = ("CLIENT", "MOVEMENT", "SIDE", "MOMENT", "ANY")

_WORDS = re.compile(rf"{'|'.join(WORDS)}|\[|\]|[-_ ]+|.")


@dataclass(frozen=True, slots=True)
class Named:
    """What a name says; empty where it says nothing."""

    client: str = ""
    movement: str = ""
    side: str = ""
    moment: str = ""


class NamePattern:
    """Reads names.

    Parameters
    ----------
    pattern : str
        Made of the words CLIENT, MOVEMENT, SIDE, MOMENT and ANY (any text), of ``[...]`` about what may be missing, and of other
        characters, which stand for themselves; space, hyphen and underscore stand for each other. With slashes, folders are read
        too. The side is left, right, L or R; the moment before, after, pre or post.
    movements : iterable of str
        Keys of the catalogue.

    Raises
    ------
    UsageError
        It has no MOVEMENT, a word twice or misspelt, or brackets that do not close.

    Examples
    --------
    >>> NamePattern("CLIENT_MOVEMENT[_SIDE][_MOMENT]", ["knee_flexion"]).read("clinic/Ann B-knee_flexion-L-pre.mp4")
    Named(client='Ann B', movement='knee_flexion', side='left', moment='before')
    >>> NamePattern("CLIENT/MOVEMENT_SIDE", ["knee_flexion"]).read("ann/knee flexion right.mkv").client
    'ann'
    """

    def __init__(self, pattern: str, movements: Iterable[str]) -> None:
        keys = sorted(movements, key=lambda key: (-len(key), key))
        self._levels = pattern.count("/") + 1
        parts = {
            "CLIENT": r"(?P<client>[^/]+?)",
            "MOVEMENT": f"(?P<movement>{'|'.join(re.escape(key).replace('_', '[-_ ]') for key in keys)})",
            "SIDE": f"(?P<side>{'|'.join(SIDES)})",
            "MOMENT": f"(?P<moment>{'|'.join(MOMENTS)})",
            "ANY": r"[^/]*?",
            "[": "(?:",
            "]": ")?",
        }
        _check_spelling(pattern)
        words = _WORDS.findall(pattern)
        wrong = "MOVEMENT" not in words or any(words.count(word) > 1 for word in ("CLIENT", "MOVEMENT", "SIDE", "MOMENT"))
        try:
            self._form = re.compile("".join(parts.get(w) or ("[-_ ]+" if w[0] in "-_ " else re.escape(w)) for w in words), re.I)
        except re.error:
            wrong = True
        if wrong:
            raise UsageError(
                "a pattern of file names has the word MOVEMENT, perhaps CLIENT, SIDE, MOMENT and ANY, each but ANY once, and "
                f"brackets about what may be missing, such as {DEFAULT_PATTERN}; got {pattern!r}"
            )

    def read(self, file: str) -> Named | None:
        """What the name says, None where it does not follow the pattern; ``file`` has slashes."""
        stem = file.rsplit(".", 1)[0] if "." in file.rsplit("/", 1)[-1] else file
        found = self._form.fullmatch("/".join(stem.split("/")[-self._levels :]))
        if found is None:
            return None
        said = {name: value or "" for name, value in found.groupdict().items()}
        return Named(
            client=said.get("client", ""),
            movement=re.sub("[- ]", "_", said["movement"].lower()),
            side=SIDES.get(said.get("side", "").lower(), ""),
            moment=MOMENTS.get(said.get("moment", "").lower(), ""),
        )


def _check_spelling(pattern: str) -> None:
    """That no word in capitals is nearly one that means something: it would stand for itself, and no name would follow it."""
    for word in re.findall(r"[A-Z]{3,}", pattern):
        if not re.fullmatch(f"(?:{'|'.join(WORDS)})+", word) and (near := meant(word, WORDS)):
            raise UsageError(f"{word} in the pattern {pattern!r} is no word that stands for something; did you mean {near}?")
