"""From one recording to what was seen in it of the client: the landmarks, and what is known besides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rom_tracker.analysis.checks import UNKNOWN_SIGHT, Sight
from rom_tracker.analysis.flag import Flag
from rom_tracker.analysis.quality import file_flags
from rom_tracker.analysis.seeing import client_flags, crossing_flags
from rom_tracker.capture import Part, VideoFile
from rom_tracker.capture.lens import LensProfile
from rom_tracker.capture.video import Glimpse
from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement
from rom_tracker.pose.attention import of_the_body, of_the_instrument
from rom_tracker.pose.client import Client, client_of
from rom_tracker.pose.crossing import crossing_s
from rom_tracker.pose.estimator import PoseModel, Progress, poses_of
from rom_tracker.pose.gaze import EveryFrame
from rom_tracker.pose.hand import HandSequence, hands_of
from rom_tracker.pose.hands_on import hands_on_limb
from rom_tracker.pose.head import FaceSequence, faces_of
from rom_tracker.pose.lens import undistorted, undistorted_mesh
from rom_tracker.pose.light import Light, light_of, pictures_of_the_start
from rom_tracker.pose.people import first_looks, people_in
from rom_tracker.pose.sequence import PosePasses


@dataclass(frozen=True, eq=False)
class Observation:
    """What was seen of the client in a recording.

    Attributes
    ----------
    passes : PosePasses
    hands : HandSequence or None
        Where the movement is read off the hand.
    faces : FaceSequence or None
        Where the movement is read off the face, and somebody was found.
    hand_on : (frame,) bool or None
        Where somebody else's hand lay on the limb, which is not scored; None where nobody else is in the picture.
    video : str or None
        The recording's name.
    part : Part or None
        What was looked at of the recording, if not all of it.
    flags : tuple of Flag
        What is to be said of the recording whatever the angle.
    crossed : bool
        The limb lies across somebody else in the picture, so that its joints may be the other's.
    sight : Sight
        What else is known of it: the people in it, the light, the camera's roll.
    usual_model : bool
        Whether the landmarks have the usual error of the movement's pose model, which is then taken out.
    other_model : str
        The pose model where it is another one; empty where it is the movement's own, or not known.
    """

    passes: PosePasses
    hands: HandSequence | None = None
    faces: FaceSequence | None = None
    hand_on: NDArray[np.bool_] | None = None
    video: str | None = None
    part: Part | None = None
    flags: tuple[Flag, ...] = ()
    crossed: bool = False
    sight: Sight = UNKNOWN_SIGHT
    usual_model: bool = False
    other_model: str = ""


def observe(
    video: VideoFile,
    movement: Movement,
    side: Side,
    model: PoseModel,
    *,
    lens: LensProfile | None = None,
    client: tuple[float, float] | None = None,
    last_place: tuple[float, float] | None = None,
    every_frame: bool = False,
    roll_deg: float | None = None,
    progress: Progress | None = None,
) -> Observation:
    """Look at a recording for what a movement asks for.

    Parameters
    ----------
    video, movement, side, model
    lens : LensProfile, optional
        At the recording's resolution; undone in the landmarks.
    client : (float, float), optional
        A point on the client, in pixels of the upright picture.
    last_place : (float, float), optional
        Where the client was before.
    every_frame : bool
        Look at every frame both ways, whatever the movement hangs on.
    roll_deg : float, optional
        The camera's roll, where it is known.
    progress : callable, optional

    Raises
    ------
    UsageError
        A point outside the picture.
    VideoError
        The recording cannot be read.
    ModelFileError
        A model is not here and cannot be fetched.
    """
    rounds = 1 if movement.instrument == "body" else 2
    second = _round_of(progress, 1, rounds)
    first = _round_of(progress, 0, rounds)
    person, passes, light = _client_in(video, movement, side, model, client, last_place, every_frame, first)
    closely = EveryFrame() if every_frame else of_the_instrument(movement)
    hands = hands_of(video, passes, side, second, closely) if movement.instrument == "hand" else None
    faces = None
    if movement.instrument == "face" and passes.person_found.any():
        faces = faces_of(video, passes, second, closely)
    hand_on = hands_on_limb(video, passes, movement, side, person.place)
    crossing = crossing_flags(crossing_s(person, passes, movement, side, hand_on))
    recording = file_flags(ended_early=video.ended_early, model=model, usual=movement.model, part=video.part)
    return Observation(
        passes=undistorted(passes, lens),
        hands=hands and undistorted_mesh(hands, lens),
        faces=faces and undistorted_mesh(faces, lens),
        hand_on=hand_on,
        video=str(video.path),
        part=video.part,
        flags=(*recording, *client_flags(person), *crossing),
        crossed=bool(crossing),
        sight=Sight(people=person.people, light=light, roll_deg=roll_deg),
        usual_model=model == movement.model,
        other_model="" if model == movement.model else model,
    )


def _client_in(
    video: VideoFile,
    movement: Movement,
    side: Side,
    model: PoseModel,
    at: tuple[float, float] | None,
    last_place: tuple[float, float] | None,
    every_frame: bool,
    progress: Progress | None,
) -> tuple[Client, PosePasses, Light | None]:
    """The client, the poses, and the light on the client.

    The recording is read once, as if the client were alone, and again where that is not so; pictures for anything else are taken
    along.
    """
    attention = EveryFrame() if every_frame else of_the_body(movement, side, model)
    first, start = first_looks(video), pictures_of_the_start(video)

    def take_along(glimpse: Glimpse) -> None:
        first.see(glimpse)
        start.see(glimpse)

    passes = poses_of(video, model, progress, None, attention, take_along)
    person = client_of(people_in(video, first=first), movement, side, at, last_place)
    if person.place is not None:
        passes = poses_of(video, model, progress, person.place, attention)
    return person, passes, light_of(video, passes, start)


def _round_of(progress: Progress | None, index: int, rounds: int) -> Progress | None:
    """The progress of one of several rounds over the recording, as a part of all."""
    if progress is None or rounds == 1:
        return progress
    return lambda done, total: progress(done + index * (total or 0.0), None if total is None else rounds * total)
