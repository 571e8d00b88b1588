"""``record``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from rom_tracker.cli import output
from rom_tracker.cli.request import MovementOption, OwnMovements, SideOption, movement_asked_for, side_asked_for

if TYPE_CHECKING:
    from rom_tracker.capture import Frame, Recording


def record(
    out: Annotated[Path, typer.Argument(help="The recording to write (.mkv).")],
    movement: MovementOption = None,
    side: SideOption = None,
    moment: Annotated[str, typer.Option("--moment", help="before or after the treatment.")] = "before",
    client: Annotated[str, typer.Option("--client", help="A label for the client; no name is needed.")] = "",
    camera: Annotated[str, typer.Option("--camera", help="Number or name of the camera.")] = "0",
    duration: Annotated[float | None, typer.Option("--duration", help="Stop after so many seconds.", min=0.1)] = None,
    countdown: Annotated[float, typer.Option("--countdown", help="Seconds to get into position.", min=0)] = 5.0,
    preview: Annotated[bool, typer.Option(help="Show the camera's picture while recording, where there is a screen.")] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a recording of the same name.")] = False,
    movements_file: OwnMovements = None,
) -> None:
    """Record a movement from a camera, with a countdown; stop with Ctrl-C, or with q in the picture."""
    from rom_tracker.capture import Camera, RecordingInfo
    from rom_tracker.capture import record as recorded

    entry = movement_asked_for(movement, movements_file)
    side = side_asked_for(side, entry) if entry.sided else None
    source = Camera(int(camera) if camera.isdecimal() else camera)
    about = RecordingInfo(client=client, movement=entry.key, side=side, moment=moment, camera=source.label)
    view: _View = Window() if preview and has_screen() else _Terminal()

    @cache
    def tell_the_set_up() -> None:
        output.hint(f"{entry.title}: {entry.position}. Camera {entry.camera_words}.")

    def count_down(remaining_s: float, frame: Frame) -> None:
        tell_the_set_up()
        view.show(frame, f"starts in {remaining_s:.0f}")

    with stopped_by_ctrl_c() as stop, view:
        found = recorded(
            source,
            out,
            about,
            duration_s=duration,
            stop=lambda: stop() or view.closed(),
            countdown_s=countdown,
            on_countdown=count_down,
            on_frame=lambda frame: view.show(frame, f"recording {frame.time_s:.0f} s"),
            overwrite=overwrite,
        )
    _print_recording(found)


def _print_recording(found: Recording) -> None:
    timing = found.info.timing
    if timing is None:
        return
    said = f"{found.path}: {timing.frames} frames in {timing.duration_s:.1f} s"
    if timing.median_fps is not None and timing.longest_gap_s is not None:
        said += (
            f", {timing.median_fps:.1f} a second, longest gap {timing.longest_gap_s * 1000:.0f} ms, {timing.missed_frames} missed"
        )
    output.console().print(said, soft_wrap=True, markup=False)
    output.hint(f"Measure it with: rom-tracker measure {found.path}")


class _View(Protocol):
    def __enter__(self) -> _View: ...

    def __exit__(self, *exc: object) -> None: ...

    def show(self, frame: Frame, message: str) -> None: ...

    def closed(self) -> bool: ...


class _Terminal:
    """Says on standard error what goes on, a line at every change."""

    def __init__(self) -> None:
        self._said = ""

    def __enter__(self) -> _Terminal:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def show(self, frame: Frame, message: str) -> None:
        if message != self._said and (message.startswith("starts") or not self._said.startswith("recording")):
            output.hint(message if message.startswith("starts") else "recording; Ctrl-C stops")
        self._said = message

    def closed(self) -> bool:
        return False


class Window:
    """Shows the picture as in a mirror, as people expect; what is recorded is never mirrored."""

    name = "rom-tracker: q stops"

    def __init__(self) -> None:
        self._closed = False

    def __enter__(self) -> Window:
        os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")
        return self

    def __exit__(self, *exc: object) -> None:
        import cv2

        cv2.destroyAllWindows()

    def show(self, frame: Frame, message: str) -> None:
        """Show a frame and words over it."""
        import cv2

        picture = cv2.flip(frame.image, 1)
        height = picture.shape[0]
        place, scale = (height // 30, height // 10), height / 500
        for colour, width in (((0, 0, 0), 6), ((255, 255, 255), 2)):
            cv2.putText(picture, message, place, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, max(1, round(width * scale)), cv2.LINE_AA)
        cv2.imshow(self.name, picture)
        self._closed |= cv2.waitKey(1) & 0xFF in (ord("q"), 27)

    def closed(self) -> bool:
        """Whether q was pressed."""
        return self._closed


@contextmanager
def stopped_by_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Ctrl-C ends the recording in good order; the second one ends the program."""
    pressed = False

    def press(number: int, frame: object) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


def has_screen() -> bool:
    """Whether there is a screen to show pictures on."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
