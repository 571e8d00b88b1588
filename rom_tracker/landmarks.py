"""Names of the 33 landmarks of the body and the 21 of each hand, their mirror pairs, and the points derived from them.

The order is that of MediaPipe's pose landmarker (BlazePose GHUM, model card of April 2021) and hand landmarker.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Side = Literal["left", "right"]

LANDMARKS: tuple[str, ...] = (
    "nose",
    "left_eye_inner", "left_eye", "left_eye_outer",
    "right_eye_inner", "right_eye", "right_eye_outer",
    "left_ear", "right_ear",
    "mouth_left", "mouth_right",
    "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow",
    "left_wrist", "right_wrist",
    "left_pinky", "right_pinky",
    "left_index", "right_index",
    "left_thumb", "right_thumb",
    "left_hip", "right_hip",
    "left_knee", "right_knee",
    "left_ankle", "right_ankle",
    "left_heel", "right_heel",
    "left_foot_index", "right_foot_index",
)  # fmt: skip

#: The landmarks of one hand, in the order of MediaPipe's hand landmarker, and the ends of the axis across its palm, which is
#: derived from them (see :mod:`rom_tracker.pose.hand`).
HAND_LANDMARKS: tuple[str, ...] = (
    "hand_wrist",
    "hand_thumb_cmc", "hand_thumb_mcp", "hand_thumb_ip", "hand_thumb_tip",
    "hand_index_mcp", "hand_index_pip", "hand_index_dip", "hand_index_tip",
    "hand_middle_mcp", "hand_middle_pip", "hand_middle_dip", "hand_middle_tip",
    "hand_ring_mcp", "hand_ring_pip", "hand_ring_dip", "hand_ring_tip",
    "hand_pinky_mcp", "hand_pinky_pip", "hand_pinky_dip", "hand_pinky_tip",
    "hand_ulnar_edge", "hand_radial_edge",
)  # fmt: skip

#: Those of the body, and of both hands after them, where a recording was looked at for them.
ALL_LANDMARKS: tuple[str, ...] = (*LANDMARKS, *(f"{side}_{name}" for side in ("left", "right") for name in HAND_LANDMARKS))

INDEX: dict[str, int] = {name: i for i, name in enumerate(ALL_LANDMARKS)}

#: Pairs of landmarks joined by a line when the skeleton is drawn.
BONES: tuple[tuple[str, str], ...] = (
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"),
    ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"), ("left_wrist", "left_index"),
    ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"), ("right_wrist", "right_index"),
    ("left_hip", "left_knee"), ("left_knee", "left_ankle"), ("left_ankle", "left_heel"),
    ("left_heel", "left_foot_index"), ("left_ankle", "left_foot_index"),
    ("right_hip", "right_knee"), ("right_knee", "right_ankle"), ("right_ankle", "right_heel"),
    ("right_heel", "right_foot_index"), ("right_ankle", "right_foot_index"),
    ("left_ear", "nose"), ("right_ear", "nose"),
)  # fmt: skip


def opposite(name: str) -> str:
    """The same landmark on the other side of the body; a landmark of the middle is its own opposite.

    >>> opposite("left_knee"), opposite("mouth_right"), opposite("nose")
    ('right_knee', 'mouth_left', 'nose')
    """
    if "left" in name:
        return name.replace("left", "right")
    return name.replace("right", "left")


def opposite_side(side: Side) -> Side:
    """The other side of the body."""
    return "right" if side == "left" else "left"


#: (landmark,) index of each landmark's opposite: ``points[..., MIRROR, :]`` exchanges left and right.
MIRROR: NDArray[np.intp] = np.array([INDEX[opposite(name)] for name in LANDMARKS])


def is_of_the_hand(name: str) -> bool:
    """Whether a point, named as for :func:`locate`, belongs to a hand as the hand model sees it."""
    return "hand_" in name


def locate(name: str, side: Side) -> tuple[int, ...]:
    """Indices (into ``ALL_LANDMARKS``) of the landmarks whose mean is the named point, for a test of the given side.

    A bare name is the tested side's, ``opposite_`` the other side's, ``mid_`` the middle of both, and a full landmark
    name always that landmark.

    Raises
    ------
    KeyError
        There is no such landmark.

    >>> [LANDMARKS[i] for i in locate("hip", "right")], [LANDMARKS[i] for i in locate("mid_hip", "right")]
    (['right_hip'], ['left_hip', 'right_hip'])
    """
    if name in INDEX:
        return (INDEX[name],)
    if name.startswith("mid_"):
        point = name.removeprefix("mid_")
        return INDEX[f"left_{point}"], INDEX[f"right_{point}"]
    if name.startswith("opposite_"):
        return (INDEX[f"{opposite_side(side)}_{name.removeprefix('opposite_')}"],)
    return (INDEX[f"{side}_{name}"],)


def point_of(points: NDArray[Any], name: str, side: Side) -> NDArray[Any]:
    """(..., axis) the point that a name stands for, as for :func:`locate`, among points (..., landmark, axis).

    Raises
    ------
    KeyError
        There is no such landmark.
    """
    return np.asarray(points[..., list(locate(name, side)), :].mean(axis=-2))


def middle_of(points: NDArray[Any], name: str) -> NDArray[Any]:
    """(..., axis) the middle between the left and the right landmark of a name among points (..., landmark, axis).

    >>> middle_of(np.arange(99.0).reshape(33, 3), "hip"), INDEX["left_hip"], INDEX["right_hip"]
    (array([70.5, 71.5, 72.5]), 23, 24)
    """
    return point_of(points, f"mid_{name}", "left")
