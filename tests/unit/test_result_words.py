from __future__ import annotations

from rom_tracker.analysis.flag import Flag
from rom_tracker.result_words import caution_words, refused_words


def test_the_first_caution_by_its_first_sentence_and_how_many_more():
    flags = [Flag("a", "Film at 1.5 m. Or nearer.", "caution"), Flag("b", "Second.", "caution"), Flag("c", "Third.", "note")]
    assert caution_words(tuple(flags)) == "Caution: Film at 1.5 m. (and 1 more)"
    assert caution_words(tuple(flags[2:])) == ""


def test_refusals_in_few_words():
    flags = (
        Flag("a", "Before: The client moves the other way: from rest to 3 degrees. Film again.", "refused"),
        Flag("b", "Before: Nobody was found.", "refused"),
        Flag("c", "The left side was away from the camera, so no difference is given. Film each side by itself.", "refused"),
    )
    assert refused_words(flags) == [
        "Before: refused (the client moves the other way)",
        "Refused: the left side was away from the camera",
    ]
