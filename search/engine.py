"""From a request to hits: encode, first stage in FAISS, graph re-ranking, what the index knows."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack, cast

import numpy as np

from search.explained import explain_hits
from search.mixing import Mixture, TermScores
from search.protocol import PhotoModel, QueryModel
from search.query import parse_query
from search.ranking import Ranking
from search.request import SearchOptions, SearchRequest, Term
from search.result import Hit, SearchResult
from search.terms import TermReader
from search.timing import Stopwatch, blocks_in_time

if TYPE_CHECKING:
    from store import Index

__all__ = ["SearchIndex"]

DEFAULT_K = 10


class SearchIndex:
    """An open index with the model that made it; a context manager.

    >>> with open_index("photos.index") as index:  # doctest: +SKIP
    ...     for hit in index.search("a dog on a red sofa", k=5):
    ...         print(f"{hit.probability:.2f}", hit.path)

    Args:
        index: open; closed with this.
        model: made it.
        photo_model: reads photos that are asked with; None if `model` does.
    """

    def __init__(
        self, index: Index, model: QueryModel, photo_model: PhotoModel | None = None
    ) -> None:
        self._index = index
        self._model = model
        self._terms = TermReader(index, model, photo_model or cast(PhotoModel, model))

    def __len__(self) -> int:
        return len(self._index)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index's files. Closing twice is harmless."""
        self._index.close()

    def search(
        self,
        query: str | Path | SearchRequest,
        k: int = DEFAULT_K,
        *,
        literal: bool = False,
        **options: Unpack[SearchOptions],
    ) -> SearchResult:
        """Give the photos that answer a query best.

        Args:
            query: a text as `search.query` reads it, which never names a file; a photo's file; or a
                request, which holds all else itself.
            k: how many hits are wanted, at least 1; fewer come back from a smaller collection.
            literal: whether a text is taken as it stands, whatever it denies or quotes.
            **options: fields of `SearchRequest`, which describes them.

        Returns:
            At most k hits, nearest first; equal scores in the order of `image_id`.

        Raises:
            QueryError: the query is empty, cannot be read, or is refused by `SearchRequest`.
        """
        watch = Stopwatch()
        if isinstance(query, SearchRequest):
            if options or literal or k != DEFAULT_K:
                raise TypeError("a SearchRequest holds k and the options itself: leave them out")
            return self._answer(query, watch)
        if isinstance(query, Path):
            return self._answer(SearchRequest((Term(image=query),), k=k, **options), watch)
        positive, negative = parse_query(query, literal=literal)
        return self._answer(SearchRequest(positive, negative, k=k, **options), watch)

    def _answer(self, request: SearchRequest, watch: Stopwatch) -> SearchResult:
        # One state of the index throughout, whoever writes meanwhile.
        with self._index.snapshot():
            with watch.stage("encode"):
                mixture = Mixture(
                    tuple(self._terms.wanted(term) for term in request.positive),
                    tuple(self._terms.unwanted(term) for term in request.negative),
                )
            with watch.stage("first_stage"):
                ranking = self._found(mixture, request)
            if request.rerank and mixture.texts:
                with watch.stage("rerank"):
                    ranking = self._reranked(mixture, ranking, request, watch)
            best = ranking.best(request.k, request.min_probability)
            with watch.stage("read"):
                hits = self._hits(best)
            if request.explain and hits:
                with watch.stage("explain"):
                    hits = explain_hits(hits, mixture, self._index, self._model)
        notes = self._notes(request, mixture, ranking)
        return SearchResult(tuple(hits), watch.took_ms(), notes, int(ranking.reranked.sum()))

    def _found(self, mixture: Mixture, request: SearchRequest) -> Ranking:
        """The first stage's candidates, without photos that the query itself names by their ids."""
        own = [term.image_id for term in request.positive if term.image_id is not None]
        found, first_scores = self._index.search(
            mixture.vector, request.first_stage_count + len(own)
        )
        image_ids, scores = np.asarray(found, np.int64), np.asarray(first_scores)
        others = np.flatnonzero(~np.isin(image_ids, own))[: request.first_stage_count]
        image_ids, scores = image_ids[others], scores[others]
        if mixture.is_one_text:
            query = mixture.wanted[0].query
            return Ranking.first(image_ids, scores, self._model.probabilities(query, scores))
        terms = mixture.first_stage(self._model, self._index.vectors(image_ids))
        return Ranking.first(image_ids, *mixture.mixed(terms))

    def _reranked(
        self, mixture: Mixture, ranking: Ranking, request: SearchRequest, watch: Stopwatch
    ) -> Ranking:
        """Both stages, as far as the budget goes."""
        seen: list[TermScores] = []
        for block in blocks_in_time(len(ranking), request.budget_ms, watch):
            image_ids = ranking.image_ids[block]
            vectors, nodes = self._index.vectors(image_ids), self._index.nodes(image_ids)
            seen.append(mixture.reranked(self._model, vectors, nodes))
        return ranking.with_reranked(*mixture.mixed(TermScores.together(seen))) if seen else ranking

    def _hits(self, ranking: Ranking) -> list[Hit]:
        wanted = ranking.image_ids.tolist()
        photos = {photo.image_id: photo for photo in self._index.photos(wanted)}
        return [
            Hit(
                rank=place + 1,
                score=float(ranking.scores[place]),
                probability=float(ranking.probabilities[place]),
                path=Path(photos[image_id].path),
                image_id=image_id,
                captions=tuple(photos[image_id].captions),
                categories=tuple(photos[image_id].categories),
                reranked=bool(ranking.reranked[place]),
            )
            for place, image_id in enumerate(wanted)
        ]

    def _notes(self, request: SearchRequest, mixture: Mixture, ranking: Ranking) -> tuple[str, ...]:
        notes = []
        seen = int(ranking.reranked.sum())
        if request.budget_ms is not None and seen and seen < len(ranking):
            notes.append(
                f"the budget of {request.budget_ms:g} ms was spent after {seen} of {len(ranking)} "
                "candidates"
            )
        if mixture.wanted and not any(each.query is not None for each in mixture.wanted):
            notes.append("no text was asked for: in place of probabilities stand cosines of photos")
        return tuple(notes)
