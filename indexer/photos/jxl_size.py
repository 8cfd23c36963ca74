"""The size that a JPEG XL file claims, from its header (ISO/IEC 18181-1).

The available decoder tells the size only after it has decoded the picture.
"""

from __future__ import annotations

import struct
from fractions import Fraction

from indexer.photos.decode_memory import DECODE_BYTES_A_PIXEL, MAX_DECODE_BYTES
from store import UnreadableImage

__all__ = ["is_jxl", "refuse_large_jxl"]

CODESTREAM, CONTAINER = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
RATIOS = tuple(map(Fraction, ("1", "6/5", "4/3", "3/2", "16/9", "5/4", "2")))
"""Ratios of width to height for the codes 1 to 7."""
SIZE_BITS = (9, 13, 18, 30)


def is_jxl(head: bytes) -> bool:
    """Return whether a file is JPEG XL, by its first bytes."""
    return head.startswith((CODESTREAM, CONTAINER))


def refuse_large_jxl(content: bytes) -> None:
    """Refuse a file that takes too much memory to decode.

    Raises:
        UnreadableImage: it takes too much memory, or contains no picture.
    """
    size = _size(_codestream(content))
    wanted = size[0] * size[1] * DECODE_BYTES_A_PIXEL["JXL"]
    if wanted > MAX_DECODE_BYTES:
        raise UnreadableImage(
            f"it claims {size[0]} x {size[1]} pixels, which take {wanted / 2**20:,.0f} MiB to "
            f"decode, expected at most {MAX_DECODE_BYTES / 2**20:,.0f} MiB"
        )


def _codestream(content: bytes) -> bytes:
    """Return the beginning of the codestream, after its signature; a container has it in a box."""
    if content.startswith(CODESTREAM):
        return content[2:64]
    at = 0
    while at + 16 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", content, at + 8)[0], 16
        if kind in (b"jxlc", b"jxlp"):
            start = at + head + (4 if kind == b"jxlp" else 0)
            if content[start : start + 2] == CODESTREAM:
                return content[start + 2 : start + 64]
        if size < head:
            break
        at += size
    raise UnreadableImage("damaged image: a JPEG XL file without a picture")


def _size(codestream: bytes) -> tuple[int, int]:
    """Return width and height; bits are read from the lowest of each byte upwards.

    >>> _size(bytes([0b01001001, 0]))  # small, 40 high, as wide
    (40, 40)
    """
    bits = int.from_bytes(codestream, "little")

    def take(count: int) -> int:
        nonlocal bits
        value = bits & (1 << count) - 1
        bits >>= count
        return value

    is_small = take(1)

    def side() -> int:
        return (take(5) + 1) * 8 if is_small else take(SIZE_BITS[take(2)]) + 1

    height = side()
    ratio = take(3)
    return (int(RATIOS[ratio - 1] * height) if ratio else side()), height
