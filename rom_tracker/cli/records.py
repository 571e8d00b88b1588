"""``records``, ``backup``, ``restore`` and ``export``: the records of clients from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.markup import escape
from rich.table import Table

from rom_tracker.cli import output
from rom_tracker.cli.user import user
from rom_tracker.errors import KeyNeededError, NoStoreError, UsageError

if TYPE_CHECKING:
    from rom_tracker.settings import Settings
    from rom_tracker.store import Client, Store

#: Opens the records where nobody can be asked, as in a script.
PASSPHRASE_VARIABLE = "ROM_TRACKER_PASSPHRASE"

#: Where a script puts the new one.
NEW_PASSPHRASE_VARIABLE = "ROM_TRACKER_NEW_PASSPHRASE"

FORMATS = ("csv", "parquet", "xlsx", "fhir")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ClientArgument = Annotated[str, typer.Argument(help="The client: label, or code such as C-7KQ2M9.")]

app = typer.Typer(name="records", help="Make, show and tidy up the records of clients.", no_args_is_help=True)


def opened(settings: Settings | None = None) -> Store:
    """The records that the settings name; the passphrase is asked for, or taken from the environment.

    Raises
    ------
    NoStoreError
        There are none yet; the message says how to make them.
    KeyNeededError
        Nobody can be asked for the passphrase.
    """
    from rom_tracker.settings import Settings
    from rom_tracker.store import Store

    settings = settings or Settings.load()
    lock = Store.lock_of(settings.store_folder)
    if lock is None:
        raise NoStoreError(
            f'there are no records in "{settings.store_folder}" yet; `rom-tracker app` makes them, or `rom-tracker records create`'
        )
    if lock != "passphrase":
        try:
            return Store.of(settings, who=user())
        except KeyNeededError:
            if lock == "keychain":
                raise
    return Store.of(settings, passphrase=_passphrase("Passphrase of the records"), who=user())


def _passphrase(asked: str, *, new: bool = False, variable: str = PASSPHRASE_VARIABLE) -> str:
    """A passphrase from the environment or, on a terminal, from whoever sits there."""
    told = os.environ.get(variable)
    if told:
        return told
    if not sys.stdin.isatty():
        raise KeyNeededError(f"a passphrase is needed, and nobody can be asked here: put it into {variable}")
    return str(typer.prompt(asked, hide_input=True, confirmation_prompt=new, err=True))


@app.command("create")
def create(
    keychain: Annotated[
        bool, typer.Option("--keychain", help="Let the system's keychain keep the key, instead of a passphrase.")
    ] = False,
) -> None:
    """Make new, encrypted records."""
    from rom_tracker.settings import Settings
    from rom_tracker.store import Store

    settings = Settings.load()
    if Store.lock_of(settings.store_folder) is not None:
        raise UsageError(f'there are records in "{settings.store_folder}" already')
    passphrase = None if keychain else _passphrase("New passphrase, 12 characters or more", new=True)
    Store.create(
        settings.store_folder, passphrase=passphrase, keychain=keychain, who=user(), database_url=settings.database_url
    ).close()
    output.console().print(f"Records made in {escape(str(settings.store_folder))}.", soft_wrap=True)
    if passphrase is not None:
        output.hint("Nobody can open them without the passphrase: keep it in a safe place.")
    else:
        output.hint(
            "Make backups with `rom-tracker backup FILE --passphrase`: without one they open with this computer's keychain only."
        )


@app.command("lock")
def lock(
    passphrase: Annotated[bool, typer.Option("--passphrase", help="Open them with a new passphrase.")] = False,
    keychain: Annotated[
        bool, typer.Option("--keychain", help="Open them with the system's keychain; with --passphrase, with either.")
    ] = False,
) -> None:
    """Change what opens the records; nothing is encrypted anew, and earlier backups open with what opened them then."""
    if not (passphrase or keychain):
        raise UsageError("Which lock? Add --passphrase, --keychain, or both.")
    with opened() as store:
        asked = "New passphrase, 12 characters or more"
        new = _passphrase(asked, new=True, variable=NEW_PASSPHRASE_VARIABLE) if passphrase else None
        store.change_lock(passphrase=new, keychain=keychain)
    with_what = " or ".join(
        name for name, chosen in (("the new passphrase", passphrase), ("the system's keychain", keychain)) if chosen
    )
    output.console().print(f"The records open with {with_what} from now on.")


@app.command("show")
def show(as_json: JsonOption = False) -> None:
    """Show where the records are, what opens them, the clients, and whether all is well."""
    with opened() as store:
        lines = store.clients.list()
        lock = store.lock_of(store.folder)
        cut_off = store.recordings.cut_off()
        size = sum(path.stat().st_size for path in store.folder.rglob("*") if path.is_file())
    if as_json:
        output.print_json(
            {
                "folder": str(store.folder),
                "opens_with": lock,
                "size_bytes": size,
                "clients": [
                    {
                        "client": line.client.pseudonym,
                        "sessions": line.sessions,
                        "last_session_at": line.last_session_at and line.last_session_at.isoformat(),
                    }
                    for line in lines
                ],
                "recordings_cut_off": len(cut_off),
            }
        )
        return
    table = Table("client", "code", "sessions", "last session", "agrees to")
    for line in lines:
        last = "-" if line.last_session_at is None else f"{line.last_session_at.astimezone():%Y-%m-%d}"
        agreed = ", ".join(sorted(line.consents)) or "nothing yet"
        table.add_row(escape(line.client.label), line.client.pseudonym, str(line.sessions), last, escape(agreed))
    if lines:
        output.console().print(table)
    with_key = {"passphrase": "a passphrase", "keychain": "the system's keychain", "both": "the keychain, or a passphrase"}
    output.console().print(
        f"{_counted(len(lines), 'client')}, {size / 1e6:.1f} MB, checked and sound; opens with {with_key[lock or 'both']}."
    )
    if cut_off:
        output.console().print(f"! {_counted(len(cut_off), 'recording')} did not come to an end and can be measured up to there.")
    output.console().print(f"Folder: {escape(str(store.folder))}", soft_wrap=True)


@app.command("purge")
def purge() -> None:
    """Remove the videos whose time is over, and measured ones of clients who do not agree to videos, or to landmarks alone."""
    with opened() as store:
        purged = store.purge()
    output.console().print(f"{_counted(purged.videos, 'video')} removed, {purged.freed_bytes / 1e6:.1f} MB freed.")


@app.command("erase")
def erase(
    client: ClientArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase everything there is about a client. It cannot be undone."""
    with opened() as store:
        found = store.clients.find(client)
        if not yes:
            if not sys.stdin.isatty():
                raise UsageError("erasing cannot be undone and nobody can be asked here: say --yes")
            typer.confirm(f"Erase {found.label} ({found.pseudonym}) with all sessions and videos?", abort=True, err=True)
        erased = store.erase(found.id)
    output.console().print(
        f"{erased.pseudonym} is erased: {_counted(erased.sessions, 'session')}, {_counted(erased.recordings, 'recording')}, "
        f"{_counted(erased.files, 'file')}. The trail keeps that it was done, under this code."
    )
    output.hint("Backups that you made still have the client; delete them, and make a new one.")


@app.command("trail")
def trail(as_json: JsonOption = False) -> None:
    """Show who did what when. Clients are told by their codes."""
    with opened() as store:
        entries = store.trail()
    if as_json:
        rows = ({"at": one.at.isoformat(), "who": one.who, "what": one.what, "client": one.client} for one in entries)
        output.print_json(list(rows))
        return
    table = Table("when", "who", "what", "client")
    for one in entries:
        table.add_row(f"{one.at.astimezone():%Y-%m-%d %H:%M}", escape(one.who), escape(one.what), one.client)
    output.console().print(table)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; one that is there is replaced.")],
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase that opens the backup, too, as on another computer.")
    ] = False,
) -> None:
    """Write all records and videos into one encrypted file, also while they are in use."""
    from rom_tracker.output_files import check_writable
    from rom_tracker.store import back_up

    check_writable(file)
    with opened() as store, output.progress_bar(f"Writing {file.name}") as progress:
        extra = _passphrase("Passphrase of the backup, 12 characters or more", new=True) if passphrase else None
        made = back_up(store, file, passphrase=extra, progress=progress)
    output.console().print(
        f"Written: {escape(str(file))}, {made.size_bytes / 1e6:.1f} MB, {_counted(made.files, 'file')} of videos and landmarks.",
        soft_wrap=True,
    )
    if made.missing:
        output.console().print(f"! {_counted(made.missing, 'file')} of the records could not be found and is not in it.")
    if made.opens_elsewhere:
        output.hint("It opens with the passphrase, on any computer.")
    else:
        output.hint("It opens on this computer only, with its keychain; --passphrase makes one that opens elsewhere.")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of the records that are there; these are kept beside it.")
    ] = False,
) -> None:
    """Put the records of a backup back."""
    from rom_tracker.settings import Settings
    from rom_tracker.store import restore as restored_from
    from rom_tracker.store.restore import lock_of_backup

    settings = Settings.load()
    lock = lock_of_backup(file)
    if (settings.store_folder / "store.json").exists() and not replace:
        raise UsageError(f'there are records in "{settings.store_folder}" already; --replace puts the backup in their place')

    def put_back(passphrase: str | None) -> None:
        with output.progress_bar(f"Reading {file.name}") as progress:
            found = restored_from(
                file,
                settings.store_folder,
                passphrase=passphrase,
                who=user(),
                database_url=settings.database_url,
                replacing=replace,
                progress=progress,
            )
        output.console().print(
            f"Restored from {found.made_at.astimezone():%Y-%m-%d %H:%M}: {_counted(found.clients, 'client')}, "
            f"{_counted(found.sessions, 'session')}, {_counted(found.recordings, 'recording')}."
        )
        if found.erased_again:
            output.console().print(f"{_counted(found.erased_again, 'client')} erased since then was erased again.")
        if found.replaced is not None:
            output.console().print(f"The records of before: {escape(str(found.replaced))}", soft_wrap=True)

    if lock != "passphrase":
        try:
            return put_back(None)
        except KeyNeededError:
            if lock == "keychain":
                raise
    return put_back(_passphrase("Passphrase of the backup"))


def export(
    client: Annotated[str | None, typer.Argument(help="The client: label, or code such as C-7KQ2M9.")] = None,
    everyone: Annotated[bool, typer.Option("--all", help="All clients.")] = False,
    form: Annotated[str, typer.Option("--format", help="csv or parquet (a folder), xlsx or fhir (a file).")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", help="The folder or file to write.")] = None,
    with_names: Annotated[
        bool, typer.Option("--with-names", help="With names, times and notes; otherwise clients are told by their codes.")
    ] = False,
) -> None:
    """Write the records of a client, or of all, for other programs: without names unless asked for."""
    if form not in FORMATS:
        raise UsageError(f"expected a format {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, got {form!r}")
    if (client is None) == (not everyone):
        raise UsageError("name one client, or say --all")
    if out is None:
        raise UsageError("say with --out where to write: a folder for csv and parquet, a file for xlsx and fhir")
    with opened() as store:
        chosen = [line.client for line in store.clients.list()] if client is None else [store.clients.find(client)]
        with output.progress_bar("Exporting") as progress:
            written = _write_export(store, chosen, form, out, with_names, progress)
        store.note_export(chosen, form, names=with_names)
    output.print_written(*written)
    output.hint(
        "It has names and notes in the clear: keep it as safe as the records."
        if with_names
        else f"Clients are told by their codes, days counted from the first session. {_counted(len(chosen), 'client')}."
    )


def _write_export(
    store: Store,
    chosen: list[Client],
    form: str,
    out: Path,
    names: bool,
    progress: Callable[[float, float | None], None],
) -> tuple[Path, ...]:
    if form == "fhir":
        from rom_tracker.export.fhir import fhir_bundle, write_fhir

        write_fhir(fhir_bundle(store, chosen, names=names, progress=progress), out)
        return (out,)
    from rom_tracker.export.tables import TableFormat, record_tables, write_tables

    (table_form,) = (one for one in get_args(TableFormat) if one == form)
    return write_tables(record_tables(store, chosen, names=names, progress=progress), out, table_form)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
