"""The longer report, for the therapist or a doctor: numbers, repetitions, flags, error budget, compensations, method and sources.

Its headings and tables are in the reader's language. What the program says of a recording (flags, method, sources, charts) is
quoted as it is, in English, and marked as English for screen readers.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import zip_longest

from matplotlib.text import Text

from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.multiplicity import Judged
from rom_tracker.analysis.norms import Placement, group_words
from rom_tracker.analysis.progress import Progress
from rom_tracker.analysis.sides import SideComparison
from rom_tracker.analysis.uncertainty import ErrorBudget
from rom_tracker.charts import comparison_chart, progress_chart, sides_chart
from rom_tracker.client_words import TRENDS, VERDICTS, angle, change_meaning, lost_among_many, movement_name, span, trend_meaning
from rom_tracker.i18n import N_, Translator
from rom_tracker.movements.measurement_error import manual_error_of
from rom_tracker.pose import smoothing
from rom_tracker.report.blocks import TONES, Block, Pictures, english, heading, items, page_break, paragraph, table, verdict
from rom_tracker.report.contents import Report
from rom_tracker.result_words import describe, name_of, side_words

NOTHING = "\N{EN DASH}"

#: Where the program's numbers come from, beside what each movement says of itself.
SOURCES = (
    "Intervals: JCGM 100:2008, Guide to the Expression of Uncertainty in Measurement; degrees of freedom: Welch and Satterthwaite.",
    "Several movements at once: Holm, Scand J Stat 1979;6:65-70.",
    "Trend over the sessions: Theil 1950; Sen, J Am Stat Assoc 1968;63:1379-1389.",
)

#: Over the chart of a difference that would count by itself, and does not among several movements.
OPEN_AMONG_MANY = "No detectable change among several movements"

_ROLES = {
    "chosen beforehand": N_("chosen beforehand"),
    "exploratory": N_("exploratory: not chosen before the treatment"),
}


def full_title(_: Translator) -> str:
    """What the report is called."""
    return _("Range of motion before and after treatment")


def full_blocks(report: Report, _: Translator, pictures: Pictures) -> list[Block]:
    """The report from the summary to the sources."""
    blocks = [*_visit(report, _), heading(_("Summary")), _summary(report, _)]
    if len(report.results) > 1:
        blocks.append(paragraph(_("Movements that were not chosen beforehand share one error rate of 5 % (Holm).")))
    for number, result in enumerate(report.results):
        placement = report.placements[number] if report.placements else None
        blocks += [*([page_break()] if number else []), *_movement(result, placement, _, pictures)]
    for sides in report.sides:
        blocks += _sides(sides, _, pictures)
    for progress in report.progress:
        blocks += _progress(progress, _, pictures)
    return [*blocks, heading(_("Sources")), items(_sources(report), "en")]


def _visit(report: Report, _: Translator) -> list[Block]:
    visit, blocks = report.visit, []
    for lead, text in (
        (_("Complaint:"), visit.complaint),
        (_("Treated:"), _(visit.treated) if visit.treated else ""),
        (_("Agreed on:"), visit.next_steps),
    ):
        if text:
            blocks.append(paragraph(text, lead))
    if visit.pain_before is not None or visit.pain_after is not None:
        before, after = (NOTHING if value is None else str(value) for value in (visit.pain_before, visit.pain_after))
        rated = _("{before} before, {after} after (0 to 10)").format(before=before, after=after)
        blocks.append(paragraph(rated, _("Pain, as the client rated it:")))
    return blocks


def _summary(report: Report, _: Translator) -> Block:
    header = [_("Movement"), _("before"), _("after"), _("change (95 % interval)"), _("detectable from"), _("Result")]
    rows = []
    for result in report.results:
        found = result.comparison
        rows.append(
            [
                movement_name(_, found.before.movement, found.before.side),
                _angle(_, found.before.peak_deg),
                _angle(_, found.after.peak_deg),
                _change(_, found),
                _angle(_, found.detectable_deg, 1),
                _(VERDICTS[result.verdict]),
            ]
        )
    return table(header, rows)


def _change(_: Translator, found: Comparison) -> str:
    if found.change_deg is None or found.interval_deg is None:
        return NOTHING
    return f"{angle(_, found.change_deg, 1, signed=True)} ({span(_, found.interval_deg, signed=True)})"


def _angle(_: Translator, value_deg: float | None, digits: int = 0) -> str:
    return NOTHING if value_deg is None else angle(_, value_deg, digits)


def _movement(result: Judged, placement: Placement | None, _: Translator, pictures: Pictures) -> list[Block]:
    found = result.comparison
    movement = found.before.movement
    meaning = change_meaning(_, result.verdict, found.change_deg, found.detectable_deg, larger=movement.better == "larger")
    if result.verdict != found.verdict:
        meaning = lost_among_many(_)[:1]
    blocks = [
        heading(movement_name(_, movement, found.before.side)),
        verdict(_(_ROLES[result.role]), TONES[result.verdict], _(VERDICTS[result.verdict])),
        *(paragraph(text) for text in meaning),
        _chart(result, pictures),
        heading(_("Measurements"), 2),
        _numbers(found, _),
        heading(_("Repetitions: start and end range"), 2),
        _repetitions(found, _),
    ]
    if placement is not None:
        blocks += [heading(_("Beside people of that age"), 2), *(english(text) for text in placement_words(placement))]
    if found.before.compensations or found.after.compensations:
        blocks += [heading(_("What the client did beside or instead of the movement"), 2), _compensations(found, _)]
    blocks.append(heading(_("Flags"), 2))
    flags = [f"{flag.severity.capitalize()}: {flag.message}" for flag in found.flags]
    blocks.append(items(flags, "en") if flags else paragraph(_("None.")))
    if found.budget is not None:
        blocks += [heading(_("Error budget of the change"), 2), _budget(found.budget, _), paragraph(_detectable(found, _))]
    return [*blocks, heading(_("Method"), 2), items(method_words(found), "en")]


def _chart(result: Judged, pictures: Pictures) -> Block:
    """The chart of the comparison, under a headline that says no more than the verdict among all movements."""
    found = result.comparison
    if result.verdict == found.verdict:
        return {**pictures.block(comparison_chart(found), describe(found), 62), "lang": "en"}
    figure = comparison_chart(replace(found, verdict=result.verdict))
    alone = figure.get_suptitle()
    for text in figure.findobj(Text):
        if isinstance(text, Text) and text.get_text() == alone:
            text.set_text(OPEN_AMONG_MANY)
    figure.set_label(f"{name_of(found.before)}, before against after. {OPEN_AMONG_MANY}.")
    return {**pictures.block(figure, str(figure.get_label()), 62), "lang": "en"}


def _numbers(found: Comparison, _: Translator) -> Block:
    def row(name: str, get: str, digits: int = 1) -> list[str]:
        return [name, *(_angle(_, getattr(m, get), digits) for m in (found.before, found.after))]

    intervals = [NOTHING if m.interval_deg is None else span(_, m.interval_deg) for m in (found.before, found.after)]
    counted = [str(len(m.repetitions.scored)) for m in (found.before, found.after)]
    frames = [f"{len(m.angles)}" for m in (found.before, found.after)]
    rows = [
        row(_("Start"), "start_deg"),
        row(_("End range, mean"), "peak_deg"),
        [_("End range, 95 % interval"), *intervals],
        row(_("End range, best"), "best_deg"),
        row(_("End range, standard deviation"), "spread_deg"),
        row(_("From start to end range"), "rom_deg"),
        [_("Repetitions counted"), *counted],
        [_("Pictures looked at"), *frames],
    ]
    return table(["", _("before"), _("after")], rows)


def _repetitions(found: Comparison, _: Translator) -> Block:
    pairs = zip_longest(found.before.repetitions.scored, found.after.repetitions.scored)
    rows = [
        [str(number), *("" if r is None else f"{angle(_, r.start_deg)} \N{RIGHTWARDS ARROW} {angle(_, r.peak_deg)}" for r in pair)]
        for number, pair in enumerate(pairs, 1)
    ]
    return table([_("Repetition"), _("before"), _("after")], rows)


def _compensations(found: Comparison, _: Translator) -> Block:
    rows = []
    for before, after in zip_longest(found.before.compensations, found.after.compensations):
        one = before or after
        if one is not None:
            sizes = [_("not seen") if c is None or c.angle_deg is None else angle(_, c.angle_deg) for c in (before, after)]
            rows.append([_(one.compensation.title), *sizes, angle(_, one.compensation.limit_deg)])
    return table([_("At the end range"), _("before"), _("after"), _("flagged beyond")], rows)


def _budget(budget: ErrorBudget, _: Translator) -> Block:
    variance = sum(term.sd_deg**2 for term in budget.terms)
    rows = []
    for term in budget.terms:
        share = f"{term.sd_deg**2 / variance:.0%}" if variance else NOTHING
        rows.append([term.source, _angle(_, term.sd_deg, 2), _freedom(term.degrees_of_freedom), share])
    rows.append([_("together"), _angle(_, budget.sd_deg, 2), _freedom(budget.degrees_of_freedom), "100%"])
    return table([_("Source of error"), _("standard deviation"), _("degrees of freedom"), _("share of variance")], rows)


def _freedom(value: float) -> str:
    return f"{value:.0f}" if math.isfinite(value) else "\N{INFINITY}"


def _detectable(found: Comparison, _: Translator) -> str:
    limit = _angle(_, found.detectable_deg, 1)
    if found.detectable_from == "own repeatability":
        return _("Detectable from {limit}: what clients of this practice differ by without a treatment.").format(limit=limit)
    return _("Detectable from {limit}: Student's t times the standard deviation of all sources together.").format(limit=limit)


def method_words(found: Comparison) -> list[str]:
    """How it was measured, in English: definition, instrument, model, geometry, smoothing, and what differs between the two."""
    movement = found.before.movement
    words = [f"{movement.definition} Counted from {movement.zero}; camera {movement.camera_words}."]
    each = [_method_of(m) for m in (found.before, found.after)]
    words += [each[0]] if each[0] == each[1] else [f"Before: {each[0]}", f"After: {each[1]}"]
    manual = manual_error_of(movement.key)
    if manual is not None:
        words.append(f"The literature's detectable change, measured by hand with another instrument: {manual.words}.")
    if found.own is not None:
        own = found.own
        words.append(f"Own repeatability: {own.error.detectable_deg:.1f} degrees from {own.clients} clients, {own.measured_on}.")
    return words


def _method_of(m: RomMeasurement) -> str:
    lens = "lens undone" if m.lens is not None else "lens not calibrated"
    view = "" if m.view is None else f"; {m.view.off_plane_deg(m.movement):.0f} degrees off the movement's plane"
    return (
        f"rom_tracker {m.version}, MediaPipe pose model {m.model}, read off the {m.movement.instrument}; {m.geometry}{view}; "
        f"{lens}; {smoothing.statement(m.angles.time_s)}."
    )


def placement_words(placement: Placement) -> list[str]:
    """The norm or a reference value, and how far the end range lies from it, in English."""
    words, norm = [], placement.norm
    if norm is not None and norm.kind == "reference":
        words.append(f"Reference value {norm.mean_deg:.0f} degrees ({norm.source}), not a norm of a group.")
    elif norm is not None:
        spread = "" if norm.sd_deg is None else f", standard deviation {norm.sd_deg:.0f}"
        words.append(f"Norm: {norm.mean_deg:.0f} degrees{spread} ({group_words(norm)}; {norm.source}).")
    if placement.difference_deg is not None and placement.interval_deg is not None:
        low, high = placement.interval_deg
        words.append(
            f"End range after, less norm: {placement.difference_deg:+.1f} degrees (95 % interval {low:+.1f} to {high:+.1f}, the "
            "measuring error alone)."
        )
    return [*words, *(flag.message for flag in placement.notes)]


def _sides(sides: SideComparison, _: Translator, pictures: Pictures) -> list[Block]:
    name = _("Both sides: {movement}").format(movement=_(sides.left.movement.title))
    return [
        heading(name),
        english(f"{side_words(sides)}."),
        {**pictures.block(sides_chart(sides), describe(sides), 62), "lang": "en"},
    ]


def _progress(progress: Progress, _: Translator, pictures: Pictures) -> list[Block]:
    name = movement_name(_, progress.movement, progress.side)
    chart = progress_chart(progress, _, headline=False)
    rows = [
        [_.day(mark.day), _angle(_, mark.before_deg), _angle(_, mark.after_deg), _angle(_, mark.detectable_deg, 1)]
        for mark in progress.sessions
    ]
    return [
        heading(_("Sessions: {movement}").format(movement=name)),
        paragraph(" ".join(trend_meaning(_, progress)), f"{_(TRENDS[progress.verdict])}."),
        pictures.block(chart, str(chart.get_label()), 62),
        table([_("Day"), _("before"), _("after"), _("detectable from")], rows),
    ]


def _sources(report: Report) -> list[str]:
    own = [f"{r.comparison.before.movement.title}: {r.comparison.before.movement.source}." for r in report.results]
    return [*dict.fromkeys(own), *SOURCES]
