import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from rom_tracker.cli import app
from rom_tracker.movements import load_catalogue

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_every_command_is_in_the_readme() -> None:
    missing = [name for name in COMMANDS if f"rom-tracker {name}" not in README and f"`{name}`" not in README]
    assert not missing


@pytest.mark.parametrize("line", sorted({line for block in blocks("sh") for line in re.findall(r"rom-tracker [^\n&`]+", block)}))
def test_command_lines_of_the_readme_parse(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    COMMANDS[name].make_context(name, arguments)


def test_python_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})
    assert re.search(r"improved (9|10)\.\d", capsys.readouterr().out)


def test_links_and_pictures_of_the_readme_exist() -> None:
    targets = re.findall(r"\]\(([^)#]+)", README)
    missing = [target for target in targets if "://" not in target and not (ROOT / target).exists()]
    assert targets
    assert not missing


def test_number_of_movements_in_the_readme() -> None:
    assert f"{len(load_catalogue().movements)} movements" in README


def test_ci_runs_the_readmes_test_command() -> None:
    found = re.findall(r"<!-- test command -->\n```sh\n(.+)\n```\n<!-- end -->", README)
    assert len(found) == 1
    assert "pytest" in found[0]
