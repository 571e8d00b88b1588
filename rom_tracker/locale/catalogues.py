"""Brings the catalogues up to date: ``python -m rom_tracker.locale.catalogues [DOMAIN ...]`` after texts were changed.

It collects the texts of every domain, puts new ones without a translation into the ``.po`` files, takes out those that are gone,
and compiles the ``.mo`` files, which are what the program reads and are kept beside them. Extracting, merging and compiling is
Babel's work. A text that is changed counts as new: a guessed translation of it would be shown unread.
"""

from __future__ import annotations

import io
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from rom_tracker.i18n import DOMAINS, LANGUAGES, LOCALE_FOLDER

PACKAGE = LOCALE_FOLDER.parent

#: Comments that begin so stand in the catalogue for the translator.
_FOR_TRANSLATORS = "Translators:"

#: What is shown of the tables of movements and protocols: which keys of which table in which file.
_SHOWN = {
    ("movements.toml", "movement"): ("title", "position", "placement"),
    ("movements.toml", "compensation"): ("title", "advice"),
    ("protocols.toml", "protocol"): ("muscle",),
    ("protocols.toml", "contraindication"): ("what", "why", "action"),
}


def template(domain: str) -> Catalog:
    """Every text of a domain, without translations.

    The domain ``app`` has what is written in ``rom_tracker/app``, ``client`` what is written in the rest of the package, and
    ``movements`` what clients and therapists read of the tables of movements and protocols.
    """
    found = Catalog(domain=domain, charset="utf-8")
    if domain == "movements":
        for file, text in _table_texts():
            found.add(text, locations=[(f"rom_tracker/movements/{file}", 1)])
        return found
    app = PACKAGE / "app"
    for path in sorted(PACKAGE.rglob("*.py")):
        if (app in path.parents) == (domain == "app"):
            name = path.relative_to(PACKAGE.parent).as_posix()
            for _, message, comments, context in _texts(path):
                found.add(message, locations=[(name, 1)], auto_comments=comments, context=context)
    return found


def _texts(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    yield from extract_from_file("python", path, DEFAULT_KEYWORDS, [_FOR_TRANSLATORS], strip_comment_tags=True)


def _table_texts() -> Iterator[tuple[str, str]]:
    """The file and the text of what is shown of the tables, in the order in which it stands there."""
    for (file, table), names in _SHOWN.items():
        content = tomllib.loads((PACKAGE / "movements" / file).read_text(encoding="utf-8"))
        for entry in content[table].values():
            yield from ((file, entry[name]) for name in names if name in entry)


def po_file(language: str, domain: str) -> Path:
    """Where the translations are written."""
    return LOCALE_FOLDER / language / "LC_MESSAGES" / f"{domain}.po"


def read(language: str, domain: str) -> Catalog:
    """The translations as they are kept; an empty catalogue where there are none."""
    path = po_file(language, domain)
    if not path.exists():
        return Catalog(locale=language, domain=domain, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def updated(language: str, domain: str) -> Catalog:
    """The translations of the texts as they are now; the others are dropped."""
    catalogue = read(language, domain)
    catalogue.update(template(domain), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    catalogue.header_comment = f"# {LANGUAGES[language]}: the domain {domain} of rom_tracker; see ../../README.md."
    catalogue.project, catalogue.version = "rom_tracker", domain
    catalogue.last_translator = catalogue.language_team = catalogue.msgid_bugs_address = "rom_tracker"
    return catalogue


def compiled(catalogue: Catalog) -> bytes:
    """What the program reads."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def main(domains: Sequence[str] = DOMAINS) -> None:
    """Write the catalogues of some domains anew and say what lacks a translation."""
    for language in LANGUAGES:
        for domain in domains if language != "en" else ():
            catalogue, path = updated(language, domain), po_file(language, domain)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(file, catalogue, width=100, include_lineno=False, sort_output=False)
            path.with_suffix(".mo").write_bytes(compiled(catalogue))
            missing = [m.id for m in catalogue if m.id and not (all(m.string or ()) if isinstance(m.string, tuple) else m.string)]
            print(f"{path.relative_to(PACKAGE.parent)}: {len(catalogue)} texts, {len(missing)} without a translation")


if __name__ == "__main__":
    main(sys.argv[1:] or DOMAINS)
