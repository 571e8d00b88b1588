"""Every record as soon as it is there, in a file that is only ever added to; what a run that was ended goes on from."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from pathlib import Path
from typing import IO, Any

from rom_tracker.batch.engine import Record
from rom_tracker.errors import OutputError

NAME = "journal.jsonl"


class Journal:
    """Records by key, a line of JSON each, on the disk before the next one is begun.

    In memory are the keys alone and where their lines begin. A line that was cut off by a power cut or a kill is dropped. While it
    is open no other run can open it.

    Parameters
    ----------
    folder : Path
        The folder of the results; it is there.

    Raises
    ------
    OutputError
        It cannot be written, or another run has it.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._places: dict[str, int] = {}
        self._contents: dict[str, int] = {}
        self._sizes: set[int] = set()
        try:
            self._file = self.path.open("a+b")
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        try:
            mine = _locked(self._file)
        except OSError as error:
            self._file.close()
            raise _cannot_write(self.path, error) from error
        if not mine:
            self._file.close()
            raise OutputError(f'another run is writing into "{folder}"; wait for it, or choose another folder with --out')
        self.read()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        try:
            self._file.close()  # It writes what could not be written before once more.
        except OSError as error:
            if kind is None:
                raise _cannot_write(self.path, error) from error

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, key: str) -> Record:
        """The last record of that key.

        Raises
        ------
        KeyError
            There is none.
        """
        return self._at(self._places[key])

    def of_content(self, content_key: str) -> Record | None:
        """The record of a recording that has been measured under another name or time, if any."""
        place = self._contents.get(content_key)
        return None if place is None else self._at(place)

    def place(self, key: str) -> int:
        """Where the last record of that key stands: another place is another record."""
        return self._places[key]

    def has_size(self, size: int) -> bool:
        """Whether any recording of so many bytes has been measured: if not, none of the same content has."""
        return size in self._sizes

    def append(self, key: str, record: Record) -> None:
        """Add a record, and return when it is on the disk.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        line = json.dumps({**record, "key": key}, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        try:
            self._file.seek(0, os.SEEK_END)
            place = self._file.tell()
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        self._know(key, record, place)

    def _at(self, place: int) -> Record:
        self._file.seek(place)
        record = json.loads(self._file.readline())
        assert isinstance(record, dict)
        return record

    def read(self) -> None:
        """Know what is on the disk, which after an interruption may be a record more than was known."""
        self._file.seek(0)
        good = 0
        for line in self._file:
            record: Any = None
            with contextlib.suppress(ValueError):
                record = json.loads(line)
            if not line.endswith(b"\n"):
                break
            if isinstance(record, dict) and isinstance(record.get("key"), str):
                self._know(record["key"], record, good)
            good += len(line)
        if good < self._file.seek(0, os.SEEK_END):
            self._file.truncate(good)

    def _know(self, key: str, record: Record, place: int) -> None:
        self._places[key] = place
        if "content_key" in record:
            self._contents[record["content_key"]] = place
            self._sizes.add(record.get("size", -1))  # Earlier versions kept none.


def _cannot_write(path: Path, error: OSError) -> OutputError:
    from rom_tracker.output_files import cannot_write

    return cannot_write(path, error)


def _locked(file: IO[bytes]) -> bool:
    """Take the file for this process; the system gives it back when the process ends, however that is."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(2**62)  # Beyond all content: a locked byte cannot be read by others.
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            raise
        return False
    return True
