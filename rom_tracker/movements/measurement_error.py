"""How large a change has to be before hand-held instruments tell it from their own error: the published numbers.

``measurement_error.csv`` has one row for each published minimal detectable change of goniometer, inclinometer or neck device, with
where it was read (``source``, ``url``) and how (``checked``). They are numbers of other instruments and other people's hands:
they stand beside a change for comparison, and no verdict is made of them.

Left out are numbers of movements that are not measured here, agreement between two instruments or with a radiograph, limits of
agreement between two examiners, wearable sensors, motion capture, phones alone and the bare eye.
"""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, cast


@dataclass(frozen=True)
class ManualError:
    """One published minimal detectable change of measuring by hand.

    Attributes
    ----------
    movement : str
        Key of the catalogue.
    instrument : str
    raters : {"same", "several"}
        Whether one examiner measured twice, or several once each.
    design, population : str
        As the source words them.
    n : str
        People, or what else was measured.
    mdc_deg, mdc_high_deg : float, float or None
        Degrees; the second one where the source gives a range.
    level : str
        What the source calls it, such as MDC95 or MDC90.
    source, url, checked : str
        Where the number was read and how.
    remark : str
        What to bear in mind.
    """

    movement: str
    instrument: str
    raters: Literal["same", "several"]
    design: str
    population: str
    n: str
    mdc_deg: float
    mdc_high_deg: float | None
    level: str
    source: str
    url: str
    checked: str
    remark: str

    @property
    def words(self) -> str:
        """The number, its instrument and its source."""
        high = "" if self.mdc_high_deg is None else f" to {self.mdc_high_deg:g}°"
        remark = f"; {self.remark}" if self.remark else ""
        return f"{self.mdc_deg:g}°{high} ({self.level}; {self.instrument}, {self.design}; {self.source}{remark})"

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, as ``rom-tracker compare --json`` prints them."""
        return asdict(self)


@cache
def load_manual_errors() -> tuple[ManualError, ...]:
    """All rows of ``measurement_error.csv``."""
    table = resources.files("rom_tracker.movements").joinpath("measurement_error.csv").read_text(encoding="utf-8")
    return tuple(_manual_error(row) for row in csv.DictReader(table.splitlines()))


def manual_error_of(movement_key: str) -> ManualError | None:
    """The number that a change of one client is best seen beside; None where there is none.

    One examiner who measures twice goes before several, as before and after a treatment; a goniometer before other instruments; and
    of equals the first in the table.

    Examples
    --------
    >>> manual_error_of("elbow_flexion").mdc_deg
    6.0
    """
    found = [row for row in load_manual_errors() if row.movement == movement_key]
    return min(found, key=lambda row: (row.raters != "same", "goniometer" not in row.instrument), default=None)


def _manual_error(row: dict[str, str]) -> ManualError:
    return ManualError(
        movement=row["movement"],
        instrument=row["instrument"],
        raters=cast(Literal["same", "several"], row["raters"]),
        design=row["design"],
        population=row["population"],
        n=row["n"],
        mdc_deg=float(row["mdc_deg"]),
        mdc_high_deg=float(row["mdc_high_deg"]) if row["mdc_high_deg"] else None,
        level=row["level"],
        source=row["source"],
        url=row["url"],
        checked=row["checked"],
        remark=row["remark"],
    )
