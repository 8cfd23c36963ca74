"""Validation errors name the field and what was expected, not internals."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from search.plain_words import told
from search.server.wire.schemas import EmbedBody, SearchBody

PYDANTIC = re.compile(r"Input should|function-|constrained|tagged|union|TermBody|\[type=|pydantic")


def refusal(kind: type[BaseModel], body: str) -> str:
    with pytest.raises(ValidationError) as caught:
        kind.model_validate_json(body)
    return told(caught.value.errors(include_url=False))


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"positive": [{"text": "a", "weight": 0}]},
         "positive[0].weight is 0, expected at least 0.001"),
        ({"positive": ["a", {"text": "b", "weight": "2"}]},
         'positive[1].weight is "2", expected a number'),
        ({"positive": [5]},
         "positive[0] is 5, expected an object"),
        ({"positive": [{"text": "a", "id": 1}]},
         "positive[0]: a term is one of text, image_id and image, found 2"),
        ({"positive": [{"path": "/etc/passwd"}]},
         "positive[0].path is not a known field; /openapi.json lists the fields"),
        ({"negative": "cars"}, 'negative is "cars", expected a list'),
        ({"negative": ["a"] * 17}, "negative is a list of 17, expected a list of at most 16"),
        ({"negative": [["a"]]}, "negative[0] is a list of 1, expected an object"),
        ({"text": 5}, "text is 5, expected a text"),
        ({"text": "a" * 4001},
         "text is a text of 4,001 characters, expected at most 4000 characters"),
        ({"text": "a", "limit": 0}, "limit is 0, expected at least 1"),
        ({"text": "a", "limit": 2.5}, "limit is 2.5, expected a whole number"),
        ({"text": "a", "rerank": "yes"}, 'rerank is "yes", expected true or false'),
        ({"text": "a", "budget_ms": 0}, "budget_ms is 0, expected more than 0"),
        ({"txt": "a"}, "txt is not a known field; /openapi.json lists the fields"),
        ([], "the body is [], expected an object"),
    ],
)  # fmt: skip
def test_a_search_that_is_refused(body: object, line: str) -> None:
    assert refusal(SearchBody, json.dumps(body)) == line


def test_a_body_that_is_no_json() -> None:
    assert refusal(SearchBody, "{").startswith("the body is not valid JSON: ")
    assert refusal(EmbedBody, '{"texts": [1]}') == "texts[0] is 1, expected a text"


def test_at_most_three_are_told() -> None:
    line = refusal(SearchBody, json.dumps({name: 1 for name in "abcdef"}))
    assert line.count(";") == 5  # one within each message, and one between two messages


FIELDS = st.sampled_from(
    [*SearchBody.model_fields, *EmbedBody.model_fields, "id", "image", "weight"]
)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(FIELDS, values, max_size=4), st.sampled_from([SearchBody, EmbedBody]))
def test_no_refusal_speaks_of_parts_of_the_program(body: object, kind: type[BaseModel]) -> None:
    try:
        kind.model_validate_json(json.dumps(body))
    except ValidationError as error:
        line = told(error.errors(include_url=False))
        assert line and PYDANTIC.search(line) is None, line
