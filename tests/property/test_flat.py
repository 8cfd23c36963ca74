"""The first stage is exact: FAISS says what numpy says, whatever k is and whatever is left out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from store.vectors.flat import FlatIndex

counts, seeds = st.integers(1, 40), st.integers(0, 2**32 - 1)


@given(counts, st.integers(1, 50), st.integers(0, 40), seeds)
def test_it_agrees_with_numpy(count: int, k: int, gone: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    # Whole numbers: products are exact in float32, and many of them are equal.
    vectors = random.integers(-2, 3, (count, 4)).astype(np.float32)
    query = random.integers(-2, 3, 4).astype(np.float32)
    image_ids = random.permutation(1000)[:count]
    index = FlatIndex(4)
    index.add(image_ids, vectors)
    products = vectors @ query
    order = np.lexsort((image_ids, -products))
    without = image_ids[:gone]
    expected = order[order >= gone][:k]
    ids, scores = index.search(query, k, without)
    assert ids.tolist() == image_ids[expected].tolist()
    assert scores.tolist() == products[expected].tolist()


@given(counts, st.integers(1, 40), seeds)
def test_it_agrees_with_numpy_on_vectors_rounded_to_half_precision(
    count: int, dim: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, dim)).astype(np.float32)
    query = random.standard_normal(dim).astype(np.float32)
    index = FlatIndex(dim)
    index.add(np.arange(count), vectors)
    ids, scores = index.search(query, count)
    rounded = vectors.astype(np.float16).astype(np.float32) @ query
    np.testing.assert_allclose(scores, rounded[ids], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(scores, np.sort(rounded)[::-1], rtol=1e-4, atol=1e-4)


@given(counts, st.integers(0, 40), st.integers(1, 50), seeds)
def test_passing_over_is_the_same_as_not_having(count: int, gone: int, k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, 7)).astype(np.float32)
    query = random.standard_normal(7).astype(np.float32)
    image_ids = random.permutation(1000)[:count]
    whole, rest = FlatIndex(7), FlatIndex(7)
    whole.add(image_ids, vectors)
    rest.add(image_ids[gone:], vectors[gone:])
    ids, scores = whole.search(query, k, image_ids[:gone])
    expected_ids, expected_scores = rest.search(query, k)
    assert ids.tolist() == expected_ids.tolist()
    assert scores.tolist() == expected_scores.tolist()
