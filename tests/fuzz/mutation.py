"""Valid inputs made wrong: flipped, spliced, cut, with lengths that lie; JSON also by its parts."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

ODD_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**63, 10**400, 1e308, float("nan"), "", "a\0b", "\ud800", "../x"),
    *([], {}, [[]], {"id": 1}, "x" * 1000),
)


def mutated(content: bytes, others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """Return the content with one to six changes."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 7)):
        _change(data, others, rng)
    if data.startswith(b"\x89PNG") and rng.random() < 0.7:
        return _with_checksums(bytes(data))
    return bytes(data)


def mutated_json(content: bytes, others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """Return a document with some values replaced, dropped or moved, or with its bytes changed."""
    if rng.random() < 0.3:
        return mutated(content, others, rng)
    document = json.loads(content)
    for _ in range(rng.integers(1, 4)):
        _change_part(document, rng)
    text = json.dumps(document)
    if rng.random() < 0.05:
        text = text.replace("1", "1" * 5000, 1)  # more digits than Python reads
    if rng.random() < 0.02:
        text = "[" * 100_000 + text
    return text.encode()


def mutated_tar(content: bytes, others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """Return a tar with some changes, most often with sums that fit its headers again."""
    data = bytearray(mutated(content, others, rng))
    if rng.random() < 0.7:
        for start in range(0, len(data) - 511, 512):
            if data[start + 257 : start + 262] == b"ustar":
                data[start + 148 : start + 156] = b" " * 8
                total = sum(data[start : start + 512])
                data[start + 148 : start + 156] = b"%06o\0 " % total
    return bytes(data)


def _change(data: bytearray, others: Sequence[bytes], rng: np.random.Generator) -> None:
    at = int(rng.integers(0, len(data) + 1)) if rng.random() < 0.6 else int(rng.integers(0, 64))
    size = int(rng.integers(1, 33))
    match rng.integers(0, 8):
        case 0 | 1 if at < len(data):
            data[at] ^= 1 << int(rng.integers(0, 8))
        case 2 if at < len(data):
            data[at] = int(rng.integers(0, 256))
        case 3 | 4:
            layout = ("<I", ">I", "<H", ">H")[rng.integers(0, 4)]
            limit = (1 << 8 * struct.calcsize(layout)) - 1
            number = ODD_NUMBERS[rng.integers(0, len(ODD_NUMBERS))] & limit
            field = struct.pack(layout, number)
            data[at : at + len(field)] = field
        case 5:
            other = others[rng.integers(0, len(others))]
            start = int(rng.integers(0, len(other) + 1))
            data[at : at + size] = other[start : start + 4 * size]
        case 6:
            data[at:at] = data[at : at + size] if rng.random() < 0.5 else rng.bytes(size)
        case 7:
            del data[at : (at + size if rng.random() < 0.7 else None)]


def _with_checksums(png: bytes) -> bytes:
    """Set every chunk's checksum right, or a reader looks no further than the first."""
    data, at = bytearray(png), 8
    while at + 12 <= len(data):
        end = at + 8 + struct.unpack_from(">I", data, at)[0]
        if end + 4 > len(data):
            break
        struct.pack_into(">I", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return bytes(data)


def _change_part(document: Any, rng: np.random.Generator) -> None:
    part = document
    while isinstance(part, dict | list) and part:
        keys = list(part) if isinstance(part, dict) else range(len(part))
        key = keys[rng.integers(0, len(keys))]
        if isinstance(part[key], dict | list) and part[key] and rng.random() < 0.8:
            part = part[key]
            continue
        match rng.integers(0, 4):
            case 0:
                del part[key]
            case 1:
                part[key] = [part[key], part[key]]
            case _:
                part[key] = ODD_VALUES[rng.integers(0, len(ODD_VALUES))]
        return


def reshaped(content: bytes, others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """Return a picture whose header claims another shape, most often a very long one."""
    del others
    area = 2 ** rng.uniform(0, 27)
    width = round(2 ** rng.uniform(0, np.log2(area))) if rng.random() < 0.5 else 1
    sides = [max(width, 1), max(round(area / max(width, 1)), 1)]
    if rng.random() < 0.5:
        sides.reverse()
    data = bytearray(content)
    if content.startswith(b"\x89PNG"):
        struct.pack_into(">II", data, 16, *sides)
        return _with_checksums(bytes(data))
    if content.startswith(b"BM"):
        struct.pack_into("<ii", data, 18, *sides)
    elif content.startswith(b"II*"):
        _reshape_tiff(data, sides)
    elif content.startswith(b"P6"):
        return b"P6 %d %d 255\n" % tuple(sides) + content.partition(b"255\n")[2]
    else:
        raise ValueError(f"no shape is known of {content[:4]!r}")
    return bytes(data)


def _reshape_tiff(data: bytearray, sides: Sequence[int]) -> None:
    start = struct.unpack_from("<I", data, 4)[0]
    for entry in range(struct.unpack_from("<H", data, start)[0]):
        place = start + 2 + 12 * entry
        tag = struct.unpack_from("<H", data, place)[0]
        if tag in (256, 257):
            struct.pack_into("<HHII", data, place, tag, 4, 1, sides[tag - 256])
        elif tag == 278:  # rows of a strip
            struct.pack_into("<HHII", data, place, tag, 4, 1, sides[1])
