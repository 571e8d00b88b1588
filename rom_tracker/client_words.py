"""What a client reads of a result, in the client's language; it claims no more than the verdict.

Every sentence about a change is chosen by the verdict alone, and those of "improved" and "worse" are said for no other. What is
known of a result but is no claim, such as the two end ranges, is given beside it as it is.
"""

from __future__ import annotations

from rom_tracker.analysis.comparison import ChangeVerdict
from rom_tracker.analysis.progress import FEWEST_SESSIONS, Progress, TrendVerdict
from rom_tracker.i18n import N_, Translator
from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement
from rom_tracker.result_words import degrees

#: The verdicts as a client reads them.
VERDICTS: dict[ChangeVerdict, str] = {
    "improved": N_("Improved"),
    "no detectable change": N_("No change that could be measured"),
    "worse": N_("Worse"),
    "refused": N_("No result"),
}

#: The verdicts of a trend.
TRENDS: dict[TrendVerdict, str] = {
    "improved": N_("Improved over the sessions"),
    "no detectable change": N_("No change over the sessions that could be measured"),
    "worse": N_("Worse over the sessions"),
    "too few sessions": N_("Too few sessions to say"),
}


def movement_name(_: Translator, movement: Movement, side: Side) -> str:
    """The movement with its side, such as "Elbow flexion, left"; without it where left and right are the same movement."""
    if not movement.sided:
        return _(movement.title)
    # Translators: a movement and the side it was done with, such as "Elbow flexion, left".
    left, right = _("{movement}, left"), _("{movement}, right")
    return (left if side == "left" else right).format(movement=_(movement.title))


def angle(_: Translator, value_deg: float, digits: int = 0, *, signed: bool = False) -> str:
    """An angle as people of the language write it."""
    return _.number(degrees(value_deg, digits, signed=signed))


def span(_: Translator, interval_deg: tuple[float, float], digits: int = 0, *, signed: bool = False) -> str:
    """An interval of angles: "89° to 101°"."""
    low, high = (angle(_, value, digits, signed=signed) for value in interval_deg)
    return _("{low} to {high}").format(low=low, high=high)


def digits_that_agree(before_deg: float, after_deg: float) -> int:
    """As many digits as it takes that after less before, as they are written, is the change, as it is written.

    >>> digits_that_agree(96.4, 109.7), digits_that_agree(96.4, 109.9)
    (1, 0)
    """
    change = after_deg - before_deg
    agree = (d for d in (0, 1) if abs(round(after_deg, d) - round(before_deg, d) - round(change, d)) < 0.01)
    return next(agree, 2)


def told_apart(_: Translator, value_deg: float, detectable_deg: float, least_digits: int = 0) -> tuple[str, str]:
    """Both as sizes, with as many digits as tell them apart, and at least so many.

    >>> from rom_tracker.i18n import translator
    >>> told_apart(translator("de"), -6.2, 6.4)
    ('6,2°', '6,4°')
    """
    value, limit = abs(value_deg), detectable_deg
    digits = next((d for d in range(least_digits, 3) if round(value, d) != round(limit, d)), 3)
    return angle(_, value, digits), angle(_, limit, digits)


def lost_among_many(_: Translator) -> list[str]:
    """What a change means that would count by itself, and does not among several movements."""
    return [
        _("By itself this difference would count, but of several movements some seem to differ by chance alone."),
        _("So it is open whether anything changed. This does not mean that the treatment had no effect."),
    ]


def change_meaning(
    _: Translator,
    verdict: ChangeVerdict,
    change_deg: float | None,
    detectable_deg: float | None,
    *,
    larger: bool = True,
    digits: int = 0,
) -> list[str]:
    """What a change means, in a few sentences.

    Parameters
    ----------
    verdict : {"improved", "no detectable change", "worse", "refused"}
    change_deg, detectable_deg : float or None
    larger : bool
        Whether a larger angle is the better one in this movement.
    digits : int
        At least so many after the point; see :func:`digits_that_agree`.
    """
    if verdict == "refused" or change_deg is None or detectable_deg is None:
        return [_("The recordings did not allow a number that one can rely on. So none is given.")]
    change, detectable = told_apart(_, change_deg, detectable_deg, digits)
    if verdict == "no detectable change":
        return [
            _("Before and after differ by {change}. Differences below {detectable} cannot be told from measuring error.").format(
                change=change, detectable=detectable
            ),
            _("So it is open whether anything changed. This does not mean that the treatment had no effect."),
        ]
    if verdict == "improved":
        moves = _("Your joint moves {change} further than before the treatment.")
        if not larger:
            moves = _("The angle is {change} smaller than before the treatment, which is the better direction in this movement.")
    else:
        moves = _("Your joint moves {change} less far than before the treatment.")
        if not larger:
            moves = _("The angle is {change} larger than before the treatment, which is the worse direction in this movement.")
    sure = _("That is above {detectable}, the most that measuring error alone explains (with 95 % confidence).")
    return [moves.format(change=change), sure.format(detectable=detectable)]


def trend_meaning(_: Translator, progress: Progress) -> list[str]:
    """What the sessions in a row mean, in a few sentences."""
    trend = progress.trend
    if trend is None or progress.verdict == "too few sessions":
        few = _("A trend is given from {n} sessions on different days on: with fewer, chance alone too often looks like one.")
        return [few.format(n=FEWEST_SESSIONS)]
    each_week = angle(_, trend.per_week_deg, 1, signed=True)
    interval = span(_, trend.interval_per_week_deg, 1, signed=True)
    line = _("Line through the end ranges before the treatments: {each_week} per week (95 %: {interval}).").format(
        each_week=each_week, interval=interval
    )
    if progress.verdict == "no detectable change":
        return [_("Over these sessions there is no change that can be told from measuring error and from good and bad days."), line]
    over = angle(_, abs(trend.change_deg))
    if progress.verdict == "improved":
        words = _("From the first session to the last, the end range before the treatments improved by {over}.")
    else:
        words = _("From the first session to the last, the end range before the treatments became worse by {over}.")
    return [words.format(over=over), line]
