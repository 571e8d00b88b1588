"""Style, types and the direction of imports, checked like everything else."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "ruff", "check", "."],
        [sys.executable, "-m", "ruff", "format", "--check", "."],
        [sys.executable, "-m", "mypy"],
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    ],
    ids=["ruff", "format", "mypy", "imports"],
)
def test_quality(command: list[str]) -> None:
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_help_does_not_import_what_is_slow() -> None:
    code = (
        "import sys; sys.argv = ['rom-tracker', '--help']\n"
        "import rom_tracker.cli\n"
        "slow = {'cv2', 'mediapipe', 'matplotlib', 'scipy', 'pandas', 'numpy', 'pydantic'} & set(sys.modules)\n"
        "assert not slow, slow"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
