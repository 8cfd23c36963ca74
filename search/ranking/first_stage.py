"""Which photos a search looks at, before anything re-ranks them, and what they are worth so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from search.query.request import SearchRequest
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
) -> Ranking:
    """Return what the first stage finds, and in a hybrid search what words find, nearest first.

    Photos that the query itself names by their ids are left out.
    """
    own = [term.image_id for term in request.positive if term.image_id is not None]
    count = request.first_stage_count
    nearest_ids, first_scores = index.search(mixture.vector, count + len(own), within)
    others = np.flatnonzero(~np.isin(nearest_ids, own))[:count]
    image_ids, scores = np.asarray(nearest_ids, np.int64)[others], np.asarray(first_scores)[others]
    if request.hybrid:
        worded = index.search_texts(_words(request), count, within)[0]
        image_ids = np.concatenate([image_ids, np.setdiff1d(worded, [*image_ids, *own])])
    if mixture.is_one_text and not request.hybrid:
        terms = mixture.one_text(likelihood.model, scores)
        return Ranking.first(image_ids, *mixture.mixed(_judged(likelihood, mixture, terms)))
    vectors = index.vectors(image_ids)
    order = np.lexsort((image_ids, -(vectors @ mixture.vector)))
    terms = mixture.first_stage(likelihood.model, vectors[order])
    return Ranking.first(image_ids[order], *mixture.mixed(_judged(likelihood, mixture, terms)))


def _judged(likelihood: Likelihood, mixture: Mixture, terms: TermScores) -> TermScores:
    return likelihood.judged(mixture, terms, reranked=False)


def with_words(
    index: SearchedIndex, ranking: Ranking, request: SearchRequest, within: Allowed | None
) -> Ranking:
    """Return a ranking fused with that of words in captions and file names, by ranks alone."""
    if not len(ranking):
        return ranking
    worded = index.search_texts(_words(request), request.first_stage_count, within)[0]
    image_ids, scores = fused([ranking.image_ids, worded[np.isin(worded, ranking.image_ids)]])
    places = {image_id: place for place, image_id in enumerate(ranking.image_ids.tolist())}
    order = np.array([places[image_id] for image_id in image_ids.tolist()])
    return Ranking(image_ids, scores, ranking.probabilities[order], ranking.reranked[order])


def _words(request: SearchRequest) -> str:
    return " ".join(term.text for term in request.positive if term.text is not None)
