"""``calibrate``: the lens of a camera with a printed board, its angles with a printed card."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from rom_tracker.cli import output
from rom_tracker.cli.recording import Window, has_screen, stopped_by_ctrl_c
from rom_tracker.errors import CalibrationError, UsageError

if TYPE_CHECKING:
    from rom_tracker.calibration.card import CardReading
    from rom_tracker.calibration.solve import Calibration
    from rom_tracker.calibration.views import Offer, ViewKeeper
    from rom_tracker.capture import Frame
    from rom_tracker.capture.lens import LensProfile

app = typer.Typer(
    name="calibrate",
    help="Calibrate a camera: its lens with a printed board, its angles with a printed card.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PaperOption = Annotated[str, typer.Option("--paper", help="a4 or letter.")]

_SAID = {
    "no board": "no board seen",
    "moving": "hold it still",
    "blurred": "blurred: hold it still, or more light",
    "known": "this view is kept already",
    "kept": "kept",
}


@app.command()
def board(
    out: Annotated[Path, typer.Option("--out", help="The file to write (.pdf).")] = Path("board.pdf"),
    paper: PaperOption = "a4",
) -> None:
    """Write the board for calibrating a lens, to be printed at 100 %."""
    from rom_tracker.calibration.sheets import board_sheet, save_sheet

    _check_out(out, ".pdf")
    save_sheet(board_sheet(paper), out)
    output.print_written(out)
    output.hint("Print it at 100 %, glue it to something flat and stiff, then: rom-tracker calibrate lens --camera 0")


@app.command()
def lens(
    camera: Annotated[str | None, typer.Option("--camera", help="Number or name of the camera, as `record` takes it.")] = None,
    video: Annotated[
        Path | None, typer.Option("--video", help="A recording of the board moved about, instead of a camera.")
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", help="What to call the camera of --video; otherwise as its recording does.")
    ] = None,
    ruler_mm: Annotated[
        float | None, typer.Option("--ruler-mm", help="Length of the board's printed ruler; angles do not depend on it.", min=10)
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the profile here (.json) instead of keeping it.")] = None,
    preview: Annotated[bool, typer.Option(help="Show the camera's picture, where there is a screen.")] = True,
) -> None:
    """Measure how a camera's lens bends the picture; stop with Ctrl-C, or with q in the picture."""
    from rom_tracker.calibration.solve import calibrate

    if (camera is None) == (video is None):
        raise UsageError("Which one: --camera 0 to show the board to a camera now, or --video FILE of the board moved about?")
    if out is not None:
        _check_out(out, ".json")
    keeper, name = _from_camera(camera, preview) if camera is not None else _from_video(video, label)
    output.console().print(_coverage_words(keeper), markup=False)
    keeper.check()
    found = calibrate(keeper.kept, name, date.today())
    path = found.lens.save(out)
    _print_calibration(found, ruler_mm)
    output.print_written(path)
    by_record = out is None and (video is None or _recorded_with(video) == name)
    if by_record:
        output.hint(f'Recordings that `record` makes with "{name}" at this resolution use it by themselves.')
    which = "Other recordings" if by_record else "Recordings"
    output.hint(f"{which} of this camera: add --lens {path}. Calibrate again when camera, zoom or resolution change.")


@app.command("list")
def list_profiles(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show the profiles that are kept."""
    from rich.table import Table

    from rom_tracker.capture.lens import LensProfile, kept_profiles, lens_folder

    profiles: list[tuple[Path, LensProfile]] = []
    for path in kept_profiles():
        try:
            profiles.append((path, LensProfile.load(path)))
        except CalibrationError as error:
            output.hint(output.sentence(str(error)))
    if as_json:
        output.print_json([{"file": str(path), **profile.as_dict()} for path, profile in profiles])
        return
    table = Table("camera", "pixels", "sees across", "k1", "error", "views", "made on", "file")
    for path, profile in profiles:
        row = (
            profile.camera, f"{profile.size[0]}x{profile.size[1]}", f"{profile.field_deg:.0f}°", f"{profile.distortion[0]:+.3f}",
            f"{profile.error_px:.2f} px", str(profile.views), profile.made_on.isoformat(), path.name,
        )  # fmt: skip
        table.add_row(*map(escape, row))
    output.console().print(table if profiles else "No profiles yet: `rom-tracker calibrate lens --camera 0` makes one.")
    output.console().print(f"Folder: {lens_folder()}", soft_wrap=True, markup=False)


@app.command()
def card(
    image: Annotated[Path | None, typer.Option("--image", help="A picture of the card.")] = None,
    video: Annotated[Path | None, typer.Option("--video", help="A recording of the card held still.")] = None,
    profile: Annotated[
        Path | None, typer.Option("--lens", help="Lens profile of the camera (JSON); otherwise as `measure`.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the card to print (.pdf), instead of reading it.")] = None,
    paper: PaperOption = "a4",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell how wrong a camera reads printed angles, and how it is tilted; or write the card to print."""
    if sum(given is not None for given in (image, video, out)) != 1:
        raise UsageError("Which one: --out card.pdf to print the card, or --image FILE or --video FILE that shows it?")
    if out is not None:
        from rom_tracker.calibration.sheets import card_sheet, save_sheet

        _check_out(out, ".pdf")
        save_sheet(card_sheet(paper), out)
        output.print_written(out)
        output.hint("Print it at 100 %, hold it where the joint will be, take a picture: rom-tracker calibrate card --image FILE")
        return
    found = _read_card(image, video, profile)
    if as_json:
        output.print_json(found.as_dict())
    else:
        _print_card(found)


def _from_camera(camera: str, preview: bool) -> tuple[ViewKeeper, str]:
    from rom_tracker.calibration.views import keep_views
    from rom_tracker.capture import Camera

    source = Camera(int(camera) if camera.isdecimal() else camera)
    output.hint("Move the board about in the picture, near and far, and tilt it; hold it still for a moment at each place.")
    with stopped_by_ctrl_c() as stop, contextlib.ExitStack() as shown:
        window = shown.enter_context(Window()) if preview and has_screen() else None
        guide = shown.enter_context(_guide())

        def show(frame: Frame, offer: Offer, keeper: ViewKeeper) -> None:
            guide(offer, keeper)
            if window is not None:
                window.show(frame, _next_words(offer, keeper))

        keeper = keep_views(source, live=True, stop=lambda: stop() or (window is not None and window.closed()), on_look=show)
    return keeper, source.label


def _from_video(video: Path | None, label: str | None) -> tuple[ViewKeeper, str]:
    from rom_tracker.calibration.views import keep_views
    from rom_tracker.capture import VideoFile

    assert video is not None
    source = VideoFile(video)
    with output.progress_bar(f"Looking for the board in {video.name}") as progress:
        keeper = keep_views(source, on_look=lambda frame, offer, keeper: progress(frame.time_s, source.expected_duration_s))
    return keeper, label or _recorded_with(video) or f"camera of {video.name}"


def _recorded_with(video: Path) -> str:
    """The camera that `record` noted beside a recording; "" where it noted none."""
    from rom_tracker.capture import read_sidecar

    about = read_sidecar(video)
    return "" if about is None else about.camera or ""


@contextlib.contextmanager
def _guide() -> Iterator[Callable[[Offer, ViewKeeper], None]]:
    """Shows what is covered and what to do next: in place on a terminal, otherwise a line at every change of the advice."""
    shown = output.side_console()
    if shown.is_terminal:
        from rich.live import Live
        from rich.text import Text

        with Live(console=shown, auto_refresh=False, transient=True) as live:
            yield lambda offer, keeper: live.update(Text(f"{_coverage_words(keeper)}\n{_next_words(offer, keeper)}"), refresh=True)
        return
    said: list[str] = []

    def say(offer: Offer, keeper: ViewKeeper) -> None:
        words = f"{len(keeper.kept)} views, {keeper.coverage.share:.0%} covered: {'; '.join(keeper.missing) or 'enough'}"
        if said[-1:] != [words]:
            said.append(words)
            output.hint(words)

    yield say


def _next_words(offer: Offer, keeper: ViewKeeper) -> str:
    return f"{_SAID[offer]}; next: {(keeper.missing or ['enough'])[0]}"


def _coverage_words(keeper: ViewKeeper) -> str:
    coverage = keeper.coverage
    return (
        f"{coverage.grid()}\n{coverage.share:.0%} of the picture covered by {len(keeper.kept)} views (# covered, + a little, . not)"
    )


def _print_calibration(found: Calibration, ruler_mm: float | None) -> None:
    from rom_tracker.calibration.effect import usual_and_worst_deg
    from rom_tracker.calibration.sheets import RULER_MM

    lens = found.lens
    console = output.console()
    console.print(f"{lens.camera}, {lens.size[0]}x{lens.size[1]} pixels: {lens.views} views used", markup=False)
    if found.left_out:
        console.print(f"Left out: {found.left_out} views that did not fit the others.")
    sure = f"standard deviation {found.field_sd_deg:.1f}°"
    console.print(f"Sees across: {lens.field_deg:.1f}° ({sure}). Distortion: k1 {lens.distortion[0]:+.3f}.")
    console.print(f"Reprojection error: {found.words}")
    usual, worst = usual_and_worst_deg(lens)
    console.print(
        f"Without the profile, a joint near the left or right edge reads {usual:.1f}° wrong, usually, and {worst:.1f}° at worst."
    )
    scale = 1.0 if ruler_mm is None else ruler_mm / RULER_MM
    nearest, farthest = (distance * scale / 1000 for distance in found.distances_mm)
    console.print(f"The board was {nearest:.2f} to {farthest:.2f} m away.")
    if ruler_mm is None:
        output.hint(
            f"These metres hold for a board printed at 100 %: measure its ruler of {RULER_MM} mm, and tell with --ruler-mm. "
            "Angles do not depend on it."
        )


def _read_card(image: Path | None, video: Path | None, profile: Path | None) -> CardReading:
    from rom_tracker.calibration.card import read_card
    from rom_tracker.capture import VideoFile
    from rom_tracker.capture.lens import LensProfile, lens_of

    given = None if profile is None else LensProfile.load(profile)
    if image is not None:
        from rom_tracker.calibration.card import picture_frame

        return read_card([picture_frame(image)], given)
    assert video is not None
    source = VideoFile(video)
    return read_card(source, given or lens_of(video, source.size))


def _print_card(found: CardReading) -> None:
    from rich.table import Table

    with_profile = found.arms[0].undistorted_deg is not None
    table = Table("printed", "in the picture", *(["lens undone"] if with_profile else []), "error")
    for arm in found.arms:
        undone = [output.angle(arm.undistorted_deg)] if with_profile else []
        table.add_row(f"{arm.printed_deg:.0f}°", output.angle(arm.filmed_deg), *undone, f"{arm.error_deg:+z.1f}°")
    console = output.console()
    console.print(table)
    slope = "rises" if found.roll_deg >= 0 else "falls"
    console.print(f"The card's lower edge {slope} to the right by {abs(found.roll_deg):.1f}°.")
    rough = "" if with_profile else ", roughly, since the lens is not known"
    console.print(f"The card is turned by {found.turned_deg:.0f}° from the picture plane{rough}.")
    console.print(f"Seen in {found.frames} {'picture' if found.frames == 1 else 'pictures'}.")
    for advice in found.advice:
        console.print(f"- {advice}", markup=False)


def _check_out(out: Path, suffix: str) -> None:
    from rom_tracker.output_files import check_writable

    if out.suffix.lower() != suffix:
        raise UsageError(f'Expected a file name ending in {suffix}, got "{out}".')
    check_writable(out)
