"""The first stage of a search: which photos are candidates, and their scores so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from search.query.request import SearchRequest
from search.ranking.candidate_rows import CandidateRows
from search.ranking.likelihood import Likelihood
from search.ranking.mixing import Mixture, TermScores
from search.ranking.ranking import Ranking
from search.ranking.written_words import NOTHING_WRITTEN, WrittenWords

if TYPE_CHECKING:
    from store.searched_index import Allowed, SearchedIndex

__all__ = ["allowed_photos", "find_candidates"]

LEAST_WORDED = 10
"""Photos found by words that become candidates, whatever they show; a search for more hits takes as
many as its hits."""


def allowed_photos(index: SearchedIndex, request: SearchRequest) -> Allowed | None:
    """Return the photos that pass the request's filter; None for all.

    Raises:
        QueryError: the filter cannot be read.
    """
    if not request.where:
        return None
    from search.query.filters import (
        parse_filter,  # imports FAISS, for which `--help` should not wait
    )

    return index.matching(parse_filter(request.where))


def find_candidates(
    index: SearchedIndex,
    mixture: Mixture,
    request: SearchRequest,
    within: Allowed | None,
    likelihood: Likelihood,
    rows: CandidateRows,
    written: WrittenWords = NOTHING_WRITTEN,
) -> Ranking:
    """Return what the first stage finds, including the k photos that match the query's words best.

    The latter come first, so that they are re-ranked even if time is short; all others follow by
    their scores. Photos that the query itself names by id are left out. In a hybrid search all
    photos found by words are candidates, since each has a rank there.
    """
    own = [term.image_id for term in request.positive if term.image_id is not None]
    count = request.first_stage_count
    nearest_ids, first_scores = index.search(mixture.vector, count + len(own), within)
    others = np.flatnonzero(~_are_among(np.asarray(nearest_ids), own))[:count]
    image_ids, scores = np.asarray(nearest_ids, np.int64)[others], np.asarray(first_scores)[others]
    most = None if request.hybrid else max(request.k, LEAST_WORDED)
    worded = np.array(written.image_ids[:most], np.int64)
    worded = worded[~_are_among(worded, own)]
    if mixture.is_one_text and not len(worded):
        terms = mixture.one_text(likelihood.model, scores)
        return Ranking.first(image_ids, *mixture.mixed(_judged(likelihood, mixture, terms)))
    found = image_ids.tolist()
    image_ids = np.concatenate([image_ids, worded[~_are_among(worded, found)]])
    vectors = rows.vectors(image_ids)
    is_worded = _are_among(image_ids, worded.tolist())
    order = np.lexsort((image_ids, -(vectors @ mixture.vector), ~is_worded))
    terms = mixture.first_stage(likelihood.model, vectors[order])
    return Ranking.first(image_ids[order], *mixture.mixed(_judged(likelihood, mixture, terms)))


def _are_among(image_ids: NDArray[np.int64], others: Iterable[int]) -> NDArray[np.bool_]:
    """Return which of some ids (K,) are among others; quicker than `np.isin` for these few."""
    known = set(others)
    return np.array([image_id in known for image_id in image_ids.tolist()], np.bool_)


def _judged(likelihood: Likelihood, mixture: Mixture, terms: TermScores) -> TermScores:
    return likelihood.judged(mixture, terms, reranked=False)
