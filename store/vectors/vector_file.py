"""The file of a `VectorIndex`: a header and plain arrays, little-endian, and nothing else.

FAISS's own file reader is deliberately not used. An index folder may come from a stranger, and a
file of FAISS can contain other indexes, among them lists that name another file anywhere on the
disk, which FAISS would open. Here a file has only sizes and numbers; every size is checked before
anything is read, and the size of the whole file must match them to the byte.

Layout: the head, then the parts. The head is `store.vectors.vector_head.HEADER`, then scale (W,)
float32, centroids (L, W) float32 and, if the codes have 8 bits, ranges (2 W,) float32, these three
absent in an exact index (L of 0); then sizes (P,) and sums (P,) of the parts, int64. There is one
part per list, or a single part in an exact index: its codes (n, W x bytes a number), then its ids
(n,) int64. So a list is contiguous and can be searched in place.

A part's sum is the CRC-32 of its bytes, and the head's SHA-256 stands for the whole file: if it
matches the record, only those parts have to be checked that are read.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from store.vectors.vector_head import ID_BYTES, Head, Header, read_head

__all__ = [
    "DamagedVectors",
    "Part",
    "check_sums",
    "head_sha256",
    "part_sum",
    "read_ids",
    "read_part",
    "write_vectors",
]

ROWS_AT_ONCE = 16384

Part = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Codes, of any shape, and the ids (n,) of their vectors."""


class DamagedVectors(ValueError):
    """The file is damaged."""


def write_vectors(
    file: Path,
    header: Header,
    learnt: Iterable[NDArray[np.float32]],
    parts: Callable[[], Iterable[Part]],
) -> None:
    """Write a file.

    Args:
        file: the file to write; an existing one is overwritten.
        header: its header.
        learnt: scale, centroids and ranges; only those that the index has.
        parts: yields all parts; called twice, since their sums are written before them.

    Raises:
        OSError: it cannot be written, such as on a full disk.
    """
    facts = np.array([(len(ids), part_sum(codes, ids)) for codes, ids in parts()], dtype="<i8")
    with file.open("wb") as stream:
        stream.write(header.pack())
        for array in (*learnt, facts[:, 0], facts[:, 1]):
            stream.write(_little(array))
        for codes, ids in parts():
            stream.write(_little(codes))
            stream.write(_little(ids))


def part_sum(codes: NDArray[np.uint8], ids: NDArray[np.int64]) -> int:
    """Return the sum of a part, as it is stored in the head."""
    return zlib.crc32(_little(ids), zlib.crc32(_little(codes)))


def head_sha256(file: Path) -> str:
    """Return the SHA-256 of a file's head, in hex; raises as `read_head`, and OSError."""
    with file.open("rb") as stream:
        return read_head(stream, file).sha256


def read_part(stream: BinaryIO, head: Head, number: int) -> Iterator[Part]:
    """Read a part in blocks of vectors: codes (n, bytes of a code) and ids (n,) each.

    Raises:
        DamagedVectors: the file ends too early; or, after the last piece, the sum does not match.
    """
    start, size = int(head.offsets[number]), int(head.sizes[number])
    stream.seek(start + size * head.header.code_bytes)
    ids = _read(stream, "<i8", size)
    stream.seek(start)
    summed = 0
    for first in range(0, size, ROWS_AT_ONCE):
        some = ids[first : first + ROWS_AT_ONCE]
        codes = _read(stream, "|u1", len(some), head.header.code_bytes)
        summed = zlib.crc32(_little(codes), summed)
        yield codes, some.astype("=i8", copy=False)
    if zlib.crc32(_little(ids), summed) != head.sums[number]:
        raise DamagedVectors(f"part {number} of the vector file is damaged")


def read_ids(file: Path) -> tuple[Head, NDArray[np.int64]]:
    """Read the head and the ids, (N,) in the order of the codes.

    Raises:
        ValueError: it is not such a file, or is truncated.
        OSError: it cannot be read.
    """
    with file.open("rb") as stream:
        head = read_head(stream, file)
        ids = [np.zeros(0, dtype="<i8")]
        ends = head.offsets + head.sizes * (head.header.code_bytes + ID_BYTES)
        for end, size in zip(ends.tolist(), head.sizes.tolist(), strict=True):
            stream.seek(end - size * ID_BYTES)
            ids.append(_read(stream, "<i8", size))
    return head, np.concatenate(ids).astype("=i8", copy=False)


def check_sums(file: Path) -> None:
    """Read a whole file and check its parts against their sums.

    Raises:
        DamagedVectors: a part does not match its sum.
        ValueError: it is not such a file, or is truncated.
        OSError: it cannot be read.
    """
    with file.open("rb") as stream:
        head = read_head(stream, file)
        for number in range(head.header.parts):
            for _ in read_part(stream, head, number):
                pass


def _read(stream: BinaryIO, dtype: str, *shape: int) -> NDArray[Any]:
    array = np.empty(shape, dtype=dtype)
    if stream.readinto(array.reshape(-1).view(np.uint8).data) != array.nbytes:  # type: ignore[attr-defined]
        raise DamagedVectors(f"the file ended where {array.nbytes} bytes were expected")
    return array


def _little(array: NDArray[Any]) -> memoryview:
    """Return an array's bytes in little-endian order, as in the file."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return little.reshape(-1).view(np.uint8).data
