"""What speaks against a number because of how the client was seen: the view, the hand, the face."""

from __future__ import annotations

import numpy as np

from rom_tracker.analysis.flag import Flag
from rom_tracker.analysis.repetitions import Repetitions
from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement
from rom_tracker.movements.definitions import HAND_DIRECTIONS
from rom_tracker.pose.angles import AngleSeries
from rom_tracker.pose.view import View

#: Degrees out of the movement's plane from which the view is a caution, and from which no angle is reported. Geometry alone
#: costs 2 degrees at 20 and 10 at 45 (proximal segment upright, orthographic camera).
VIEW_CAUTION_DEG = 20.0
VIEW_REFUSED_DEG = 50.0

#: Agreement of shoulders, head and feet about the facing below which it is a caution.
UNSURE_FACING = 0.5

#: Below this width in the picture the face mesh nods too little: 15 degrees short of 41 and 44 in two rendered recordings with
#: faces of 35 and 45 pixels, 0 to 5 in larger ones.
SMALL_FACE_PX = 60.0

#: The starting position of a head is unknown where the face is first found later than this, in seconds.
LATEST_START_S = 0.5

#: Fewest frames that hold a repetition.
FEWEST_FRAMES = 10


def small_face(width_px: float, movement: Movement) -> tuple[Flag, ...]:
    """A flag where the face is too small in the picture for a nod; side-bend and rotation come out right all the same."""
    if width_px >= SMALL_FACE_PX or movement.plane != "sagittal":
        return ()
    message = f"The face is only {width_px:.0f} pixels wide; at least {SMALL_FACE_PX:.0f} are needed to follow it well."
    return (Flag("small_face", f"{message} Best is {movement.camera_words}.", "caution"),)


def body_not_seen(movement: Movement) -> Flag:
    """The hand is measured without the body."""
    return Flag(
        "body_not_seen",
        "The body is not in the picture or not sure enough to give the direction of the arm, so the angle is counted from the "
        f"hand's own starting position: {movement.title.lower()} has to begin at 0, and the arm must not move. Best is a picture "
        "with elbow, shoulder and head in it.",
        "caution",
    )


def view_flags(view: View, movement: Movement, side: Side) -> list[Flag]:
    """Whether the camera stands where the movement is seen."""
    off = view.off_plane_deg(movement)
    wanted = f"filmed {movement.camera_words}"
    if view.is_nod(movement):
        return _nod_flags(off, movement, wanted, in_profile=view.in_profile(movement))
    found: list[Flag] = []
    if off > VIEW_REFUSED_DEG:
        found.append(
            Flag("view", f"The {_part(movement)} is turned about {off:.0f} degrees out of the plane of the movement, and one "
                 f"camera cannot measure it from there. {movement.title} has to be {wanted}.", "refused")
        )  # fmt: skip
    elif off > VIEW_CAUTION_DEG:
        found.append(
            Flag("view", f"The {_part(movement)} is turned about {off:.0f} degrees out of the plane of the movement; the angle was "
                 f"corrected for it, but is less exact. Best is {wanted}.", "caution")
        )  # fmt: skip
    elif movement.camera == "side" and view.body.near_side() != side and _one_sided(movement) and movement.instrument == "body":
        found.append(Flag("far_side", f"The {side} side is away from the camera and partly hidden. Best is {wanted}.", "caution"))
    if movement.camera == "side" and movement.instrument == "body" and view.body.agreement < UNSURE_FACING:
        found.append(
            Flag(
                "unsure_facing",
                f"It is not clear which way the client faces, so forwards may have been taken for backwards. Best is {wanted}.",
                "caution",
            )
        )
    return found


def _part(movement: Movement) -> str:
    return "hand" if movement.positive in HAND_DIRECTIONS else "body"


def _nod_flags(off: float, movement: Movement, wanted: str, *, in_profile: bool) -> list[Flag]:
    turned = f"The body is turned about {off:.0f} degrees from the camera"
    if in_profile and movement.profile == "refused":
        why = "so that half of the face is hidden and the model loses a third of the angle"
        return [Flag("view", f"{turned}, {why}. {movement.title} has to be {wanted}.", "refused")]
    if in_profile:
        how = "so that half of the face is hidden; ear, eye and nose were followed instead, which is less exact"
        return [Flag("view", f"{turned}, {how}. Best is {wanted}.", "caution")]
    if off > VIEW_CAUTION_DEG:
        return [Flag("view", f"{turned}, and the face may be lost while it nods. Best is {wanted}.", "caution")]
    return []


def _one_sided(movement: Movement) -> bool:
    """Whether any point of the movement belongs to the tested side, and not to the middle of the body."""
    return any(not name.startswith("mid_") for name in movement.points)


def instrument_flags(angles: AngleSeries, repetitions: Repetitions, movement: Movement, view: View) -> list[Flag]:
    """Whether the hand or the face was found where it matters."""
    if movement.instrument == "body":
        return []
    if view.in_profile(movement):
        return []
    part, wanted = movement.instrument, f"filmed {movement.camera_words}"
    known = np.isfinite(angles.angle_deg)
    if known.sum() < FEWEST_FRAMES:
        return [Flag(f"{part}_not_seen", f"The {part} was not found. {movement.title} has to be {wanted}.", "refused")]
    if part == "face" and angles.time_s[known][0] > angles.time_s[0] + LATEST_START_S:
        message = (
            f"The face was first found {angles.time_s[known][0]:.1f} s into the recording, so that the starting position, from "
        )
        return [
            Flag(
                "face_not_seen", f"{message}which the angle is counted, is unknown. {movement.title} has to be {wanted}.", "refused"
            )
        ]
    if part == "face" and repetitions.cut_off:
        until = float(np.nanmax(angles.angle_deg))
        return [Flag("face_lost", f"The face was lost beyond {until:.0f} degrees (near {times(repetitions.cut_off)}).", "caution")]
    return []


def times(seconds: tuple[float, ...] | list[float]) -> str:
    """Moments for people."""
    return ", ".join(f"{s:.1f} s" for s in seconds)
