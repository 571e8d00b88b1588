import numpy as np
import pytest

from rom_tracker.landmarks import INDEX, LANDMARKS
from rom_tracker.movements import load_catalogue
from rom_tracker.pose.sequence import PoseSequence
from rom_tracker.validation.naive import ANGLES, naive_angle, naive_end_range


def poses(**places) -> PoseSequence:
    """One frame with some landmarks in pixels."""
    xy = np.zeros((1, len(LANDMARKS), 2))
    for name, place in places.items():
        xy[0, INDEX[name]] = place
    return PoseSequence(np.zeros(1), xy, np.zeros((1, len(LANDMARKS), 3)), np.ones((1, len(LANDMARKS))), (640, 480), "none")


UPRIGHT = {"left_shoulder": (120, 100), "right_shoulder": (80, 100), "left_hip": (120, 200), "right_hip": (80, 200)}


@pytest.mark.parametrize(
    ("movement", "places", "angle_deg"),
    [
        ("elbow_flexion", {"left_shoulder": (0, 0), "left_elbow": (0, 50), "left_wrist": (50, 50)}, 90),
        ("knee_flexion", {"left_hip": (0, 0), "left_knee": (0, 50), "left_ankle": (0, 100)}, 0),
        ("shoulder_abduction", {**UPRIGHT, "left_elbow": (160, 100)}, 90),
        ("shoulder_flexion", {**UPRIGHT, "left_elbow": (120, 50)}, 180),
        ("hip_flexion", {**UPRIGHT, "left_knee": (70, 200)}, 90),
        ("hip_abduction", {**UPRIGHT, "left_knee": (220, 300)}, 45),
        ("trunk_flexion", {**UPRIGHT, "left_shoulder": (220, 100), "right_shoulder": (180, 100)}, 45),
        ("shoulder_external_rotation", {"left_elbow": (100, 100), "left_wrist": (50, 50)}, 45),
        ("ankle_dorsiflexion", {"left_knee": (0, 0), "left_ankle": (0, 50), "left_heel": (-9, 60), "left_foot_index": (30, 60)}, 0),
        ("wrist_extension", {"left_elbow": (0, 0), "left_wrist": (50, 0), "left_index": (60, 20), "left_pinky": (60, 0)}, 45),
        ("neck_lateral_flexion", {**UPRIGHT, "left_ear": (110, 70), "right_ear": (90, 50)}, 45),
        ("neck_rotation", {"left_ear": (110, 50), "right_ear": (90, 50), "nose": (113.2, 50)}, 45),
        ("neck_flexion", {"left_ear": (100, 50), "right_ear": (100, 50), "nose": (110, 60)}, 45),
    ],
)
def test_plain_angles(movement, places, angle_deg):
    found = naive_angle(poses(**places), movement, "left")
    assert found is not None
    assert found[0] == pytest.approx(angle_deg, abs=0.1)


def test_every_plain_angle_is_of_a_movement():
    assert set(ANGLES) <= set(load_catalogue().movements)
    assert naive_angle(poses(), "forearm_pronation", "left") is None


def test_one_wild_frame_in_a_hundred_is_no_end_range():
    angle = np.full(1000, 90.0)
    angle[7], angle[8] = 170.0, np.nan
    assert naive_end_range(angle) == 90
    assert naive_end_range(np.full(3, np.nan)) is None
