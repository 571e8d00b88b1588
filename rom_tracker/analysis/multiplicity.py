"""Many movements compared at once: the one chosen beforehand stands, the others are corrected for their number.

Of ten movements that did not change, each judged at 95 % confidence, one or more is called changed in 40 % of sessions
(``1 - 0.95**10``). So the movement that counts is chosen before the treatment and judged as it is: it is one question. All the
others are exploratory and share one error rate of 5 %, by the step-down procedure of Holm (1979, Scand J Stat 6:65-70), which needs
no assumption of how movements hang together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rom_tracker.analysis.comparison import ChangeVerdict, Comparison
from rom_tracker.errors import UsageError

#: The share of sessions without any change in which one may be called so.
ERROR_RATE = 0.05


@dataclass(frozen=True)
class Judged:
    """One comparison among several.

    Attributes
    ----------
    comparison : Comparison
    role : {"chosen beforehand", "exploratory"}
    p_value : float or None
        That of the comparison, after Holm where it is exploratory; None where it was refused.
    verdict : {"improved", "no detectable change", "worse", "refused"}
        That of the comparison; "no detectable change" where it does not hold after Holm.
    """

    comparison: Comparison
    role: Literal["chosen beforehand", "exploratory"]
    p_value: float | None
    verdict: ChangeVerdict


def compare_many(comparisons: Sequence[Comparison], *, primary: Comparison | None = None) -> tuple[Judged, ...]:
    """Judge several comparisons of one session together, in the order given.

    Parameters
    ----------
    comparisons : sequence of Comparison
    primary : Comparison, optional
        The one of them that was chosen before the treatment. Without it all are exploratory, unless one of them says of itself that
        it was chosen.

    Raises
    ------
    UsageError
        ``primary`` is none of the comparisons, or more than one was chosen beforehand.
    """
    chosen = [primary] if primary is not None else [one for one in comparisons if one.primary]
    if primary is not None and primary not in comparisons:
        raise UsageError("expected the movement chosen beforehand to be one of the comparisons, got another")
    if len(chosen) > 1:
        names = " and ".join(one.before.movement.of_side(one.before.side) for one in chosen)
        raise UsageError(f"expected one movement chosen beforehand, got {names}; name the one that counts")
    judged = judge_together([(one.verdict, one.p_value, one in chosen) for one in comparisons])
    return tuple(
        Judged(one, "chosen beforehand" if one in chosen else "exploratory", p_value, verdict)
        for one, (verdict, p_value) in zip(comparisons, judged, strict=True)
    )


def judge_together(found: Sequence[tuple[ChangeVerdict, float | None, bool]]) -> list[tuple[ChangeVerdict, float | None]]:
    """Verdicts and p-values of comparisons as they are judged among all of one session, in the order given.

    Parameters
    ----------
    found : sequence of (verdict, p-value, bool)
        Of each by itself, and whether it was chosen before the treatment; the p-value None where it is not known.
    """
    known = {place: p for place, (_, p, chosen) in enumerate(found) if p is not None and not chosen}
    corrected = dict(zip(known, holm(list(known.values())), strict=True))
    judged: list[tuple[ChangeVerdict, float | None]] = []
    for place, (verdict, p_value, _) in enumerate(found):
        p = corrected.get(place, p_value)
        falls = place in corrected and p is not None and p >= ERROR_RATE
        judged.append(("no detectable change" if falls else verdict, p))
    return judged


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted by Holm (1979), in the order given.

    The smallest of ``m`` is multiplied by ``m``, the next by ``m - 1``, and so on; none becomes smaller than the one before it, nor
    larger than 1.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03, 0.005])
    [0.03, 0.06, 0.06, 0.02]
    """
    adjusted, least = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = least
    return adjusted
