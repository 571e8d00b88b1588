"""Who counts as found."""

from __future__ import annotations

from types import SimpleNamespace

from rom_tracker.landmarks import LANDMARKS
from rom_tracker.pose.people_finder import LEAST_PRESENCE, PeopleFinder
from rom_tracker.pose.trunk import CORNERS


def test_only_a_trunk_that_is_surely_there_makes_somebody():
    def marks(presence: float):
        return [SimpleNamespace(presence=presence if at in CORNERS else 0.1) for at in range(len(LANDMARKS))]

    sure, ghost = marks(LEAST_PRESENCE + 0.01), marks(LEAST_PRESENCE - 0.01)
    answer = SimpleNamespace(pose_landmarks=[ghost, sure])
    assert PeopleFinder()._marks(answer) == [sure]
    assert PeopleFinder(least_presence=0.0)._marks(answer) == [ghost, sure]
