"""Mends a damaged file so that its decoder accepts it, for a second, tolerant attempt to read it.

Decoders refuse files for small faults: a missing end marker, or a text with a wrong checksum. The
mended content is decoded instead of the file, and missing parts are no longer an error.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.photos.heif_boxes import end_of_boxes

__all__ = ["JPEG_END", "JPEG_START", "MAX_MENDED_BYTES", "Mended", "mended"]

JPEG_START, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_END = b"\0\0\0\0IEND\xaeB`\x82"

MAX_MENDED_BYTES = 64 * 2**20
"""A file and its mended copy are in memory at once. A larger file is not mended."""

LEFT_OUT = (b"tEXt", b"zTXt", b"iTXt", b"acTL", b"fcTL", b"fdAT")

LONGEST_PROFILE = 2**20
"""Limit up to which Pillow decompresses a profile."""

LEAST_PART = 4
"""Data is not padded if more than this many times its present size is missing."""

RIFF_HEAD = 12
FRAME_HEAD = 16
"""Bytes of position, size and duration before the chunks of a WebP's frame."""
VP8X_BYTES = 10
PROFILE_FLAG = 0x20
PICTURES = (b"VP8 ", b"VP8L")


@dataclass(frozen=True)
class Mended:
    """A file that is to be decoded instead of another.

    Attributes:
        content: its bytes.
        damage: what is known to be missing or wrong in the picture; empty if nothing is.
    """

    content: bytes
    damage: str = ""


def mended(content: bytes) -> Mended:
    r"""Return a file with its missing end added, or without the parts that are wrong.

    A file that cannot be mended, or needs no mending, is returned as it is.

    >>> mended(b"\xff\xd8\xff\xe0 and so on").content[-2:]
    b'\xff\xd9'
    """
    if len(content) > MAX_MENDED_BYTES:
        return Mended(content)
    if content.startswith(JPEG_START):
        return Mended(content + JPEG_END)
    if content.startswith(PNG_START):
        return _png(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    if content[4:8] == b"ftyp":
        return _filled(content, end_of_boxes(content))
    return Mended(content)


def _filled(content: bytes, size: int) -> Mended:
    """Pad bytes with zeros up to a size; decoders take zeros for flat parts of a picture."""
    missing = size - len(content)
    if not 0 < missing <= LEAST_PART * len(content) or size > MAX_MENDED_BYTES:
        return Mended(content)
    return Mended(content + bytes(missing), f"{missing:,} bytes are missing")


def _png(content: bytes) -> Mended:
    """Return a PNG without the chunks that no pixel needs and its decoder is strict about.

    These are texts, for which the decoder has limits, further frames, whose sequence numbers it
    checks, and all ancillary chunks with a wrong checksum. Critical chunks get a correct checksum.
    """
    parts, damage = [PNG_START], ""
    for kind, data, is_right in _png_chunks(content):
        is_decoration = bool(kind[0] & 0x20)
        if kind in LEFT_OUT or (is_decoration and not is_right) or _is_bomb(kind, data):
            continue
        if not (is_right or kind == b"IDAT"):  # damage of pixels is found by their decoder
            damage = f"the checksum of its {kind.decode('latin-1')} chunk is wrong"
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        parts += [struct.pack(">I", len(data)), kind, data, checksum]
    return Mended(b"".join([*parts, PNG_END]), damage)


def _is_bomb(kind: bytes, data: bytes) -> bool:
    """Return whether a chunk is a colour profile that is too long or cannot be decompressed."""
    if kind != b"iCCP":
        return False
    _, _, packed = data.partition(b"\0")
    if packed[:1] != b"\0":  # the only compression method that is defined
        return True
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(packed[1:], LONGEST_PROFILE)
    except zlib.error:
        return True
    return not unpacking.eof


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield kind and data of each chunk before the end, and whether its checksum is correct."""
    place = len(PNG_START)
    while place + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, place)
        if kind == b"IEND":
            return
        data, mark = content[place + 8 :][:size], content[place + 8 + size :][:4]
        yield kind, data, struct.pack(">I", zlib.crc32(kind + data)) == mark
        place += size + 12


def _webp(content: bytes) -> Mended:
    """Return the first picture of a WebP as a still one, padded; a still one keeps its profile."""
    head = profile = b""
    for kind, data, size in _riff_chunks(content, RIFF_HEAD):
        if kind == b"VP8X":
            head = data[:VP8X_BYTES]
        elif kind == b"ICCP" and len(data) == size:
            profile = data
        elif kind == b"ANMF":
            frames = (part for part in _riff_chunks(data, FRAME_HEAD) if part[0] in PICTURES)
            if (frame := next(frames, None)) is not None:
                return _still(*frame)
        elif kind in PICTURES:
            more = ((b"VP8X", bytes([PROFILE_FLAG]) + head[1:]), (b"ICCP", profile))
            return _still(kind, data, size, more if head and profile else ())
    return Mended(content)


def _still(
    kind: bytes, data: bytes, size: int, before: tuple[tuple[bytes, bytes], ...] = ()
) -> Mended:
    picture = _filled(data, size)
    body = b"WEBP"
    for name, part in (*before, (kind, picture.content)):
        body += name + struct.pack("<I", len(part)) + part + bytes(len(part) % 2)
    return Mended(b"RIFF" + struct.pack("<I", len(body)) + body, picture.damage)


def _riff_chunks(content: bytes, place: int) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield the kind of each chunk, the data that is there, and the size it should have."""
    while place + 8 <= len(content):
        kind, size = struct.unpack_from("<4sI", content, place)
        yield kind, content[place + 8 : place + 8 + size], size
        place += 8 + size + size % 2
