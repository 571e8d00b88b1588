"""Its being here puts this folder on the import path, so that tests in the folders below find ``stick_figure``."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("rom_tracker", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("rom_tracker")


@pytest.fixture(autouse=True)
def no_movements_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests see the built-in movements only, whoever runs them."""
    nowhere = Path(tmp_path_factory.getbasetemp()) / "no movements here.toml"
    monkeypatch.setattr("rom_tracker.movements.catalogue.user_movements_file", lambda: nowhere)
