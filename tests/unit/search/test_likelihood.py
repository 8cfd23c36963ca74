"""Each text of a query is judged against its own background; photos and old models are not."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from search.query.term import Term
from search.ranking.likelihood import Likelihood
from search.ranking.mixing import EmbeddedTerm, Mixture, TermScores
from store.vectors.background import Background

ROWS = np.array([[0.5, 0.25]], np.float32)


class Model:
    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def likely(
        self, query: Any, scores: Any, first: Any, usual: Any, photos: int, **more: Any
    ) -> Any:
        self.seen.append((query, scores.tolist(), first.tolist(), usual.tolist(), photos, more))
        return np.array([0.75, 0.125], np.float32)


class Index:
    def background(self) -> Background:
        return Background(np.array([[1.0, 0.0], [0.0, 2.0]], np.float32), 70)


def text(query: str = "q") -> EmbeddedTerm:
    return EmbeddedTerm(Term(query), np.array([1.0, 1.0], np.float32), query)


def judged(mixture: Mixture, model: object, within: Any = None) -> TermScores:
    rows = np.repeat(ROWS, len(mixture.wanted), axis=0)
    found = TermScores(rows, ROWS[:0], rows, rows)
    likelihood = Likelihood(cast(Any, Index()), cast(Any, model), within)
    return likelihood.judged(mixture, found, reranked=True)


def test_a_text_is_held_against_the_sample() -> None:
    model = Model()
    found = judged(Mixture((text(),)), model)
    assert found.probabilities.tolist() == [[0.75, 0.125]]
    assert model.seen == [("q", [0.5, 0.25], [0.5, 0.25], [1.0, 2.0], 70, {"reranked": True})]


def test_a_filter_makes_the_collection_smaller() -> None:
    model = Model()
    judged(Mixture((text(),)), model, within=[1, 2, 3])
    assert model.seen[0][4] == 3


def test_a_photo_of_the_query_keeps_its_cosine() -> None:
    photo = EmbeddedTerm(Term(image_id=3), np.array([1.0, 0.0], np.float32))
    found = judged(Mixture((photo, text())), Model())
    assert found.probabilities.tolist() == [[0.5, 0.25], [0.75, 0.125]]


def test_a_model_that_fitted_nothing_keeps_its_probabilities() -> None:
    class Old:
        def likely(self, *_: Any, **__: Any) -> None:
            return None

    assert judged(Mixture((text(),)), Old()).probabilities.tolist() == ROWS.tolist()
    assert judged(Mixture((text(),)), object()).probabilities.tolist() == ROWS.tolist()


def test_what_nobody_wants_or_finds_is_not_judged() -> None:
    model = Model()
    none_wanted = Mixture((), (text(),))
    found = TermScores(ROWS[:0], ROWS, ROWS, ROWS)
    likelihood = Likelihood(cast(Any, Index()), cast(Any, model), None)
    assert likelihood.judged(none_wanted, found, reranked=True) is found
    empty = TermScores(*[np.zeros((1, 0), np.float32)] * 4)
    assert likelihood.judged(Mixture((text(),)), empty, reranked=True) is empty
    assert model.seen == []


@pytest.mark.parametrize("reranked", [False, True])
def test_each_text_is_judged_by_its_own_scores(reranked: bool) -> None:
    model = Model()
    wanted, first = np.array([[1, 2], [3, 4]], np.float32), np.array([[5, 6], [7, 8]], np.float32)
    found = TermScores(wanted, wanted[:0], wanted, first)
    likelihood = Likelihood(cast(Any, Index()), cast(Any, model), [])
    likelihood.judged(Mixture((text("a"), text("b"))), found, reranked=reranked)
    more = {"reranked": reranked}
    assert model.seen == [
        ("a", [1, 2], [5, 6], [1, 2], 0, more),
        ("b", [3, 4], [7, 8], [1, 2], 0, more),
    ]


def test_the_first_stage_is_left_as_it_is_where_the_re_ranker_judges_all() -> None:
    model = Model()
    found = TermScores(ROWS, ROWS[:0], ROWS, ROWS)
    likelihood = Likelihood(cast(Any, Index()), cast(Any, model), None, passes_first=True)
    assert likelihood.judged(Mixture((text(),)), found, reranked=False) is found
    assert model.seen == []
    judged = likelihood.judged(Mixture((text(),)), found, reranked=True)
    assert judged.probabilities.tolist() == [[0.75, 0.125]]
    plain = Likelihood(cast(Any, Index()), cast(Any, model), None)
    assert plain.judged(Mixture((text(),)), found, reranked=False) is not found
