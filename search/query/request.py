"""What a search is asked: the one form that the command, programs and servers all make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict, Unpack

from search.query.term import Term

__all__ = ["SearchOptions", "SearchRequest"]

MOST_TERMS = 64
"""Of one search: each is embedded and re-ranked by itself."""

ROOM = 5
"""Candidates for each hit of a search in which hits move down or behind others."""


class SearchOptions(TypedDict, total=False):
    """What `SearchIndex.search` takes beside the query and k; as in `SearchRequest`."""

    candidates: int
    rerank: bool
    explain: bool
    min_probability: float
    where: str
    hybrid: bool
    fold_duplicates: bool
    budget_ms: float | None


@dataclass(frozen=True)
class SearchRequest:
    """A search, whoever asks.

    Attributes:
        positive: what is wanted; `search.ranking.mixing` says how scores mix.
        negative: what is not wanted; at least one term is in either.
        where: a filter on what the index knows of a photo, such as its date; empty for none.
        k: how many hits are wanted, at least 1; fewer come back from a smaller collection.
        candidates: how many photos the first stage hands to the re-ranker; at least k are, and
            with negative terms, `hybrid` or `fold_duplicates` at least 5 k.
        rerank: whether the cross-modal graph orders the candidates anew.
        min_probability: 0..1; hits whose probability is below it are left out.
        explain: whether each hit says where its score comes from; for the re-ranker's alone.
        hybrid: whether words of captions and file names count too; scores are then of ranks.
        fold_duplicates: whether near-duplicates stand behind the best of them.
        budget_ms: milliseconds after which no more candidates are re-ranked, counted from the
            start of the search; at least one block of them is. None re-ranks all.

    Raises:
        QueryError: there is no term, or more than 64, a number is out of range, or explanations are
            asked for without the re-ranker or a text, or of a hybrid search.
    """

    positive: tuple[Term, ...]
    negative: tuple[Term, ...] = ()
    where: str = ""
    k: int = 10
    candidates: int = 50
    rerank: bool = True
    min_probability: float = 0.0
    explain: bool = False
    hybrid: bool = False
    fold_duplicates: bool = False
    budget_ms: float | None = None

    def __post_init__(self) -> None:
        from store import QueryError

        if not (self.positive or self.negative):
            raise QueryError("a search has no terms; give one in positive, such as a text")
        if (terms := len(self.positive) + len(self.negative)) > MOST_TERMS:
            raise QueryError(f"a search has {terms} terms, expected at most {MOST_TERMS}")
        for name, value in (("k", self.k), ("candidates", self.candidates)):
            if value < 1:
                raise QueryError(f"{name} is {value}, expected at least 1")
        if not 0 <= self.min_probability <= 1:
            raise QueryError(f"the least probability is {self.min_probability:g}, expected 0 to 1")
        if self.budget_ms is not None and not self.budget_ms > 0:
            raise QueryError(f"the budget is {self.budget_ms:g} ms, expected more than 0")
        if self.explain:
            self._check_explainable()

    def _check_explainable(self) -> None:
        from store import QueryError

        if not self.rerank:
            raise QueryError("only a re-ranked score can be explained; search with the re-ranker")
        if self.hybrid:
            raise QueryError("a hybrid score is of ranks, which no words add up to: leave out one")
        if all(term.text is None for term in (*self.positive, *self.negative)):
            raise QueryError("only what words add is explained; the query shows photos alone")

    @property
    def first_stage_count(self) -> int:
        """How many photos the first stage is to find."""
        # Hits that move down or behind others leave places, which others must be there to take.
        moves = bool(self.negative) or self.hybrid or self.fold_duplicates
        least = ROOM * self.k if moves else self.k
        return max(least, self.candidates) if self.rerank or moves else self.k

    @classmethod
    def parse(
        cls, query: str, k: int = 10, *, literal: bool = False, **options: Unpack[SearchOptions]
    ) -> SearchRequest:
        """Return the request of a text as `search.query.grammar` reads it; it never names a file.

        Examples:
            >>> [term.text for term in SearchRequest.parse("a beach without people").negative]
            ['people']

        Args:
            query: what people wrote.
            k: as in the request, as is all else.
            literal: whether the text is taken as it stands, whatever it denies or quotes.
            **options: the request's other fields.
        """
        from search.query.grammar import parse_query

        positive, negative = parse_query(query, literal=literal)
        return cls(positive, negative, k=k, **options)
