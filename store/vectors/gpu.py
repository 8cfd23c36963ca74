"""Search on a GPU, if FAISS supports it and there is one; on the CPU if that fails.

An exact index becomes FAISS's flat GPU index in half precision, an approximate one its IVF index
with the same lists. CAGRA, which FAISS has too, is not used: its graph needs all vectors at once
and cannot exclude deleted ones, and its file is not portable between machines, while a flat search
on a GPU takes less than the 20 ms of `choose.build` far beyond a million vectors.

GPU searches take no ID selector and return at most 2048 neighbours. So as many more are fetched as
there are ids to exclude, and these are dropped afterwards; a search that needs more neighbours, or
is restricted to given ids, runs on the CPU.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from store.types import TopK
from store.vectors.approximate import ApproximateIndex
from store.vectors.flat import FlatIndex
from store.vectors.vector_file import DamagedVectors
from store.vectors.vector_index import FileIndex, best, padded_query, padded_width

__all__ = ["MOST_NEIGHBOURS", "GpuIndex", "on_gpu"]

MOST_NEIGHBOURS = 2048
NOTHING = np.zeros(0, dtype=np.int64)
DEVICE = 0  # one GPU is enough for what fits: copies on several would only divide the queries


def on_gpu(index: FlatIndex | ApproximateIndex) -> FileIndex | None:
    """Return a copy of an index on the GPU; None if there is no GPU, or the copy fails.

    An index with a single list is no faster there, and stays on the CPU, where `slack` holds for
    its scores. The copy does not follow later changes of the index.

    Raises:
        DamagedVectors: the index's file is damaged.

    Warns:
        RuntimeWarning: there is a GPU and it could not be used.
    """
    if not faiss.get_num_gpus() or (isinstance(index, ApproximateIndex) and index.lists == 1):
        return None
    try:
        return GpuIndex(index)
    except DamagedVectors:
        raise
    except Exception as error:  # whatever the driver, CUDA or FAISS has to say
        _warn(error)
        return None


class GpuIndex:
    """A `FileIndex` on a GPU, which falls back to the CPU when the GPU fails.

    Args:
        index: the index to copy; it stays in memory for `save`, and for searches that the GPU
            cannot run.

    Raises:
        Exception: any exception of FAISS, such as for too little memory.
    """

    def __init__(self, index: FlatIndex | ApproximateIndex) -> None:
        self._cpu = index
        self._resources = faiss.StandardGpuResources()
        self._ids: NDArray[np.int64] | None = None
        if isinstance(index, ApproximateIndex):
            self._gpu: Any = faiss.index_cpu_to_gpu(self._resources, DEVICE, index.faiss_index())
        else:
            self._gpu, self._ids = _flat_on_gpu(self._resources, index)

    @property
    def kind(self) -> str:
        """How it searches, for people."""
        return self._cpu.kind if self._gpu is None else f"{self._cpu.kind}, on a GPU"

    @property
    def exact(self) -> bool:
        """Whether scores and order are those of the vectors rounded to half precision."""
        return self._cpu.exact

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return self._cpu.dim

    def __len__(self) -> int:
        return len(self._cpu)

    def search(
        self,
        query: NDArray[np.float32],
        k: int,
        without: NDArray[np.int64] | None = None,
        within: NDArray[np.int64] | None = None,
    ) -> TopK:
        """Return ids (K,) and inner products (K,) of the k nearest, as the index on the CPU does.

        Raises:
            ValueError: the query has another width.

        Warns:
            RuntimeWarning: the GPU failed; this search and all later ones run on the CPU.
        """
        row = self._row(query)
        if self._gpu is not None and within is None:
            try:
                return self._search(row, k, np.unique(without if without is not None else NOTHING))
            except _TooManyNeighbours:
                pass
            except RuntimeError as error:
                self._gpu = None
                _warn(error)
        return self._cpu.search(query, k, without, within)

    @property
    def whole(self) -> bool:
        """Whether a search compares every vector."""
        return self._cpu.whole

    def slack(self, query: NDArray[np.float32]) -> float:
        """Return the largest error of a score, as the index on the CPU does."""
        return self._cpu.slack(query)

    def save(self, file: Path) -> None:
        """Write it to a file that any machine can read; raises OSError if that fails."""
        self._cpu.save(file)

    def _row(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        if isinstance(self._cpu, ApproximateIndex):
            return self._cpu.scaled_query(query)
        return padded_query(query, self.dim)

    def _search(self, row: NDArray[np.float32], k: int, passed: NDArray[np.int64]) -> TopK:
        def ask(count: int) -> TopK:
            needed = min(count + len(passed), len(self))
            if needed > MOST_NEIGHBOURS:
                raise _TooManyNeighbours
            scores, ids = self._gpu.search(row, needed)
            return self._kept(ids[0], scores[0], count, passed)

        return best(ask, k, len(self))

    def _kept(
        self,
        candidate_ids: NDArray[np.int64],
        scores: NDArray[np.float32],
        count: int,
        passed: NDArray[np.int64],
    ) -> TopK:
        """Return the first `count` results as ids, without those in `passed`, padded with -1."""
        there = candidate_ids >= 0
        ids = candidate_ids[there] if self._ids is None else self._ids[candidate_ids[there]]
        wanted = ~np.isin(ids, passed)
        ids, scores = ids[wanted][:count], scores[there][wanted][:count]
        missing = (0, count - len(ids))
        return (
            np.pad(ids, missing, constant_values=-1),
            np.pad(scores, missing, constant_values=-np.inf),
        )


class _TooManyNeighbours(Exception):
    """More neighbours are needed than a search on the GPU returns."""


def _flat_on_gpu(resources: Any, index: FlatIndex) -> tuple[Any, NDArray[np.int64]]:  # noqa: ANN401 - FAISS's classes have no types
    options = faiss.GpuIndexFlatConfig()
    options.useFloat16 = True
    options.device = DEVICE
    copy = faiss.GpuIndexFlatIP(resources, padded_width(index.dim), options)
    id_blocks = [NOTHING]
    for ids, vectors in index.padded_blocks():
        copy.add(vectors)
        id_blocks.append(ids)
    return copy, np.concatenate(id_blocks)


def _warn(error: Exception) -> None:
    warnings.warn(
        f"the GPU cannot be used for searching, so the CPU is used: {error}",
        RuntimeWarning,
        stacklevel=3,
    )
