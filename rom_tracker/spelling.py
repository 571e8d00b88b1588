"""Words that people nearly wrote right."""

from __future__ import annotations

import difflib
from collections.abc import Collection

#: Words that begin alike and are as like each other as this (difflib's ratio) are one and its misspelling; so are those that have
#: the same letters in another order.
NEAR = 0.8


def meant(word: str, words: Collection[str]) -> str | None:
    """Which of some words a word that is none of them is a misspelling of; None where it is a word of its own.

    >>> meant("clinet", ["client", "moment"])
    'client'
    >>> meant("comment", ["client", "moment"]) is None
    True
    """
    alike = [one for one in words if one[:1] == word[:1]]
    mixed = [one for one in alike if sorted(one) == sorted(word)]
    return next(iter([*mixed, *difflib.get_close_matches(word, alike, 1, NEAR)]), None)
