"""What an approximate index learns from a sample: its lists' centroids, and the numbers' scale."""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from store.types import Blocks
from store.vectors.vector_index import padded, padded_width

__all__ = ["Trained", "train"]

SAMPLE_A_LIST = 40  # FAISS's advice is 39 vectors a centroid at least
MOST_LISTS = 8192
ROUNDS = 10  # of k-means
SPREAD = 4.0  # a number is scaled down if its spread is more than this many times the usual one
SEED = 0


@dataclass(frozen=True)
class Trained:
    """The values learnt from a sample.

    Attributes:
        dim: width D of the vectors.
        scale: (W,) powers of two by which the numbers of a vector are multiplied, and those of a
            query divided. No score changes, but a correction of a far wider range than the
            embedding's numbers no longer determines on its own which list a vector goes to.
        centroids: (L, W) unit vectors.
        sample: (S, W) scaled vectors, whose least and greatest numbers are the ranges of codes of 8
            bits.
    """

    dim: int
    scale: NDArray[np.float32]
    centroids: NDArray[np.float32]
    sample: NDArray[np.float32]


def train(dim: int, count: int, blocks: Blocks) -> Trained:
    """Learn the lists' centroids, by spherical k-means on an even sample of the vectors.

    Args:
        dim: width D of the vectors.
        count: how many there are, at least one; the number of lists is about twice its square root.
        blocks: yields them.
    """
    lists = max(1, min(int(2 * count**0.5), count // SAMPLE_A_LIST, MOST_LISTS))
    sample = _sample(blocks, every=max(1, count // (lists * SAMPLE_A_LIST)))
    spread = sample.std(axis=0)
    usual = float(np.median(spread[:dim])) or 1.0
    scale = np.exp2(-np.ceil(np.log2(np.maximum(spread / (usual * SPREAD), 1)))).astype(np.float32)
    sample *= scale
    means = faiss.Kmeans(
        padded_width(dim),
        lists,
        niter=ROUNDS,
        spherical=True,
        seed=SEED,
        min_points_per_centroid=1,
        max_points_per_centroid=2 * SAMPLE_A_LIST,
    )
    means.train(sample)
    # The whole sample would stay in memory while the lists are filled.
    ranges = np.stack([sample.min(axis=0), sample.max(axis=0)])
    return Trained(dim, scale, np.asarray(means.centroids, dtype=np.float32), ranges)


def _sample(blocks: Blocks, every: int) -> NDArray[np.float32]:
    some, before = [], 0
    for _, vectors in blocks():
        some.append(padded(vectors[-before % every :: every]))
        before += len(vectors)
    return np.concatenate(some)
