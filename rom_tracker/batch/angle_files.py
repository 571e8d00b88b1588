"""The angle of every frame, a file for each recording beside the tables: written, known again, and cleared away."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from rom_tracker.batch.keys import digest
from rom_tracker.batch.plan import composed

if TYPE_CHECKING:
    from rom_tracker.batch.engine import Record
    from rom_tracker.batch.plan import Plan, Task

FOLDER = "angles"

#: Names of files are no longer than this in bytes: file systems allow 255.
LONGEST_NAME = 200


def write_angles(results: Path, task: Task, table: str) -> str:
    """Write the angles of a task, a CSV; the file's SHA-256, which the record keeps.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    from rom_tracker.output_files import make_folder, written_whole

    path, content = _path(results, task), table.encode("utf-8")
    make_folder(path.parent)
    with written_whole(path) as part:
        part.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def has_angles(results: Path, task: Task, record: Record) -> bool:
    """Whether the angles of a record are there, and not those of another recording or model."""
    return _are_of(record, _path(results, task))


def clear_angles(results: Path, plan: Plan, record_of: Callable[[Task], Record]) -> None:
    """Delete the angles that belong to no measurement any more: of recordings that are gone, or have changed."""
    if not (results / FOLDER).is_dir():
        return
    records = {composed(str(_path(results, task))): record_of(task) for task in plan.tasks}
    for path in sorted((results / FOLDER).rglob("*.csv")):
        record = records.get(composed(str(path)))
        if record is None or not _are_of(record, path):
            with contextlib.suppress(OSError):
                path.unlink()


def _path(results: Path, task: Task) -> Path:
    path = PurePosixPath(f"{task.file}.{task.movement}_{task.side}.csv")
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        path = path.with_name(f"{path.name[:40]}~{digest(task.file)[:8]}.{task.movement}_{task.side}.csv")
    return results / FOLDER / path


def _are_of(record: Record, path: Path) -> bool:
    if "angles_sha256" not in record:
        return False
    try:
        with path.open("rb") as file:
            return bool(hashlib.file_digest(file, "sha256").hexdigest() == record["angles_sha256"])
    except OSError:
        return False
