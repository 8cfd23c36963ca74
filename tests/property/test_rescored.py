"""Codes of 8 bits that are re-scored answer as half precision does, to the last tie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from store.vectors.approximate import ApproximateIndex
from store.vectors.flat import FlatIndex
from store.vectors.live import LiveVectors
from store.vectors.rescored import rescored

counts, seeds = st.integers(1, 300), st.integers(0, 2**32 - 1)
widths = st.sampled_from([0.01, 1.0, 1000.0])


def halved(flat: FlatIndex) -> ApproximateIndex:
    held = [(ids, vectors[:, : flat.dim]) for ids, vectors in flat.padded_blocks()]
    return rescored(flat.dim, len(flat), lambda: iter(held))


def exact(vectors: NDArray[np.float32], ids: NDArray[np.int64]) -> FlatIndex:
    index = FlatIndex(vectors.shape[1])
    index.add(ids, vectors)
    return index


@given(counts, st.integers(1, 60), st.integers(0, 40), st.booleans(), seeds)
def test_it_finds_what_an_exact_index_finds(
    count: int, k: int, gone: int, near: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    # Whole numbers: products are exact, and many of them are equal. One column of a wide range
    # makes the steps of its codes as wide as most of the differences.
    vectors = random.integers(-2, 3, (count, 5)).astype(np.float32)
    vectors[:, 0] += random.choice([0, 500], count) if near else 0
    query = random.integers(-2, 3, 5).astype(np.float32)
    ids = random.permutation(1000)[:count].astype(np.int64)
    flat = exact(vectors, ids)
    row = {int(image_id): number for number, image_id in enumerate(ids)}

    def stored(asked: Sequence[int]) -> NDArray[np.float32]:
        return vectors[[row[image_id] for image_id in asked]].reshape(-1, 5)

    live = LiveVectors(halved(flat), int(ids.max()))
    live.remove(ids[:gone].tolist())
    found, scores = live.search(query, k, stored)
    expected, products = flat.search(query, k, ids[:gone])
    assert found.tolist() == expected.tolist()
    assert scores.tolist() == products.tolist()


@given(counts, st.integers(2, 60), widths, seeds)
def test_no_score_is_further_from_the_true_one_than_it_says(
    count: int, dim: int, width: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, dim)).astype(np.float32)
    vectors[:, 1] *= width
    vectors = vectors.astype(np.float16).astype(np.float32)
    query = random.standard_normal(dim).astype(np.float32)
    ids = np.arange(count)
    index = halved(exact(vectors, ids))
    found, scores = index.search(query, count)
    slack = index.slack(query)
    assert len(found) == count
    assert (np.abs(scores - (vectors @ query)[found]) <= slack).all()
