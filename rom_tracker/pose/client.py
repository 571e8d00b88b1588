"""The client, when others are in the picture too.

The client is the one pointed at, or the one who moves as the movement says, or, where others move as much, the one at the place
where the client was last time, or else in the middle of the picture; the recording is followed within the part of the picture that
is the client's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from rom_tracker.errors import UsageError
from rom_tracker.landmarks import LANDMARKS, Side, is_of_the_hand, middle_of, point_of
from rom_tracker.movements import Movement
from rom_tracker.pose.people import People
from rom_tracker.pose.region import ClientPlace, Region
from rom_tracker.pose.sequence import Floats

#: Room about the client's landmarks, in trunk lengths.
ROOM = 0.5

#: The strip that is the client's alone reaches this far towards the next person.
STRIP_SHARE = 0.55

#: The client moves at least so many times as far as anybody else; below it the choice is not sure.
SURE_FACTOR = 2.0

#: Less movement than this, in trunk lengths, is landmark noise and tells nobody apart.
LEAST_MOVED = 0.1

ChosenBy = Literal["movement", "point", "last place", "middle"]


@dataclass(frozen=True, eq=False)
class Client:
    """The person who is measured.

    Attributes
    ----------
    people : int
        How many are in the picture.
    place : ClientPlace or None
        Where the client is; None where nobody else is in the picture.
    chosen_by : {"movement", "point", "last place", "middle"}
        The last one where others move nearly as much and nothing else tells who it is: the one nearest to the picture's middle.
    others : (person, landmark, 2)
        The others' landmarks, pixels of the picture, median over the recording; from left to right.
    """

    people: int
    place: ClientPlace | None = None
    chosen_by: ChosenBy = "movement"
    others: Floats = field(default_factory=lambda: np.empty((0, len(LANDMARKS), 2)))

    @property
    def others_hips(self) -> list[tuple[float, float]]:
        """Where the others stand: the middle of their hips, in pixels."""
        return [(float(x), float(y)) for x, y in middle_of(self.others, "hip")]

    @property
    def sure(self) -> bool:
        """Whether the client was pointed at, or moves clearly more than the others."""
        return self.chosen_by in ("movement", "point")


def client_of(
    people: People,
    movement: Movement,
    side: Side,
    at: tuple[float, float] | None = None,
    last: tuple[float, float] | None = None,
) -> Client:
    """Choose the client.

    Parameters
    ----------
    people : People
    movement, side
        What the client does: the one whose moving segment goes farthest, in trunk lengths, is chosen.
    at : (float, float), optional
        A point on the client, in pixels of the upright picture; then the person nearest to it is chosen.
    last : (float, float), optional
        Where the client's hips were last time, in pixels; where others move as much, the person nearest to it is chosen.

    Raises
    ------
    UsageError
        The point lies outside the picture.
    """
    width, height = people.image_size
    if at is not None and not (0 <= at[0] < width and 0 <= at[1] < height):
        raise UsageError(f"expected a point within the picture of {width} x {height} pixels, got {at[0]:g},{at[1]:g}")
    if len(people) < 2:
        return Client(len(people))
    chosen, chosen_by = _chosen(people, movements_of(people, movement, side), at, last)
    others = np.nanmedian(np.delete(people.marks, chosen, axis=0), axis=1)
    from_the_left = np.argsort(middle_of(others, "hip")[:, 0])
    return Client(len(people), _place_of(people, chosen), chosen_by, others[from_the_left])


def _chosen(
    people: People, moved: Floats, at: tuple[float, float] | None, last: tuple[float, float] | None
) -> tuple[int, ChosenBy]:
    """Which person is the client, and by what."""
    if at is not None:
        marks = np.nanmedian(people.marks, axis=1)
        return int(np.argmin(np.nanmin(np.linalg.norm(marks - np.array(at), axis=-1), axis=1))), "point"
    most = int(np.argmax(moved))
    if moved[most] >= max(LEAST_MOVED, SURE_FACTOR * np.delete(moved, most).max()):
        return most, "movement"
    if last is not None:
        return int(np.argmin(np.linalg.norm(people.hips - np.array(last), axis=-1))), "last place"
    off_middle = np.abs(people.hips[:, 0] - people.image_size[0] / 2)
    as_much = moved * SURE_FACTOR >= moved[most]
    return int(np.argmin(np.where(as_much, off_middle, np.inf))), "middle"


def movements_of(people: People, movement: Movement, side: Side) -> Floats:
    """(person,) how far the far end of the moving segment went about its near end, in trunk lengths."""
    start, end = _seen_by_the_body(movement)
    vector = point_of(people.marks, end, side) - point_of(people.marks, start, side)
    low, high = np.nanpercentile(vector, [10, 90], axis=1)
    return np.asarray(np.linalg.norm(high - low, axis=-1) / people.trunk_px)


def _seen_by_the_body(movement: Movement) -> tuple[str, str]:
    """The ends of the moving segment, in points that the pose model knows."""
    if movement.instrument == "face":
        return "mid_shoulder", "nose"
    start, end = movement.moving.points
    return ("wrist", "index") if is_of_the_hand(start) or is_of_the_hand(end) else (start, end)


def _place_of(people: People, person: int) -> ClientPlace:
    width, height = people.image_size
    hips, trunk_px = people.hips, float(people.trunk_px[person])
    low = np.nanmin(people.marks[person], axis=(0, 1)) - ROOM * trunk_px
    high = np.nanmax(people.marks[person], axis=(0, 1)) + ROOM * trunk_px
    left, right = (int(np.clip(x, 0, width)) for x in (low[0], high[0]))
    top, bottom = (int(np.clip(y, 0, height)) for y in (low[1], high[1]))
    nearest = float(np.abs(np.delete(hips[:, 0], person) - hips[person, 0]).min())
    return ClientPlace(
        region=Region(left, top, right, bottom),
        hips=(float(hips[person, 0]), float(hips[person, 1])),
        trunk_px=trunk_px,
        reach_px=min(trunk_px, STRIP_SHARE * nearest),
    )
