"""What a picture shows of the body where the definition of a movement leaves it open: legs as people hold them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rom_tracker.landmarks import INDEX, Side, opposite_side
from rom_tracker.movements import Movement
from rom_tracker.movements.mannequin import Body, Floats

#: How far the toes of the other foot stand behind the ankle of the tested one in a lunge, and how far that heel can rise.
STEP_BACK_M, _MOST_RAISED_DEG = 0.26, 80

#: A leg is never quite as long as its two bones.
_BENT = 0.995


def at_ease(body: Body, movement: Movement, side: Side) -> Body:
    """The body with the legs that are not measured as people hold them; its frames are start, end and 0."""
    points = body.points_m.copy()
    if movement.moving.points == ("hip", "knee") and movement.positive == "forward" and not _straight_knee(movement):
        knee, *below = (INDEX[f"{side}_{name}"] for name in ("knee", "ankle", "heel", "foot_index"))
        points[1, below] = points[0, below] + points[1, knee] - points[0, knee]
    if not (movement.posture.lies or movement.posture.seated):
        other = opposite_side(side)
        ankle = INDEX[f"{other}_ankle"]
        if points[0, ankle, 2] - points[1, ankle, 2] > 0.01:
            _step_back(points, side, other)
    return replace(body, points_m=points)


def _straight_knee(movement: Movement) -> bool:
    """Whether the movement is done with a straight knee, since bending it is what people do instead."""
    return any(compensation.key == "knee_bend" for compensation in movement.compensations)


def _step_back(points: Floats, side: Side, other: Side) -> None:
    """Put the other foot a step behind, on its toes, where the body sinks as in a lunge; changes ``points``."""
    hip, knee, ankle, heel, toes = (INDEX[f"{other}_{name}"] for name in ("hip", "knee", "ankle", "heel", "foot_index"))
    tested = INDEX[f"{side}_ankle"]
    standing = points[0].copy()
    thigh, shank = (float(np.linalg.norm(standing[a] - standing[b])) for a, b in ((hip, knee), (knee, ankle)))
    at_toes = standing[toes].copy()
    at_toes[0] = standing[tested, 0] - STEP_BACK_M
    for frame in points:
        for raised in np.radians(np.arange(0, _MOST_RAISED_DEG)):
            turn = np.array([[np.cos(raised), 0, np.sin(raised)], [0, 1, 0], [-np.sin(raised), 0, np.cos(raised)]])
            foot = at_toes + (standing[[ankle, heel, toes]] - standing[toes]) @ turn.T
            if np.linalg.norm(frame[hip] - foot[0]) <= _BENT * (thigh + shank):
                break
        frame[[ankle, heel, toes]] = foot
        frame[knee] = _knee(frame[hip], foot[0], thigh, shank)


def _knee(hip: Floats, ankle: Floats, thigh: float, shank: float) -> Floats:
    """Where a knee that bends forwards lies between hip and ankle."""
    along = ankle - hip
    distance = float(np.linalg.norm(along))
    share = (thigh**2 - shank**2 + distance**2) / (2 * distance)
    forward = np.cross([0.0, 1.0, 0.0], along / distance)
    forward = forward * (np.sign(forward[0]) or 1.0)
    return np.asarray(hip + along / distance * share + forward * np.sqrt(max(thigh**2 - share**2, 0.0)))
