"""Candidates with their scores, some of which the re-ranker has seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from search.ranking.written_words import Coverage

__all__ = ["Ranking", "falling"]

LEAST_SPREAD = 0.01
"""The least standard deviation of scores, so that equal ones are told apart by words."""


@dataclass(frozen=True)
class Ranking:
    """K candidates, in the order that the first stage found them: (K,) each.

    Attributes:
        image_ids: int64.
        scores: higher is nearer, among the re-ranked ones and among the others.
        probabilities: 0..1.
        reranked: whether score and probability are the re-ranker's.
        worded: what of the score comes of words that are written of the photo; None of none.
    """

    image_ids: NDArray[np.int64]
    scores: NDArray[np.floating]
    probabilities: NDArray[np.floating]
    reranked: NDArray[np.bool_]
    worded: NDArray[np.floating] | None = None

    def __len__(self) -> int:
        return len(self.image_ids)

    @classmethod
    def first(
        cls,
        image_ids: NDArray[np.int64],
        scores: NDArray[np.floating],
        probabilities: NDArray[np.floating],
    ) -> Self:
        """Return what the first stage found."""
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
        """Return them nearest first, equal ones by id.

        Those that were not re-ranked come after all others. Their scores are moved below them, by
        the same number for all, since those of the first stage are not on the re-ranker's scale;
        and no probability of theirs is above the lowest of the others.
        """
        scores, probabilities = self.scores, self.probabilities
        if self.reranked.any() and not self.reranked.all():
            moved = scores[self.reranked].min() - scores[~self.reranked].max()
            scores = np.where(self.reranked, scores, scores + min(moved, 0))
            most = probabilities[self.reranked].min()
            probabilities = np.where(self.reranked, probabilities, np.minimum(probabilities, most))
        order = np.lexsort((self.image_ids, -scores, ~self.reranked))
        return replace(
            self,
            image_ids=self.image_ids[order],
            scores=scores[order],
            probabilities=probabilities[order],
            reranked=self.reranked[order],
            worded=None if self.worded is None else self.worded[order],
        )

    @property
    def by_words(self) -> dict[int, float]:
        """What of the scores comes of words that are written, by image id."""
        if self.worded is None:
            return {}
        return dict(zip(self.image_ids.tolist(), self.worded.tolist(), strict=True))

    def at_most(self, most: float) -> Self:
        """Return the ranking without a probability above one."""
        return replace(self, probabilities=np.minimum(self.probabilities, most))

    def with_words(self, coverage: Coverage) -> Self:
        """Return the ranking with what is written of the candidates counted too.

        The scores of both stages are on scales of their own, and move by their own spreads.
        """
        spreads = (_spread(self.scores[stage]) for stage in (self.reranked, ~self.reranked))
        added = np.where(self.reranked, *spreads) * coverage.deviations
        return replace(
            self,
            scores=self.scores + added,
            probabilities=coverage.probabilities(self.probabilities),
            worded=added,
        )

    def by_ranks(self, image_ids: NDArray[np.int64], scores: NDArray[np.floating]) -> Self:
        """Return the same candidates in another order, with other scores; probabilities stay.

        Args:
            image_ids: (K,) all of theirs, best first.
            scores: (K,) of each; no part of them comes of words.
        """
        places = {image_id: place for place, image_id in enumerate(self.image_ids.tolist())}
        order = np.array([places[image_id] for image_id in image_ids.tolist()], np.int64)
        return replace(
            self,
            image_ids=image_ids,
            scores=scores,
            probabilities=self.probabilities[order],
            reranked=self.reranked[order],
            worded=None,
        )

    def with_falling_probabilities(self) -> Self:
        """Return it with probabilities as people see them: they never rise with the rank."""
        return replace(self, probabilities=falling(self.probabilities))


def _spread(scores: NDArray[np.floating]) -> float:
    return max(float(np.std(scores)), LEAST_SPREAD) if len(scores) else LEAST_SPREAD


def falling(numbers: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the numbers nearest to some, (K,), of which none is above the one before it.

    Neighbours that rise are given their mean, and that is compared with what stands before it
    (pool adjacent violators; Ayer et al. 1955, An Empirical Distribution Function for Sampling with
    Incomplete Information). So what a probability promises holds over the hits that share it, which
    it would not if each took the least so far.

    >>> falling(np.array([0.9, 0.25, 0.75, 0.0])).tolist()
    [0.9, 0.5, 0.5, 0.0]
    """
    means: list[float] = []
    counts: list[int] = []
    for number in numbers.tolist():
        mean, count = number, 1
        while means and means[-1] < mean:
            mean = (mean * count + means[-1] * counts[-1]) / (count + counts[-1])
            means.pop()
            count += counts.pop()
        means.append(mean)
        counts.append(count)
    return np.repeat(np.array(means, np.float64), counts)
