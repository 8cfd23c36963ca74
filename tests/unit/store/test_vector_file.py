"""What is no file of ours is refused, before anything in it is believed."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest

from store import choice
from store.approximate import ApproximateIndex
from store.flat import FlatIndex
from store.vector_file import Header, read_ids
from tests.unit.store.vectors_at_hand import DIM, clustered, in_blocks

VECTORS, _ = clustered(200)
IDS = np.arange(200)
LISTS_AT = 32 + 4 * 32  # behind the header and the scale


@pytest.fixture
def exact(tmp_path: Path) -> Path:
    index = FlatIndex(DIM)
    index.add(IDS, VECTORS)
    index.save(tmp_path / "exact.faiss")
    return tmp_path / "exact.faiss"


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    index = ApproximateIndex.build(DIM, 200, lambda: in_blocks(IDS, VECTORS))
    index.save(tmp_path / "lists.faiss")
    return tmp_path / "lists.faiss"


@pytest.mark.parametrize("kind", ["exact", "lists"])
def test_the_ids_are_read_alone(kind: str, request: pytest.FixtureRequest) -> None:
    file = request.getfixturevalue(kind)
    header, ids = read_ids(file)
    assert header.count == len(ids)
    assert sorted(ids.tolist()) == IDS.tolist()


@pytest.mark.parametrize("content", [b"", b"not vectors", b"not vectors, and longer than a header"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.faiss"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="holds no vectors of crossgraph"):
        choice.load(file)


def test_an_index_that_faiss_wrote_is_refused(tmp_path: Path) -> None:
    faiss.write_index(faiss.IndexFlatIP(2), str(tmp_path / "other.faiss"))
    with pytest.raises(ValueError, match="holds no vectors of crossgraph"):
        choice.load(tmp_path / "other.faiss")


@pytest.mark.parametrize("kind", ["exact", "lists"])
@pytest.mark.parametrize("change", [-1, 1, -1000])
def test_one_that_is_cut_off_or_too_long_is_refused(
    request: pytest.FixtureRequest, kind: str, change: int
) -> None:
    file: Path = request.getfixturevalue(kind)
    good = file.read_bytes()
    file.write_bytes(good[:change] if change < 0 else good + b"\0" * change)
    with pytest.raises(ValueError, match="it is damaged"):
        choice.load(file)


@pytest.mark.parametrize(
    "header",
    [
        Header(0, 16, 1),
        Header(2**31, 16, 1),
        Header(DIM, 4, 1),
        Header(DIM, 8, 1),
        Header(DIM, 16, 1, probes=1),
        Header(DIM, 8, 1, lists=2),
        Header(DIM, 8, 1, lists=2, probes=3),
    ],
    ids=str,
)
def test_a_header_that_makes_no_sense_is_refused(header: Header) -> None:
    assert Header.unpack(header.pack()) is None


def test_a_header_that_promises_more_than_there_is_is_refused(exact: Path) -> None:
    exact.write_bytes(Header(DIM, 16, 2**60).pack() + exact.read_bytes()[32:])
    with pytest.raises(ValueError, match="it is damaged"):
        choice.load(exact)


def test_an_id_below_zero_is_refused(exact: Path) -> None:
    content = bytearray(exact.read_bytes())
    content[32:40] = np.array([-5], dtype="<i8").tobytes()
    exact.write_bytes(content)
    with pytest.raises(ValueError, match="id -5"):
        choice.load(exact)


@pytest.mark.parametrize("sizes", [[-1, 201], [2**62, 2**62], [100, 99]])
def test_lists_that_do_not_hold_the_vectors_are_refused(lists: Path, sizes: list[int]) -> None:
    content = bytearray(lists.read_bytes())
    width, count = 32, 5
    at = LISTS_AT + 4 * count * width + 4 * 2 * width
    content[at : at + 8 * count] = np.array([*sizes, 0, 0, 0], dtype="<i8").tobytes()
    lists.write_bytes(content)
    with pytest.raises(ValueError, match="do not hold its 200 vectors"):
        choice.load(lists)


def test_numbers_that_are_none_are_refused(lists: Path) -> None:
    content = bytearray(lists.read_bytes())
    content[LISTS_AT : LISTS_AT + 4] = np.array([np.nan], dtype="<f4").tobytes()
    lists.write_bytes(content)
    with pytest.raises(ValueError, match="no numbers"):
        choice.load(lists)


def test_an_approximate_one_is_not_taken_for_an_exact_one(lists: Path) -> None:
    with pytest.raises(ValueError, match="holds an approximate index, expected an exact one"):
        FlatIndex.load(lists)


def test_one_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        choice.load(tmp_path / "missing.faiss")
