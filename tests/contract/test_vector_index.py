"""What every `VectorIndex` does, whatever is behind it: `forms` has them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from store.vectors import choose
from store.vectors.gpu import on_gpu
from store.vectors.vector_index import FileIndex, VectorIndex
from tests.contract.forms import FILE_FORMS, FORMS, Vectors, in_a_file, made
from tests.postgres_server import PostgresServer
from tests.unit.store.vectors_at_hand import DIM, clustered, stand_in_for_a_gpu

COUNT = 3000
VECTORS, QUERIES = clustered(COUNT)
QUERIES = QUERIES[:10]
IDS = np.random.default_rng(1).permutation(10 * COUNT)[:COUNT].astype(np.int64)
PLACES = ("CPU", "stand-in for a GPU", "GPU")
ON_A_GPU = ("flat", "lists of 16 bits", "lists of 8 bits")
EVERYWHERE = [(form, "CPU") for form in FORMS] + [
    (form, place) for form in ON_A_GPU for place in PLACES[1:]
]


@contextmanager
def placed_at(place: str) -> Iterator[None]:
    """Let FAISS see a GPU or none while a block runs."""
    if place == "GPU" and not faiss.get_num_gpus():
        pytest.skip("FAISS sees no GPU")
    with pytest.MonkeyPatch.context() as patch:
        if place == "CPU":
            patch.setattr(faiss, "get_num_gpus", lambda: 0)
        if place == "stand-in for a GPU":
            stand_in_for_a_gpu(patch)
        yield


@pytest.fixture(scope="module", params=EVERYWHERE, ids=lambda each: ", ".join(each))
def index(request: pytest.FixtureRequest) -> Iterator[VectorIndex]:
    form, place = request.param
    with placed_at(place), ExitStack() as stack:
        yield built(form, place, (IDS, VECTORS), request, stack)


def built(
    form: str, place: str, vectors: Vectors, request: pytest.FixtureRequest, stack: ExitStack
) -> VectorIndex:
    def address() -> str:
        server: PostgresServer = request.getfixturevalue("postgres")
        return server.new_database()

    if place == "CPU":
        return made(form, vectors, address, stack)
    found = on_gpu(in_a_file(form, vectors))
    assert found is not None
    return found


@pytest.fixture(params=FORMS)
def make(request: pytest.FixtureRequest) -> Iterator[Callable[[Vectors], VectorIndex]]:
    """Makes a form of vectors of one's own."""
    with ExitStack() as stack:
        yield lambda vectors: built(request.param, "CPU", vectors, request, stack)


def expected(query: NDArray[np.float32], k: int, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    products = VECTORS[kept] @ query
    return IDS[kept][np.lexsort((IDS[kept], -products))[:k]]


@pytest.mark.parametrize("gone", [0, 5, 500, COUNT])
def test_it_finds_what_numpy_finds_without_what_is_passed_over(
    index: VectorIndex, gone: int
) -> None:
    kept = np.arange(COUNT) >= gone
    without = np.append(IDS[:gone], 10**9)
    shares = []
    for query in QUERIES:
        ids, scores = index.search(query, 20, without)
        true = expected(query, 20, kept)
        assert len(ids) == len(scores) == len(true)
        assert not np.isin(ids, IDS[:gone]).any()
        assert (np.diff(scores) <= 0).all()
        shares += [np.isin(true, ids).mean()] if len(true) else []
    assert gone == COUNT or np.mean(shares) > (0.999 if index.exact else 0.95)


@pytest.mark.parametrize("wanted", [0, 1, 15, 300, COUNT])
def test_within_some_ids_it_finds_what_numpy_finds_among_them(
    index: VectorIndex, wanted: int
) -> None:
    within, without = np.append(IDS[:wanted], 10**6), IDS[10:20]
    kept = (np.arange(COUNT) < wanted) & ~np.isin(IDS, without)
    shares = []
    for query in QUERIES:
        ids, scores = index.search(query, 20, without, within)
        true = expected(query, 20, kept)
        assert len(ids) == len(scores) == len(true)
        assert np.isin(ids, IDS[kept]).all()
        shares += [np.isin(true, ids).mean()] if len(true) else []
    assert wanted == 0 or np.mean(shares) > (0.999 if index.exact else 0.95)


def test_scores_are_inner_products(index: VectorIndex) -> None:
    ids, scores = index.search(QUERIES[0], 50)
    position = {int(image_id): row for row, image_id in enumerate(IDS)}
    products = np.array([VECTORS[position[int(image_id)]] @ QUERIES[0] for image_id in ids])
    np.testing.assert_allclose(scores, products, atol=1e-5 if index.exact else 0.02)


@pytest.mark.parametrize("k", [1, 99, 2047, 2048, 2990])
def test_the_first_k_of_one_more_are_the_k(index: VectorIndex, k: int) -> None:
    ids, scores = index.search(QUERIES[0], k)
    more_ids, more_scores = index.search(QUERIES[0], k + 1)
    assert (len(ids), len(more_ids)) == (k, k + 1)
    assert ids.tolist() == more_ids[:k].tolist()
    np.testing.assert_allclose(scores, more_scores[:k], atol=1e-6)


def test_asked_for_more_than_there_are_it_gives_all(index: VectorIndex) -> None:
    ids, _ = index.search(QUERIES[0], 10 * COUNT)
    assert sorted(ids.tolist()) == sorted(IDS.tolist())
    assert (len(index), index.dim) == (COUNT, DIM)


def test_another_width_is_refused(index: VectorIndex) -> None:
    with pytest.raises(ValueError, match=rf"\(3,\), expected \({DIM},\)"):
        index.search(np.zeros(3, dtype=np.float32), 1)


def test_equal_scores_come_by_id_and_none_of_them_is_lost(
    make: Callable[[Vectors], VectorIndex],
) -> None:
    ids = np.arange(40, dtype=np.int64)[::-1].copy()
    rows = np.zeros((40, 3), dtype=np.float32)
    rows[:, 0] = ids // 10  # ten times each of 0, 1, 2 and 3
    rows[:, 1] = 1
    found, scores = make((ids, rows)).search(np.array([1, 0, 0], dtype=np.float32), 15)
    assert found.tolist() == [*range(30, 40), *range(20, 25)]
    np.testing.assert_allclose(scores, [3] * 10 + [2] * 5, atol=0.02)


@pytest.mark.parametrize("make", ["flat", "PostgreSQL"], indirect=True)
def test_an_empty_one_finds_nothing(make: Callable[[Vectors], VectorIndex]) -> None:
    index = make((np.zeros(0, dtype=np.int64), np.zeros((0, DIM), dtype=np.float32)))
    assert len(index) == 0
    assert [len(part) for part in index.search(QUERIES[0], 5)] == [0, 0]


@pytest.fixture(
    params=[each for each in EVERYWHERE if each[0] in FILE_FORMS], ids=lambda each: ", ".join(each)
)
def in_file(request: pytest.FixtureRequest) -> Iterator[FileIndex]:
    form, place = request.param
    with placed_at(place):
        index = in_a_file(form, (IDS, VECTORS))
        yield index if place == "CPU" else on_gpu(index) or index


def test_a_file_gives_back_what_was_saved(in_file: FileIndex, tmp_path: Path) -> None:
    in_file.save(tmp_path / "v.faiss")
    loaded = choose.load(tmp_path / "v.faiss")
    assert (loaded.kind, loaded.exact, loaded.dim) == (in_file.kind, in_file.exact, in_file.dim)
    assert len(loaded) == COUNT
    for query in QUERIES[:5]:
        before, after = in_file.search(query, 30), loaded.search(query, 30)
        assert before[0].tolist() == after[0].tolist()
        np.testing.assert_allclose(before[1], after[1], atol=1e-6)
    loaded.save(tmp_path / "again.faiss")
    assert (tmp_path / "again.faiss").read_bytes() == (tmp_path / "v.faiss").read_bytes()


def test_a_folder_that_is_not_there_is_an_os_error(in_file: FileIndex, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        in_file.save(tmp_path / "missing" / "v.faiss")
