"""What the store asks of a vector search, whichever library does it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["VectorIndex"]


class VectorIndex(Protocol):
    """Vectors under ids, searched by inner product."""

    @property
    def dim(self) -> int:
        """Width of the vectors."""

    def __len__(self) -> int:
        """Give the number of vectors."""

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Add vectors (N, D) under ids (N,) that it does not have yet."""

    def search(
        self, query: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Give ids and inner products of the k nearest to a query (D,), fewer if it has fewer.

        The highest score comes first, equal ones in the order of the ids; so the first k of k + 1
        are the k.
        """

    def save(self, file: Path) -> None:
        """Write it to a file, in a form that any machine reads."""
