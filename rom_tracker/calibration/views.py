"""Which views of the board are worth keeping, how much of the picture they cover, and what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rom_tracker.calibration.board import BoardFinder, BoardView
from rom_tracker.capture import Frame, FrameSource
from rom_tracker.errors import CalibrationError

#: The picture is divided into so many columns and rows.
COLUMNS, ROWS = 8, 5

#: A field with so many corners in it is covered.
CORNERS_A_FIELD = 4

#: A lens is calibrated with so many views at least, with so many the guide is content, and more than so many are not kept.
FEWEST_VIEWS, ENOUGH_VIEWS, MOST_VIEWS = 10, 15, 40

#: Share of the fields that is covered: below the first the lens is not calibrated, at the second the guide is content.
LEAST_COVERED, ENOUGH_COVERED = 0.6, 0.8

#: Views in which the board is turned by so many degrees about each axis: these tell the focal length.
TILT_DEG, TILTED_VIEWS = 20.0, 2

#: A view is another one where the corners have moved by this share of the picture's width, or the board has turned this far.
OTHER_PLACE, OTHER_TILT_DEG = 0.05, 12.0

#: The board must be as good as still: from one look to the next it moves less than this share of the picture's width.
STILL = 0.01

#: A view less sharp than this share of the sharpest one is blurred.
BLURRED = 0.6

#: The board is looked for this often, in seconds.
EVERY_S = 0.15

Offer = Literal["no board", "moving", "blurred", "known", "kept"]

#: The nine parts of the picture in words, and the fields that belong to each.
_ACROSS, _DOWN = ("left", "middle", "right"), ("upper", "middle", "lower")
_STRIPS, _BANDS = ((0, 3), (3, 5), (5, 8)), ((0, 2), (2, 3), (3, 5))


@dataclass(frozen=True, eq=False)
class Coverage:
    """How many corners of the board were seen in each field of the picture: ``corners`` is (row, column)."""

    corners: NDArray[np.int_]

    @classmethod
    def of(cls, views: list[BoardView]) -> Coverage:
        """Of views of one camera."""
        counts = np.zeros((ROWS, COLUMNS), dtype=np.int_)
        for view in views:
            fields = np.floor(view.corners_px / np.array(view.size) * (COLUMNS, ROWS)).astype(int)
            np.add.at(counts, (fields[:, 1].clip(0, ROWS - 1), fields[:, 0].clip(0, COLUMNS - 1)), 1)
        return cls(counts)

    @property
    def share(self) -> float:
        """Share of the fields that are covered, 0 to 1."""
        return float((self.corners >= CORNERS_A_FIELD).mean())

    @property
    def gaps(self) -> list[str]:
        """The parts of the picture of which less than half is covered, the emptiest first."""
        covered = self.corners >= CORNERS_A_FIELD
        shares = {}
        for down, band in zip(_DOWN, _BANDS, strict=True):
            for across, strip in zip(_ACROSS, _STRIPS, strict=True):
                shares[_part(down, across)] = covered[slice(*band), slice(*strip)].mean()
        return sorted((part for part, share in shares.items() if share < 0.5), key=lambda part: shares[part])

    def grid(self) -> str:
        """The picture as text: ``#`` covered, ``+`` a little, ``.`` not yet."""
        signs = np.where(self.corners >= CORNERS_A_FIELD, "#", np.where(self.corners > 0, "+", "."))
        edge = "+" + "-" * (2 * COLUMNS + 1) + "+"
        return "\n".join([edge, *(f"| {' '.join(row)} |" for row in signs), edge])


def _part(down: str, across: str) -> str:
    if down == across:
        return "middle"
    if down == "middle":
        return f"{across} edge"
    return f"{down} edge" if across == "middle" else f"{down} {across} corner"


class ViewKeeper:
    """Takes what the camera shows and keeps sharp views that differ."""

    def __init__(self) -> None:
        self.kept: list[BoardView] = []
        self.looked = 0
        self.seen = 0
        self._finder = BoardFinder()
        self._last: BoardView | None = None
        self._sharpest = 0.0

    @property
    def coverage(self) -> Coverage:
        """Of the views kept so far."""
        return Coverage.of(self.kept)

    @property
    def missing(self) -> list[str]:
        """What the person with the board should do next, the most important first; nothing when there is enough."""
        coverage, advice = self.coverage, []
        if coverage.share < ENOUGH_COVERED:
            advice += [f"bring it to the {part} of the picture" for part in coverage.gaps[:2]] or ["fill the fields that are empty"]
        about_vertical, about_horizontal = self._tilted()
        if about_vertical < TILTED_VIEWS:
            advice.append("turn it: left edge away from the camera, then the right edge")
        if about_horizontal < TILTED_VIEWS:
            advice.append("tilt it: upper edge away from the camera, then the lower edge")
        if not advice and len(self.kept) < ENOUGH_VIEWS:
            advice.append("show it nearer, farther and tilted otherwise")
        return advice

    def offer(self, frame: Frame) -> Offer:
        """Look for the board in a frame, and keep the view if it is sharp, still and another one."""
        self.looked += 1
        view = self._finder.find(frame)
        last, self._last = self._last, view
        if view is None:
            return "no board"
        self._check_size(view)
        self.seen += 1
        width = max(view.size)
        if last is None or view.moved_px(last) > STILL * width:
            return "moving"
        self._sharpest = max(self._sharpest, view.sharpness)
        if view.sharpness < BLURRED * self._sharpest:
            return "blurred"
        if len(self.kept) >= MOST_VIEWS or any(_alike(view, kept) for kept in self.kept):
            return "known"
        self.kept = [kept for kept in self.kept if kept.sharpness >= BLURRED * self._sharpest] + [view]
        return "kept"

    def check(self) -> None:
        """Refuse what no lens can be calibrated with.

        Raises
        ------
        CalibrationError
            No board, too few views, too little of the picture, or no tilt.
        """
        advice = "; ".join(self.missing) or "hold it still for a moment at each place"
        if not self.seen:
            raise CalibrationError(
                f"the board was not found in any of {self.looked} pictures; print it with `rom-tracker calibrate board`, and show "
                "it flat, in good light, without glare, and large: a third of the picture's width or more"
            )
        if len(self.kept) < FEWEST_VIEWS:
            raise CalibrationError(
                f"only {len(self.kept)} sharp and different views of the board were found, and {FEWEST_VIEWS} are needed; {advice}"
            )
        if (share := self.coverage.share) < LEAST_COVERED:
            raise CalibrationError(
                f"the board covered {share:.0%} of the picture, and {LEAST_COVERED:.0%} are needed, since a lens bends the most "
                f"near the edges; {advice}"
            )
        if min(self._tilted()) < TILTED_VIEWS:
            raise CalibrationError(
                f"the board was held square to the camera nearly all the time, which hides how wide the camera sees; {advice}"
            )

    def _tilted(self) -> tuple[int, int]:
        """How many views are tilted about the picture's vertical, and about its horizontal."""
        tilts = np.abs([view.tilt_deg for view in self.kept]).reshape(-1, 2)
        about_vertical, about_horizontal = (tilts >= TILT_DEG).sum(axis=0)
        return int(about_vertical), int(about_horizontal)

    def _check_size(self, view: BoardView) -> None:
        if self.kept and self.kept[0].size != view.size:
            raise CalibrationError("the picture changed its size on the way; record the board anew, at one resolution")


def _alike(a: BoardView, b: BoardView) -> bool:
    return a.moved_px(b) < OTHER_PLACE * max(a.size) and bool((np.abs(a.tilt_deg - b.tilt_deg) < OTHER_TILT_DEG).all())


def keep_views(
    source: FrameSource,
    *,
    live: bool = False,
    stop: Callable[[], bool] = lambda: False,
    on_look: Callable[[Frame, Offer, ViewKeeper], None] = lambda frame, offer, keeper: None,
) -> ViewKeeper:
    """Go through what a camera or a recording shows and keep views of the board.

    Parameters
    ----------
    source : FrameSource
    live : bool
        End as soon as nothing is missing; a recording is read to its end.
    stop : callable
        Asked after every frame.
    on_look : callable
        Called for every frame that was looked at.
    """
    keeper = ViewKeeper()
    looked_s = -EVERY_S
    for frame in source:
        if frame.time_s - looked_s >= EVERY_S - 1e-6:
            looked_s = frame.time_s
            on_look(frame, keeper.offer(frame), keeper)
            if live and not keeper.missing:
                break
        if stop():
            break
    return keeper
