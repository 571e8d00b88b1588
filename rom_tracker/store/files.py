"""The encrypted files beside the database: videos and landmarks, each named by the record it belongs to."""

from __future__ import annotations

import contextlib
import io
import math
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rom_tracker.errors import StoreError
from rom_tracker.output_files import cannot_write
from rom_tracker.store.encrypted_file import CHUNK_BYTES, EncryptedReader, EncryptedWriter
from rom_tracker.store.keys import Key

Kind = Literal["video", "landmarks"]
#: Called with the bytes done, and in all.
Progress = Callable[[float, float | None], None]

#: Where Linux keeps files in memory: a video that is lent out in the clear does not touch the disk there.
_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a store: ``ID.video`` of the recording ID, ``ID.landmarks`` of the measurement ID."""

    folder: Path
    key: Key

    def path(self, record_id: str, kind: Kind) -> Path:
        """Where a file lies or would lie.

        Raises
        ------
        ValueError
            It is no identifier: nothing but one of this program's own gets into a path.
        """
        if len(record_id) != 32 or not set(record_id) <= set("0123456789abcdef"):
            raise ValueError(f"expected an identifier of 32 hexadecimal digits, got {record_id!r}")
        return self.folder / f"{record_id}.{kind}"

    def writer(self, record_id: str, kind: Kind) -> EncryptedWriter:
        """A new file."""
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        return EncryptedWriter(self.path(record_id, kind), self.key)

    def reader(self, record_id: str, kind: Kind) -> EncryptedReader:
        """A file that is there."""
        return EncryptedReader(self.path(record_id, kind), self.key)

    def take(self, source: Path, record_id: str, kind: Kind, progress: Progress | None = None) -> None:
        """Encrypt a file into the store, whole or not at all; the source stays.

        Raises
        ------
        StoreError
            The source cannot be read.
        OutputError
            The store cannot be written.
        """
        try:
            with source.open("rb") as file:
                total = os.fstat(file.fileno()).st_size
                with self._whole_or_not(record_id, kind) as writer:
                    while data := file.read(CHUNK_BYTES):
                        writer.write(data)
                        if progress is not None:
                            progress(file.tell(), total)
        except OSError as error:
            raise StoreError(f'"{source}" cannot be read: {error.strerror or error}') from error

    @contextlib.contextmanager
    def lent(self, record_id: str, kind: Kind, suffix: str = "") -> Iterator[Path]:
        """A copy in the clear for programs that read files only; it is gone when the block ends.

        It lies in memory on Linux, else in a folder that nobody else can read.
        """
        memory = _MEMORY if sys.platform == "linux" and os.access(_MEMORY, os.W_OK) else None
        with self.reader(record_id, kind) as reader:
            if memory is not None and shutil.disk_usage(memory).free < 2 * reader.size:
                memory = None
            with tempfile.TemporaryDirectory(prefix="rom_tracker-", dir=memory) as folder:
                path = Path(folder) / f"{record_id}{suffix}"
                with path.open("wb") as file:
                    shutil.copyfileobj(reader, file, CHUNK_BYTES)
                yield path

    def put_arrays(self, record_id: str, kind: Kind, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep arrays, compressed and encrypted, whole or not at all."""
        with self._whole_or_not(record_id, kind) as writer:
            writer.write(packed(arrays))

    def arrays(self, record_id: str, kind: Kind) -> dict[str, NDArray[Any]]:
        """The arrays that were kept."""
        with self.reader(record_id, kind) as reader:
            return unpacked(reader.read())

    def remove(self, record_id: str, kind: Kind) -> int:
        """Remove a file if it is there, and say how many bytes that freed.

        The salt at its beginning is overwritten first: without it the file's key cannot be made again, whatever the disk keeps.
        """
        path = self.path(record_id, kind)
        try:
            size = path.stat().st_size
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(24))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise StoreError(f'the file "{path}" cannot be removed: {error.strerror or error}; close what uses it') from error
        return size

    def all(self) -> tuple[tuple[str, Kind], ...]:
        """Every file that is there: the record's identifier, and the kind."""
        kinds: dict[str, Kind] = {".video": "video", ".landmarks": "landmarks"}
        if not self.folder.is_dir():
            return ()
        return tuple(sorted((path.stem, kinds[path.suffix]) for path in self.folder.iterdir() if path.suffix in kinds))

    def written_at(self, record_id: str, kind: Kind) -> float:
        """When a file was last written to, in seconds as of ``time.time``; infinity where it is gone."""
        try:
            return self.path(record_id, kind).stat().st_mtime
        except FileNotFoundError:
            return math.inf

    @contextlib.contextmanager
    def _whole_or_not(self, record_id: str, kind: Kind) -> Iterator[EncryptedWriter]:
        writer = self.writer(record_id, kind)
        try:
            with writer:
                yield writer
        except BaseException:
            with contextlib.suppress(StoreError):
                self.remove(record_id, kind)
            raise


def packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as one compressed NPZ archive."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpacked(data: bytes) -> dict[str, NDArray[Any]]:
    """What was packed."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
