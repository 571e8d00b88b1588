from __future__ import annotations

from pathlib import Path

import pytest
from boards import TOUR, WIDE, Image, board_sheet, filmed

from rom_tracker.calibration.views import ViewKeeper


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ROM_TRACKER_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(scope="session")
def sheet() -> Image:
    return board_sheet()


@pytest.fixture(scope="session")
def pictures(sheet: Image) -> list[Image]:
    """The board moved about before a wide webcam."""
    return [filmed(sheet, pose, WIDE, noise=2, supersampled=2) for pose in TOUR]


@pytest.fixture(scope="session")
def kept(pictures: list[Image]) -> ViewKeeper:
    from boards import Film

    from rom_tracker.calibration.views import keep_views

    return keep_views(Film.of(pictures))
