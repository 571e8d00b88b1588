"""The live view: what is seen now, for feedback only. The number always comes from the stored recording.

The page sends one picture, waits for the answer, and sends the newest one it then has: nothing queues up, however slow the model
is. How the body stands is told from both looks at the picture, while the camera is set up; after that one look does. The model runs
in a process of its own for every open page, so that the server stays quick and two pages do not share a tracker.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from rom_tracker.analysis.repetitions import find_repetitions
from rom_tracker.app.live_checks import Check, SetUp, checks, setup_of
from rom_tracker.capture.frame import Frame
from rom_tracker.errors import RomTrackerError
from rom_tracker.landmarks import BONES, INDEX, LANDMARKS, Side, is_of_the_hand, locate, middle_of
from rom_tracker.movements import Movement, Segment, load_catalogue
from rom_tracker.pose.angles import AngleSeries, angle_series, resting_value
from rom_tracker.pose.client import Client, client_of
from rom_tracker.pose.estimator import FrameLandmarks, PoseEstimator, PoseModel
from rom_tracker.pose.gaze import Looks
from rom_tracker.pose.passes import merge_passes
from rom_tracker.pose.people import People
from rom_tracker.pose.region import Region
from rom_tracker.pose.sequence import Floats, PosePasses, PoseSequence
from rom_tracker.pose.trunk import trunk_px
from rom_tracker.pose.view import BodyView, View, body_view

Phase = Literal["set-up", "warm-up", "recording"]

#: The set-up is judged by the last so many seconds.
WINDOW_S = 2.5

#: A phase is read from at most its last so many seconds.
LONGEST_PHASE_S = 180.0

#: People are counted this often, in seconds.
COUNTED_EVERY_S = 1.5

#: The repetition has come back to rest where the angle is within this share of its range.
RESTING_SHARE = 0.25


@dataclass
class Looked:
    """What is seen now.

    Attributes
    ----------
    angle_deg : float or None
        None where the angle is not known now, or is read off hand or face, which only the recording is looked at for.
    repetitions : int
        Finished in this phase.
    resting : bool
        Whether the client is back near the start.
    points : list
        ``[x, y]`` of the landmarks as shares of the picture; None where nobody is seen.
    people : list
        ``[left, top, right, bottom]`` of everybody, as shares of the picture.
    checks : tuple of Check
    setup : SetUp or None
    phase : {"set-up", "warm-up", "recording"}
        In which the picture was read; an answer on its way when another phase began is not of that one.
    """

    angle_deg: float | None = None
    repetitions: int = 0
    resting: bool = True
    points: list[list[float]] | None = None
    people: list[list[float]] = field(default_factory=list)
    checks: tuple[Check, ...] = ()
    setup: SetUp | None = None
    phase: Phase = "set-up"


class LiveReader:
    """Reads one picture after the other, and keeps what the angle and its repetitions need.

    Parameters
    ----------
    movement : Movement
    side : {"left", "right"}
    model : {"full", "lite", "heavy"}
    """

    def __init__(self, movement: Movement, side: Side, model: PoseModel = "full") -> None:
        from rom_tracker.pose.people_finder import PeopleFinder

        self.movement, self.side, self.model = movement, side, model
        self.phase: Phase = "set-up"
        self._at: tuple[float, float] | None = None
        self._people: list[NDArray[np.float64]] = []
        self._counted_s = -np.inf
        self._view: BodyView | None = None
        self._finder = PeopleFinder(model).__enter__()
        self._estimator: PoseEstimator | None = None
        self._follow(None)
        self.begin("set-up")

    def close(self) -> None:
        """Close the models."""
        self._finder.__exit__()
        if self._estimator is not None:
            self._estimator.__exit__()

    def begin(self, phase: Phase) -> None:
        """Begin a phase: its repetitions are counted anew, and how the body stands is settled for all of it."""
        self.phase = phase
        self._times: list[float] = []
        self._looks = _Looks(), _Looks()

    def point_at(self, x: float, y: float) -> None:
        """The client is where was clicked, in shares of the picture."""
        self._at = (min(max(x, 0.0), 0.999), min(max(y, 0.0), 0.999))
        self._counted_s = -np.inf

    def look(self, image: NDArray[np.uint8], time_s: float) -> Looked:
        """Read a picture.

        Parameters
        ----------
        image : (height, width, 3) uint8
            Blue, green, red.
        time_s : float
            When it was taken; later than the one before.
        """
        height, width = image.shape[:2]
        if self.phase == "set-up" and time_s - self._counted_s >= COUNTED_EVERY_S:
            self._count(image, time_s)
        assert self._estimator is not None
        self._times.append(time_s)
        looks = Looks.BOTH if self.phase == "set-up" or self._view is None else Looks.AS_FILMED
        seen = self._estimator.look(Frame(len(self._times), time_s, image), looks)
        now = seen[Looks.AS_FILMED]
        for look, kept in zip(Looks.BOTH, self._looks, strict=True):
            kept.append(seen.get(look, now))
        self._forget(WINDOW_S if self.phase == "set-up" else LONGEST_PHASE_S)
        passes = self._passes((width, height))
        if self.phase == "set-up" or self._view is None:
            self._view = body_view(passes)
        view = self._view
        found = Looked(phase=self.phase, people=[_box(marks, width, height) for marks in self._people])
        if self.phase == "set-up":
            number, chosen = len(self._people), self._at is not None
            found.checks = checks(passes, view, self.movement, self.side, image, number, chosen)
            found.setup = None if view is None else setup_of(passes, view)
        if view is None:
            return found
        if np.isfinite(now.xy[0, 0]):
            found.points = (now.xy / (width, height)).round(4).tolist()
        angles = _angles(passes, self.movement, self.side, view)
        known = np.isfinite(angles.angle_deg)
        if not known.any():
            return found
        if self.movement.instrument == "body" and known[-3:].any():
            found.angle_deg = round(float(angles.angle_deg[known][-1]), 1)
        if self.phase != "set-up":
            found.repetitions = len(find_repetitions(angles).scored)
        found.resting = _rests(angles.angle_deg[known])
        return found

    def _count(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Look for everybody in the picture, and follow the one who was clicked on."""
        height, width = image.shape[:2]
        self._people = _several(self._finder.find(image, Region(0, 0, width, height)))
        self._counted_s = time_s
        if self._at is None or len(self._people) < 2:
            return
        people = People(np.array([[marks] for marks in self._people]), (width, height))
        self._follow(client_of(people, self.movement, self.side, (self._at[0] * width, self._at[1] * height)))

    def _follow(self, client: Client | None) -> None:
        from rom_tracker.pose.mediapipe import MediaPipeEstimator

        if self._estimator is not None:
            self._estimator.__exit__()
        self._estimator = MediaPipeEstimator(self.model, None if client is None else client.place)
        self._estimator.__enter__()

    def _forget(self, seconds: float) -> None:
        first = int(np.searchsorted(self._times, self._times[-1] - seconds))
        del self._times[:first]
        for kept in self._looks:
            kept.forget(first)

    def _passes(self, size: tuple[int, int]) -> PosePasses:
        times = np.array(self._times)
        as_filmed, mirrored = (
            PoseSequence(times, rows[..., :2], rows[..., 2:5], rows[..., 5], size, self.model)
            for rows in (kept.rows for kept in self._looks)
        )
        return PosePasses(as_filmed, mirrored)


class _Looks:
    """The landmarks of one look at one picture after the other, of which the first ones can be forgotten."""

    def __init__(self) -> None:
        self._rows = np.empty((256, len(LANDMARKS), 6), dtype=np.float32)
        self._first = self._end = 0

    @property
    def rows(self) -> NDArray[np.float32]:
        """(picture, landmark, 6) pixels, metres, visibility."""
        return self._rows[self._first : self._end]

    def append(self, found: FrameLandmarks) -> None:
        if self._end == len(self._rows):
            kept = self.rows
            self._rows = np.empty((max(2 * len(kept), 256), *kept.shape[1:]), dtype=np.float32)
            self._rows[: len(kept)] = kept
            self._first, self._end = 0, len(kept)
        self._rows[self._end] = np.concatenate([found.xy, found.world, found.visibility[:, None]], axis=1)
        self._end += 1

    def forget(self, count: int) -> None:
        self._first += count


def _angles(passes: PosePasses, movement: Movement, side: Side, view: BodyView) -> AngleSeries:
    """The movement's angle; for one of hand or head something that goes up and down with it, to count by."""
    if movement.instrument == "body":
        return angle_series(merge_passes(passes, movement, side, view).poses, movement, side, View(view))
    poses = passes.as_filmed
    start, end = ("mid_ear", "nose") if movement.instrument == "face" else ("wrist", "index")
    line = poses.point(end, side) - poses.point(start, side)
    if movement.instrument == "face":
        line = line + poses.point("mid_ear", side) - poses.point("mid_shoulder", side)
    turned = np.degrees(np.unwrap(np.arctan2(line[:, 1], line[:, 0])))
    away = np.abs(turned - resting_value(passes.time_s, turned))
    seen = np.where(np.isfinite(away), 1.0, 0.0)
    return AngleSeries(passes.time_s, away, seen, np.zeros(len(seen)), np.zeros(len(seen), dtype=bool))


def _rests(angle_deg: Floats) -> bool:
    low, high = np.percentile(angle_deg, [5, 98])
    return bool(angle_deg[-1] <= low + RESTING_SHARE * max(high - low, 6.0))


def _several(found: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Without those who are found twice."""
    kept: list[NDArray[np.float64]] = []
    for marks in found:
        apart = [np.linalg.norm(middle_of(marks, "hip") - middle_of(other, "hip")) for other in kept]
        if all(far > 0.5 * trunk_px(marks) for far in apart):
            kept.append(marks)
    return kept


def _box(marks: NDArray[np.float64], width: int, height: int) -> list[float]:
    low, high = marks.min(axis=0) / (width, height), marks.max(axis=0) / (width, height)
    return [float(v) for v in np.clip([*low, *high], 0, 1).round(4)]


def drawing(movement: Movement, side: Side) -> dict[str, Any]:
    """What the page draws over the picture: pairs of landmarks for the body, and pairs of points for the two lines of the angle."""
    segments = [one for one in (movement.moving, movement.reference) if isinstance(one, Segment)]
    ends = [name for one in segments for name in one.points if not any(map(is_of_the_hand, one.points))]
    limb = [list(locate(name, side)) for name in ends]
    bones = [(INDEX[a], INDEX[b]) for a, b in BONES if "nose" not in (a, b)]
    return {"bones": bones, "limb": limb}


def _serve(connection: Connection, movement_key: str, side: Side, model: PoseModel) -> None:
    """The model's process: answers until nobody asks any more."""
    try:
        reader = LiveReader(load_catalogue()[movement_key], side, model)
    except RomTrackerError as error:
        connection.send({"error": str(error)})
        return
    connection.send({"ready": True})
    with contextlib.suppress(EOFError, KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        while True:
            kind, *about = connection.recv()
            if kind == "begin":
                reader.begin(about[0])
            elif kind == "client":
                reader.point_at(*about)
            else:
                jpeg, time_s = about
                image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
                answer = Looked() if image is None else reader.look(np.asarray(image, dtype=np.uint8), time_s)
                connection.send(answer)
    reader.close()


class PoseProcess:
    """A :class:`LiveReader` in a process of its own. Its calls block: use them in a thread."""

    def __init__(self, movement: str, side: Side, model: PoseModel = "full") -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, movement, side, model), daemon=True)
        self._process.start()
        theirs.close()

    def wait(self) -> str | None:
        """Wait until the model is ready; what went wrong, or None."""
        try:
            return cast("str | None", self._connection.recv().get("error"))
        except (EOFError, OSError):
            return "The pose model stopped; open the page again."

    def tell(self, *words: Any) -> None:
        """Pass on a phase that begins, or where the client is."""
        self._connection.send(words)

    def look(self, jpeg: bytes, time_s: float) -> Looked:
        """Read a picture that was taken at that time, later than the one before."""
        self._connection.send(("look", jpeg, time_s))
        return cast(Looked, self._connection.recv())

    def stop(self) -> None:
        """End the process at once, though it still loads its model."""
        self._process.terminate()

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.join(2)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(2)


def as_message(found: Looked, translate: Any, then: SetUp | None) -> dict[str, Any]:
    """What the page is told, in its language."""
    from rom_tracker.app.live_checks import compared

    every = [*found.checks, *(compared(found.setup, then) if found.setup is not None and then is not None else ())]
    return {
        "phase": found.phase,
        "angle": found.angle_deg,
        "repetitions": found.repetitions,
        "resting": found.resting,
        "points": found.points,
        "people": found.people,
        "checks": [check.words(translate) for check in every],
        "setup": None if found.setup is None else asdict(found.setup),
    }
