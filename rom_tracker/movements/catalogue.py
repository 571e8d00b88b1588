"""The catalogue of movements: reads and checks ``movements.toml`` and a user's own file on top of it."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, TypeVar

import platformdirs
import pydantic

from rom_tracker.errors import MovementFileError, UnknownMovementError
from rom_tracker.landmarks import locate

T = TypeVar("T", bound=pydantic.BaseModel)
Direction = Literal["up", "down", "forward", "backward", "outward", "inward"]

#: Measuring error of the least certain movement, for those of which no recording with a known angle is at hand: root mean
#: square errors in degrees, and the number of people behind them (calibration/README.md).
WIDEST_RESIDUAL_DEG = 6.9
WIDEST_RESIDUAL_PEOPLE = 5
WIDEST_CHANGE_RESIDUAL_DEG = 3.9
WIDEST_CHANGE_RESIDUAL_PEOPLE = 4

_CHECKED = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _landmark(name: str) -> str:
    try:
        locate(name, "left")
    except KeyError:
        raise ValueError("no such landmark") from None
    return name


Landmark = Annotated[str, pydantic.AfterValidator(_landmark)]


class Segment(pydantic.BaseModel):
    """A line of the body from one landmark to another.

    Attributes
    ----------
    start, end : str
        Names as :func:`rom_tracker.landmarks.locate` takes them; ``from`` and ``to`` in the file.
    anatomical : str
        Where the segment points in the anatomical position.
    """

    model_config = _CHECKED

    start: Landmark = pydantic.Field(alias="from")
    end: Landmark = pydantic.Field(alias="to")
    anatomical: Literal["up", "down", "forward", "backward"]


class Movement(pydantic.BaseModel):
    """How one movement is measured; the keys are explained at the top of ``movements.toml``."""

    model_config = _CHECKED

    key: str
    title: str
    joint: str
    plane: Literal["sagittal", "frontal"]
    camera: Literal["side", "front"]
    moving: Segment
    reference: Segment | Literal["up"]
    positive: Direction
    zero: Literal["anatomical", "start"]
    limits_deg: tuple[float, float]
    better: Literal["larger", "smaller"]
    definition: str
    compensation: str
    source: str
    evidence: Literal["own", "borrowed"] = "borrowed"
    residual_deg: float = pydantic.Field(default=WIDEST_RESIDUAL_DEG, gt=0)
    residual_people: int = pydantic.Field(default=WIDEST_RESIDUAL_PEOPLE, ge=2)
    change_residual_deg: float = pydantic.Field(default=WIDEST_CHANGE_RESIDUAL_DEG, gt=0)
    change_residual_people: int = pydantic.Field(default=WIDEST_CHANGE_RESIDUAL_PEOPLE, ge=2)
    still: Literal["opposite_leg"] | None = None
    preferred_view: Literal["image_left", "image_right"] | None = None

    @pydantic.field_validator("limits_deg", mode="before")
    @classmethod
    def _limits(cls, value: Any) -> Any:
        if isinstance(value, list):
            value = tuple(value)
        if isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, int | float) for v in value):
            low, high = value
            if not low < high:
                raise ValueError("the lower limit comes first")
            if high - low >= 360:
                raise ValueError("the limits must lie less than 360 degrees apart")
        return value

    @pydantic.model_validator(mode="after")
    def _positive_turns(self) -> Self:
        along = {"up", "down"} if self.moving.anatomical in {"up", "down"} else {"forward", "backward"}
        if self.positive in along:
            raise ValueError(f"positive = {self.positive!r} lies along the moving segment, which points {self.moving.anatomical}")
        return self

    @pydantic.model_validator(mode="after")
    def _seen_in_its_plane(self) -> Self:
        across: set[Direction] = {"outward", "inward"} if self.plane == "sagittal" else {"forward", "backward"}
        if self.positive in across:
            raise ValueError(f"positive = {self.positive!r} does not lie in the {self.plane} plane")
        if self.camera != ("side" if self.plane == "sagittal" else "front"):
            raise ValueError(f"a movement in the {self.plane} plane is not seen from camera = {self.camera!r}")
        return self

    @property
    def reference_anatomical(self) -> Literal["up", "down", "forward", "backward"]:
        """Where the reference points in the anatomical position."""
        return "up" if self.reference == "up" else self.reference.anatomical

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the points that the angle is made of."""
        ends = [self.moving.start, self.moving.end]
        if self.reference != "up":
            ends += [self.reference.start, self.reference.end]
        return tuple(dict.fromkeys(ends))


@dataclass(frozen=True)
class Catalogue:
    """All movements by key."""

    movements: Mapping[str, Movement]

    def __getitem__(self, key: str) -> Movement:
        """The movement of that key.

        Raises
        ------
        UnknownMovementError
            There is none; the message names the nearest ones.
        """
        plain = key.strip().lower().replace("-", "_").replace(" ", "_")
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
    return _build(everything, _Source(str(user_file), text), unknown_tables=set(own) - set(tables))


def _over(table: Any, own: Any) -> Any:
    return {**table, **own} if isinstance(table, dict) and isinstance(own, dict) else own


def _builtin_text() -> str:
    return resources.files("rom_tracker.movements").joinpath("movements.toml").read_text(encoding="utf-8")


def _builtin_tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_builtin_text())


@cache
def _builtin_catalogue() -> Catalogue:
    return _build(_builtin_tables(), _Source("movements.toml", _builtin_text()))


def _parse(text: str, name: str) -> dict[str, dict[str, Any]]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MovementFileError(f"The movements file {name} is not valid TOML: {error}.") from error
    wrong = [f"{kind!r} must be a table" for kind, table in tables.items() if not isinstance(table, dict)]
    if wrong:
        raise MovementFileError(f"The movements file {name}: {'; '.join(wrong)}.")
    return tables


@dataclass(frozen=True)
class _Source:
    """The text of a file, to find the line that a mistake stands in."""

    name: str
    text: str

    def line(self, kind: str, table: str, key: str | None) -> int | None:
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

    def mistake(self, kind: str, table: str, key: str | None, message: str) -> str:
        line = self.line(kind, table, key)
        place = f"line {line}, " if line else ""
        return f"{place}{kind}.{table}{f'.{key}' if key else ''}: {message}"


def _build(tables: Mapping[str, Mapping[str, Any]], source: _Source, unknown_tables: AbstractSet[str] = frozenset()) -> Catalogue:
    mistakes = [
        f"[{kind}...]: unknown kind of table; expected [segment.NAME] or [movement.NAME]" for kind in sorted(unknown_tables)
    ]
    segments: dict[str, Segment] = {}
    for name, table in tables["segment"].items():
        segment = _validated(Segment, table, "segment", name, source, mistakes)
        if segment is not None:
            segments[name] = segment
    movements: dict[str, Movement] = {}
    for name, table in tables["movement"].items():
        linked = _link_segments(table, name, segments, tables["segment"], source, mistakes)
        if linked is None:
            continue
        movement = _validated(Movement, linked, "movement", name, source, mistakes)
        if movement is not None:
            movements[name] = movement
    if mistakes:
        raise MovementFileError("\n  ".join([f"The movements file {source.name} has mistakes:", *mistakes]))
    return Catalogue(MappingProxyType(movements))


def _link_segments(
    table: Any,
    name: str,
    segments: Mapping[str, Segment],
    declared: Mapping[str, Any],
    source: _Source,
    mistakes: list[str],
) -> dict[str, Any] | None:
    """The table with segments in place of their names; None where a named segment has mistakes of its own."""
    if not isinstance(table, dict):
        mistakes.append(source.mistake("movement", name, None, "expected a table"))
        return None
    if "key" in table:
        mistakes.append(source.mistake("movement", name, "key", "the key is the name of the table"))
    linked = {**table, "key": name}
    for role in ("moving", "reference"):
        wanted = table.get(role)
        if isinstance(wanted, str) and wanted in segments:
            linked[role] = segments[wanted]
        elif wanted is None or (role == "reference" and wanted == "up"):
            continue
        else:
            if not isinstance(wanted, str) or wanted not in declared:
                mistakes.append(
                    source.mistake("movement", name, role, f"expected one of the segments {', '.join(segments)}, got {wanted!r}")
                )
            return None
    return linked


#: What to say in place of pydantic's words.
_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "unknown key; the built-in movements.toml lists the known ones",
}


def _validated(kind_of: type[T], table: Any, kind: str, name: str, source: _Source, mistakes: list[str]) -> T | None:
    try:
        return kind_of.model_validate(table)
    except pydantic.ValidationError as error:
        for problem in error.errors(include_url=False):
            key = str(problem["loc"][0]) if problem["loc"] else None
            came = "" if problem["type"] in {"missing", "extra_forbidden"} or key is None else f", got {problem['input']!r}"
            mistakes.append(source.mistake(kind, name, key, _PLAIN.get(problem["type"], problem["msg"]) + came))
        return None
