"""Exact search in half the bytes: 8-bit codes, with exact scores for uncertain candidates.

A code gives each number to within half a step of its range, so the error of a score is at most the
sum of the half steps weighted by the query's numbers. A vector that scores lower than the k-th best
by more than that cannot be one of the k; the others, on real photos no more than twice k, are
scored with the catalog's vectors. The result is the same as in half precision, from a file half as
large, which is mapped instead of read. Its form is that of an approximate index with a single list.
"""

from __future__ import annotations

import numpy as np

from store.types import Blocks
from store.vectors.approximate import ApproximateIndex
from store.vectors.centroids import Trained
from store.vectors.vector_index import check_block, padded, padded_width

__all__ = ["rescored"]


def rescored(dim: int, count: int, blocks: Blocks) -> ApproximateIndex:
    """Return an index of 8-bit codes whose results are exact after re-scoring.

    Args:
        dim: width of the vectors.
        count: how many there are, at least one.
        blocks: yields them, rounded to half precision as the catalog keeps them; called twice.

    Raises:
        ValueError: a block has vectors of another width, or not as many as ids.
    """
    low = np.full(padded_width(dim), np.inf, dtype=np.float32)
    high = -low
    for ids, vectors in blocks():
        check_block(ids, vectors, dim)
        wide = padded(vectors)
        low, high = np.minimum(low, wide.min(axis=0)), np.maximum(high, wide.max(axis=0))
    # FAISS takes the ranges of its codes from the least and the greatest numbers of this sample.
    whole = Trained(
        dim=dim,
        scale=np.ones_like(low),
        centroids=np.zeros((1, len(low)), dtype=np.float32),
        sample=np.stack([low, high]),
    )
    return ApproximateIndex.build(dim, count, blocks, trained=whole)
