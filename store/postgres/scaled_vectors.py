"""Vectors placed as a graph of neighbours (HNSW) needs them: around zero, and of equal length.

The graph connects vectors that are near to each other, and a search follows it. By inner product a
long vector is near to everything: with the vectors unchanged, which include corrections of a far
wider range than the embedding's own numbers, a search found 40 of the true nearest 100. So three
changes are made, none of which changes the order of results:

- The mean of all vectors is subtracted, which lowers all scores of a query by the same amount.
- Numbers of a far wider range are scaled down by powers of two, and the query's scaled up.
- Each vector gets one more number, which extends it to the length of the longest, and a query a
  zero there: the nearest by inner product are then the nearest by distance (Bachrach et al. 2014,
  Speeding Up the Xbox Recommender System Using a Euclidean Transformation for Inner-Product
  Spaces).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from store.types import Blocks

__all__ = ["VectorPlacement", "scaled_query"]

SPREAD = 4.0
"""A number is scaled down if its spread is more than this many times the usual one."""


@dataclass(frozen=True, eq=False)
class VectorPlacement:
    """How vectors (D,) are converted to vectors (D + 1,) of equal length.

    Attributes:
        mean: (D,) float32, which is subtracted.
        scale: (D,) float32 powers of two, by which each number is multiplied after that.
        length: the length of every placed vector.

    >>> placement = VectorPlacement(np.zeros(2, np.float32), np.array([1.0, 0.5], np.float32), 5.0)
    >>> placement.placed(np.array([[3.0, 0.0], [0.0, 8.0]])).tolist()
    [[3.0, 0.0, 4.0], [0.0, 4.0, 3.0]]
    >>> scaled_query(np.array([1.0, 1.0], np.float32), placement.scale).tolist()
    [1.0, 2.0, 0.0]
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    length: float

    @classmethod
    def of(cls, dim: int, blocks: Blocks) -> Self:
        """Return the placement for a set of vectors.

        Args:
            dim: their width D.
            blocks: yields them; called twice.
        """
        mean, scale = _mean_and_scale(dim, blocks)
        longest = max(
            (float(_lengths((rows - mean) * scale).max()) for _, rows in blocks()), default=1.0
        )
        return cls(mean, scale, longest)

    def placed(self, vectors: NDArray[np.floating]) -> NDArray[np.float16]:
        """Return vectors (N, D) as (N, D + 1), equally long except for rounding."""
        scaled = (vectors.astype(np.float32) - self.mean) * self.scale
        missing = np.sqrt(np.maximum(self.length**2 - _lengths(scaled) ** 2, 0))
        return np.column_stack([scaled, missing]).astype(np.float16)


def scaled_query(query: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a query (D,) as (D + 1,), which orders placed vectors as it did the original ones."""
    return np.append(query / scale, np.float32(0))


def _mean_and_scale(dim: int, blocks: Blocks) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    count, total, squares = 0, np.zeros(dim), np.zeros(dim)
    for _, rows in blocks():
        count += len(rows)
        total += rows.sum(0, dtype=np.float64)
        squares += np.square(rows, dtype=np.float64).sum(0)
    mean = total / max(1, count)
    spread = np.sqrt(np.maximum(squares / max(1, count) - mean**2, 0))
    usual = float(np.median(spread)) or 1.0
    powers = np.ceil(np.log2(np.maximum(spread / (usual * SPREAD), 1)))
    return mean.astype(np.float32), np.exp2(-powers).astype(np.float32)


def _lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.linalg.norm(vectors, axis=1), dtype=np.float32)
