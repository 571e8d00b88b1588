"""``app``: the therapist's room."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from rom_tracker.cli import output
from rom_tracker.cli.user import user


def app(
    port: Annotated[int, typer.Option("--port", help="Port on this computer; 0: any that is free.", min=0, max=65535)] = 0,
    show: Annotated[bool, typer.Option("--show/--no-show", help="Open the browser.")] = True,
) -> None:
    """Open the app in the browser: clients, recording, results, progress. Only this computer can reach it; stop with Ctrl-C."""
    from rom_tracker.app.room import Room
    from rom_tracker.app.server import running_address, serve
    from rom_tracker.errors import KeyNeededError, NoStoreError, RomTrackerError
    from rom_tracker.settings import Settings

    settings = Settings.load()
    if (address := running_address(settings.store_folder)) is not None:
        output.console().print(f"rom_tracker is running already: {address}", soft_wrap=True, markup=False, highlight=False)
        if show:
            webbrowser.open(address)
        return
    room = Room(settings.store_folder, who=user(), database_url=settings.database_url)
    try:
        room.open(room.unlock())
    except (NoStoreError, KeyNeededError):
        pass  # The first page asks for a passphrase.
    except RomTrackerError:
        room.close()
        raise

    def say(words: str) -> None:
        output.console().print(words, soft_wrap=True, markup=False, highlight=False)
        output.hint("The address opens one browser, once; run the command again for another. Stop with Ctrl-C.")

    try:
        serve(room, port=port, show=show, say=say)
    except KeyboardInterrupt:
        output.hint("rom_tracker is closed.")
