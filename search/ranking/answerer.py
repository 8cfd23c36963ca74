"""From a request to hits: encode, first stage in FAISS, graph re-ranking, what the index knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from search.models.model_protocols import SearchModel
from search.query.request import SearchRequest
from search.ranking.candidate_rows import CandidateRows
from search.ranking.damage import check_known, damage_told
from search.ranking.explain_hits import explain_hits
from search.ranking.first_stage import allowed_photos, find_candidates, with_words
from search.ranking.likelihood import Likelihood
from search.ranking.mixing import Mixture, TermScores
from search.ranking.near_duplicates import Group, first_of_each, fold
from search.ranking.notes import notes_on
from search.ranking.ranking import Ranking
from search.ranking.stopwatch import Stopwatch, blocks_in_time
from search.ranking.term_reader import TermReader
from search.ranking.unknown_words import unknown_words
from search.result import UNREAD, Hit, SearchResult

if TYPE_CHECKING:
    from store.searched_index import SearchedIndex

__all__ = ["Answerer"]


@dataclass(frozen=True)
class Answerer:
    """Answers one request after the other.

    Attributes:
        index: open; nobody else uses it meanwhile.
        model: made it.
        terms: reads what is asked.
    """

    index: SearchedIndex
    model: SearchModel
    terms: TermReader

    def answer_all(self, requests: Sequence[SearchRequest]) -> list[SearchResult]:
        """Return the hits of requests, all of one state of the index."""
        return self.index.answer_of_one_state(
            lambda: [self._answer(request, Stopwatch()) for request in requests]
        )

    def answer(self, request: SearchRequest, watch: Stopwatch) -> SearchResult:
        """Return the hits of a request.

        Args:
            request: what is asked.
            watch: started when the search was.
        """
        return self.index.answer_of_one_state(lambda: self._answer(request, watch))

    def _answer(self, request: SearchRequest, watch: Stopwatch) -> SearchResult:
        with damage_told(self.index.place):
            with watch.stage("encode"):
                mixture = self.terms.mixture(request)
            with watch.stage("filter"):
                within = allowed_photos(self.index, request)
            rows = CandidateRows(self.index)
            with watch.stage("first_stage"):
                likelihood = Likelihood(self.index, self.model, within)
                ranking, by_words = find_candidates(
                    self.index, mixture, request, within, likelihood, rows
                )
            if request.rerank and mixture.texts:
                with watch.stage("rerank"):
                    ranking = self._reranked(mixture, ranking, request, watch, likelihood, rows)
            ordered = ranking.ordered()
            if request.hybrid:
                with watch.stage("first_stage"):
                    ordered = with_words(ordered, by_words)
            unknown = unknown_words(request, self.model)
            ordered = ordered.with_falling_probabilities(UNREAD if unknown.texts else 1)
            with watch.stage("read"):
                hits = self._hits(ordered, request, rows)
            if request.explain and hits:
                with watch.stage("explain"):
                    hits = explain_hits(hits, mixture, rows, self.model)
            missing = self.index.missing
        notes = notes_on(request, mixture, ranking, within, missing, hits=hits, unknown=unknown,
                         model=self.model)  # fmt: skip
        reranked = int(ranking.reranked.sum())
        return SearchResult(tuple(hits), watch.took_ms(), notes, reranked, missing)

    def _reranked(
        self, mixture: Mixture, ranking: Ranking, request: SearchRequest, watch: Stopwatch,
        likelihood: Likelihood, rows: CandidateRows,
    ) -> Ranking:  # fmt: skip
        """Both stages, as far as the budget goes."""
        seen: list[TermScores] = []
        for block in blocks_in_time(len(ranking), request.budget_ms, watch):
            image_ids = ranking.image_ids[block]
            vectors, packed = rows.vectors(image_ids), rows.nodes(image_ids)
            seen.append(mixture.reranked(self.model, vectors, packed))
        if not seen:
            return ranking
        scores = likelihood.judged(mixture, TermScores.together(seen), reranked=True)
        return ranking.with_reranked(*mixture.mixed(scores))

    def _hits(self, ranking: Ranking, request: SearchRequest, rows: CandidateRows) -> list[Hit]:
        """The best k of an ordered ranking that are likely enough, with what is known of them."""
        groups = self._without_repeats(self._groups(ranking, request, rows), ranking, request.k)
        likely = [g for g in groups if ranking.probabilities[g.shown] >= request.min_probability]
        places = [place for group in likely for place in (group.shown, *group.folded)]
        photos = {photo.image_id: photo for photo in self.index.photos(ranking.image_ids[places])}
        check_known(ranking.image_ids[places].tolist(), photos, self.index.place)

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
                details=photo.details,
            )

        return [
            replace(
                hit(rank, group.shown),
                duplicates=tuple(hit(rank, place) for place in group.folded),
            )
            for rank, group in enumerate(likely, start=1)
        ]

    def _without_repeats(self, groups: list[Group], ranking: Ranking, k: int) -> list[Group]:
        """The best k; a photo that lies in several indexes is the first one's."""
        from store.federation.ids import STRIDE  # with which comes all that reads indexes

        indexes = int(ranking.image_ids.max()) // STRIDE + 1 if len(ranking) else 1
        if indexes == 1:
            return groups[:k]
        near = groups[: indexes * k]
        places = [place for group in near for place in (group.shown, *group.folded)]
        paths = {p.image_id: p.path for p in self.index.photos(ranking.image_ids[places])}
        names = {place: paths[int(ranking.image_ids[place])] for place in places}
        return first_of_each(near, names)[:k]

    def _groups(self, ranking: Ranking, request: SearchRequest, rows: CandidateRows) -> list[Group]:
        """Each hit alone, or with its near-duplicates behind it."""
        if not request.fold_duplicates:
            return [Group(place) for place in range(len(ranking))]
        unit_dim = self.index.model.unit_dim
        vectors = rows.vectors(ranking.image_ids)[:, :unit_dim] if unit_dim else None
        return fold(self.index.perceptual_hashes(ranking.image_ids), vectors)
