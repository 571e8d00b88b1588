"""``measure`` and ``compare``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from rom_tracker.cli import output
from rom_tracker.cli.explain import beside_words, detectable_words, print_budget, print_end_range
from rom_tracker.cli.request import (
    CHART_SUFFIXES,
    BudgetChartOption,
    ChartOption,
    ClientAfterOption,
    ClientOption,
    EveryFrameOption,
    ExplainOption,
    FromOption,
    JsonOption,
    LensOption,
    ModelOption,
    MovementOption,
    OwnMovements,
    Person,
    Request,
    RollOption,
    SideOption,
    SidesRequest,
    ToOption,
    check_outputs,
    check_there,
    is_both,
)
from rom_tracker.cli.set_up import print_checks
from rom_tracker.errors import UsageError, VideoError

if TYPE_CHECKING:
    from rom_tracker.analysis.comparison import Comparison
    from rom_tracker.analysis.measurement import RomMeasurement
    from rom_tracker.analysis.norms import Placement
    from rom_tracker.analysis.sides import SideComparison
    from rom_tracker.analysis.uncertainty import ErrorBudget
    from rom_tracker.landmarks import Side


def measure(
    video: Annotated[Path, typer.Argument(help="The recording.")],
    movement: MovementOption = None,
    side: Annotated[
        str | None, typer.Option("--side", "-s", help="The tested side: left, right, or both where one recording shows both.")
    ] = None,
    other_side: Annotated[
        Path | None, typer.Option("--other-side", help="A recording of the other side, to be compared with the first.")
    ] = None,
    age: Annotated[int | None, typer.Option("--age", help="The client's age in years: shows the norm of that age.")] = None,
    sex: Annotated[str | None, typer.Option("--sex", help="female or male: for the norm.")] = None,
    model: ModelOption = "auto",
    every_frame: EveryFrameOption = False,
    lens: LensOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    angles: Annotated[Path | None, typer.Option("--angles", help="Write the angle of every frame into this CSV file.")] = None,
    chart: ChartOption = None,
    overlay: Annotated[
        Path | None, typer.Option("--overlay", help="Write a video with the skeleton and the angle drawn over the picture (.webm).")
    ] = None,
    cover_face: Annotated[bool, typer.Option("--blur-face", help="Cover the client's face in the overlay video.")] = False,
    explain: ExplainOption = False,
    budget_chart: BudgetChartOption = None,
    roll: RollOption = None,
    from_s: FromOption = None,
    to_s: ToOption = None,
    movements_file: OwnMovements = None,
) -> None:
    """Measure the range of motion in one recording, or of both sides."""
    if cover_face and overlay is None:
        raise UsageError("--blur-face is for the overlay video: add --overlay NAME.webm.")
    person = Person.of(age, sex)
    if is_both(side) or other_side is not None:
        if overlay is not None:
            raise UsageError("An overlay shows one side: ask for it with --side left or --side right, without --other-side.")
        if from_s is not None or to_s is not None:
            raise UsageError("--from and --to are for one side: measure each with --side left or --side right.")
        sides = SidesRequest.of(video, other_side, movement, side, model, movements_file).through(lens).rolled(roll)
        sides = sides.pointing_at(client).looking(every_frame=every_frame)
        check_outputs(tuple(sides.videos.values()), (angles, (".csv",)), (chart, CHART_SUFFIXES), (budget_chart, CHART_SUFFIXES))
        refused = _measure_sides(sides, person, as_json, angles, chart, budget_chart, explain)
    else:
        wanted = Request.of((video,), movement, side, model, movements_file).through(lens).rolled(roll)
        wanted = replace(wanted.pointing_at(client), every_frame=every_frame).within(from_s, to_s, video)
        charts = ((chart, CHART_SUFFIXES), (budget_chart, CHART_SUFFIXES))
        check_outputs((video,), (angles, (".csv",)), *charts, (overlay, (".webm",)))
        refused = _measure_one(video, wanted, person, as_json, angles, chart, budget_chart, overlay, cover_face, explain)
    if refused:
        raise typer.Exit(1)


def _measure_one(
    video: Path,
    wanted: Request,
    person: Person | None,
    as_json: bool,
    angles: Path | None,
    chart: Path | None,
    budget_chart: Path | None,
    overlay: Path | None,
    cover_face: bool,
    explain: bool,
) -> bool:
    """Measure one side, write and print what was asked for; whether it was refused."""
    try:
        found = wanted.measure(video)
    except VideoError as error:
        if angles is not None:
            from rom_tracker.export import write_no_angles

            write_no_angles(angles)
        if as_json:
            output.print_json({**_unreadable(video, wanted, error), "norm": None})
        raise
    if angles is not None:
        from rom_tracker.export import write_angles

        write_angles(found.angles, angles)
    if chart is not None:
        from rom_tracker.charts import angle_chart, save_chart

        save_chart(angle_chart(found), chart)
    budget_chart = _draw_budget(found.budget, found.movement.of_side(found.side), budget_chart)
    if overlay is not None:
        from rom_tracker.capture import VideoFile
        from rom_tracker.overlay import write_overlay

        with output.progress_bar(f"Drawing {overlay.name}") as progress:
            write_overlay(VideoFile(video), found, overlay, progress, cover_face=cover_face)
        if cover_face and any(flag.code == "several_people" for flag in found.flags):
            output.hint("Others are in the picture: only the client's face is covered.")
    placement = _placed(found, person)
    if as_json:
        output.print_json(_with_norm(found, placement))
    else:
        _print_measurement(video, found, placement)
        print_checks(found.checks, everything=explain)
        if explain:
            print_end_range(found, "the end range")
        output.print_written(angles, chart, budget_chart, overlay)
    return found.verdict == "refused"


def _measure_sides(
    wanted: SidesRequest,
    person: Person | None,
    as_json: bool,
    angles: Path | None,
    chart: Path | None,
    budget_chart: Path | None,
    explain: bool,
) -> bool:
    """Measure both sides, write and print what was asked for; whether no difference can be given."""
    from rom_tracker.analysis.sides import compare_sides

    measured: dict[Side, RomMeasurement] = {}
    try:
        measured["left"] = wanted.measure("left")
        measured["right"] = wanted.measure("right")
    except VideoError as error:
        if angles is not None:
            from rom_tracker.export import write_no_angles

            write_no_angles(angles, sides=True)
        if as_json:
            output.print_json(_no_sides(wanted, measured, error))
        raise
    found = compare_sides(measured["left"], measured["right"])
    if angles is not None:
        from rom_tracker.export import write_side_angles

        write_side_angles(found.left.angles, found.right.angles, angles)
    if chart is not None:
        from rom_tracker.charts import save_chart, sides_chart

        save_chart(sides_chart(found), chart)
    budget_chart = _draw_budget(found.budget, f"{found.left.movement.title}, left less right", budget_chart)
    placements = [_placed(side, person) for side in (found.left, found.right)]
    if as_json:
        left, right = (_with_norm(side, placed) for side, placed in zip((found.left, found.right), placements, strict=True))
        output.print_json({**found.as_dict(), "left": left, "right": right})
    else:
        _print_sides(found, placements)
        for side in (found.left, found.right):
            print_checks(side.checks, everything=explain, whose=f"{side.side.capitalize()}: ")
        if explain:
            print_end_range(found.left, "the end range, left")
            print_end_range(found.right, "the end range, right")
            print_budget(found.budget, "the difference")
        output.print_written(angles, chart, budget_chart)
    return found.verdict == "refused"


def _draw_budget(budget: ErrorBudget | None, what: str, path: Path | None) -> Path | None:
    """Draw where the uncertainty comes from, if that is asked for; the file that was written."""
    if path is None:
        return None
    if budget is None:
        output.hint("No chart of the error budget: no number is given.")
        return None
    from rom_tracker.charts import budget_chart, save_chart

    save_chart(budget_chart(budget, what), path)
    return path


def _placed(found: RomMeasurement, person: Person | None) -> Placement | None:
    """Where it lies among people of the client's age; None where no age was given."""
    from rom_tracker.analysis.norms import place

    return None if person is None else place(found, person.age, person.sex)


def _with_norm(found: RomMeasurement, placement: Placement | None) -> dict[str, Any]:
    return {**found.as_dict(), "norm": None if placement is None else placement.as_dict()}


def _print_measurement(video: Path, found: RomMeasurement, placement: Placement | None) -> None:
    if found.verdict == "refused":
        output.console().print(f"{escape(found.movement.of_side(found.side))}: [red]refused[/], no angle is given.")
    else:
        output.console().print(output.measurement_table((video.name, found)))
        if placement is not None:
            output.print_norm(placement)
    output.print_flags(found.flags)


def _print_sides(found: SideComparison, placements: list[Placement | None]) -> None:
    output.console().print(output.measurement_table(("left", found.left), ("right", found.right)))
    for side, placement in zip((found.left, found.right), placements, strict=True):
        if placement is not None and side.verdict != "refused":
            output.print_norm(placement, f"{side.side.capitalize()}: ")
    output.print_flags(found.flags)
    output.console().print(output.difference_lines(found))


def compare(
    before: Annotated[Path, typer.Argument(help="The recording before the treatment.")],
    after: Annotated[Path, typer.Argument(help="The recording after it.")],
    movement: MovementOption = None,
    side: SideOption = None,
    model: ModelOption = "auto",
    every_frame: EveryFrameOption = False,
    lens: LensOption = None,
    client: ClientOption = None,
    client_after: ClientAfterOption = None,
    as_json: JsonOption = False,
    chart: ChartOption = None,
    primary: Annotated[
        bool, typer.Option("--primary", help="This movement was chosen, before the treatment, as the one that counts.")
    ] = False,
    explain: ExplainOption = False,
    budget_chart: BudgetChartOption = None,
    roll: RollOption = None,
    movements_file: OwnMovements = None,
) -> None:
    """Compare the range of motion before and after, and say whether the change is more than the measuring error."""
    wanted = Request.of((before, after), movement, side, model, movements_file).through(lens).rolled(roll)
    wanted = replace(wanted.pointing_at(client, client_after), every_frame=every_frame)
    check_outputs((before, after), (chart, CHART_SUFFIXES), (budget_chart, CHART_SUFFIXES))
    check_there(after)
    measured: list[RomMeasurement] = []
    try:
        for one in wanted.measure_pair(before, after):
            measured.append(one)
    except VideoError as error:
        if as_json:
            output.print_json(_no_comparison(before, after, measured, wanted, error, primary))
        raise
    found = wanted.compare((before, after), measured, primary=primary)
    if chart is not None:
        from rom_tracker.charts import comparison_chart, save_chart

        save_chart(comparison_chart(found), chart)
    budget_chart = _draw_budget(found.budget, f"Change of {found.before.movement.of_side(found.before.side).lower()}", budget_chart)
    if as_json:
        output.print_json(found.as_dict())
    else:
        _print_change(found, explain)
        if chart is None and found.verdict != "refused":
            output.hint("Add --chart change.png for a picture of it.")
        elif chart is not None:
            output.console().print(f"Chart: {escape(str(chart))}", soft_wrap=True)
        output.print_written(budget_chart)
    if found.verdict == "refused":
        raise typer.Exit(1)


def _print_change(found: Comparison, explain: bool) -> None:
    if found.verdict != "refused":
        output.console().print(output.measurement_table(("before", found.before), ("after", found.after)))
    output.print_flags(found.flags)
    output.console().print(output.change_lines(found))
    if found.verdict != "refused":
        output.console().print(detectable_words(found))
        output.console().print(escape(beside_words(found)), style="dim")
    for moment, one in (("Before", found.before), ("After", found.after)):
        print_checks(one.checks, everything=explain, whose=f"{moment}: ")
    if explain:
        print_budget(found.budget, "the change")


def _unreadable(video: Path, wanted: Request, error: VideoError) -> dict[str, Any]:
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
        "budget": None,
        "repetitions": [],
        "checks": [],
        "frames": 0,
        "seconds": 0.0,
    }


def _no_comparison(
    before: Path, after: Path, measured: list[RomMeasurement], wanted: Request, error: VideoError, primary: bool
) -> dict[str, Any]:
    """The JSON object of two recordings of which the first that is not ``measured`` cannot be read; none follows it."""
    unreadable = _unreadable((before, after)[len(measured)], wanted, error)
    return {
        "before": measured[0].as_dict() if measured else unreadable,
        "after": unreadable if measured else None,
        "change_deg": None,
        "interval_deg": None,
        "detectable_deg": None,
        "detectable_from": None,
        "p_value": None,
        "verdict": "refused",
        "role": "chosen beforehand" if primary else "exploratory",
        "flags": unreadable["flags"],
        "budget": None,
        "own_repeatability": None,
        "literature": None,
    }


def _no_sides(wanted: SidesRequest, measured: dict[Side, RomMeasurement], error: VideoError) -> dict[str, Any]:
    """The JSON object of two sides of which the first that is not ``measured`` cannot be read; none follows it."""
    lost = wanted.right if "left" in measured else wanted.left
    unreadable = {**_unreadable(wanted.videos[lost.side], lost, error), "norm": None}
    left = _with_norm(measured["left"], None) if "left" in measured else unreadable
    return {
        "movement": lost.movement.key,
        "left": left,
        "right": unreadable if lost.side == "right" else None,
        "difference_deg": None,
        "interval_deg": None,
        "detectable_deg": None,
        "budget": None,
        "verdict": "refused",
        "flags": unreadable["flags"],
    }


def _unreadable_flag(error: VideoError) -> dict[str, str]:
    return {"code": "unreadable", "message": output.sentence(str(error)), "severity": "refused"}
