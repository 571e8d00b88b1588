"""Whether the lens was undone in a measurement, and what it may cost where it was not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rom_tracker.analysis.check import Check, Limits, State
from rom_tracker.analysis.flag import Flag
from rom_tracker.analysis.uncertainty import UNKNOWN_LENS, ErrorBudget, ErrorTerm
from rom_tracker.capture import VideoFile
from rom_tracker.capture.lens import LensProfile, lens_of
from rom_tracker.pose.angles import angle_series

if TYPE_CHECKING:
    from rom_tracker.analysis.measurement import RomMeasurement
    from rom_tracker.landmarks import Side
    from rom_tracker.movements import Movement
    from rom_tracker.pose.sequence import Floats, PoseSequence
    from rom_tracker.pose.view import View

#: A wide webcam that is not calibrated is taken for this one: degrees across the picture, and k1 of its barrel distortion. Most
#: webcams see 60 to 88 degrees.
WIDE_FIELD_DEG, WIDE_K1 = 88.0, -0.11

#: The note about an unknown lens is given where such a one moves the end range, or the range of motion, by so many degrees.
WORTH_A_NOTE_DEG = 1.0

#: Landmarks are bent for about so many frames at once, eleven minutes of video: for an hour's they would take 120 MB.
FRAMES_AT_ONCE = 20_000


def lens_for(video: VideoFile, lens: LensProfile | None) -> LensProfile | None:
    """The profile at the recording's resolution: the one given, or the kept one of the camera that its sidecar names.

    Raises
    ------
    CalibrationError
        The profile is damaged, or for another shape of picture.
    """
    return lens_of(video.path, video.size) if lens is None else lens.scaled(video.size)


def with_lens(found: RomMeasurement) -> RomMeasurement:
    """The measurement with what is known of the lens: a note of the profile used, or what not having one may cost.

    An unknown lens is taken to cost anything between nothing and what a wide one does (:func:`unknown_lens_deg`), all alike likely:
    root mean square that cost over the root of three.
    """
    if found.merged is None or found.budget is None:
        return found
    cost = None if found.lens is not None else unknown_lens_deg(found)
    checks = (*found.checks, _lens_check(found.lens, cost))
    if found.lens is not None:
        made = f"profile of {found.lens.camera}, {found.lens.made_on.isoformat()}"
        note = Flag("lens_undone", f"The bending of the camera's lens was undone ({made}).", "note")
        return replace(found, flags=(*found.flags, note), checks=checks)
    if cost is None:
        return replace(found, checks=checks)
    term = ErrorTerm(UNKNOWN_LENS, cost / float(np.sqrt(3)), float("inf"))
    flags = () if cost < WORTH_A_NOTE_DEG else (_unknown_flag(cost),)
    budget = ErrorBudget((*found.budget.terms, term))
    return replace(found, budget=budget, flags=(*found.flags, *flags), checks=checks)


def _unknown_flag(cost: float) -> Flag:
    return Flag(
        "lens_unknown",
        f"The camera's lens is not known. If it is a wide one ({WIDE_FIELD_DEG:.0f} degrees across), it bends the result by "
        f"about {cost:.1f} degrees where the client is in this picture. `rom-tracker calibrate lens` measures the lens, once; "
        "staying in the middle of the picture helps too.",
        "note",
    )


def _lens_check(lens: LensProfile | None, cost: float | None) -> Check:
    """Whether the lens is known, and what not knowing it may cost."""
    limits = Limits(WORTH_A_NOTE_DEG, None, "larger", f"a lens of {WIDE_FIELD_DEG:.0f} degrees across, by geometry")
    title, unit = "Unknown lens, may cost", "degrees"
    if lens is not None:
        return Check("lens", title, 0.0, unit, "ok", limits, told_by=f"profile of {lens.camera}")
    state: State = "ok" if cost is not None and cost < WORTH_A_NOTE_DEG else "unknown"
    advice = "" if state == "ok" else "Calibrate the camera once, `rom-tracker calibrate lens`, or keep the client in the middle."
    return Check("lens", title, cost, unit, state, limits, advice, "a wide webcam's lens, where the client is")


def unknown_lens_deg(found: RomMeasurement) -> float | None:
    """By how many degrees a wide lens would falsify the end range or the range of motion, whichever more.

    None where the angle is not read off the picture itself, or nothing is scored.
    """
    if found.merged is None or found.view is None or found.view.in_profile(found.movement):
        return None
    if found.head is not None or found.skeleton is not None or not found.repetitions.scored:
        return None
    poses, scored = found.merged.poses, found.repetitions.scored
    wide = LensProfile.from_field(WIDE_FIELD_DEG, WIDE_K1, poses.image_size)
    parts = np.array_split(np.arange(len(poses)), len(poses) // FRAMES_AT_ONCE + 1)
    off = np.concatenate([_bent_deg(poses.of_frames(part), wide, found.movement, found.side, found.view) for part in parts])
    starts, peaks = ([off[np.argmin(np.abs(poses.time_s - getattr(r, name)))] for r in scored] for name in ("start_s", "peak_s"))
    costs = np.abs([np.mean(peaks), np.mean(np.subtract(peaks, starts))])
    return float(costs.max()) if np.isfinite(costs).all() else None


def _bent_deg(poses: PoseSequence, wide: LensProfile, movement: Movement, side: Side, view: View) -> Floats:
    """(frame,) by how many degrees a wide lens would have bent the angle."""
    straight = poses.replaced(xy=wide.undistorted(poses.xy), lens=wide)
    bent_deg, straight_deg = (angle_series(each, movement, side, view).angle_deg for each in (poses, straight))
    return bent_deg - straight_deg
