"""From a request to hits: encode, first stage in FAISS, graph re-ranking, what the index knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack, cast

from search.candidates import allowed_ids, find_candidates, with_words
from search.duplicates import Group, fold
from search.explained import explain_hits
from search.mixing import Mixture, TermScores
from search.notes import notes_on
from search.protocol import PhotoModel, QueryModel
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
        return self._answer(SearchRequest.parse(query, k, literal=literal, **options), watch)

    def _answer(self, request: SearchRequest, watch: Stopwatch) -> SearchResult:
        # One state of the index throughout, whoever writes meanwhile.
        with self._index.snapshot():
            with watch.stage("encode"):
                mixture = self._terms.mixture(request)
            with watch.stage("filter"):
                within = allowed_ids(self._index, request)
            with watch.stage("first_stage"):
                ranking = find_candidates(self._index, self._model, mixture, request, within)
            if request.rerank and mixture.texts:
                with watch.stage("rerank"):
                    ranking = self._reranked(mixture, ranking, request, watch)
            ordered = ranking.ordered()
            if request.hybrid:
                with watch.stage("first_stage"):
                    ordered = with_words(self._index, ordered, request, within)
            with watch.stage("read"):
                hits = self._hits(ordered, request)
            if request.explain and hits:
                with watch.stage("explain"):
                    hits = explain_hits(hits, mixture, self._index, self._model)
        notes = notes_on(request, mixture, ranking, within)
        return SearchResult(tuple(hits), watch.took_ms(), notes, int(ranking.reranked.sum()))

    def _reranked(
        self, mixture: Mixture, ranking: Ranking, request: SearchRequest, watch: Stopwatch
    ) -> Ranking:
        """Both stages, as far as the budget goes."""
        seen: list[TermScores] = []
        for block in blocks_in_time(len(ranking), request.budget_ms, watch):
            image_ids = ranking.image_ids[block]
            vectors, packed = self._index.vectors(image_ids), self._index.nodes(image_ids)
            seen.append(mixture.reranked(self._model, vectors, packed))
        return ranking.with_reranked(*mixture.mixed(TermScores.together(seen))) if seen else ranking

    def _hits(self, ranking: Ranking, request: SearchRequest) -> list[Hit]:
        """The best k of an ordered ranking that are likely enough, with what is known of them."""
        groups = self._groups(ranking, request)[: request.k]
        likely = [g for g in groups if ranking.probabilities[g.shown] >= request.min_probability]
        places = [place for group in likely for place in (group.shown, *group.folded)]
        photos = {photo.image_id: photo for photo in self._index.photos(ranking.image_ids[places])}

        def hit(rank: int, place: int) -> Hit:
            photo = photos[int(ranking.image_ids[place])]
            return Hit(
                rank=rank,
                score=float(ranking.scores[place]),
                probability=float(ranking.probabilities[place]),
                path=Path(photo.path),
                image_id=photo.image_id,
                captions=tuple(photo.captions),
                categories=tuple(photo.categories),
                reranked=bool(ranking.reranked[place]),
            )

        return [
            replace(
                hit(rank, group.shown),
                duplicates=tuple(hit(rank, place) for place in group.folded),
            )
            for rank, group in enumerate(likely, start=1)
        ]

    def _groups(self, ranking: Ranking, request: SearchRequest) -> list[Group]:
        """Each hit alone, or with its near-duplicates behind it."""
        if not request.fold_duplicates:
            return [Group(place) for place in range(len(ranking))]
        unit_dim = self._index.model.unit_dim
        vectors = self._index.vectors(ranking.image_ids)[:, :unit_dim] if unit_dim else None
        return fold(self._index.looks(ranking.image_ids), vectors)
