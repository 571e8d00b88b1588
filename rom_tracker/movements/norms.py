"""How far people of an age and sex move: the published means in ``norms.csv``.

The table has one row for each published number, with where it was read (``source``, ``url``) and how (``checked``). Angles are
counted as in ``movements.toml``: an elbow or knee that lacks 5 degrees of straight reads -5, one that goes 5 beyond it +5.

``statistic`` says what a number is. Only a ``mean`` is that of a group of people; a ``reference`` is one value for everybody, as
textbooks and regulations print it, without a word on whom it is from or whether they moved or were moved; a ``mean of the two
means`` is that of women's and men's means; a ``lower limit`` is where impairment begins. ``comparable`` is "no", with the reason in
``remark``, where the program measures something else than what the number stands for, or where it is not sure what it stands for.
What was assumed about a number is in ``remark`` too, which is printed with it.

Left out are means of the lumbar or thoracic spine alone (not the trunk that is measured here), sums of both directions, thresholds
of products, movements that are not measured, and studies whose tables could not be read.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast

Sex = Literal["F", "M"]
Mode = Literal["active", "passive", "not stated"]
Statistic = Literal["mean", "reference", "mean of the two means", "lower limit"]
Kind = Literal["norm", "reference"]

#: A group whose ages are not stated is taken for adults, from this age in years.
ADULT_AGE = 18

#: No one is older, in years: the width of a group without an upper age.
OLDEST_AGE = 120


@dataclass(frozen=True)
class Norm:
    """One published number.

    Attributes
    ----------
    movement : str
        Key of the catalogue.
    mode : {"active", "passive", "not stated"}
        Whether the person moved or was moved.
    sex : {"F", "M", "both"}
    age_from, age_to : float or None
        Ages in completed years, both included; None where not stated.
    n : int or None
        People in the group.
    statistic : str
        What ``mean_deg`` is; see the top of this module.
    mean_deg, sd_deg : float
        Degrees, and the standard deviation over the people of the group where it is known.
    method : str
        Instrument and position.
    comparable : bool
        Whether it is the quantity that this program measures.
    remark : str
        Why not, or what to bear in mind.
    source, url, checked : str
        Where the number was read and how.
    """

    movement: str
    mode: Mode
    sex: Literal["F", "M", "both"]
    age_from: float | None
    age_to: float | None
    n: int | None
    statistic: Statistic
    mean_deg: float
    sd_deg: float | None
    method: str
    comparable: bool
    remark: str
    source: str
    url: str
    checked: str

    @property
    def kind(self) -> Kind:
        """Whether it is of a group of people, or one reference value for everybody."""
        return "reference" if self.statistic == "reference" else "norm"

    @property
    def upper_deg(self) -> float:
        """Two standard deviations above the mean, or the mean where none is known; degrees."""
        return self.mean_deg + 2 * (self.sd_deg or 0.0)

    @property
    def ages(self) -> str:
        """The group's ages in words."""
        if self.age_from is None:
            return "ages not stated"
        return f"from {self.age_from:g}" if self.age_to is None else f"{self.age_from:g} to {self.age_to:g}"

    def covers(self, age: float, sex: Sex | None) -> bool:
        """Whether the group is one for a person of that age and sex; one of unknown sex belongs to groups of both only."""
        oldest = OLDEST_AGE if self.age_to is None else self.age_to
        return self.sex in ("both", sex) and self._youngest <= age < oldest + 1

    @property
    def _youngest(self) -> float:
        return ADULT_AGE if self.age_from is None else self.age_from

    @property
    def _years(self) -> float:
        oldest = OLDEST_AGE if self.age_to is None else self.age_to
        return oldest - (0 if self.age_from is None else self.age_from)


@cache
def load_norms() -> tuple[Norm, ...]:
    """All rows of ``norms.csv``."""
    table = resources.files("rom_tracker.movements").joinpath("norms.csv").read_text(encoding="utf-8")
    return tuple(_norm(row) for row in csv.DictReader(table.splitlines()))


def norm_for(movement_key: str, *, age: float, sex: Sex | None, mode: Mode = "active") -> Norm | None:
    """The number that is best shown to a person of that age and sex; None where there is none.

    Means are those of people who moved as ``mode`` says; a reference value, which does not say how people moved, serves for every
    mode. A comparable number goes before one that is not; then a mean with a standard deviation before one without, and that before
    a reference value; then for an adult a group without children, the narrower group of ages, a group of one sex, and the larger
    group.

    Parameters
    ----------
    movement_key : str
        Any key; one of a user's own file has no norm.
    age : float
        Years.
    sex : {"F", "M"} or None
        None where unknown: groups of both sexes only.
    mode : {"active", "passive", "not stated"}
    """
    found = [
        norm
        for norm in load_norms()
        if norm.movement == movement_key
        and (norm.kind == "reference" or (norm.statistic == "mean" and norm.mode == mode))
        and norm.covers(age, sex)
    ]
    return min(found, key=lambda norm: _preference(norm, age), default=None)


def ceiling_for(movement_key: str, *, age: float, sex: Sex | None) -> Norm | None:
    """The group that goes furthest when moved by an examiner; None where there is none.

    Its ``upper_deg`` tells a plausible range from a mistaken one, and nothing else: nobody is compared with a passive mean.
    """
    found = [
        norm
        for norm in load_norms()
        if norm.movement == movement_key
        and norm.mode == "passive"
        and norm.comparable
        and norm.statistic in ("mean", "mean of the two means")
        and norm.covers(age, sex)
    ]
    return max(found, key=lambda norm: (norm.upper_deg, norm.source), default=None)


def _preference(norm: Norm, age: float) -> tuple[bool, bool, bool, bool, float, bool, int, str]:
    """The least is preferred."""
    return (
        not norm.comparable,
        norm.statistic != "mean",
        norm.sd_deg is None,
        norm._youngest < ADULT_AGE <= age,
        norm._years,
        norm.sex == "both",
        -(norm.n or 0),
        norm.source,
    )


def _norm(row: dict[str, str]) -> Norm:
    def number(name: str) -> float | None:
        return float(row[name]) if row[name] else None

    return Norm(
        movement=row["movement"],
        mode=cast(Mode, row["mode"]),
        sex=cast(Literal["F", "M", "both"], row["sex"]),
        age_from=number("age_from"),
        age_to=number("age_to"),
        n=int(row["n"]) if row["n"] else None,
        statistic=cast(Statistic, row["statistic"]),
        mean_deg=float(row["mean_deg"]),
        sd_deg=number("sd_deg"),
        method=row["method"],
        comparable=row["comparable"] == "yes",
        remark=row["remark"],
        source=row["source"],
        url=row["url"],
        checked=row["checked"],
    )
