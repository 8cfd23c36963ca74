"""Which photos a search looks at, before anything re-ranks them, and what they are worth so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from search.query.request import SearchRequest
from search.ranking.candidate_rows import CandidateRows
from search.ranking.likelihood import Likelihood
from search.ranking.mixing import Mixture, TermScores
from search.ranking.rank_fusion import fused
from search.ranking.ranking import Ranking

if TYPE_CHECKING:
    from store.searched_index import Allowed, SearchedIndex

__all__ = ["allowed_photos", "find_candidates", "with_words"]


def allowed_photos(index: SearchedIndex, request: SearchRequest) -> Allowed | None:
    """Return the photos that may answer, by the request's filter; None for all.

    Raises:
        QueryError: the filter cannot be read.
    """
    if not request.where:
        return None
    from search.query.filters import (
        parse_filter,  # brings FAISS, for which `--help` should not wait
    )

    return index.matching(parse_filter(request.where))


def find_candidates(
    index: SearchedIndex,
    mixture: Mixture,
    request: SearchRequest,
    within: Allowed | None,
    likelihood: Likelihood,
    rows: CandidateRows,
) -> tuple[Ranking, NDArray[np.int64]]:
    """Return what the first stage finds, nearest first, and in a hybrid search what words find.

    Photos that the query itself names by their ids are left out of the ranking.

    Returns:
        The candidates, and the ids (W,) that words in captions and file names found, best first,
        which are among them; none where the search is not hybrid.
    """
    own = [term.image_id for term in request.positive if term.image_id is not None]
    count = request.first_stage_count
    nearest_ids, first_scores = index.search(mixture.vector, count + len(own), within)
    others = np.flatnonzero(~np.isin(nearest_ids, own))[:count]
    image_ids, scores = np.asarray(nearest_ids, np.int64)[others], np.asarray(first_scores)[others]
    by_words = np.zeros(0, np.int64)
    if request.hybrid:
        by_words = index.search_texts(_words(request), count, within)[0]
        image_ids = np.concatenate([image_ids, np.setdiff1d(by_words, [*image_ids, *own])])
    if mixture.is_one_text and not request.hybrid:
        terms = mixture.one_text(likelihood.model, scores)
        ranking = Ranking.first(image_ids, *mixture.mixed(_judged(likelihood, mixture, terms)))
        return ranking, by_words
    vectors = rows.vectors(image_ids)
    order = np.lexsort((image_ids, -(vectors @ mixture.vector)))
    terms = mixture.first_stage(likelihood.model, vectors[order])
    scores_and_likely = mixture.mixed(_judged(likelihood, mixture, terms))
    return Ranking.first(image_ids[order], *scores_and_likely), by_words


def _judged(likelihood: Likelihood, mixture: Mixture, terms: TermScores) -> TermScores:
    return likelihood.judged(mixture, terms, reranked=False)


def with_words(ranking: Ranking, by_words: NDArray[np.int64]) -> Ranking:
    """Return a ranking fused with that of words in captions and file names, by ranks alone."""
    if not len(ranking):
        return ranking
    image_ids, scores = fused([ranking.image_ids, by_words[np.isin(by_words, ranking.image_ids)]])
    places = {image_id: place for place, image_id in enumerate(ranking.image_ids.tolist())}
    order = np.array([places[image_id] for image_id in image_ids.tolist()])
    return Ranking(image_ids, scores, ranking.probabilities[order], ranking.reranked[order])


def _words(request: SearchRequest) -> str:
    return " ".join(term.text for term in request.positive if term.text is not None)
