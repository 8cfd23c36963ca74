"""What can be asked, and how it is told when it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from search.query.request import SearchRequest
from search.query.term import Term
from store import QueryError

DOG = (Term("a dog"),)


def test_a_request_goes_through_json_and_back() -> None:
    asked = SearchRequest(
        (Term("a dog", weight=2), Term(image=b"\xff\xd8"), Term(image_id=7)),
        (Term("a cat"),),
        where="year = 2021",
        k=3,
        budget_ms=20,
    )
    assert SearchRequest.from_dict(json.loads(json.dumps(asked.to_dict()))) == asked


def test_all_but_what_is_wanted_may_be_left_out() -> None:
    assert SearchRequest.from_dict({"positive": [{"text": "a dog"}]}) == SearchRequest(DOG)


def test_a_query_may_stand_in_place_of_terms() -> None:
    text = "a beach without people"
    assert SearchRequest.from_dict({"query": text, "k": 3}) == SearchRequest.parse(text, 3)
    plain = SearchRequest.from_dict({"query": text, "literal": True})
    assert (plain.positive, plain.negative) == ((Term(text),), ())
    assert SearchRequest.from_dict({"query": "cat.jpg"}, paths=True).positive[0].image is None


def test_a_file_is_named_only_where_that_is_allowed() -> None:
    asked = SearchRequest((Term(image=Path("/etc/cat.jpg")),))
    assert SearchRequest.from_dict(asked.to_dict(), paths=True) == asked
    with pytest.raises(QueryError, match="has no field 'path'"):
        SearchRequest.from_dict(asked.to_dict())


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ([], "a search is list, expected an object"),
        ({}, "a search has no terms"),
        ({"positive": ["x"], "kk": 1}, "has no field 'kk', expected positive,"),
        ({"positive": "x"}, "positive of a search is str, expected list"),
        ({"positive": ["x"], "k": True}, "k of a search is bool, expected int"),
        ({"positive": ["x"], "budget_ms": "9"}, "is str, expected int or float or null"),
        ({"positive": ["x"], "query": "y"}, "not both"),
        ({"positive": ["x"], "literal": True}, "not both"),
        ({"positive": [7]}, "a term is int, expected an object"),
        ({"positive": [{}]}, "one of text, image and image_id, found 0"),
        ({"positive": [{"image": "%"}]}, "no base64"),
        ({"positive": [{"text": "x", "weight": -1}]}, 'the weight of "x" is -1, expected 0.001'),
        ({"positive": [" "]}, "query is empty"),
        ({"positive": ["x"], "budget_ms": 0}, "budget is 0 ms"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(record: Any, told: str) -> None:
    with pytest.raises(QueryError) as caught:
        SearchRequest.from_dict(record)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
