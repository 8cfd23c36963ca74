"""Exact search: FAISS `IndexIDMap2` over `IndexFlatIP`, on GPUs where FAISS sees any."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

__all__ = ["FlatIndex"]

GPU_MOST_NEIGHBOURS = 2048  # what FAISS's GPU search gives at most


class FlatIndex:
    """An exact `VectorIndex`.

    Args:
        dim: width of the vectors.
    """

    def __init__(self, dim: int) -> None:
        self._cpu = faiss.IndexIDMap2(faiss.IndexFlatIP(dim))
        self._gpu: Any = None

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ValueError: it is no such file.
        """
        try:
            held = faiss.read_index(str(file))
        except RuntimeError as error:
            raise ValueError(f"{file} is no FAISS index") from error
        if (
            not isinstance(held, faiss.IndexIDMap2)
            or held.metric_type != faiss.METRIC_INNER_PRODUCT
        ):
            raise ValueError(
                f"{file} holds {type(held).__name__}, expected IndexIDMap2 of products"
            )
        index = cls(held.d)
        index._cpu = held
        return index

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return int(self._cpu.d)

    def __len__(self) -> int:
        return int(self._cpu.ntotal)

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Add vectors (N, D) under ids (N,) that it does not have yet.

        Raises:
            ValueError: the vectors have another width, or are not as many as the ids.
        """
        if vectors.shape != (len(ids), self.dim):
            raise ValueError(f"vectors have shape {vectors.shape}, expected {(len(ids), self.dim)}")
        self._cpu.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)
        self._gpu = None

    def search(
        self, query: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Give ids (K,) and inner products (K,) of the k nearest to a query (D,).

        The highest score comes first, equal ones in the order of the ids.

        Raises:
            ValueError: the query has another width.

        >>> index = FlatIndex(2)
        >>> index.add(np.array([5, 3]), np.array([[1, 0], [1, 0]], dtype=np.float32))
        >>> ids, scores = index.search(np.array([2, 0], dtype=np.float32), k=1)
        >>> ids.tolist(), scores.tolist()
        ([3], [2.0])
        """
        if query.shape != (self.dim,):
            raise ValueError(f"the query has shape {query.shape}, expected {(self.dim,)}")
        k = min(k, len(self))
        if k < 1:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        rows = np.ascontiguousarray(query, dtype=np.float32)[None]
        asked = k
        while True:
            # One more than wanted shows whether equal scores stand on both sides of the cut, of
            # which FAISS picks any; then more are asked for until the whole group is there.
            asked = min(asked + 1, len(self))
            scores, ids = (found[0] for found in self._for(asked).search(rows, asked))
            if asked == len(self) or scores[k - 1] > scores[asked - 1]:
                break
            asked *= 2
        nearest = np.lexsort((ids, -scores))[:k]
        return ids[nearest], scores[nearest]

    def save(self, file: Path) -> None:
        """Write it to a file, in the CPU's form, which any machine reads.

        Raises:
            OSError: it cannot be written.
        """
        try:
            faiss.write_index(self._cpu, str(file))
        except RuntimeError as error:  # FAISS's word for a full disk too
            raise OSError(f"{file} cannot be written: {error}") from error

    def _for(self, neighbours: int) -> Any:  # noqa: ANN401 - FAISS's classes have no common type
        if neighbours > GPU_MOST_NEIGHBOURS or not faiss.get_num_gpus():
            return self._cpu
        if self._gpu is None:
            self._gpu = faiss.index_cpu_to_all_gpus(self._cpu)
        return self._gpu
