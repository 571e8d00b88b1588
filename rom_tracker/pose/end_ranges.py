"""Which frames of a recording to look at, and how: decided on the way, from what the frames before have shown.

A movement is slow against the camera: of thirty pictures a second most say what their neighbours say. What the result hangs on
are the end ranges, and the starting positions that they are counted from. So while the limb is on its way a single look now and
then is enough to follow it. At rest, and more often near the end range, as far as the recording has shown one, the limb is
looked at as filmed and mirrored: in turns, one look a frame, where the movement is measured on the mean of both looks, else both
at once; all the less often, the slower the movement. A leg that the model may give the other one's name is looked at in turns at
rest only. The start gets both looks twice, and then as the end range. Whenever the limb is farther from its start than ever
before, that is near the end range, so that the first repetition is not missed; and where its speed would carry it there before
the next look, the next one comes early. A whole body that moves, as in a squat, is followed closely, and both ways throughout; a
trunk that is itself what the movement moves is looked at like any limb, but in turns on the way too, so that neither look loses
it. Where nobody is found, or the two looks contradict each other, both are taken again soon.

Chosen on 147 recordings of rendered people doing movements of the body, each measured so and with every frame looked at both ways:
141 of 146 end ranges came within 0.5 degrees of each other, and all within 1.0. Of 43 recordings of other people, rendered
afterwards, 41 came within 0.5, and the others 0.55 and 1.05 off; one had shown that each look needs an end range of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from rom_tracker.landmarks import Side, locate
from rom_tracker.movements import Movement, Segment
from rom_tracker.pose.between import LONGEST_BETWEEN_S
from rom_tracker.pose.gaze import Gaze, Looks, Steps
from rom_tracker.pose.trunk import Trunk, has_moved, trunk_of

if TYPE_CHECKING:
    from rom_tracker.pose.estimator import PoseModel
    from rom_tracker.pose.sequence import Floats

#: Goes up whenever other frames would be looked at in the same recording.
VERSION = 24


@dataclass(frozen=True)
class Pace:
    """How often the limb is looked at: so many frames per second, to the nearest frame, and no more often than so many times in the
    time that its whole way would take at the highest speed seen, with both looks at once or with looks in turns.
    """

    fps: float
    looks_a_way: float
    turns_a_way: float


#: Near the end range. More often with the heavy model: where the tracker seeks the body lags behind an arm or leg that swings fast,
#: and those are the movements of elbow, knee and forearm. With the pace of the full one 53 of 60 recordings came within 0.5 degrees
#: of every frame, with this one 59.
CLOSE = {"lite": Pace(10.0, 5.0, 7.0), "full": Pace(10.0, 5.0, 7.0), "heavy": Pace(12.0, 7.5, 10.5)}

#: On the way and at rest.
COARSE_FPS = 4.0
COARSE_LOOKS_A_WAY = 3.0

#: The limb is looked at every so many seconds at least: near the end range with both looks at once, there with looks in turns,
#: which come so often that the same look is known in between, and elsewhere.
LONGEST_CLOSE_STEP_S = 0.25
LONGEST_TURN_STEP_S = 1 / 6
LONGEST_COARSE_STEP_S = 0.27

#: Looks are not taken in turns where the frames lie farther apart than this, in seconds, as those of a webcam in poor light.
LONGEST_TURN_FRAME_S = 0.05

#: A frame in which nobody is found, or in which the two looks differ by more than :data:`DOUBT_DEG`, is followed by one so soon, in
#: seconds. Looks at two frames are compared where they are no farther apart than :data:`COMPARED_WITHIN_S`, and may differ by what
#: the limb moves meanwhile besides.
DOUBT_STEP_S = 1 / 15
DOUBT_DEG = 12.0
COMPARED_WITHIN_S = 0.3

#: The speed is told by two frames seen by the same look; until there are two no farther apart than this it is taken for unchanged.
KEPT_SPEED_S = 0.6

#: Near the end range is what lies beyond this share of the farthest way from the start; at rest, what lies within this one.
NEAR_SHARE = 0.88
REST_SHARE = 0.1

#: The limb moves by no more than this share of its way from one look to the next, however fast it is.
STEP_SHARE = 0.4
SHORTEST_STEP_S = 1 / 15

#: The starting position of a recording, in seconds, and the frames per second that are looked at there: so many that the landmarks'
#: noise can be told while the body holds still.
START_S = 0.6
START_FPS = 10.0

#: The points between which the trunk lies.
TRUNK_ENDS = frozenset({"mid_hip", "mid_shoulder"})

#: Less than this is sway and landmark noise, in degrees.
SMALLEST_WAY_DEG = 6.0

#: How both looks are taken where both count: one a frame in turns, throughout or at rest only, or both at once.
Looking = Literal["in turns", "in turns at rest", "both at once"]


@dataclass(frozen=True)
class EndRanges:
    """Closely at the end ranges of a movement of the body, now and then at what lies between; as suits the pose model."""

    movement: Movement
    side: Side
    model: PoseModel

    @property
    def name(self) -> str:
        """What it is called in the cache: by the lines that the angle is between, how they are looked at, and the version."""
        lines = self.movement.model_dump_json(include={"moving", "reference"})
        return f"end ranges {VERSION} {self.side} {self.looking}, {CLOSE[self.model].fps:g} a second {lines}"

    @property
    def looking(self) -> Looking:
        """How both looks are taken: in turns, so that one frame gets the one, and the next one the other, or both at once.

        Not in turns where one of them is preferred, since it would lose half of its frames. At rest only where a lesser model
        than the heavy one may give a raised leg the other one's name: two looks at the same frame then tell more than looks at
        two frames (of six recordings of hip flexion one was refused with looks in turns, since its two readings differed so
        much). A leg that is moved sideways before the camera keeps its name, as does one that hangs or stands.
        """
        if self.movement.preferred_view not in (None, "both"):
            return "both at once"
        sideways = self.movement.plane == "frontal" and self.movement.camera == "front"
        may_exchange_legs = self.movement.still is not None and not sideways and self.model != "heavy"
        return "in turns at rest" if may_exchange_legs else "in turns"

    def begin(self) -> Gaze:
        """Go over a recording."""
        return _EndRangesGaze(
            _angle_in_the_picture(self.movement, self.side),
            CLOSE[self.model],
            looking=self.looking,
            moves_the_trunk=set(self.movement.moving.points) == TRUNK_ENDS,
        )


@dataclass
class _Way:
    """What one of the looks has told of the movement's way: the two may be some degrees apart."""

    resting_deg: list[float] = field(default_factory=list)
    farthest_deg: float = 0.0

    def away_deg(self, angle_deg: float) -> float:
        """How far an angle is from the start."""
        return abs((angle_deg - float(np.median(self.resting_deg)) + 180) % 360 - 180)


class _EndRangesGaze(Steps):
    def __init__(self, angle: Callable[[Floats], float], pace: Pace, *, looking: Looking, moves_the_trunk: bool) -> None:
        super().__init__(SHORTEST_STEP_S)
        self._angle = angle
        self._pace = pace
        self._looking = looking
        self._moves_the_trunk = moves_the_trunk
        self._elsewhere = 0
        self._whole_body_moves = False
        self._looks = Looks.BOTH
        self._turn = Looks.MIRRORED
        self._ways: dict[Looks, _Way] = {}
        self._began_s: float | None = None
        self._farthest_deg = 0.0
        self._speed_deg_s = 0.0
        self._highest_speed_deg_s = 0.0
        self._looked_s = -np.inf
        self._longest_frame_s = 0.0
        self._seen: dict[Looks, tuple[float, float]] = {}
        self._trunks: dict[Looks, Trunk] = {}
        self._first_trunks: dict[Looks, Trunk] = {}

    def wants(self, time_s: float, frame_s: float) -> Looks:
        self._longest_frame_s = max(frame_s, 0.95 * self._longest_frame_s)  # Of late: frames are lost now and then.
        # At the next frame it would be too late to know what lies between.
        too_late = time_s + self._longest_frame_s - self._looked_s > LONGEST_BETWEEN_S
        if not (too_late or self.is_due(time_s, frame_s)):
            return Looks.NONE
        self._looked_s = time_s
        return self._looks

    def saw(self, time_s: float, found: Mapping[Looks, Floats]) -> None:
        seen = {look: self._angle(xy) for look, xy in found.items()}
        known = {look: angle_deg for look, angle_deg in seen.items() if np.isfinite(angle_deg)}
        if not known:
            self._look_again(time_s)
            return
        self._began_s = time_s if self._began_s is None else self._began_s
        trunk_moved = self._trunk_moved(time_s, found)
        self._follow(time_s, known)
        if trunk_moved:
            self._looks = Looks.BOTH
            self.next_after(time_s, 1 / self._pace.fps)
        self._seen |= {look: (time_s, angle_deg) for look, angle_deg in known.items()}
        if len(known) < len(seen) or self._contradicted(time_s):
            self._look_again(time_s)

    def _trunk_moved(self, time_s: float, found: Mapping[Looks, Floats]) -> bool:
        """Note where the trunk is; whether it has moved since the same look saw it, unless that is what the movement is."""
        before, now = self._trunks, {look: trunk for look, xy in found.items() if (trunk := trunk_of(xy)) is not None}
        self._trunks = before | now
        self._first_trunks = self._first_trunks | now if self._is_start(time_s) else now | self._first_trunks
        self._elsewhere = self._elsewhere + 1 if self._trunk_is_elsewhere() else 0
        if self._moves_the_trunk:
            return False
        self._whole_body_moves |= self._elsewhere > 1  # One look alone may be an odd one.
        return any(has_moved(before.get(look), trunk) for look, trunk in now.items())

    def _is_start(self, time_s: float) -> bool:
        """Whether the client is taken to be in the starting position still."""
        return self._began_s is None or time_s <= self._began_s + START_S

    def _trunk_is_elsewhere(self) -> bool:
        """Whether the trunk is not where it was at the start."""
        return any(has_moved(self._first_trunks[look], trunk) for look, trunk in self._trunks.items())

    def _contradicted(self, time_s: float) -> bool:
        """Whether the last looks of either kind tell angles that do not go together."""
        if len(self._seen) < 2:
            return False
        (one_s, one_deg), (other_s, other_deg) = self._seen.values()
        apart_s = abs(one_s - other_s)
        apart_deg = abs((one_deg - other_deg + 180) % 360 - 180)
        return apart_s <= COMPARED_WITHIN_S and apart_deg > DOUBT_DEG + abs(self._speed_deg_s) * apart_s

    def _look_again(self, time_s: float) -> None:
        self._looks = Looks.BOTH
        self.next_after(time_s, DOUBT_STEP_S)

    def _follow(self, time_s: float, known: Mapping[Looks, float]) -> None:
        if self._is_start(time_s):
            first = not self._ways  # How far the frames lie apart is not known before the second.
            for look, angle_deg in known.items():
                self._ways.setdefault(look, _Way()).resting_deg.append(angle_deg)
            self._looks = Looks.BOTH if first else self._closely()
            self.next_after(time_s, 1 / START_FPS)
            return
        for look, angle_deg in known.items():
            way = self._way(look)
            way.farthest_deg = max(way.farthest_deg, way.away_deg(angle_deg))
        look, angle_deg = next(iter(known.items()))
        way = self._way(look)
        away_deg, self._farthest_deg = way.away_deg(angle_deg), way.farthest_deg
        before = self._seen.get(look)
        if before is not None and time_s - before[0] <= KEPT_SPEED_S:
            self._speed_deg_s = (away_deg - way.away_deg(before[1])) / (time_s - before[0])
        self._highest_speed_deg_s = max(self._highest_speed_deg_s, abs(self._speed_deg_s))
        self._decide(time_s, away_deg)

    def _way(self, look: Looks) -> _Way:
        """The way as a look tells it, or as the other one does where it did not see the start."""
        return self._ways.get(look) or next(iter(self._ways.values()))

    def _decide(self, time_s: float, away_deg: float) -> None:
        moves = self._farthest_deg >= SMALLEST_WAY_DEG
        soon_deg = max(away_deg, away_deg + self._speed_deg_s / COARSE_FPS)
        if moves and soon_deg >= NEAR_SHARE * self._farthest_deg:
            in_turns = self._pace.turns_a_way, LONGEST_TURN_STEP_S
            at_once = self._pace.looks_a_way, LONGEST_CLOSE_STEP_S
            self._looks, step_s = self._closely(), self._step_s(1 / self._pace.fps, *(in_turns if self._takes_turns() else at_once))
        else:
            at_rest = not moves or away_deg <= REST_SHARE * self._farthest_deg
            closely = at_rest or self._whole_body_moves or self._moves_the_trunk
            self._looks = self._closely(at_rest=at_rest) if closely else Looks.AS_FILMED
            step_s = self._step_s(1 / COARSE_FPS, COARSE_LOOKS_A_WAY, LONGEST_COARSE_STEP_S) if moves else 1 / COARSE_FPS
        if moves and self._speed_deg_s:
            step_s = min(step_s, max(STEP_SHARE * self._farthest_deg / abs(self._speed_deg_s), SHORTEST_STEP_S))
        self.next_after(time_s, step_s)

    def _takes_turns(self, *, at_rest: bool = False) -> bool:
        """Whether the looks are taken in turns now: of a slow camera's frames there are too few for it."""
        in_turns = self._looking == "in turns" or (at_rest and self._looking == "in turns at rest")
        return in_turns and not self._whole_body_moves and self._longest_frame_s <= LONGEST_TURN_FRAME_S

    def _closely(self, *, at_rest: bool = False) -> Looks:
        """The look whose turn it is, or both at once."""
        if not self._takes_turns(at_rest=at_rest):
            return Looks.BOTH
        self._turn ^= Looks.BOTH
        return self._turn

    def _step_s(self, least_s: float, looks_a_way: float, most_s: float) -> float:
        """To the next look: so many fit into the time of the limb's whole way; the least with a trunk that is not where it was."""
        if self._trunk_is_elsewhere():
            return least_s
        way_s = self._farthest_deg / self._highest_speed_deg_s if self._highest_speed_deg_s else 0.0
        return min(max(way_s / looks_a_way, least_s), most_s)


def _angle_in_the_picture(movement: Movement, side: Side) -> Callable[[Floats], float]:
    """The angle in degrees, in one frame as it is, between the two lines that a movement of the body is between."""
    lines = [line.points for line in (movement.moving, movement.reference) if isinstance(line, Segment)]
    places = [[list(locate(name, side)) for name in points] for points in lines]

    def angle_deg(xy: Floats) -> float:
        turns = []
        for start, end in places:
            x, y = xy[end].mean(axis=0) - xy[start].mean(axis=0)
            turns.append(float(np.degrees(np.arctan2(y, x))))
        return turns[0] - sum(turns[1:])

    return angle_deg
