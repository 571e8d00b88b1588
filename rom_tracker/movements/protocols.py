"""The protocols of Active Soft Tissue Release: reads and checks ``protocols.toml``, and finds one by any word."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, TypeVar

import pydantic

from rom_tracker.errors import MovementFileError, UnknownProtocolError
from rom_tracker.movements.table_file import TableFile, validated

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
    | {"release", "right", "sore", "stretch", "syndrome", "the", "to", "with"}
)


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
    """A state in which nobody is treated, or only after a doctor was asked."""

    model_config = _CHECKED

    key: str
    what: Text
    action: Literal["do not treat", "ask a doctor first"]
    why: Text
    source: SafetySource


class Principle(pydantic.BaseModel):
    """What all protocols have in common; the keys are explained at the top of ``protocols.toml``."""

    model_config = _CHECKED

    steps: Text
    limit: Text
    derived_note: Text
    source: Text


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

    def find(self, asked: str) -> tuple[Protocol, ...]:
        """The protocols that all the words fit: muscle, complaint, movement or region; the nearest first.

        Capitals, hyphens, plurals and the order of the words do not matter. Words that stand in one name or complaint together
        are preferred to words from several of them, and whole words to beginnings of words.

        Raises
        ------
        UnknownProtocolError
            There is none; the message names what is spelt much the same.
        """
        words = _words(asked) - _FILLERS or _words(asked)
        found = self._fitting(words) if words else []
        if not found:
            raise UnknownProtocolError(self._nothing(asked))
        return tuple(found)

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
            elif all(any(known.startswith(word) for known in anywhere) for word in words):
                begun.append(entry)
        return [entry for _, entry in sorted(together, key=lambda found: found[0])] or scattered or begun

    def _nothing(self, asked: str) -> str:
        terms = {term.lower() for entry in self.protocols.values() for _, term in entry._terms() if "_" not in term}
        terms |= {word for term in terms for word in re.findall(r"[\w']{4,}", term)}
        near = difflib.get_close_matches(asked.strip().lower().replace("-", " "), sorted(terms), n=3, cutoff=0.7)
        regions = ", ".join(dict.fromkeys(entry.region for entry in self.protocols.values()))
        hint = (
            f"Did you mean {' or '.join(near)}?"
            if near
            else f"Ask for a muscle, a complaint, a movement, or one of the regions: {regions}."
        )
        return f"There is no protocol for {asked.strip()!r}. {hint}"


def _words(text: str) -> frozenset[str]:
    plain = re.sub(r"['\u2019]s?\b", "", text.casefold())
    return frozenset(_stem(word) for word in re.findall(r"[a-z0-9]+", plain))


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
        f"[{kind}]: unknown kind of table; expected [principle], [protocol.NAME] or [contraindication.NAME]"
        for kind in sorted(set(tables) - set(kinds))
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
    if mistakes or principle is None:
        raise MovementFileError("\n  ".join([f"The protocols file {source.name} has mistakes:", *mistakes]))
    return Protocols(
        MappingProxyType({name: entry for name, entry in protocols.items() if entry is not None}),
        tuple(entry for entry in contraindications if entry is not None),
        principle,
    )


def _entry(model: type[T], table: Any, kind: str, name: str, source: TableFile, mistakes: list[str]) -> T | None:
    """The checked entry of a named table, its name as its key."""
    if not isinstance(table, dict):
        mistakes.append(source.mistake(kind, name, (), "expected a table"))
        return None
    if "key" in table:
        mistakes.append(source.mistake(kind, name, ("key",), "the key is the name of the table"))
    return validated(model, {**table, "key": name}, kind, name, source, mistakes)
