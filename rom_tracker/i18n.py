"""The client's wording in several languages, by gettext.

    from rom_tracker.i18n import translator

    _ = translator("de")
    _("Before")                                                       'Vorher'
    _.ngettext("{n} repetition", "{n} repetitions", 3).format(n=3)    '3 Wiederholungen'
    _.day(date(2026, 3, 9))                                           '9. März 2026'

Texts are written in English and looked up by it. Every part of the program has catalogues of its own, its domain, in
``rom_tracker/locale/LANGUAGE/LC_MESSAGES/DOMAIN.po`` and, compiled, ``.mo``; a translator knows those of all. What is translated
later than it is written is marked by :func:`N_`. How catalogues are brought up to date is told in ``rom_tracker/locale/README.md``.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from rom_tracker.errors import UsageError

#: The languages, as they call themselves, by their code (ISO 639-1). English is what the texts are written in.
LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español"}

#: The parts of the program that have catalogues.
DOMAINS = ("client", "movements", "app")

LOCALE_FOLDER = Path(__file__).parent / "locale"

#: Plain numbers of a language are not divided into groups: 1234 frames are no telephone number.
_DECIMAL_MARK = {"en": ".", "de": ",", "es": ","}


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools know
    """The text itself, marked for the catalogues; it is translated where it is shown."""
    return message


@dataclass(frozen=True)
class Translator:
    """Puts texts, days and numbers into one language; call it with a text.

    Attributes
    ----------
    language : str
        A key of :data:`LANGUAGES`.
    """

    language: str

    def __call__(self, message: str) -> str:
        """The text in that language; as it is where no catalogue has it."""
        return _catalogue(self.language).gettext(message)

    def ngettext(self, one: str, many: str, n: int) -> str:
        """The text for ``n`` things, by the rules that the language has for it."""
        return _catalogue(self.language).ngettext(one, many, n)

    def pgettext(self, context: str, message: str) -> str:
        """The text that means something else elsewhere, told apart by ``context``."""
        return _catalogue(self.language).pgettext(context, message)

    def day(self, day: date) -> str:
        """A day with the name of its month.

        >>> Translator("en").day(date(2026, 3, 9)), Translator("es").day(date(2026, 3, 9))
        ('9 March 2026', '9 de marzo de 2026')
        """
        from babel.dates import format_date

        return format_date(day, "d MMMM yyyy" if self.language == "en" else "long", locale=self.language)

    def short_day(self, day: date) -> str:
        """A day in few characters, for axes and tables.

        >>> Translator("en").short_day(date(2026, 3, 9)), Translator("de").short_day(date(2026, 3, 9))
        ('9 Mar', '9. März')
        """
        from babel.dates import format_date

        return format_date(day, {"en": "d MMM", "de": "d. MMM", "es": "d MMM"}[self.language], locale=self.language)

    def number(self, written: str) -> str:
        """The digits of a number written with a full stop, as the language writes them.

        >>> Translator("de").number("3.5")
        '3,5'
        """
        return written.replace(".", _DECIMAL_MARK[self.language])


def translator(language: str = "en") -> Translator:
    """The translator into a language.

    Raises
    ------
    UsageError
        The program does not speak it.

    Examples
    --------
    >>> translator("de").ngettext("and {n} other movement", "and {n} other movements", 1).format(n=1)
    'und 1 andere Bewegung'
    """
    if language not in LANGUAGES:
        known = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
        raise UsageError(f"expected a language of {known}, got {language!r}")
    return Translator(language)


def best_language(wanted: Iterable[str]) -> str:
    """The first of the languages asked for that the program speaks, else English.

    Parameters
    ----------
    wanted : iterable of str
        Best first: ``de``, ``de-AT``, ``es_MX.UTF-8`` or the parts of a browser's ``Accept-Language``.

    Examples
    --------
    >>> best_language(["fr-CH", "de-AT;q=0.8", "en"])
    'de'
    """
    for one in wanted:
        code = one.strip()[:2].lower()
        if code in LANGUAGES and not one.strip()[2:3].isalpha():
            return code
    return "en"


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """All domains of a language, each asked for what the ones before it do not have."""
    chain = gettext.NullTranslations()
    for domain in DOMAINS:
        chain.add_fallback(gettext.translation(domain, LOCALE_FOLDER, [language], fallback=True))
    return chain
