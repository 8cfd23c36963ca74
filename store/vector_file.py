"""The file of a `VectorIndex`: a header and plain arrays, little-endian, and nothing else.

FAISS's own reader is kept away from files on purpose. An index folder may come from a stranger, and
what FAISS reads can hold other indexes inside it, among them lists that name a further file
anywhere on the disk to be opened; here a file is sizes and numbers, every size is checked before
anything is read, and the size of the whole must fit them to the byte.

Layout: `HEADER`, then scale (W,) float32, centroids (L, W) float32, ranges (2 W,) float32 where the
codes have 8 bits, sizes of the lists (L,) int64, all of them absent where there are no lists (L of
0, an exact index); then ids (N,) int64 and codes (N, W x bytes a number), list after list.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from store.vectors import padded_width

__all__ = [
    "CODE_BYTES",
    "Header",
    "read_array",
    "read_codes",
    "read_header",
    "read_ids",
    "write_vectors",
]

HEADER = struct.Struct("<8sIIQII")
MAGIC = b"XGVECT1\n"
CODE_BYTES = {16: 2, 8: 1}  # bits of a number in a code, and its bytes
MOST_DIM = 65536
ROWS_AT_ONCE = 16384


@dataclass(frozen=True)
class Header:
    """What is in the file.

    Attributes:
        dim: width D of the vectors; the codes have W numbers, `padded_width(dim)`.
        bits: of a number in a code, 16 or 8.
        count: how many vectors, N.
        lists: how many lists they are in, L; 0 for an exact index.
        probes: how many lists a search reads; 0 for an exact index.
    """

    dim: int
    bits: int
    count: int
    lists: int = 0
    probes: int = 0

    @property
    def width(self) -> int:
        """Width W of the codes in numbers."""
        return padded_width(self.dim)

    @property
    def code_bytes(self) -> int:
        """Bytes of one vector's code."""
        return self.width * CODE_BYTES[self.bits]

    @property
    def file_bytes(self) -> int:
        """Size of the whole file."""
        ranges = 2 * self.width if self.bits == 8 else 0
        lists = 4 * (self.width + self.lists * self.width + ranges) + 8 * self.lists
        return HEADER.size + (lists if self.lists else 0) + self.count * (8 + self.code_bytes)

    @classmethod
    def unpack(cls, start: bytes) -> Self | None:
        """Give what the first bytes of a file say, None where they make no sense."""
        if len(start) < HEADER.size:
            return None
        magic, dim, bits, count, lists, probes = HEADER.unpack(start)
        ours = magic == MAGIC and 1 <= dim <= MOST_DIM and bits in CODE_BYTES
        fits = 1 <= probes <= lists if lists else (bits, probes) == (16, 0)
        return cls(dim, bits, count, lists, probes) if ours and fits else None

    def pack(self) -> bytes:
        """Give the first bytes of the file."""
        return HEADER.pack(MAGIC, self.dim, self.bits, self.count, self.lists, self.probes)


def write_vectors(file: Path, header: Header, arrays: Iterable[NDArray[Any]]) -> None:
    """Write a file; the arrays, in the order of the layout, are asked for as they are written.

    Raises:
        OSError: it cannot be written, such as on a full disk.
    """
    with file.open("wb") as stream:
        stream.write(header.pack())
        for array in arrays:
            little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            stream.write(little.reshape(-1).view(np.uint8).data)


def read_header(stream: BinaryIO, file: Path) -> Header:
    """Read what comes first, and hold it against the file's size.

    Raises:
        ValueError: it is no such file, or cut off.
    """
    header = Header.unpack(stream.read(HEADER.size))
    if header is None:
        raise ValueError(f"{file} holds no vectors of crossgraph")
    size = file.stat().st_size
    if size != header.file_bytes:
        raise ValueError(f"{file} has {size} bytes, expected {header.file_bytes}: it is damaged")
    return header


def read_array(stream: BinaryIO, dtype: str, *shape: int) -> NDArray[Any]:
    """Read an array of a little-endian dtype such as `<f4`; ValueError where the file ends."""
    array = np.empty(shape, dtype=dtype)
    if stream.readinto(array.reshape(-1).view(np.uint8).data) != array.nbytes:  # type: ignore[attr-defined]
        raise ValueError(f"the file ended where {array.nbytes} bytes were expected")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def read_ids(file: Path) -> tuple[Header, NDArray[np.int64]]:
    """Read what comes first and the ids, (N,) in the order of the codes, and nothing else.

    Raises:
        ValueError: it is no such file, or cut off.
        OSError: it cannot be read.
    """
    with file.open("rb") as stream:
        header = read_header(stream, file)
        stream.seek(header.file_bytes - header.count * (8 + header.code_bytes))
        return header, read_array(stream, "<i8", header.count)


def read_codes(stream: BinaryIO, header: Header) -> Iterator[NDArray[np.uint8]]:
    """Read the codes, which come last, a few at a time: (n, bytes of a code) each."""
    for start in range(0, header.count, ROWS_AT_ONCE):
        rows = min(ROWS_AT_ONCE, header.count - start)
        yield read_array(stream, "|u1", rows, header.code_bytes)
