"""What the forms of the pages change in the records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from served import Served

from rom_tracker.app import room as room_module
from rom_tracker.app.pages import unlock
from rom_tracker.app.room import Room
from rom_tracker.store import Retention, Store

PASSPHRASE = "correct horse battery"


@pytest.mark.parametrize("days", ["abc", "", "0", "-3", "1.5", "99999", "9" * 30])
def test_a_number_of_days_that_is_none_is_told(served: Served, days: str) -> None:
    client = served.store.clients.add("Ann Example")
    form = {"label": "Ann Example", "keep": "days", "days": days}
    answer = served.ask("POST", f"/clients/{client.id}/change", data=form)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/clients/{client.id}?told=")
    assert served.store.clients.get(client.id) == client
    assert (
        served.ask("POST", f"/clients/{client.id}/change", data=form | {"days": "30"}).headers["location"]
        == f"/clients/{client.id}"
    )
    assert served.store.clients.get(client.id).retention == Retention("days", 30)


def elsewhere(monkeypatch: pytest.MonkeyPatch, of: type, name: str) -> list[bool]:
    """Whether a method was called in another thread than that of the test, in which the server answers."""
    found: list[bool] = []
    own: Callable[..., Any] = getattr(of, name)
    here = threading.get_ident()

    def seen(*arguments: Any, **named: Any) -> Any:
        found.append(threading.get_ident() != here)
        return own(*arguments, **named)

    monkeypatch.setattr(of, name, seen)
    return found


def test_the_server_answers_while_a_form_is_worked_on(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    called = elsewhere(monkeypatch, Store, "erase")
    client = served.store.clients.add("Bob Example")
    assert served.ask("POST", f"/clients/{client.id}/erase", data={"again": "Bob Example"}).headers["location"] == "/"
    assert called == [True]


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """An app that has the door to the records alone."""
    monkeypatch.setattr(room_module, "GET_READY_AFTER_S", 3600.0)
    with closing(Room(tmp_path / "records", who="test")) as room:
        app = FastAPI()
        unlock.register_form(app, room)
        yield Served(app, room)


def test_the_server_answers_while_records_are_made_or_opened(
    locked: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, opened = elsewhere(monkeypatch, Room, "create"), elsewhere(monkeypatch, Room, "unlock")
    form = {"passphrase": PASSPHRASE}
    assert "told=" in locked.ask("POST", "/unlock", data=form | {"new": "yes", "again": "another"}).headers["location"]
    assert locked.room.locked
    assert locked.ask("POST", "/unlock", data=form | {"new": "yes", "again": PASSPHRASE}).headers["location"] == "/"
    assert not locked.room.locked
    locked.store.close()
    locked.room._store = None
    assert "told=" in locked.ask("POST", "/unlock", data={"passphrase": "a wrong one"}).headers["location"]
    assert locked.ask("POST", "/unlock", data=form).headers["location"] == "/"
    assert (made, opened, locked.room.tries) == ([True], [True, True], 4)
