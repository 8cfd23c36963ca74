"""Requests made from what callers pass, and answered within one snapshot of the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from search.engine.query_reader import QueryReader
from search.models.model_protocols import SearchModel
from search.query.request import SearchOptions, SearchRequest
from search.query.term import Term
from search.ranking.answerer import Answerer
from search.ranking.stopwatch import Stopwatch
from search.ranking.term_reader import TermReader
from search.result import SearchResult

if TYPE_CHECKING:
    from store.searched_index import SearchedIndex

__all__ = ["DEFAULT_K", "RequestAnswerer", "request_of"]

DEFAULT_K = 10


class RequestAnswerer:
    """Answers requests; used by one thread at a time.

    Args:
        index: an open index.
        model: the model that made it.
    """

    def __init__(self, index: SearchedIndex, model: SearchModel) -> None:
        self._index = index
        self._model = model
        self._queries = QueryReader(index, model)

    def answer(self, request: SearchRequest, terms: TermReader, watch: Stopwatch) -> SearchResult:
        """Return the hits of a request; `watch` was started with the search."""

        def answer() -> SearchResult:
            with watch.stage("understand"):
                read, understood = self._queries.read(request)
            result = Answerer(self._index, self._model, terms).answer(read, watch)
            return replace(result, understood=understood)

        return self._index.answer_of_one_state(answer)

    def answer_all(
        self, requests: Sequence[SearchRequest], terms: TermReader
    ) -> list[SearchResult]:
        """Return the hits of each request; their texts are encoded together."""

        def answers() -> list[SearchResult]:
            read = [self._queries.read(request) for request in requests]
            reader = terms.having_read([each.request for each in read])
            answerer = Answerer(self._index, self._model, reader)
            results = answerer.answer_all([each.request for each in read])
            return [
                replace(result, understood=each.understood)
                for result, each in zip(results, read, strict=True)
            ]

        return self._index.answer_of_one_state(answers)


def request_of(
    query: str | Path | SearchRequest, k: int, literal: bool, options: SearchOptions
) -> SearchRequest:
    """Return the request for the arguments of `SearchIndex.search`; raises as that does."""
    if isinstance(query, SearchRequest):
        if options or literal or k != DEFAULT_K:
            raise TypeError("a SearchRequest holds k and the options itself: leave them out")
        return query
    if isinstance(query, Path):
        return SearchRequest((Term(image=query),), k=k, **options)
    if not isinstance(query, str):
        raise TypeError(
            f"expected a text, a Path or a SearchRequest to search for, found {query!r:.80}, "
            f"a {type(query).__name__}"
        )
    if literal or not query.strip():
        return SearchRequest.parse(query, k, literal=literal, **options)
    return SearchRequest(text=query, k=k, **options)
