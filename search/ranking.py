"""Candidates with their scores, some of which the re-ranker has seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ranking"]


@dataclass(frozen=True)
class Ranking:
    """K candidates, in the order that the first stage found them: (K,) each.

    Attributes:
        image_ids: int64.
        scores: higher is nearer, among the re-ranked ones and among the others.
        probabilities: 0..1.
        reranked: whether score and probability are the re-ranker's.
    """

    image_ids: NDArray[np.int64]
    scores: NDArray[np.floating]
    probabilities: NDArray[np.floating]
    reranked: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.image_ids)

    @classmethod
    def first(
        cls,
        image_ids: NDArray[np.int64],
        scores: NDArray[np.floating],
        probabilities: NDArray[np.floating],
    ) -> Self:
        """Give what the first stage found."""
        return cls(image_ids, scores, probabilities, np.zeros(len(image_ids), np.bool_))

    def with_reranked(
        self, scores: NDArray[np.floating], probabilities: NDArray[np.floating]
    ) -> Self:
        """Put the re-ranker's scores and probabilities, (S,), in the place of the first S."""
        count = len(scores)
        return replace(
            self,
            scores=np.concatenate([scores, self.scores[count:]]),
            probabilities=np.concatenate([probabilities, self.probabilities[count:]]),
            reranked=np.arange(len(self)) < count,
        )

    def ordered(self) -> Self:
        """Give them nearest first, equal ones by id.

        Those that were not re-ranked come after all others. Their scores are moved below them, by
        the same number for all, since those of the first stage are not on the re-ranker's scale.
        """
        scores = self.scores
        if self.reranked.any() and not self.reranked.all():
            moved = scores[self.reranked].min() - scores[~self.reranked].max()
            scores = np.where(self.reranked, scores, scores + min(moved, 0))
        order = np.lexsort((self.image_ids, -scores, ~self.reranked))
        return replace(
            self,
            image_ids=self.image_ids[order],
            scores=scores[order],
            probabilities=self.probabilities[order],
            reranked=self.reranked[order],
        )
