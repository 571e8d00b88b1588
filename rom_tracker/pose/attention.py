"""How a movement's recording is looked at: the body, and the hand or face that the movement is read off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement
from rom_tracker.pose.end_ranges import EndRanges
from rom_tracker.pose.gaze import Attention, EveryFrame, Steady
from rom_tracker.pose.view import View

if TYPE_CHECKING:
    from rom_tracker.pose.estimator import PoseModel

#: So many looks per second at the body, beside a hand or a face that is followed: it holds still meanwhile.
BESIDE_HAND_FPS = 10.0
BESIDE_FACE_FPS = 15.0

#: Hand and face are looked at so often.
HAND_FPS = 15.0
FACE_FPS = 15.0


def of_the_body(movement: Movement, side: Side, model: PoseModel) -> Attention:
    """How the body is looked at for a movement with a pose model.

    At every frame where head or hand are turned: in profile a nod is read off the body, and a hand turns about the forearm, whose
    direction is the body's. In 18 rendered recordings of head and hand the end range was up to 3 degrees off otherwise.
    """
    if movement.instrument == "body":
        return EndRanges(movement, side, model)
    if View.is_nod(movement) or _turns_the_hand(movement):
        return EveryFrame()
    return Steady(BESIDE_FACE_FPS if movement.instrument == "face" else BESIDE_HAND_FPS)


def of_the_instrument(movement: Movement) -> Attention:
    """How hand or face are looked at for a movement that is read off them: at every frame where they turn away."""
    if _turns_the_hand(movement) or (movement.instrument == "face" and movement.plane != "frontal"):
        return EveryFrame()
    return Steady(FACE_FPS if movement.instrument == "face" else HAND_FPS)


def _turns_the_hand(movement: Movement) -> bool:
    """Whether the hand turns about the forearm."""
    return set(movement.moving.points) == {"hand_ulnar_edge", "hand_radial_edge"}
