"""Takes the model's errors to the file of movements, whose comments and order stay as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rom_tracker.movements import Movement
from rom_tracker.movements.definitions import (
    WIDEST_CHANGE_RESIDUAL_DEG,
    WIDEST_CHANGE_RESIDUAL_PEOPLE,
    WIDEST_RESIDUAL_DEG,
    WIDEST_RESIDUAL_PEOPLE,
)
from rom_tracker.validation.residuals import MovementResiduals

_HEADER = re.compile(r"^\[movement\.(\w+)\]\s*$")
_KEY = re.compile(r"^(\w+)(\s*=\s*)(\S+)(.*)$")

#: What every movement has that no recording and no relative stands behind.
DEFAULTS: Mapping[str, float] = {
    "residual_deg": WIDEST_RESIDUAL_DEG,
    "residual_people": WIDEST_RESIDUAL_PEOPLE,
    "change_residual_deg": WIDEST_CHANGE_RESIDUAL_DEG,
    "change_residual_people": WIDEST_CHANGE_RESIDUAL_PEOPLE,
}


def stated(found: MovementResiduals) -> dict[str, float]:
    """What the catalogue states of a movement, by the names it has there; degrees to one digit."""
    offset: dict[str, float] = {}
    if found.end_range.offset_deg:
        offset["offset_deg"] = round(found.end_range.offset_deg, 1)
        if found.end_range.offset_span_deg is not None:
            offset["offset_span_deg"] = round(found.end_range.offset_span_deg, 0)
    return {
        "residual_deg": round(found.end_range.sd_deg, 1),
        "residual_people": found.end_range.people,
        "change_residual_deg": round(found.change.sd_deg, 1),
        "change_residual_people": found.change.people,
        **offset,
    }


def differences(found: Mapping[str, MovementResiduals], movements: Mapping[str, Movement]) -> list[str]:
    """Where the catalogue states something else, a line each."""
    lines: list[str] = []
    for key, one in found.items():
        for name, value in stated(one).items():
            now = getattr(movements[key], name, None)
            if now != value:
                lines.append(f"{key}: {name} = {value:g}, not {'there' if now is None else f'{now:g}'}")
        evidence = "own" if one.own else "borrowed"
        if movements[key].evidence != evidence:
            lines.append(f'{key}: evidence = "{evidence}", not "{movements[key].evidence}"')
    return lines


def rewritten(text: str, found: Mapping[str, MovementResiduals]) -> str:
    """The text of ``movements.toml`` with other errors; all else stays.

    A movement whose errors are all those that hold without any being stated gets none.
    """
    parts = re.split(r"(?m)^(?=\[)", text)
    return "".join(_rewritten_part(part, found) for part in parts)


def _rewritten_part(part: str, found: Mapping[str, MovementResiduals]) -> str:
    lines = part.splitlines()
    header = _HEADER.match(lines[0]) if lines else None
    one = None if header is None else found.get(header[1])
    if one is None:
        return part
    values = stated(one)
    shown = {"evidence": '"own"' if one.own else '"borrowed"', **{name: _toml(value) for name, value in values.items()}}
    kept: list[str] = []
    for line in lines:
        key = _KEY.match(line)
        if key is None or key[1] not in shown:
            kept.append(line)
        else:
            kept.append(f"{key[1]}{key[2]}{shown.pop(key[1])}{key[4]}")
    missing = [f"{name} = {value}" for name, value in shown.items() if one.own or values.get(name) != DEFAULTS.get(name)]
    missing = [line for line in missing if line != 'evidence = "borrowed"']
    end = max(i for i, line in enumerate(kept) if line.strip() and not line.startswith("#")) + 1
    return "\n".join([*kept[:end], *missing, *kept[end:]]) + ("\n" if part.endswith("\n") else "")


def _toml(value: float) -> str:
    return str(value)
