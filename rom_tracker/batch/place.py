"""Where the recordings lie: a folder of this computer, or one that fsspec reaches (s3, gs, az, sftp, http, ...)."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from rom_tracker.errors import UsageError, VideoError

SIDECAR_SUFFIX = ".recording.json"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of a place.

    Attributes
    ----------
    file : str
        Its path within the place, with slashes.
    size : int
        Bytes.
    signature : str
        Changes when the file does: made of size and time of modification, or of what a remote store tells.
    """

    file: str
    size: int
    signature: str


class Place(Protocol):
    """A folder, near or far.

    Attributes
    ----------
    closed : list of str
        Folders in it that could not be read, known once its files have been asked for.
    """

    closed: list[str]

    def files(self, without: Path | None) -> list[Listed]:
        """All files in it and below, in the order of their names; nothing hidden, and nothing of the folder ``without``."""
        ...

    def address(self, file: str) -> str:
        """Under which a worker finds the file."""
        ...


def place_of(folder: str | os.PathLike[str]) -> Place:
    """The place of a folder or a URL.

    Raises
    ------
    UsageError
        There is no such folder, or fsspec is not installed.
    """
    return _Far(os.fspath(folder)) if is_far(os.fspath(folder)) else _Near(Path(folder))


def is_far(address: str) -> bool:
    """Whether it is a URL, which fsspec reads."""
    return "://" in address


@contextlib.contextmanager
def near_copy(address: str) -> Iterator[Path]:
    """The file on this computer: itself, or a copy in a folder for scratch, with its sidecar, that goes afterwards.

    Raises
    ------
    VideoError
        It cannot be fetched.
    """
    if not is_far(address):
        yield Path(address)
        return
    with tempfile.TemporaryDirectory(prefix="rom_tracker-") as scratch:
        copy = Path(scratch) / PurePosixPath(address).name
        system, path = _opened(address)
        try:
            system.get_file(path, str(copy))
            sidecar = sidecar_path_of(path)
            if sidecar != path and system.exists(sidecar):
                system.get_file(sidecar, str(Path(scratch) / PurePosixPath(sidecar).name))
        except Exception as error:  # Each store has errors of its own kind, many of them no OSError.
            raise VideoError(f'"{address}" cannot be fetched ({_said(error)}); check the connection and who may read it') from error
        yield copy


def sidecar_path_of(path: str) -> str:
    """Where the sidecar of a recording lies, whether the path is one of this computer or a URL; of a sidecar, itself.

    >>> sidecar_path_of("s3://clinic/ann-before.mkv")
    's3://clinic/ann-before.recording.json'
    """
    return path if path.endswith(SIDECAR_SUFFIX) else path.removesuffix(PurePosixPath(path).suffix) + SIDECAR_SUFFIX


def _opened(address: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError as error:
        raise UsageError(
            f'"{address}" is not on this computer; to reach it install the extra: pip install "rom_tracker[cluster]"'
        ) from error
    try:
        system, path = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise UsageError(f'"{address}" cannot be opened: {error}') from error
    except Exception as error:  # Some stores connect at once; each has errors of its own kind.
        raise UsageError(
            f'"{address}" cannot be reached ({_said(error)}); check the address, the connection and who may read it'
        ) from error
    return system, path


def _said(error: Exception) -> str:
    """What an error says in one line; its kind where it says nothing."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


class _Near:
    """A folder of this computer."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            there = "a file" if folder.exists() else "nothing"
            raise UsageError(f'expected a folder of recordings, but {there} is at "{folder}"; check its name')
        self.folder = folder.absolute()
        self.closed: list[str] = []

    def files(self, without: Path | None) -> list[Listed]:
        left_out = None if without is None else os.path.realpath(without)
        found: list[Listed] = []
        self.closed = []
        for folder, below, names in os.walk(self.folder, onerror=self._note_closed):
            below[:] = [
                name for name in below if not name.startswith(".") and os.path.realpath(os.path.join(folder, name)) != left_out
            ]
            for name in names:
                path = Path(folder, name)
                with contextlib.suppress(OSError):  # gone meanwhile, or a link to nothing
                    if not name.startswith(".") and path.is_file():
                        about = path.stat()
                        file = path.relative_to(self.folder).as_posix()
                        found.append(Listed(file, about.st_size, f"{about.st_size}-{about.st_mtime_ns}"))
        return sorted(found, key=lambda one: one.file)

    def _note_closed(self, error: OSError) -> None:
        self.closed.append(Path(error.filename).relative_to(self.folder).as_posix())

    def address(self, file: str) -> str:
        return str(self.folder / file)


class _Far:
    """A folder that fsspec reaches."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.closed: list[str] = []
        self.system, self.root = _opened(self.url)

    def files(self, without: Path | None) -> list[Listed]:
        try:
            paths = self.system.find(self.root, detail=True)
        except Exception as error:  # Each store has errors of its own kind, many of them no OSError.
            raise UsageError(
                f'"{self.url}" cannot be listed ({_said(error)}); check the address, the connection and who may read it'
            ) from error
        if not paths and not self._is_there():  # Some stores list what is not there, or not reached, as an empty folder.
            raise UsageError(f'nothing is at "{self.url}", or it cannot be reached; check the address and the connection')
        found: list[Listed] = []
        for path, about in paths.items():
            file = path.removeprefix(self.root).lstrip("/")
            if not any(part.startswith(".") for part in file.split("/")):
                found.append(Listed(file, int(about.get("size") or 0), self.system.ukey(path)))
        return sorted(found, key=lambda one: one.file)

    def _is_there(self) -> bool:
        try:
            return bool(self.system.exists(self.root))
        except Exception:  # The same as above.
            return False

    def address(self, file: str) -> str:
        return f"{self.url}/{file}"
