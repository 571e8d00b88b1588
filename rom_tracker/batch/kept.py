"""What is kept of a measurement so that it can be compared later, without its frames: plain JSON and back.

A comparison needs the numbers, their error budget and how the client was seen, and of the landmarks one frame, by which the same
recording under two names is recognised.
"""

from __future__ import annotations

import base64
import dataclasses
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from rom_tracker.frozen import put_together, taken_apart

if TYPE_CHECKING:
    from rom_tracker.analysis.measurement import RomMeasurement


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


def to_plain(found: RomMeasurement) -> dict[str, Any]:
    """What JSON can hold."""
    tree, arrays = taken_apart(found)
    return {"tree": tree, "arrays": {name: _as_text(array) for name, array in arrays.items()}}


def from_plain(plain: dict[str, Any]) -> RomMeasurement:
    """What gave it.

    Raises
    ------
    ValueError, KeyError, TypeError
        It is not that of a measurement.
    """
    from rom_tracker.analysis.measurement import RomMeasurement

    return put_together(RomMeasurement, plain["tree"], {name: _from_text(text) for name, text in plain["arrays"].items()})


def _as_text(array: NDArray[Any]) -> dict[str, Any]:
    content = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"content": content, "dtype": array.dtype.str, "shape": list(array.shape)}


def _from_text(text: dict[str, Any]) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(text["content"]), dtype=text["dtype"]).reshape(text["shape"])
