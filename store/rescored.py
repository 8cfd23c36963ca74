"""Exact search in half the bytes: codes of 8 bits, and what is left to doubt is scored exactly.

A code says each number to within half a step of its range, so a score can be wrong by no more than
the steps allow that a query weighs. What scores lower than the k-th best by more than that cannot
be one of the k; the rest, on real photos no more than twice k, is scored by the catalog's vectors.
The answer is the one that half precision gives, from a file half as large that is not read but
mapped. Its form is that of an approximate index with a single list.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from store.approximate import ApproximateIndex, Trained
from store.flat import FlatIndex
from store.vectors import Block

__all__ = ["rescored"]


def rescored(flat: FlatIndex) -> ApproximateIndex:
    """Give the form of an exact index, of one vector at least, that takes half the bytes."""
    low = np.min([vectors.min(axis=0) for _, vectors in flat.padded_blocks()], axis=0)
    high = np.max([vectors.max(axis=0) for _, vectors in flat.padded_blocks()], axis=0)
    # FAISS takes the ranges of its codes from the least and the greatest number of this sample.
    whole = Trained(
        dim=flat.dim,
        scale=np.ones_like(low),
        centroids=np.zeros((1, len(low)), dtype=np.float32),
        sample=np.stack([low, high]),
    )

    def blocks() -> Iterator[Block]:
        return ((ids, vectors[:, : flat.dim]) for ids, vectors in flat.padded_blocks())

    return ApproximateIndex.build(flat.dim, len(flat), blocks, trained=whole)
