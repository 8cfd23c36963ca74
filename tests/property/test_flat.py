"""The first stage is exact: FAISS says what numpy says, whatever k is."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from store.flat import FlatIndex


@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_it_agrees_with_numpy(count: int, k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    # Whole numbers: products are exact in float32, and many of them are equal.
    vectors = random.integers(-2, 3, (count, 4)).astype(np.float32)
    query = random.integers(-2, 3, 4).astype(np.float32)
    image_ids = random.permutation(1000)[:count]
    index = FlatIndex(4)
    index.add(image_ids, vectors)
    products = vectors @ query
    expected = np.lexsort((image_ids, -products))[:k]
    ids, scores = index.search(query, k)
    assert ids.tolist() == image_ids[expected].tolist()
    assert scores.tolist() == products[expected].tolist()
