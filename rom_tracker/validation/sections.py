"""The accuracy page's Markdown, section by section."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rom_tracker.validation.content import Content
from rom_tracker.validation.evidence import USES, Tuned, Use
from rom_tracker.validation.figures import (
    CHANGE_VERDICTS,
    Beside,
    Errors,
    Figures,
    LeftOut,
    agreement,
    detections,
    left_out_coverage,
    mean_size,
    measured,
)
from rom_tracker.validation.markdown import fraction, percent, signed, span, table, tenths
from rom_tracker.validation.tables import ChangeRow, RecordingRow

_USE_WORDS: Mapping[Use, str] = {
    "tuned on": "people on whom something of the program was chosen",
    "intervals only": "people behind nothing but the numbers of the intervals",
    "untouched": "people on whom nothing was tuned",
}


def picture_name(title: str) -> str:
    """A file's name for a title.

    >>> picture_name("Side view: knee, elbow")
    'side_view_knee_elbow'
    """
    return re.sub(r"\W+", "_", title.lower()).strip("_")


def page_text(content: Content, folder: str) -> str:
    """The page as Markdown; ``folder`` is where its pictures are, beside it."""
    sections = [
        _introduction(content, folder),
        _in_short(content),
        _by_movement(content),
        _agreement(content, folder),
        _changes(content, folder),
        _intervals(content, folder),
        _naive(content, folder),
        _tuning(content),
        _not_measured(content),
        _limits(content),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _introduction(content: Content, folder: str) -> str:
    people = len({row.person for row in content.rows})
    whose = "one person" if people == 1 else f"{people} people"
    return f"""\
# Accuracy

{len(content.rows)} recordings of {whose} whose true joint angles are known at every moment, measured by the program as it is. \
{content.made_with} \
The tables behind this page are [recordings.csv]({folder}/recordings.csv) and [changes.csv]({folder}/changes.csv).

Words used below, all in degrees:

- **End range**: the mean over the repetitions of a recording; its error is the measured less the true one. **Bias** is the mean \
of the errors, **MAE** their mean size, **RMSE** the root of their mean square, **worst** the one farthest from 0.
- **Series**: the mean size of the error over all frames of a recording, not at the end range alone.
- **Change**: end range after less before, of one person; its error is the measured less the true change.
- **Coverage**: of the 95 % intervals that the program states, those that hold the true value; **half width** is half of what they \
span, on the mean.
- **Repetitions**: recordings in which as many were found as were made.

A recording that is refused gets no number, and is in no error."""


def _in_short(content: Content) -> str:
    uses = content.evidence.uses(content.rows)
    groups: list[tuple[str, list[RecordingRow]]] = [("**all**", content.rows)]
    groups += [(f"set `{name}`", [r for r in content.rows if r.set == name]) for name in dict.fromkeys(r.set for r in content.rows)]
    groups += [(_USE_WORDS[use], [r for r in content.rows if uses[r.person] == use]) for use in USES]
    return "## In short\n\n" + _figures_table("Recordings of", [(name, rows) for name, rows in groups if rows], content)


def _by_movement(content: Content) -> str:
    lines: list[tuple[str, list[RecordingRow]]] = []
    for title, rows in content.classes.items():
        lines.append((f"**{title}**", rows))
        keys = [key for key in content.movements if any(row.movement == key for row in rows)]
        keys += sorted({row.movement for row in rows} - set(keys))
        if len(keys) > 1 or title == "Others":
            lines += [(content.title(key), [row for row in rows if row.movement == key]) for key in keys]
    return "## By movement\n\n" + _figures_table("Movement", lines, content)


def _figures_table(what: str, groups: Sequence[tuple[str, Sequence[RecordingRow]]], content: Content) -> str:
    columns = (
        what, "recordings", "people", "refused", "bias", "MAE", "RMSE", "worst", "series MAE", "change MAE (pairs)", "repetitions",
        "coverage", "half width",
    )  # fmt: skip
    lines = []
    for name, rows in groups:
        f = Figures.of(rows, content.changes_of(rows))
        lost = f"{f.refused}" if not f.failed else f"{f.refused}, failed {f.failed}"
        change = "-" if f.change is None else f"{f.change.mean_absolute_deg:.1f} ({f.change.n})"
        cells = (
            *_errors(f.end_range),
            tenths(f.series_deg),
            change,
            fraction(f.repetitions_exact),
            percent(f.coverage),
            tenths(f.half_width_deg),
        )
        lines.append((name, f"{f.recordings}", f"{f.people}", lost, *cells))
    return table(columns, lines)


def _errors(errors: Errors | None) -> tuple[str, str, str, str]:
    """Bias, mean size, root mean square, worst."""
    if errors is None:
        return "-", "-", "-", "-"
    e = errors
    return signed(e.bias_deg), tenths(e.mean_absolute_deg), tenths(e.root_mean_square_deg), signed(e.worst_deg)


def _agreement(content: Content, folder: str) -> str:
    lines, pictures = [], []
    for title, rows in content.classes.items():
        if measured(rows):
            pictures.append(f'<img src="{folder}/agreement_{picture_name(title)}.svg" width="420" alt="{_alt(title, rows)}">')
        found = agreement(rows)
        if found is not None:
            (low, high), (low_interval, high_interval) = found.limits_deg, found.limit_intervals_deg
            limits = (signed(low), span(low_interval), signed(high), span(high_interval))
            cells = (signed(found.bias_deg), span(found.bias_interval_deg), *limits)
            lines.append((title, f"{len(measured(rows))}", f"{found.pairs}", *cells))
    columns = (
        "class", "recordings", "people", "bias", "its 95 % interval", "lower limit", "its interval", "upper limit", "its interval",
    )  # fmt: skip
    return "\n\n".join([
        "## Agreement with the truth",
        "Measured less true end range, after Bland and Altman (1999): 19 of 20 errors are expected between the limits. The "
        "intervals count people, not recordings. The true angle is exact and stands on the axis itself (Krouwer 2008).",
        table(columns, lines) if lines else "Too few people for limits of agreement.",
        "\n".join(pictures),
    ])  # fmt: skip


def _alt(title: str, rows: Sequence[RecordingRow]) -> str:
    found = agreement(rows)
    words = "" if found is None else f", bias {signed(found.bias_deg)}, 95 % limits {span(found.limits_deg)} degrees"
    return f"{title}: error of the end range over the true one{words}"


def _changes(content: Content, folder: str) -> str:
    if not content.changes:
        return ""
    called = [
        (one.name, f"{one.pairs}", *(str(one.verdicts[verdict]) for verdict in CHANGE_VERDICTS))
        for one in detections(content.changes)
    ]
    f = Figures.of(content.rows, content.changes)
    errors = ""
    if f.change is not None:
        bias, size, root, worst = _errors(f.change)
        errors = (
            f"Over {f.change.n} {'pair' if f.change.n == 1 else 'pairs'} the change is off by {size} on the mean (bias {bias}, "
            f"RMSE {root}, worst {worst}); {f.change_coverage.part} of {f.change_coverage.of} of the 95 % intervals hold the true "
            f"change, half width {tenths(f.change_half_width_deg)}."
        )
    picture = f'<img src="{folder}/changes.svg" width="420" alt="Measured change over the true one">' if f.change else ""
    parts = [
        "## Changes, and what they were called",
        errors,
        table(("true change", "pairs", *CHANGE_VERDICTS), called),
        "A change of none that is called improved or worse is a false alarm.",
        picture,
    ]
    return "\n\n".join(part for part in parts if part)


def _intervals(content: Content, folder: str) -> str:
    ends, changes = content.left_out, content.left_out_changes
    if not ends:
        return ""
    lines = []
    for title, rows in content.classes.items():
        keys = {row.movement for row in rows}
        of_ends = [one for one in ends if one.row.movement in keys]
        of_changes = [one for one in changes if one.row.movement in keys]
        lines.append(_interval_line(title, Figures.of(rows, content.changes_of(rows)), of_ends, of_changes))
    lines.append(_interval_line("**all**", Figures.of(content.rows, content.changes), ends, changes))
    columns = (
        "class", "as stated: coverage", "half width", "person left out: coverage", "half width", "change as stated: coverage",
        "half width", "person left out: coverage", "half width",
    )  # fmt: skip
    return "\n\n".join([
        "## The interval of people it does not know",
        "The model's part of every interval comes from recordings with known angles, of which most are on this page: that an "
        "interval holds the truth of a person who helped to make it proves little. So for every person the interval is made anew "
        "from the others alone, and held against this person. What was chosen on a person is not undone by that: see below.",
        table(columns, lines),
        "A part of every interval is how exactly the client repeats the movement, of which a single repetition tells nothing. The "
        "same intervals, person left out, by the number of repetitions that were found:",
        _by_repetitions(content),
        f'<img src="{folder}/intervals.svg" width="420" alt="Size of the error over half the width of the interval">',
    ])  # fmt: skip


def _by_repetitions(content: Content) -> str:
    found = [[one for one in content.left_out if (one.row.repetitions_found > 1) is several] for several in (False, True)]
    movements = {title: {row.movement for row in rows} for title, rows in content.classes.items()}
    movements["**all**"] = {row.movement for row in content.rows}
    lines = []
    for title, keys in movements.items():
        cells = [title]
        for ends in found:
            share, half_deg = left_out_coverage([one for one in ends if one.row.movement in keys])
            cells += [percent(share), tenths(half_deg)]
        lines.append(tuple(cells))
    return table(("class", "one: coverage", "half width", "two and more: coverage", "half width"), lines)


def _interval_line(
    title: str, f: Figures, ends: Sequence[LeftOut[RecordingRow]], changes: Sequence[LeftOut[ChangeRow]]
) -> tuple[str, ...]:
    cells: list[str] = [title, percent(f.coverage), tenths(f.half_width_deg)]
    for share, half in (left_out_coverage(ends), (f.change_coverage, f.change_half_width_deg), left_out_coverage(changes)):
        cells += [percent(share), tenths(half)]
    return tuple(cells)


def _naive(content: Content, folder: str) -> str:
    beside = content.beside
    if not beside:
        return ""
    lines = [_naive_line(title, one) for title, one in beside.items()]
    lines += [
        _naive_line(f"**set `{name}`**", one)
        for name in dict.fromkeys(row.set for row in content.rows)
        if (one := Beside.of([r for r in content.rows if r.set == name], [c for c in content.changes if c.set == name])).own
    ]
    lines.append(_naive_line("**all**", Beside.of(content.rows, content.changes)))
    columns = ("movement", "recordings", "MAE", "naive", "worst", "naive", "series MAE", "naive", "change MAE", "naive")
    return "\n\n".join([
        "## Beside the naive loop",
        "The naive loop is what one would write without this program: every frame once through MediaPipe's full model, one plain "
        "angle between landmarks, the highest one but for one frame in a hundred as the end range. Both on the same recordings: "
        "those that this program did not refuse and the loop has an angle for.",
        table(columns, lines),
        f'<img src="{folder}/naive.svg" width="420" alt="Mean absolute error of the end range by movement, beside the naive loop">',
    ])  # fmt: skip


def _naive_line(title: str, one: Beside) -> tuple[str, ...]:
    cells = [title, f"{one.own.n if one.own else 0}"]
    for own, naive in (
        (mean_size(one.own), mean_size(one.naive)),
        (one.own_series_deg, one.naive_series_deg),
        (mean_size(one.own_change), mean_size(one.naive_change)),
    ):
        cells += [tenths(own), tenths(naive)]
    worst = [signed(e.worst_deg) if e else "-" for e in (one.own, one.naive)]
    return (*cells[:4], *worst, *cells[4:])


def _tuning(content: Content) -> str:
    declared = {one.name: one for one in content.evidence.sets}
    uses = content.evidence.uses(content.rows)
    lines = []
    for name in dict.fromkeys(row.set for row in content.rows):
        rows = [row for row in content.rows if row.set == name]
        one = declared.get(name)
        what = "; ".join(_tuned_words(tuned) for tuned in one.tuned) if one is not None else ""
        people = {row.person for row in rows}
        tuned = f"{sum(uses[person] == 'tuned on' for person in people)} of {len(people)}"
        intervals = "yes" if one is not None and one.residuals else "no"
        lines.append((f"`{name}`", "-" if one is None else one.about, what or "nothing", tuned, intervals))
    columns = ("set", "what it holds", "what was chosen on it", "people tuned on", "behind the intervals")
    return "\n\n".join([
        "## What was tuned on what",
        "A person counts as tuned on where anything was chosen on any recording of theirs, in any set.",
        table(columns, lines),
    ])  # fmt: skip


def _tuned_words(tuned: Tuned) -> str:
    named = ", ".join(f"`{glob}`" for glob in tuned.recordings)
    return tuned.what if tuned.recordings == ["*"] else f"{tuned.what} (on {named})"


def _not_measured(content: Content) -> str:
    lines = [
        (f"`{row.recording}` ({row.set})", content.title(row.movement), row.verdict, row.reason.replace("|", "\\|") or "-")
        for row in content.rows
        if row.verdict in ("refused", "failed")
    ]
    if not lines:
        return ""
    return "## What was not measured\n\n" + table(("recording", "movement", "", "why"), lines)


def _limits(content: Content) -> str:
    if not content.evidence.limits:
        return ""
    return "## What this cannot tell\n\n" + "\n".join(f"- {limit}" for limit in content.evidence.limits)
