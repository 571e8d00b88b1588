"""``index.html``: all results of a batch on one page, with small charts, that opens in any browser without a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rom_tracker.batch.rows import Compared, RecordOf, Row
from rom_tracker.output_files import written_whole
from rom_tracker.result_words import EN_DASH, degrees

if TYPE_CHECKING:
    from rom_tracker.batch.plan import Plan, Task
    from rom_tracker.movements.catalogue import Catalogue

#: Recordings with a chart on one page; the others follow on index-2.html and so on.
CHARTS_A_PAGE = 400

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 320, 150, 34, 20, 8

#: Least height of the angle axis in degrees: a still client must not look like a moving one.
LEAST_HEIGHT_DEG = 20.0

Curve = Sequence[Sequence[float | None]]

_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 1rem; color: #1a1a1a; background: #fff; }
h1 { font-size: 1.5rem; margin: .5rem 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #ccc; }
p { margin: .4rem 0; } nav a { margin-right: .8rem; } a { color: #00558a; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem 2rem; padding: 0; list-style: none; } .counts b { font-size: 1.4rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); gap: 1rem; }
.card { border: 1px solid #d5d5d5; border-radius: 6px; padding: .7rem; min-width: 0; }
.card h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; } .card p { font-size: .9rem; overflow-wrap: anywhere; }
.card svg { width: 100%; height: auto; display: block; } .file { color: #595959; }
.caution { border-left: 4px solid #E69F00; padding-left: .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top;
 padding: .35rem .6rem .35rem 0; border-bottom: 1px solid #ddd; overflow-wrap: anywhere; }
svg text { font: 11px system-ui, sans-serif; fill: #444; }
td:nth-child(2) { white-space: nowrap; } details { font-size: .9rem; margin: .4rem 0; }
@media (max-width: 40rem) {
 thead { display: none; } tr, td { display: block; } tr { border-bottom: 1px solid #ddd; padding: .4rem 0; }
 td { border: 0; padding: .1rem 0; }
 td:empty { display: none; } td::before { content: attr(data-name) ": "; color: #595959; }
}
@media print { .card, tr { break-inside: avoid; } }
"""


def write_pages(
    folder: Path, plan: Plan, record_of: RecordOf, compared: Sequence[Compared], failures: Sequence[Row], catalogue: Catalogue
) -> list[Path]:
    """Write the page, and where there are many recordings those that follow it.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    OutputError
        One cannot be written.
    """
    in_pairs = {(task.file, task.movement, task.side) for one in compared for task in (one.before, one.after)}
    measured = [task for task in plan.tasks if _is_measured(record_of(task))]
    alone = [task for task in measured if (task.file, task.movement, task.side) not in in_pairs]
    shown: list[Compared | Task] = [*compared, *alone]
    slices = [shown[start : start + CHARTS_A_PAGE] for start in range(0, len(shown), CHARTS_A_PAGE)] or [[]]
    names = ["index.html", *(f"index-{number}.html" for number in range(2, len(slices) + 1))]
    paths: list[Path] = []
    for number, (name, some) in enumerate(zip(names, slices, strict=True)):
        first = number == 0
        head, foot = (_summary(len(measured), compared, failures), _failures(failures)) if first else ("", "")
        content = "\n".join([_links(names, number), head, *_cards(some, record_of, catalogue), foot])
        path = folder / name
        with written_whole(path) as part:
            part.write_text(_page(content), encoding="utf-8", errors="backslashreplace", newline="\n")
        paths.append(path)
    for old in folder.glob("index-*.html"):
        if old not in paths and old.stem.removeprefix("index-").isdigit():
            old.unlink()
    return paths


def _is_measured(record: dict[str, Any] | None) -> bool:
    return record is not None and record["status"] == "measured"


def _page(content: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Range of motion: all recordings</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">\n"""
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Range of motion: all recordings</h1>\n{content}\n</body>\n</html>\n"
    )


def _links(names: Sequence[str], here: int) -> str:
    if len(names) == 1:
        return ""
    links = (f"<b>{n + 1}</b>" if n == here else f'<a href="{name}">{n + 1}</a>' for n, name in enumerate(names))
    return f"<nav>Pages: {' '.join(links)}</nav>"


def _summary(measured: int, compared: Sequence[Compared], failures: Sequence[Row]) -> str:
    verdicts = [one.row["verdict"] for one in compared]
    counts = {
        "measured": measured,
        "not measured": sum(row["kind"] != "not compared" for row in failures),
        **{word: verdicts.count(word) for word in ("improved", "no detectable change", "worse")},
        "not comparable": verdicts.count("refused"),
    }
    words = {word: f'<a href="#failures">{word}</a>' if word == "not measured" and failures else word for word in counts}
    items = "".join(f"<li><b>{count}</b> {words[word]}</li>" for word, count in counts.items())
    tables = ", ".join(f'<a href="{name}.csv">{name}</a>' for name in ("measurements", "repetitions", "comparisons", "failures"))
    return (
        f'<ul class="counts">{items}</ul>\n<p>Tables: {tables}; what their columns mean: <a href="data_dictionary.csv">data '
        "dictionary</a>. &ldquo;No detectable change&rdquo; means that one cannot tell, not that there is none.</p>"
    )


def _failures(failures: Sequence[Row]) -> str:
    if not failures:
        return ""
    names = ("file", "kind", "reason", "advice")
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "\n".join(
        "<tr>" + "".join(f'<td data-name="{name}">{escape(str(row[name]))}</td>' for name in names) + "</tr>" for row in failures
    )
    heading = '<h2 id="failures">What could not be measured</h2>'
    return f"{heading}\n<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"


def _cards(shown: Iterable[Compared | Task], record_of: RecordOf, catalogue: Catalogue) -> Iterator[str]:
    """Cards under a heading for the comparisons and one for the other recordings."""
    heading = ""
    for one in shown:
        new = "Before and after" if isinstance(one, Compared) else "Single recordings"
        if new != heading:
            yield ("</div>\n" if heading else "") + f'<h2>{new}</h2>\n<div class="cards">'
            heading = new
        yield _pair_card(one, record_of, catalogue) if isinstance(one, Compared) else _single_card(one, record_of, catalogue)
    if heading:
        yield "</div>"


def _pair_card(one: Compared, record_of: RecordOf, catalogue: Catalogue) -> str:
    records = [record_of(task) or {} for task in (one.before, one.after)]
    words = escape(one.words)
    lines = [
        (record.get("curve") or [], (record.get("measurement") or {}).get("end_range_deg"), name)
        for record, name in zip(records, ("before", "after"), strict=True)
    ]
    files = f"{escape(one.before.file)} {EN_DASH} {escape(one.after.file)}"
    caution = one.row["cautions"] if one.row["verdict"] != "refused" else ""
    return _card(
        _title(one.before, catalogue), words, _caution(caution), files, _chart(lines, f"{_title(one.before, catalogue)}. {words}")
    )


def _single_card(task: Task, record_of: RecordOf, catalogue: Catalogue) -> str:
    record = record_of(task) or {}
    row = record["measurement"]
    low, high = degrees(row["end_range_low_deg"]), degrees(row["end_range_high_deg"])
    count = f"{row['repetitions']} {'repetition' if row['repetitions'] == 1 else 'repetitions'}"
    words = f"End range {degrees(row['end_range_deg'])} (95 %: {low} to {high}), {count}"
    title = _title(task, catalogue)
    chart = _chart([(record["curve"], row["end_range_deg"], task.moment or "end range")], f"{title}. {words}")
    return _card(title, words, _caution(row["cautions"]), escape(task.file), chart)


def _title(task: Task, catalogue: Catalogue) -> str:
    movement = catalogue.movements[task.movement]
    of_side = movement.of_side(task.side)  # type: ignore[arg-type]
    return escape(f"{task.client}: {of_side}" if task.client else of_side)


def _caution(words: str) -> str:
    """The first sentence; the others on a click."""
    if not words:
        return ""
    first, _, more = words.partition(". ")
    if not more:
        return f'<p class="caution">{escape(words)}</p>'
    return f'<details class="caution"><summary>{escape(first)}.</summary>{escape(more)}</details>'


def _card(title: str, words: str, caution: str, files: str, chart: str) -> str:
    return f'<section class="card"><h3>{title}</h3>{chart}<p>{words}</p>{caution}<p class="file">{files}</p></section>'


def _chart(lines: Sequence[tuple[Curve, float | None, str]], description: str) -> str:
    """The angle over time; a line for each recording, with its end range dashed. ``description`` is escaped already."""
    known = [(t, a) for curve, _, _ in lines for t, a in curve if a is not None and t is not None]
    if not known:
        return ""
    low, high = min(a for _, a in known), max(a for _, a in known)
    spare = max(LEAST_HEIGHT_DEG - (high - low), 0.0) / 2 + 2
    low, high, last = low - spare, high + spare, max(max(t for t, _ in known), 0.1)

    def x(time_s: float) -> float:
        return round(LEFT + (WIDTH - LEFT - 4) * time_s / last, 1)

    def y(angle_deg: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - angle_deg) / (high - low), 1)

    # Grey and dashed before, blue and whole after: told apart without colour.
    looks = [("#595959", ' stroke-dasharray="3 2"'), ("#0072B2", "")] if len(lines) == 2 else [("#0072B2", "")]
    parts = [f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - 4}" fill="none" stroke="#999"/>']
    for value in _ticks(low, high):
        parts.append(f'<text x="{LEFT - 4}" y="{y(value) + 4}" text-anchor="end">{degrees(value)}</text>')
        parts.append(f'<path d="M{LEFT} {y(value)}H{WIDTH - 4}" stroke="#e4e4e4"/>')
    parts.append(f'<text x="{WIDTH - 4}" y="{HEIGHT - 6}" text-anchor="end">{last:.0f} s</text>')
    for number, ((curve, end_deg, name), (colour, dashes)) in enumerate(zip(lines, looks, strict=True)):
        parts.append(f'<path d="{_path(curve, x, y)}" fill="none" stroke="{colour}" stroke-width="1.6"{dashes}/>')
        if end_deg is not None:
            parts.append(f'<path d="M{LEFT} {y(end_deg)}H{WIDTH - 4}" stroke="{colour}" stroke-dasharray="1 3"/>')
        label = name if end_deg is None else f"{name} {degrees(end_deg)}"
        place = LEFT + 110 * number
        parts.append(f'<path d="M{place} {HEIGHT - 10}h16" stroke="{colour}" stroke-width="2"{dashes}/>')
        parts.append(f'<text x="{place + 20}" y="{HEIGHT - 6}">{escape(label)}</text>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{description}">{"".join(parts)}</svg>'


def _ticks(low: float, high: float) -> list[float]:
    step = next(step for step in (10, 20, 50, 100, 200) if (high - low) / step <= 5)
    first = int(low // step) + 1
    return [float(n * step) for n in range(first, int(high // step) + 1)]


def _path(curve: Curve, x: Any, y: Any) -> str:
    """The line, broken where the angle is unknown."""
    parts: list[str] = []
    pen_down = False
    for time_s, angle_deg in curve:
        if angle_deg is not None:
            parts.append(f"{'L' if pen_down else 'M'}{x(time_s)} {y(angle_deg)}")
        pen_down = angle_deg is not None
    return "".join(parts)
