"""Who may talk to the app: only windows that were opened with its key, from its own address.

A server on 127.0.0.1 is reached by every page in the browser and by every user of the machine. So

* the ``Host`` must be the app's own: a page whose name was made to point to 127.0.0.1 has another one (DNS rebinding);
* a request that changes something, and every WebSocket, must name the app itself as its ``Origin``;
* all but the door needs the session's cookie, which only the door gives, for a key that is good once and for a short time. The
  key is seen in the list of processes while the browser starts; after that it opens nothing.

Every answer carries a content security policy, under which the page loads nothing from elsewhere and sends nothing elsewhere.
"""

from __future__ import annotations

import hmac
import html
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: The page that takes the key.
DOOR = "/open"

#: Where a second start of the app asks the running one for a new key, with what stands in a file of the same user's.
AGAIN = "/again"

#: A key that was not used opens nothing after so many seconds.
KEY_GOOD_FOR_S = 300.0

#: Largest body in bytes of a request that is not an upload; chunks and files have their own limits (:mod:`.uploads`).
LARGEST_BODY = 2_000_000

#: Vue compiles the toolkit's templates in the page, which needs unsafe-eval; its start-up data stands in the page itself.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # "no-referrer" would have browsers send "Origin: null" with every form.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}


class Limited:
    """An ASGI app that is given no more of a body than :data:`LARGEST_BODY`.

    Parameters
    ----------
    app : ASGI application
    is_upload : callable
        Whether a path takes uploads, which limit themselves.
    """

    def __init__(self, app: App, is_upload: Callable[[str], bool]) -> None:
        self.app, self.is_upload = app, is_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or start-up."""
        if scope["type"] == "http" and not self.is_upload(scope["path"]):
            if _length(scope) > LARGEST_BODY:
                await _refuse(scope, receive, send, 413, "The request is too large.")
                return
            receive = _limited(receive)
        await self.app(scope, receive, send)


class Gate:
    """Lets through to an ASGI app what may talk to it.

    Parameters
    ----------
    app : ASGI application
    hosts : set of str
        What ``Host`` may be: names with the port.
    scheme : {"http", "https"}
    is_upload : callable
        Whether a path takes uploads, which limit themselves.
    """

    def __init__(
        self, app: App, hosts: set[str], *, scheme: str = "http", is_upload: Callable[[str], bool] = lambda path: False
    ) -> None:
        self.app, self.hosts, self.scheme, self.is_upload = app, hosts, scheme, is_upload
        self.secret = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)
        self._keys: dict[str, float] = {}
        self._cookie = f"rom_tracker_{secrets.token_hex(4)}"

    def new_key(self) -> str:
        """A key that opens one window's browser, once."""
        key = secrets.token_urlsafe(32)
        self._keys[key] = time.monotonic() + KEY_GOOD_FOR_S
        return key

    def is_in(self, scope: Scope) -> bool:
        """Whether a request carries the session's cookie."""
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(_header(scope, b"cookie"))
        except CookieError:
            return False
        found = cookies.get(self._cookie)
        return found is not None and hmac.compare_digest(found.value.encode(), self._session.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or start-up."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refused = self._why_not(scope)
        if refused is not None:
            await _refuse(scope, receive, send, *refused)
            return
        if scope["type"] == "http":
            if scope["path"] == DOOR:
                await self._open(scope, send)
                return
            if scope["path"] == AGAIN:
                known = hmac.compare_digest(_header(scope, b"x-rom-tracker").encode(), self.secret.encode())
                await _answer(send, 200 if known else 403, f"{DOOR}?key={self.new_key()}" if known else "")
                return
            await Limited(self.app, self.is_upload)(scope, receive, _with_headers(send))
            return
        await self.app(scope, receive, send)

    def _why_not(self, scope: Scope) -> tuple[int, str] | None:
        host = _header(scope, b"host")
        if host not in self.hosts:
            return 421, "This address is not rom_tracker's."
        if scope["type"] == "http" and scope["path"] == AGAIN:
            return None
        changes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if changes and _header(scope, b"origin") != f"{self.scheme}://{host}":
            return 403, "Only rom_tracker's own pages may do this."
        if scope["type"] == "http" and scope["path"] == DOOR:
            return None
        if not self.is_in(scope):
            return 403, NOT_OPENED
        return None

    async def _open(self, scope: Scope, send: Send) -> None:
        """Take the key for the cookie.

        A page that goes on by itself, not a redirect: a cookie with SameSite=Strict is not sent along a chain that another
        program began.
        """
        key = parse_qs(scope["query_string"].decode("latin-1")).get("key", [""])[0]
        good_until = self._keys.pop(key, 0.0)
        if time.monotonic() > good_until and not self.is_in(scope):
            await _answer(send, 403, _page(NOT_OPENED))
            return
        secure = "; Secure" if self.scheme == "https" else ""
        cookie = f"{self._cookie}={self._session}; HttpOnly; SameSite=Strict; Path=/{secure}"
        going_on = '<meta http-equiv="refresh" content="0;url=/"><p><a href="/">rom_tracker</a></p>'
        await _answer(send, 200, _document(going_on), {"set-cookie": cookie})


NOT_OPENED = (
    "This window was not opened by rom_tracker, or its address was used already. Start it again with: rom-tracker app "
    "(if it is running, that opens a new window of it)."
)


def _header(scope: Scope, name: bytes) -> str:
    """The header's value; empty where it is missing or given twice."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1") if len(found) == 1 else ""


def _length(scope: Scope) -> int:
    length = _header(scope, b"content-length")
    return int(length) if length.isdecimal() else 0


def _limited(receive: Receive) -> Receive:
    """The same body, but not more of it than a request may have."""
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return message if taken <= LARGEST_BODY else {"type": "http.disconnect"}

    return receive_some


def _with_headers(send: Send) -> Send:
    async def send_with(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
            given = [(key, value) for key, value in message["headers"] if key.decode().lower() not in HEADERS]
            if not any(key.lower() == b"cache-control" for key, _ in given):
                own.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*given, *own]}
        await send(message)

    return send_with


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, words: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await _answer(send, status, _page(words))


async def _answer(send: Send, status: int, body: str, headers: dict[str, str] | None = None) -> None:
    every = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store", **HEADERS, **(headers or {})}
    start = {"type": "http.response.start", "status": status, "headers": [(k.encode(), v.encode()) for k, v in every.items()]}
    await send(start)
    await send({"type": "http.response.body", "body": body.encode()})


def _page(words: str) -> str:
    return _document(f"<main><h1>rom_tracker</h1><p>{html.escape(words)}</p></main>")


def _document(body: str) -> str:
    style = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}"
    head = f'<meta charset="utf-8"><title>rom_tracker</title><style>{style}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'
