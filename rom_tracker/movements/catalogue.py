"""The catalogue of movements: reads and checks ``movements.toml`` and a user's own file on top of it."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import platformdirs

from rom_tracker.errors import MovementFileError, UnknownMovementError, UnmeasurableMovementError
from rom_tracker.movements.definitions import Compensation, Movement, Posture, Segment, Unmeasurable
from rom_tracker.movements.toml_tables import T, TableFile, validated


@dataclass(frozen=True)
class Catalogue:
    """All movements by key, and those that one camera cannot measure."""

    movements: Mapping[str, Movement]
    unmeasurable: Mapping[str, Unmeasurable]

    def __getitem__(self, key: str) -> Movement:
        """The movement of that key.

        Raises
        ------
        UnmeasurableMovementError
            One camera cannot measure it; the message says why and names the better set-up.
        UnknownMovementError
            There is none; the message names the nearest ones.
        """
        plain = key.strip().lower().replace("-", "_").replace(" ", "_")
        if plain in self.unmeasurable and plain not in self.movements:
            entry = self.unmeasurable[plain]
            raise UnmeasurableMovementError(f"{entry.title} cannot be measured with one camera: {entry.why} {entry.instead}")
        try:
            return self.movements[plain]
        except KeyError:
            near = difflib.get_close_matches(plain, self.movements, n=3) or [name for name in self.movements if plain in name]
            hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(self.movements)}."
            raise UnknownMovementError(f"There is no movement called {key!r}. {hint}") from None


def user_movements_file() -> Path:
    """Where a user's own movements are looked for when no file is named."""
    return platformdirs.user_config_path("rom_tracker") / "movements.toml"


def load_catalogue(user_file: Path | None = None) -> Catalogue:
    """Read the built-in catalogue and merge a user's file over it, table by table and key by key.

    Parameters
    ----------
    user_file : Path, optional
        A file in the form of ``movements.toml``. Without one, :func:`user_movements_file` is read if it exists.

    Raises
    ------
    MovementFileError
        The user's file cannot be read or has mistakes; every mistake is named with its line.
    """
    if user_file is None:
        user_file = user_movements_file()
        if not user_file.exists():
            return _builtin_catalogue()
    try:
        text = user_file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MovementFileError(f"The movements file {user_file} cannot be read: {error}.") from error
    tables = _builtin_tables()
    own = _parse(text, str(user_file))
    merged = {
        kind: {key: _over(tables[kind].get(key), own_table) for key, own_table in own.get(kind, {}).items()} for kind in tables
    }
    everything = {kind: {**tables[kind], **merged[kind]} for kind in tables}
    return _build(everything, TableFile(str(user_file), text), unknown_tables=set(own) - set(tables))


def _over(table: Any, own: Any) -> Any:
    return {**table, **own} if isinstance(table, dict) and isinstance(own, dict) else own


def _builtin_text() -> str:
    return resources.files("rom_tracker.movements").joinpath("movements.toml").read_text(encoding="utf-8")


def _builtin_tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_builtin_text())


@cache
def _builtin_catalogue() -> Catalogue:
    return _build(_builtin_tables(), TableFile("movements.toml", _builtin_text()))


def _parse(text: str, name: str) -> dict[str, dict[str, Any]]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MovementFileError(f"The movements file {name} is not valid TOML: {error}.") from error
    wrong = [f"{kind!r} must be a table" for kind, table in tables.items() if not isinstance(table, dict)]
    if wrong:
        raise MovementFileError(f"The movements file {name}: {'; '.join(wrong)}.")
    return tables


def _build(tables: Mapping[str, Mapping[str, Any]], source: TableFile, unknown_tables: AbstractSet[str] = frozenset()) -> Catalogue:
    known = " or ".join(f"[{kind}.NAME]" for kind in tables)
    mistakes = [f"[{kind}...]: unknown kind of table; expected {known}" for kind in sorted(unknown_tables)]
    standing = {
        name: {"posture": "standing", **table} if isinstance(table, dict) else table for name, table in tables["movement"].items()
    }
    build = _Builder({**tables, "movement": standing}, source, mistakes)
    segments = build.all_of(Segment, "segment")
    postures = build.all_of(Posture, "posture")
    compensations = build.all_of(Compensation, "compensation", {"moving": segments, "reference": segments})
    movements = build.all_of(
        Movement,
        "movement",
        {"moving": segments, "reference": segments, "posture": postures, "compensations": compensations},
    )
    unmeasurable = build.all_of(Unmeasurable, "unmeasurable")
    if mistakes:
        raise MovementFileError("\n  ".join([f"The movements file {source.name} has mistakes:", *mistakes]))
    return Catalogue(MappingProxyType(movements), MappingProxyType(unmeasurable))


class _Builder:
    """Turns tables into checked entries, with the entries that they name in the place of the names."""

    def __init__(self, tables: Mapping[str, Mapping[str, Any]], source: TableFile, mistakes: list[str]) -> None:
        self.tables, self.source, self.mistakes = tables, source, mistakes

    def all_of(self, model: type[T], kind: str, links: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, T]:
        """Every entry of a kind that is right; ``links`` gives for a key the entries that it may name."""
        found: dict[str, T] = {}
        for name, table in self.tables[kind].items():
            linked = self._linked(kind, name, table, links or {}, named="key" in model.model_fields)
            entry = None if linked is None else validated(model, linked, kind, name, self.source, self.mistakes)
            if entry is not None:
                found[name] = entry
        return found

    def _linked(
        self, kind: str, name: str, table: Any, links: Mapping[str, Mapping[str, Any]], *, named: bool
    ) -> dict[str, Any] | None:
        """The table with entries in place of their names; None where that is impossible."""
        if not isinstance(table, dict):
            self.mistakes.append(self.source.mistake(kind, name, (), "expected a table"))
            return None
        linked = dict(table)
        if named:
            if "key" in table:
                self.mistakes.append(self.source.mistake(kind, name, ("key",), "the key is the name of the table"))
            linked["key"] = name
        whole = True
        for key, entries in links.items():
            wanted = table.get(key)
            if wanted is None or (key == "reference" and wanted == "up"):
                continue
            several = key == "compensations"
            names = wanted if several and isinstance(wanted, list) else [wanted]
            wrong = [one for one in names if not isinstance(one, str) or one not in entries]
            for one in wrong:
                whole = False
                if not isinstance(one, str) or one not in self.tables[_KIND_OF[key]]:
                    vertical = '"up" (the vertical) or ' if key == "reference" else ""
                    expected = f"expected {vertical}one of the {_KIND_OF[key]}s {', '.join(entries)}, got {one!r}"
                    self.mistakes.append(self.source.mistake(kind, name, (key,), expected))
            if not wrong:
                linked[key] = tuple(entries[one] for one in names) if several else entries[wanted]
        return linked if whole else None


#: The kind of table that a key names an entry of.
_KIND_OF = {"moving": "segment", "reference": "segment", "posture": "posture", "compensations": "compensation"}
