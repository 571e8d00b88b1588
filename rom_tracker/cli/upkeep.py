"""``movements``, ``models`` and ``check``: what there is, and whether it works."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from rom_tracker import __version__
from rom_tracker.cli import output
from rom_tracker.errors import RomTrackerError

if TYPE_CHECKING:
    from rom_tracker.movements import Movement

#: A minute of recording at 720p takes about this much, in bytes: 210 kB a picture, 30 a second.
MINUTE_OF_RECORDING_BYTES = 380_000_000

#: The self-test passes where the angle of the sample clip comes out this close to its true one, in degrees.
KNOWN_ANGLE_WITHIN_DEG = 5.0


def version_option(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """Options of the program as a whole."""
    if version:
        output.console().print(__version__)
        raise typer.Exit


def movements(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]", help="A movement to tell all about, or a joint to list those of.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    movements_file: Annotated[Path | None, typer.Option("--movements-file", help="A file with movements of your own.")] = None,
) -> None:
    """List the movements that can be measured, or tell all about one."""
    from rom_tracker.movements import load_catalogue

    catalogue = load_catalogue(movements_file)
    name = " ".join(words or ())
    of_joint = [entry for entry in catalogue.movements.values() if name.lower() in ("", entry.joint.lower())]
    chosen = of_joint or [catalogue[name]]
    if as_json:
        output.print_json([entry.model_dump(mode="json", by_alias=True) for entry in chosen])
    elif of_joint:
        _print_movements(of_joint, list(catalogue.unmeasurable))
    else:
        output.console().print(_movement_table(chosen[0]))


def _movement_table(entry: Movement) -> Table:
    """All about one movement."""
    table = Table(show_header=False, title=escape(entry.title), title_justify="left", title_style="bold")
    measured = "; ".join(f"{one.title.lower()} (up to {one.limit_deg:g}°)" for one in entry.compensations)
    rows = {
        "name": entry.key,
        "what is measured": entry.definition,
        "starting position": entry.position,
        "camera": entry.camera_words,
        "better is": entry.better,
        "watch out for": entry.compensation,
        "measured beside it": measured or "nothing",
        "how well one camera sees it": ": ".join(part for part in (entry.feasibility, entry.feasibility_note) if part),
        "measuring error": f"{entry.residual_deg:g}° (root mean square)"
        + ("" if entry.evidence == "own" else ", borrowed from other movements"),
        "no joint goes beyond": f"{entry.limits_deg[0]:g}° to {entry.limits_deg[1]:g}°",
        "source": entry.source,
    }
    for key, value in rows.items():
        table.add_row(key, escape(value))
    return table


def _print_movements(entries: list[Movement], unmeasurable: list[str]) -> None:
    """The movements by joint, and what cannot be measured."""
    table = Table("joint", "movement", "camera", "how well seen")
    joint = None
    for entry in entries:
        table.add_row(entry.joint if entry.joint != joint else "", escape(entry.key), entry.camera, entry.feasibility)
        joint = entry.joint
    output.console().print(table)
    output.console().print(f"Not with one camera: {', '.join(unmeasurable)}.")
    output.hint("`rom-tracker movements NAME` tells all about one; `rom-tracker protocols WORD` finds it by muscle or complaint.")


def models(
    fetch: Annotated[bool, typer.Option("--fetch", help="Fetch the files named, or those of the default model.")] = False,
    names: Annotated[list[str] | None, typer.Argument(help="Files to fetch, such as pose_heavy.")] = None,
    install: Annotated[
        Path | None, typer.Option("--from", help="Install from this file or folder, without a network.", metavar="FILE_OR_FOLDER")
    ] = None,
) -> None:
    """Show the model files, fetch them, or install them from a file or folder."""
    from rom_tracker.pose.models import DEFAULT_MODEL, fetch_models, install_models, model_states, models_folder

    if install is not None:
        for model in install_models(install):
            output.console().print(f"installed {model.key}")
    elif fetch or names:
        with fetching() as progress:
            fetch_models(names or [DEFAULT_MODEL], progress)
    table = Table("file", "state", "size", "for", "comes from")
    for state in model_states():
        style = {"ready": "green", "missing": "dim", "damaged": "red"}[state.state]
        size = f"{state.model.size_bytes / 1e6:.1f} MB"
        table.add_row(state.model.key, f"[{style}]{state.state}[/]", size, state.model.purpose, state.model.source)
    output.console().print(table)
    output.console().print(f"Folder: {models_folder()}", soft_wrap=True, markup=False)


class fetching:  # noqa: N801 - used like a function
    """Shows what is fetched, with a bar on a terminal, from the first byte on."""

    def __enter__(self) -> Callable[[str, int, int | None], None]:
        self._bar = contextlib.ExitStack()
        self._update: Callable[[float, float | None], None] | None = None
        return self._show

    def __exit__(self, *exc: object) -> None:
        self._bar.close()

    def _show(self, what: str, done: int, total: int | None) -> None:
        if self._update is None:
            self._update = self._bar.enter_context(output.progress_bar("Fetching the model files"))
        self._update(done, total)


def check() -> None:
    """Check this computer: models, camera, disk, and a self-test with a known angle."""
    table = Table("", "what", "found")
    good = True
    for what, test, needed in (
        ("pose model", _check_model, True),
        ("known angle", _check_known_angle, True),
        ("disk", _check_disk, True),
        ("camera", _check_camera, False),
    ):
        try:
            passed, found = test()
        except RomTrackerError as error:
            passed, found = False, str(error)
        good &= passed or not needed
        sign = "[green]ok[/]" if passed else ("[red]no[/]" if needed else "[yellow]none[/]")
        table.add_row(sign, what, escape(found))
    output.console().print(table)
    if not good:
        raise typer.Exit(1)


def _check_model() -> tuple[bool, str]:
    from rom_tracker.pose.models import DEFAULT_MODEL, ensure_model

    with fetching() as progress:
        return True, str(ensure_model(DEFAULT_MODEL, progress))


def _check_known_angle() -> tuple[bool, str]:
    from rom_tracker.analysis.measuring import measure_poses
    from rom_tracker.capture import VideoFile
    from rom_tracker.movements import load_catalogue
    from rom_tracker.pose.attention import of_the_body
    from rom_tracker.pose.estimator import estimate_poses
    from rom_tracker.pose.mediapipe import MediaPipeEstimator
    from rom_tracker.sample_clips import sample_clips

    clip = sample_clips()[0]
    movement = load_catalogue()[clip.movement]
    attention = of_the_body(movement, clip.side, "full")
    with output.progress_bar("Measuring a known angle") as progress:
        poses = estimate_poses(VideoFile(clip.path), MediaPipeEstimator("full"), progress, attention)
    found = measure_poses(poses, movement, clip.side)
    if found.peak_deg is None:
        return False, "the sample clip was refused: " + " ".join(flag.message for flag in found.flags)
    said = f"{found.movement.title.lower()}: measured {found.peak_deg:.1f}°, true {clip.peak_deg:.1f}°"
    return abs(found.peak_deg - clip.peak_deg) <= KNOWN_ANGLE_WITHIN_DEG, said


def _check_disk() -> tuple[bool, str]:
    free = shutil.disk_usage(Path.cwd()).free
    minutes = free / MINUTE_OF_RECORDING_BYTES
    return minutes > 5, f"{free / 1e9:.1f} GB free here, room for about {minutes:.0f} minutes of recording at 720p"


def _check_camera() -> tuple[bool, str]:
    from rom_tracker.capture import list_cameras

    found = list_cameras()
    if not found:
        return False, "no camera was found; plug one in, and allow this program to use it in the system's privacy settings"
    return True, ", ".join(f"{camera.index}: {camera.name}" for camera in found)
