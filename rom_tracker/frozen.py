"""Takes a frozen dataclass apart into JSON and arrays, and puts it together again, exactly.

    tree, arrays = taken_apart(measurement)
    put_together(RomMeasurement, tree, arrays)

The types come from the annotations of the fields: dataclasses, pydantic models, tuples, arrays, dates, numbers, words, and None.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

import numpy as np
import pydantic
from numpy.typing import NDArray

T = TypeVar("T")
Arrays = dict[str, NDArray[Any]]

_ARRAY = "array"


def taken_apart(value: Any) -> tuple[Any, Arrays]:
    """JSON, and the arrays by where in it they belong, such as ``"angles.time_s"``."""
    arrays: Arrays = {}
    return _apart(value, "", arrays), arrays


def _apart(value: Any, name: str, arrays: Arrays) -> Any:
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {field.name: _apart(getattr(value, field.name), f"{name}.{field.name}".lstrip("."), arrays) for field in fields}
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, tuple):
        return [_apart(one, f"{name}.{place}", arrays) for place, one in enumerate(value)]
    if isinstance(value, np.ndarray):
        arrays[name] = value
        return {_ARRAY: name}
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, np.generic):
        return _apart(value.item(), name, arrays)
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{name}: cannot take a {type(value).__name__} apart")


def put_together(kind: type[T], tree: Any, arrays: Mapping[str, NDArray[Any]]) -> T:
    """What was taken apart.

    Raises
    ------
    ValueError, KeyError, TypeError
        The parts are not those of a ``kind``.
    """
    found: T = _together(kind, tree, arrays)
    return found


def _together(kind: Any, tree: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if tree is None or kind is Any:
        return tree
    if isinstance(tree, dict) and tree.keys() == {_ARRAY}:
        return arrays[tree[_ARRAY]]
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        chosen = [part for part in parts if part is not type(None)]
        if len(chosen) > 1:  # Plain values only, which need no putting together.
            return tree
        (kind,) = chosen
        return _together(kind, tree, arrays)
    if origin is tuple:
        kinds = [parts[0]] * len(tree) if parts[1:] == (...,) else parts
        return tuple(_together(part, one, arrays) for part, one in zip(kinds, tree, strict=True))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        # What a later version of the program added has its default.
        told = [field.name for field in dataclasses.fields(kind) if field.name in tree or field.default is dataclasses.MISSING]
        return kind(**{name: _together(hints[name], tree[name], arrays) for name in told})
    if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
        return kind.model_validate_json(pydantic.TypeAdapter(Any).dump_json(tree))
    if kind is float:
        return float(tree)
    if kind is date:
        return date.fromisoformat(tree)
    return tree
