"""The sample clips and what is known of them: rendered people with exact joint angles."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rom_tracker.errors import UsageError
from rom_tracker.landmarks import Side


@dataclass(frozen=True)
class SampleClip:
    """One clip of the sample videos.

    Attributes
    ----------
    path : Path
    movement : str
    side : {"left", "right"}
    moment : {"before", "after"} or None
    pair : str or None
        Clips of one client and movement, before and after, share it.
    peaks_deg : tuple of float
        True end range of every repetition, in degrees.
    """

    path: Path
    movement: str
    side: Side
    moment: Literal["before", "after"] | None
    pair: str | None
    peaks_deg: tuple[float, ...]

    @property
    def peak_deg(self) -> float:
        """Mean of the true end ranges in degrees."""
        return sum(self.peaks_deg) / len(self.peaks_deg)


def sample_folder() -> Path:
    """Where the sample clips are: inside the installed package, or beside it in a checkout.

    Raises
    ------
    UsageError
        They are at neither place.
    """
    package = Path(__file__).parent
    for folder in (package / "sample_videos", package.parent / "sample_videos"):
        if (folder / "manifest.toml").is_file():
            return folder
    raise UsageError("The sample clips are not installed. Clone the project and install it from there.")


def sample_clips() -> list[SampleClip]:
    """All sample clips, in the order of the manifest."""
    folder = sample_folder()
    entries = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))["clip"]
    return [
        SampleClip(
            path=folder / entry["file"],
            movement=entry["movement"],
            side=entry["side"],
            moment=entry.get("moment"),
            pair=entry.get("pair"),
            peaks_deg=tuple(entry["peaks_deg"]),
        )
        for entry in entries
    ]


def sample_pairs() -> list[tuple[SampleClip, SampleClip]]:
    """The clips that come in pairs: before, after."""
    pairs: dict[str, dict[str, SampleClip]] = {}
    for clip in sample_clips():
        if clip.pair is not None and clip.moment is not None:
            pairs.setdefault(clip.pair, {})[clip.moment] = clip
    return [(pair["before"], pair["after"]) for pair in pairs.values()]
