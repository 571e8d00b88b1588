"""From the landmarks of body, hand or face to the one angle of a movement: which instrument reads it, and how."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture.lens import pinhole
from rom_tracker.errors import UsageError
from rom_tracker.landmarks import Side, is_of_the_hand
from rom_tracker.movements import Movement, Segment
from rom_tracker.pose.angles import AngleSeries, angle_series
from rom_tracker.pose.hand import HandSequence, body_is_seen, hand_view, with_hand
from rom_tracker.pose.head import FaceSequence, head_turns
from rom_tracker.pose.head_angles import head_series, profile_series, trunk_is_seen
from rom_tracker.pose.passes import MergedPasses, looks_put_right, merge_passes
from rom_tracker.pose.sequence import Floats, PosePasses
from rom_tracker.pose.view import FACING_THE_CAMERA, View, body_view


@dataclass(frozen=True, eq=False)
class Reading:
    """The angle of a movement, and what it was read from.

    Attributes
    ----------
    movement : Movement
        As it was read: counted from the start where the body could not give the direction of the arm.
    merged : MergedPasses
        The poses behind the angles.
    view : View
        How the client was seen.
    angles : AngleSeries
    arm_seen : bool
        False where a movement of the hand was counted from its own start, since the arm's direction is not known.
    trunk_seen : bool
        False where a movement of the head was taken with a trunk that is not in the picture.
    head : (frame, 3, 3) or None
        Rotation of the head since the starting position, where the face was followed.
    face_px : float or None
        Width of that face in pixels.
    looks_apart_deg : (frame,) or None
        By how much the angles of the two looks differ, where the body's landmarks gave them.
    hand_on : (frame,) bool or None
        Where somebody else's hand lay on the limb, so that the angle is taken as unknown; None where nobody else is there.
    """

    movement: Movement
    merged: MergedPasses
    view: View
    angles: AngleSeries
    arm_seen: bool = True
    trunk_seen: bool = True
    head: Floats | None = None
    face_px: float | None = None
    looks_apart_deg: Floats | None = None
    hand_on: NDArray[np.bool_] | None = None

    def without_hands(self, hand_on: NDArray[np.bool_] | None) -> Reading:
        """The same with the angle unknown where somebody else's hand lay on the limb."""
        return self if hand_on is None else replace(self, angles=self.angles.without(hand_on), hand_on=hand_on)


def read_angle(
    passes: PosePasses,
    movement: Movement,
    side: Side,
    *,
    hands: HandSequence | None = None,
    faces: FaceSequence | None = None,
    roll_deg: float = 0.0,
) -> Reading | None:
    """The angle of a movement in every frame; None where neither body nor hand was found.

    ``roll_deg`` is how far the camera is known to be turned clockwise, seen from behind it.

    Raises
    ------
    UsageError
        The movement is read off the hand or the face, and the recording was not looked at for them.
    """
    needed = {"hand": hands, "face": faces, "body": passes}[movement.instrument]
    body = body_view(passes)
    if needed is None and (body is not None or movement.instrument == "hand"):
        raise UsageError(f"{movement.key} is read off the {movement.instrument}: expected {movement.instrument}s=..., got none")
    hand = hand_view(hands, side) if hands is not None else None
    if body is None and hand is None:
        return None
    view = View(body or FACING_THE_CAMERA, hand, roll_deg)
    # Before the passes are merged: poses of all frames of both kinds at once would take twice the memory.
    apart_deg = _looks_apart_deg(passes, movement, side, view) if movement.instrument == "body" else None
    merged = merge_passes(passes, movement, side, view.body)
    if hands is not None:
        return _off_the_hand(passes, merged, hands, movement, side, view)
    if movement.instrument == "face":
        assert faces is not None
        return _off_the_head(merged, faces, movement, side, view)
    return Reading(movement, merged, view, angle_series(merged.poses, movement, side, view), looks_apart_deg=apart_deg)


def _looks_apart_deg(passes: PosePasses, movement: Movement, side: Side, view: View) -> Floats:
    """(frame,) by how much the angles of the two looks differ, degrees."""
    looks = looks_put_right(passes, movement, side)
    each_deg = [angle_series(poses.at(passes.all_time_s), movement, side, view).angle_deg for poses in looks]
    return np.abs(np.subtract(*each_deg))


def _off_the_hand(
    passes: PosePasses, merged: MergedPasses, hands: HandSequence, movement: Movement, side: Side, view: View
) -> Reading:
    merged = replace(merged, poses=with_hand(merged.poses, hands, side))
    arm_seen = body_is_seen(passes) or not _needs_the_arm(movement)
    if not arm_seen:
        movement = movement.model_copy(update={"reference": "up", "zero": "start"})
    return Reading(movement, merged, view, angle_series(merged.poses, movement, side, view), arm_seen=arm_seen)


def _needs_the_arm(movement: Movement) -> bool:
    """Whether the reference is a line that the body's landmarks give."""
    return isinstance(movement.reference, Segment) and not all(map(is_of_the_hand, movement.reference.points))


def _off_the_head(merged: MergedPasses, faces: FaceSequence, movement: Movement, side: Side, view: View) -> Reading:
    trunk_seen = trunk_is_seen(merged.poses)
    if view.in_profile(movement):
        return Reading(movement, merged, view, profile_series(merged.poses, movement, side, view), trunk_seen=trunk_seen)
    # A profile's focal length makes the turns no better: the mesh is as little perspective as the rigid model made of it.
    head = head_turns(faces, pinhole(merged.poses.image_size, None))
    angles = head_series(head, merged.poses, movement, side, view)
    return Reading(movement, merged, view, angles, trunk_seen=trunk_seen, head=head, face_px=faces.width_px)
