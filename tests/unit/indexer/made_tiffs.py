"""TIFF files with samples of any type, built byte by byte."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

__all__ = ["tiff"]

ROWS_PER_STRIP = 5
KINDS = {"u": 1, "i": 2, "f": 3}
TYPES = {"H": 3, "I": 4}

Samples = NDArray[np.generic]
Tags = dict[int, tuple[str, list[int]]]


def tiff(
    samples: Samples,
    photometric: int,
    *,
    extra: int | None = None,
    packed: bool = False,
    differences: bool = False,
    tile: int = 0,
    planar: bool = False,
    compression: int | None = None,
) -> bytes:
    """Return a TIFF of samples (height, width, bands), in tiles of side `tile`, or 0 for strips."""
    height, width, bands = samples.shape
    planes = [samples[..., [band]] for band in range(bands)] if planar else [samples]
    blocks = [
        _block(block, differences=differences, packed=packed)
        for plane in planes
        for block in (_tiles(plane, tile) if tile else _strips(plane))
    ]
    tags: Tags = {
        256: ("H", [width]), 257: ("H", [height]), 258: ("H", [8 * samples.itemsize] * bands),
        259: ("H", [compression or (8 if packed else 1)]), 262: ("H", [photometric]),
        277: ("H", [bands]), 284: ("H", [2 if planar else 1]),
        317: ("H", [2 if differences else 1]), 339: ("H", [KINDS[samples.dtype.kind]] * bands),
    }  # fmt: skip
    tags |= {322: ("H", [tile]), 323: ("H", [tile])} if tile else {278: ("H", [ROWS_PER_STRIP])}
    if extra is not None:
        tags[338] = ("H", [extra])
    return _file(blocks, tags, tile > 0, ">" if samples.dtype.byteorder == ">" else "<")


def _strips(plane: Samples) -> Iterator[Samples]:
    for top in range(0, len(plane), ROWS_PER_STRIP):
        yield plane[top : top + ROWS_PER_STRIP]


def _tiles(plane: Samples, side: int) -> Iterator[Samples]:
    height, width, _ = plane.shape
    for top, left in product(range(0, height, side), range(0, width, side)):
        part = plane[top : top + side, left : left + side]
        yield np.pad(part, [(0, side - part.shape[0]), (0, side - part.shape[1]), (0, 0)])


def _block(samples: Samples, *, differences: bool, packed: bool) -> bytes:
    if differences:
        first = np.zeros_like(samples[:, :1])
        samples = np.diff(samples, axis=1, prepend=first).astype(samples.dtype)
    data = samples.tobytes()
    return zlib.compress(data) if packed else data


def _file(blocks: list[bytes], tags: Tags, is_tiled: bool, order: str) -> bytes:
    sizes = [len(block) for block in blocks]
    starts = [8 + sum(sizes[:number]) for number in range(len(sizes))]
    tags = tags | {
        (324 if is_tiled else 273): ("I", starts),
        (325 if is_tiled else 279): ("I", sizes),
    }
    place = 8 + sum(sizes) + 2 + 12 * len(tags) + 4
    table = beside = b""
    for tag, (form, values) in sorted(tags.items()):
        value = struct.pack(f"{order}{len(values)}{form}", *values)
        if len(value) > 4:
            value, beside = struct.pack(f"{order}I", place + len(beside)), beside + value
        table += struct.pack(f"{order}HHI", tag, TYPES[form], len(values)) + value.ljust(4, b"\0")
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(f"{order}I", 8 + sum(sizes))
    return b"".join([head, *blocks, struct.pack(f"{order}H", len(tags)), table, bytes(4), beside])
