"""Current vectors: those of the file, minus changed and removed ones, plus later ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from store.types import TopK
from store.vectors.choose import OVERSAMPLING
from store.vectors.flat import FlatIndex
from store.vectors.vector_index import FileIndex

__all__ = ["LiveVectors"]


class LiveVectors:
    """A fixed base, a small exact index of later vectors, and ids to exclude from the base.

    Args:
        base: the index from the file.
        last_id: the highest image id in it.
    """

    def __init__(self, base: FileIndex, last_id: int) -> None:
        self.base = base
        self.last_id = last_id
        self._base_last_id = last_id
        self._recent = FlatIndex(base.dim)
        self._recent_ids: set[int] = set()
        self._without = np.zeros(0, dtype=np.int64)

    @property
    def pending(self) -> int:
        """The number of changes that the base lacks."""
        return len(self._recent_ids) + len(self._without)

    def remove(self, image_ids: Iterable[int]) -> None:
        """Leave out vectors that were removed or replaced, from the next search on."""
        ids = set(image_ids)
        old = [image_id for image_id in ids if image_id <= self._base_last_id]
        self._without = np.union1d(self._without, np.array(old, dtype=np.int64))
        recent = ids & self._recent_ids
        if recent:
            self._recent.remove(np.array(sorted(recent), dtype=np.int64))
            self._recent_ids -= recent

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.floating]) -> None:
        """Add vectors (N, D), at least one, under ids that are new or were removed."""
        self._recent.add(ids, vectors.astype(np.float32))
        self._recent_ids |= set(ids.tolist())
        self.last_id = max(self.last_id, int(ids.max()))

    def search(
        self,
        query: NDArray[np.float32],
        k: int,
        stored: Callable[[Sequence[int]], NDArray[np.float32]],
        within: NDArray[np.int64] | None = None,
    ) -> TopK:
        """Return ids and inner products of the k nearest, best first, equal ones by id.

        Args:
            query: (D,) float32.
            k: how many to return.
            stored: returns the vectors (K, D) of ids. Candidates of an approximate base are scored
                with these, so that a score does not depend on the kind of index.
            within: (M,) the only ids to return; None for all.
        """
        if self.base.exact:
            ids, scores = self.base.search(query, k, self._without, within)
        else:
            ids, scores = self._rescored(query, k, stored, within)
        recent_ids, recent_scores = self._recent.search(query, k, within=within)
        ids, scores = np.append(ids, recent_ids), np.append(scores, recent_scores)
        best = np.lexsort((ids, -scores))[:k]
        return ids[best], scores[best]

    def _rescored(
        self,
        query: NDArray[np.float32],
        k: int,
        stored: Callable[[Sequence[int]], NDArray[np.float32]],
        within: NDArray[np.int64] | None,
    ) -> TopK:
        """Return the base's candidates with exact scores, at least k if it finds k, in no order."""
        slack, count = self.base.slack(query), k * OVERSAMPLING
        while True:
            ids, rough = self.base.search(query, count, self._without, within)
            best = (stored(ids[:k].tolist()) @ query).astype(np.float32)
            if len(ids) <= k:
                return ids, best
            # The k-th best scores at least `best.min()`: vectors that cannot reach it are not read.
            reach = rough[k:] + slack >= best.min()
            if not self.base.whole or len(ids) < count or not reach[-1]:
                doubtful = ids[k:][reach]
                more = (stored(doubtful.tolist()) @ query).astype(np.float32)
                return np.append(ids[:k], doubtful), np.append(best, more)
            count *= 2
