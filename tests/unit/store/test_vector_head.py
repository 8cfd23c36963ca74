"""The head of a file of vectors: its bytes never change, and all numbers have limits."""

from __future__ import annotations

import hashlib
import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from store.types import MOST_DIM
from store.vectors.vector_head import HEADER, Head, Header, read_head

EXACT = Header(dim=5, bits=16, count=3)
LISTS = Header(dim=5, bits=8, count=7, lists=3, probes=2)
WIDE = Header(dim=40, bits=16, count=7, lists=3, probes=2)


def test_the_first_bytes_are_these() -> None:
    assert EXACT.pack() == bytes.fromhex(
        "584756454354320a 05000000 10000000 0300000000000000 00000000 00000000"
    )
    assert LISTS.pack() == bytes.fromhex(
        "584756454354320a 05000000 08000000 0700000000000000 03000000 02000000"
    )
    for header in (EXACT, LISTS, WIDE):
        assert Header.unpack(header.pack()) == header


@pytest.mark.parametrize(
    ("header", "width", "code", "parts", "learnt", "head", "file"),
    [
        # dim is padded to a multiple of 16 numbers, of two bytes each, or one.
        (EXACT, 16, 32, 1, (0, 0, 0), 32 + 16, 48 + 3 * (8 + 32)),
        (LISTS, 16, 16, 3, (16, 48, 32), 32 + 4 * 96 + 48, 464 + 7 * (8 + 16)),
        (WIDE, 48, 96, 3, (48, 144, 0), 32 + 4 * 192 + 48, 848 + 7 * (8 + 96)),
    ],
)
def test_what_is_where(
    header: Header,
    width: int,
    code: int,
    parts: int,
    learnt: tuple[int, int, int],
    head: int,
    file: int,
) -> None:
    assert (header.width, header.code_bytes, header.parts) == (width, code, parts)
    assert (header.learnt, header.head_bytes, header.file_bytes) == (learnt, head, file)


@pytest.mark.parametrize(
    ("header", "is_one"),
    [
        (Header(1, 16, 0), True),
        (Header(0, 16, 0), False),
        (Header(MOST_DIM, 16, 0), True),
        (Header(MOST_DIM + 1, 16, 0), False),
        (Header(5, 8, 0), False),  # an exact index has 16 bits per number
        (Header(5, 16, 0, 0, 1), False),
        (Header(5, 15, 0), False),
        (Header(5, 8, 0, 1, 1), True),
        (Header(5, 16, 0, 1, 1), True),
        (Header(5, 4, 0, 1, 1), False),
        (Header(5, 8, 0, 3, 3), True),
        (Header(5, 8, 0, 3, 4), False),
        (Header(5, 8, 0, 3, 0), False),
    ],
)
def test_what_makes_no_sense_is_no_head(header: Header, is_one: bool) -> None:
    assert (Header.unpack(header.pack()) is not None) is is_one


@pytest.mark.parametrize("place", range(8))
def test_another_version_is_no_head(place: int) -> None:
    start = bytearray(EXACT.pack())
    start[place] ^= 1
    assert Header.unpack(bytes(start)) is None


def test_less_than_a_head_is_none() -> None:
    assert HEADER.size == 32
    assert Header.unpack(EXACT.pack()[:-1]) is None
    assert Header.unpack(b"") is None


SCALE = np.arange(1, 17, dtype="<f4")
CENTROIDS = np.arange(48, dtype="<f4") / 4
RANGES = np.arange(32, dtype="<f4") - 8
SIZES, SUMS = np.array([4, 0, 3], "<i8"), np.array([11, 2**32 - 1, 0], "<i8")


def content(
    scale: NDArray[Any] = SCALE,
    centroids: NDArray[Any] = CENTROIDS,
    ranges: NDArray[Any] = RANGES,
    sizes: NDArray[Any] = SIZES,
) -> bytes:
    arrays = (scale, centroids, ranges, sizes, SUMS)
    return LISTS.pack() + b"".join(np.asarray(array).tobytes() for array in arrays)


def read(tmp_path: Path, head: bytes, size: int = LISTS.file_bytes) -> Head:
    file = tmp_path / "vectors"
    file.write_bytes(head.ljust(size, b"\0")[:size])
    with file.open("rb") as stream:
        return read_head(stream, file)


def test_a_head_is_read_as_it_was_written(tmp_path: Path) -> None:
    head = read(tmp_path, content())
    assert head.header == LISTS
    assert np.array_equal(head.scale, SCALE)
    assert np.array_equal(head.centroids, CENTROIDS.reshape(3, 16))
    assert np.array_equal(head.ranges, RANGES)
    assert head.sizes.tolist() == [4, 0, 3]
    assert head.sums.tolist() == [11, 2**32 - 1, 0]
    assert head.sha256 == hashlib.sha256(content()).hexdigest()
    # 24 bytes per vector, after the head of 464 bytes.
    assert head.offsets.tolist() == [464, 464 + 96, 464 + 96]


def test_of_an_exact_index_there_is_one_part(tmp_path: Path) -> None:
    start = EXACT.pack() + struct.pack("<qq", 3, 77)
    head = read(tmp_path, start, EXACT.file_bytes)
    assert (head.scale.shape, head.centroids.shape, head.ranges.shape) == ((0,), (0, 16), (0,))
    assert (head.sizes.tolist(), head.sums.tolist(), head.offsets.tolist()) == ([3], [77], [48])


def changed(array: NDArray[Any], place: int, value: float) -> NDArray[Any]:
    other = array.copy()
    other[place] = value
    return other


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (content(scale=changed(SCALE, 15, 0)), "scale, centroids or ranges"),
        (content(scale=changed(SCALE, 15, -1)), "scale, centroids or ranges"),
        (content(scale=changed(SCALE, 0, np.nan)), "scale, centroids or ranges"),
        (content(centroids=changed(CENTROIDS, 47, np.inf)), "scale, centroids or ranges"),
        (content(ranges=changed(RANGES, 31, -np.inf)), "scale, centroids or ranges"),
        (content(sizes=np.array([4, 0, 4])), "its 7 vectors"),
        (content(sizes=np.array([4, 0, 2])), "its 7 vectors"),
        (content(sizes=np.array([8, -1, 0])), "its 7 vectors"),
        (content(sizes=np.array([-1, 4, 4])), "its 7 vectors"),
        (content(sizes=np.array([2**63 - 1, 2**63 - 1, 9])), "its 7 vectors"),
        (b"no head at all".ljust(400), "of crossgraph"),
    ],
)
def test_numbers_that_cannot_be_are_refused(tmp_path: Path, head: bytes, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read(tmp_path, head)


@pytest.mark.parametrize("more", [-1, 1])
def test_a_file_of_another_size_is_damaged(tmp_path: Path, more: int) -> None:
    size = LISTS.file_bytes + more
    with pytest.raises(ValueError, match=f"has {size} bytes, expected {LISTS.file_bytes}: "):
        read(tmp_path, content(), size)


def test_all_vectors_may_lie_in_one_list(tmp_path: Path) -> None:
    assert read(tmp_path, content(sizes=np.array([0, 7, 0]))).offsets.tolist() == [464, 464, 632]
    assert read(tmp_path, content(scale=changed(SCALE, 15, 1e-30))).scale[15] > 0


def test_a_stream_is_read_to_the_end_of_its_head_alone(tmp_path: Path) -> None:
    file = tmp_path / "vectors"
    file.write_bytes(content().ljust(LISTS.file_bytes, b"\0"))
    stream = io.BytesIO(file.read_bytes())
    read_head(stream, file)
    assert stream.tell() == LISTS.head_bytes == 464
