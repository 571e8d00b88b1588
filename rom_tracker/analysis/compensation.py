"""What the client did instead of the movement, or beside it: compensations, measured in the same recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rom_tracker.analysis.flag import Flag
from rom_tracker.analysis.repetitions import PLATEAU_S, Repetition
from rom_tracker.landmarks import Side, locate
from rom_tracker.movements import Compensation, Movement, Segment
from rom_tracker.pose.angles import turn_deg
from rom_tracker.pose.sequence import Floats, PoseSequence
from rom_tracker.pose.smoothing import smooth

#: Landmarks less visible than this, or outside the picture, tell of no compensation.
LEAST_VISIBLE = 0.5


@dataclass(frozen=True)
class CompensationFound:
    """How much of one compensation there was.

    Attributes
    ----------
    compensation : Compensation
    angle_deg : float or None
        Its size at the end range, mean over the scored repetitions, in degrees without a sign; None where it was not seen.
    """

    compensation: Compensation
    angle_deg: float | None

    @property
    def flagged(self) -> bool:
        """Whether it exceeds its limit."""
        return self.angle_deg is not None and self.angle_deg > self.compensation.limit_deg

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and words, as ``rom-tracker measure --json`` prints them."""
        return {
            "name": self.compensation.key,
            "title": self.compensation.title,
            "angle_deg": None if self.angle_deg is None else round(self.angle_deg, 1),
            "limit_deg": self.compensation.limit_deg,
            "flagged": self.flagged,
        }


def compensations_of(
    poses: PoseSequence, movement: Movement, side: Side, scored: tuple[Repetition, ...]
) -> tuple[CompensationFound, ...]:
    """Measure the compensations that the movement lists.

    An angle is taken in the picture, or out of it (arcsine of the depth's share in the segment's length, world landmarks) where the
    compensation says that it happens in depth. "Change" is counted from the start of each repetition to its end range, "angle"
    is that between the two segments at the end range, less the one expected. Where the landmarks turn along with the movement
    itself, that share of it (``artefact_share``) is discounted.
    """
    return tuple(CompensationFound(one, _size_deg(poses, one, side, scored)) for one in movement.compensations)


def _size_deg(poses: PoseSequence, compensation: Compensation, side: Side, scored: tuple[Repetition, ...]) -> float | None:
    if not scored:
        return None
    series = smooth(poses.time_s, np.where(_seen(poses, compensation, side), _series_deg(poses, compensation, side), np.nan))
    sizes = []
    for r in scored:
        at_peak = _mean_about(poses.time_s, series, r.peak_s)
        before = _mean_about(poses.time_s, series, r.start_s) if compensation.counted == "change" else 0.0
        size = abs((at_peak - before + 180) % 360 - 180)
        if compensation.counted == "angle":
            size = abs(size - compensation.expected_deg)
        sizes.append(max(size - compensation.artefact_share * abs(r.rom_deg), 0.0))
    found = [size for size in sizes if not np.isnan(size)]
    return float(np.mean(found)) if found else None


def _series_deg(poses: PoseSequence, compensation: Compensation, side: Side) -> Floats:
    start, end = compensation.moving.points
    if compensation.depth:
        vector = poses.world_point(end, side) - poses.world_point(start, side)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.degrees(np.arcsin(vector[:, 2] / np.linalg.norm(vector, axis=1))), dtype=np.float64)
    moving = poses.point(end, side) - poses.point(start, side)
    reference = np.broadcast_to(np.array([0.0, -1.0]), moving.shape)
    if isinstance(compensation.reference, Segment):
        start, end = compensation.reference.points
        reference = poses.point(end, side) - poses.point(start, side)
    turned = turn_deg(reference.astype(np.float64), moving.astype(np.float64))
    # A segment near the half turn would jump between -180 and 180.
    usual = float(np.nanmedian(turned)) if np.isfinite(turned).any() else 0.0
    return (turned - usual + 180) % 360 - 180 + (usual if compensation.counted == "angle" else 0.0)


def _seen(poses: PoseSequence, compensation: Compensation, side: Side) -> Floats:
    """(frame,) whether all landmarks are visible and in the picture."""
    reference = compensation.reference.points if isinstance(compensation.reference, Segment) else ()
    used = sorted({i for name in (*compensation.moving.points, *reference) for i in locate(name, side)})
    points = poses.filmed_xy[:, used]
    with np.errstate(invalid="ignore"):
        inside = ((points >= 0) & (points < np.array(poses.image_size))).all(axis=(1, 2))
    return np.asarray(inside & (poses.visibility[:, used].min(axis=1) >= LEAST_VISIBLE))


def _mean_about(time_s: Floats, series: Floats, moment_s: float) -> float:
    near = series[np.abs(time_s - moment_s) <= PLATEAU_S / 2]
    near = near[np.isfinite(near)]
    return float(near.mean()) if len(near) else float("nan")


def compensation_flags(found: tuple[CompensationFound, ...], *, seen: bool) -> tuple[Flag, ...]:
    """A flag for every compensation beyond its limit, and one for those that were not seen though the movement was."""
    flags = [
        Flag(
            one.compensation.key,
            f"{one.compensation.title}: {one.angle_deg:.0f} degrees, more than {one.compensation.limit_deg:g}. "
            + one.compensation.advice,
            "refused" if _too_much(one) else "caution",
        )
        for one in found
        if one.flagged
    ]
    unseen = [one.compensation.title.lower() for one in found if one.angle_deg is None]
    if unseen and seen:
        message = f"Not seen in this picture, so not ruled out: {', '.join(unseen)}."
        flags.append(Flag("compensation_not_seen", message, "note"))
    return tuple(flags)


def _too_much(one: CompensationFound) -> bool:
    """Whether it is so large that another movement was done."""
    limit = one.compensation.refused_deg
    return limit is not None and one.angle_deg is not None and one.angle_deg > limit
