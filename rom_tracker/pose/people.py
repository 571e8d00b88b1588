"""Who is in a recording, and where.

The pose model's tracker holds on to one person, whichever it finds first: beside a therapist it measured the therapist, or jumped
from one to the other, in 2 of 3 rendered recordings. So a few frames are looked at first: in overlapping parts, since two people
side by side are often found as one in the whole picture, and once more without each of those found, who is greyed out, since a
client in profile beside a therapist who faces the camera was not found at all, and one half before him only mixed with him.

Most clients are alone, and the other parts are spared where in each of the first frames the whole picture and the half about
whoever was found in it show the same person, and nobody once that one is greyed out. It would take all three of them to miss
somebody: in 27 rendered recordings with others 4 of 243 frames alone would have, no two of one recording's first three. Of 206
recordings of one person 183 were told to be so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rom_tracker.capture import VideoFile
from rom_tracker.capture.pictures import Pictures, pictures_at
from rom_tracker.landmarks import LANDMARKS, middle_of
from rom_tracker.pose import cache
from rom_tracker.pose.estimator import PoseModel
from rom_tracker.pose.greyed_out import greyed_out
from rom_tracker.pose.region import Region
from rom_tracker.pose.sequence import Floats
from rom_tracker.pose.trunk import CORNERS, trunk_px

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

#: So many findings in a picture are greyed out at most, one at a time.
MOST_GREYED_OUT = 6


@dataclass(frozen=True, eq=False)
class People:
    """Everybody who stays in the picture for a third of a recording or longer.

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
        return np.asarray(np.nanmedian(middle_of(self.marks, "hip"), axis=1))

    @property
    def trunk_px(self) -> Floats:
        """(person,) length of the trunk in the picture."""
        return np.asarray(np.nanmedian(trunk_px(self.marks), axis=1))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays to be kept."""
        return {"marks": self.marks, "image_size": np.array(self.image_size)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What :meth:`to_arrays` gave."""
        width, height = (int(edge) for edge in arrays["image_size"])
        return cls(arrays["marks"], (width, height))


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
    from rom_tracker.pose.people_finder import PeopleFinder

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
    about = min(halves, key=lambda half: abs((half.left + half.right) / 2 - marks[CORNERS, 0].mean()))
    again = finder.find(image, about)
    if len(again) != 1:
        return False
    return bool(np.linalg.norm(again[0][CORNERS] - marks[CORNERS], axis=-1).max() < SAME_WITHIN * trunk_px(marks))


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
    if _apart(marks, other) < HIPS_APART or _apart(marks, other, "shoulder") < SHOULDERS_APART:
        return False
    low, high = np.maximum(marks.min(axis=0), usual.min(axis=0)), np.minimum(marks.max(axis=0), usual.max(axis=0))
    return bool(np.prod(np.maximum(high - low, 0)) < WITHIN_SHARE * np.prod(np.ptp(marks, axis=0)))


def _apart(marks: Floats, group: list[tuple[int, Floats]], name: str = "hip") -> float:
    """Distance of the hips, or another point, from those of a group, in trunk lengths."""
    usual = np.median([found for _, found in group], axis=0)
    return float(np.linalg.norm(middle_of(marks, name) - middle_of(usual, name)) / max(float(trunk_px(usual)), 1.0))
