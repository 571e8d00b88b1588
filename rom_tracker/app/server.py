"""The server of the app: pages, forms and files behind the gate, on this computer alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import threading
import time
import webbrowser
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from rom_tracker.app import file_routes, form_routes, lenses, page_routes
from rom_tracker.app.gate import AGAIN, DOOR, Gate
from rom_tracker.app.pages import calibration, clients, live, measure, protocols, results, session, settings, unlock
from rom_tracker.app.pages import client as client_page
from rom_tracker.app.parts import link, notice, static
from rom_tracker.app.room import Room
from rom_tracker.app.words import capital
from rom_tracker.errors import RomTrackerError, UsageError

#: The address of this computer for itself; the pages are never bound to another one.
LOOPBACK = "127.0.0.1"

#: The file that says where the app is running.
_NOTE = "app.json"

#: What the server says of an open window when it is stopped, as one would expect.
_CUT_SHORT = "Cancel %s running task(s), timeout graceful shutdown exceeded"

#: What is there before the records are opened.
_OPEN_WHILE_LOCKED = ("/unlock", "/look", "/static/", "/_nicegui", "/favicon.ico", DOOR)


def build(room: Room) -> FastAPI:
    """The app without its gate."""
    from nicegui import app as toolkit
    from nicegui import ui

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def locked(request: Request, go_on: Callable[[Request], object]) -> Response:
        path = request.url.path
        if room.locked and not path.startswith(_OPEN_WHILE_LOCKED):
            return RedirectResponse("/unlock", status_code=303)
        return await go_on(request)  # type: ignore[misc,no-any-return]

    with resources.as_file(resources.files("rom_tracker.app").joinpath("static")) as folder:
        app.mount(static().rstrip("/"), _Kept(directory=folder))
    file_routes.register(app, room)
    form_routes.register(app, room)
    unlock.register_form(app, room)
    calibration.register_sheets(app)
    lenses.register(app, room)
    page_routes.register(app, room)
    for page in (clients, client_page, measure, session, live, results, protocols, settings, calibration, unlock):
        page.register(room)
    toolkit.on_page_exception(lambda error: _not_shown(room, error))
    icon = str(Path(str(folder)) / "icon.svg")
    ui.run_with(
        app, title="rom_tracker", favicon=icon, dark=None, tailwind=False, show_welcome_message=False, reconnect_timeout=10.0
    )
    return app


class _Kept(StaticFiles):
    """Files that a browser keeps, since their address changes with them."""

    def file_response(self, *about: Any, **more: Any) -> Response:
        """The file, or that it is the one the browser has."""
        answer = super().file_response(*about, **more)
        answer.headers["cache-control"] = "private, max-age=31536000, immutable"
        return answer


def _not_shown(room: Room, error: Exception) -> None:
    """The page in the place of one that cannot be shown: why, where that is one of our own errors."""
    from nicegui import ui

    request = ui.context.client.request
    _ = room.look(request)._
    with room.page(request, _("This page cannot be shown")):
        words = str(error) if isinstance(error, RomTrackerError) else type(error).__name__
        notice(capital(words), "error")
        link(_("Clients"), "/", classes="button")


def serve(room: Room, *, port: int = 0, show: bool = True, say: Callable[[str], None] = print) -> None:
    """Serve the app until it is stopped by Ctrl-C.

    Parameters
    ----------
    room : Room
    port : int
        0 for any that is free.
    show : bool
        Open the browser.
    say : callable
        Told the address that opens the app.

    Raises
    ------
    UsageError
        The port is taken.
    """
    # What the toolkit would keep of its own goes nowhere; the records are kept by the store.
    os.environ.setdefault("NICEGUI_STORAGE_PATH", str(Path(room.scratch.name) / "toolkit"))
    bound = _bound(port)
    port = bound.getsockname()[1]
    gate = Gate(build(room), {f"{LOOPBACK}:{port}", f"localhost:{port}"}, is_upload=is_upload)
    room.gate = gate
    config = uvicorn.Config(
        gate,
        log_level="error",
        access_log=False,
        server_header=False,
        ws_max_size=4 * 2**20,
        lifespan="on",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    _quiet_logs()

    def address() -> str:
        return f"http://{LOOPBACK}:{port}{DOOR}?key={gate.new_key()}"

    note = _noted(room.folder.parent, port, gate.secret)
    say(f"rom_tracker is open at {address()}")
    if show:
        threading.Thread(target=_show, args=(server, address()), daemon=True).start()
    try:
        server.run([bound])
    finally:
        note.unlink(missing_ok=True)
        room.close_to_phones()
        room.close()


def running_address(folder: Path) -> str | None:
    """An address that opens a window of the app that is running on the records in a folder; None where none is."""
    from urllib.error import URLError
    from urllib.request import ProxyHandler, Request, build_opener

    try:
        told = json.loads((folder.parent / _NOTE).read_text(encoding="utf-8"))
        origin = f"http://{LOOPBACK}:{int(told['port'])}"
        asked = Request(origin + AGAIN, headers={"x-rom-tracker": str(told["secret"])}, method="POST", data=b"")
        # Never through a proxy: this computer asks itself.
        with build_opener(ProxyHandler({})).open(asked, timeout=20) as answer:
            return origin + str(answer.read(500).decode())
    except (OSError, URLError, ValueError, KeyError, TypeError):
        return None


def _noted(folder: Path, port: int, secret: str) -> Path:
    """Note for this user alone where the app is and what it answers to."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / _NOTE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"port": port, "secret": secret}, file)
    return path


def is_upload(path: str) -> bool:
    """Whether a path takes pieces of recordings, or a video of the board."""
    return path == lenses.PATH or file_routes.PIECES.fullmatch(path) is not None


def _bound(port: int) -> socket.socket:
    """A socket at the port of this computer for itself."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((LOOPBACK, port))
    except OSError as error:
        bound.close()
        raise UsageError(
            f"port {port} is taken ({error.strerror}); is rom-tracker app running already? Else choose --port"
        ) from error
    return bound


def _show(server: uvicorn.Server, address: str) -> None:
    """Open the browser once the server answers."""
    for _ in range(200):
        if server.started:
            break
        time.sleep(0.05)
    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(address)


def _quiet_logs() -> None:
    """Nothing that a page was told gets into a log: of what goes wrong, the kind is enough."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "nicegui", "engineio", "socketio", "asyncio"):
        logging.getLogger(name).addFilter(_without_values)


def _without_values(record: logging.LogRecord) -> bool:
    if record.msg == _CUT_SHORT or (record.exc_info and record.exc_info[0] is asyncio.CancelledError):
        return False
    if record.exc_info and record.exc_info[0] is not None:
        record.msg, record.args = f"{record.exc_info[0].__name__} in the app", ()
        record.exc_info = record.exc_text = None
    return True
