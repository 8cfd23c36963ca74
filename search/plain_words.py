"""Validation errors of pydantic, in terms that the sender of a request knows.

pydantic names the parts of this program that looked at a value, such as
`positive.0.function-after[_is_one(), TermBody].weight`. The message names the field, its value, and
what was expected: `positive[0].weight is 0, expected more than 0`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["TERM_TAGS", "told"]

MOST_TOLD = 3
LONGEST_VALUE = 40
LONGEST_NAME = 60

TERM_TAGS = ("a text", "a term")
"""Names of the alternatives for a term in schemas; they are not field names."""

WHERE = ("body", "path", "query", "header", "cookie")
"""Where a value came from according to FastAPI: the first part of a location."""

Details = Mapping[str, Any]


def told(errors: Sequence[Mapping[str, Any]]) -> str:
    """Return the first three errors in one line.

    >>> told([{"type": "greater_than", "loc": ("positive", 0, "a term", "weight"), "input": 0,
    ...        "ctx": {"gt": 0.0}, "msg": "Input should be greater than 0"}])
    'positive[0].weight is 0, expected more than 0'
    """
    return "; ".join(_line(error) for error in errors[:MOST_TOLD])


def _line(error: Mapping[str, Any]) -> str:
    kind, details = str(error.get("type", "")), error.get("ctx") or {}
    place = _place(error.get("loc", ()))
    if kind == "json_invalid":
        return f"the body is not valid JSON: {details.get('error', 'it cannot be read')}"
    if kind == "missing":
        return f"{place or 'the body'} is missing"
    if kind == "extra_forbidden":
        return f"{place} is not a known field; /openapi.json lists the fields"
    if kind == "value_error":  # a message of our own
        reason = str(details.get("error", error.get("msg", "")))
        return f"{place}: {reason}" if place else reason
    expected = EXPECTED.get(kind)
    wanted = str(error.get("msg", "")) if expected is None else f"expected {expected(details)}"
    return f"{place or 'the body'} is {_value(error.get('input'))}, {wanted}"


def _place(parts: Sequence[object]) -> str:
    """Return a field's location as its sender would write it.

    >>> _place(("body", "positive", 1, "a term", "image"))
    'positive[1].image'
    """
    known = parts[1:] if parts and parts[0] in WHERE else parts
    place = ""
    for part in known:
        if part in TERM_TAGS:
            continue
        if isinstance(part, int):
            place += f"[{part}]"
        else:
            place += f"{'.' if place else ''}{str(part)[:LONGEST_NAME]}"
    return place


def _value(value: object) -> str:
    """Return a value as short JSON; for a long one only its type and length.

    >>> _value(True), _value("red"), _value([1] * 40)
    ('true', '"red"', 'a list of 40')
    """
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        return f"a text of {len(value):,} characters"
    if isinstance(value, list) and value:
        return f"a list of {len(value):,}"
    if isinstance(value, dict):
        return "an object"
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return f"a {type(value).__name__}"


def _number(value: object) -> str:
    return f"{value:,.15g}" if isinstance(value, float) else str(value)


EXPECTED: Mapping[str, Callable[[Details], str]] = {
    "string_type": lambda _: "a text",
    "string_too_long": lambda it: f"at most {it['max_length']} characters",
    "string_too_short": lambda it: f"at least {it['min_length']} characters",
    "string_unicode": lambda _: "a text in UTF-8",
    "bool_type": lambda _: "true or false",
    "bool_parsing": lambda _: "true or false",
    "int_type": lambda _: "a whole number",
    "int_parsing": lambda _: "a whole number",
    "int_parsing_size": lambda _: "a whole number of at most 19 digits",
    "int_from_float": lambda _: "a whole number",
    "float_type": lambda _: "a number",
    "float_parsing": lambda _: "a number",
    "finite_number": lambda _: "a finite number",
    "greater_than": lambda it: f"more than {_number(it['gt'])}",
    "greater_than_equal": lambda it: f"at least {_number(it['ge'])}",
    "less_than": lambda it: f"less than {_number(it['lt'])}",
    "less_than_equal": lambda it: f"at most {_number(it['le'])}",
    "list_type": lambda _: "a list",
    "too_long": lambda it: f"a list of at most {it['max_length']}",
    "too_short": lambda it: f"a list of at least {it['min_length']}",
    "literal_error": lambda it: str(it["expected"]).replace("'", ""),
    "dict_type": lambda _: "an object",
    "model_type": lambda _: "an object",
    "model_attributes_type": lambda _: "an object",
    "union_tag_not_found": lambda _: "a text, or an object with one of text, image_id and image",
    "union_tag_invalid": lambda _: "a text, or an object with one of text, image_id and image",
}
"""Type of a pydantic error to what was expected; `tests/unit/search` checks that all types that the
schemas can raise are here."""
