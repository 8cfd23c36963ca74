"""A search request: the one form that the command, programs and servers all make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypedDict, Unpack, get_args

from search.query.term import Term

__all__ = ["SearchOptions", "SearchRequest", "Sort", "day_of"]

Sort = Literal["score", "taken", "name", "size"]
"""The orders of hits."""

MOST_TERMS = 64
"""Limit on the terms of one search: each is embedded and re-ranked separately."""

ROOM = 5
"""Over-fetch factor: candidates per hit of a search in which hits move down or are folded."""


class SearchOptions(TypedDict, total=False):
    """Options of `SearchIndex.search` besides the query and k, as in `SearchRequest`."""

    candidates: int
    rerank: bool
    explain: bool
    min_probability: float
    where: str
    hybrid: bool
    fold_duplicates: bool
    budget_ms: float | None
    words: bool
    sort: Sort
    reverse: bool
    as_words: Sequence[str]
    choose: Mapping[str, str]
    today: date | None


@dataclass(frozen=True)
class SearchRequest:
    """A search, from any interface.

    Attributes:
        positive: what is wanted; `search.ranking.mixing` says how scores mix.
        negative: what is not wanted. Without any term, the photos that pass the filter are listed.
        text: the query as typed. The searched index finds in it the names and times that it knows,
            which become filters (`search.understanding`); the rest becomes further terms.
        where: a filter on what the index knows about a photo, such as its date; empty for none.
        k: number of hits, at least 1; a smaller collection returns fewer.
        candidates: number of photos that the first stage passes to the re-ranker; at least k, and
            with negative terms or `fold_duplicates` at least 5 k.
        rerank: whether the cross-modal graph re-ranks the candidates.
        min_probability: 0..1; hits whose probability is below it are left out.
        explain: whether each hit explains its score; only for re-ranked hits.
        hybrid: whether photos are ranked once by what they show and once by words written about
            them, and both rankings fused by rank (`search.ranking.rank_fusion`). Scores are then
            sums of 1 / (60 + rank); probabilities are as in any other search.
        fold_duplicates: whether near-duplicates are folded under the best of them.
        budget_ms: milliseconds, from the start of the search, after which no further candidates are
            re-ranked; at least one block of them is. None re-ranks all.
        words: whether words written about photos count too: captions, names, tags, titles.
        sort: how the best k hits are sorted: by score, by date (the newest first), by name, or by
            size (the largest first). Without terms it decides which photos are listed; default
            date.
        reverse: whether they are sorted the other way round.
        as_words: parts of the text, literally or by the `id` of their chips, that are not to become
            filters: they are looked for in the pictures.
        choose: part of the text to the `id` of the intended choice.
        today: the day from which times such as "last summer" are counted; None for the day of the
            search.

    Raises:
        QueryError: there is no term, filter or order, there are more than 64 terms, a number is out
            of range, a hybrid search has `words` off, or explanations are requested without the
            re-ranker or a text, or of a hybrid search.
    """

    positive: tuple[Term, ...] = ()
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
    words: bool = True
    text: str = ""
    sort: Sort = "score"
    reverse: bool = False
    as_words: Sequence[str] = ()
    choose: Mapping[str, str] = field(default_factory=dict)
    today: date | None = None

    def __post_init__(self) -> None:
        from store import QueryError

        self._check_something_is_said()
        if (terms := len(self.positive) + len(self.negative)) > MOST_TERMS:
            raise QueryError(f"a search has {terms} terms, expected at most {MOST_TERMS}")
        for name, value in (("k", self.k), ("candidates", self.candidates)):
            if value < 1:
                raise QueryError(f"{name} is {value}, expected at least 1")
        if not 0 <= self.min_probability <= 1:
            raise QueryError(f"min_probability is {self.min_probability:g}, expected 0 to 1")
        if self.budget_ms is not None and not self.budget_ms > 0:
            raise QueryError(f"the budget is {self.budget_ms:g} ms, expected more than 0")
        self._check_hybrid()
        if self.explain and not self.text:
            self._check_explainable()

    def _check_something_is_said(self) -> None:
        from store import QueryError

        if self.sort not in get_args(Sort):
            raise QueryError(f"sort is {self.sort!r}, expected {' or '.join(get_args(Sort))}")
        if self.lists and not (self.text.strip() or self.where or self.sort != "score"):
            raise QueryError(
                "a search has no terms; give a query that says what the photo shows, such as "
                '"a dog on a sofa", or a filter in where'
            )

    def _check_hybrid(self) -> None:
        from store import QueryError

        if self.hybrid and not self.words:
            raise QueryError(
                "a hybrid search also ranks by words: leave out hybrid, or allow words"
            )
        if self.hybrid and self.explain:
            raise QueryError(
                "a hybrid score is made of ranks and cannot be explained: leave out hybrid or "
                "explain"
            )

    def _check_explainable(self) -> None:
        from store import QueryError

        if not self.rerank:
            raise QueryError("only a re-ranked score can be explained: search with the re-ranker")
        terms = (*self.positive, *self.negative)
        if terms and all(term.text is None for term in terms):
            raise QueryError(
                "only words are explained, but the query has only photos: leave out explain"
            )

    @property
    def lists(self) -> bool:
        """Return whether there is no term, so that photos are only listed."""
        return not (self.positive or self.negative)

    @property
    def first_stage_count(self) -> int:
        """Return how many photos the first stage has to find."""
        # Hits that move down or are folded leave places for further candidates to fill.
        moves = bool(self.negative) or self.fold_duplicates
        least = ROOM * self.k if moves else self.k
        return max(least, self.candidates) if self.rerank or moves else self.k

    @classmethod
    def parse(
        cls, query: str, k: int = 10, *, literal: bool = False, **options: Unpack[SearchOptions]
    ) -> SearchRequest:
        """Return the request for a text as `search.query.grammar` reads it; it never names a file.

        No names or times are recognised in it: that takes an index, which reads a request's `text`.

        Examples:
            >>> [term.text for term in SearchRequest.parse("a beach without people").negative]
            ['people']

        Args:
            query: the query as typed.
            k: as in the request.
            literal: whether the text is taken literally, without negation and quotes.
            **options: the request's other fields.
        """
        from search.query.grammar import parse_query

        positive, negative = parse_query(query, literal=literal)
        return cls(positive, negative, k=k, **options)


def day_of(text: str | None) -> date | None:
    """Return the day of a text such as 2024-05-31; None for None.

    Raises:
        QueryError: the text is not a day.
    """
    from store import QueryError

    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise QueryError(f"today is {text!r}, expected a day such as 2024-05-31") from None
