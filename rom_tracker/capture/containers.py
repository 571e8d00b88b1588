"""What the structure of a video file says about it, read without decoding.

FFmpeg answers every unusable file with the same refusal. The few bytes that frame a file's parts tell why: they say
whether the file goes on beyond its own end, whether an mp4 lacks its index, and whether there is any picture track.

A file that was cut exactly between two self-contained parts (a fragmented mp4, a live WebM) looks complete, and no
header field would tell: their frame counts and durations are estimates. Such a cut goes unseen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MP4_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp", b"pnot"}
_EBML_MAGIC = b"\x1a\x45\xdf\xa3"
_EBML_SEGMENT = 0x18538067
_EBML_TRACKS = 0x1654AE6B
_LARGEST_INDEX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """What a file's framing says about it.

    Attributes
    ----------
    kind : str
        ``"mp4"``, ``"matroska"``, ``"avi"``, ``"audio"``, ``"picture"``, ``"text"`` or ``"unknown"``.
    cut_off : bool
        The file is shorter than its own framing announces.
    has_index : bool
        False for an mp4 without its ``moov`` part, which nothing can read; True for everything else.
    has_pictures : bool or None
        Whether there is a picture track; None where the framing does not tell.
    """

    kind: str
    cut_off: bool = False
    has_index: bool = True
    has_pictures: bool | None = None


def inspect_container(path: Path) -> ContainerFacts:
    """Read the framing of a file.

    Parameters
    ----------
    path : Path
        An existing file.

    Returns
    -------
    ContainerFacts

    Raises
    ------
    OSError
        The file cannot be read.
    """
    file_bytes = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4096)
        if head[4:8] in _MP4_FIRST_BOXES:
            return _inspect_mp4(file, file_bytes)
        if head.startswith(_EBML_MAGIC):
            return _inspect_matroska(file, file_bytes)
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        announced_bytes = 8 + int.from_bytes(head[4:8], "little")
        return ContainerFacts("avi", cut_off=announced_bytes > file_bytes, has_pictures=b"vids" in head)
    if _is_audio(head):
        return ContainerFacts("audio", has_pictures=False)
    if _is_picture(head, path.suffix.lower()):
        return ContainerFacts("picture")
    return ContainerFacts("text") if _is_text(head) else ContainerFacts("unknown")


def _is_audio(head: bytes) -> bool:
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return True
    if head.startswith(b"OggS"):
        return b"theora" not in head
    return head.startswith((b"ID3", b"fLaC", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"))


def _is_picture(head: bytes, suffix: str) -> bool:
    """Whether a file holds one still picture; a stream of JPEG pictures begins like one, and tells by its name."""
    if head.startswith(b"\xff\xd8\xff"):
        return suffix not in (".mjpeg", ".mjpg")
    return head.startswith(b"\x89PNG") or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")


def _is_text(head: bytes) -> bool:
    characters = head.decode("utf-8", errors="ignore")
    complete = len(characters.encode("utf-8")) >= len(head) - 3
    return complete and all(character.isprintable() or character.isspace() for character in characters)


def _inspect_mp4(file: BinaryIO, file_bytes: int) -> ContainerFacts:
    position, cut_off, has_pictures = 0, False, None
    while position + 8 <= file_bytes:
        file.seek(position)
        header = file.read(16)
        box_bytes, box_type = int.from_bytes(header[:4], "big"), header[4:8]
        if box_bytes == 1:
            box_bytes = int.from_bytes(header[8:16], "big")
        elif box_bytes == 0:
            box_bytes = file_bytes - position
        if box_bytes < 8 or not box_type.isascii():
            break
        cut_off = position + box_bytes > file_bytes
        if box_type == b"moov" and not cut_off:
            file.seek(position)
            index = file.read(min(box_bytes, _LARGEST_INDEX_BYTES))
            has_pictures = re.search(rb"hdlr.{8}vide", index, re.DOTALL) is not None
        position += box_bytes
    return ContainerFacts("mp4", cut_off=cut_off, has_index=has_pictures is not None, has_pictures=has_pictures)


def _inspect_matroska(file: BinaryIO, file_bytes: int) -> ContainerFacts:
    """Walk the elements; those of unknown size, as live recorders write them, are entered instead of skipped."""
    position, has_pictures = 0, None
    segment_end: int | None = None
    while position < file_bytes:
        file.seek(position)
        element = _ebml_element(file.read(12))
        if element is None:
            return ContainerFacts("matroska", cut_off=True, has_pictures=has_pictures)
        identifier, header_bytes, payload_bytes = element
        payload_start = position + header_bytes
        if identifier == _EBML_TRACKS and payload_bytes is not None:
            file.seek(payload_start)
            has_pictures = b"V_" in file.read(min(payload_bytes, _LARGEST_INDEX_BYTES))
            if segment_end is not None:
                return ContainerFacts("matroska", cut_off=segment_end > file_bytes, has_pictures=has_pictures)
        if identifier == _EBML_SEGMENT and payload_bytes is not None:
            segment_end = payload_start + payload_bytes
        enter = payload_bytes is None or identifier == _EBML_SEGMENT
        position = payload_start + (0 if enter or payload_bytes is None else payload_bytes)
    cut_off = position > file_bytes or (segment_end is not None and segment_end > file_bytes)
    return ContainerFacts("matroska", cut_off=cut_off, has_pictures=has_pictures)


def _ebml_element(header: bytes) -> tuple[int, int, int | None] | None:
    """Identifier, bytes of the header and bytes of the payload (None: not known); None if the header is incomplete."""
    if not header or header[0] < 0x10:
        return None
    identifier_bytes = 9 - header[0].bit_length()
    rest = header[identifier_bytes:]
    if not rest or rest[0] == 0:
        return None
    size_bytes = 9 - rest[0].bit_length()
    if len(rest) < size_bytes:
        return None
    value_mask = (1 << (7 * size_bytes)) - 1
    payload_bytes = int.from_bytes(rest[:size_bytes], "big") & value_mask
    identifier = int.from_bytes(header[:identifier_bytes], "big")
    unknown = payload_bytes == value_mask
    return identifier, identifier_bytes + size_bytes, None if unknown else payload_bytes
