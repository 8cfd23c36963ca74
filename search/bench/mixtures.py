"""Rows of large collections, made from the embeddings of real photos.

A row is a mixture of two or three real embeddings. Their differences from the mean are mixed, with
weights whose squares sum to one, so that synthetic rows are spread like the real ones: plain
averages would lie near the mean, closer to each other than photos are. A little noise is added, the
row is brought to unit length, and the columns after the embedding (corrections for hubs) and the
packed region nodes are those of the photo with the largest weight. The first rows are real.

Row n does not depend on how many are made: a collection is a prefix of every larger one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ROWS_AT_ONCE", "RealPhotos", "made_rows"]

ROWS_AT_ONCE = 4096
SEED = 20
LIGHTER = 0.7
"""The largest weight of a further photo, relative to the first."""
NOISE = 0.15
"""Length of the noise, relative to an embedding's."""


@dataclass(frozen=True)
class RealPhotos:
    """Photos as the model embedded them.

    Attributes:
        vectors: (N, dim) float32, as they are indexed.
        packed: (N, P) uint8, each photo's nodes as kept for the re-ranker.
        unit_dim: number of leading values of a vector that together have unit length.
    """

    vectors: NDArray[np.float32]
    packed: NDArray[np.uint8]
    unit_dim: int

    def __len__(self) -> int:
        return len(self.vectors)


def made_rows(
    real: RealPhotos, count: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.uint8]]]:
    """Yield vectors (B, dim) and packed (B, P) of `count` photos in order, a few thousand at once.

    Args:
        real: at least two photos.
        count: how many rows.
    """
    for start in range(0, count, ROWS_AT_ONCE):
        vectors, heaviest = _block(real, start)
        wanted = min(ROWS_AT_ONCE, count - start)
        yield vectors[:wanted], real.packed[heaviest[:wanted]]


def _block(real: RealPhotos, start: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the whole block of rows from `start` on, and each row's heaviest photo."""
    random = np.random.default_rng([SEED, start])
    unit = real.unit_dim or real.vectors.shape[1]
    parts = random.integers(len(real), size=(ROWS_AT_ONCE, 3))
    weights = random.uniform(0, LIGHTER, size=(ROWS_AT_ONCE, 3)).astype(np.float32)
    weights[:, 0] = 1
    weights[::2, 2] = 0  # every other row mixes two
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    embedded = real.vectors[:, :unit]
    mean = embedded.mean(0)
    rows = mean + sum(weights[:, [turn]] * (embedded[parts[:, turn]] - mean) for turn in range(3))
    rows += random.standard_normal(rows.shape, dtype=np.float32) * (NOISE / unit**0.5)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    vectors = real.vectors[parts[:, 0]].copy()
    vectors[:, :unit] = rows
    heaviest = parts[:, 0].copy()
    # The real ones come first.
    own = np.arange(start, min(start + ROWS_AT_ONCE, len(real)))
    vectors[: len(own)], heaviest[: len(own)] = real.vectors[own], own
    return vectors, heaviest
