"""The protocols of Active Soft Tissue Release: reads and checks ``protocols.toml``, and finds one by any word."""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, TypeVar

import pydantic

from rom_tracker.errors import MovementFileError, UnknownProtocolError
from rom_tracker.movements.toml_tables import TableFile, validated

T = TypeVar("T", bound=pydantic.BaseModel)
Text = Annotated[str, pydantic.StringConstraints(min_length=1, strip_whitespace=True)]
# A list of the file becomes a tuple, which strict checking would not allow.
Texts = Annotated[tuple[Text, ...], pydantic.Strict(False)]
SafetySource = Literal[
    "standard anatomy; not a quoted protocol",
    "the protocol's own text; details are standard anatomy",
    "general massage contraindication; have a clinician check",
]

_CHECKED = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)

#: Words that say nothing about which protocol is meant.
_FILLERS = frozenset(
    {"a", "an", "and", "at", "for", "hurt", "i", "in", "is", "left", "movement", "muscle", "my", "of", "on", "or", "painful"}
    | {"release", "right", "sore", "stretch", "syndrome", "the", "to", "with", "m", "mm", "musculi", "musculu"}
    | {"am", "das", "den", "der", "die", "im", "link", "muskel", "muskeln", "muskulatur", "recht", "und"}
    | {"de", "del", "derecha", "derecho", "el", "en", "izquierda", "izquierdo", "la", "los", "musculo", "y"}
)

#: German letters as they are typed without them.
_TYPED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})

#: The least letters of a beginning of a word.
BEGINNING = 3

#: How much alike words are, from 0 to 1, of which one may be the other misspelt.
ALIKE = 0.75


class Measure(pydantic.BaseModel):
    """A movement to measure before and after the treatment.

    Attributes
    ----------
    movement : str
        Its key in the catalogue of movements.
    side : {"same", "opposite"}
        The treated side, or the other one, to which head or trunk move away.
    note : str
        What to mind; may be empty.
    """

    model_config = _CHECKED

    movement: Text
    side: Literal["same", "opposite"]
    note: str = ""


class Caution(pydantic.BaseModel):
    """What lies near the place of pressure, and where that is known from."""

    model_config = _CHECKED

    what: Text
    source: SafetySource


class Contraindication(pydantic.BaseModel):
    """A state in which nobody is treated, or only after a doctor was asked; without regions, for every protocol."""

    model_config = _CHECKED

    key: str
    what: Text
    action: Literal["do not treat", "ask a doctor first"]
    why: Text
    regions: Texts = ()
    source: SafetySource


class Principle(pydantic.BaseModel):
    """What all protocols have in common; the keys are explained at the top of ``protocols.toml``."""

    model_config = _CHECKED

    steps: Text
    limit: Text
    derived_note: Text
    source: Text


class Synonyms(pydantic.RootModel[dict[str, Annotated[Texts, pydantic.Field(min_length=1)]]]):
    """Words of the protocols, and what else people type for them."""

    model_config = pydantic.ConfigDict(strict=True, frozen=True)


class Protocol(pydantic.BaseModel):
    """How one muscle is treated and measured; the keys are explained at the top of ``protocols.toml``."""

    model_config = _CHECKED

    key: str
    muscle: Text
    also_called: Texts = ()
    region: Text
    complaints: Annotated[Texts, pydantic.Field(min_length=1)]
    position: Text
    shortened_start: Text
    pin: Text
    lengthening: Text
    measure: Annotated[tuple[Measure, ...], pydantic.Strict(False)]
    measure_note: str = ""
    prevent: str = ""
    also_watch: Texts = ()
    expected: Literal["larger"]
    basis: Literal["textbook", "derived"]
    basis_note: Text
    cautions: Annotated[tuple[Caution, ...], pydantic.Strict(False), pydantic.Field(min_length=1)]
    source: Text

    @pydantic.model_validator(mode="after")
    def _says_what_to_measure(self) -> Self:
        if not self.measure and not self.measure_note:
            raise ValueError("measure is empty, so measure_note must say what to measure")
        return self

    def _terms(self) -> Iterator[tuple[int, str]]:
        """What it can be found by; a smaller number is a better reason to show it early."""
        yield from ((0, name) for name in (self.muscle, self.key, *self.also_called))
        yield from enumerate(self.complaints, 1)
        yield from ((100 * (place + 1), measure.movement.replace("_", " ")) for place, measure in enumerate(self.measure))
        yield 150, self.region


@dataclass(frozen=True)
class Protocols:
    """All protocols by key, and what holds for every one of them."""

    protocols: Mapping[str, Protocol]
    contraindications: tuple[Contraindication, ...]
    principle: Principle
    synonyms: Mapping[str, str]

    def contraindications_for(self, found: Iterable[Protocol]) -> tuple[Contraindication, ...]:
        """What speaks against treating by any of them; what is only for their regions first."""
        regions = {protocol.region for protocol in found}
        fitting = [state for state in self.contraindications if not state.regions or regions & set(state.regions)]
        return tuple(sorted(fitting, key=lambda state: not state.regions))

    def find(self, asked: str) -> tuple[Protocol, ...]:
        """The protocols that all the words fit: muscle, complaint, movement or region; the nearest first.

        Capitals, accents, hyphens, plurals and the order of the words do not matter, and synonyms stand for what they mean. Words
        that stand in one name or complaint together are preferred to words from several of them, and whole words to beginnings of
        words.

        Raises
        ------
        UnknownProtocolError
            There is none; the message names what is spelt much the same.
        """
        words = self._meant(_telling(asked))
        found = self._fitting(words) if words else []
        if not found:
            raise UnknownProtocolError(self._nothing(asked))
        return tuple(found)

    def _meant(self, words: frozenset[str]) -> frozenset[str]:
        """The words with every synonym replaced by what it means, the longest synonym first."""
        left, meant = words, frozenset[str]()
        typed = [
            (_telling(form), meaning) for synonym, meaning in self.synonyms.items() for form in (synonym, synonym.translate(_TYPED))
        ]
        for synonym_words, meaning in sorted(typed, key=lambda entry: -len(entry[0])):
            if synonym_words <= left:
                left, meant = left - synonym_words, meant | _telling(meaning)
        return left | meant

    def _fitting(self, words: frozenset[str]) -> list[Protocol]:
        together: list[tuple[int, Protocol]] = []
        scattered: list[Protocol] = []
        begun: list[Protocol] = []
        for entry in self.protocols.values():
            terms = [(rank, _words(term)) for rank, term in entry._terms()]
            anywhere = frozenset[str]().union(*(term for _, term in terms))
            if ranks := [rank for rank, term in terms if words <= term]:
                together.append((min(ranks), entry))
            elif words <= anywhere:
                scattered.append(entry)
            elif all(word in anywhere or _begins(word, anywhere) for word in words):
                begun.append(entry)
        return [entry for _, entry in sorted(together, key=lambda found: found[0])] or scattered or begun

    def _nothing(self, asked: str) -> str:
        near = self._near(asked)
        regions = ", ".join(dict.fromkeys(entry.region for entry in self.protocols.values()))
        hint = (
            f"Did you mean {' or '.join(near)}?"
            if near
            else f"Ask for a muscle, a complaint, a movement, or one of the regions: {regions}."
        )
        return f"There is no protocol for {asked.strip()!r}. {hint}"

    def _near(self, asked: str) -> list[str]:
        """Up to three names and complaints that differ from what was asked in spelling only: each of its words, or all in one."""
        names = {term for entry in self.protocols.values() for _, term in entry._terms() if "_" not in term}
        names |= {word for name in names for word in re.findall(r"[\w']{4,}", name)} | {*self.synonyms}
        words, together = _telling(asked), _together(asked)
        found: dict[str, tuple[float, str]] = {}
        for name in sorted(names, key=str.casefold):
            alike = _alike(together, _together(name))
            if alike >= 0.9 or (alike >= ALIKE and all(any(_alike(w, known) >= ALIKE for known in _words(name)) for w in words)):
                found.setdefault(_plain(name), (alike, name))
        best = sorted(found.values(), key=lambda entry: (-entry[0], entry[1].casefold()))
        return [name for _, name in best[:3]]


def _telling(text: str) -> frozenset[str]:
    """Its words without the fillers, where that leaves any."""
    return _words(text) - _FILLERS or _words(text)


def _words(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in re.findall(r"[a-z0-9]+", _plain(text)))


def _plain(text: str) -> str:
    """In small letters without accents and without the 's of a name."""
    letters = unicodedata.normalize("NFKD", re.sub(r"['\u2019]s?\b", "", text.casefold()))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _together(text: str) -> str:
    return "".join(re.findall(r"[a-z0-9]+", _plain(text)))


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()


def _begins(word: str, known: Iterable[str]) -> bool:
    return len(word) >= BEGINNING and any(name.startswith(word) for name in known)


def _stem(word: str) -> str:
    """The word without the endings that tell "stiffness" from "stiff" and "flexors" from "flexor"."""
    word = word.removesuffix("ness")
    if word.endswith("ies") and len(word) > 4:
        return word.removesuffix("ies") + "y"
    return word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word


def load_protocols(file: Path | None = None) -> Protocols:
    """Read the built-in protocols, or those of a file in the same form.

    Raises
    ------
    MovementFileError
        The file cannot be read or has mistakes; every mistake is named with its line.
    """
    if file is None:
        return _builtin_protocols()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MovementFileError(f"The protocols file {file} cannot be read: {error}.") from error
    return _build(TableFile(str(file), text))


@cache
def _builtin_protocols() -> Protocols:
    text = resources.files("rom_tracker.movements").joinpath("protocols.toml").read_text(encoding="utf-8")
    return _build(TableFile("protocols.toml", text))


def _build(source: TableFile) -> Protocols:
    try:
        tables = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise MovementFileError(f"The protocols file {source.name} is not valid TOML: {error}.") from error
    kinds = ("principle", "protocol", "contraindication")
    mistakes = [
        f"[{kind}]: unknown kind of table; expected [principle], [protocol.NAME], [contraindication.NAME] or [synonym.NAME]"
        for kind in sorted(set(tables) - {*kinds, "synonym"})
    ]
    for kind in kinds:
        if not isinstance(tables.get(kind), dict):
            mistakes.append(f"[{kind}] is missing")
            tables[kind] = {}
    principle = validated(Principle, tables["principle"], "principle", None, source, mistakes)
    shared = {} if principle is None else {"source": principle.source, "basis_note": principle.derived_note}
    protocols = {}
    for name, table in tables["protocol"].items():
        derived = isinstance(table, dict) and table.get("basis") == "derived"
        full = {**shared, **table} if derived else table
        protocols[name] = _entry(Protocol, full, "protocol", name, source, mistakes)
    contraindications = [
        _entry(Contraindication, table, "contraindication", name, source, mistakes)
        for name, table in tables["contraindication"].items()
    ]
    synonyms = _synonyms(tables.get("synonym", {}), source, mistakes)
    if mistakes or principle is None:
        raise MovementFileError("\n  ".join([f"The protocols file {source.name} has mistakes:", *mistakes]))
    return Protocols(
        MappingProxyType({name: entry for name, entry in protocols.items() if entry is not None}),
        tuple(entry for entry in contraindications if entry is not None),
        principle,
        MappingProxyType(synonyms),
    )


def _synonyms(tables: Any, source: TableFile, mistakes: list[str]) -> dict[str, str]:
    """What each synonym means."""
    if not isinstance(tables, dict):
        mistakes.append("[synonym]: expected tables [synonym.NAME]")
        return {}
    found = [validated(Synonyms, table, "synonym", name, source, mistakes) for name, table in tables.items()]
    return {synonym: meaning for part in found if part for meaning, others in part.root.items() for synonym in others}


def _entry(model: type[T], table: Any, kind: str, name: str, source: TableFile, mistakes: list[str]) -> T | None:
    """The checked entry of a named table, its name as its key."""
    if not isinstance(table, dict):
        mistakes.append(source.mistake(kind, name, (), "expected a table"))
        return None
    if "key" in table:
        mistakes.append(source.mistake(kind, name, ("key",), "the key is the name of the table"))
    return validated(model, {**table, "key": name}, kind, name, source, mistakes)
