"""Who gets through to the app, and what every answer carries."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from rom_tracker.app import gate as gate_module
from rom_tracker.app.gate import AGAIN, DOOR, LARGEST_BODY, Gate

HOST = "127.0.0.1:8000"
OWN = {"host": HOST}
FORM = {**OWN, "origin": f"http://{HOST}"}


async def behind(scope: Any, receive: Any, send: Any) -> None:
    """An app that answers with the length of the body it got."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": str(length).encode()})


@pytest.fixture
def gate() -> Gate:
    return Gate(behind, {HOST, "localhost:8000"}, is_upload=lambda path: path == "/pieces")


def ask(gate: Gate, method: str, path: str, headers: dict[str, str], **more: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url=f"http://{HOST}") as client:
            return await client.request(method, path, headers=headers, **more)

    return asyncio.run(asked())


def cookie(gate: Gate) -> dict[str, str]:
    answer = ask(gate, "GET", f"{DOOR}?key={gate.new_key()}", OWN)
    assert answer.status_code == 200
    return {"cookie": answer.headers["set-cookie"].split(";")[0]}


def test_nobody_gets_in_without_the_cookie(gate: Gate) -> None:
    assert ask(gate, "GET", "/", OWN).status_code == 403
    assert ask(gate, "GET", "/", {**OWN, "cookie": "rom_tracker=guess"}).status_code == 403
    assert ask(gate, "GET", "/", {**OWN, **cookie(gate)}).status_code == 200


def test_a_key_opens_once_and_not_for_long(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    key = gate.new_key()
    assert ask(gate, "GET", f"{DOOR}?key={key}", OWN).status_code == 200
    assert ask(gate, "GET", f"{DOOR}?key={key}", OWN).status_code == 403
    late = gate.new_key()
    now = gate_module.time.monotonic()
    monkeypatch.setattr(gate_module.time, "monotonic", lambda: now + gate_module.KEY_GOOD_FOR_S + 1)
    assert ask(gate, "GET", f"{DOOR}?key={late}", OWN).status_code == 403


def test_a_key_of_one_server_does_not_open_another(gate: Gate) -> None:
    other = Gate(behind, {HOST})
    assert ask(other, "GET", "/", {**OWN, **cookie(gate)}).status_code == 403


def test_a_second_start_gets_a_key_with_the_secret_alone(gate: Gate) -> None:
    assert ask(gate, "POST", AGAIN, OWN).status_code == 403
    assert ask(gate, "POST", AGAIN, {**OWN, "x-rom-tracker": "guess"}).status_code == 403
    door = ask(gate, "POST", AGAIN, {**OWN, "x-rom-tracker": gate.secret}).text
    assert ask(gate, "GET", door, OWN).status_code == 200


def test_the_cookie_is_for_the_browsers_own_pages_alone(gate: Gate) -> None:
    given = ask(gate, "GET", f"{DOOR}?key={gate.new_key()}", OWN).headers["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=Strict" in given


@pytest.mark.parametrize("host", ["evil.example:8000", "127.0.0.1", "127.0.0.1:9999", "", "127.0.0.1:8000.evil.example"])
def test_another_name_for_this_computer_is_not_answered(gate: Gate, host: str) -> None:
    assert ask(gate, "GET", "/", {**cookie(gate), "host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1:9999", "https://127.0.0.1:8000"])
def test_another_page_changes_nothing(gate: Gate, origin: str) -> None:
    inside = cookie(gate)
    assert ask(gate, "POST", "/clients", {**OWN, **inside, "origin": origin}).status_code == 403
    assert ask(gate, "POST", "/clients", {**FORM, **inside}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "allowed"), [({"origin": f"http://{HOST}"}, True), ({"origin": "http://evil.example"}, False), ({}, False)]
)
def test_another_page_opens_no_websocket(gate: Gate, headers: dict[str, str], allowed: bool) -> None:
    reached: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["path"])

    gate.app = app
    sent: list[Any] = []
    every = {**OWN, **cookie(gate), **headers}
    scope = {"type": "websocket", "path": "/live", "headers": [(k.encode(), v.encode()) for k, v in every.items()]}

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(gate(scope, receive, send))
    assert (reached == ["/live"]) is allowed
    assert allowed or sent == [{"type": "websocket.close", "code": 1008}]


def test_every_answer_says_what_a_page_may_load(gate: Gate) -> None:
    inside = cookie(gate)
    for answer in (ask(gate, "GET", "/", {**OWN, **inside}), ask(gate, "GET", "/", OWN)):
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert not [source for sources in policy.values() for source in sources.split() if "//" in source or source == "*"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_bodies_have_a_limit(gate: Gate) -> None:
    inside = {**FORM, **cookie(gate)}
    assert ask(gate, "POST", "/clients", inside, content=b"x" * (LARGEST_BODY + 1)).status_code == 413
    assert ask(gate, "POST", "/pieces", inside, content=b"x" * (LARGEST_BODY + 1)).text == str(LARGEST_BODY + 1)

    async def endless() -> Any:
        for _ in range(30):
            yield b"x" * 100_000

    assert int(ask(gate, "POST", "/clients", inside, content=endless()).text) <= LARGEST_BODY
