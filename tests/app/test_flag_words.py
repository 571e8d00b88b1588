from __future__ import annotations

import re
from pathlib import Path

import pytest

import rom_tracker.analysis
from rom_tracker.analysis.flag import Flag
from rom_tracker.app.flag_words import ADVICE, flag_words, lines_of
from rom_tracker.i18n import LANGUAGES, translator
from rom_tracker.movements import load_catalogue
from rom_tracker.report.reasons import REASONS

#: What the core calls its flags, read from its source.
CODES = {
    code
    for path in Path(rom_tracker.analysis.__path__[0]).glob("*.py")
    for code in re.findall(r'Flag\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8"))
}

#: Flags that are not of a measurement or comparison as the app shows it: of both sides at once, of norms, of repeatability.
ELSEWHERE = {"far_side_not_compared", "no_norm", "norm_not_comparable", "norm_remark"}


def test_there_are_words_for_every_flag():
    assert len(CODES) > 30
    assert sorted(CODES - set(REASONS) - ELSEWHERE) == []
    assert sorted(set(ADVICE) - set(REASONS)) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "code", sorted({*REASONS, *(one.key for m in load_catalogue().movements.values() for one in m.compensations)})
)
def test_no_flag_speaks_of_the_command_line_and_all_are_in_the_language(language, code):
    said = flag_words(translator(language), Flag(code, "After: Give --lens for both.", "caution"))
    assert "--" not in said
    assert said.startswith({"en": "After: ", "de": "Nachher: ", "es": "Después: "}[language])
    if language != "en":
        assert said.split(": ", 1)[1] != flag_words(translator("en"), Flag(code, "After: --", "caution")).split(": ", 1)[1]


def test_english_keeps_the_numbers_and_a_note_without_words_is_left_out():
    flag = Flag("small_range", "Before: The range of motion, 4 degrees, is no larger than the error of 5.", "caution")
    assert flag_words(translator("en"), flag) == flag.message
    assert flag_words(translator("de"), flag).startswith("Vorher: ")
    assert flag_words(translator("de"), Flag("quite_new", "Something.", "note")) == ""
    assert flag_words(translator("de"), Flag("quite_new", "Something.", "refused")) != ""


def test_the_gravest_comes_first_and_nothing_twice():
    flags = [Flag("two_repetitions", "Two.", "note"), Flag("walking", "Walks.", "refused"), Flag("walking", "Walks.", "refused")]
    assert lines_of(translator("en"), flags, ("refused", "caution", "note")) == [("refused", "Walks."), ("note", "Two.")]
