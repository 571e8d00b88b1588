"""The client, when others are in the picture too.

The pose model's tracker holds on to one person, whichever it finds first: beside a therapist it measured the therapist, or jumped
from one to the other, in 2 of 3 rendered recordings. So a few frames are looked at first: in overlapping parts, since two people
side by side are often found as one in the whole picture, and once more without each of those found, who is greyed out, since a
client in profile beside a therapist who faces the camera was not found at all, and one half before him only mixed with him. Where
there are several people, the client is the one pointed at, or the one who moves as the movement says, or, where others move as
much, the one at the place where the client was last time, or else in the middle of the picture; the recording is followed within
the part of the picture that is the client's.

Most clients are alone, and the other parts are spared where in each of the first frames the whole picture and the half about
whoever was found in it show the same person, and nobody once that one is greyed out. It would take all three of them to miss
somebody: in 27 rendered recordings with others 4 of 243 frames alone would have, no two of one recording's first three. Of 206
recordings of one person 183 were told to be so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture import VideoFile
from rom_tracker.capture.pictures import Pictures, pictures_at
from rom_tracker.errors import UsageError
from rom_tracker.landmarks import LANDMARKS, Side, is_of_the_hand, locate
from rom_tracker.movements import Movement
from rom_tracker.pose import cache
from rom_tracker.pose.estimator import PoseModel
from rom_tracker.pose.region import ClientPlace, Region
from rom_tracker.pose.sequence import Floats

#: Frames that are looked at for people, as places among so many at even distances over the recording: the first ones tell whether
#: there is more than one person; only then the others are needed.
ALL_LOOKS = 9
FIRST_LOOKS = (1, 4, 7)
OTHER_LOOKS = (0, 2, 3, 5, 6, 8)

#: Two findings are one person where their hips lie closer than this, in trunk lengths.
ONE_PERSON_WITHIN = 0.35

#: Two people's hips, and their shoulders, lie at least so far apart, in trunk lengths; nearer, it is a blend of two people or the
#: same one found twice. So is what lies nearly all within somebody found more often, as a seated client's leg.
HIPS_APART, SHOULDERS_APART = 0.6, 0.45
WITHIN_SHARE = 0.85

#: Somebody is there who is found at one place in this share of the frames looked at, as a therapist who comes in on the way.
PRESENT_SHARE = 1 / 3

#: Shoulders and hips of one person lie no farther apart than this in the whole picture and in a part of it, in trunk lengths: so it
#: was in 565 of 567 pictures of one person.
SAME_WITHIN = 0.15

#: What is greyed out of somebody, in trunk lengths: so far beyond shoulders and hips to either side, from the top of the picture to
#: the bottom, and limbs so wide. Nobody was found in what was left of the pictures of 32 people alone (two seated ones' legs were,
#: with the trunk alone greyed out).
TRUNK_MARGIN, LIMB_WIDTH = 0.2, 0.35

#: Where the limbs are left, the trunk has no margin, but reaches at least so far to either side; in trunk lengths.
LEAST_REACH = 0.15

#: So many findings in a picture are greyed out at most, one at a time.
MOST_GREYED_OUT = 6

#: Room about the client's landmarks, in trunk lengths.
ROOM = 0.5

#: The strip that is the client's alone reaches this far towards the next person.
STRIP_SHARE = 0.55

#: The client moves at least so many times as far as anybody else; below it the choice is not sure.
SURE_FACTOR = 2.0

#: Less movement than this, in trunk lengths, is landmark noise and tells nobody apart.
LEAST_MOVED = 0.1

_GREY = 128

_TRUNK = [LANDMARKS.index(f"{side}_{point}") for side in ("left", "right") for point in ("shoulder", "hip")]

#: The landmarks along each arm and leg.
_LIMBS = [
    [LANDMARKS.index(f"{side}_{point}") for point in limb]
    for side in ("left", "right")
    for limb in (("shoulder", "elbow", "wrist", "index"), ("hip", "knee", "ankle", "foot_index"))
]

ChosenBy = Literal["movement", "point", "last place", "middle"]


@dataclass(frozen=True, eq=False)
class People:
    """Everybody who is in the picture for most of a recording.

    Attributes
    ----------
    marks : (person, look, landmark, 2)
        Landmarks in pixels in the frames that were looked at, not in the order of time; NaN where the person was not found.
    image_size : (int, int)
    """

    marks: Floats
    image_size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.marks)

    @property
    def hips(self) -> Floats:
        """(person, 2) where each one stands: the middle of the hips, median over the recording."""
        return np.asarray(np.nanmedian(_middle(self.marks, "mid_hip"), axis=1))

    @property
    def trunk_px(self) -> Floats:
        """(person,) length of the trunk in the picture."""
        return np.asarray(np.nanmedian(_trunk_px(self.marks), axis=1))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays to be kept."""
        return {"marks": self.marks, "image_size": np.array(self.image_size)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What :meth:`to_arrays` gave."""
        width, height = (int(edge) for edge in arrays["image_size"])
        return cls(arrays["marks"], (width, height))


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
        return [(float(x), float(y)) for x, y in _middle(self.others, "mid_hip")]

    @property
    def sure(self) -> bool:
        """Whether the client was pointed at, or moves clearly more than the others."""
        return self.chosen_by in ("movement", "point")


def first_looks(video: VideoFile) -> Pictures:
    """The pictures that :func:`people_in` asks for first, to be taken along while the recording is read for something else."""
    return Pictures(_times(video, FIRST_LOOKS))


def people_in(video: VideoFile, model: PoseModel = "full", first: Pictures | None = None) -> People:
    """Everybody in a recording: from the cache, or found with MediaPipe and put there.

    ``first`` are the pictures of :func:`first_looks`, where they were taken along.

    Raises
    ------
    VideoError
        The recording cannot be read.
    ModelFileError
        The pose model is not here and cannot be fetched.
    """
    from rom_tracker.pose.people import PeopleFinder

    finder = PeopleFinder(model)
    key = f"people-{cache.key(video.content_hash(), finder.name, 'each greyed out unless alone, a third, three and six')}"
    kept = cache.load(key, People)
    if kept is not None:
        return kept
    with finder:
        found = _looked(video, finder, first)
    people = People(_told_apart(found), video.size)
    cache.store(key, people)
    return people


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
    from_the_left = np.argsort(_middle(others, "mid_hip")[:, 0])
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
    vector = _middle(people.marks, end, side) - _middle(people.marks, start, side)
    low, high = np.nanpercentile(vector, [10, 90], axis=1)
    return np.asarray(np.linalg.norm(high - low, axis=-1) / people.trunk_px)


def _seen_by_the_body(movement: Movement) -> tuple[str, str]:
    """The ends of the moving segment, in points that the pose model knows."""
    if movement.instrument == "face":
        return "mid_shoulder", "nose"
    start, end = movement.moving.points
    return ("wrist", "index") if is_of_the_hand(start) or is_of_the_hand(end) else (start, end)


def _middle(marks: Floats, name: str, side: Side = "left") -> Floats:
    return np.asarray(marks[..., list(locate(name, side)), :].mean(axis=-2))


def _trunk_px(marks: Floats) -> Floats:
    """(...) length of the trunk, of (..., landmark, 2) pixels."""
    return np.asarray(np.linalg.norm(_middle(marks, "mid_shoulder") - _middle(marks, "mid_hip"), axis=-1))


def _looked(video: VideoFile, finder: Any, first: Pictures | None) -> list[list[Floats]]:
    """What was found in each of the frames looked at: (landmark, 2) pixels for each finding."""
    images = pictures_at(video, _times(video, FIRST_LOOKS), first)
    alone = _alone_in(images, finder)
    if alone is not None:
        return [[marks] for marks in alone]
    found = [_found_in(image, finder) for image in images]
    if len(images) < len(FIRST_LOOKS) or len(_told_apart(found)) < 2:
        return found
    return [*found, *(_found_in(image, finder) for image in pictures_at(video, _times(video, OTHER_LOOKS)))]


def _alone_in(images: list[NDArray[np.uint8]], finder: Any) -> list[Floats] | None:
    """(landmark, 2) pixels in each picture of the one person who is in all of them alone; None where that is not so for sure."""
    alone: list[Floats] = []
    for image in images:
        whole, *halves = _parts((image.shape[1], image.shape[0]))
        found = finder.find(image, whole)
        if len(found) != 1 or not _is_one_person(found[0], image, halves, finder):
            return None
        if finder.find(greyed_out(image, found), whole):
            return None
        alone += found
    return alone


def _is_one_person(marks: Floats, image: NDArray[np.uint8], halves: list[Region], finder: Any) -> bool:
    """Whether the half of a picture about somebody who was found in the whole shows the same: else two may be mixed up in it."""
    about = min(halves, key=lambda half: abs((half.left + half.right) / 2 - marks[_TRUNK, 0].mean()))
    again = finder.find(image, about)
    if len(again) != 1:
        return False
    return bool(np.linalg.norm(again[0][_TRUNK] - marks[_TRUNK], axis=-1).max() < SAME_WITHIN * _trunk_px(marks))


def _found_in(image: NDArray[np.uint8], finder: Any) -> list[Floats]:
    """(landmark, 2) pixels for each finding in one picture: those beside somebody greyed out or, where there are none, all."""
    whole, *halves = _parts((image.shape[1], image.shape[0]))
    found = [marks for part in (whole, *halves) for marks in finder.find(image, part)]
    beside: list[Floats] = []
    told: list[Floats] = []
    for marks in (waiting := list(found)):
        if len(told) < MOST_GREYED_OUT and all(_apart(marks, [(0, other)]) >= ONE_PERSON_WITHIN for other in told):
            told.append(marks)
            others = finder.find(greyed_out(image, [marks]), whole)
            beside += others
            waiting += others
    return [*beside, *finder.find(greyed_out(image, beside), whole)] if beside else found


def greyed_out(image: NDArray[np.uint8], people: list[Floats], *, limbs: bool = True) -> NDArray[np.uint8]:
    """(height, width, 3) a copy of a picture in which people, (landmark, 2) pixels each, are painted over: trunks, and limbs.

    Without the limbs the trunks are painted over less widely too, so that hands on the limbs are left.
    """
    grey = image.copy()
    for marks in people:
        trunk_px = float(_trunk_px(marks))
        trunk_x = marks[_TRUNK, 0]
        low, high = float(trunk_x.min()), float(trunk_x.max())
        reach = (high - low) / 2 + TRUNK_MARGIN * trunk_px if limbs else max((high - low) / 2, LEAST_REACH * trunk_px)
        left, right = (low + high) / 2 - reach, (low + high) / 2 + reach
        grey[:, max(round(left), 0) : max(round(right), 0)] = _GREY
        for limb in _LIMBS if limbs else ():
            points = np.clip(marks[limb], -image.size, image.size).round().astype(np.int32)
            cv2.polylines(grey, [points], isClosed=False, color=(_GREY,) * 3, thickness=max(round(LIMB_WIDTH * trunk_px), 1))
    return grey


def _times(video: VideoFile, looks: Sequence[int]) -> list[float]:
    """Seconds of looks; every other second of a recording whose length is not known, the first ones first."""
    length_s = video.expected_duration_s
    if length_s:
        return [video.begins_s + (look + 0.5) * length_s / ALL_LOOKS for look in looks]
    order = [*FIRST_LOOKS, *OTHER_LOOKS]
    return [video.begins_s + 2.0 * (order.index(look) + 0.5) for look in looks]


def _parts(size: tuple[int, int]) -> tuple[Region, ...]:
    """The whole picture, and three halves of it that overlap."""
    width, height = size
    half = width // 2
    return (Region(0, 0, width, height), *(Region(x, 0, x + half, height) for x in (0, width // 4, width - half)))


def _told_apart(found: list[list[Floats]]) -> Floats:
    """(person, look, landmark, 2) the findings of all frames, put together by where the hips are."""
    groups: list[list[tuple[int, Floats]]] = []
    for look, findings in enumerate(found):
        for marks in findings:
            near = [(_apart(marks, group), group) for group in groups]
            near = [pair for pair in near if pair[0] < ONE_PERSON_WITHIN]
            (min(near, key=lambda pair: pair[0])[1] if near else _added(groups)).append((look, marks))
    present = [group for group in groups if len({look for look, _ in group}) >= PRESENT_SHARE * len(found)]
    present.sort(key=len, reverse=True)
    people: list[list[tuple[int, Floats]]] = []
    for group in present:
        if all(_are_two(group, other) for other in people):
            people.append(group)
    apart = np.full((len(people), len(found), len(LANDMARKS), 2), np.nan)
    for person, group in enumerate(people):
        for look in {look for look, _ in group}:
            apart[person, look] = np.median([marks for seen, marks in group if seen == look], axis=0)
    return apart


def _added(groups: list[list[tuple[int, Floats]]]) -> list[tuple[int, Floats]]:
    groups.append([])
    return groups[-1]


def _are_two(group: list[tuple[int, Floats]], other: list[tuple[int, Floats]]) -> bool:
    """Whether a group of findings is somebody else than another one, which was found more often."""
    marks, usual = (np.median([found for _, found in one], axis=0) for one in (group, other))
    if _apart(marks, other) < HIPS_APART or _apart(marks, other, "mid_shoulder") < SHOULDERS_APART:
        return False
    low, high = np.maximum(marks.min(axis=0), usual.min(axis=0)), np.minimum(marks.max(axis=0), usual.max(axis=0))
    return bool(np.prod(np.maximum(high - low, 0)) < WITHIN_SHARE * np.prod(np.ptp(marks, axis=0)))


def _apart(marks: Floats, group: list[tuple[int, Floats]], name: str = "mid_hip") -> float:
    """Distance of the hips, or another point, from those of a group, in trunk lengths."""
    usual = np.median([found for _, found in group], axis=0)
    return float(np.linalg.norm(_middle(marks, name) - _middle(usual, name)) / max(float(_trunk_px(usual)), 1.0))


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
