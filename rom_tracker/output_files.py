"""Writes files so that they are there whole or not at all, and says in one sentence why one cannot be written."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rom_tracker.errors import OutputError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}

#: What a file is called while it is written; one that is older than this, in seconds, was never finished.
_PART = ".part-"
STALE_AFTER_S = 24 * 3600

#: The permissions of new files, which can only be read by changing them for a moment: so once, at the start.
_UMASK = os.umask(0o077)
os.umask(_UMASK)


@contextlib.contextmanager
def placed_whole(path: Path, *, private: bool = False, lasting: bool = False) -> Iterator[Path]:
    """A temporary path in the folder of ``path``, with its suffix, which becomes ``path`` when the block ends well.

    Parameters
    ----------
    path : Path
    private : bool
        For the user's own eyes.
    lasting : bool
        On the disk before it gets its name, so that a power cut does not leave it empty.

    Raises
    ------
    OSError
        The file cannot be written; nothing is left behind and a file that was there before stays.
    """
    handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=_PART, suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        if not private:
            temporary.chmod(0o666 & ~_UMASK)
        if lasting:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """The same for a result that somebody asked for.

    Raises
    ------
    OutputError
        The file cannot be written; nothing is left behind and a file that was there before stays.
    """
    path = Path(path)
    try:
        with placed_whole(path) as temporary:
            yield temporary
    except OSError as error:
        raise cannot_write(path, error) from error


def make_folder(folder: Path) -> None:
    """Make a folder for results, with those above it, where it is not there.

    Raises
    ------
    OutputError
        It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error


def remove_stale_parts(folder: Path) -> None:
    """Remove what programs that were killed left behind in a folder and below; earlier versions gave it the suffix ``.part``."""
    for part in (*folder.rglob(f"{_PART}*"), *folder.rglob("*.part")):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > STALE_AFTER_S:
                part.unlink()


def check_writable(path: str | os.PathLike[str]) -> None:
    """Find out before long work whether a result can be written.

    Raises
    ------
    OutputError
        It cannot.
    """
    path = Path(path)
    try:
        with tempfile.TemporaryFile(dir=path.absolute().parent):
            pass
    except OSError as error:
        raise cannot_write(path, error) from error
    if path.is_dir():
        raise cannot_write(path, IsADirectoryError(21, "a folder of that name is there"))


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Say in one sentence why a file cannot be written and what to do.

    Parameters
    ----------
    path : Path
        The file that was to be written.
    error : OSError
        What the system answered.
    """
    folder = path.absolute().parent
    if error.errno in _FULL:
        return OutputError(f'"{path}" cannot be written: the disk is full; free some space or choose another folder')
    if error.errno in _FORBIDDEN:
        return OutputError(f'"{path}" cannot be written: the folder "{folder}" is read-only; choose another folder')
    if not folder.is_dir():
        return OutputError(f'"{path}" cannot be written: "{folder}" is not a folder; create it or choose another')
    return OutputError(f'"{path}" cannot be written ({error.strerror}); choose another folder or name')
