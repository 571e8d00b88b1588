"""From the plan and its records to the rows of the tables, always in the order of the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rom_tracker import __version__
from rom_tracker.batch.engine import Record

if TYPE_CHECKING:
    from rom_tracker.analysis.comparison import Comparison
    from rom_tracker.batch.plan import Plan, Task

#: The record of a task, None where there is none yet.
RecordOf = Callable[["Task"], Record | None]

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Compared:
    """A pair and what came of it: its row, and the change in words."""

    before: Task
    after: Task
    row: Row
    words: str


def _which(task: Task) -> Row:
    return {name: getattr(task, name) for name in ("file", "client", "movement", "side", "moment")}


def measurement_rows(plan: Plan, record_of: RecordOf) -> Iterator[Row]:
    """A row for every measured task."""
    for task in plan.tasks:
        record = record_of(task)
        if record is not None and record["status"] == "measured":
            known = {"known_from": task.known_from, "content_sha256": record["content_sha256"], "rom_tracker": __version__}
            yield {**_which(task), **known, **record["measurement"]}


def repetition_rows(plan: Plan, record_of: RecordOf) -> Iterator[Row]:
    """A row for every repetition of every measured task."""
    for task in plan.tasks:
        record = record_of(task)
        if record is not None and record["status"] == "measured":
            yield from ({**_which(task), **row} for row in record["repetitions"])


def failure_rows(plan: Plan, record_of: RecordOf) -> Iterator[Row]:
    """A row for everything that was not measured or not compared, in the order of the files."""
    rows: list[Row] = [{**asdict(problem), "attempts": 0} for problem in plan.problems]
    for task in plan.tasks:
        record = record_of(task)
        if record is not None and record["status"] != "measured":
            rows.append({**_which(task), **record["failure"], "attempts": record["attempts"]})
    yield from sorted(rows, key=lambda row: (row["file"], row["movement"], row["side"], row["kind"]))


def compare_pairs(plan: Plan, record_of: RecordOf, model: str) -> list[Compared]:
    """Every pair of which both recordings were looked at, judged together with the others of its client and session."""
    from rom_tracker.analysis.comparison import compare
    from rom_tracker.analysis.multiplicity import compare_many
    from rom_tracker.batch.kept import from_plain
    from rom_tracker.repeatability_table import own_for

    families: dict[tuple[str, str], list[tuple[Task, Task, Comparison]]] = defaultdict(list)
    for before, after in plan.pairs:
        kept = [record["kept"] for record in (record_of(before), record_of(after)) if record is not None and "kept" in record]
        if len(kept) == 2:
            camera = before.camera if before.camera == after.camera else ""
            first, second = (from_plain(one) for one in kept)
            own = own_for(before.movement, first.movement.model if model == "auto" else model, camera or None)
            change = compare(first, second, own=own)
            session = before.session if before.session == after.session else ""
            families[before.client, session].append((before, after, change))
    found: list[Compared] = []
    for family in families.values():
        judged = compare_many([change for _, _, change in family])
        given = sum(one.p_value is not None for one in judged)
        for (before, after, change), one in zip(family, judged, strict=True):
            row = _comparison_row(before, after, change)
            row |= {"verdict": one.verdict, "role": one.role, "p_value_holm": _p(one.p_value), "compared_together": given}
            found.append(Compared(before, after, row, _words(change, one.verdict, given)))
    return sorted(found, key=lambda one: (one.row["client"], one.before.file, one.before.movement, one.before.side))


def _comparison_row(before: Task, after: Task, change: Comparison) -> Row:
    low, high = change.interval_deg or (None, None)
    gravest = "refused" if change.verdict == "refused" else "caution"
    return {
        "client": before.client,
        "movement": before.movement,
        "side": before.side,
        "before_file": before.file,
        "after_file": after.file,
        "before_end_range_deg": _r(change.before.peak_deg),
        "after_end_range_deg": _r(change.after.peak_deg),
        "change_deg": _r(change.change_deg),
        "change_low_deg": _r(low),
        "change_high_deg": _r(high),
        "detectable_deg": _r(change.detectable_deg),
        "detectable_from": change.detectable_from,
        "p_value": _p(change.p_value),
        "flags": " ".join(dict.fromkeys(flag.code for flag in change.flags)),
        "cautions": " ".join(flag.message for flag in change.flags if flag.severity == gravest),
    }


def _words(change: Comparison, verdict: str, together: int) -> str:
    from rom_tracker.result_words import change_words, degrees

    if verdict == change.verdict or change.change_deg is None:
        return change_words(change)
    return f"No detectable change: {degrees(change.change_deg, signed=True)} does not stand out among {together} compared together"


def _r(value: float | None) -> float | None:
    return None if value is None else round(float(value), 2) + 0.0


def _p(value: float | None) -> float | None:
    """Four significant digits."""
    return None if value is None else float(f"{value:.4g}")
