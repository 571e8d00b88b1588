from __future__ import annotations

import string
from datetime import date

import pytest

from rom_tracker.errors import UsageError
from rom_tracker.i18n import DOMAINS, LANGUAGES, N_, best_language, translator
from rom_tracker.locale.catalogues import compiled, po_file, read, template

TRANSLATED = [(language, domain) for language in LANGUAGES if language != "en" for domain in DOMAINS]


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize(("language", "domain"), TRANSLATED)
def test_every_text_is_translated_and_no_translation_is_of_a_text_that_is_gone(language, domain):
    kept = read(language, domain)
    wanted = {(m.id, m.context) for m in template(domain) if m.id}
    assert {(m.id, m.context) for m in kept if m.id} == wanted, "run python -m rom_tracker.locale.catalogues"
    for message in kept:
        if message.id:
            texts = message.string if message.pluralizable else [message.string]
            assert all(texts), f"no translation: {message.id!r}"
            assert not message.fuzzy


@pytest.mark.parametrize(("language", "domain"), TRANSLATED)
def test_translations_have_the_same_fields(language, domain):
    for message in read(language, domain):
        if message.id:
            ids = message.id if message.pluralizable else [message.id]
            texts = message.string if message.pluralizable else [message.string]
            allowed = {tuple(fields(one)) for one in ids}
            assert {tuple(fields(text)) for text in texts} <= allowed, message.id


@pytest.mark.parametrize(("language", "domain"), TRANSLATED)
def test_compiled_catalogues_are_those_of_their_sources(language, domain):
    compiled_file = po_file(language, domain).with_suffix(".mo")
    assert compiled_file.read_bytes() == compiled(read(language, domain)), "run python -m rom_tracker.locale.catalogues"


def test_texts_plurals_days_and_numbers_in_every_language():
    german, spanish = translator("de"), translator("es")
    assert (german("before"), spanish("before")) == ("vorher", "antes")
    assert german.ngettext("and {n} other movement", "and {n} other movements", 2).format(n=2) == "und 2 andere Bewegungen"
    assert german.ngettext("and {n} other movement", "and {n} other movements", 1).format(n=1) == "und 1 andere Bewegung"
    assert [translator(code).day(date(2026, 3, 9)) for code in LANGUAGES] == ["9 March 2026", "9. März 2026", "9 de marzo de 2026"]
    assert german.number("3.5") == "3,5"
    assert german(N_("Knee flexion")) == "Kniebeugung"
    assert german("no catalogue has this") == "no catalogue has this"
    assert translator().language == "en"


def test_a_language_that_is_not_spoken_is_told():
    with pytest.raises(UsageError, match=r"expected a language of en \(English\), de \(Deutsch\), es \(Español\), got 'fr'"):
        translator("fr")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [(["de-AT"], "de"), (["fr", "es_MX.UTF-8"], "es"), (["est"], "en"), ([""], "en"), ([], "en"), (["EN-gb"], "en")],
)
def test_the_first_language_that_is_spoken_is_taken(wanted, found):
    assert best_language(wanted) == found
