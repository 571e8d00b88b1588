"""The client's page: what was done, before and after, what it means, what it cannot say, the sessions so far, what comes next.

It cannot over-claim: verdicts and their sentences come from :mod:`rom_tracker.client_words`, which chooses them by the verdict
alone, and the rest of the page says the same whatever was found.
"""

from __future__ import annotations

from rom_tracker.analysis.multiplicity import Judged
from rom_tracker.analysis.progress import Progress
from rom_tracker.charts import progress_chart
from rom_tracker.client_words import (
    TRENDS,
    VERDICTS,
    angle,
    change_meaning,
    digits_that_agree,
    lost_among_many,
    movement_name,
    trend_meaning,
)
from rom_tracker.i18n import Translator
from rom_tracker.pictures.change import ChangeShown, change_picture
from rom_tracker.report.blocks import TONES, Block, Pictures, beside, heading, items, note, paragraph, table, values, verdict
from rom_tracker.report.contents import Photos, Report
from rom_tracker.report.reasons import reasons

#: So many movements have a picture of their own; the others stand in a table.
_SHOWN = 2

#: As many reasons or cautions are told at most; the longer report has them all.
_MOST_REASONS = 3


def client_title(_: Translator) -> str:
    """What the page is called."""
    return _("Your range of motion")


def client_blocks(report: Report, _: Translator, pictures: Pictures) -> list[Block]:
    """The page from top to bottom."""
    shown, others = report.results[:_SHOWN], report.results[_SHOWN:]
    blocks = [heading(_("What was done")), *_done(report, _), heading(_("Before and after, and what it means"))]
    for result in shown:
        blocks += _result(result, _, pictures, alone=len(report.results) == 1)
    if report.photos and report.photos[0] is not None:
        blocks.append(_photos(report.photos[0], _, pictures))
    if others:
        blocks.append(_table(others, _))
    blocks += [heading(_("What this page cannot say")), items(_limits(report, _))]
    progress = [found for result in report.results if (found := report.progress_of(result)) is not None]
    if any(len(one.sessions) > 1 for one in progress):
        blocks += [heading(_("Your sessions so far")), *_sessions(progress, _, pictures)]
    return [*blocks, heading(_("What comes next")), *_next(report, _)]


def _done(report: Report, _: Translator) -> list[Block]:
    visit = report.visit
    names = [movement_name(_, r.comparison.before.movement, r.comparison.before.side) for r in report.results[:_SHOWN]]
    rest = len(report.results) - len(names)
    what = "; ".join(names) + (
        " " + _.ngettext("and {n} other movement", "and {n} other movements", rest).format(n=rest) if rest else ""
    )
    blocks = []
    if visit.complaint:
        blocks.append(paragraph(visit.complaint, _("What brought you:")))
    if visit.treated:
        blocks.append(paragraph(_(visit.treated), _("Treated:")))
    blocks.append(paragraph(what, _("Filmed before and after the treatment:")))
    how = _("In both films a computer program found the joints and measured how far the movement went.")
    before, after = (len(getattr(report.results[0].comparison, moment).repetitions.scored) for moment in ("before", "after"))
    if len(report.results) == 1 and before and after:
        counted = _("It counted {before} repetitions before and {after} after; the result is their mean.")
        if before == after == 1:
            counted = _("It counted one repetition before and one after.")
        how = f"{how} {counted.format(before=before, after=after)}"
    blocks.append(paragraph(how))
    if visit.pain_before is not None and visit.pain_after is not None:
        pain = _("You rated your pain {before} before and {after} after (0 is none, 10 is the worst imaginable).")
        blocks.append(paragraph(pain.format(before=visit.pain_before, after=visit.pain_after)))
    return blocks


def _result(result: Judged, _: Translator, pictures: Pictures, *, alone: bool) -> list[Block]:
    """One movement: its picture beside its verdict."""
    found = result.comparison
    movement, side = found.before.movement, found.before.side
    name = movement_name(_, movement, side)
    told = [verdict(name, TONES[result.verdict], _(VERDICTS[result.verdict]))]
    before, after = found.before.peak_deg, found.after.peak_deg
    digits = 0 if before is None or after is None else digits_that_agree(before, after)
    larger = movement.better == "larger"
    meaning = change_meaning(_, result.verdict, found.change_deg, found.detectable_deg, larger=larger, digits=digits)
    if _lost_among_many(result):
        meaning = lost_among_many(_)
    if result.verdict == "refused" or before is None or after is None or found.detectable_deg is None:
        why = reasons(_, found.flags, "refused")[:_MOST_REASONS]
        return [*told, *(paragraph(text) for text in [*meaning, *why])]
    from_deg, to_deg = angle(_, before, digits), angle(_, after, digits)
    told.append(values([(_("before"), from_deg), (_("after"), to_deg)]))
    told += [paragraph(text) for text in meaning]
    shown = ChangeShown(
        found.before.start_deg or 0.0,
        before,
        after,
        found.detectable_deg,
        told=result.verdict in ("improved", "worse"),
        before=f"{_('before')}\n{from_deg}",
        after=f"{_('after')}\n{to_deg}",
    )
    alt = _("{movement}: {before} before (dashed line), {after} after (solid line). {verdict}.").format(
        movement=name, before=from_deg, after=to_deg, verdict=_(VERDICTS[result.verdict])
    )
    picture = pictures.block(change_picture(movement, side, shown), alt, 100 if alone else 82)
    grey = note(_("Grey wedge: so much can differ from measuring error alone."))
    return [beside([picture, grey], told, 0.46)]


def _photos(photos: Photos, _: Translator, pictures: Pictures) -> Block:
    before, after = (pictures.photo(jpeg, "", 72) for jpeg in photos)
    words = _("Photo {moment}: the end of the movement, with the measured angle drawn over it.")
    before["alt"], after["alt"] = (words.format(moment=moment) for moment in (_("before"), _("after")))
    return beside([before, note(_("before"))], [after, note(_("after"))])


def _lost_among_many(result: Judged) -> bool:
    """Whether the comparison alone would have told a change, and does not among the others."""
    return result.verdict == "no detectable change" and result.comparison.verdict in ("improved", "worse")


def _table(results: tuple[Judged, ...], _: Translator) -> Block:
    rows = []
    for result in results:
        before, after = result.comparison.before, result.comparison.after
        numbers = [before.peak_deg, after.peak_deg] if result.verdict != "refused" else [None, None]
        rows.append(
            [
                movement_name(_, before.movement, before.side),
                *("-" if value is None else angle(_, value) for value in numbers),
                _(VERDICTS[result.verdict]),
            ]
        )
    return table([_("Other movements"), _("before"), _("after"), _("Result")], rows)


def _limits(report: Report, _: Translator) -> list[str]:
    """What must not be read into the page: the same for every verdict, and what was amiss with the recordings."""
    limits = [
        _("Why a joint moves as it does. Treatment, warm muscles and the day itself cannot be told apart."),
        _("How you feel, and whether something is healthy or ill: it is no examination and no diagnosis."),
    ]
    if len(report.results) > 1:
        many = _("Several movements were compared, so some may seem to differ by chance alone.")
        first = report.results[0]
        if first.role == "chosen beforehand":
            name = movement_name(_, first.comparison.before.movement, first.comparison.before.side)
            many += " " + _("The one that counts was chosen before the treatment: {movement}.").format(movement=name)
        limits.append(many)
    flags = [flag for result in report.results if result.verdict != "refused" for flag in result.comparison.flags]
    cautions = reasons(_, flags, "caution")[:_MOST_REASONS]
    if cautions:
        limits.append(_("With these recordings it is less sure than usual:") + " " + " ".join(cautions))
    return limits


def _sessions(progress: list[Progress], _: Translator, pictures: Pictures) -> list[Block]:
    """The chart of the first movement that has several sessions, and the trends of all in words."""
    first, *others = [one for one in progress if len(one.sessions) > 1]
    chart = progress_chart(first, _, headline=False)
    words = [
        paragraph(" ".join(trend_meaning(_, first)), f"{movement_name(_, first.movement, first.side)}: {_(TRENDS[first.verdict])}.")
    ]
    for other in others:
        words.append(paragraph(f"{_(TRENDS[other.verdict])}.", f"{movement_name(_, other.movement, other.side)}:"))
    return [beside([pictures.block(chart, str(chart.get_label()), 100)], words, 0.56)]


def _next(report: Report, _: Translator) -> list[Block]:
    blocks = [paragraph(report.visit.next_steps)] if report.visit.next_steps else []
    if any(result.verdict == "refused" for result in report.results):
        blocks.append(paragraph(_("The movement without a result is filmed anew, as the program advises your therapist.")))
    if any(result.verdict == "worse" for result in report.results):
        blocks.append(paragraph(_("Talk with your therapist about the movement that goes less far today.")))
    alike = _("At the next visit the same movement is filmed in the same way, so that the visits can be compared.")
    return [*blocks, paragraph(alike), paragraph(_("Tell your therapist of pain, numbness or anything else that is new."))]
