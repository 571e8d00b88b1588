"""What stands behind the stated errors: which recordings, what was tuned on them, and how the model's error is put together.

It is read from ``evidence.toml``, whose comments explain its keys.
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import pydantic

from rom_tracker.errors import MeasurementError
from rom_tracker.validation.tables import RecordingRow

FILE = "evidence.toml"

#: What a person's recordings were used for: rules of the program were chosen on them; only the numbers of the intervals were
#: computed from them; nothing.
Use = Literal["tuned on", "intervals only", "untouched"]
USES: tuple[Use, ...] = ("tuned on", "intervals only", "untouched")


class EvidenceError(MeasurementError):
    """``evidence.toml`` is damaged or contradicts itself."""


class _Checked(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True)


class Tuned(_Checked):
    """Something of the program that was chosen on recordings."""

    what: str
    recordings: list[str] = ["*"]


class RecordingSet(_Checked):
    """A folder of recordings."""

    name: str
    folder: str
    about: str
    residuals: bool = False
    tuned: list[Tuned] = []


class MovementClass(_Checked):
    """Movements that are reported together."""

    title: str
    movements: list[str]


class ResidualRules(_Checked):
    """How the model's part of the error is computed from the errors of the recordings."""

    least_deg: float = 2.0
    least_of_joint_deg: dict[str, float] = {}
    few_people: int = 6
    shared_where_few: list[list[str]] = []
    least_of_change_deg: float = 0.5
    offset_people: int = 5
    offset_share: float = 0.85
    corrected_share: dict[str, float] = {}
    left_out: list[str] = []
    change_together: list[list[str]] = []
    borrowed: dict[str, str] = {}
    large_joints: list[str] = ["shoulder", "elbow", "hip", "knee"]


class Evidence(_Checked):
    """All of it."""

    sets: list[RecordingSet] = pydantic.Field(default=[], alias="set")
    classes: list[MovementClass] = pydantic.Field(default=[], alias="class")
    residual: ResidualRules = ResidualRules()
    limits: list[str] = []

    def set_of(self, folder: Path) -> str:
        """Name of the set that a folder holds: the declared one, else the folder's own."""
        folder = folder.resolve()
        return next((one.name for one in self.sets if one.folder == folder.name), folder.name)

    def for_residuals(self, set_name: str) -> bool:
        """Whether the numbers of the intervals come from a set."""
        return any(one.residuals for one in self.sets if one.name == set_name)

    def class_of(self, movement: str) -> str:
        """The title of the class that a movement is reported in."""
        return next((one.title for one in self.classes if movement in one.movements), "Others")

    def uses(self, rows: Iterable[RecordingRow]) -> dict[str, Use]:
        """What each person was used for: the gravest of all uses of all their recordings."""
        found: dict[str, Use] = {}
        for row in rows:
            use = self._use(row)
            found[row.person] = min(use, found.get(row.person, use), key=USES.index)
        return found

    def _use(self, row: RecordingRow) -> Use:
        for one in self.sets:
            if one.name == row.set:
                if any(fnmatch.fnmatchcase(row.recording, glob) for tuned in one.tuned for glob in tuned.recordings):
                    return "tuned on"
                return "intervals only" if one.residuals else "untouched"
        return "untouched"


def load_evidence(path: Path) -> Evidence:
    """What the file says.

    Raises
    ------
    EvidenceError
        It is missing, no TOML, has unknown keys, or names a set, a folder or a movement twice.
    """
    try:
        evidence = Evidence.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EvidenceError(f'expected a TOML file at "{path}", got: {error}') from error
    except pydantic.ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise EvidenceError(f"{path} has mistakes: {problems}") from error
    for what, names in (
        ("set", [one.name for one in evidence.sets]),
        ("folder", [one.folder for one in evidence.sets]),
        ("movement of a class", [movement for one in evidence.classes for movement in one.movements]),
        ("movement of a group of changes", [movement for group in evidence.residual.change_together for movement in group]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise EvidenceError(f"{path} names a {what} more than once: {', '.join(twice)}")
    return evidence
