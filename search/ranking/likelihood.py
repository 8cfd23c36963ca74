"""Probabilities of hits: each text of a query is compared with its background in the index."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from search.models.model_protocols import SearchModel
from search.ranking.mixing import EmbeddedTerm, Mixture, TermScores

if TYPE_CHECKING:
    from store.searched_index import SearchedIndex

__all__ = ["Likelihood"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Likelihood:
    """Computes the probabilities of one search's hits.

    Attributes:
        index: the index that is searched.
        model: the model that reads the query. Its `likely`, as in `fusion.retriever.Retriever`,
            computes probabilities; a model without it, or fitted before it existed, leaves them as
            they are.
        within: the only photos that may answer; None for all.
        passes_first: whether the first stage's probabilities are left as they are, since the
            re-ranker's take the place of all of them.
    """

    index: SearchedIndex
    model: SearchModel
    within: Sized | None
    passes_first: bool = False

    def judged(self, mixture: Mixture, term_scores: TermScores, *, reranked: bool) -> TermScores:
        """Return the terms' scores of K candidates with the probabilities to be shown.

        Args:
            mixture: the terms of the query.
            term_scores: scores of its terms, with probabilities for true against random pairs.
            reranked: whether the scores are the re-ranker's.
        """
        if self.passes_first and not reranked:
            return term_scores
        likely = getattr(self.model, "likely", None)
        terms = mixture.wanted
        if likely is None or not terms or not term_scores.wanted.shape[1]:
            return term_scores
        background = self.index.background()
        photos = background.photos if self.within is None else len(self.within)

        def probabilities(term: EmbeddedTerm, row: int) -> Array | None:
            if term.query is None:
                return None
            usual = background.vectors @ term.vector
            scores = term_scores.wanted[row], term_scores.first[row], usual, photos
            judged: Array | None = likely(term.query, *scores, reranked=reranked)
            return judged

        judged = [probabilities(term, row) for row, term in enumerate(terms)]
        rows = [
            term_scores.probabilities[row] if each is None else each
            for row, each in enumerate(judged)
        ]
        return replace(term_scores, probabilities=np.array(rows, np.float32))
