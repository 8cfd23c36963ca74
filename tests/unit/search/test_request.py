"""What can be asked, and how it is told when it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from search.query.request import SearchRequest
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
