"""One page on the local network, switched on by hand: a phone films one recording and sends it.

Nothing of the app itself is open to the network. The page is a server of its own, encrypted (TLS, with a certificate that it makes
for itself), asks for a code, takes videos for the one recording it was opened for, and names no client. Whoever has tried too many
wrong codes has closed it.
"""

from __future__ import annotations

import contextlib
import datetime
import hmac
import html
import ipaddress
import json
import secrets
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from rom_tracker.app.gate import HEADERS, Limited
from rom_tracker.errors import MeasurementError
from rom_tracker.i18n import Translator

if TYPE_CHECKING:
    from rom_tracker.app.room import Room

#: Wrong codes after which the page closes.
MOST_WRONG = 10

#: It closes by itself after so many minutes.
OPEN_FOR_MIN = 30

_COOKIE = "rom_tracker_phone"


class Phone:
    """The page for a phone, while it is open.

    Parameters
    ----------
    room : Room
    session, measure, moment : str
        The recording that it takes videos for.
    title : str
        What is filmed, without a name.
    _ : Translator

    Raises
    ------
    MeasurementError
        There is no network.
    """

    def __init__(self, room: Room, session: str, measure: str, moment: str, title: str, _: Translator) -> None:
        self.room, self.target, self.title, self._ = room, (session, measure, moment), title, _
        self.code = f"{secrets.randbelow(10**6):06d}"
        self._session = secrets.token_urlsafe(32)
        self._wrong = 0
        host = own_address()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind((host, 0))
        self.host = f"{host}:{self._socket.getsockname()[1]}"
        self.address = f"https://{self.host}"
        self._folder = tempfile.TemporaryDirectory(prefix="rom_tracker-")
        certificate, key = _certificate(Path(self._folder.name), host)
        config = uvicorn.Config(
            self._app(), ssl_certfile=str(certificate), ssl_keyfile=str(key), log_level="error", access_log=False,
            server_header=False, timeout_graceful_shutdown=1, ws="none",
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        self._timer = threading.Timer(OPEN_FOR_MIN * 60, room.close_to_phones)
        self._timer.daemon = True
        self._timer.start()

    def close(self) -> None:
        """Close the page."""
        self._timer.cancel()
        self._server.should_exit = True
        self._thread.join(5)
        with contextlib.suppress(OSError):
            self._socket.close()
        self._folder.cleanup()

    def _is_in(self, request: Request) -> bool:
        return hmac.compare_digest(request.cookies.get(_COOKIE, "").encode(), self._session.encode())

    def _app(self) -> Limited:
        from rom_tracker.app.file_routes import PIECES, Beginning, register_arrivals, trouble

        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

        @app.middleware("http")
        async def guarded(request: Request, go_on):  # type: ignore[no-untyped-def]
            answer: Response
            own = request.headers.get("origin", "") == self.address or request.method == "GET"
            if (
                request.headers.get("host", "") != self.host
                or not own
                or (request.url.path not in ("/", "/code", "/static/room.css", "/static/upload.js") and not self._is_in(request))
            ):
                answer = Response(status_code=403)
            else:
                answer = await go_on(request)
            answer.headers.update(HEADERS | {"cache-control": "no-store"})
            return answer

        @app.get("/")
        async def page(request: Request) -> HTMLResponse:
            return HTMLResponse(self._page() if self._is_in(request) else self._door(wrong="wrong" in request.query_params))

        @app.post("/code")
        async def code(request: Request) -> Response:
            form = await request.form()
            if not hmac.compare_digest(str(form.get("code", "")).strip().encode(), self.code.encode()):
                self._wrong += 1
                if self._wrong >= MOST_WRONG:
                    threading.Thread(target=self.room.close_to_phones, daemon=True).start()
                return RedirectResponse("/?wrong=1", status_code=303)
            answer = RedirectResponse("/", status_code=303)
            answer.set_cookie(_COOKIE, self._session, httponly=True, samesite="strict", secure=True)
            return answer

        @app.get("/static/{name}")
        async def static(name: str) -> Response:
            folder = Path(__file__).parent / "static"
            return FileResponse(folder / name) if name in ("room.css", "upload.js") else Response(status_code=404)

        def wrong_target(about: Beginning) -> Response | None:
            if (about.session, about.measure, about.moment) == self.target:
                return None
            return trouble(MeasurementError(self._("This page takes another recording; open it again on the computer.")))

        register_arrivals(app, self.room, wrong_target)
        return Limited(app, lambda path: PIECES.fullmatch(path) is not None)

    def _door(self, *, wrong: bool) -> str:
        _ = self._
        texts = (_("Code"), _("It stands on the computer."), _("Go on"), _("That is not the code."))
        code, where, go_on, not_it = (html.escape(words) for words in texts)
        told = f'<p class="notice error" role="alert">{not_it}</p>' if wrong else ""
        return self._document(
            f'<h1>{code}</h1>{told}<p>{where}</p><form method="post" action="/code">'
            f'<p class="field"><label for="code">{code}</label><input id="code" name="code" inputmode="numeric" '
            f'autocomplete="off" required></p><button class="main-action big">{go_on}</button></form>'
        )

    def _page(self) -> str:
        _ = self._
        session, measure, moment = self.target
        about = {
            "of": {"session": session, "measure": measure, "moment": moment},
            "stay": True,
            "thanks": _("Thank you; it has arrived. Look at the computer."),
            "failed": _("It could not be sent."),
        }
        words = _(
            "Hold the phone upright or across, as the whole limb fits, at the height of the joint; lean it against something."
        )
        film, sending = html.escape(_("Film, or choose a video")), html.escape(_("Sending"))
        return self._document(
            f"<h1>{_said(self.title)}</h1><p>{_said(words)}</p><div data-upload='{_said(json.dumps(about))}'>"
            f'<label for="film">{film}</label>'
            f'<p><input type="file" id="film" accept="video/*" capture="environment"></p>'
            f'<progress max="1" hidden aria-label="{sending}"></progress>'
            f'<p class="upload-state" role="status"></p></div>'
        )

    def _document(self, body: str) -> str:
        head = (
            '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>rom_tracker</title>'
        )
        head += '<link rel="stylesheet" href="/static/room.css"><style>:root{color-scheme:light dark}</style>'
        script = '<script src="/static/upload.js" defer></script>'
        main = f'<main class="content phone">{body}</main>'
        return f'<!doctype html><html lang="{self._.language}"><head>{head}{script}</head><body>{main}</body></html>'


def _said(words: str) -> str:
    return html.escape(words, quote=True)


def own_address() -> str:
    """The address by which phones on the local network reach this computer; nothing is sent to find out.

    Raises
    ------
    MeasurementError
        There is no network.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # A datagram socket that is connected sends nothing; it only tells which of its own addresses it would use. 192.0.2.1
            # is for documentation and is nobody's (RFC 5737).
            probe.connect(("192.0.2.1", 9))
            found = str(probe.getsockname()[0])
        except OSError:
            found = "127.0.0.1"
    if ipaddress.ip_address(found).is_loopback:
        raise MeasurementError("This computer is in no network; connect it to the one that the phone is in, and try again.")
    return found


def _certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """A certificate for an address, signed by itself, good for a day; and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rom_tracker")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].touch(mode=0o600)
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
