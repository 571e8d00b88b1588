"""Encrypted files that can be written as the data comes, read from any place, and cut off without being lost.

A file is a header and chunks. Each chunk is sealed by itself with AES-256-GCM under a key of the file's own (HKDF-SHA256 of the
store's key and a random salt), its place and whether it is the last one sealed in, in the manner of STREAM (Hoang, Reyhanitabar,
Rogaway and Vizar, 2015, CRYPTO, 493-517): chunks cannot be exchanged, dropped or taken from another file without notice. A file
that was cut off, since the lid was closed, still reads up to its last whole chunk and says that it is not complete.

    header   8 bytes   "ROMFILE1"
             16 bytes  salt
    chunk    4 bytes   length of the data in it, big-endian, the top bit set in the last chunk
             n bytes   data, encrypted
             16 bytes  tag
"""

from __future__ import annotations

import bisect
import contextlib
import io
import os
import secrets
from pathlib import Path
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rom_tracker.errors import DamagedStoreError
from rom_tracker.output_files import cannot_write
from rom_tracker.store.keys import Key

_MAGIC = b"ROMFILE1"
_SALT = 16
_TAG = 16
_LAST = 0x8000_0000

#: The most data in one chunk, in bytes.
CHUNK_BYTES = 256 * 1024


class EncryptedWriter:
    """Writes an encrypted file; what was given to :meth:`write` is on the disk when it returns.

    Raises
    ------
    OutputError
        The file cannot be written; :meth:`write` and :meth:`close` raise it too.
    """

    def __init__(self, path: Path, key: Key) -> None:
        self._path = path
        self._chunks = 0
        salt = secrets.token_bytes(_SALT)
        self._header = _MAGIC + salt
        self._cipher = AESGCM(key.derived("file", salt))
        try:
            self._file: BinaryIO = path.open("xb")
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            self._put(self._header)
        except OSError as error:
            self.abandon()
            with contextlib.suppress(OSError):
                path.unlink()
            raise cannot_write(path, error) from error

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append data, as one chunk or, of more than :data:`CHUNK_BYTES`, as several."""
        view = memoryview(data)
        self._append([view[start : start + CHUNK_BYTES] for start in range(0, len(view), CHUNK_BYTES)])

    def close(self) -> None:
        """Mark the file as complete and close it."""
        if not self._file.closed:
            try:
                self._append([b""], last=True)
            finally:
                self.abandon()

    def abandon(self) -> None:
        """Close the file as it is: it reads up to here, and as not complete."""
        # What could not be written is tried again while it closes, and that it cannot was told when it was given.
        with contextlib.suppress(OSError):
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close() if kind is None else self.abandon()

    def _append(self, chunks: list[memoryview] | list[bytes], *, last: bool = False) -> None:
        sealed = []
        for chunk in chunks:
            sealed.append((len(chunk) | (_LAST if last else 0)).to_bytes(4, "big"))
            sealed.append(self._cipher.encrypt(_nonce(self._chunks, last=last), bytes(chunk), self._header))
            self._chunks += 1
        try:
            self._put(b"".join(sealed))
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())


class EncryptedReader(io.RawIOBase):
    """Reads an encrypted file from any place, as if it were not.

    Attributes
    ----------
    complete : bool
        Whether the writer came to its end; otherwise the file was cut off, or is still being written.
    size : int
        Bytes of data in its whole chunks.

    Raises
    ------
    DamagedStoreError
        The file is missing, none of this kind, of another store, or damaged; reading raises it too.
    """

    def __init__(self, path: Path, key: Key) -> None:
        self._path = path
        self._place = 0
        self._opened: tuple[int, bytes] = (-1, b"")
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise DamagedStoreError(
                f'the file "{path}" of the records cannot be read ({error.strerror}); restore a backup'
            ) from error
        self._header = self._file.read(len(_MAGIC) + _SALT)
        if len(self._header) < len(_MAGIC) + _SALT or not self._header.startswith(_MAGIC):
            self._file.close()
            raise self._damaged()
        self._cipher = AESGCM(key.derived("file", self._header[len(_MAGIC) :]))
        self._starts, self._offsets, self.complete, self.size = self._found_chunks()

    def _found_chunks(self) -> tuple[list[int], list[tuple[int, int]], bool, int]:
        """Where the data of each chunk begins, where the chunk lies and how long it is; complete?; and how much data there is."""
        end = os.fstat(self._file.fileno()).st_size
        starts: list[int] = []
        offsets: list[tuple[int, int]] = []
        size = 0
        place = len(self._header)
        while place + 4 <= end:
            self._file.seek(place)
            word = int.from_bytes(self._file.read(4), "big")
            length, last = word & ~_LAST, bool(word & _LAST)
            if length > CHUNK_BYTES:
                raise self._damaged()
            if place + 4 + length + _TAG > end:
                break
            if last:
                self._sealed(len(starts), place, length, last=True)
                return starts, offsets, True, size
            starts.append(size)
            offsets.append((place, length))
            size += length
            place += 4 + length + _TAG
        return starts, offsets, False, size

    def _sealed(self, number: int, place: int, length: int, *, last: bool = False) -> bytes:
        self._file.seek(place + 4)
        try:
            return self._cipher.decrypt(_nonce(number, last=last), self._file.read(length + _TAG), self._header)
        except InvalidTag:
            raise self._damaged() from None

    def _damaged(self) -> DamagedStoreError:
        return DamagedStoreError(
            f'the file "{self._path}" of the records is damaged, or belongs to other records; restore a backup'
        )

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be read from any place."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the data."""
        self._place = max(0, {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self.size}[whence] + offset)
        return self._place

    def tell(self) -> int:
        """The place in the data."""
        return self._place

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read on, up to the end of a chunk."""
        if self._place >= self.size:
            return 0
        number = bisect.bisect_right(self._starts, self._place) - 1
        if self._opened[0] != number:
            self._opened = number, self._sealed(number, *self._offsets[number])
        data = self._opened[1][self._place - self._starts[number] :][: len(buffer)]
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """So many bytes, over the ends of chunks; fewer at the end of the data, and all the rest where ``size`` is negative."""
        wanted = max(0, self.size - self._place)
        wanted = wanted if size is None or size < 0 else min(size, wanted)
        buffer = bytearray(wanted)
        view, done = memoryview(buffer), 0
        while done < wanted:
            done += self.readinto(view[done:])
        return bytes(buffer)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
