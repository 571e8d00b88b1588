"""The set-up of a recording as a list of checks.

Every limit stands in one place: in :mod:`~rom_tracker.analysis.seeing` and :mod:`~rom_tracker.analysis.quality` where a flag goes
by it, otherwise here. A check and the flag about the same thing always agree: where there are flags, the check takes its state
from them, and the other checks become flags themselves (:func:`check_flags`). ``calibration/README.md`` tells how the limits were
measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rom_tracker.analysis.check import Check, Limits, State
from rom_tracker.analysis.flag import Flag
from rom_tracker.analysis.quality import LOW_CONFIDENCE, LOWEST_FPS
from rom_tracker.analysis.seeing import (
    SMALL_FACE_PX,
    VIEW_CAUTION_DEG,
    is_one_sided,
    turn_to_wanted_deg,
    view_refused_from_deg,
)
from rom_tracker.landmarks import Side, opposite_side, point_of
from rom_tracker.movements import Movement, Segment
from rom_tracker.movements.definitions import HAND_DIRECTIONS
from rom_tracker.pose.angles import OUTSIDE_MARGIN
from rom_tracker.pose.camera_place import distance_m, roll_of
from rom_tracker.pose.light import Light
from rom_tracker.pose.reading import Reading
from rom_tracker.pose.sequence import Floats, PoseSequence
from rom_tracker.pose.view import View

#: A roll of the camera is a caution from here, in degrees. A movement measured against the vertical it falsifies by a degree each;
#: the roll itself is told to 1.3 (standard deviation; 2.8 at most) by clients who stand plumb, which real ones do less. For any
#: other movement rolls of up to 45 moved the angle by no more than none at all.
ROLL_AGAINST_VERTICAL_DEG = 5.0
ROLL_DEG = 30.0

#: The shortest segment of the limb is a caution below this many pixels: 25 and more cost nothing, at 21 a knee's error doubled.
SMALL_LIMB_PX = 25.0

#: The trunk is a caution below this share of the picture's longer edge, in per cent: smaller, a client is not found in some frames.
SMALL_TRUNK_PERCENT = 7.0

#: Light is a caution beyond these. Contrast and brightness in per cent of white: a contrast of 18 cost little, at 12 a knee's error
#: doubled; where half of the client's region was white it was five times as large. The contrast as a multiple of the noise: 12
#: cost little, 9 half as much again, 7 made a knee's error three times as large.
LEAST_CONTRAST_PERCENT = 15.0
LIGHTEST_PERCENT = 98.0
LEAST_CLARITY = 10.0

#: A gap between two frames longer than this is a caution, in seconds: one of 0.2 at the end range cost nothing, with one of 0.4 the
#: repetition is not scored.
LONGEST_GAP_S = 0.3

_README = "calibration/README.md, Limits of the set-up"

#: Flags that a check answers for.
_FLAGS_OF: dict[str, tuple[str, ...]] = {
    "view": ("view",),
    "side": ("far_side", "wrong_side", "unsure_facing"),
    "size": ("small_face",),
    "picture": ("joint_not_seen", "frames_lost", "end_range_not_seen"),
    "visibility": ("hidden_joint",),
    "frame_rate": ("low_frame_rate", "few_frames"),
    "people": ("several_people", "no_person"),
}

#: Names of the flags that checks become.
_RAISED = {
    "roll": "camera_rolled",
    "size": "small_in_picture",
    "share": "far_away",
    "contrast": "low_contrast",
    "noise": "noisy_picture",
    "brightness": "too_bright",
    "gap": "frame_gap",
}


@dataclass(frozen=True)
class Sight:
    """What is known of a recording besides the landmarks.

    Attributes
    ----------
    people : int or None
        How many are in the picture.
    light : Light or None
    roll_deg : float or None
        The camera's roll as it was told, and undone; None where it has to be estimated.
    """

    people: int | None = None
    light: Light | None = None
    roll_deg: float | None = None


#: Nothing is known besides the landmarks.
UNKNOWN_SIGHT = Sight()


def checks_of(reading: Reading | None, side: Side, time_s: Floats, sight: Sight, flags: tuple[Flag, ...]) -> tuple[Check, ...]:
    """All checks of a recording.

    Parameters
    ----------
    reading : Reading or None
        None where nobody was found.
    side : {"left", "right"}
        The tested side.
    time_s : (frame,)
    sight : Sight
    flags : tuple of Flag
        Those that the recording has.
    """
    found = [*_light(sight), _frame_rate(time_s), _gap(time_s), _people(sight)]
    if reading is not None:
        seen = [_view(reading, side), _side(reading, side), _roll(reading, sight), _distance(reading)]
        found = [*seen, _share(reading), _size(reading, side), _picture(reading, side), _visibility(reading), *found]
    return tuple(_as_flagged(check, flags) for check in found if check is not None)


def check_flags(checks: tuple[Check, ...], flags: tuple[Flag, ...]) -> tuple[Flag, ...]:
    """A flag for every check that is not fine and that no flag speaks of yet."""
    said = {flag.code for flag in flags}
    return tuple(
        Flag(_RAISED[check.key], f"{check.title}: {check.found}, {check.fine} is fine. {check.advice}", "caution")
        for check in checks
        if check.state == "caution" and check.key in _RAISED and not said.intersection(_FLAGS_OF.get(check.key, ()))
    )


def _as_flagged(check: Check, flags: tuple[Flag, ...]) -> Check:
    """The check in the state of the gravest flag that it answers for."""
    severities = {flag.severity for flag in flags if flag.code in _FLAGS_OF.get(check.key, ())}
    state: State = "refused" if "refused" in severities else "caution" if "caution" in severities else check.state
    return replace(check, state=state, advice="" if state == "ok" else check.advice)


def _checked(key: str, title: str, value: float | None, unit: str, limits: Limits, advice: str, told_by: str = "") -> Check:
    """A check that goes by a number."""
    return Check(key, title, value, unit, "unknown" if value is None else limits.state(value), limits, advice, told_by)


def _view(reading: Reading, side: Side) -> Check:
    movement, view = reading.movement, reading.view
    limits = Limits(VIEW_CAUTION_DEG, view_refused_from_deg(view, movement), "larger", _README)
    off, whence = float(view.off_plane_deg(movement)), "the line of the shoulders in space"
    if view.hand is not None and movement.positive in HAND_DIRECTIONS:
        whence = "the palm in space"
    return _checked("view", "Turned out of the plane", off, "degrees", limits, turn_words(view, movement, side), whence)


def turn_words(view: View, movement: Movement, side: Side) -> str:
    """What to do for the camera to see the movement squarely."""
    off = view.off_plane_deg(movement)
    if view.hand is not None and movement.positive in HAND_DIRECTIONS:
        return f"Turn the forearm by about {off:.0f} degrees, so that it is filmed {movement.camera_words}."
    if view.body.lies_deg:
        return "Put the camera at the client's height, and square to the trunk."
    turn = turn_to_wanted_deg(view, movement, side)
    way = "right" if turn > 0 else "left"
    return (
        f"Turn the client by about {abs(turn):.0f} degrees to their own {way}, or move the camera as far round them to the {way}, "
        "seen from behind it."
    )


def _side(reading: Reading, side: Side) -> Check | None:
    movement, body = reading.movement, reading.view.body
    if movement.camera != "side" or movement.instrument != "body" or not is_one_sided(movement):
        return None
    advice = f"Turn the client round, so that the {side} side faces the camera, or measure the {opposite_side(side)} side."
    return Check("side", "Side facing the camera", body.near_side(), "", "ok", None, advice, "shoulders, head and feet")


def _roll(reading: Reading, sight: Sight) -> Check:
    movement = reading.movement
    against_vertical = movement.reference == "up" and movement.zero == "anatomical" and sight.roll_deg is None
    limits = Limits(ROLL_AGAINST_VERTICAL_DEG if against_vertical else ROLL_DEG, None, "larger", _README)
    if sight.roll_deg is not None:
        roll_deg, told_by = sight.roll_deg, "told, and undone where it matters"
    else:
        estimated = None if movement.camera == "above" else roll_of(reading.merged.poses, reading.view.body)
        if estimated is None:
            advice = "How the client is seen does not tell. Level the camera, or tell its roll with --roll."
            return Check("roll", "Camera rolled", None, "degrees", "unknown", limits, advice)
        roll_deg, told_by = estimated.roll_deg, estimated.told_by
    way = "counter-clockwise" if roll_deg > 0 else "clockwise"
    advice = f"Turn the camera by about {abs(roll_deg):.0f} degrees {way}, seen from behind it"
    if against_vertical:
        advice += ", or tell its roll with --roll, which `rom-tracker calibrate card` finds"
    return _checked("roll", "Camera rolled", abs(roll_deg), "degrees", limits, f"{advice}.", told_by)


def _distance(reading: Reading) -> Check:
    """How far away the camera is; no limit was found for it but what the client's size asks for."""
    away = distance_m(reading.merged.poses)
    whence = "the client's size in the picture, taken for usual, and "
    whence += "the usual width of a webcam's view" if reading.merged.poses.lens is None else "the calibrated lens"
    return Check("distance", "Distance, roughly", away, "metres", "unknown" if away is None else "ok", told_by=whence)


def _share(reading: Reading) -> Check | None:
    if reading.movement.camera == "above":  # From there the trunk is seen end on.
        return None
    poses = reading.merged.poses
    seen = np.isfinite(poses.trunk_px).any()
    share = 100 * float(np.nanmedian(poses.trunk_px)) / max(poses.image_size) if seen else None
    limits = Limits(SMALL_TRUNK_PERCENT, None, "smaller", _README)
    advice = "Move the camera nearer" + _nearer_words(poses, share, SMALL_TRUNK_PERCENT)
    return _checked("share", "Trunk in the picture", share, "% of its edge", limits, f"{advice}.")


def _size(reading: Reading, side: Side) -> Check:
    """Whether the limb is large enough; of hands and of heads that do not nod no size was found too small."""
    movement, poses = reading.movement, reading.merged.poses
    title, size_px, least_px = "Shortest limb segment", _shortest_px(poses, movement, side), SMALL_LIMB_PX
    if reading.face_px is not None:
        title, size_px, least_px = "Width of the face", reading.face_px, SMALL_FACE_PX
    limited = movement.instrument == "body" or (reading.face_px is not None and reading.view.is_nod(movement))
    limits = Limits(least_px if limited else None, None, "smaller", _README)
    advice = f"Move the camera nearer{_nearer_words(poses, size_px, least_px)}, or film at a higher resolution."
    return _checked("size", title, size_px, "pixels", limits, advice)


def _nearer_words(poses: PoseSequence, size: float | None, wanted: float) -> str:
    """By how much the camera has to come nearer for something to be as large as wanted."""
    away = distance_m(poses)
    return "" if away is None or not size or size >= wanted else f" by {metres_words(away * (1 - size / wanted))}"


def _shortest_px(poses: PoseSequence, movement: Movement, side: Side) -> float | None:
    """Length of the shorter of moving segment and reference in the picture, where it is seen at its longest."""
    segments = [segment for segment in (movement.moving, movement.reference) if isinstance(segment, Segment) and segment.points]
    ends = [(poses.point(a, side), poses.point(b, side)) for a, b in (segment.points for segment in segments)]
    lengths = [np.linalg.norm(a - b, axis=1) for a, b in ends]
    seen = [float(np.nanpercentile(length, 90)) for length in lengths if np.isfinite(length).any()]
    return min(seen, default=None)


def _picture(reading: Reading, side: Side) -> Check | None:
    """Whether the whole limb is in the picture; not for a movement of the head, whose face is followed."""
    if reading.movement.instrument == "face":
        return None
    outside = 100 * float(reading.angles.out_of_picture.mean()) if len(reading.angles) else 0.0
    limits = Limits(0.0, None, "larger", "every frame in which a joint lies outside has no angle")
    return _checked("picture", "Limb out of the picture", outside, "%", limits, _edge_words(reading, side))


def _edge_words(reading: Reading, side: Side) -> str:
    """Which point leaves the picture where, and what to do."""
    poses = reading.merged.poses
    width, height = poses.image_size
    margin = OUTSIDE_MARGIN * max(width, height)
    beyond: list[tuple[float, str, str]] = []
    for name in reading.movement.points:
        x, y = point_of(poses.filmed_xy, name, side).T
        edges = (("left", -x), ("right", x - width), ("upper", -y), ("lower", y - height))
        beyond += [(float(np.nanmax(past)), name, edge) for edge, past in edges if np.isfinite(past).any()]
    far = {edge: max((past, name) for past, name, at in beyond if at == edge) for edge in {edge for _, _, edge in beyond}}
    left = {edge: name for edge, (past, name) in far.items() if past > margin}
    if not left:
        return "Move the camera back, so that the whole limb stays in the picture."
    edge = max(left, key=lambda edge: far[edge][0])
    what = left[edge].removeprefix("mid_").replace("_", " ")
    turn = {"left": "turn it to the left", "right": "turn it to the right", "upper": "tilt it up", "lower": "tilt it down"}[edge]
    return f"The {what} leaves the picture at its {edge} edge. Move the camera back, or {turn}."


def _visibility(reading: Reading) -> Check | None:
    known = np.isfinite(reading.angles.angle_deg)
    if not known.any():
        return None
    seen = 100 * float(np.median(reading.angles.confidence[known]))
    limits = Limits(100 * LOW_CONFIDENCE, None, "smaller", _README)
    advice = "Check light, clothing and what stands before the limb; the tested side has to face the camera."
    return _checked("visibility", "Joints visible", seen, "%", limits, advice)


def _frame_rate(time_s: Floats) -> Check:
    fps = 1 / float(np.median(np.diff(time_s))) if len(time_s) > 1 else None
    advice = "Move slowly and hold the end range, or film with 25 frames per second or more; more light makes cameras faster."
    return _checked("frame_rate", "Frame rate", fps, "per second", Limits(LOWEST_FPS, None, "smaller", _README), advice)


def _gap(time_s: Floats) -> Check:
    gap = float(np.diff(time_s).max()) if len(time_s) > 1 else None
    advice = "Close other programs while recording, and hold the end range."
    return _checked("gap", "Longest gap in time", gap, "seconds", Limits(LONGEST_GAP_S, None, "larger", _README), advice)


def _people(sight: Sight) -> Check | None:
    if sight.people is None:
        return None
    advice = "Say where the client is with --client X,Y, or let nobody else stand in the picture."
    if not sight.people:
        advice = "Film the client from head to foot, well lit."
    return Check("people", "People", float(sight.people), "", "ok", None, advice)


def _light(sight: Sight) -> list[Check]:
    """Brightness, contrast and noise of the client's region."""
    if sight.light is None:
        return []
    light = sight.light
    bright, contrast = 100 * light.brightness, 100 * light.contrast
    more = "Put more light on the client, from the camera's side."
    return [
        _checked("brightness", "Brightness", bright, "% of white", Limits(LIGHTEST_PERCENT, None, "larger", _README),
                 "Less light, or no window or lamp behind the client."),
        _checked("contrast", "Contrast", contrast, "% of white", Limits(LEAST_CONTRAST_PERCENT, None, "smaller", _README),
                 f"{more} Clothes should stand out from the wall."),
        _checked("noise", "Contrast to noise", light.clarity, "to 1", Limits(LEAST_CLARITY, None, "smaller", _README), more),
    ]  # fmt: skip


def metres_words(metres: float) -> str:
    """A length for people who step it off, to half a metre.

    >>> metres_words(0.2), metres_words(0.6), metres_words(1.1), metres_words(1.4)
    ('a step', 'half a metre', '1 metre', '1.5 metres')
    """
    halves = round(2 * metres)
    if halves < 1:
        return "a step"
    return "half a metre" if halves == 1 else "1 metre" if halves == 2 else f"{halves / 2:g} metres"
