"""One thing about the set-up of a recording: what was found, up to where it is fine, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["ok", "caution", "refused", "unknown"]

_DIGITS = {"metres": 1, "seconds": 2}


@dataclass(frozen=True)
class Limits:
    """Up to where something is fine.

    Attributes
    ----------
    caution, refused : float or None
        Beyond these it is a caution, or no number is given; None where there is no such limit.
    worse : {"larger", "smaller"}
        Which way is beyond.
    source : str
        Where the numbers come from.
    """

    caution: float | None
    refused: float | None
    worse: Literal["larger", "smaller"]
    source: str

    def state(self, value: float) -> State:
        """On which side of the limits a value is.

        >>> limits = Limits(20.0, 50.0, "larger", "")
        >>> limits.state(20.0), limits.state(20.1), limits.state(51.0)
        ('ok', 'caution', 'refused')
        """

        def beyond(limit: float | None) -> bool:
            return limit is not None and (value > limit if self.worse == "larger" else value < limit)

        if beyond(self.refused):
            return "refused"
        return "caution" if beyond(self.caution) else "ok"

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words."""
        return {"caution": self.caution, "refused": self.refused, "worse": self.worse, "source": self.source}


@dataclass(frozen=True)
class Check:
    """One thing about the set-up.

    Attributes
    ----------
    key, title : str
        For programs, and for people.
    value : float, str or None
        What was found; None where nothing tells.
    unit : str
    state : {"ok", "caution", "refused", "unknown"}
    limits : Limits or None
        None where it is no matter of a number.
    advice : str
        What to do, as sentences; empty where there is nothing to do.
    told_by : str
        What the value was taken from, where that is not plain.
    """

    key: str
    title: str
    value: float | str | None
    unit: str
    state: State
    limits: Limits | None = None
    advice: str = ""
    told_by: str = ""

    @property
    def found(self) -> str:
        """The value in words: ``27 degrees``."""
        if isinstance(self.value, float):
            return f"{self.value:z.{_DIGITS.get(self.unit, 0)}f} {self.unit}"
        return self.value or "not known"

    @property
    def fine(self) -> str:
        """Up to where it is fine, in words; empty where it is no matter of a number."""
        if self.limits is None or self.limits.caution is None:
            return ""
        return f"{'up to' if self.limits.worse == 'larger' else 'at least'} {self.limits.caution:g}"

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, as ``--json`` prints them."""
        return {
            "key": self.key,
            "title": self.title,
            "value": round(self.value, 3) if isinstance(self.value, float) else self.value,
            "unit": self.unit,
            "limits": None if self.limits is None else self.limits.as_dict(),
            "state": self.state,
            "advice": self.advice,
            "told_by": self.told_by,
        }
