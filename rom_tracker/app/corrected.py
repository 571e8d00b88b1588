"""A measurement as the therapist corrected it: the same recording, without a repetition that does not count."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from rom_tracker.analysis.flag import Flag, verdict_of
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.repetitions import Repetitions
from rom_tracker.analysis.uncertainty import ErrorBudget, landmark_term, repetition_term
from rom_tracker.errors import UsageError


def without_repetitions(measurement: RomMeasurement, dropped: Collection[int]) -> RomMeasurement:
    """The measurement without some of its scored repetitions, which stay in it as ones that are not scored.

    Parameters
    ----------
    measurement : RomMeasurement
        One that gives a number.
    dropped : collection of int
        Places in ``measurement.repetitions.scored``, from 0.

    Raises
    ------
    UsageError
        There is no such repetition, or none would be left.
    """
    scored = measurement.repetitions.scored
    wrong = [place for place in dropped if not 0 <= place < len(scored)]
    if wrong or measurement.budget is None:
        raise UsageError(f"expected repetitions 1 to {len(scored)}, got {', '.join(str(place + 1) for place in dropped)}")
    if len(set(dropped)) == len(scored):
        raise UsageError("one repetition has to be left; record again instead")
    if not dropped:
        return measurement
    kept = tuple(r for place, r in enumerate(scored) if place not in dropped)
    lost = tuple(r for place, r in enumerate(scored) if place in dropped)
    own = {"repetitions": repetition_term(kept), "landmark noise": landmark_term(kept, measurement.angles)}
    peaks = [r.peak_deg for r in kept]
    numbers = ", ".join(str(place + 1) for place in sorted(dropped))
    flag = Flag("repetition_dropped", f"The therapist left out repetition {numbers}.", "note")
    flags = (*measurement.flags, flag)
    return replace(
        measurement,
        flags=flags,
        verdict=verdict_of(flags),
        repetitions=Repetitions(kept, (*measurement.repetitions.partial, *lost), measurement.repetitions.cut_off),
        start_deg=float(np.mean([r.start_deg for r in kept])),
        peak_deg=float(np.mean(peaks)),
        rom_deg=float(np.mean([r.rom_deg for r in kept])),
        best_deg=max(peaks) if measurement.movement.better == "larger" else min(peaks),
        spread_deg=float(np.std(peaks, ddof=1)) if len(kept) > 1 else None,
        budget=ErrorBudget(tuple(own.get(term.source, term) for term in measurement.budget.terms)),
    )
