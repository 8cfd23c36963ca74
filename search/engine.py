"""From a request to hits: encode, first stage in FAISS, graph re-ranking, what the index knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

import numpy as np
from numpy.typing import NDArray

from search.explain import from_model
from search.protocol import PhotoModel, QueryModel
from search.ranking import Ranking
from search.request import SearchOptions, SearchRequest, Term
from search.result import Hit, SearchResult
from search.timing import Stopwatch, blocks_in_time

if TYPE_CHECKING:
    from store import Index

__all__ = ["SearchIndex"]


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
        self._photo_model = photo_model

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
        self, query: str | SearchRequest, k: int = 10, **options: Unpack[SearchOptions]
    ) -> SearchResult:
        """Give the photos that answer a query best.

        Args:
            query: any text, or a request, which holds all else itself.
            k: how many hits are wanted, at least 1; fewer come back from a smaller collection.
            **options: fields of `SearchRequest`, which describes them.

        Returns:
            At most k hits, nearest first; equal scores in the order of `image_id`.

        Raises:
            QueryError: the query is empty or what `SearchRequest` says of it.
        """
        watch = Stopwatch()
        if isinstance(query, str):
            return self._answer(SearchRequest((Term(query),), k=k, **options), watch)
        if options or k != 10:
            raise TypeError("a SearchRequest holds k and the options itself: leave them out")
        return self._answer(query, watch)

    def _answer(self, request: SearchRequest, watch: Stopwatch) -> SearchResult:
        with watch.stage("encode"):
            embedded = self._model.embed_queries([str(request.positive[0].text)])
        # One state of the index throughout, whoever writes meanwhile.
        with self._index.snapshot():
            with watch.stage("first_stage"):
                ranking = self._found(embedded, request.first_stage_count)
            if request.rerank:
                with watch.stage("rerank"):
                    ranking = self._reranked(embedded, ranking, request, watch)
            best = ranking.best(request.k, request.min_probability)
            with watch.stage("read"):
                hits = self._hits(best)
            if request.explain and hits:
                with watch.stage("explain"):
                    hits = self._explained(hits, embedded)
        notes = ranking.notes(request) if request.rerank else ()
        return SearchResult(tuple(hits), watch.took_ms(), notes, int(ranking.reranked.sum()))

    def _found(self, embedded: Any, k: int) -> Ranking:  # noqa: ANN401
        """The first stage's candidates."""
        found, first_scores = self._index.search(embedded.vectors[0], k)
        scores = np.asarray(first_scores)
        probabilities = np.asarray(self._model.probabilities(embedded, scores))
        return Ranking.first(np.asarray(found, np.int64), scores, probabilities)

    def _reranked(
        self,
        embedded: Any,  # noqa: ANN401
        ranking: Ranking,
        request: SearchRequest,
        watch: Stopwatch,
    ) -> Ranking:
        """Both stages, as far as the budget goes."""
        for block in blocks_in_time(len(ranking), request.budget_ms, watch):
            image_ids = ranking.image_ids[block]
            vectors, nodes = self._index.vectors(image_ids), self._index.nodes(image_ids)
            judged = self._model.rerank(embedded, vectors, nodes)
            ranking = ranking.with_block(block, judged.scores, judged.probabilities)
        return ranking

    def _explained(self, hits: Sequence[Hit], embedded: Any) -> list[Hit]:  # noqa: ANN401
        image_ids = [hit.image_id for hit in hits if hit.reranked]
        vectors, nodes = self._index.vectors(image_ids), self._index.nodes(image_ids)
        said = iter(self._model.explain(embedded, vectors, nodes))
        return [
            replace(hit, explanation=from_model(next(said))) if hit.reranked else hit
            for hit in hits
        ]

    def _hits(self, ranking: Ranking) -> list[Hit]:
        wanted: NDArray[np.int64] = ranking.image_ids
        photos = {photo.image_id: photo for photo in self._index.photos(wanted)}
        return [
            Hit(
                rank=rank,
                score=float(score),
                probability=float(probability),
                path=Path(photos[image_id].path),
                image_id=image_id,
                captions=tuple(photos[image_id].captions),
                categories=tuple(photos[image_id].categories),
                reranked=bool(reranked),
            )
            for rank, (image_id, score, probability, reranked) in enumerate(
                zip(
                    wanted.tolist(),
                    ranking.scores,
                    ranking.probabilities,
                    ranking.reranked,
                    strict=True,
                ),
                start=1,
            )
        ]
