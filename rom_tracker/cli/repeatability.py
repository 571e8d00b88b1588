"""``repeatability``: what this place's own measurements differ by without a treatment."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from rom_tracker.cli import output
from rom_tracker.cli.noted import camera_of
from rom_tracker.cli.request import (
    CHART_SUFFIXES,
    ChartOption,
    JsonOption,
    LensOption,
    ModelOption,
    MovementOption,
    OwnMovements,
    Request,
    SideOption,
    check_outputs,
    model_asked_for,
    movement_asked_for,
)
from rom_tracker.cli.retests import Lost, Measured, find_retests, measure_retests, noted_movement
from rom_tracker.errors import UsageError

if TYPE_CHECKING:
    from rom_tracker.analysis.reliability import Repeatability
    from rom_tracker.movements import Movement

#: Keys of the JSON object that are null where nothing could be measured.
RESULTS = (
    "clients", "sem_deg", "sem_interval_deg", "degrees_of_freedom", "mdc95_deg", "detectable_deg", "icc", "bland_altman",
)  # fmt: skip


def repeatability(
    recordings: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Test and retest of one client; or a folder of NAME-test and NAME-retest; or a table (.csv) with the columns "
            "client, test, retest, side. Nothing: how to go about it."
        ),
    ] = None,
    movement: MovementOption = None,
    side: SideOption = None,
    camera: Annotated[str | None, typer.Option("--camera", help="Label of the camera, where it is not noted beside them.")] = None,
    model: ModelOption = "auto",
    lens: LensOption = None,
    as_json: JsonOption = False,
    chart: ChartOption = None,
    save: Annotated[bool, typer.Option(help="Keep the result, so that `compare` uses it.")] = True,
    movements_file: OwnMovements = None,
) -> None:
    """Find out how well your measurements repeat, from clients measured twice without a treatment; `compare` then uses it."""
    if not recordings:
        if as_json:
            raise UsageError("Which recordings? Name test and retest, a folder or a table; without --json this tells how.")
        _print_guide(movement_asked_for(movement, movements_file) if movement else None)
        return
    retests = find_retests(recordings)
    entry = movement_asked_for(movement or noted_movement(retests), movements_file)
    model = model_asked_for(model, entry)
    _check(retests_are_pairs=len(retests) > 1, save=save, chart=chart)
    check_outputs(tuple(path for retest in retests for path in retest.recordings), (chart, CHART_SUFFIXES))
    measured, lost = measure_retests(
        retests, entry, lambda paths, given: Request.of(paths, entry.key, given or side, model, movements_file).through(lens)
    )
    if camera is None:
        camera = camera_of(path for one in measured for path in one.retest.recordings)
    found = _evaluated(measured)
    kept = _keep(found, entry, camera, model) if found is not None and save else None
    drawn = found is not None and chart is not None and _draw(found, entry, chart)
    if as_json:
        output.print_json(_as_dict(entry, camera, model, found, measured, lost, kept))
    else:
        _print_all(entry, camera, found, measured, lost, kept)
        output.print_written(chart if drawn else None)
    if found is None:
        raise typer.Exit(1)


def _check(*, retests_are_pairs: bool, save: bool, chart: Path | None) -> None:
    """Refuse before the long work."""
    from rom_tracker.repeatability_table import check_table

    if chart is not None and not retests_are_pairs:
        raise UsageError("A chart shows the differences of two pairs or more: give a folder or a table of them.")
    if save:
        check_table()


def _evaluated(measured: list[Measured]) -> Repeatability | None:
    from rom_tracker.analysis.reliability import Repeated, repeatability_of

    return repeatability_of([Repeated(one.retest.client, one.peaks_deg) for one in measured]) if measured else None


def _keep(found: Repeatability, movement: Movement, camera: str | None, model: str) -> Path:
    from rom_tracker.analysis.reliability import OwnRepeatability
    from rom_tracker.repeatability_table import save_own

    today = date.today().isoformat()
    return save_own(OwnRepeatability(movement.key, camera or "", model, found.error, found.clients, today))


def _draw(found: Repeatability, movement: Movement, chart: Path) -> bool:
    from rom_tracker.charts import bland_altman_chart, save_chart

    if found.agreement is None:
        output.hint("No chart: too few pairs are left.")
        return False
    save_chart(bland_altman_chart(found, movement.title), chart)
    return True


def _as_dict(
    movement: Movement,
    camera: str | None,
    model: str,
    found: Repeatability | None,
    measured: list[Measured],
    lost: list[Lost],
    kept: Path | None,
) -> dict[str, Any]:
    return {
        "movement": movement.key,
        "camera": camera,
        "model": model,
        "measured": [one.as_dict() for one in measured],
        "lost": [one.as_dict() for one in lost],
        **({**dict.fromkeys(RESULTS), "notes": []} if found is None else found.as_dict()),
        "saved": None if kept is None else str(kept),
    }


def _print_all(
    movement: Movement,
    camera: str | None,
    found: Repeatability | None,
    measured: list[Measured],
    lost: list[Lost],
    kept: Path | None,
) -> None:
    if found is not None:
        output.console().print(_retest_table(measured, movement))
        output.console().print(_result_table(found, movement))
        output.print_flags(found.notes)
    for one in lost:
        output.console().print(f"x Left out: {escape(one.retest.client)}: {escape(one.reason)}")
    if found is None:
        output.console().print("[bold red]Nothing could be measured[/], so nothing is given.")
    if any("Which side?" in one.reason for one in lost):
        output.hint("Of clients with different sides: give a table (.csv) with the columns client, test, retest, side.")
    if kept is not None:
        whose = f"camera {camera!r}" if camera else "any camera"
        words = f"Kept for {movement.key} and {whose}; `compare` asks a change to exceed it too: {kept}"
        output.console().print(escape(words), soft_wrap=True)
        if not camera:
            output.hint("Which camera filmed is not noted beside the recordings; --camera LABEL keeps it for that one alone.")


def _retest_table(measured: list[Measured], movement: Movement) -> Table:
    table = Table("client", title=f"{escape(movement.title)}, end ranges", title_justify="left", title_style="bold")
    for name in (*(["side"] if movement.sided else []), "test, retest", "last less first"):
        table.add_column(name, justify="left" if name == "side" else "right")
    for one in measured:
        values = ", ".join(output.angle(value) for value in one.peaks_deg)
        difference = f"{one.peaks_deg[-1] - one.peaks_deg[0]:+z.1f}°"
        table.add_row(escape(one.retest.client), *([one.side] if movement.sided else []), values, difference)
    return table


def _result_table(found: Repeatability, movement: Movement) -> Table:
    """The numbers, their 95 % intervals, and what they say in plain words."""
    repeats, clients = found.error.degrees_of_freedom, found.clients
    many = f"{repeats} {'repeat' if repeats == 1 else 'repeats'} of {clients} {'client' if clients == 1 else 'clients'}"
    table = Table(title=f"Repeatability from {many}", title_justify="left", title_style="bold")
    for name in ("", "value", "95 % interval", "in plain words"):
        table.add_column(name, justify="right" if name in ("value", "95 % interval") else "left")
    asked = output.angle(found.error.detectable_deg) if found.error.enough else "-"
    rows = [
        ("Standard error of measurement", output.angle(found.error.sem_deg), output.interval(found.error.interval_deg),
         "by how much one measurement is off, as a standard deviation"),
        ("Minimal detectable change (MDC95)", output.angle(found.error.mdc95_deg), "",
         "1.96 times the square root of 2 times the line above"),
        ("Change that compare asks for", asked, "", f"the same with Student's t for {many}, as few repeats tell little"),
    ]  # fmt: skip
    if found.icc is not None:
        low, high = found.icc.interval
        words = "how well clients are told apart: 1 perfectly, 0 or less not at all"
        rows.append(("Intraclass correlation, ICC(2,1)", f"{found.icc.value:.2f}", f"{low:.2f} to {high:.2f}", words))
    if found.agreement is not None:
        bias, limits, ends = found.agreement.bias_deg, found.agreement.limits_deg, found.agreement.limit_intervals_deg
        rows += [
            (
                "Bias, retest less test",
                f"{bias:+z.1f}°",
                _signed(found.agreement.bias_interval_deg),
                "how retests differ on average",
            ),
            ("Lower limit of agreement", f"{limits[0]:+z.1f}°", _signed(ends[0]), "about 95 of 100 retests differ from the test"),
            ("Upper limit of agreement", f"{limits[1]:+z.1f}°", _signed(ends[1]), "by no less and no more than these two"),
        ]
    for row in rows:
        table.add_row(*row)
    return table


def _signed(interval_deg: tuple[float, float]) -> str:
    return f"{interval_deg[0]:+z.1f}° to {interval_deg[1]:+z.1f}°"


def _print_guide(movement: Movement | None) -> None:
    """How to record test and retest."""
    key = movement.key if movement is not None else "MOVEMENT"
    side = "" if movement is not None and not movement.sided else " --side left"
    film = "rom-tracker record {0}-{1}.mkv --movement " + key + side + " --client {0}"
    steps = (
        "No treatment comes in between; that is what makes it a retest.",
        "Warm up: four or five repetitions that are not filmed, before the test and again before the retest.",
        *([f"Set up. {movement.title}: {movement.position}. Camera {movement.camera_words}."] if movement is not None else []),
        f"Test: {film.format('ann', 'test')}",
        "Let the client step away, walk about and come back. Move the camera away and put it up again, as on another day.",
        f"Retest: {film.format('ann', 'retest')}",
        "The same with other clients, all into one folder. Three repeats are the least, ten tell something, thirty are advised.",
        f"Evaluate: rom-tracker repeatability FOLDER --movement {key} --chart repeatability.png",
    )
    for number, step in enumerate(steps, 1):
        output.console().print(f"{number}. {step}", soft_wrap=True, markup=False)
