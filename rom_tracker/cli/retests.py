"""Which recordings are test and retest of one client, and what they measure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rom_tracker.capture.suffixes import VIDEO_SUFFIXES
from rom_tracker.cli import output
from rom_tracker.cli.noted import noted
from rom_tracker.cli.request import Request
from rom_tracker.csv_table import read_table
from rom_tracker.errors import UsageError, VideoError

if TYPE_CHECKING:
    from rom_tracker.analysis.measurement import RomMeasurement
    from rom_tracker.landmarks import Side
    from rom_tracker.movements import Movement

Ask = Callable[[tuple[Path, ...], str | None], Request]

COLUMNS = ("client", "test", "retest")
MOMENTS = ("test", "retest")

_NAME = re.compile(r"(?P<client>.+?)[-_ ](?P<moment>test|retest)", re.IGNORECASE)


@dataclass(frozen=True)
class Retest:
    """Recordings of one client with no treatment in between: test, retest, and so on; ``side`` as it was given."""

    client: str
    recordings: tuple[Path, ...]
    side: str | None = None


@dataclass(frozen=True)
class Measured:
    """The end ranges of a retest, in degrees."""

    retest: Retest
    side: Side
    peaks_deg: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words."""
        recordings = [str(path) for path in self.retest.recordings]
        return {
            "client": self.retest.client,
            "side": self.side,
            "recordings": recordings,
            "peak_deg": [round(v, 2) for v in self.peaks_deg],
        }


@dataclass(frozen=True)
class Lost:
    """A retest that could not be measured, and why."""

    retest: Retest
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Plain words."""
        recordings = [str(path) for path in self.retest.recordings]
        return {"client": self.retest.client, "recordings": recordings, "reason": self.reason}


def find_retests(paths: list[Path]) -> list[Retest]:
    """From a table, a folder, or two and more recordings of one client.

    Raises
    ------
    UsageError
        They are none of these, or nothing is in them.
    """
    if len(paths) > 1:
        return [Retest(_noted_client(paths[0]) or "client", tuple(paths))]
    (path,) = paths
    if path.is_dir():
        return _in_folder(path)
    if path.suffix.lower() == ".csv":
        return _in_table(path)
    raise UsageError(f'Expected two or more recordings, a folder or a table (.csv), got "{path}" alone.')


def _in_folder(folder: Path) -> list[Retest]:
    """Recordings called NAME-test and NAME-retest."""
    found: dict[str, dict[str, Path]] = defaultdict(dict)
    for path in sorted(folder.iterdir()):
        named = _NAME.fullmatch(path.stem)
        if named and path.suffix.lower() in VIDEO_SUFFIXES:
            found[named["client"]].setdefault(named["moment"].lower(), path)
    if not found:
        raise UsageError(f'Expected recordings called NAME-test and NAME-retest (.mkv, .mp4, ...) in "{folder}", found none.')
    pairs = {name: tuple(of_one[moment] for moment in MOMENTS if moment in of_one) for name, of_one in found.items()}
    return [Retest(_noted_client(pair[0]) or name, pair) for name, pair in pairs.items()]


def _in_table(table: Path) -> list[Retest]:
    """Rows of client, test and retest, and a side where there are several; paths are relative to the table."""
    rows = [row for _, row in read_table(table, (*COLUMNS, "side"), COLUMNS)]
    if not rows:
        raise UsageError(f'Expected a line for each client in "{table}", found none.')
    return [
        Retest(row["client"], tuple(table.parent / row[moment] for moment in MOMENTS if row[moment]), row["side"] or None)
        for row in rows
    ]


def measure_retests(retests: list[Retest], movement: Movement, ask: Ask) -> tuple[list[Measured], list[Lost]]:
    """Measure all, a line on the side for each; one that cannot be measured is lost alone.

    ``ask`` gives what to measure in the recordings of a retest whose side was given, or not.
    """
    measured: list[Measured] = []
    lost: list[Lost] = []
    for number, retest in enumerate(retests, 1):
        try:
            found = _measured(retest, movement, ask)
            measured.append(found)
            said = ", then ".join(output.angle(value) for value in found.peaks_deg)
        except (UsageError, VideoError) as error:
            lost.append(Lost(retest, output.sentence(str(error))))
            said = f"left out: {lost[-1].reason}"
        output.hint(f"{number} of {len(retests)}, {retest.client}: {said}")
    return measured, lost


def _measured(retest: Retest, movement: Movement, ask: Ask) -> Measured:
    from rom_tracker.analysis.comparison import difference_flags

    recordings = retest.recordings
    if len(recordings) < 2:
        got = f"{recordings[0].name} alone" if recordings else "none"
        raise UsageError(f"expected a test and a retest, got {got}")
    _check_same_movement(recordings, movement)
    wanted = ask(recordings, retest.side)
    measurements: list[RomMeasurement] = []
    for path in recordings:
        measurements.append(wanted.measure(path, last=measurements[-1] if measurements else None))
    peaks_deg: list[float] = []
    for path, one in zip(recordings, measurements, strict=True):
        if one.peak_deg is None:
            raise VideoError(f"{path.name} was refused: {_reasons(one.flags)}")
        peaks_deg.append(one.peak_deg)
    for one, other in pairwise(measurements):
        flags = difference_flags(one, other)
        if any(flag.code == "same_recording" for flag in flags):
            raise UsageError("test and retest are the same recording")
        if reasons := _reasons(flags):
            raise VideoError(reasons)
    return Measured(retest, wanted.side, tuple(peaks_deg))


def _check_same_movement(recordings: Iterable[Path], movement: Movement) -> None:
    from rom_tracker.capture import read_sidecar

    for path in recordings:
        about = read_sidecar(path) if path.is_file() else None
        if about is not None and about.movement != movement.key:
            raise UsageError(f"expected {movement.key}, but {path.name} was recorded as {about.movement}")


def noted_movement(retests: list[Retest]) -> str | None:
    """The movement that the first recording of which it is noted shows."""
    sidecars = (noted(path) for retest in retests for path in retest.recordings)
    return next((about.movement for about in sidecars if about is not None), None)


def _noted_client(recording: Path) -> str | None:
    about = noted(recording)
    return about.client if about is not None else None


def _reasons(flags: Iterable[Any]) -> str:
    return " ".join(flag.message for flag in flags if flag.severity == "refused")
