"""``measure``, ``compare`` and ``demo``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.markup import escape

from rom_tracker.cli import output, upkeep
from rom_tracker.errors import UsageError, VideoError

if TYPE_CHECKING:
    from rom_tracker.analysis.measurement import RomMeasurement
    from rom_tracker.capture import RecordingInfo
    from rom_tracker.landmarks import Side
    from rom_tracker.movements import Movement
    from rom_tracker.pose.estimator import PoseModel

MovementOption = Annotated[
    str | None, typer.Option("--movement", "-m", help="What is measured, such as shoulder_abduction: see `rom-tracker movements`.")
]
SideOption = Annotated[str | None, typer.Option("--side", "-s", help="The tested side: left or right.")]
ModelOption = Annotated[str, typer.Option("--model", help="Pose model: lite, full or heavy (slower).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
ChartOption = Annotated[Path | None, typer.Option("--chart", help="Draw a chart into this file (.png, .svg, .pdf).")]
OwnMovements = Annotated[
    Path | None, typer.Option("--movements-file", help="A file with movements of your own, merged over the built-in ones.")
]

CHART_SUFFIXES = (".png", ".svg", ".pdf")


def measure(
    video: Annotated[Path, typer.Argument(help="The recording.")],
    movement: MovementOption = None,
    side: SideOption = None,
    model: ModelOption = "full",
    as_json: JsonOption = False,
    angles: Annotated[Path | None, typer.Option("--angles", help="Write the angle of every frame into this CSV file.")] = None,
    chart: ChartOption = None,
    overlay: Annotated[
        Path | None, typer.Option("--overlay", help="Write a video with the skeleton and the angle drawn over the picture (.webm).")
    ] = None,
    movements_file: OwnMovements = None,
) -> None:
    """Measure the range of motion in one recording."""
    wanted = _Wanted.of((video,), movement, side, model, movements_file)
    _check_outputs((video,), (angles, (".csv",)), (chart, CHART_SUFFIXES), (overlay, (".webm",)))
    try:
        found = wanted.measure(video)
    except VideoError as error:
        if angles is not None:
            from rom_tracker.export import write_no_angles

            write_no_angles(angles)
        if as_json:
            output.print_json(_unreadable(video, wanted, error))
        raise
    if angles is not None:
        from rom_tracker.export import write_angles

        write_angles(found.angles, angles)
    if chart is not None:
        from rom_tracker.charts import angle_chart, save_chart

        save_chart(angle_chart(found), chart)
    if overlay is not None:
        from rom_tracker.capture import VideoFile
        from rom_tracker.overlay import write_overlay

        with output.progress_bar(f"Drawing {overlay.name}") as progress:
            write_overlay(VideoFile(video), found, overlay, progress)
    if as_json:
        output.print_json(found.as_dict())
    else:
        _print_measurement(video, found, [path for path in (angles, chart, overlay) if path is not None])
    if found.verdict == "refused":
        raise typer.Exit(1)


def _print_measurement(video: Path, found: RomMeasurement, written: list[Path]) -> None:
    if found.verdict == "refused":
        output.console().print(f"{escape(found.movement.title)}, {found.side}: [red]refused[/], no angle is given.")
    else:
        output.console().print(output.measurement_table((video.name, found)))
    output.print_flags(found.flags)
    for path in written:
        output.console().print(f"Written: {escape(str(path))}", soft_wrap=True)


def compare(
    before: Annotated[Path, typer.Argument(help="The recording before the treatment.")],
    after: Annotated[Path, typer.Argument(help="The recording after it.")],
    movement: MovementOption = None,
    side: SideOption = None,
    model: ModelOption = "full",
    as_json: JsonOption = False,
    chart: ChartOption = None,
    movements_file: OwnMovements = None,
) -> None:
    """Compare the range of motion before and after, and say whether the change is more than the measuring error."""
    from rom_tracker.analysis.comparison import compare as compared

    wanted = _Wanted.of((before, after), movement, side, model, movements_file)
    _check_outputs((before, after), (chart, CHART_SUFFIXES))
    _check_there(after)
    measured: list[RomMeasurement] = []
    try:
        for video in (before, after):
            measured.append(wanted.measure(video))
    except VideoError as error:
        if as_json:
            output.print_json(_no_comparison(before, after, measured, wanted, error))
        raise
    found = compared(*measured)
    if chart is not None:
        from rom_tracker.charts import comparison_chart, save_chart

        save_chart(comparison_chart(found), chart)
    if as_json:
        output.print_json(found.as_dict())
    else:
        if found.verdict != "refused":
            output.console().print(output.measurement_table(("before", found.before), ("after", found.after)))
        output.print_flags(found.flags)
        output.console().print(output.change_lines(found))
        if chart is None and found.verdict != "refused":
            output.hint("Add --chart change.png for a picture of it.")
        elif chart is not None:
            output.console().print(f"Chart: {escape(str(chart))}", soft_wrap=True)
    if found.verdict == "refused":
        raise typer.Exit(1)


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the charts and the overlay video.")] = Path("rom_tracker_demo"),
    model: ModelOption = "full",
) -> None:
    """Compare the sample clips, before and after, beside their true angles; draw charts and an overlay video."""
    from rich.table import Table

    from rom_tracker.analysis.comparison import compare as compared
    from rom_tracker.capture import VideoFile
    from rom_tracker.capture.writer import cannot_write
    from rom_tracker.charts import angle_chart, comparison_chart, save_chart
    from rom_tracker.overlay import write_overlay
    from rom_tracker.sample_clips import sample_pairs

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(out, error) from error
    table = Table(title="Sample clips: rendered people whose joint angles are known", title_justify="left", title_style="bold")
    for column in ("", "before", "after", "change", "true change", "detectable from", "verdict"):
        table.add_column(column, justify="left" if column in ("", "verdict") else "right")
    written: list[Path] = []
    for before, after in sample_pairs():
        wanted = _Wanted.of((), before.movement, before.side, model, None)
        found = compared(wanted.measure(before.path), wanted.measure(after.path))
        table.add_row(
            f"{found.before.movement.title}, {before.side}",
            output.angle(found.before.peak_deg),
            output.angle(found.after.peak_deg),
            output.angle(found.change_deg),
            output.angle(after.peak_deg - before.peak_deg),
            output.angle(found.detectable_deg),
            f"[{output.VERDICT_STYLE[found.verdict]}]{found.verdict}[/]",
        )
        written.append(out / f"{before.pair}_change.png")
        save_chart(comparison_chart(found), written[-1])
        if len(written) == 1:
            written.append(out / f"{after.path.stem}.png")
            save_chart(angle_chart(found.after), written[-1])
            written.append(out / f"{after.path.stem}.webm")
            with output.progress_bar(f"Drawing {written[-1].name}") as progress:
                write_overlay(VideoFile(after.path), found.after, written[-1], progress)
    output.console().print(table)
    output.console().print("Charts and an overlay video:")
    for path in written:
        output.console().print(f"  {escape(str(path))}", soft_wrap=True)


class _Wanted:
    """What to measure, checked before the long work begins."""

    def __init__(self, movement: Movement, side: Side, model: PoseModel) -> None:
        self.movement, self.side, self.model = movement, side, model

    @classmethod
    def of(
        cls, videos: tuple[Path, ...], movement: str | None, side: str | None, model: str, movements_file: Path | None
    ) -> _Wanted:
        """From the options, and where they are silent from the sidecars of the recordings."""
        from rom_tracker.movements import load_catalogue

        about = _sidecars(videos)
        movement = movement or _agreed("movement", [info.movement for info in about])
        side = side or _agreed("side", [info.side for info in about if info.side])
        if movement is None:
            raise UsageError("Which movement? Add --movement NAME; `rom-tracker movements` lists them.")
        entry = load_catalogue(movements_file)[movement]
        if side is None:
            raise UsageError("Which side? Add --side left or --side right.")
        side = side.lower()
        if side not in ("left", "right"):
            raise UsageError(f"--side is left or right, got {side!r}.")
        if model not in ("lite", "full", "heavy"):
            raise UsageError(f"--model is lite, full or heavy, got {model!r}.")
        return cls(entry, cast("Side", side), cast("PoseModel", model))

    def measure(self, video: Path) -> RomMeasurement:
        """Measure, with a progress bar on the side."""
        from rom_tracker.capture import VideoFile

        next(iter(VideoFile(video)))  # A recording that cannot be read is told at once, before any model is fetched.
        from rom_tracker.analysis.measurement import measure as measured
        from rom_tracker.pose.models import ensure_model

        with upkeep.fetching() as fetched:
            ensure_model(f"pose_{self.model}", fetched)
        with output.progress_bar(f"Measuring {video.name}") as progress:
            return measured(video, self.movement, self.side, model=self.model, progress=progress)


def _sidecars(videos: tuple[Path, ...]) -> list[RecordingInfo]:
    """What is noted beside the recordings; refuses what cannot be compared."""
    from rom_tracker.capture import read_sidecar

    found = [info for video in videos if video.is_file() and (info := read_sidecar(video)) is not None]
    _agreed("client", [info.client for info in found if info.client])
    if [info.moment for info in found] == ["after", "before"]:
        raise UsageError("The first recording was made after the treatment and the second one before it; exchange them.")
    return found


def _agreed(what: str, noted: list[str]) -> str | None:
    """What all recordings say of themselves; None where they say nothing."""
    if len(set(noted)) > 1:
        raise UsageError(
            f"The recordings are not of one {what}: {' and '.join(noted)}. Check the files, or say which with options."
        )
    return noted[0] if noted else None


def _check_there(video: Path) -> None:
    """Refuse before the long work a recording that is not there; one that cannot be read is told when its turn comes."""
    from rom_tracker.capture import VideoFile

    with contextlib.suppress(VideoError):
        VideoFile(video)


def _check_outputs(videos: tuple[Path, ...], *outputs: tuple[Path | None, tuple[str, ...]]) -> None:
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


def _unreadable(video: Path, wanted: _Wanted, error: VideoError) -> dict[str, Any]:
    """The JSON object of a recording that cannot be read."""
    return {
        "video": str(video),
        "movement": wanted.movement.key,
        "side": wanted.side,
        "verdict": "refused",
        "flags": [_unreadable_flag(error)],
        "start_deg": None,
        "peak_deg": None,
        "rom_deg": None,
        "interval_deg": None,
        "repetitions": [],
        "frames": 0,
        "seconds": 0.0,
    }


def _no_comparison(before: Path, after: Path, measured: list[RomMeasurement], wanted: _Wanted, error: VideoError) -> dict[str, Any]:
    """The JSON object of two recordings of which the first that is not ``measured`` cannot be read; none follows it."""
    unreadable = _unreadable((before, after)[len(measured)], wanted, error)
    return {
        "before": measured[0].as_dict() if measured else unreadable,
        "after": unreadable if measured else None,
        "change_deg": None,
        "interval_deg": None,
        "detectable_deg": None,
        "verdict": "refused",
        "flags": unreadable["flags"],
    }


def _unreadable_flag(error: VideoError) -> dict[str, str]:
    return {"code": "unreadable", "message": output.sentence(str(error)), "severity": "refused"}
