"""Candidates with their scores, some of them re-ranked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from search.ranking.written_words import Coverage

__all__ = ["Ranking", "falling"]

LEAST_SPREAD = 0.01
"""The smallest standard deviation assumed for scores, so that words separate equal ones."""


@dataclass(frozen=True)
class Ranking:
    """K candidates, in the order that the first stage found them: (K,) each.

    Attributes:
        image_ids: int64.
        scores: higher is nearer, among the re-ranked ones and among the others.
        probabilities: 0..1.
        reranked: whether score and probability are the re-ranker's.
        worded: the part of the score from words written about the photo; None without any.
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
        """Return the ranking of the first stage."""
        return cls(image_ids, scores, probabilities, np.zeros(len(image_ids), np.bool_))

    def with_reranked(
        self, scores: NDArray[np.floating], probabilities: NDArray[np.floating]
    ) -> Self:
        """Replace the first S scores and probabilities by the re-ranker's, (S,)."""
        count = len(scores)
        return replace(
            self,
            scores=np.concatenate([scores, self.scores[count:]]),
            probabilities=np.concatenate([probabilities, self.probabilities[count:]]),
            reranked=np.arange(len(self)) < count,
        )

    def ordered(self) -> Self:
        """Return them nearest first, equal ones by id.

        Those that were not re-ranked come after all others. Their scores are shifted below the
        others by the same number, since the first stage's are not on the re-ranker's scale; and
        none of their probabilities exceeds the lowest of the others.
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
        """Return the part of each score that comes from written words, by image id."""
        if self.worded is None:
            return {}
        return dict(zip(self.image_ids.tolist(), self.worded.tolist(), strict=True))

    def at_most(self, most: float) -> Self:
        """Return the ranking with probabilities limited to a maximum."""
        return replace(self, probabilities=np.minimum(self.probabilities, most))

    def with_words(self, coverage: Coverage) -> Self:
        """Return the ranking with words written about the candidates counted too.

        The scores of each stage have their own scale, and move by their own spread.
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
            image_ids: (K,) all ids, best first.
            scores: (K,) the scores, no part of which comes from words.
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
        """Return it with the probabilities to be shown, which never rise with the rank."""
        return replace(self, probabilities=falling(self.probabilities))


def _spread(scores: NDArray[np.floating]) -> float:
    return max(float(np.std(scores)), LEAST_SPREAD) if len(scores) else LEAST_SPREAD


def falling(numbers: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the numbers nearest to the given ones, (K,), that never rise.

    Rising neighbours get their mean, which is compared with what comes before it (pool adjacent
    violators; Ayer et al. 1955, An Empirical Distribution Function for Sampling with Incomplete
    Information). So a probability is calibrated over the hits that share it, which it would not be
    if each took the minimum so far.

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
