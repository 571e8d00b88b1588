"""Files of TOML tables that become checked entries, with every mistake named by its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeVar

import pydantic

T = TypeVar("T", bound=pydantic.BaseModel)


@dataclass(frozen=True)
class TableFile:
    """A file of tables: its name, and its text to find the line that a mistake stands in."""

    name: str
    text: str

    def line(self, kind: str, table: str, key: str | None) -> int | None:
        """The line of a key in ``[kind.table]``, or of the table's head; None where neither is found."""
        header = re.compile(rf"\s*\[\s*{kind}\s*\.\s*[\"']?{re.escape(table)}[\"']?\s*\]")
        found = None
        for number, line in enumerate(self.text.splitlines(), 1):
            if header.match(line):
                found = number
            elif found is not None and line.lstrip().startswith("["):
                break
            elif found is not None and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
                return number
        return found

    def mistake(self, kind: str, table: str | None, keys: tuple[str | int, ...], message: str) -> str:
        """A mistake in words: its line, its place and what is wrong."""
        line = self.line(kind, table, str(keys[0]) if keys else None) if table else None
        where = ".".join(str(part) for part in (kind, table, *keys) if part is not None)
        return f"{f'line {line}, ' if line else ''}{where}: {message}"


#: What to say in place of pydantic's words.
_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "unknown key; the top of the built-in file lists the known ones",
    "tuple_type": "expected a list",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}

#: Kinds of mistake that are clear without the value that came.
_SILENT = {"missing", "extra_forbidden"}


def validated(model: type[T], table: Any, kind: str, name: str | None, source: TableFile, mistakes: list[str]) -> T | None:
    """The checked entry of a table ``[kind.name]``, or None and its mistakes added to the list."""
    try:
        return model.model_validate(table)
    except pydantic.ValidationError as error:
        for problem in error.errors(include_url=False):
            keys = problem["loc"]
            came = "" if problem["type"] in _SILENT or not keys else f", got {problem['input']!r}"
            said = _PLAIN.get(problem["type"], problem["msg"]).removeprefix("Value error, ")
            mistakes.append(source.mistake(kind, name, keys, said + came))
        return None
