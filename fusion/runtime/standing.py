"""Estimates how likely a hit is right, from how it stands out in the collection. No torch.

A ranking score compares photos for one query. Whether the best of them is right is another
question, which the score alone answers badly: some queries score high with every photo. So a hit is
compared with the query's own background: the hits behind it, the best hit, and a sample of the
whole collection, whose size also counts. Query performance prediction works similarly (Shtok et
al., TOIS 2012, from the spread of scores; Zhou and Croft, SIGIR 2007, from their distance to the
collection).

A sentence is true of one photo, which stands out. A word such as "dog" may be true of a quarter of
the collection, and then no hit stands out from the next ones. So short queries have a regression of
their own, with more facts: what the graphs of the re-ranker add to a hit's score and to those of
the first hits, and how the scores of the whole collection are distributed.

Both logistic regressions are fitted on held-out training photos in galleries of several sizes
(`fusion/training/fit_standing.py`): captions with their own photo, short queries with all photos
that they are true of, and captions whose photo is not in the gallery. With all products of facts, a
regression separated right from wrong no better on other photos, and its probabilities were less
accurate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FACTS",
    "SENTENCE_FACTS",
    "STAGES",
    "TERMS",
    "Standing",
    "brevity_of",
    "facts_of",
    "terms_of",
]

Array = NDArray[np.float32]

STAGES = ("full", "first")
"""The stages that are fitted: after re-ranking and before it."""
SENTENCE_FACTS, FACTS = 9, 14
"""Numbers of facts: of sentences, which use the first nine, and of short queries, which use all."""
TERMS = SENTENCE_FACTS + FACTS + 1
MOST_SKEWED = 10.0
"""Limit of the fact that says how skewed the distribution of scores is."""
BEHIND = 10
"""Number of hits behind a hit that it is compared with. All hits are also compared with the mean of
as many hits from this position on."""


class Standing(NamedTuple):
    """Both fitted regressions; their weights are all zero for a model without them."""

    mean: Array
    """(FACTS,)."""
    spread: Array
    """(FACTS,)."""
    weights: Array
    """(TERMS,)."""
    offset: float

    @classmethod
    def of(
        cls,
        mean: Sequence[float] | NDArray[np.floating],
        spread: Sequence[float] | NDArray[np.floating],
        weights: Sequence[float] | NDArray[np.floating],
        offset: float,
    ) -> Standing:
        """Return the regressions from their stored values.

        Raises:
            ValueError: these are of another number of facts, or not all of them are numbers.
        """
        try:
            given: tuple[Any, ...] = (mean, spread, weights, offset)
            parts = [np.array(part, np.float32) for part in given]
        except (TypeError, ValueError) as error:
            raise ValueError(f"the standing has parts that are not numbers: {error}") from error
        shapes, expected = [part.shape for part in parts], [(FACTS,), (FACTS,), (TERMS,), ()]
        if shapes != expected:
            raise ValueError(f"the standing has parts of the shapes {shapes}, expected {expected}")
        if not all(np.isfinite(part).all() for part in parts) or parts[1].min() <= 0:
            raise ValueError("the standing has a number that is not finite, or no spread")
        return cls(parts[0], parts[1], parts[2], float(offset))

    @classmethod
    def unfitted(cls) -> Standing:
        """Return what a model has whose regressions were not fitted."""
        return cls.of(np.zeros(FACTS), np.ones(FACTS), np.zeros(TERMS), 0.0)

    def as_lists(self) -> list[Any]:
        """Return what `of` takes, as JSON can hold it."""
        parts = (self.mean, self.spread, self.weights)
        return [*(part.tolist() for part in parts), self.offset]

    @property
    def fitted(self) -> bool:
        """Whether the regressions have been fitted."""
        return bool(np.any(self.weights))

    def __call__(
        self, scores: Array, first: Array, background: Array, photos: int, *, brevity: float
    ) -> Array:
        """Return the probability of each of K hits.

        Args:
            scores: (K,) scores of the hits, in any order; higher is nearer.
            first: (K,) first-stage scores of the same hits.
            background: (S,) first-stage scores of a sample of the collection, S at least 1.
            photos: the number of photos in the collection.
            brevity: the query's brevity, from `brevity_of`.

        Returns:
            (K,) in 0..1, in the order of `scores`; a lower score never has a higher probability.
        """
        if not len(scores):
            return np.zeros(0, np.float32)
        facts = facts_of(scores, first, background, photos, brevity=brevity)
        terms = terms_of((facts - self.mean) / self.spread, brevity > 0)
        logits = np.clip(terms @ self.weights + self.offset, -30, 30)
        likely = 1 / (1 + np.exp(-logits))
        order = np.argsort(-scores, kind="stable")
        probabilities = np.empty(len(scores), np.float32)
        probabilities[order] = np.minimum.accumulate(likely[order])
        return probabilities


def facts_of(
    scores: Array, first: Array, background: Array, photos: int, *, brevity: float
) -> Array:
    """Return the facts of each hit, (K, FACTS); arguments as for `Standing`."""
    order = np.argsort(-scores, kind="stable")
    sorted_scores = np.asarray(scores, np.float64)[order]
    count = len(sorted_scores)
    totals = np.concatenate([[0.0], np.cumsum(sorted_scores)])
    start = np.arange(1, count + 1)
    end = np.minimum(start + BEHIND, count)
    behind = (totals[end] - totals[start]) / np.maximum(end - start, 1)
    behind = np.where(end > start, behind, sorted_scores)
    tail = sorted_scores[BEHIND : 2 * BEHIND]
    reference = tail.mean() if len(tail) == BEHIND else sorted_scores[count // 2 :].mean()
    sorted_first = np.asarray(first, np.float64)[order]
    usual, deviation = float(background.mean()), float(background.std())
    added = sorted_scores - sorted_first
    low, median, high = quantiles(background, 0.1, 0.5, 0.9)
    skew = min((high - median) / max(median - low, 1e-6), MOST_SKEWED)
    columns = [
        sorted_scores,
        sorted_scores - behind,
        sorted_scores - reference,
        sorted_scores[0] - sorted_scores,
        (sorted_first - usual) / max(deviation, 1e-6),
        np.log(start),
        np.full(count, np.log(max(photos, 1))),
        np.full(count, brevity),
        np.full(count, sorted_scores[: 2 * BEHIND].std()),
        added,
        np.full(count, added[: 2 * BEHIND].mean()),
        np.full(count, skew),
        np.full(count, usual),
        np.full(count, deviation),
    ]
    facts = np.empty((count, FACTS), np.float32)
    facts[order] = np.stack(columns, axis=1)
    return facts


def quantiles(numbers: Array, *shares: float) -> list[float]:
    """Return quantiles of S numbers as `numpy.quantile` does, in a fifth of its time.

    >>> quantiles(np.array([4.0, 1.0, 2.0], np.float32), 0.25, 0.5)
    [1.5, 2.0]
    """
    found: list[float] = np.interp(
        np.array(shares) * (len(numbers) - 1), np.arange(len(numbers)), np.sort(numbers)
    ).tolist()
    return found


def brevity_of(short: bool, words: int) -> float:
    """Return a query's brevity: 1 for one word, 1/2 for two, 0 for a sentence.

    One word is true of more photos than three words are, so its hits are more often right.

    Args:
        short: whether the query is a name of things, not a sentence.
        words: how many of its words the model knows.

    >>> brevity_of(True, 2), brevity_of(False, 2)
    (0.5, 0.0)
    """
    return 1 / max(words, 1) if short else 0.0


def terms_of(facts: Array, short: NDArray[np.bool_] | bool) -> Array:
    """Return standardised facts (K, FACTS) as terms of both regressions, (K, TERMS).

    The terms of one regression are zero: `short`, (K,) or for all, says of which. The last term is
    the offset of short queries.
    """
    is_short = np.broadcast_to(short, len(facts)).astype(np.float32)[:, np.newaxis]
    terms: Array = np.concatenate(
        [facts[:, :SENTENCE_FACTS] * (1 - is_short), facts * is_short, is_short], axis=1
    )
    return terms
