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

from rom_tracker.errors import MovementFileError, UnknownMovementError, UnmeasurableMovementError
from rom_tracker.landmarks import is_of_the_hand, locate

T = TypeVar("T", bound=pydantic.BaseModel)
Direction = Literal[
    "up", "down", "forward", "backward", "outward", "inward", "distal", "palmar", "dorsal", "radial", "ulnar"
]  # fmt: skip
Camera = Literal["side", "front", "above"]

#: Directions that lie in the picture of a camera at the side of the body, or in front of it.
SEEN_FROM: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "side": frozenset({"up", "down", "forward", "backward"}),
        "front": frozenset({"up", "down", "outward", "inward"}),
    }
)

#: Directions that belong to the tested hand, however it is held.
HAND_DIRECTIONS = frozenset({"distal", "palmar", "dorsal", "radial", "ulnar"})

_OPPOSITE = {
    "up": "down", "forward": "backward", "outward": "inward", "palmar": "dorsal", "radial": "ulnar",
}  # fmt: skip

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
    """A line of the body from one landmark to another, or an axis of the head.

    Attributes
    ----------
    start, end : str or None
        Names as :func:`rom_tracker.landmarks.locate` takes them; ``from`` and ``to`` in the file. None for an axis of the head.
    of : "head" or None
        Set for an axis of the head, which is followed by the face and not by two landmarks.
    at_zero : str
        Where the segment points when the movement reads 0.
    """

    model_config = _CHECKED

    start: Landmark | None = pydantic.Field(default=None, alias="from")
    end: Landmark | None = pydantic.Field(default=None, alias="to")
    of: Literal["head"] | None = None
    at_zero: Direction

    @pydantic.model_validator(mode="after")
    def _line_or_axis(self) -> Self:
        if (self.of is None) != (self.start is not None and self.end is not None) or (self.start is None) != (self.end is None):
            raise ValueError('expected either from and to, or of = "head"')
        return self

    @property
    def points(self) -> tuple[str, ...]:
        """Names of its two ends; none for an axis of the head."""
        return () if self.start is None or self.end is None else (self.start, self.end)


class Compensation(pydantic.BaseModel):
    """What people do instead of the movement, as an angle that is measured beside it; keys as in ``movements.toml``."""

    model_config = _CHECKED

    key: str
    title: str
    moving: Segment
    reference: Segment | Literal["up"]
    counted: Literal["change", "angle"]
    limit_deg: float = pydantic.Field(gt=0)
    depth: bool = False
    advice: str


class Posture(pydantic.BaseModel):
    """How the client is placed before the movement, for the pictures of it.

    Attributes
    ----------
    words : str
    lies : {"supine", "prone"} or None
        None where the trunk is upright.
    seated : bool
    tested, both : mapping
        Where the upper arm, forearm, thigh or shank of the tested side, or of both sides, points; down where not named.
    """

    model_config = _CHECKED

    words: str
    lies: Literal["supine", "prone"] | None = None
    seated: bool = False
    tested: dict[Literal["upper_arm", "forearm", "thigh", "shank"], Direction] = pydantic.Field(default_factory=dict)
    both: dict[Literal["upper_arm", "forearm", "thigh", "shank"], Direction] = pydantic.Field(default_factory=dict)


class Unmeasurable(pydantic.BaseModel):
    """A movement that one camera cannot measure, and what to do instead."""

    model_config = _CHECKED

    key: str
    title: str
    why: str
    instead: str
    source: str


class Movement(pydantic.BaseModel):
    """How one movement is measured; the keys are explained at the top of ``movements.toml``."""

    model_config = _CHECKED

    key: str
    title: str
    joint: str
    plane: Literal["sagittal", "frontal", "transverse"]
    camera: Camera
    placement: str | None = None
    position: str = "standing"
    posture: Posture
    moving: Segment
    reference: Segment | Literal["up"]
    positive: Direction
    zero: Literal["anatomical", "start"]
    sided: bool = True
    limits_deg: tuple[float, float]
    better: Literal["larger", "smaller"]
    definition: str
    compensation: str
    compensations: tuple[Compensation, ...] = ()
    feasibility: Literal["good", "moderate", "poor"] = "moderate"
    feasibility_note: str = ""
    source: str
    evidence: Literal["own", "borrowed"] = "borrowed"
    residual_deg: float = pydantic.Field(default=WIDEST_RESIDUAL_DEG, gt=0)
    residual_people: int = pydantic.Field(default=WIDEST_RESIDUAL_PEOPLE, ge=2)
    change_residual_deg: float = pydantic.Field(default=WIDEST_CHANGE_RESIDUAL_DEG, gt=0)
    change_residual_people: int = pydantic.Field(default=WIDEST_CHANGE_RESIDUAL_PEOPLE, ge=2)
    profile: Literal["body", "refused"] | None = None
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
        axis = self.moving.at_zero
        if self.positive in (axis, _OPPOSITE.get(axis), _OPPOSITES.get(axis)):
            raise ValueError(f"positive = {self.positive!r} lies along the moving segment, which points {axis}")
        return self

    @pydantic.model_validator(mode="after")
    def _seen_from_the_camera(self) -> Self:
        if self.instrument == "face":
            if self.camera != "front":
                raise ValueError(f"the head is followed by the face, which camera = {self.camera!r} does not see")
            return self
        directions = {self.moving.at_zero, self.reference_at_zero, self.positive}
        if directions & HAND_DIRECTIONS:
            if not directions <= HAND_DIRECTIONS or self.moving.at_zero != self.reference_at_zero:
                raise ValueError("a movement of the hand is counted from where hand and forearm point the same way")
            return self
        hidden = sorted(directions - SEEN_FROM.get(self.camera, frozenset()))
        if hidden:
            raise ValueError(f"{' and '.join(hidden)} cannot be seen by a camera = {self.camera!r}")
        return self

    @property
    def reference_at_zero(self) -> Direction:
        """Where the reference points when the movement reads 0."""
        return "up" if self.reference == "up" else self.reference.at_zero

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the points that the angle is made of."""
        ends = [*self.moving.points, *(() if self.reference == "up" else self.reference.points)]
        return tuple(dict.fromkeys(ends))

    @property
    def instrument(self) -> Literal["body", "hand", "face"]:
        """Which of the models sees the moving segment best."""
        if self.moving.of == "head":
            return "face"
        return "hand" if any(is_of_the_hand(name) for name in self.points) else "body"

    @property
    def two_way(self) -> bool:
        """Whether the other side's movement is this one read backwards: a movement of trunk or head to the left or the right."""
        return self.sided and all(name.startswith("mid_") for name in self.points)

    @property
    def camera_words(self) -> str:
        """Where to put the camera, for people."""
        return self.placement or _PLACEMENT[self.camera]


_OPPOSITES: Mapping[str, str] = {far: near for near, far in _OPPOSITE.items()}

_PLACEMENT: Mapping[str, str] = {
    "side": "from the side, tested side towards the camera",
    "front": "from the front, client facing the camera",
    "above": "from above, looking straight down",
}


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
    known = " or ".join(f"[{kind}.NAME]" for kind in tables)
    mistakes = [f"[{kind}...]: unknown kind of table; expected {known}" for kind in sorted(unknown_tables)]
    build = _Builder(tables, source, mistakes)
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

    def __init__(self, tables: Mapping[str, Mapping[str, Any]], source: _Source, mistakes: list[str]) -> None:
        self.tables, self.source, self.mistakes = tables, source, mistakes

    def all_of(self, model: type[T], kind: str, links: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, T]:
        """Every entry of a kind that is right; ``links`` gives for a key the entries that it may name."""
        found: dict[str, T] = {}
        for name, table in self.tables[kind].items():
            linked = self._linked(kind, name, table, links or {}, named="key" in model.model_fields)
            entry = None if linked is None else _validated(model, linked, kind, name, self.source, self.mistakes)
            if entry is not None:
                found[name] = entry
        return found

    def _linked(
        self, kind: str, name: str, table: Any, links: Mapping[str, Mapping[str, Any]], *, named: bool
    ) -> dict[str, Any] | None:
        """The table with entries in place of their names; None where that is impossible."""
        if not isinstance(table, dict):
            self.mistakes.append(self.source.mistake(kind, name, None, "expected a table"))
            return None
        linked = dict(table)
        if named:
            if "key" in table:
                self.mistakes.append(self.source.mistake(kind, name, "key", "the key is the name of the table"))
            linked["key"] = name
        whole = True
        for key, entries in links.items():
            wanted = table.get(key)
            if wanted is None or (key == "reference" and wanted == "up"):
                continue
            several = isinstance(wanted, list)
            names = wanted if several else [wanted]
            wrong = [one for one in names if not isinstance(one, str) or one not in entries]
            for one in wrong:
                whole = False
                if not isinstance(one, str) or one not in self.tables[_KIND_OF[key]]:
                    expected = f"expected one of the {_KIND_OF[key]}s {', '.join(entries)}, got {one!r}"
                    self.mistakes.append(self.source.mistake(kind, name, key, expected))
            if not wrong:
                linked[key] = tuple(entries[one] for one in names) if several else entries[wanted]
        return linked if whole else None


#: The kind of table that a key names an entry of.
_KIND_OF = {"moving": "segment", "reference": "segment", "posture": "posture", "compensations": "compensation"}


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
