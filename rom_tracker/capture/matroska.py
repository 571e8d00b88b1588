"""A small Matroska and WebM writer: one picture track, every frame a whole picture, every frame with its own time.

OpenCV's own writer was tried and cannot keep time: for the pictures it encodes it ignores
``VIDEOWRITER_PROP_PTS`` (5.0.0) and spaces the frames by 1/fps. It also reports no failed write, so a full disk goes
unnoticed. Writing the container here takes a hundred lines and gives three things at once: true times, an `OSError`
the moment a write fails, and a file that plays after a kill, because every frame leaves the process in one write as a
complete part of its own.

Element numbers: https://www.rfc-editor.org/rfc/rfc9559.html; the codecs' names: https://www.matroska.org/technical/codec_specs.html
"""

from __future__ import annotations

import struct
from typing import BinaryIO

TICK_NS = 10_000
"""Unit of the times in the file: 10 microseconds, fine enough for 240 frames a second."""

_UNKNOWN_SIZE = b"\x01\xff\xff\xff\xff\xff\xff\xff"


class MatroskaWriter:
    """Writes encoded pictures and their times into an open file.

    Parameters
    ----------
    file : binary file
        Open for writing, seekable, at its start, and unbuffered if the frames are to survive a kill.
    codec : str
        Matroska's name of the codec: ``"V_MJPEG"`` or ``"V_VP8"``.
    size : (width, height)
        Of every picture, in pixels.
    """

    def __init__(self, file: BinaryIO, *, codec: str, size: tuple[int, int]) -> None:
        self._file = file
        self._cues: list[tuple[int, int]] = []
        doc_type = b"webm" if codec == "V_VP8" else b"matroska"
        header = _ebml_header(doc_type) + bytes.fromhex("18538067") + _UNKNOWN_SIZE
        self._segment_start = len(header)
        self._info = _info(duration_ticks=None)
        self._tracks = _tracks(codec, size)
        placeholder = _void(len(self._seek_head(cues_position=0)))
        self._position = self._write(header + placeholder + self._info + self._tracks)

    @property
    def frame_count(self) -> int:
        """Frames written so far."""
        return len(self._cues)

    def write(self, picture: bytes, time_s: float) -> None:
        """Append one encoded picture.

        Parameters
        ----------
        picture : bytes
            A whole JPEG file or VP8 key frame.
        time_s : float
            Its time; later than that of the picture before.

        Raises
        ------
        ValueError
            The time is not later than the one before.
        OSError
            The picture could not be written; the file ends with the picture before it, as if this one had not come.
        """
        ticks = round(time_s * 1e9 / TICK_NS)
        if ticks < 0 or (self._cues and ticks <= self._cues[-1][0]):
            raise ValueError(f"expected times that increase from 0, got {time_s:.6f} s for frame {self.frame_count}")
        block = _element("a3", b"\x81\x00\x00\x80" + picture)
        cluster = _element("1f43b675", _element("e7", _integer(ticks)) + block)
        try:
            end = self._write(cluster)
        except OSError:
            self._file.truncate(self._position)
            self._file.seek(self._position)
            raise
        self._cues.append((ticks, self._position - self._segment_start))
        self._position = end

    def finish(self) -> None:
        """Write the seek index, the duration and the final size, so that players can jump to any frame.

        Raises
        ------
        OSError
            There was no room for them. The frames written so far play all the same.
        """
        cues_position = self._position - self._segment_start
        try:
            end = self._write(_element("1c53bb6b", b"".join(_cue(*cue) for cue in self._cues)))
        except OSError:
            self._file.truncate(self._position)
            raise
        self._file.seek(self._segment_start - len(_UNKNOWN_SIZE))
        self._write((end - self._segment_start | 1 << 56).to_bytes(8, "big"))
        self._write(self._seek_head(cues_position) + _info(self._duration_ticks()))
        self._file.seek(end)

    def _duration_ticks(self) -> int:
        """The last picture is shown as long as the one before it."""
        ticks = [0, *(time for time, _ in self._cues)]
        return 2 * ticks[-1] - ticks[-2] if len(ticks) > 1 else 0

    def _seek_head(self, cues_position: int) -> bytes:
        def entry(identifier: str, position: int) -> bytes:
            where = _element("53ac", position.to_bytes(8, "big"))
            return _element("4dbb", _element("53ab", bytes.fromhex(identifier)) + where)

        def seek_head(info_position: int) -> bytes:
            tracks_position = info_position + len(self._info)
            positions = {"1549a966": info_position, "1654ae6b": tracks_position, "1c53bb6b": cues_position}
            return _element("114d9b74", b"".join(entry(*item) for item in positions.items()))

        return seek_head(len(seek_head(0)))

    def _write(self, data: bytes) -> int:
        """Write all of the data, which an unbuffered file may take in parts; return the position after it."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        return self._file.tell()


def _ebml_header(doc_type: bytes) -> bytes:
    version, limits = _element("4286", b"\x01") + _element("42f7", b"\x01"), _element("42f2", b"\x04")
    document = _element("4282", doc_type) + _element("4287", b"\x04") + _element("4285", b"\x02")
    return _element("1a45dfa3", version + limits + _element("42f3", b"\x08") + document)


def _info(duration_ticks: int | None) -> bytes:
    duration = _element("4489", struct.pack(">d", float(duration_ticks or 0)))
    scale = _element("2ad7b1", _integer(TICK_NS))
    names = _element("4d80", b"rom_tracker") + _element("5741", b"rom_tracker")
    return _element("1549a966", scale + names + (_void(len(duration)) if duration_ticks is None else duration))


def _tracks(codec: str, size: tuple[int, int]) -> bytes:
    width, height = size
    video = _element("e0", _element("b0", _integer(width)) + _element("ba", _integer(height)))
    numbers = _element("d7", b"\x01") + _element("73c5", b"\x01") + _element("83", b"\x01") + _element("9c", b"\x00")
    return _element("1654ae6b", _element("ae", numbers + _element("86", codec.encode()) + video))


def _cue(ticks: int, cluster_position: int) -> bytes:
    where = _element("f7", b"\x01") + _element("f1", _integer(cluster_position))
    return _element("bb", _element("b3", _integer(ticks)) + _element("b7", where))


def _void(total_bytes: int) -> bytes:
    return _element("ec", bytes(total_bytes - 2))


def _element(identifier: str, payload: bytes) -> bytes:
    size_bytes = next(count for count in range(1, 9) if len(payload) < (1 << 7 * count) - 1)
    size = (len(payload) | 1 << 7 * size_bytes).to_bytes(size_bytes, "big")
    return bytes.fromhex(identifier) + size + payload


def _integer(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
