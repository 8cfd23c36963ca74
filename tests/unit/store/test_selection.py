"""The limits of filters, at and beyond each limit, and the SQL that they become."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from store import QueryError
from store.catalog.selection import (
    AllOf,
    AnyOf,
    Condition,
    Dialect,
    Expression,
    Has,
    Near,
    Not,
    like_pattern,
    matching,
    operators_of,
    to_sql,
)

WORDS = Dialect(
    fields={name: name.upper() for name in ("width", "latitude", "name", "camera", "tag")},
    number="{field} {operator} ?",
    one_form="form({field})",
    text="{field} {operator} ? anycase",
    like="{field} like ?",
    any_text="any {field} where {test}",
    one="one",
    has_texts="some {field}",
    near="near ?",
)
WIDE, NAMED = Condition("width", ">", 7), Condition("name", "=", "x")


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("dog", "%dog%"),
        ("50%", r"%50\%%"),
        ("a_b", r"%a\_b%"),
        ("a\\b", r"%a\\b%"),
        ("?", "_"),
        ("do?", "do_"),
        ("*", "%"),
        ("*.jpg", "%.jpg"),
        ("a\\*", r"a\\%"),
        ("?%_\\*", r"_\%\_\\%"),
        ("", "%%"),
    ],
)
def test_patterns_of_sql(text: str, pattern: str) -> None:
    assert like_pattern(text) == pattern


@pytest.mark.parametrize(
    ("expression", "sql", "values"),
    [
        (WIDE, "WIDTH > ?", [7]),
        (Condition("width", "!=", 7.5), "WIDTH != ?", [7.5]),
        (NAMED, "NAME = ? anycase", ["x"]),
        (Condition("name", "!=", "x"), "NAME != ? anycase", ["x"]),
        (Condition("name", "~", "x"), "NAME like ?", ["%x%"]),
        (Condition("name", "=", "é"), "form(NAME) = ? anycase", ["é"]),
        (Condition("name", "~", "e\u0301*"), "form(NAME) like ?", ["é%"]),
        (Condition("tag", "=", "x"), "any TAG where one = ? anycase", ["x"]),
        (Condition("tag", "!=", "x"), "NOT (any TAG where one = ? anycase)", ["x"]),
        (Condition("tag", "~", "x"), "any TAG where one like ?", ["%x%"]),
        (Condition("tag", "=", "é"), "any TAG where form(one) = ? anycase", ["é"]),
        (Has("camera"), "(CAMERA) IS NOT NULL", []),
        (Has("width"), "(WIDTH) IS NOT NULL", []),
        (Has("tag"), "some TAG", []),
        (Not(WIDE), "NOT (WIDTH > ?)", [7]),
        (AllOf(()), "(TRUE)", []),
        (AnyOf(()), "(FALSE)", []),
        (AllOf((WIDE, NAMED)), "(WIDTH > ? AND NAME = ? anycase)", [7, "x"]),
        (AnyOf((NAMED, WIDE)), "(NAME = ? anycase OR WIDTH > ?)", ["x", 7]),
        (
            Not(AnyOf((AllOf((WIDE,)), Not(NAMED)))),
            "NOT (((WIDTH > ?) OR NOT (NAME = ? anycase)))",
            [7, "x"],
        ),
    ],
)
def test_what_a_filter_becomes(expression: Expression, sql: str, values: list[Any]) -> None:
    assert to_sql(expression, WORDS) == (sql, values)


def test_a_place_is_looked_for_in_a_belt_a_little_wider_than_its_distance() -> None:
    sql, values = to_sql(Near(40, -7, 111.19), WORDS)
    assert sql == "(near ?)"
    assert values == pytest.approx([40 - 1.01, 40 + 1.01, 40, -7, 111.19])


def test_as_many_conditions_as_are_allowed() -> None:
    parts: tuple[Expression, ...] = (WIDE, Has("tag"), Near(1, 2, 3), NAMED)
    assert len(to_sql(AnyOf(parts * 64), WORDS)[1]) > 256
    for more in parts:
        with pytest.raises(QueryError, match="more than 256 conditions"):
            to_sql(AnyOf((*parts * 64, more)), WORDS)
    # Expressions that contain conditions don't count as conditions.
    assert to_sql(AllOf((Not(AnyOf((AllOf(()),))),) * 300), WORDS)[1] == []


@pytest.mark.parametrize("kind", [Not, AllOf, AnyOf])
def test_as_deep_as_is_allowed(kind: Any) -> None:
    def nested(times: int) -> Expression:
        expression: Expression = WIDE
        for _ in range(times):
            expression = kind(expression) if kind is Not else kind((NAMED, expression, NAMED))
        return expression

    assert to_sql(nested(64), WORDS)[1].count(7) == 1
    with pytest.raises(QueryError, match="nested more than 64 deep"):
        to_sql(nested(65), WORDS)


@pytest.mark.parametrize(
    ("field", "operator", "value", "is_allowed"),
    [
        ("width", "<", 2**63 - 1, True),
        ("width", "<", 2**63, False),
        ("width", "<", -(2**63), True),
        ("width", "<", -(2**63) - 1, False),
        ("width", "<", 1e300, True),
        ("width", "~", 1, False),
        ("width", "=", "1", False),
        ("name", "~", "x", True),
        ("name", "<", "x", False),
        ("name", "=", 1, False),
        ("tag", "!=", "x", True),
        ("tag", ">=", "x", False),
        ("name", "like", "x", False),
        ("nothing", "=", "x", False),
    ],
)
def test_what_is_compared_with_what(
    field: str, operator: Any, value: Any, is_allowed: bool
) -> None:
    if is_allowed:
        assert Condition(field, operator, value).value == value
        return
    with pytest.raises(ValueError, match=field):
        Condition(field, operator, value)


def test_operators() -> None:
    assert operators_of("number") == ("=", "!=", "<", "<=", ">", ">=")
    assert operators_of("text") == operators_of("texts") == ("=", "!=", "~")


@pytest.mark.parametrize(
    ("latitude", "longitude", "km", "is_allowed"),
    [
        (90, 180, 0.001, True),
        (-90, -180, 1e9, True),
        (90.001, 0, 1, False),
        (-90.001, 0, 1, False),
        (0, 180.001, 1, False),
        (0, -180.001, 1, False),
        (0, 0, 0, False),
        (0, 0, -1, False),
        (float("nan"), 0, 1, False),
        (0, float("nan"), 1, False),
        (0, 0, float("nan"), False),
    ],
)
def test_where_a_place_may_be(
    latitude: float, longitude: float, km: float, is_allowed: bool
) -> None:
    if is_allowed:
        assert Near(latitude, longitude, km).km == km
        return
    with pytest.raises(ValueError, match="expected a latitude of -90 to 90"):
        Near(latitude, longitude, km)


def test_ids_come_as_they_are_asked_for() -> None:
    asked: list[tuple[Any, ...]] = []

    class Catalog:
        def rows(self, sql: str, *values: Any) -> list[tuple[int]]:
            asked.append((" ".join(sql.split()), *values))
            return [(3,), (2**40,)]

    ids = matching(cast(Any, Catalog()), AllOf((WIDE, Has("camera"))))
    assert (ids.tolist(), ids.dtype) == ([3, 2**40], np.int64)
    (asked_once,) = asked
    assert asked_once[1:] == (7,)
    assert asked_once[0].endswith("WHERE ((width_px) > ? AND (camera) IS NOT NULL) ORDER BY id")
