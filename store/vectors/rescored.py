"""Exact search in half the bytes: 8-bit codes, with exact scores for uncertain candidates.

A code says each number to within half a step of its range, so a score can be wrong by no more than
the steps allow that a query weighs. What scores lower than the k-th best by more than that cannot
be one of the k; the rest, on real photos no more than twice k, is scored by the catalog's vectors.
The answer is the one that half precision gives, from a file half as large that is not read but
mapped. Its form is that of an approximate index with a single list.
"""

from __future__ import annotations

import numpy as np

from store.types import Blocks
from store.vectors.approximate import ApproximateIndex
from store.vectors.centroids import Trained
from store.vectors.vector_index import check_block, padded, padded_width

__all__ = ["rescored"]


def rescored(dim: int, count: int, blocks: Blocks) -> ApproximateIndex:
    """Return vectors the form of an exact index that takes half the bytes.

    Args:
        dim: width of the vectors.
        count: how many there are, at least one.
        blocks: gives them, rounded to half precision as the catalog keeps them; called twice.

    Raises:
        ValueError: a block has vectors of another width, or not as many as ids.
    """
    low = np.full(padded_width(dim), np.inf, dtype=np.float32)
    high = -low
    for ids, vectors in blocks():
        check_block(ids, vectors, dim)
        wide = padded(vectors)
        low, high = np.minimum(low, wide.min(axis=0)), np.maximum(high, wide.max(axis=0))
    # FAISS takes the ranges of its codes from the least and the greatest number of this sample.
    whole = Trained(
        dim=dim,
        scale=np.ones_like(low),
        centroids=np.zeros((1, len(low)), dtype=np.float32),
        sample=np.stack([low, high]),
    )
    return ApproximateIndex.build(dim, count, blocks, trained=whole)
