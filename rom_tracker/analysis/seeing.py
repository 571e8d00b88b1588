"""What speaks against a number because of how the client was seen: the view, the hand, the face."""

from __future__ import annotations

import numpy as np

from rom_tracker.analysis.flag import Flag
from rom_tracker.analysis.repetitions import Repetitions
from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement
from rom_tracker.movements.definitions import HAND_DIRECTIONS
from rom_tracker.pose.angles import FIT_FROM_DEG, FIT_UP_TO_DEG, can_be_fitted, is_fitted
from rom_tracker.pose.client import Client
from rom_tracker.pose.reading import Reading
from rom_tracker.pose.skeleton import Skeleton
from rom_tracker.pose.view import PROFILE_DEG, View

#: Degrees out of the movement's plane from which the view is a caution, and from which no angle is reported. Geometry alone
#: costs 2 degrees at 20 and 10 at 45 (proximal segment upright, orthographic camera).
VIEW_CAUTION_DEG = 20.0
VIEW_REFUSED_DEG = 50.0

#: A client who goes farther than this over the floor, in metres, walks. A squat and tests in place: up to 0.3; five steps: 2.1.
WALKED_M = 0.8

#: Agreement of shoulders, head and feet about the facing below which it is a caution.
UNSURE_FACING = 0.5

#: Below this width in the picture the face mesh nods too little: 15 degrees short of 41 and 44 in two rendered recordings with
#: faces of 35 and 45 pixels, 0 to 5 in larger ones.
SMALL_FACE_PX = 60.0

#: The starting position of a head is unknown where the face is first found later than this, in seconds.
LATEST_START_S = 0.5

#: An end range was lost where the face was, within this time of it, in seconds.
LOST_WITHIN_S = 0.5

#: A lost end range lies beyond the scored ones where the face was last seen so much farther, in degrees.
LOST_BEYOND_DEG = 5.0

#: A limb found across somebody else for longer than this, in seconds, is not measured. In a rendered recording of an arm raised in
#: front of a therapist half behind the client the elbow was found half an upper arm away, with full visibility in both looks: 92
#: degrees instead of 118.
CROSSING_S = 0.3

#: Fewest frames that hold a repetition.
FEWEST_FRAMES = 10


def client_flags(client: Client) -> tuple[Flag, ...]:
    """Who was measured, where several people are in the picture, and how to say that it is somebody else."""
    if client.place is None:
        return ()
    message = f"{client.people} people are in the picture; {_who(client)} was measured"
    other = " or ".join(f"--client {x:.0f},{y:.0f}" for x, y in client.others_hips)
    if client.chosen_by == "point":
        return (Flag("several_people", f"{message}, as --client says.", "note"),)
    if client.chosen_by == "movement":
        return (Flag("several_people", f"{message}, who moves the most. If the client is somebody else: {other}.", "note"),)
    said = f"who stands nearest to the middle; others move as much. Say who is the client, for another one with {other}."
    if client.chosen_by == "last place":
        said = f"who stands where the client stood last time; others move as much. If the client is somebody else: {other}."
    return (Flag("several_people", f"{message}, {said}", "caution"),)


def _who(client: Client) -> str:
    """Which of the people, as one points them out in the picture."""
    assert client.place is not None
    x, y = client.place.hips
    place = sum(other < x for other, _ in client.others_hips)
    words = {0: "the one on the left", len(client.others): "the one on the right"}
    return f"{words.get(place, f'number {place + 1} from the left')} (hips at {x:.0f},{y:.0f})"


def crossing_flags(crossing_s: float) -> tuple[Flag, ...]:
    """Whether the limb moves across somebody else in the picture; ``crossing_s`` is for how many seconds it was found there."""
    if crossing_s < CROSSING_S:
        return ()
    message = (
        f"The limb lies across somebody else in the picture for {crossing_s:.1f} s, where one person's joints are taken for the "
        "other's. Let everybody else stand on the other side of the client, or a big step away."
    )
    return (Flag("limb_across_somebody", message, "refused"),)


def hand_on_flags(reading: Reading, repetitions: Repetitions) -> list[Flag]:
    """Whether somebody else's hand lay on the limb, and when."""
    if not is_held(reading):
        return []
    assert reading.hand_on is not None
    time_s, edges = reading.angles.time_s, np.diff(np.pad(reading.hand_on.astype(int), 1))
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    when = ", ".join(f"{time_s[a]:.1f} to {time_s[b]:.1f} s" for a, b in zip(first, last, strict=True))
    message = f"Somebody else's hand lay on the limb ({when}); what it hides or leads is not scored"
    advice = "Let go before the end range, and let the client move alone."
    if repetitions.scored:
        return [Flag("hand_on_limb", f"{message}. {advice}", "caution")]
    return [Flag("hand_on_limb", f"{message}, and nothing else is left. {advice}", "refused")]


def is_held(reading: Reading) -> bool:
    """Whether somebody else's hand lay on the limb at any time."""
    return reading.hand_on is not None and bool(reading.hand_on.any())


def view_flags(view: View, movement: Movement, side: Side) -> list[Flag]:
    """Whether the camera stands where the movement is seen, and the client lies where the test asks for it."""
    return [*_posture_flags(view, movement), *_camera_flags(view, movement, side)]


def _posture_flags(view: View, movement: Movement) -> list[Flag]:
    if movement.posture.lies is None or view.body.lies_deg:
        return []
    message = f"The client does not lie. {movement.title} is measured {movement.posture.words}."
    return [Flag("posture", message, "caution")]


def _camera_flags(view: View, movement: Movement, side: Side) -> list[Flag]:
    off = view.off_plane_deg(movement)
    wanted = f"filmed {movement.camera_words}"
    if view.is_nod(movement):
        return _nod_flags(off, movement, wanted, in_profile=view.in_profile(movement))
    found: list[Flag] = []
    if is_fitted(movement, view):
        found.append(_fitted_flag(off, view, movement, side))
    elif off > _refused_from_deg(view, movement):
        found.append(
            Flag("view", f"The {_part(movement)} is turned about {off:.0f} degrees out of the plane of the movement, and one "
                 f"camera cannot measure it from there. {movement.title} has to be {wanted}.", "refused")
        )  # fmt: skip
    elif off > VIEW_CAUTION_DEG:
        found.append(
            Flag("view", f"The {_part(movement)} is turned about {off:.0f} degrees out of the plane of the movement; "
                 + ("the angle reads too large" if movement.positive in HAND_DIRECTIONS else "the angle was corrected for it")
                 + f" and is less exact. Best is {wanted}.", "caution")
        )  # fmt: skip
    elif movement.camera == "side" and view.body.near_side() != side and is_one_sided(movement) and movement.instrument == "body":
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


def _refused_from_deg(view: View, movement: Movement) -> float:
    """From behind a joint that bends towards or away from the camera comes out wrong in the picture too: 20 degrees at 47."""
    behind = abs(view.body.yaw_deg) > 90 and not view.body.lies_deg
    return FIT_FROM_DEG if behind and can_be_fitted(movement) else VIEW_REFUSED_DEG


def _fitted_flag(off: float, view: View, movement: Movement, side: Side) -> Flag:
    """The angle does not come from the picture; how the camera has to stand for it to do so."""
    turn = turn_to_wanted_deg(view, movement, side)
    message = (
        f"The body is turned about {off:.0f} degrees out of the plane of the movement; the angle was taken from a body fitted to "
        "the whole recording in three dimensions, which is less exact"
    )
    if movement.plane == "sagittal" and movement.reference_at_zero == "down" and "mid_hip" in movement.points:
        message += ", above all at rest, where it reads too high: go by the end range"
    advice = f"move the camera about {abs(turn):.0f} degrees round the client to the {'right' if turn > 0 else 'left'}"
    return Flag("view", f"{message}. Best is filmed {movement.camera_words}: {advice}.", "caution")


def turn_to_wanted_deg(view: View, movement: Movement, side: Side) -> float:
    """Degrees, -180 to 180, by which the camera has to go round the client to see the movement squarely.

    Positive is to the right, seen from behind the camera, or the client turning to their own right. Where the movement is of one
    side, and filmed from there, that side has to face the camera; where not, the nearer way will do.
    """
    wanted_deg = [-90.0, 90.0] if movement.camera == "side" else [0.0] if movement.instrument == "face" else [0.0, 180.0]
    if movement.camera == "side" and is_one_sided(movement):
        wanted_deg = [-90.0 if side == "left" else 90.0]
    turns = [(view.body.yaw_deg - wanted + 180) % 360 - 180 for wanted in wanted_deg]
    return min(turns, key=abs)


def view_refused_from_deg(view: View, movement: Movement) -> float | None:
    """Degrees out of the movement's plane beyond which no angle is reported; None where it is only less exact."""
    if view.is_nod(movement):
        return PROFILE_DEG if movement.profile == "refused" else None
    return FIT_UP_TO_DEG if is_fitted(movement, view) else _refused_from_deg(view, movement)


def fit_flags(skeleton: Skeleton | None) -> tuple[Flag, ...]:
    """Whether a body could be fitted to the recording, and to what; nothing where none was tried."""
    found: list[Flag] = []
    if skeleton is not None and not skeleton.converged:
        message = "No body of constant bone lengths fits the landmarks; another person or an object may have been taken for a limb."
        found.append(Flag("no_fit", message, "refused"))
    if skeleton is not None and skeleton.walked_m > WALKED_M:
        message = (
            f"The client walks ({skeleton.walked_m:.1f} m). The angle over time is given, but no end range: from an oblique view "
        )
        found.append(Flag("walking", f"{message}the highest angle of a step may be 20 degrees wrong.", "refused"))
    return tuple(found)


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


def is_one_sided(movement: Movement) -> bool:
    """Whether any point of the movement belongs to the tested side, and not to the middle of the body."""
    return any(not name.startswith("mid_") for name in movement.points)


def instrument_flags(reading: Reading, repetitions: Repetitions) -> list[Flag]:
    """Whether the hand, the arm, the face and the trunk were found where they matter."""
    movement = reading.movement
    if movement.instrument == "hand":
        return _hand_flags(reading)
    return _face_flags(reading, repetitions) if movement.instrument == "face" else []


def _hand_flags(reading: Reading) -> list[Flag]:
    movement = reading.movement
    found: list[Flag] = []
    if not reading.arm_seen:
        message = (
            "The body is not in the picture or not sure enough to give the direction of the arm, so the angle is counted from the "
            f"hand's own starting position: {movement.title.lower()} has to begin at 0, and the arm must not move. Best is a "
            "picture with elbow, shoulder and head in it."
        )
        found.append(Flag("body_not_seen", message, "caution"))
    if np.isfinite(reading.angles.angle_deg).sum() < FEWEST_FRAMES:
        found.append(_not_found("hand", movement))
    return found


def _face_flags(reading: Reading, repetitions: Repetitions) -> list[Flag]:
    movement, angles = reading.movement, reading.angles
    found: list[Flag] = []
    if reading.view.body.lies_deg:
        message = f"The client lies. {movement.title} is measured sitting upright, {movement.camera_words}."
        return [Flag("posture", message, "refused")]
    if not reading.trunk_seen:
        message = "The trunk is not in the picture, so leaning counts as neck. Best is a picture from the head to the hips."
        found.append(Flag("trunk_not_seen", message, "caution"))
    if reading.face_px is None:
        return found
    known = np.isfinite(angles.angle_deg)
    if known.sum() < FEWEST_FRAMES:
        return [*found, _not_found("face", movement)]
    first_s = float(angles.time_s[known][0])
    if first_s > angles.time_s[0] + LATEST_START_S:
        message = (
            f"The face was first found {first_s:.1f} s into the recording, so that the starting position, from which the angle is "
            f"counted, is unknown. {movement.title} has to be filmed {movement.camera_words}."
        )
        return [*found, Flag("face_not_seen", message, "refused")]
    lost = [moment for moment in repetitions.cut_off if not known[np.abs(angles.time_s - moment) <= LOST_WITHIN_S].all()]
    if lost:
        until = float(np.nanmax(angles.angle_deg))
        # An end range that lies beyond the others was not seen: theirs would be given in its place.
        farther = until > max((r.peak_deg for r in repetitions.scored), default=-np.inf) + LOST_BEYOND_DEG
        message = f"The face was lost beyond {until:.0f} degrees (near {times(lost)})."
        found.append(Flag("face_lost", message, "refused" if farther else "caution"))
    if reading.view.is_nod(movement) and reading.face_px < SMALL_FACE_PX:
        message = (
            f"The face is only {reading.face_px:.0f} pixels wide; at least {SMALL_FACE_PX:.0f} are needed to follow a nod well."
        )
        found.append(Flag("small_face", f"{message} Bring the camera nearer.", "caution"))
    return found


def _not_found(part: str, movement: Movement) -> Flag:
    return Flag(
        f"{part}_not_seen", f"The {part} was not found. {movement.title} has to be filmed {movement.camera_words}.", "refused"
    )


def times(seconds: tuple[float, ...] | list[float]) -> str:
    """Moments for people."""
    return ", ".join(f"{s:.1f} s" for s in seconds)
