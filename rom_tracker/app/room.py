"""What all pages work with: the records, the recordings on their way in, the jobs, and how the page is to look."""

from __future__ import annotations

import contextlib
import gc
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from fastapi import Request
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from starlette.requests import HTTPConnection

from rom_tracker.app import parts
from rom_tracker.app.arrivals import Arrivals
from rom_tracker.app.measuring import Jobs
from rom_tracker.app.parts import Look, notice
from rom_tracker.app.words import MOMENTS, Measure
from rom_tracker.errors import KeyNeededError
from rom_tracker.i18n import LANGUAGES, Translator, best_language, translator

if TYPE_CHECKING:
    from rom_tracker.app.gate import Gate
    from rom_tracker.app.phone import Phone
    from rom_tracker.store import Recording, Store

#: Names of the cookies that keep how a person wants the pages; they hold nothing else.
LANGUAGE_COOKIE, THEME_COOKIE = "rom_tracker_language", "rom_tracker_theme"

#: Of charts: sharp on a screen of twice the usual density.
SCREEN_DOTS_PER_INCH = 144

#: Behind the first page, in seconds after the records were opened, what the first recording and the first charts need is loaded.
GET_READY_AFTER_S = 1.0

#: So many drawn charts are kept in memory, some 60 kB each.
MOST_CHARTS = 200


@dataclass
class Room:
    """One running app.

    Attributes
    ----------
    folder : Path
        Where the records lie.
    who : str
        Who works with them, as the trail of changes names it.
    database_url : str or None
        Of a database that several rooms share.
    jobs : Jobs
    arrivals : Arrivals
    scratch : TemporaryDirectory
        For videos that are drawn over; it is gone when the app closes.
    phone : Phone or None
        The page for a phone, while it is open.
    tries : int
        Of a passphrase.
    gate : Gate or None
        In front of the pages, once they are served.
    """

    folder: Path
    who: str = ""
    database_url: str | None = None
    jobs: Jobs = field(default_factory=Jobs)
    arrivals: Arrivals = field(default_factory=Arrivals)
    scratch: TemporaryDirectory[str] = field(
        default_factory=lambda: TemporaryDirectory(prefix="rom_tracker-", ignore_cleanup_errors=True)
    )
    phone: Phone | None = None
    tries: int = 0
    gate: Gate | None = None
    _store: Store | None = None
    _ready: threading.Timer | None = None
    _drawing: threading.Lock = field(default_factory=threading.Lock)
    _charts: dict[tuple[object, ...], bytes] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The records.

        Raises
        ------
        KeyNeededError
            They are still locked.
        """
        if self._store is None:
            raise KeyNeededError("the records are locked; open the app's first page")
        return self._store

    @property
    def locked(self) -> bool:
        """Whether the records have not been opened yet."""
        return self._store is None

    def open(self, store: Store) -> None:
        """Work with these records; what is kept no longer goes now."""
        store.purge()
        self._store = store
        if self._ready is not None:
            return
        self._ready = threading.Timer(GET_READY_AFTER_S, self._get_ready)
        self._ready.daemon = True
        self._ready.start()

    def _get_ready(self) -> None:
        """Load now what somebody would wait for later: what measures, and what draws."""
        self.jobs.get_ready()
        import rom_tracker.charts.comparison
        import rom_tracker.charts.progress  # noqa: F401

        with self.drawing():
            figure = Figure(layout="constrained")
            figure.subplots().set_title("0")
            _png(figure)
        # What is loaded stays, and no garbage with it: to look through all of it would stop the pages for 0.3 s every now and then.
        gc.collect()
        gc.freeze()

    def unlock(self, passphrase: str | None = None) -> Store:
        """The records that are there; raises as :meth:`rom_tracker.store.Store.open` does."""
        from rom_tracker.store import Store

        return Store.open(self.folder, passphrase=passphrase, who=self.who, database_url=self.database_url)

    def create(self, passphrase: str | None, *, keychain: bool) -> Store:
        """New records; raises as :meth:`rom_tracker.store.Store.create` does."""
        from rom_tracker.store import Store

        return Store.create(self.folder, passphrase=passphrase, keychain=keychain, who=self.who, database_url=self.database_url)

    def open_to_phones(self, target: str, translate: Translator) -> None:
        """Open the page for a phone, for a recording named as in ``SESSION/elbow_flexion-left/before``.

        Raises
        ------
        UsageError
            There is no such recording to be made.
        MeasurementError
            There is no network.
        """
        from rom_tracker.app.phone import Phone
        from rom_tracker.app.recordings import moment_of

        session, _, rest = target.partition("/")
        key, _, moment_name = rest.partition("/")
        measure, moment = Measure.read(key), moment_of(moment_name)
        self.store.sessions.get(session)
        self.close_to_phones()
        title = f"{measure.words(translate)} · {translate(MOMENTS[moment])}"
        self.phone = Phone(self, session, measure.key, moment, title, translate)

    def close_to_phones(self) -> None:
        """Close the page for a phone."""
        phone, self.phone = self.phone, None
        if phone is not None:
            phone.close()

    def interrupted(self) -> list[tuple[Recording, str]]:
        """Recordings that stopped on the way, each with its client's label."""
        found = []
        for recording in self.arrivals.interrupted(self.store):
            record = self.store.sessions.get(recording.session_id)
            found.append((recording, self.store.clients.get(record.session.client_id).label))
        return found

    def look(self, request: HTTPConnection) -> Look:
        """How the person who asks wants the pages."""
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        language = chosen if chosen in LANGUAGES else best_language(request.headers.get("accept-language", "").split(","))
        theme = request.cookies.get(THEME_COOKIE, "")
        return Look(translator(language), theme if theme in ("light", "dark") else "")

    @contextlib.contextmanager
    def drawing(self) -> Iterator[None]:
        """One picture at a time: the fonts of matplotlib are shared."""
        with self._drawing:
            yield

    def chart(self, of: tuple[object, ...], draw: Callable[[], Figure]) -> bytes:
        """A chart as a picture; what is charted never changes under the name ``of``, so that it is drawn once."""
        with self.drawing():
            found = self._charts.pop(of, None)
            if found is None:
                found = _png(draw())
            self._charts[of] = found
            while len(self._charts) > MOST_CHARTS:
                del self._charts[next(iter(self._charts))]
            return found

    def close(self) -> None:
        """End the jobs and close the records; recordings on their way in stay as they are."""
        if self._ready is not None:
            self._ready.cancel()
        self.jobs.close()
        self.arrivals.close()
        self.scratch.cleanup()
        if self._store is not None:
            self._store.close()

    def tell(self, words: str) -> str:
        """Keep something to be said on the next page; what is given back goes into its address."""
        key = secrets.token_urlsafe(9)
        self._told[key] = words
        while len(self._told) > 100:
            del self._told[next(iter(self._told))]
        return f"told={key}"

    @contextlib.contextmanager
    def page(self, request: Request, title: str, *, at: str = "", scripts: tuple[str, ...] = ()) -> Iterator[None]:
        """The frame of a page, with what was to be said on it and the signs that must be seen."""
        look = self.look(request)
        _ = look._
        signs = []
        if self.phone is not None:
            words = _("Open to the local network: phones can send videos to {address} with the code {code}.")
            signs.append(words.format(address=self.phone.address, code=self.phone.code))
        with parts.page(look, title, at=at, back=_path(request), scripts=("page.js", *scripts), signs=signs):
            told = self._told.pop(request.query_params.get("told", ""), None)
            if told is not None:
                notice(told, "error")
            yield


def _png(figure: Figure) -> bytes:
    """The figure as a picture. It is drawn once for it; ``savefig`` draws twice, the first time for the layout alone."""
    import cv2

    figure.set_dpi(SCREEN_DOTS_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    rgba = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return bytes(cv2.imencode(".png", rgba[..., 2::-1])[1])


def _path(request: Request) -> str:
    """The path that was asked for, without what was to be said once."""
    query = [f"{key}={value}" for key, value in request.query_params.items() if key == "session"]
    return request.url.path + (f"?{query[0]}" if query else "")
