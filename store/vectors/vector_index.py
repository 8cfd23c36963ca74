"""What the store needs from a vector search, in any library, and code that the kinds share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from store.types import TopK

__all__ = [
    "FileIndex",
    "VectorIndex",
    "best",
    "check_block",
    "padded",
    "padded_query",
    "padded_width",
    "selected",
]


# FAISS compares in steps of 16 numbers where the processor can, and one by one in any other width:
# 515 numbers in half precision took 56 ms for 100,000 vectors, the same padded to 528 took 5 ms.
STEP = 16

MOST_BITS = 2**30
"""Ids above this are looked up in a set, since a bit for each below would take a gigabyte."""


class VectorIndex(Protocol):
    """Vectors under ids, searched by inner product."""

    @property
    def kind(self) -> str:
        """How it searches, in a few words for people: `exact, half precision`."""

    @property
    def exact(self) -> bool:
        """Whether scores and order are those of the vectors rounded to half precision."""

    @property
    def dim(self) -> int:
        """Width of the vectors."""

    def __len__(self) -> int:
        """Return the number of vectors."""

    def search(
        self,
        query: NDArray[np.float32],
        k: int,
        without: NDArray[np.int64] | None = None,
        within: NDArray[np.int64] | None = None,
    ) -> TopK:
        """Return ids and inner products of the k nearest to a query (D,), fewer if it has fewer.

        The highest score comes first, equal ones in the order of the ids; so the first k of k + 1
        are the k.

        Args:
            query: (D,) float32.
            k: how many at most.
            without: (M,) ids to exclude, such as those of deleted photos; unknown ids may be among
                them.
            within: (M,) the only ids to search; None for all.

        Raises:
            ValueError: the query has another width.
        """


class FileIndex(VectorIndex, Protocol):
    """A `VectorIndex` that is stored in a file; the catalog has the vectors themselves."""

    @property
    def whole(self) -> bool:
        """Whether a search compares every vector."""

    def slack(self, query: NDArray[np.float32]) -> float:
        """Return by how much a score may differ from that of the vector in half precision.

        It is infinite if that is not known.
        """

    def save(self, file: Path) -> None:
        """Write it to a file that any machine can read; raises OSError if that fails."""


def best(ask: Callable[[int], TopK], k: int, most: int) -> TopK:
    """Return the k best, with a fixed rule for equal scores.

    Args:
        ask: returns the nearest n, best first, equal scores in any order, and any of them at the
            cut; if there are fewer than n, ids of -1 follow.
        k: how many to return.
        most: how many there are at most; `ask` is never called with more.

    >>> def ask(n):
    ...     return np.array([8, 5, 9])[:n], np.array([1, 1, 0], dtype=np.float32)[:n]
    >>> ids, scores = best(ask, 1, most=3)
    >>> ids.tolist(), scores.tolist()
    ([5], [1.0])
    """
    k = min(k, most)
    if k < 1:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    count = k
    while True:
        # One more than k shows whether the scores on both sides of the cut are equal, of which
        # FAISS returns any; if so, more are fetched until the whole group is there.
        count = min(count + 1, most)
        ids, scores = ask(count)
        if count == most or ids[-1] < 0 or scores[k - 1] > scores[count - 1]:
            break
        count *= 2
    there = ids >= 0
    ids, scores = ids[there], scores[there]
    first = np.lexsort((ids, -scores))[:k]
    return ids[first], scores[first]


def selected(
    without: NDArray[np.int64] | None, within: NDArray[np.int64] | None = None
) -> faiss.IDSelector | None:
    """Return FAISS's selector of the ids to search; None if all are searched.

    Args:
        without: (M,) ids to exclude.
        within: (N,) the only ids to search, at least 0; None for all.
    """
    if within is not None:
        wanted = within if without is None else np.setdiff1d(within, without)
        if int(wanted.max(initial=0)) > MOST_BITS:
            ids = np.ascontiguousarray(wanted, np.int64)
            return faiss.IDSelectorBatch(ids)
        bits = np.zeros(int(wanted.max(initial=0)) + 1, dtype=bool)
        bits[wanted] = True  # a bit for every id is looked up faster than a set of them
        packed = np.packbits(bits, bitorder="little")
        return faiss.IDSelectorBitmap(packed)  # type: ignore[call-arg, arg-type]
    if without is None or not len(without):
        return None
    return faiss.IDSelectorNot(faiss.IDSelectorBatch(np.ascontiguousarray(without, np.int64)))


def padded_width(dim: int) -> int:
    """Return the width at which FAISS compares vectors of `dim` numbers quickly.

    >>> padded_width(512), padded_width(515)
    (512, 528)
    """
    return -(-dim // STEP) * STEP


def padded(vectors: NDArray[np.floating], dtype: str = "=f4") -> NDArray[Any]:
    """Return vectors (N, D) as (N, W), with zeros at the end, which change no inner product."""
    count, dim = vectors.shape
    wide = np.zeros((count, padded_width(dim)), dtype=dtype)
    wide[:, :dim] = vectors
    return wide


def padded_query(query: NDArray[np.floating], dim: int) -> NDArray[np.float32]:
    """Return a query (D,) as one padded row, (1, W).

    Raises:
        ValueError: it has another width than `dim`.
    """
    if query.shape != (dim,):
        raise ValueError(f"the query has shape {query.shape}, expected {(dim,)}")
    return padded(query[None])


def check_block(ids: NDArray[np.int64], vectors: NDArray[np.float32], dim: int) -> None:
    """Raise a ValueError unless there is one vector of the width `dim` for every id."""
    if vectors.shape != (len(ids), dim):
        raise ValueError(f"vectors have shape {vectors.shape}, expected {(len(ids), dim)}")
