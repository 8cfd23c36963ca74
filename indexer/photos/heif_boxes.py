"""Reads the boxes of a HEIF or AVIF file (ISO/IEC 23008-12, 14496-12).

The decoder turns a picture by its boxes `irot` and `imir`. Some cameras write the orientation only
into EXIF, some into both; only these boxes show which is the case.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = ["end_of_boxes", "is_turned_by_boxes"]

META_VERSION = ITEM_VERSION = 4
"""Number of bytes of version and flags at the beginning of some boxes' content."""

MOST_ITEMS = 100_000


def is_turned_by_boxes(content: bytes) -> bool:
    """Return whether the picture of a file has a box by which its decoder turns or mirrors it.

    Also False if its boxes are broken.
    """
    try:
        meta = dict(_boxes(content, 0, len(content)))[b"meta"]
        parts = dict(_boxes(content, meta[0] + META_VERSION, meta[1]))
        properties = dict(_boxes(content, *parts[b"iprp"]))
        kinds = [kind for kind, _ in _boxes(content, *properties[b"ipco"])]
        numbers = _numbers(content, properties[b"ipma"], _primary(content, parts[b"pitm"]))
        return any(kinds[number - 1] in (b"irot", b"imir") for number in numbers if number)
    except (KeyError, IndexError, struct.error):
        return False


def end_of_boxes(content: bytes) -> int:
    """Return where the last box that begins in the content would end in the complete file."""
    end = 0
    for _, span in _boxes(content, 0, len(content), cut=True):
        end = max(end, span[1])
    return end


def _boxes(
    content: bytes, start: int, end: int, *, cut: bool = False
) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield the kind of each box, and where its content starts and ends.

    With `cut`, a box may end after `end`.
    """
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", content, start)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", content, start + 8)
            head = 16
        stop = end if size == 0 else start + size
        if (size and size < head) or (stop > end and not cut):
            return
        yield kind, (start + head, stop)
        start = stop


def _primary(content: bytes, span: tuple[int, int]) -> int:
    """Return the id of the primary item, which is the picture."""
    start = span[0]
    form = ">H" if content[start] == 0 else ">I"
    return int(struct.unpack_from(form, content, start + ITEM_VERSION)[0])


def _numbers(content: bytes, span: tuple[int, int], item: int) -> list[int]:
    """Return the numbers, from 1, of an item's properties."""
    start = span[0]
    id_form = ">HB" if content[start] == 0 else ">IB"
    number_form, mask = (">H", 0x7FFF) if content[start + 3] & 1 else (">B", 0x7F)
    (count,) = struct.unpack_from(">I", content, start + ITEM_VERSION)
    place = start + ITEM_VERSION + 4
    for _ in range(min(count, MOST_ITEMS)):
        item_id, many = struct.unpack_from(id_form, content, place)
        place += struct.calcsize(id_form)
        size = struct.calcsize(number_form)
        if item_id == item:
            return [
                struct.unpack_from(number_form, content, place + size * number)[0] & mask
                for number in range(many)
            ]
        place += many * size
    return []
