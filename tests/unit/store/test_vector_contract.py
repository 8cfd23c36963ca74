"""What every `VectorIndex` does, on whatever is there; approximate ones with all lists read."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from store import choice
from store.approximate import ApproximateIndex
from store.flat import FlatIndex
from store.gpu import on_gpu
from store.vectors import VectorIndex
from tests.unit.store.vectors_at_hand import DIM, clustered, in_blocks, stand_in_for_a_gpu

COUNT = 3000
VECTORS, QUERIES = clustered(COUNT)
IDS = np.random.default_rng(1).permutation(10 * COUNT)[:COUNT].astype(np.int64)
FORMS = ["flat", "16 bits", "8 bits"]


def on_cpu(form: str) -> FlatIndex | ApproximateIndex:
    if form == "flat":
        flat = FlatIndex(DIM)
        for ids, vectors in in_blocks(IDS, VECTORS):
            flat.add(ids, vectors)
        return flat
    bits = int(form.split()[0])
    index = ApproximateIndex.build(DIM, COUNT, lambda: in_blocks(IDS, VECTORS), bits=bits)
    index.probes = index.lists
    return index


@pytest.fixture(params=["CPU", "stand-in for a GPU", "GPU"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "GPU" and not faiss.get_num_gpus():
        pytest.skip("FAISS sees no GPU")
    if request.param == "CPU":
        monkeypatch.setattr(faiss, "get_num_gpus", lambda: 0)
    if request.param == "stand-in for a GPU":
        stand_in_for_a_gpu(monkeypatch)
    return str(request.param)


@pytest.fixture(params=FORMS)
def index(request: pytest.FixtureRequest, place: str) -> VectorIndex:
    made = on_cpu(request.param)
    placed = on_gpu(made)
    assert (placed is None) == (place == "CPU")
    return placed or made


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
    within, without = np.append(IDS[:wanted], 10**9), IDS[10:20]
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


def test_a_file_gives_back_what_was_saved(index: VectorIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "v.faiss")
    loaded = choice.load(tmp_path / "v.faiss")
    assert (loaded.kind, loaded.exact, loaded.dim) == (index.kind, index.exact, index.dim)
    assert len(loaded) == COUNT
    for query in QUERIES[:5]:
        before, after = index.search(query, 30), loaded.search(query, 30)
        assert before[0].tolist() == after[0].tolist()
        np.testing.assert_allclose(before[1], after[1], atol=1e-6)
    loaded.save(tmp_path / "again.faiss")
    assert (tmp_path / "again.faiss").read_bytes() == (tmp_path / "v.faiss").read_bytes()


def test_a_folder_that_is_not_there_is_an_os_error(index: VectorIndex, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        index.save(tmp_path / "missing" / "v.faiss")
