"""From a request to hits: encoding, first stage in FAISS, graph re-ranking, facts of the index."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING

from search.models.model_protocols import SearchModel
from search.query.request import SearchRequest
from search.ranking.candidate_rows import CandidateRows
from search.ranking.damage import damage_told
from search.ranking.explain_hits import explain_hits
from search.ranking.first_stage import allowed_photos, find_candidates
from search.ranking.likelihood import Likelihood
from search.ranking.listing import list_photos, sorted_hits
from search.ranking.make_hits import make_hits
from search.ranking.mixing import Mixture, TermScores
from search.ranking.notes import notes_on
from search.ranking.rank_fusion import fused
from search.ranking.ranking import Ranking
from search.ranking.stopwatch import Stopwatch, blocks_in_time
from search.ranking.term_reader import TermReader
from search.ranking.unknown_words import unknown_words
from search.ranking.written_words import WrittenWords, find_written
from search.result import UNREAD, SearchResult

if TYPE_CHECKING:
    from store.searched_index import SearchedIndex

__all__ = ["Answerer"]


@dataclass(frozen=True)
class Answerer:
    """Answers requests, one after the other.

    Attributes:
        index: an open index, used by nothing else meanwhile.
        model: the model that made it.
        terms: reads the terms of requests.
    """

    index: SearchedIndex
    model: SearchModel
    terms: TermReader

    def answer_all(self, requests: Sequence[SearchRequest]) -> list[SearchResult]:
        """Return the hits of requests, all from one snapshot of the index."""
        return self.index.answer_of_one_state(
            lambda: [self._answer(request, Stopwatch()) for request in requests]
        )

    def answer(self, request: SearchRequest, watch: Stopwatch) -> SearchResult:
        """Return the hits of a request.

        Args:
            request: the request, whose text was already read (`search.engine.query_reader`).
            watch: started with the search.
        """
        return self.index.answer_of_one_state(lambda: self._answer(request, watch))

    def _answer(self, request: SearchRequest, watch: Stopwatch) -> SearchResult:
        with damage_told(self.index.place):
            if request.lists:
                return self._listed(request, watch)
            with watch.stage("encode"):
                mixture = self.terms.mixture(request)
            with watch.stage("filter"):
                within = allowed_photos(self.index, request)
            rows, reranks = CandidateRows(self.index), request.rerank and mixture.texts
            with watch.stage("first_stage"):
                all_reranked = reranks and request.budget_ms is None
                likelihood = Likelihood(self.index, self.model, within, all_reranked)
                written = find_written(self.index, request, within)
                ranking = find_candidates(
                    self.index, mixture, request, within, likelihood, rows, written
                )
            if reranks:
                with watch.stage("rerank"):
                    ranking = self._reranked(mixture, ranking, request, watch, likelihood, rows)
            unknown = unknown_words(request, self.model)
            if unknown.texts:
                ranking = ranking.at_most(UNREAD)
            with watch.stage("words"):
                ordered = self._with_words(
                    ranking, request, written, rows
                ).with_falling_probabilities()
            with watch.stage("read"):
                hits = make_hits(self.index, ordered, request, rows)
            if request.explain and hits:
                with watch.stage("explain"):
                    hits = explain_hits(hits, mixture, rows, self.model, ordered.by_words)
            missing = self.index.missing
            notes = notes_on(
                request, mixture, ranking, self._hint(request, within), missing, hits=hits,
                unknown=unknown, model=self.model,
            )  # fmt: skip
        if request.sort != "score" or request.reverse:
            hits = sorted_hits(hits, request)
        reranked = int(ranking.reranked.sum())
        return SearchResult(tuple(hits), watch.took_ms(), notes, reranked, missing)

    def _with_words(
        self, ranking: Ranking, request: SearchRequest, written: WrittenWords, rows: CandidateRows
    ) -> Ranking:
        """Return candidates in their order, with words written about them counted too."""
        coverage = written.coverage(rows, ranking.image_ids)
        ordered = (ranking if coverage is None else ranking.with_words(coverage)).ordered()
        if not request.hybrid:
            return ordered
        return ordered.by_ranks(
            *fused([ranking.ordered().image_ids, written.among(ordered.image_ids)])
        )

    def _listed(self, request: SearchRequest, watch: Stopwatch) -> SearchResult:
        """Return the photos that pass the filter, for a request without terms."""
        with watch.stage("filter"):
            within = allowed_photos(self.index, request)
        with watch.stage("first_stage"):
            ranking = list_photos(self.index, request, within)
        with watch.stage("read"):
            hits = make_hits(self.index, ranking, request, CandidateRows(self.index))
        missing = self.index.missing
        notes = notes_on(request, None, ranking, self._hint(request, within), missing, hits=hits)
        return SearchResult(tuple(hits), watch.took_ms(), notes, 0, missing)

    def _hint(self, request: SearchRequest, within: Sized | None) -> str:
        """Return a hint on a filter that no photo passes; empty for all others."""
        if within is None or len(within):
            return ""
        from search.ranking.filter_hints import nothing_let_through  # imports FAISS

        return nothing_let_through(self.index, request.where)

    def _reranked(
        self, mixture: Mixture, ranking: Ranking, request: SearchRequest, watch: Stopwatch,
        likelihood: Likelihood, rows: CandidateRows,
    ) -> Ranking:  # fmt: skip
        """Run both stages, as far as the time budget allows."""
        seen: list[TermScores] = []
        for block in blocks_in_time(len(ranking), request.budget_ms, watch):
            image_ids = ranking.image_ids[block]
            vectors, packed = rows.vectors(image_ids), rows.nodes(image_ids)
            seen.append(mixture.reranked(self.model, vectors, packed))
        if not seen:
            return ranking
        scores = likelihood.judged(mixture, TermScores.together(seen), reranked=True)
        return ranking.with_reranked(*mixture.mixed(scores))
