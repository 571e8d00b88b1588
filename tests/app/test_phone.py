"""The page for a phone: what it takes from a network of strangers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from served import Served

from rom_tracker.app import phone as module
from rom_tracker.app.gate import LARGEST_BODY
from rom_tracker.app.phone import Phone
from rom_tracker.i18n import translator

PIECE = 100_000


@pytest.fixture
def phone(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Phone]:
    monkeypatch.setattr(module, "own_address", lambda: "127.0.0.1")
    client = served.store.clients.add("Ann Example")
    session = served.store.sessions.start(client.id)
    with closing(Phone(served.room, session.id, "elbow_flexion-left", "before", "Elbow", translator())) as made:
        yield made


def ask(phone: Phone, path: str, headers: dict[str, str], **more: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        through = httpx.ASGITransport(phone._server.config.app, raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=through, base_url=phone.address) as client:
            return await client.post(path, headers={"origin": phone.address} | headers, **more)

    return asyncio.run(asked())


def test_the_code_lets_in_and_a_wrong_one_does_not(phone: Phone) -> None:
    wrong = ask(phone, "/code", {}, data={"code": "x"})
    assert (wrong.headers["location"], "set-cookie" in wrong.headers) == ("/?wrong=1", False)
    assert "set-cookie" in ask(phone, "/code", {}, data={"code": phone.code}).headers


def test_nobody_sends_more_than_a_form_without_the_code(phone: Phone) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(3 * LARGEST_BODY // PIECE):
            taken += PIECE
            yield b"x" * PIECE

    ask(phone, "/code", {"content-type": "application/x-www-form-urlencoded"}, content=endless())
    assert taken <= LARGEST_BODY + PIECE
    assert ask(phone, "/code", {}, content=b"x" * (LARGEST_BODY + 1)).status_code == 413
    assert ask(phone, f"/recordings/{'0' * 32}/pieces/0", {}, content=b"x" * (LARGEST_BODY + 1)).status_code == 403


@pytest.mark.parametrize("length", ["abc", "-1", "\xb2", "1" * 4000])
def test_a_length_that_is_none_is_no_trouble(phone: Phone, length: str) -> None:
    form = {"content-type": "application/x-www-form-urlencoded", "content-length": length.encode("latin-1")}
    answer = ask(phone, "/code", form, content=f"code={phone.code}".encode())  # type: ignore[arg-type]
    assert answer.status_code in (303, 413)
