"""Writes results so that a file is there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rom_tracker.capture.writer import cannot_write


@contextlib.contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path in the folder of ``path``, with its suffix, which becomes ``path`` when the block ends well.

    Raises
    ------
    OutputError
        The file cannot be written; nothing is left behind and a file that was there before stays.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.stem}-", suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
