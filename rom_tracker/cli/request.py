"""What a command was asked for, checked before the long work begins."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from rom_tracker.cli import output, upkeep
from rom_tracker.cli.noted import camera_of
from rom_tracker.errors import ModelFileError, UsageError, VideoError

if TYPE_CHECKING:
    from rom_tracker.analysis.comparison import Comparison
    from rom_tracker.analysis.measurement import RomMeasurement
    from rom_tracker.capture import Part, RecordingInfo
    from rom_tracker.capture.lens import LensProfile
    from rom_tracker.landmarks import Side
    from rom_tracker.movements import Movement
    from rom_tracker.movements.norms import Sex
    from rom_tracker.pose.estimator import PoseModel

MovementOption = Annotated[
    str | None, typer.Option("--movement", "-m", help="What is measured, such as shoulder_abduction: see `rom-tracker movements`.")
]
SideOption = Annotated[str | None, typer.Option("--side", "-s", help="The tested side: left or right.")]
ModelOption = Annotated[
    str, typer.Option("--model", help="Pose model: auto (what measures the movement best), lite, full or heavy (slower).")
]
EveryFrameOption = Annotated[
    bool, typer.Option("--every-frame", help="Look at every frame, and not only closely at the end ranges and starts (slower).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
ChartOption = Annotated[Path | None, typer.Option("--chart", help="Draw a chart into this file (.png, .svg, .pdf).")]
LensOption = Annotated[
    Path | None,
    typer.Option("--lens", help="Lens profile of the camera (JSON); otherwise the kept one of the camera that recorded, if any."),
]
ClientOption = Annotated[
    str | None,
    typer.Option(
        "--client", metavar="X,Y", help="A point on the client, where others are in the picture (pixels from its top left)."
    ),
]
ExplainOption = Annotated[bool, typer.Option("--explain", help="Show where the uncertainty comes from.")]
BudgetChartOption = Annotated[
    Path | None, typer.Option("--budget-chart", help="Draw where the uncertainty comes from into this file (.png, .svg, .pdf).")
]
RollOption = Annotated[
    float | None,
    typer.Option(
        "--roll",
        help="Degrees by which the camera is turned clockwise, seen from behind, as `calibrate card` tells: undone where "
        "the angle is against the vertical.",
        min=-90,
        max=90,
    ),
]
FromOption = Annotated[float | None, typer.Option("--from", help="Look at the recording from this second on alone.", min=0)]
ToOption = Annotated[float | None, typer.Option("--to", help="Look at the recording up to this second alone.", min=0)]
ClientAfterOption = Annotated[
    str | None,
    typer.Option("--client-after", metavar="X,Y", help="The same in the second recording, where it is another point."),
]
OwnMovements = Annotated[
    Path | None, typer.Option("--movements-file", help="A file with movements of your own, merged over the built-in ones.")
]

CHART_SUFFIXES = (".png", ".svg", ".pdf")


def are_swapped(before: Path, after: Path) -> bool:
    """Whether the names of two recordings say that the first one was made after the treatment, and the other one before."""
    from rom_tracker.batch.naming import MOMENTS

    def said(path: Path) -> set[str]:
        return {MOMENTS[word] for word in re.split("[^a-z]+", path.stem.lower()) if word in MOMENTS}

    return said(before) == {"after"} and said(after) == {"before"}


@dataclass(frozen=True)
class Request:
    """What to measure in a recording."""

    movement: Movement
    side: Side
    model: PoseModel
    lens: LensProfile | None = None
    client: tuple[float, float] | None = None
    client_after: tuple[float, float] | None = None
    every_frame: bool = False
    roll_deg: float | None = None
    part: Part | None = None

    @classmethod
    def of(
        cls, videos: tuple[Path, ...], movement: str | None, side: str | None, model: str, movements_file: Path | None
    ) -> Request:
        """From the options, and where they are silent from the sidecars of the recordings."""
        about = _sidecars(videos)
        entry = movement_asked_for(movement or _agreed("movement", [info.movement for info in about]), movements_file)
        tested = side_asked_for(side or _agreed("side", [info.side for info in about if info.side]), entry)
        return cls(entry, tested, model_asked_for(model, entry))

    def through(self, profile: Path | None) -> Request:
        """The same through the lens of that profile, if any is given."""
        from rom_tracker.capture.lens import LensProfile

        return self if profile is None else replace(self, lens=LensProfile.load(profile))

    def pointing_at(self, client: str | None, after: str | None = None) -> Request:
        """The same, of the client at a point ``X,Y`` of the picture, in the second recording at another one if it is given."""
        at, later = (None if text is None else _point(text) for text in (client, after))
        return replace(self, client=at, client_after=later or at)

    def rolled(self, roll_deg: float | None) -> Request:
        """The same with a camera that is turned by so many degrees."""
        return replace(self, roll_deg=roll_deg)

    def within(self, from_s: float | None, to_s: float | None, video: Path) -> Request:
        """The same, of a part of the recording; the end that is not given is the recording's."""
        from rom_tracker.capture import Part, VideoFile

        if from_s is None and to_s is None:
            return self
        last_s = max(frame.time_s for frame in VideoFile(video).glimpses()) if to_s is None else to_s
        return replace(self, part=Part(from_s or 0.0, last_s))

    def measure_pair(self, before: Path, after: Path) -> Iterator[RomMeasurement]:
        """One after the other; the client of the second one is who stands where that of the first one stood, or at a point."""
        if are_swapped(before, after):
            output.hint(
                f'By their names "{before.name}" is after the treatment and "{after.name}" before it. The one before comes first.'
            )
        first = self.measure(before)
        yield first
        yield replace(self, client=self.client_after).measure(after, last=first)

    def compare(self, pair: tuple[Path, Path], measured: Iterable[RomMeasurement], *, primary: bool = False) -> Comparison:
        """What was measured of a pair compared, by this clinic's own repeatability if it is known."""
        from rom_tracker.analysis.comparison import compare as compared
        from rom_tracker.repeatability_table import own_for

        return compared(*measured, own=own_for(self.movement.key, self.model, camera_of(pair)), primary=primary)

    def measure(self, video: Path, last: RomMeasurement | None = None) -> RomMeasurement:
        """Measure, with a progress bar on the side; ``last`` is the same client's measurement before, if there is one."""
        from rom_tracker.capture import VideoFile

        next(iter(VideoFile(video)))  # A recording that cannot be read is told at once, before any model is fetched.
        from rom_tracker.analysis.measuring import measure as measured

        self._fetch_models()
        with output.progress_bar(f"Measuring {video.name}") as progress:
            return measured(
                video,
                self.movement,
                self.side,
                model=self.model,
                lens=self.lens,
                client=self.client,
                last=last,
                every_frame=self.every_frame,
                roll_deg=self.roll_deg,
                part=self.part,
                progress=progress,
            )

    def _fetch_models(self) -> None:
        from rom_tracker.pose.models import fetch_models

        instrument = self.movement.instrument
        with upkeep.fetching() as fetched:
            fetch_models(["pose_full", *([] if instrument == "body" else [instrument])], fetched)
            if self.model != "full":
                try:
                    fetch_models([f"pose_{self.model}"], fetched)
                except ModelFileError as error:
                    raise ModelFileError(f"{error} Until then add --model full, which measures less exactly.") from error


@dataclass(frozen=True)
class SidesRequest:
    """What to measure of both sides: ``videos`` has a recording for each, which may be one and the same."""

    left: Request
    right: Request
    videos: dict[Side, Path]

    @classmethod
    def of(
        cls, video: Path, other: Path | None, movement: str | None, side: str | None, model: str, movements_file: Path | None
    ) -> SidesRequest:
        """From the options: both sides in one recording, or each in its own."""
        from rom_tracker.analysis.sides import check_sided
        from rom_tracker.landmarks import opposite_side

        both = is_both(side)
        if both and other is not None:
            raise UsageError(
                "--side both and --other-side exclude each other: say with --side left or --side right which side the first "
                "recording shows."
            )
        first = Request.of((video,), movement, "left" if both else side, model, movements_file)
        check_sided(first.movement)
        left, right = replace(first, side="left"), replace(first, side="right")
        if other is None:
            return cls(left, right, {"left": video, "right": video})
        check_there(other)
        _check_other_side(video, other, first)
        return cls(left, right, {first.side: video, opposite_side(first.side): other})

    def through(self, profile: Path | None) -> SidesRequest:
        """The same through the lens of that profile, if any is given."""
        return replace(self, left=self.left.through(profile), right=self.right.through(profile))

    def looking(self, *, every_frame: bool) -> SidesRequest:
        """The same, looking at every frame or only where it matters."""
        return replace(self, left=replace(self.left, every_frame=every_frame), right=replace(self.right, every_frame=every_frame))

    def pointing_at(self, client: str | None) -> SidesRequest:
        """The same, of the client at a point ``X,Y`` of the picture."""
        return replace(self, left=self.left.pointing_at(client), right=self.right.pointing_at(client))

    def rolled(self, roll_deg: float | None) -> SidesRequest:
        """The same with a camera that is turned by so many degrees."""
        return replace(self, left=self.left.rolled(roll_deg), right=self.right.rolled(roll_deg))

    def measure(self, side: Side) -> RomMeasurement:
        """Measure one of the sides."""
        return (self.left if side == "left" else self.right).measure(self.videos[side])


@dataclass(frozen=True)
class Person:
    """Whose norm the measurement is held against."""

    age: int
    sex: Sex | None

    @classmethod
    def of(cls, age: int | None, sex: str | None) -> Person | None:
        """From the options; None without an age."""
        from rom_tracker.movements.norms import OLDEST_AGE

        sexes: dict[str, Sex] = {"female": "F", "woman": "F", "f": "F", "male": "M", "man": "M", "m": "M"}
        if sex is not None and sex.lower() not in sexes:
            raise UsageError(f"--sex is female or male (also f, m, woman, man), got {sex!r}.")
        if age is None:
            if sex is not None:
                raise UsageError("Norms go by age and sex: add --age YEARS to --sex.")
            return None
        if not 0 <= age <= OLDEST_AGE:
            raise UsageError(f"--age is in years, 0 to {OLDEST_AGE}, got {age}.")
        return cls(age, None if sex is None else sexes[sex.lower()])


def model_asked_for(model: str, movement: Movement) -> PoseModel:
    """The pose model; the one that the movement is measured best with for ``auto``."""
    if model not in ("auto", "lite", "full", "heavy"):
        raise UsageError(f"--model is auto, lite, full or heavy, got {model!r}.")
    return movement.model if model == "auto" else cast("PoseModel", model)


def movement_asked_for(name: str | None, movements_file: Path | None) -> Movement:
    """The movement of that name."""
    from rom_tracker.movements import load_catalogue

    if name is None:
        raise UsageError("Which movement? Add --movement NAME; `rom-tracker movements` lists them.")
    return load_catalogue(movements_file)[name]


def side_asked_for(side: str | None, movement: Movement) -> Side:
    """The tested side; any where left and right are the same movement."""
    if side is None and not movement.sided:
        return "right"
    if side is None:
        raise UsageError("Which side? Add --side left or --side right.")
    if side.lower() not in ("left", "right"):
        raise UsageError(f"--side is left or right, got {side!r}.")
    return cast("Side", side.lower())


def _point(text: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"--client is a point of the picture in pixels, such as 320,240; got {text!r}.") from None
    return x, y


def is_both(side: str | None) -> bool:
    """Whether both sides are asked for."""
    return side is not None and side.lower() == "both"


def check_there(video: Path) -> None:
    """Refuse before the long work a recording that is not there; one that cannot be read is told when its turn comes."""
    from rom_tracker.capture import VideoFile

    with contextlib.suppress(VideoError):
        VideoFile(video)


def check_outputs(videos: tuple[Path, ...], *outputs: tuple[Path | None, tuple[str, ...]]) -> None:
    """Refuse before the long work what could not be written after it, and what would replace a recording."""
    from rom_tracker.output_files import check_writable

    for path, suffixes in outputs:
        if path is None:
            continue
        if path.suffix.lower() not in suffixes:
            raise UsageError(f'Expected a file name ending in {" or ".join(suffixes)}, got "{path}".')
        if any(path.exists() and video.exists() and path.samefile(video) for video in videos):
            raise UsageError(f'"{path}" is the recording itself and would be lost; give the result another name.')
        check_writable(path)


def _sidecars(videos: tuple[Path, ...]) -> list[RecordingInfo]:
    """What is noted beside the recordings; refuses what cannot be compared."""
    from rom_tracker.capture import read_sidecar

    found = [info for video in videos if video.is_file() and (info := read_sidecar(video)) is not None]
    _agreed("client", [info.client for info in found if info.client])
    if [info.moment for info in found] == ["after", "before"]:
        raise UsageError("The first recording was made after the treatment and the second one before it; exchange them.")
    return found


def _check_other_side(video: Path, other: Path, first: Request) -> None:
    """Refuse a second recording whose sidecar says that it is not the other side of the first."""
    from rom_tracker.capture import read_sidecar

    found = [info for path in (video, other) if path.is_file() and (info := read_sidecar(path)) is not None]
    _agreed("client", [info.client for info in found if info.client])
    about = read_sidecar(other) if other.is_file() else None
    if about is None:
        return
    if about.movement != first.movement.key:
        raise UsageError(f'Expected {first.movement.key} of the other side, but "{other}" was recorded as {about.movement}.')
    if about.side == first.side:
        raise UsageError(
            f'Expected the other side than {first.side}, but "{other}" was recorded as {about.side}. Check --side and the files.'
        )


def _agreed(what: str, noted: list[str]) -> str | None:
    """What all recordings say of themselves; None where they say nothing."""
    if len(set(noted)) > 1:
        raise UsageError(
            f"The recordings are not of one {what}: {' and '.join(noted)}. Check the files, or say which with options."
        )
    return noted[0] if noted else None
