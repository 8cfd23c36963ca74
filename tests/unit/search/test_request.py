"""Which requests are valid, and the errors for invalid ones."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from search.query.request import SearchRequest, day_of
from search.query.term import Term
from store import QueryError


def test_a_text_is_read_unless_it_is_taken_literally() -> None:
    text = "a beach without people"
    assert [term.text for term in SearchRequest.parse(text).negative] == ["people"]
    plain = SearchRequest.parse(text, literal=True)
    assert (plain.positive, plain.negative) == ((Term(text),), ())


@pytest.mark.parametrize(
    ("term", "told"),
    [
        ({}, "one of text, image and image_id, found 0"),
        ({"text": "x", "image_id": 7}, "one of text, image and image_id, found 2"),
        ({"text": "x", "weight": -1}, 'the weight of "x" is -1, expected 0.001 to 1000'),
        ({"text": "x", "weight": 1000.5}, "is 1000.5, expected 0.001 to 1000"),
        ({"text": " "}, "query is empty"),
    ],
)
def test_what_is_wrong_with_a_term_is_named_in_one_line(term: dict[str, Any], told: str) -> None:
    with pytest.raises(QueryError) as caught:
        Term(**term)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"positive": ()}, "a search has no terms"),
        ({"positive": (Term("x"),) * 65}, "a search has 65 terms, expected at most 64"),
        ({"k": 0}, "k is 0, expected at least 1"),
        ({"candidates": 0}, "candidates is 0, expected at least 1"),
        ({"min_probability": 1.5}, "min_probability is 1.5, expected 0 to 1"),
        ({"budget_ms": 0}, "budget is 0 ms"),
    ],
)
def test_what_is_wrong_with_a_request_is_named_in_one_line(
    fields: dict[str, Any], told: str
) -> None:
    with pytest.raises(QueryError) as caught:
        SearchRequest(**{"positive": (Term("x"),), **fields})
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


X, PHOTO = Term("x"), Term(image_id=1)


@pytest.mark.parametrize(
    "fields",
    [
        {"positive": (X,) * 40, "negative": (X,) * 24},
        {"k": 1},
        {"candidates": 1},
        {"min_probability": 0},
        {"min_probability": 1},
        {"budget_ms": 0.001},
        {"budget_ms": None},
        {"hybrid": True},
        {"words": False},
        {"explain": True},
        {"explain": True, "positive": (PHOTO, X)},
        {"explain": True, "positive": (PHOTO,), "text": "a dog"},
        {"explain": True, "positive": (), "where": "width > 1"},
        {"positive": (), "negative": (X,)},
        {"positive": (), "text": "a dog"},
        {"positive": (), "where": "width > 1"},
        {"positive": (), "sort": "taken"},
        {"sort": "size"},
    ],
)
def test_what_may_be_asked(fields: dict[str, Any]) -> None:
    request = SearchRequest(**{"positive": (X,), **fields})
    assert {name: getattr(request, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"positive": (X,) * 41, "negative": (X,) * 24}, "has 65 terms"),
        ({"k": -1}, "k is -1"),
        ({"candidates": -1}, "candidates is -1"),
        ({"min_probability": -0.001}, "is -0.001, expected 0 to 1"),
        ({"min_probability": float("nan")}, "is nan, expected 0 to 1"),
        ({"budget_ms": -1}, "budget is -1 ms, expected more than 0"),
        ({"budget_ms": float("nan")}, "budget is nan ms"),
        ({"hybrid": True, "words": False}, "a hybrid search "),
        ({"hybrid": True, "explain": True}, "a hybrid score "),
        ({"explain": True, "rerank": False}, "re-rank"),
        ({"explain": True, "positive": (PHOTO,)}, "only words are explained"),
        ({"explain": True, "positive": (), "negative": (PHOTO,)}, "only words are explained"),
        ({"sort": "colour"}, "sort is 'colour', expected score or taken or name or size"),
        ({"positive": (), "text": "  "}, "a search has no terms"),
    ],
)
def test_what_may_not_be_asked(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(QueryError, match=re.escape(told)):
        SearchRequest(**{"positive": (X,), **fields})


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({}, 50),
        ({"k": 51}, 51),
        ({"k": 10, "candidates": 9}, 10),
        ({"k": 10, "negative": (X,)}, 50),
        ({"k": 11, "negative": (X,)}, 55),
        ({"k": 11, "fold_duplicates": True}, 55),
        ({"k": 11, "negative": (X,), "rerank": False}, 55),
        ({"k": 2, "fold_duplicates": True, "rerank": False}, 50),
        ({"k": 11, "rerank": False}, 11),
        ({"k": 60, "rerank": False}, 60),
    ],
)
def test_how_many_the_first_stage_finds(fields: dict[str, Any], count: int) -> None:
    assert SearchRequest((X,), **fields).first_stage_count == count


def test_a_search_lists_photos_where_there_is_no_term() -> None:
    assert SearchRequest(where="width > 1").lists
    assert not SearchRequest((X,)).lists
    assert not SearchRequest((), (X,)).lists


def test_a_request_that_says_nothing_else_is_this_one() -> None:
    request = SearchRequest.parse("x")
    assert (request.k, request.candidates, request.rerank, request.words) == (10, 50, True, True)
    assert not (request.explain or request.hybrid or request.fold_duplicates or request.reverse)
    assert (request.min_probability, request.budget_ms, request.sort) == (0.0, None, "score")
    assert (request.text, request.where, request.today) == ("", "", None)
    assert SearchRequest.parse("x", 3, rerank=False) == SearchRequest((X,), k=3, rerank=False)


def test_days() -> None:
    assert day_of("2024-02-29") == date(2024, 2, 29)
    assert day_of(None) is None
    for text in ("2023-02-29", "today", ""):
        with pytest.raises(QueryError, match=f"today is {text!r}, expected a day such as"):
            day_of(text)
