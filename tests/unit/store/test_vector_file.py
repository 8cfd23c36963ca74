"""Files of other kinds are refused before any of their content is trusted."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest

from store.vectors import choose
from store.vectors.approximate import ApproximateIndex
from store.vectors.flat import FlatIndex
from store.vectors.vector_file import (
    DamagedVectors,
    check_sums,
    head_sha256,
    read_ids,
    write_vectors,
)
from store.vectors.vector_head import Header, read_head
from tests.unit.store.vectors_at_hand import DIM, clustered, in_blocks

VECTORS, _ = clustered(200)
IDS = np.arange(200)
LISTS_AT = 32 + 4 * 32  # after the header and the scale


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
    head, ids = read_ids(file)
    assert head.header.count == len(ids)
    assert sorted(ids.tolist()) == IDS.tolist()


@pytest.mark.parametrize("content", [b"", b"not vectors", b"not vectors, and longer than a header"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.faiss"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="is no vector file of crossgraph"):
        choose.load(file)


def test_an_index_that_faiss_wrote_is_refused(tmp_path: Path) -> None:
    faiss.write_index(faiss.IndexFlatIP(2), str(tmp_path / "other.faiss"))
    with pytest.raises(ValueError, match="is no vector file of crossgraph"):
        choose.load(tmp_path / "other.faiss")


@pytest.mark.parametrize("kind", ["exact", "lists"])
@pytest.mark.parametrize("change", [-1, 1, -1000])
def test_one_that_is_cut_off_or_too_long_is_refused(
    request: pytest.FixtureRequest, kind: str, change: int
) -> None:
    file: Path = request.getfixturevalue(kind)
    good = file.read_bytes()
    file.write_bytes(good[:change] if change < 0 else good + b"\0" * change)
    with pytest.raises(ValueError, match="it is damaged"):
        choose.load(file)


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
        choose.load(exact)


def test_an_id_below_zero_is_refused(tmp_path: Path) -> None:
    part = np.zeros(2 * 32, dtype=np.uint8), np.array([-5])
    write_vectors(tmp_path / "v.faiss", Header(DIM, 16, 1), (), lambda: [part])
    with pytest.raises(ValueError, match="id -5"):
        choose.load(tmp_path / "v.faiss")


def flip(file: Path, at: int) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("at", [-1, -8 * 200 - 1], ids=["ids", "codes"])
def test_an_exact_one_is_checked_when_it_is_read(exact: Path, at: int) -> None:
    flip(exact, at)
    with pytest.raises(DamagedVectors, match="is damaged"):
        choose.load(exact)


@pytest.mark.parametrize("at", [0, -1], ids=["codes", "ids"])
def test_a_list_is_checked_by_the_search_that_reads_it(lists: Path, at: int) -> None:
    with lists.open("rb") as stream:
        head = read_head(stream, lists)
    number = int(head.sizes.argmax())
    start, size = int(head.offsets[number]), int(head.sizes[number]) * (32 + 8)
    flip(lists, start if at == 0 else start + size - 1)
    index = choose.load(lists)
    assert isinstance(index, ApproximateIndex)
    index.probes = 1
    queries = head.centroids[:, :DIM] * head.scale[:DIM]
    for other in np.flatnonzero(np.arange(head.header.lists) != number):
        index.search(queries[other], 1)
    with pytest.raises(DamagedVectors, match=f"list {number} "):
        index.search(queries[number], 1)
    with pytest.raises(DamagedVectors):
        index.save(lists.with_name("again.faiss"))
    with pytest.raises(DamagedVectors):
        check_sums(lists)


def test_a_head_other_than_the_recorded_one_is_refused(lists: Path) -> None:
    recorded = head_sha256(lists)
    assert len(choose.load(lists, recorded)) == 200
    flip(lists, LISTS_AT)
    with pytest.raises(DamagedVectors, match="is not the recorded file"):
        choose.load(lists, recorded)


def test_sums_hold_for_what_was_written(exact: Path, lists: Path) -> None:
    check_sums(exact)
    check_sums(lists)


def test_where_nothing_can_be_mapped_lists_are_read(
    lists: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = VECTORS[0]
    mapped = choose.load(lists).search(query, 50)
    monkeypatch.delattr(faiss, "OnDiskInvertedLists")
    read = choose.load(lists).search(query, 50)
    assert [array.tolist() for array in read] == [array.tolist() for array in mapped]
    flip(lists, -1)
    with pytest.raises(DamagedVectors):
        choose.load(lists)


def test_a_mapped_one_answers_on_after_its_file_was_removed(lists: Path) -> None:
    index = choose.load(lists)
    lists.unlink()
    assert len(index.search(VECTORS[0], 50)[0]) == 50


@pytest.mark.parametrize("sizes", [[-1, 201], [2**62, 2**62], [100, 99]])
def test_lists_that_do_not_hold_the_vectors_are_refused(lists: Path, sizes: list[int]) -> None:
    content = bytearray(lists.read_bytes())
    width, count = 32, 5
    at = LISTS_AT + 4 * count * width + 4 * 2 * width
    content[at : at + 8 * count] = np.array([*sizes, 0, 0, 0], dtype="<i8").tobytes()
    lists.write_bytes(content)
    with pytest.raises(ValueError, match="do not hold its 200 vectors"):
        choose.load(lists)


def test_numbers_that_are_none_are_refused(lists: Path) -> None:
    content = bytearray(lists.read_bytes())
    content[LISTS_AT : LISTS_AT + 4] = np.array([np.nan], dtype="<f4").tobytes()
    lists.write_bytes(content)
    with pytest.raises(ValueError, match="not finite numbers"):
        choose.load(lists)


def test_an_approximate_one_is_not_taken_for_an_exact_one(lists: Path) -> None:
    with pytest.raises(ValueError, match="holds an approximate index, expected an exact one"):
        FlatIndex.load(lists)


def test_one_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        choose.load(tmp_path / "missing.faiss")
