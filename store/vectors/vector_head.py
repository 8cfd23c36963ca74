"""The head of a vector file, which says what is in the file; see `store.vectors.vector_file`."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from store.types import MOST_DIM
from store.vectors.vector_index import padded_width

__all__ = ["ID_BYTES", "Head", "Header", "read_head"]

HEADER = struct.Struct("<8sIIQII")
MAGIC = b"XGVECT2\n"
CODE_BYTES = {16: 2, 8: 1}  # bits of a number in a code, and its bytes
ID_BYTES = 8


@dataclass(frozen=True)
class Header:
    """The sizes and the kind of the index in the file.

    Attributes:
        dim: width D of the vectors; the codes have W numbers, `padded_width(dim)`.
        bits: bits of a number in a code, 16 or 8.
        count: number of vectors, N.
        lists: number of lists, L; 0 for an exact index.
        probes: number of lists that a search reads; 0 for an exact index.
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
    def parts(self) -> int:
        """How many parts there are, P."""
        return self.lists or 1

    @property
    def learnt(self) -> tuple[int, int, int]:
        """How many numbers scale, centroids and ranges have."""
        if not self.lists:
            return 0, 0, 0
        return self.width, self.lists * self.width, 2 * self.width if self.bits == 8 else 0

    @property
    def head_bytes(self) -> int:
        """Size of the head, a multiple of 8."""
        return HEADER.size + 4 * sum(self.learnt) + 16 * self.parts

    @property
    def file_bytes(self) -> int:
        """Size of the whole file."""
        return self.head_bytes + self.count * (ID_BYTES + self.code_bytes)

    @classmethod
    def unpack(cls, start: bytes) -> Self | None:
        """Return the header from the first bytes of a file; None if they make no sense."""
        if len(start) < HEADER.size:
            return None
        magic, dim, bits, count, lists, probes = HEADER.unpack(start)
        ours = magic == MAGIC and 1 <= dim <= MOST_DIM and bits in CODE_BYTES
        fits = 1 <= probes <= lists if lists else (bits, probes) == (16, 0)
        return cls(dim, bits, count, lists, probes) if ours and fits else None

    def pack(self) -> bytes:
        """Return the first bytes of the file."""
        return HEADER.pack(MAGIC, self.dim, self.bits, self.count, self.lists, self.probes)


@dataclass(frozen=True)
class Head:
    """A file's head, with values that have been checked.

    Attributes:
        header: its fixed part.
        scale: (W,), or (0,) in an exact index.
        centroids: (L, W); (0, W) in an exact index.
        ranges: (2 W,), or (0,) if the codes have 16 bits.
        sizes: (P,) number of vectors in each part.
        sums: (P,) CRC-32 of each part's bytes.
        sha256: SHA-256 of the head's bytes, hex.
    """

    header: Header
    scale: NDArray[np.float32]
    centroids: NDArray[np.float32]
    ranges: NDArray[np.float32]
    sizes: NDArray[np.int64]
    sums: NDArray[np.int64]
    sha256: str

    @property
    def offsets(self) -> NDArray[np.int64]:
        """The position of each part in the file, (P,) in bytes."""
        sizes = self.sizes * (ID_BYTES + self.header.code_bytes)
        return self.header.head_bytes + np.cumsum(sizes) - sizes


def read_head(stream: BinaryIO, file: Path) -> Head:
    """Read the head, and check it against the file's size.

    Raises:
        ValueError: it is not such a file, has another version, is truncated, or has invalid values.
    """
    start = stream.read(HEADER.size)
    header = Header.unpack(start)
    if header is None:
        raise ValueError(f"{file} is no vector file of crossgraph, or one of another version")
    size = file.stat().st_size
    if size != header.file_bytes:
        raise ValueError(f"{file} has {size} bytes, expected {header.file_bytes}: it is damaged")
    content = start + stream.read(header.head_bytes - HEADER.size)
    floats = np.frombuffer(content, "<f4", sum(header.learnt), HEADER.size).astype("=f4")
    scale, centroids, ranges = np.split(floats, np.cumsum(header.learnt)[:2])
    facts = np.frombuffer(content, "<i8", 2 * header.parts, HEADER.size + floats.nbytes)
    sizes, sums = facts.astype("=i8").reshape(2, header.parts)
    if not np.isfinite(floats).all() or not (scale > 0).all():
        raise ValueError(f"{file} has a scale, centroids or ranges that are not finite numbers")
    fits = (sizes >= 0).all() and (sizes <= header.count).all() and sizes.sum() == header.count
    if not fits:
        raise ValueError(f"{file} has lists that do not hold its {header.count} vectors")
    digest = hashlib.sha256(content).hexdigest()
    centroids = centroids.reshape(header.lists, header.width)
    return Head(header, scale, centroids, ranges, sizes, sums, digest)
