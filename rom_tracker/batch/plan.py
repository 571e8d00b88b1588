"""What to measure in which recording, and which recordings belong together; what is not known is listed, never guessed."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from rom_tracker.batch.naming import DEFAULT_PATTERN, MOMENTS, SIDES, NamePattern
from rom_tracker.batch.place import SIDECAR_SUFFIX, Place, near_copy, place_of, sidecar_path_of
from rom_tracker.capture.suffixes import VIDEO_SUFFIXES
from rom_tracker.csv_table import read_table
from rom_tracker.errors import RomTrackerError, UsageError, VideoError

if TYPE_CHECKING:
    from rom_tracker.batch.place import Listed
    from rom_tracker.movements.catalogue import Catalogue

MANIFEST = "manifest.csv"
COLUMNS = ("file", "movement", "side", "client", "moment")

KnownFrom = Literal["manifest", "sidecar", "file name"]


@dataclass(frozen=True, slots=True)
class Task:
    """One movement of one side to be measured in one recording.

    Attributes
    ----------
    file : str
        Path of the recording within the folder, with slashes.
    address : str
        Path or URL under which a worker finds it.
    size : int
        Bytes.
    signature : str
        Changes when the file does; see :class:`~rom_tracker.batch.place.Listed`.
    movement : str
        A key of the catalogue.
    side : {"left", "right"}
    client, moment, camera : str
        Empty where not known; ``moment`` is before or after.
    known_from : {"manifest", "sidecar", "file name"}
        Who says what it shows.
    """

    file: str
    address: str
    size: int
    signature: str
    movement: str
    side: str
    client: str = ""
    moment: str = ""
    camera: str = ""
    known_from: KnownFrom = "manifest"

    @property
    def session(self) -> str:
        """The folder that the recording lies in."""
        return str(PurePosixPath(self.file).parent)


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot be measured, or compared, before anything was looked at; ``kind`` is one of the failures table's."""

    file: str
    kind: str
    reason: str
    advice: str
    client: str = ""
    movement: str = ""
    side: str = ""
    moment: str = ""


@dataclass(frozen=True)
class Plan:
    """All that is to be done in a folder.

    Attributes
    ----------
    tasks : tuple of Task
        In the order of file, movement and side.
    problems : tuple of Problem
    pairs : tuple of (Task, Task)
        Before and after.
    closed : bool
        A folder could not be read, so that there may be more.
    """

    tasks: tuple[Task, ...]
    problems: tuple[Problem, ...]
    pairs: tuple[tuple[Task, Task], ...]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class _Said:
    """What somebody says of a recording; ``where`` names the line or file for messages."""

    movement: str
    side: str
    client: str
    moment: str
    where: str
    camera: str = ""


def plan_of(
    folder: str | os.PathLike[str], catalogue: Catalogue, *, pattern: str = DEFAULT_PATTERN, without: Path | None = None
) -> Plan:
    """Find the recordings of a folder and what they show.

    A line of ``manifest.csv`` counts before the sidecar, the sidecar before the name of the file. Where manifest and sidecar
    contradict each other, the recording is not measured.

    Parameters
    ----------
    folder : path-like or URL
        Searched with all below it, but for hidden files and folders.
    catalogue : Catalogue
    pattern : str
        Of file names; see :class:`~rom_tracker.batch.naming.NamePattern`.
    without : Path, optional
        A folder that is not searched: that of the results.

    Raises
    ------
    UsageError
        No such folder, a manifest that is no table of that form, or a pattern that is none.
    """
    place = place_of(folder)
    listed = place.files(without)
    names = NamePattern(pattern, catalogue.movements)
    manifest = _manifest(place, {one.file for one in listed})
    there = {composed(one.file) for one in listed}
    with_sidecar = {one.file.removesuffix(SIDECAR_SUFFIX) for one in listed if one.file.endswith(SIDECAR_SUFFIX)}
    tasks: list[Task] = []
    problems = [_not_there(file, lines) for file, lines in manifest.items() if file not in there]
    problems += [_closed(folder) for folder in place.closed]
    for one in listed:
        is_video = PurePosixPath(one.file).suffix.lower() in VIDEO_SUFFIXES
        lines = manifest.get(composed(one.file), [])
        if lines or is_video:
            found, wrong = _of_recording(one, place, catalogue, lines, _stem(one.file) in with_sidecar, names)
            tasks += found
            problems += wrong
    tasks.sort(key=lambda task: (task.file, task.movement, task.side))
    pairs, unclear = pairs_of(tasks)
    unclear += _spelt_differently(tasks)
    return Plan(
        tuple(tasks),
        tuple(sorted((*problems, *unclear), key=lambda p: (p.file, p.kind, p.movement, p.side))),
        pairs,
        bool(place.closed),
    )


def composed(name: str) -> str:
    """A name with its accents as spreadsheets write them: macOS may write them as letters of their own (Unicode NFD)."""
    return unicodedata.normalize("NFC", name)


def _stem(file: str) -> str:
    return file.removesuffix(PurePosixPath(file).suffix)


def _of_recording(
    one: Listed, place: Place, catalogue: Catalogue, lines: list[_Said], has_sidecar: bool, names: NamePattern
) -> tuple[list[Task], list[Problem]]:
    """The tasks of one recording, or why there are none."""
    noted, wrong = _noted(place.address(one.file), one.file) if has_sidecar else (None, "")
    if wrong and not lines:
        return [], [Problem(one.file, "unknown", *told(wrong, sidecar_path_of(one.file)))]
    named = names.read(one.file)
    if not lines and noted is None and named is None:
        return [], [_unknown(one.file)]
    known_from: KnownFrom = "manifest" if lines else "sidecar" if noted is not None else "file name"
    if named is not None and not lines and noted is None:
        noted = _Said(named.movement, named.side, named.client, named.moment, "the file name")
    tasks: list[Task] = []
    for said in lines or ([noted] if noted is not None else []):
        try:
            whole = said if noted is None or said is noted else _together(said, noted, catalogue)
            tasks += _tasks(one, place, catalogue, whole, known_from)
        except RomTrackerError as error:
            return [], [
                Problem(
                    one.file,
                    "unknown",
                    *told(f"{_capital(said.where)}: {error}"),
                    said.client,
                    said.movement,
                    said.side,
                    said.moment,
                )
            ]
    if len({(task.movement, task.side) for task in tasks}) < len(tasks):
        advice = "Leave one line for each movement and side of a recording."
        return [], [Problem(one.file, "unknown", "The manifest names the same movement and side of this recording twice.", advice)]
    return tasks, []


def _tasks(one: Listed, place: Place, catalogue: Catalogue, said: _Said, known_from: KnownFrom) -> list[Task]:
    if not said.movement:
        raise UsageError("the movement is missing; write it down, `rom-tracker movements` lists them")
    movement = catalogue[said.movement]
    side, moment = said.side.lower(), said.moment.lower()
    if moment and moment not in MOMENTS:
        raise UsageError(f"the moment is before or after, got {said.moment!r}; mend it")
    if not side and movement.sided:
        raise UsageError(f"the side of {movement.key} is missing; write left or right")
    if side and side not in (*SIDES, "both"):
        raise UsageError(f"the side is left, right or both, got {said.side!r}; mend it")
    client = composed(said.client)
    sides = ("left", "right") if side == "both" and movement.sided else (SIDES.get(side, "right"),)
    return [
        Task(
            one.file, place.address(one.file), one.size, one.signature, movement.key, each, client, MOMENTS.get(moment, ""),
            said.camera, known_from,
        )
        for each in sides
    ]  # fmt: skip


def _together(line: _Said, noted: _Said, catalogue: Catalogue) -> _Said:
    """A line of the manifest, and where it is silent the sidecar."""
    merged = {name: getattr(line, name) or getattr(noted, name) for name in ("movement", "side", "client", "moment")}
    plain: dict[str, Callable[[str], str]] = {
        "movement": lambda word: catalogue[word].key,
        "side": lambda word: SIDES.get(word.lower(), word.lower()),
        "client": str,
        "moment": lambda word: MOMENTS.get(word.lower(), word.lower()),
    }
    for name, of in plain.items():
        ours, theirs = getattr(line, name), getattr(noted, name)
        if ours and theirs and of(ours) != of(theirs):
            raise UsageError(f"the {name} is {ours} here and {theirs} in the sidecar of the recording; correct the wrong one")
    return _Said(**merged, where=line.where, camera=noted.camera)


def _noted(address: str, file: str) -> tuple[_Said | None, str]:
    """What the sidecar says, or what is wrong with it."""
    from rom_tracker.capture import read_sidecar

    try:
        with near_copy(sidecar_path_of(address)) as path:
            video = path.with_name(PurePosixPath(file).name)
            try:
                about = read_sidecar(video)
            except VideoError as error:
                return None, str(error).replace(str(path), sidecar_path_of(file))
    except VideoError as error:
        return None, str(error)
    if about is None:
        return None, ""
    return _Said(about.movement, about.side or "", about.client, about.moment, "the sidecar", about.camera), ""


def _manifest(place: Place, files: set[str]) -> dict[str, list[_Said]]:
    """The lines of the manifest by file; nothing where there is none."""
    if MANIFEST not in files:
        return {}
    found: dict[str, list[_Said]] = defaultdict(list)
    with near_copy(place.address(MANIFEST)) as path:
        for line, cells in read_table(path, COLUMNS, ("file", "movement")):
            file = composed(PurePosixPath(cells.pop("file").replace("\\", "/")).as_posix())
            found[file].append(_Said(**cells, where=f"line {line} of {MANIFEST}"))
    return found


def pairs_of(tasks: Iterable[Task]) -> tuple[tuple[tuple[Task, Task], ...], list[Problem]]:
    """Before and after of the same client, movement and side.

    Where a client has one of each, they are a pair wherever they lie. Where there are more, those of one folder are one session and
    a pair; what is still not clear is listed.
    """
    groups: dict[tuple[str, str, str], list[Task]] = defaultdict(list)
    for task in tasks:
        if task.client and task.moment:
            groups[task.client, task.movement, task.side].append(task)
    pairs: list[tuple[Task, Task]] = []
    unclear: list[Problem] = []
    for group in groups.values():
        pair = _pair(group)
        if pair is not None:
            pairs.append(pair)
            continue
        rest: list[Task] = []
        for session in sorted({task.session for task in group}):
            inside = [task for task in group if task.session == session]
            pair = _pair(inside)
            if pair is not None:
                pairs.append(pair)
            elif {task.moment for task in inside} == {"before", "after"}:
                unclear.append(_many(inside))
            else:
                rest += inside
        if {task.moment for task in rest} == {"before", "after"}:
            unclear.append(_many(rest))
    return tuple(sorted(pairs, key=lambda pair: (pair[0].file, pair[0].movement, pair[0].side))), unclear


def _spelt_differently(tasks: Iterable[Task]) -> list[Problem]:
    """A problem for every client whose name is written in two ways."""
    first: dict[str, dict[str, Task]] = defaultdict(dict)
    for task in tasks:
        first[task.client.casefold()].setdefault(task.client, task)
    return [
        Problem(
            task.file,
            "not compared",
            f'The client is called "{task.client}" here and "{known.client}" in "{known.file}", which count as two.',
            "If it is one, write the name the same way throughout.",
            task.client, task.movement, task.side, task.moment,
        )
        for known, *others in (list(each.values()) for each in first.values())
        for task in others
    ]  # fmt: skip


def _pair(tasks: list[Task]) -> tuple[Task, Task] | None:
    before, after = ([task for task in tasks if task.moment == moment] for moment in ("before", "after"))
    return (before[0], after[0]) if len(before) == len(after) == 1 else None


def _many(tasks: list[Task]) -> Problem:
    counts = " and ".join(f"{sum(task.moment == moment for task in tasks)} {moment}" for moment in ("before", "after"))
    first = tasks[0]
    return Problem(
        first.file,
        "not compared",
        f"{counts} the treatment are of this client, movement and side, and which belong together is not known.",
        "Put the recordings of every session into a folder of their own.",
        first.client, first.movement, first.side,
    )  # fmt: skip


def _unknown(file: str) -> Problem:
    return Problem(
        file,
        "unknown",
        "It is not known which movement this recording shows.",
        f"Add a line to {MANIFEST} ({', '.join(COLUMNS)}), or name the file like ann_knee_flexion_left_before.mp4.",
    )


def _closed(folder: str) -> Problem:
    return Problem(folder, "unknown", "This folder cannot be read, nor what is in it.", "Check who may read it.")


def _not_there(file: str, lines: list[_Said]) -> Problem:
    said = lines[0]
    reason = f"{_capital(said.where)} names this file, but it is not there."
    return Problem(file, "unknown", reason, "Check its name and folder.", said.client, said.movement, said.side, said.moment)


def told(message: str, file: str = "") -> tuple[str, str]:
    """Reason and advice, each a sentence, from a message that has both; advice is empty where it has none.

    ``file`` is a name in the message, in which no sentence ends.

    >>> told('"a.mp4" is cut off; copy the file again')
    ('"a.mp4" is cut off.', 'Copy the file again.')
    >>> told('"St. Ann; b.mp4" is cut off; copy the file again', "St. Ann; b.mp4")
    ('"St. Ann; b.mp4" is cut off.', 'Copy the file again.')
    """
    masked = message.replace(file, "\0") if file else message
    for mark in ("; ", ". "):
        reason, found, advice = masked.partition(mark)
        if found and advice:
            return _sentence(reason).replace("\0", file), _sentence(advice).replace("\0", file)
    return _sentence(masked).replace("\0", file), ""


def _sentence(words: str) -> str:
    return _capital(words) + ("" if words.endswith((".", "?", "!")) else ".")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
