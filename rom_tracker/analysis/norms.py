"""Where a measured end range lies among people of the same age and sex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rom_tracker.analysis.flag import Flag
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.errors import UsageError
from rom_tracker.movements.norms import ADULT_AGE, OLDEST_AGE, Norm, Sex, ceiling_for, norm_for

Interval = tuple[float, float]

_NAMES = {"norm": "norm", "reference": "reference value"}
_PERSON = {("F", True): "a woman", ("F", False): "a girl", ("M", True): "a man", ("M", False): "a boy"}


@dataclass(frozen=True)
class Placement:
    """A measured end range beside the norm of the client's group, or beside a reference value where there is no such norm.

    Attributes
    ----------
    age : float
        Years.
    sex : {"F", "M"} or None
    norm : Norm or None
        Of people who moved actively, as clients do here, or a reference value (its ``kind`` says which); None where the tables have
        neither.
    ceiling : Norm or None
        The group that goes furthest when moved by an examiner: for plausibility only.
    difference_deg : float or None
        End range less the norm's mean; None beside a reference value, and where there is no comparable norm or no end range.
    interval_deg : (float, float) or None
        95 % interval of the difference: the measuring error alone. How surely the norm itself is known is not in it.
    notes : tuple of Flag
        What to bear in mind, all of them notes.
    """

    age: float
    sex: Sex | None
    norm: Norm | None
    ceiling: Norm | None
    difference_deg: float | None
    interval_deg: Interval | None
    notes: tuple[Flag, ...]

    @property
    def z(self) -> float | None:
        """The difference in standard deviations of the group, as if measured without error; None where none is known."""
        sd_deg = self._sd_deg
        return None if self.difference_deg is None or sd_deg is None else self.difference_deg / sd_deg

    @property
    def z_interval(self) -> Interval | None:
        """The z-scores that the 95 % interval of the difference spans."""
        sd_deg = self._sd_deg
        if self.interval_deg is None or sd_deg is None:
            return None
        low, high = self.interval_deg
        return low / sd_deg, high / sd_deg

    @property
    def _sd_deg(self) -> float | None:
        return None if self.norm is None else self.norm.sd_deg

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, as ``rom-tracker measure --age --json`` prints them."""
        return {
            "age": self.age,
            "sex": self.sex,
            "group": self.norm and _group_dict(self.norm),
            "difference_deg": None if self.difference_deg is None else round(self.difference_deg, 2),
            "interval_deg": None if self.interval_deg is None else [round(v, 2) for v in self.interval_deg],
            "z": None if self.z is None else round(self.z, 2),
            "z_interval": None if self.z_interval is None else [round(v, 2) for v in self.z_interval],
            "passive_ceiling_deg": None if self.ceiling is None else round(self.ceiling.upper_deg, 2),
            "notes": [{"code": f.code, "message": f.message, "severity": f.severity} for f in self.notes],
        }


def place(measurement: RomMeasurement, age: float, sex: Sex | None = None) -> Placement:
    """Hold an end range against the norm for a person of that age and sex.

    Only norms of active movement count, since the client moves without help. Where there is none, a reference value is named, and
    nothing is reckoned from it: it is not known of whom it is. A passive mean serves as a ceiling: an end range
    whose whole 95 % interval lies above it is noted, since half of all people lie above a mean.

    Raises
    ------
    UsageError
        An age that nobody has, or a sex that is not "F", "M" or None.
    """
    if not 0 <= age <= OLDEST_AGE:
        raise UsageError(f"expected an age of 0 to {OLDEST_AGE} years, got {age:g}")
    if sex not in ("F", "M", None):
        raise UsageError(f"expected sex 'F', 'M' or None, got {sex!r}")
    key = measurement.movement.key
    norm = norm_for(key, age=age, sex=sex)
    ceiling = ceiling_for(key, age=age, sex=sex)
    difference, interval = None, None
    comparable = norm is not None and norm.comparable and norm.kind == "norm"
    if norm is not None and comparable and measurement.peak_deg is not None and measurement.interval_deg is not None:
        low, high = measurement.interval_deg
        difference, interval = measurement.peak_deg - norm.mean_deg, (low - norm.mean_deg, high - norm.mean_deg)
    notes = (*_norm_notes(measurement, norm, age, sex), *_ceiling_notes(measurement, ceiling))
    return Placement(age, sex, norm, ceiling, difference, interval, notes)


def group_words(norm: Norm) -> str:
    """Of whom a number is: "women, ages 20 to 91, n = 1166"."""
    if norm.kind == "reference":
        return "one reference value for everybody"
    who = {"F": "women", "M": "men", "both": "women and men"}[norm.sex]
    if norm.age_from is not None and norm.age_from < ADULT_AGE:
        who = {"women": "girls and women", "men": "boys and men"}.get(who, "people")
    ages = norm.ages if norm.age_from is None else f"ages {norm.ages}"
    return f"{who}, {ages}, " + ("n not stated" if norm.n is None else f"n = {norm.n}")


def _norm_notes(measurement: RomMeasurement, norm: Norm | None, age: float, sex: Sex | None) -> list[Flag]:
    name = measurement.movement.title.lower()
    if norm is None:
        person = _PERSON.get((sex or "", age >= ADULT_AGE), "a person")
        unknown = "" if sex else ", sex not given"
        return [Flag("no_norm", f"There is no norm for {name} in this program's tables for {person} of {age:g}{unknown}.", "note")]
    if not norm.comparable:
        return [Flag("norm_not_comparable", f"Not to be compared with the {_NAMES[norm.kind]}: {norm.remark}.", "note")]
    return [Flag("norm_remark", f"About the {_NAMES[norm.kind]}: {norm.remark}.", "note")] if norm.remark else []


def _ceiling_notes(measurement: RomMeasurement, ceiling: Norm | None) -> list[Flag]:
    if ceiling is None or measurement.peak_deg is None or measurement.interval_deg is None:
        return []
    if measurement.interval_deg[0] <= ceiling.upper_deg:
        return []
    reached = "two standard deviations above the mean" if ceiling.sd_deg else "the mean"
    return [
        Flag(
            "above_passive",
            f"The end range, {measurement.peak_deg:.0f} degrees, lies clearly above how far an examiner moves the joint: "
            f"{ceiling.upper_deg:.0f} is {reached} of {group_words(ceiling)} ({ceiling.source}). Look at the overlay video.",
            "note",
        )
    ]


def _group_dict(norm: Norm) -> dict[str, Any]:
    names = (
        "kind", "sex", "age_from", "age_to", "n", "mode", "statistic", "mean_deg", "sd_deg", "comparable", "remark", "source",
        "url", "checked",
    )  # fmt: skip
    return {name: getattr(norm, name) for name in names}
