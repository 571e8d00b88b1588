"""What the pages are put together from: plain elements of the page's own language, which keyboard and screen reader know."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from rom_tracker.i18n import LANGUAGES, N_, Translator

#: One of the sites in the page's head: where it leads, and its name in English.
_SITES = (
    ("/", N_("Clients")),
    ("/protocols", N_("Protocols")),
    ("/calibration", N_("Calibration")),
    ("/settings", N_("Settings")),
)


@dataclass(frozen=True)
class Look:
    """How the person at the screen wants it.

    Attributes
    ----------
    _ : Translator
    theme : {"", "light", "dark"}
        Empty: as the computer has it.
    """

    _: Translator
    theme: str = ""


def tag(name: str, text: str = "", /, *, classes: str = "", **attributes: Any) -> TextElement:
    """An element; underscores in the names of attributes stand for hyphens, None leaves an attribute out, True sets it bare."""
    element = TextElement(tag=name, text=text)
    if classes:
        element.classes(classes)
    for key, value in attributes.items():
        if value is not None and value is not False:
            element.props[key.rstrip("_").replace("_", "-")] = "" if value is True else str(value)
    return element


def link(text: str, href: str, *, classes: str = "", **attributes: Any) -> TextElement:
    """A link to another page."""
    return tag("a", text, classes=classes, href=href, **attributes)


@contextlib.contextmanager
def form(action: str, *, classes: str = "", **attributes: Any) -> Iterator[Element]:
    """A form that the browser posts to a path of the app."""
    with tag("form", classes=classes, method="post", action=action, **attributes) as element:
        yield element


def hidden(**values: str) -> None:
    """Values that a form carries."""
    for name, value in values.items():
        tag("input", type="hidden", name=name, value=value)


def button(text: str, *, classes: str = "", **attributes: Any) -> TextElement:
    """A button that sends the form it stands in."""
    return tag("button", text, classes=classes, **{"type": "submit", **attributes})


def field(label: str, name: str, *, kind: str = "text", hint: str = "", key: str = "", **attributes: Any) -> None:
    """A labelled field of a form; ``key`` tells it from others of the same name on the page."""
    key = key or name
    with tag("p", classes="field"):
        tag("label", label, for_=f"field-{key}")
        told = f"hint-{key}" if hint else None
        if kind == "textarea":
            value = attributes.pop("value", "")
            tag("textarea", value or "", id=f"field-{key}", name=name, aria_describedby=told, **attributes)
        else:
            tag("input", type=kind, id=f"field-{key}", name=name, autocomplete="off", aria_describedby=told, **attributes)
        if hint:
            tag("span", hint, classes="hint", id=told)


def choice(label: str, name: str, options: Sequence[tuple[str, str]], chosen: str = "", *, key: str = "") -> None:
    """A labelled list to choose from: values and their words."""
    key = key or name
    with tag("p", classes="field"):
        tag("label", label, for_=f"field-{key}")
        with tag("select", id=f"field-{key}", name=name):
            for value, words in options:
                tag("option", words, value=value, selected=value == chosen)


def tick(label: str, name: str, *, value: str = "yes", checked: bool = False, **attributes: Any) -> None:
    """A box to tick, with its words."""
    key = f"field-{name}-{value}"
    with tag("p", classes="tick"):
        tag("input", type="checkbox", id=key, name=name, value=value, checked=checked, **attributes)
        tag("label", label, for_=key)


@contextlib.contextmanager
def card(heading: str = "", *, level: int = 2, classes: str = "") -> Iterator[Element]:
    """A part of the page with a heading."""
    with tag("section", classes=f"card {classes}") as element:
        if heading:
            tag(f"h{level}", heading)
        yield element


def notice(text: str, kind: str = "note") -> None:
    """Something to know: a note, a caution or an error."""
    tag("p", text, classes=f"notice {kind}", role="alert" if kind == "error" else "status")


@functools.cache
def static(name: str = "") -> str:
    """The address of a file of the app's own, which is another one whenever the files are: browsers may keep them."""
    folder = resources.files("rom_tracker.app").joinpath("static")
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return f"/static/{digest[:16]}/{name}"


def figure(source: str, words: str, *, classes: str = "", folded: bool = False) -> None:
    """A picture, with what it shows for people who do not see it; a ``folded`` one is loaded once somebody unfolds it.

    The others are asked for at once, and drawn while the browser puts the page together.
    """
    if not folded:
        ui.add_head_html(f'<link rel="preload" as="image" href="{html.escape(source)}">')
    with tag("figure", classes=classes):
        # Before the source: else the browser has begun to load it.
        tag("img", loading="lazy" if folded else None, src=source, alt=words)


@contextlib.contextmanager
def page(
    look: Look, title: str, *, at: str = "", back: str = "/", scripts: Sequence[str] = (), signs: Sequence[str] = ()
) -> Iterator[None]:
    """The frame of every page: its head with the way to the others, and the main part.

    Parameters
    ----------
    look : Look
    title : str
        Its name, which is also its first heading.
    at : str
        The site of the head that it belongs to.
    back : str
        Its own path, to which a change of the language comes back.
    scripts : sequence of str
        Names of files of the app's own that the page runs.
    signs : sequence of str
        What has to be seen on every page, such as that the app is open to the network.
    """
    _ = look._
    ui.page_title(f"{title} - rom_tracker")
    scheme = look.theme or "light dark"
    ui.add_head_html(
        f'<script>document.documentElement.lang="{_.language}";document.documentElement.style.colorScheme="{scheme}"</script>'
        f'<link rel="stylesheet" href="{static("room.css")}">'
    )
    for script in scripts:
        ui.add_body_html(f'<script src="{static(script)}" defer></script>')
    with ui.header(fixed=False, elevated=False, add_scroll_padding=False).classes("head"):
        link(_("Skip to the content"), "#content", classes="skip")
        link("rom_tracker", "/", classes="brand")
        with tag("nav", aria_label=_("Pages")):
            for path, name in _SITES:
                link(_(name), path, aria_current="page" if path == at else None)
        with form("/look", classes="language"):
            hidden(back=back)
            tag("label", _("Language"), for_="language", classes="sr")
            with tag("select", id="language", name="language", data_submits=True):
                for code, words in LANGUAGES.items():
                    tag("option", words, value=code, selected=code == _.language, lang=code)
    with tag("div", classes="content", id="content", tabindex="-1"):
        for sign in signs:
            tag("p", sign, classes="sign", role="status")
        tag("h1", title)
        yield
