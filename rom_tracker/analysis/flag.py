"""Something to know about a measurement, and the verdict that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["note", "caution", "refused"]
Verdict = Literal["ok", "caution", "refused"]


@dataclass(frozen=True)
class Flag:
    """Something to know about a measurement.

    Attributes
    ----------
    code : str
        For programs.
    message : str
        For people: what was seen and what to do about it.
    severity : {"note", "caution", "refused"}
    """

    code: str
    message: str
    severity: Severity


def verdict_of(flags: tuple[Flag, ...]) -> Verdict:
    """The verdict that the gravest flag stands for."""
    severities = {flag.severity for flag in flags}
    if "refused" in severities:
        return "refused"
    return "caution" if "caution" in severities else "ok"
