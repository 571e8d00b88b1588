"""What the commands of the records print, and how they fail."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from visits import NAME, PASSPHRASE, Visit, visit

from rom_tracker.analysis.comparison import Comparison
from rom_tracker.cli import main
from rom_tracker.store import Store


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    monkeypatch.setenv("ROM_TRACKER_DATA", str(folder.parent))
    monkeypatch.setenv("ROM_TRACKER_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("ROM_TRACKER_DATABASE_URL", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def command(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["rom-tracker", *arguments])
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        said = capsys.readouterr()
        log = os.environ.get("ROM_TRACKER_SHOWN")
        if log:
            with Path(log).open("a", encoding="utf-8") as file:
                file.write(f"$ rom-tracker {' '.join(arguments)}\n{said.out}{said.err}-> {code}\n")
        return Ran(code, said.out, said.err)

    return command


def test_records_are_made_once(run: Callable[..., Ran], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = run("records", "show")
    assert missing.code == 1
    assert "no records" in missing.err
    assert "rom-tracker records create" in missing.err
    monkeypatch.setenv("ROM_TRACKER_PASSPHRASE", "short")
    assert "12 characters or more, got 5" in run("records", "create").err
    monkeypatch.delenv("ROM_TRACKER_PASSPHRASE")
    assert "put it into ROM_TRACKER_PASSPHRASE" in run("records", "create").err
    keyring.set_keyring(NoKeyring())
    no_keychain = run("records", "create", "--keychain")
    assert (no_keychain.code, "choose a passphrase" in no_keychain.err) == (1, True)
    monkeypatch.setenv("ROM_TRACKER_PASSPHRASE", PASSPHRASE)
    made = run("records", "create")
    assert made.code == 0
    assert str(folder) in made.out
    again = run("records", "create")
    assert (again.code, "already" in again.err) == (2, True)
    assert "0 clients" in run("records", "show").out


def test_the_records_are_shown(run: Callable[..., Ran], visited: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run("records", "show")
    assert shown.code == 0
    for words in (NAME, visited.client.pseudonym, "records, video", "1 client", "checked and sound", "a passphrase"):
        assert words in shown.out
    found = json.loads(run("records", "show", "--json").out)
    assert found["clients"][0]["client"] == visited.client.pseudonym
    assert NAME not in json.dumps(found)
    trail = run("records", "trail").out
    assert "session started" in trail
    assert NAME not in trail
    assert json.loads(run("records", "trail", "--json").out)[0]["what"] == "records created"
    monkeypatch.setenv("ROM_TRACKER_PASSPHRASE", "not the passphrase")
    wrong = run("records", "show")
    assert (wrong.code, "not the passphrase of these records" in wrong.err) == (1, True)
    monkeypatch.setenv("ROM_TRACKER_DATABASE_URL", "mysql://x")
    told = run("records", "show")
    assert (told.code, "ROM_TRACKER_DATABASE_URL: expected a URL" in told.err) == (2, True)


def test_a_report_opens_the_records_as_every_command_does(
    run: Callable[..., Ran], visited: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = run("report", "Nobody of this name")
    assert unknown.code != 0
    assert "Nobody of this name" in unknown.err
    assert "passphrase" not in unknown.err.lower()
    monkeypatch.delenv("ROM_TRACKER_PASSPHRASE")
    assert "put it into ROM_TRACKER_PASSPHRASE" in run("report", NAME).err


def test_the_lock_can_be_changed(run: Callable[..., Ran], visited: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--passphrase, --keychain, or both" in run("records", "lock").err
    monkeypatch.setenv("ROM_TRACKER_NEW_PASSPHRASE", "short")
    assert "12 characters or more" in run("records", "lock", "--passphrase").err
    monkeypatch.setenv("ROM_TRACKER_NEW_PASSPHRASE", "another horse, another battery")
    changed = run("records", "lock", "--passphrase")
    assert (changed.code, "open with the new passphrase from now on" in changed.out) == (0, True)
    assert "not the passphrase of these records" in run("records", "show").err
    monkeypatch.setenv("ROM_TRACKER_PASSPHRASE", "another horse, another battery")
    assert NAME in run("records", "show").out
    assert run("records", "lock", "--keychain").code == 0
    monkeypatch.delenv("ROM_TRACKER_PASSPHRASE")
    assert NAME in run("records", "show").out


def test_damage_is_told_and_a_backup_helps(run: Callable[..., Ran], store: Store, visited: Visit, folder: Path) -> None:
    store.close()
    made = run("backup", "week.backup")
    assert made.code == 0
    assert "4 files of videos and landmarks" in made.out
    assert "on any computer" in made.err
    database = folder / "records.db"
    content = bytearray(database.read_bytes())
    content[9000] ^= 1
    database.write_bytes(content)
    shown = run("records", "show")
    assert (shown.code, "damaged" in shown.err, "rom-tracker restore" in shown.err) == (1, True, True)
    refused = run("restore", "week.backup")
    assert (refused.code, "--replace" in refused.err) == (2, True)
    restored = run("restore", "week.backup", "--replace")
    assert restored.code == 0
    assert "1 client, 1 session, 2 recordings" in restored.out
    assert "1 client" in run("records", "show").out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("backup", "nowhere/week.backup"), 1, "nowhere"),
        (("restore", "nothing"), 2, "no file"),
        (("export", "Nobody", "--out", "x"), 2, "no client 'Nobody'"),
        (("export", "--all"), 2, "--out"),
        (("export", "--out", "x"), 2, "--all"),
        (("export", "--all", "--format", "pdf", "--out", "x"), 2, "csv, parquet, xlsx or fhir"),
        (("records", "erase", "Nobody", "--yes"), 2, "no client"),
    ],
)
def test_what_cannot_be_done_is_told(
    run: Callable[..., Ran], store: Store, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = run(*arguments)
    assert ran.code == code
    assert ran.err.startswith("Error: ")
    assert said in ran.err
    assert list(Path.cwd().iterdir()) == []


def test_exports_are_written_and_noted(run: Callable[..., Ran], store: Store, visited: Visit) -> None:
    for form, out in (("csv", "tables"), ("parquet", "tables2"), ("xlsx", "all.xlsx"), ("fhir", "all.json")):
        ran = run("export", "--all", "--format", form, "--out", out)
        assert ran.code == 0
        assert f"Written: {out}" in ran.out
        assert Path(out).exists()
    assert NAME not in Path("all.json").read_text(encoding="utf-8")
    named = run("export", NAME.upper(), "--format", "fhir", "--out", "named.json", "--with-names")
    assert "keep it as safe" in named.err
    assert NAME in Path("named.json").read_text(encoding="utf-8")
    assert store.trail(visited.client.id)[-1].what == "exported as fhir, with names"


def test_a_client_is_erased_when_it_is_meant(
    run: Callable[..., Ran], store: Store, visited: Visit, change: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(store, store.clients.add("Bob"), change)
    with Path(os.devnull).open() as nobody, monkeypatch.context() as patched:
        patched.setattr(sys, "stdin", nobody)
        asked = run("records", "erase", NAME)
    assert (asked.code, "--yes" in asked.err) == (2, True)
    erased = run("records", "erase", NAME, "--yes")
    assert erased.code == 0
    assert f"{visited.client.pseudonym} is erased: 1 session, 2 recordings, 4 files" in erased.out
    assert NAME not in erased.out + erased.err
    assert "Backups that you made" in erased.err
    assert [line.client.label for line in store.clients.list()] == ["Bob"]
    assert "2 videos removed" in run("records", "purge").out, "Bob never agreed to videos"
    assert "0 videos removed" in run("records", "purge").out
