"""What is kept of a measurement so that it can be compared later, without its frames: plain JSON and back.

A comparison needs the numbers, their error budget and how the client was seen, and of the landmarks one frame, by which the same
recording under two names is recognised. Only classes of this program are read back, so that a journal from somebody else runs no
code of theirs.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pydantic

if TYPE_CHECKING:
    from rom_tracker.analysis.measurement import RomMeasurement

_PLAIN = (bool, int, float, str, type(None))


def without_frames(found: RomMeasurement) -> RomMeasurement:
    """The same measurement with one frame, in which somebody was found, in the place of all."""
    frames = len(found.angles)
    seen = np.flatnonzero(found.merged.poses.person_found) if found.merged is not None else np.empty(0, dtype=int)
    first = int(seen[0]) if len(seen) else 0
    movement = found.movement.model_copy(update={"compensations": ()})
    thin = dataclasses.replace(found, movement=movement, compensations=(), head=None)
    return cast("RomMeasurement", _one_frame(thin, frames, first))


def _one_frame(value: Any, frames: int, first: int) -> Any:
    if isinstance(value, np.ndarray):
        return value[first : first + 1] if len(value) == frames else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        cut = {f.name: _one_frame(getattr(value, f.name), frames, first) for f in dataclasses.fields(value)}
        return dataclasses.replace(value, **cut)
    return value


def to_plain(value: Any) -> Any:
    """What JSON can hold, from dataclasses, models, arrays, mappings, dates, tuples and plain values.

    >>> from rom_tracker.analysis.flag import Flag
    >>> from_plain(to_plain((Flag("a", "b", "note"), 1.5, None)))
    (Flag(code='a', message='b', severity='note'), 1.5, None)

    Raises
    ------
    TypeError
        It is something else.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, tuple | list):
        return [to_plain(one) for one in value]
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value)
        return {"array": base64.b64encode(array.tobytes()).decode(), "dtype": array.dtype.str, "shape": list(array.shape)}
    if isinstance(value, Mapping):
        return {"mapping": [[name, to_plain(one)] for name, one in value.items()]}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, pydantic.BaseModel):
        names = list(type(value).model_fields)
    elif dataclasses.is_dataclass(value):
        names = [f.name for f in dataclasses.fields(value) if f.init]
    else:
        raise TypeError(f"expected something of this program that can be kept, got {type(value).__name__}")
    kind = type(value)
    return {"class": f"{kind.__module__}:{kind.__qualname__}", "fields": {name: to_plain(getattr(value, name)) for name in names}}


def from_plain(plain: Any) -> Any:
    """What gave it; lists become tuples.

    Raises
    ------
    ValueError
        It names a class that is none of this program's.
    """
    if isinstance(plain, list):
        return tuple(from_plain(one) for one in plain)
    if not isinstance(plain, dict):
        return plain
    if "array" in plain:
        return np.frombuffer(base64.b64decode(plain["array"]), dtype=plain["dtype"]).reshape(plain["shape"])
    if "mapping" in plain:
        return {name: from_plain(one) for name, one in plain["mapping"]}
    if "date" in plain:
        return date.fromisoformat(plain["date"])
    kind = _class(plain["class"])
    fields = {name: from_plain(value) for name, value in plain["fields"].items()}
    return kind.model_construct(**fields) if issubclass(kind, pydantic.BaseModel) else kind(**fields)


def _class(name: str) -> Any:
    module, _, qualname = name.partition(":")
    if module.startswith("rom_tracker.") and qualname.isidentifier():
        kind: Any = getattr(import_module(module), qualname, None)
        own = isinstance(kind, type) and kind.__module__ == module
        if own and (dataclasses.is_dataclass(kind) or issubclass(kind, pydantic.BaseModel)):
            return kind
    raise ValueError(f"expected a class of this program, got {name!r}")
