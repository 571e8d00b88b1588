"""The examples in the docstrings run."""

import doctest
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

import rom_tracker

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(rom_tracker.__path__, "rom_tracker.") if "__main__" not in module.name
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    assert doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    assert sum(len(test.examples) for name in MODULES for test in finder.find(import_module(name))) > 10
