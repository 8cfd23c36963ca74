"""How the scores of a query's terms are combined.

Wanted terms add up: each term's weight times its score. In the first stage that is one inner
product with the weighted sum of the terms' vectors; after re-ranking it is the sum of the graphs'
scores of each text alone, and of the cosines of photos. Both are on scales of the same width: over
the COCO sample, texts spread by 0.24 (standard deviation), re-ranked, and photos by 0.18.

Unwanted terms change the order of the candidates, which are the nearest to the wanted terms. Their
evidence is the re-ranked score of the text with a larger share of the word detector, which checks
whether a region shows the thing, or the cosine of the photo. The level of such a score for photos
without the thing differs from word to word, and so does its spread; so it is counted in standard
deviations above the mean of the candidates, at least `LACKING`, and one of them weighs `FIRMNESS`
times as much as one of the wanted terms. If nothing is wanted, the first stage takes the photos
that are farthest from the unwanted terms.

The probability is that of the wanted texts, the weighted mean of theirs, each as it stands out in
the collection (`search/ranking/likelihood.py`): unwanted terms have no part in it, and neither have
photos, since no probability that two photos match was fitted. A query of only photos has their
cosine in its place, and says so; a query of only unwanted terms has the probability that they are
absent.

So a hit may rank above another with a higher probability, because of unwanted terms, photos of the
query, or words of captions. The shown probabilities are therefore the nearest numbers that never
rise with the rank (`search.ranking.ranking.falling`): hits out of order share their mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from search.models.model_protocols import SearchModel
from search.query.term import Term

if TYPE_CHECKING:
    from fusion.runtime.embeddings import EmbeddedQueries

__all__ = ["EmbeddedTerm", "Mixture", "TermScores"]

Array = NDArray[np.float32]

DETECTOR = 0.3
"""How much of the word detector's mean log odds is added to a re-ranked score as evidence: about
the best of 0 to 0.4 for distinguishing photos with a thing from those without, on half of the COCO
sample's categories. The re-ranker itself adds 0.05 of it."""
FIRMNESS = 2.0
"""How much more a standard deviation of unwanted terms weighs than one of wanted terms."""
LACKING = -0.75
"""The least evidence that counts, in standard deviations from the candidates' mean: a photo that
shows even less of it gains nothing more, or "a bathroom without a toilet" would find railway
stations, where toilets are even less likely than in bathrooms. Both constants were chosen on half
of the pairs of `tests/integration/test_negation.py`: of nine settings that left equally few
unwanted photos, one that kept the most wanted ones."""


@dataclass(frozen=True)
class EmbeddedTerm:
    """An embedded term, which can be scored.

    Attributes:
        term: the term of the request.
        vector: (D,) float32, whose inner product with an indexed vector is the first-stage score:
            the model's for a text, the cosine for a photo.
        query: the embedded text for the model's re-ranker; None for a photo.
    """

    term: Term
    vector: NDArray[np.float32]
    query: EmbeddedQueries | None = None


@dataclass(frozen=True)
class TermScores:
    """The terms' scores of K candidates.

    Attributes:
        wanted: (P, K), higher is nearer.
        unwanted: (N, K), higher means more likely present.
        probabilities: (P, K) in 0..1 of wanted terms; of unwanted ones, (N, K), if P is 0.
        first: first-stage scores of the terms that have probabilities, (P, K) or (N, K).
    """

    wanted: Array
    unwanted: Array
    probabilities: Array
    first: Array

    @classmethod
    def together(cls, blocks: Sequence[Self]) -> Self:
        """Concatenate blocks of candidates."""
        parts = zip(
            *((b.wanted, b.unwanted, b.probabilities, b.first) for b in blocks), strict=True
        )
        return cls(*(np.concatenate(part, axis=1) for part in parts))


@dataclass(frozen=True)
class Mixture:
    """The terms of a query, combined as the module's docstring describes.

    Attributes:
        wanted: P terms.
        unwanted: N terms; there is at least one in all.
    """

    wanted: tuple[EmbeddedTerm, ...]
    unwanted: tuple[EmbeddedTerm, ...] = ()

    @property
    def texts(self) -> bool:
        """Whether there is a text for the re-ranker to read."""
        return any(each.query is not None for each in (*self.wanted, *self.unwanted))

    @property
    def is_one_text(self) -> bool:
        """Whether it is one plain text, whose scores are the model's own."""
        one = len(self.wanted) == 1 and not self.unwanted
        return one and self.wanted[0].query is not None and self.wanted[0].term.weight == 1

    @property
    def vector(self) -> Array:
        """The vector of the first stage: (D,)."""
        terms = self.wanted or self.unwanted
        summed: Array = sum(
            (np.float32(each.term.weight) * each.vector for each in terms),
            np.zeros_like(terms[0].vector),
        )
        return summed if self.wanted else -summed

    def first_stage(self, model: SearchModel, vectors: Array) -> TermScores:
        """Score candidates (K, D) by their vectors."""

        def probabilities(each: EmbeddedTerm) -> Array:
            scores = vectors @ each.vector
            return scores if each.query is None else model.probabilities(each.query, scores)

        return self._scores(
            [vectors @ each.vector for each in self.wanted],
            [vectors @ each.vector for each in self.unwanted],
            [probabilities(each) for each in self.wanted or self.unwanted],
            vectors,
        )

    def one_text(self, model: SearchModel, scores: NDArray[np.floating]) -> TermScores:
        """Return the result of `first_stage` for the only text, whose (K,) scores are known."""
        row = np.asarray(scores, np.float32)[None]
        likely = np.asarray(model.probabilities(self.wanted[0].query, row[0]), np.float32)[None]
        return TermScores(row, row[:0], likely, row)

    def reranked(self, model: SearchModel, vectors: Array, packed: NDArray[np.uint8]) -> TermScores:
        """Score candidates (K, D) by the graphs, which read their nodes `packed`."""
        seen = []
        for each in (*self.wanted, *self.unwanted):
            if each.query is None:
                cosines = vectors @ each.vector
                seen.append((cosines, cosines, cosines))
            else:
                judged = model.rerank(each.query, vectors, packed)
                evidence = judged.scores + DETECTOR * judged.detected
                seen.append((judged.scores, judged.probabilities, evidence))
        wanted, unwanted = seen[: len(self.wanted)], seen[len(self.wanted) :]
        return self._scores(
            [scores for scores, _, _ in wanted],
            [evidence for _, _, evidence in unwanted],
            [likely for _, likely, _ in wanted or unwanted],
            vectors,
        )

    def mixed(self, term_scores: TermScores) -> tuple[Array, Array]:
        """Return scores (K,) and probabilities (K,) of K candidates, which must be all of them."""
        scores = self.adding(term_scores) - self.taken(term_scores)
        if not self.wanted:
            likely = term_scores.probabilities.max(axis=0, initial=0)
            return scores, np.clip(1 - likely, 0, 1)
        counted = [
            each.term.weight if each.query is not None or not self._wants_texts else 0
            for each in self.wanted
        ]
        weights = np.array(counted, np.float32)
        return scores, np.clip(weights @ term_scores.probabilities / weights.sum(), 0, 1)

    def adding(self, scores: TermScores) -> Array:
        """Return what wanted terms add to the scores: (K,)."""
        weights = np.array([each.term.weight for each in self.wanted], np.float32)
        added: Array = weights @ scores.wanted
        return added

    def taken(self, scores: TermScores) -> Array:
        """Return what unwanted terms subtract: (K,)."""
        if not scores.unwanted.size:  # nothing is unwanted, or there are no candidates
            return np.zeros(scores.wanted.shape[1], np.float32)
        weights = np.array([FIRMNESS * each.term.weight for each in self.unwanted], np.float32)
        spread = self.adding(scores).std() if self.wanted else np.float32(1)
        shown = np.maximum(_standardised(scores.unwanted), LACKING)
        taken: Array = spread * (weights @ shown)
        return taken

    @property
    def _wants_texts(self) -> bool:
        return any(each.query is not None for each in self.wanted)

    def _scores(
        self,
        wanted: list[object],
        unwanted: list[object],
        probabilities: list[object],
        vectors: Array,
    ) -> TermScores:
        first = [vectors @ each.vector for each in self.wanted or self.unwanted]
        return TermScores(
            *(
                np.array(rows, np.float32).reshape(len(rows), len(vectors))
                for rows in (wanted, unwanted, probabilities, first)
            )
        )


def _standardised(scores: Array) -> Array:
    """Return rows (N, K) minus their means, in standard deviations; zeros if all are equal.

    >>> _standardised(np.array([[1.0, 3.0], [5.0, 5.0]])).tolist()
    [[-1.0, 1.0], [0.0, 0.0]]
    """
    if not scores.size:
        return scores
    above = scores - scores.mean(axis=1, keepdims=True)
    standardised: Array = above / np.maximum(scores.std(axis=1, keepdims=True), 1e-6)
    return standardised
