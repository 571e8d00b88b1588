"""A whole batch: plan, measure what is not measured yet, write tables and page."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rom_tracker.batch.angle_files import clear_angles, has_angles, write_angles
from rom_tracker.batch.engine import Engine, Limits, Listen, Record
from rom_tracker.batch.journal import Journal
from rom_tracker.batch.keys import Keys, digest, method
from rom_tracker.batch.naming import DEFAULT_PATTERN
from rom_tracker.batch.place import is_far
from rom_tracker.batch.plan import Plan, Task, plan_of
from rom_tracker.capture.suffixes import VIDEO_SUFFIXES
from rom_tracker.errors import UsageError
from rom_tracker.movements import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from rom_tracker.movements.catalogue import Catalogue
    from rom_tracker.pose.estimator import ModelChoice

#: Notes which tables are there, and of what, so that a second run over unchanged files need not make them again.
STATE = ".tables.json"

#: A recording that is measured with the heavy model takes so many times as long as another one.
HEAVY_TAKES = 2


@dataclass(frozen=True)
class BatchSummary:
    """How a batch went.

    Attributes
    ----------
    results : Path
    recordings : int
        Tasks: a recording in which both sides are measured counts twice.
    measured, refused, failed, unknown : int
        Tasks with a number; without one, for reasons in the picture; that could not be read or that ended their worker; and
        recordings, or lines of the manifest, of which it is not known what to measure.
    left : int
        Tasks that were not come to, after an interruption.
    new : int
        Tasks measured in this run; the others were kept from earlier ones.
    compared, improved, worse : int
        Pairs, and verdicts among them.
    seconds : float
        That this run took.
    """

    results: Path
    recordings: int
    measured: int
    refused: int
    failed: int
    unknown: int
    left: int
    new: int
    compared: int
    improved: int
    worse: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words."""
        return {**asdict(self), "results": str(self.results), "seconds": round(self.seconds, 2)}


class BatchInterrupted(KeyboardInterrupt):
    """Ctrl-C during a batch; the tables hold what was done. ``summary`` says how far it came."""

    def __init__(self, summary: BatchSummary) -> None:
        super().__init__()
        self.summary = summary


def run_batch(
    folder: str | os.PathLike[str],
    results: str | os.PathLike[str],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    model: ModelChoice = "auto",
    pattern: str = DEFAULT_PATTERN,
    angles: bool = False,
    retry_failed: bool = False,
    movements_file: Path | None = None,
    limits: Limits | None = None,
    before: Callable[[Plan, Iterable[Task]], None] | None = None,
    listen: Listen | None = None,
) -> BatchSummary:
    """Measure all recordings of a folder, and write tables and a page of the results.

    What an earlier run into the same results did is kept: for a file of the same name, size and time of modification, or of the
    same content, as long as movement, model and program are the same.

    Parameters
    ----------
    folder : path-like or URL
        See :func:`~rom_tracker.batch.plan.plan_of` for how it is known what its recordings show.
    results : path-like
        A folder, made where it is not there; not ``folder`` itself.
    workers : int, optional
        Processes; by default one for each core.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers measure instead.
    model : {"auto", "full", "lite", "heavy"}
    pattern : str
        Of file names; see :class:`~rom_tracker.batch.naming.NamePattern`.
    angles : bool
        Write the angle of every frame of every recording into the folder ``angles`` of the results.
    retry_failed : bool
        Try again what failed in an earlier run, though the file is the same.
    movements_file : Path, optional
        Movements of one's own.
    limits : Limits, optional
        What one recording may take.
    before : callable, optional
        Called once, before the work, with the plan and the tasks that are to be measured.
    listen : callable, optional
        Told what happens: see :class:`~rom_tracker.batch.engine.Heard`.

    Raises
    ------
    UsageError
        No such folder, nothing in it, or a manifest or pattern with mistakes.
    OutputError
        The results cannot be written, or another run is writing there.
    ModelFileError
        A model file is not here and cannot be fetched.
    BatchInterrupted
        Ctrl-C; the tables are written, and the same call goes on.

    Examples
    --------
    >>> import shutil, tempfile
    >>> from pathlib import Path
    >>> from rom_tracker.batch import run_batch
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder = Path(place) / "recordings"
    ...     folder.mkdir()
    ...     named = folder / "ann_elbow_flexion_left_before.mp4"
    ...     _ = shutil.copy("sample_videos/elbow_flexion_pre.mp4", named)
    ...     done = run_batch(folder, Path(place) / "results", workers=1)
    ...     (Path(place) / "results" / "repetitions.csv").read_text().count("elbow_flexion_left_before")
    2
    >>> done.measured, done.failed
    (1, 0)
    """
    from rom_tracker.output_files import make_folder

    began_s = time.monotonic()
    results = _apart(results, folder)
    catalogue = load_catalogue(movements_file)
    plan = plan_of(folder, catalogue, pattern=pattern, without=results)
    if not plan.tasks and not plan.problems:
        raise UsageError(f'expected recordings ({", ".join(VIDEO_SUFFIXES)}) in "{folder}" or below it, found none')
    make_folder(results)
    limits = limits or Limits()
    keys = Keys(catalogue, model)
    with Journal(results) as journal:
        todo = [
            task
            for task in plan.tasks
            if not _is_done(task, journal, keys, results, limits, angles=angles, retry_failed=retry_failed)
        ]
        if before is not None:
            before(plan, todo)
        interrupted = False
        if todo:
            try:
                engine = _engine(scheduler, min(workers or _usual_workers(), len(todo)), limits, catalogue, model, angles)
                if scheduler is None:
                    _have_models(todo, catalogue, model)
                threading.Thread(target=_import_for_writing, daemon=True).start()
                for task, record in engine.run(longest_first(todo, catalogue, model), listen or (lambda heard: None)):
                    _keep(task, record, journal, keys, results, limits)
            except KeyboardInterrupt:
                interrupted = True
                journal.read()
        summary = _written(results, plan, journal, keys, catalogue, len(todo), began_s)
    if interrupted:
        raise BatchInterrupted(summary)
    return summary


def longest_first(tasks: Iterable[Task], catalogue: Catalogue, model: ModelChoice) -> list[Task]:
    """Tasks by what they may take, so that at the end no worker is left alone with a long one; alike ones in the order given."""

    def cost(task: Task) -> int:
        used = catalogue[task.movement].model if model == "auto" else model
        return task.size * (HEAVY_TAKES if used == "heavy" else 1)

    return sorted(tasks, key=cost, reverse=True)


def _apart(results: str | os.PathLike[str], folder: str | os.PathLike[str]) -> Path:
    path = Path(results).absolute()
    if not is_far(os.fspath(folder)) and path.exists() and Path(folder).exists() and path.samefile(folder):
        raise UsageError(f'expected a folder for the results apart from the recordings, got "{results}" for both')
    return path


def _is_done(task: Task, journal: Journal, keys: Keys, results: Path, limits: Limits, *, angles: bool, retry_failed: bool) -> bool:
    """Whether the journal has what would come of a task; what it has under another name is put under this one."""
    key = keys.of_file(task)
    if key not in journal:
        if is_far(task.address) or not journal.has_size(task.size):
            return False
        try:
            with open(task.address, "rb") as file:
                record = journal.of_content(keys.of_content(task, hashlib.file_digest(file, "sha256").hexdigest()))
        except OSError:
            return False
        if record is None:
            return False
        journal.append(key, record)
    record = journal[key]
    if record["status"] == "failed":
        return not (retry_failed or _may_do_better(record, limits))
    return not angles or has_angles(results, task, record)


def _may_do_better(record: Record, limits: Limits) -> bool:
    """Whether what failed deserves another try without being asked for: it has more now, or it was no fault of the recording's."""
    kind, had = record["failure"]["kind"], Limits(**record["limits"])
    if kind == "memory":
        return limits.memory_mib > had.memory_mib
    if kind == "time":
        now, then = ((each.seconds, each.seconds_per_second) for each in (limits, had))
        return now != then and all(more >= less for more, less in zip(now, then, strict=True))
    return kind in ("program", "not fetched")


def _keep(task: Task, record: Record, journal: Journal, keys: Keys, results: Path, limits: Limits) -> None:
    """Write the angles, then the record: what is in the journal is whole."""
    record = {**record, "size": task.size}
    table = record.pop("angles", None)
    if table is not None:
        record["angles_sha256"] = write_angles(results, task, table)
    if "content_sha256" in record:
        record["content_key"] = keys.of_content(task, record["content_sha256"])
    key = keys.of_file(task)
    if record["status"] == "failed":
        record["limits"] = asdict(limits)
        if key in journal and journal[key]["status"] != "failed":
            return  # It was measured before, and only its angles were asked for: the number stays.
    journal.append(key, record)


def _engine(scheduler: str | None, workers: int, limits: Limits, catalogue: Catalogue, model: str, angles: bool) -> Engine:
    def order(task: Task) -> dict[str, Any]:
        movement = catalogue[task.movement].model_dump(mode="json", by_alias=True)
        return {
            "address": task.address,
            "file": task.file,
            "movement": movement,
            "side": task.side,
            "model": model,
            "angles": angles,
        }

    if scheduler is not None:
        from rom_tracker.batch.cluster import Cluster

        return Cluster(scheduler, limits, order)
    from rom_tracker.batch.pool import Pool

    return Pool(workers, limits, order)


def _usual_workers() -> int:
    from rom_tracker.batch.pool import usual_workers

    return usual_workers()


def _have_models(tasks: Iterable[Task], catalogue: Catalogue, model: str) -> None:
    """Fetch the models here and once, not in every worker."""
    from rom_tracker.pose.models import ensure_working_model

    movements = {task.movement: catalogue[task.movement] for task in tasks}.values()
    instruments = {movement.instrument for movement in movements} - {"body"}
    bodies = {"full"} | ({movement.model for movement in movements} if model == "auto" else {model})
    for key in (*(f"pose_{body}" for body in sorted(bodies)), *sorted(instruments)):
        ensure_working_model(key)


def _import_for_writing() -> None:
    """Import what tables and page take, while the workers measure: after them the other cores would wait for it."""
    with contextlib.suppress(Exception):  # It comes up again where they are written.
        for name in ("rom_tracker.batch.page", "rom_tracker.batch.tables", "pyarrow.parquet"):
            import_module(name)


def _written(
    results: Path, plan: Plan, journal: Journal, keys: Keys, catalogue: Catalogue, todo: int, began_s: float
) -> BatchSummary:
    """Write tables and page where they are not those of this plan and these records, and count."""
    key_of = {task: keys.of_file(task) for task in plan.tasks}
    there = {task for task in plan.tasks if key_of[task] in journal}
    if len(there) == len(plan.tasks) and not plan.closed:  # Else what they belong to may only not be known now.
        clear_angles(results, plan, lambda task: journal[key_of[task]])
    known = (f"{key_of[task]} {journal.place(key_of[task])}" for task in plan.tasks if task in there)
    state = digest(method(), _own_repeatability(), repr(plan), *known)
    counts = _counts_if_there(results, state)
    if counts is None:
        counts = _write_all(
            results, plan, lambda task: journal[key_of[task]] if task in there else None, catalogue, keys.model, state
        )
    return BatchSummary(
        results=results,
        recordings=len(plan.tasks),
        left=len(plan.tasks) - len(there),
        new=todo - (len(plan.tasks) - len(there)),
        seconds=time.monotonic() - began_s,
        **counts,
    )


def _write_all(
    results: Path, plan: Plan, record_of: Callable[[Task], Record | None], catalogue: Catalogue, model: str, state: str
) -> dict[str, int]:
    from rom_tracker.batch import rows
    from rom_tracker.batch.page import write_pages
    from rom_tracker.batch.tables import write_tables
    from rom_tracker.output_files import written_whole

    compared = rows.compare_pairs(plan, record_of, model)
    failures = list(rows.failure_rows(plan, record_of))
    tables = {
        "measurements": rows.measurement_rows(plan, record_of),
        "repetitions": rows.repetition_rows(plan, record_of),
        "comparisons": (one.row for one in compared),
        "failures": failures,
    }
    files = [*write_tables(results, tables), *write_pages(results, plan, record_of, compared, failures, catalogue)]
    states = [record["status"] for task in plan.tasks if (record := record_of(task)) is not None]
    verdicts = [one.row["verdict"] for one in compared]
    counts = {
        **{status: states.count(status) for status in ("measured", "refused", "failed")},
        "unknown": sum(problem.kind == "unknown" for problem in plan.problems),
        "compared": len(compared) - verdicts.count("refused"),
        **{verdict: verdicts.count(verdict) for verdict in ("improved", "worse")},
    }
    note = {"state": state, "files": {path.name: _stamp(path) for path in files}, "counts": counts}
    with written_whole(results / STATE) as part:
        part.write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    return counts


def _counts_if_there(results: Path, state: str) -> dict[str, int] | None:
    """What was counted when the tables were written, where they are those of that state and untouched."""
    try:
        note = json.loads((results / STATE).read_text(encoding="utf-8"))
        same = note["state"] == state and all(_stamp(results / name) == stamp for name, stamp in note["files"].items())
        return {str(name): int(count) for name, count in note["counts"].items()} if same else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _stamp(path: Path) -> list[int]:
    about = path.stat()
    return [about.st_size, about.st_mtime_ns]


def _own_repeatability() -> str:
    from rom_tracker.repeatability_table import table_path

    try:
        return table_path().read_text(encoding="utf-8")
    except OSError:
        return ""
