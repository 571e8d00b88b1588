"""Measurements of stick figures to draw, and what stands in their charts."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from stick_figure import repetitions_deg, stick_passes

from rom_tracker import compare_sides, load_catalogue
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.analysis.measuring import measure_poses
from rom_tracker.analysis.sides import SideComparison
from rom_tracker.pose.sequence import PosePasses

MINUS = "\N{MINUS SIGN}"


def measured(peaks_deg, key="elbow_flexion", *, side="left", rest_deg=0.0, lost_s=None, **view) -> RomMeasurement:
    sure = {"residual_deg": 2.0, "residual_people": 20, "change_residual_deg": 1.0, "change_residual_people": 20}
    movement = load_catalogue()[key].model_copy(update=sure)
    time_s, angle_deg = repetitions_deg(peaks_deg, rest_deg=rest_deg)
    passes = stick_passes(key, side, angle_deg, time_s, faces=f"image_{side}", **view)
    if lost_s is not None:
        lost = (time_s > lost_s[0]) & (time_s < lost_s[1])
        look = passes.as_filmed.replaced(xy=np.where(lost[:, None, None], np.nan, passes.as_filmed.xy))
        passes = PosePasses(look, look)
    return measure_poses(passes, movement, side)


def lacking(peaks_deg) -> RomMeasurement:
    return measured(peaks_deg, "knee_extension", rest_deg=-90)


def nobody() -> RomMeasurement:
    return measured([90], lost_s=(-1, 99))


def both_sides(left_deg, right_deg, **options) -> SideComparison:
    return compare_sides(measured(left_deg, **options), measured(right_deg, side="right", **options))


def marked(figure: Figure, gid: str, axes: int = 0) -> list:
    artists = [*figure.axes[axes].lines, *figure.axes[axes].patches]
    return [artist for artist in artists if artist.get_gid() == gid]


def words_of(figure: Figure) -> str:
    return " ".join(figure.get_suptitle().split())


def words_below(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.texts if text is not figure._suptitle).replace("\n", " ")


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def texts(figure: Figure, axes: int = 0) -> list[str]:
    return [text.get_text() for text in figure.axes[axes].texts]
