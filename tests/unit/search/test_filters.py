"""Filters as people write them, what they mean, and the errors for invalid ones."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search.query.filters import parse_filter
from store import QueryError
from store.catalog.selection import AllOf, AnyOf, Condition, Expression, Has, Near, Not
from store.columns.codec import time_to_row

WIDE = Condition("width", ">", 1000)
DOG, SOFA = (Condition("category", "=", name) for name in ("dog", "sofa"))


def seconds(*when: int) -> int:
    return time_to_row(datetime(*when))  # type: ignore[arg-type]


def since(*when: int) -> Condition:
    return Condition("taken", ">=", seconds(*when))


def before(*when: int) -> Condition:
    return Condition("taken", "<", seconds(*when))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("width > 1000", WIDE),
        ("WIDTH>1000", WIDE),
        ("(((width > 1000)))", WIDE),
        ("megapixels >= 2.5", Condition("megapixels", ">=", 2.5)),
        ("category = 'dog' and category = 'sofa'", AllOf((DOG, SOFA))),
        ("category = dog or category == sofa and width > 1000", AnyOf((DOG, AllOf((SOFA, WIDE))))),
        ("(category = dog or category = sofa) AND width > 1000", AllOf((AnyOf((DOG, SOFA)), WIDE))),
        ("not category = dog and width > 1000", AllOf((Not(DOG), WIDE))),
        ("not not width > 1000", Not(Not(WIDE))),
        ("category in (dog, 'sofa')", AnyOf((DOG, SOFA))),
        ("category not in (dog)", Not(AnyOf((DOG,)))),
        ("has captions and not has camera", AllOf((Has("caption"), Not(Has("camera"))))),
        ("caption ~ 'a dog''s life'", Condition("caption", "~", "a dog's life")),
        ('camera = "6"" lens; it\'s"', Condition("camera", "=", "6\" lens; it's")),
        ("path like */rome/img_?.jpg", Condition("path", "~", "*/rome/img_?.jpg")),
        ("type = .JPG", Condition("suffix", "=", "JPG")),
        ("folder = /photos/2024", Condition("folder", "=", "/photos/2024")),
        ("name ~ 'and'", Condition("name", "~", "and")),
        ("orientation != portrait", Condition("orientation", "!=", "portrait")),
        ("size > 2MB", Condition("size", ">", 2_000_000)),
        ("size<=1.5 kib", Condition("size", "<=", 1536.0)),
        ("size > 2 and width > 1000", AllOf((Condition("size", ">", 2), WIDE))),
        ("id = -1", Condition("id", "=", -1)),
        ("taken >= 2024", since(2024, 1, 1)),
        ("taken > 2024", since(2025, 1, 1)),
        ("taken < 2024-05", before(2024, 5, 1)),
        ("taken <= 2024-02", before(2024, 3, 1)),
        ("taken = 2024-12", AllOf((since(2024, 12, 1), before(2025, 1, 1)))),
        ("taken != 2024-02-29", AnyOf((before(2024, 2, 29), since(2024, 3, 1)))),
        (
            "date = '2024-05-31 18:30'",
            AllOf((since(2024, 5, 31, 18, 30), before(2024, 5, 31, 18, 31))),
        ),
        ("taken <= 2024-05-31T23:59:59", before(2024, 6, 1)),
    ],
)
def test_what_is_written_is_meant(text: str, meant: Expression) -> None:
    assert parse_filter(text) == meant


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "expected a field .*found nothing"),
        ("widht > 3", 1, "'widht' is no field; did you mean 'width'"),
        ("width > abc", 9, "expected a number after `width >`, found 'abc'"),
        ("width > '12'' x'", 9, "expected a number"),
        ("width > 99999999999999999999", 9, "expected a number"),
        ("width >", 8, "expected a number after `width >`, found nothing"),
        ("width 7", 7, "expected an operator after `width`, found '7'"),
        ("width ~ 7", 7, "`width` takes = != < <= > >= in, found '~'"),
        ("camera < 7", 8, "`camera` takes = != ~ in, found '<'"),
        ("width > 7 height", 11, "expected `and`, `or` or the end, found 'height'"),
        ("(width > 7", 11, r"expected `\)`, `and` or `or`, found nothing"),
        ("width > 7)", 10, r"expected `and`, `or` or the end, found '\)'"),
        ("category in dog", 13, r"expected `\(` after `category in`"),
        ("category in (dog sofa)", 18, r"expected `,` or `\)`"),
        ("category in ()", 14, "expected a text in the list of `category in`"),
        ("width not > 7", 11, "expected `in` after `width not`"),
        ("width > 7 and", 14, "expected a field"),
        ("has 'camera'", 5, "expected a field after `has`"),
        ("name = 'a", 8, "quote ' is never closed"),
        ("width ! 7", 7, "'!' is no operator"),
        ("name = and", 8, "expected a text after `name =`, found 'and'"),
        ("orientation = tall", 15, "expected landscape, portrait or square"),
        ("size > 2XB", 8, "expected a size such as"),
        ("taken = 2024-13", 9, "expected a date such as"),
        ("taken = 2023-02-29", 9, "expected a date such as"),
        ("taken = yesterday", 9, "expected a date such as"),
        ("taken = 0000", 9, "expected a date"),
        ("taken > 9999", 9, "expected a date"),
        ("width > 7; DROP TABLE images", 9, "expected a number after `width >`, found '7;'"),
    ],
)
def test_what_means_nothing_is_told_where_and_why(text: str, column: int, said: str) -> None:
    with pytest.raises(QueryError, match=f"^the filter, column {column}: .*{said}") as told:
        parse_filter(text)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("deep", ["(" * 5000, "not " * 2000, "(" * 21 + "width > 1" + ")" * 21])
def test_deep_nesting_is_refused(deep: str) -> None:
    with pytest.raises(QueryError, match="nested more than 20 deep"):
        parse_filter(deep)


def test_a_long_text_is_refused() -> None:
    with pytest.raises(QueryError, match=r"has 100,000 characters, expected at most 10,000"):
        parse_filter("width > 1 or "[:10] * 10_000)


@given(st.text() | st.text(alphabet="()'\"<>=~!, andortkeninwidth019-."))
@example("taken = ٢٠٢٤")
@example("width > ²")
@example("name = \x00")
@example("name = '\ud800'")
def test_any_text_is_a_filter_or_is_refused(text: str) -> None:
    try:
        assert parse_filter(text)
    except QueryError as error:
        assert re.match(r"the filter, column \d+: ", str(error))


@given(st.text())
def test_whatever_stands_in_quotes_is_the_value(text: str) -> None:
    doubled = text.replace("'", "''")
    assert parse_filter(f"camera = '{doubled}'") == Condition("camera", "=", text)


def test_depth_is_counted_by_nesting_and_not_by_parts() -> None:
    meant = parse_filter(" and ".join(["(width > 1000)"] * 25))
    assert meant == AllOf((WIDE,) * 25)
    assert parse_filter(" or ".join(["not width > 1000"] * 25)) == AnyOf((Not(WIDE),) * 25)


def test_the_deepest_and_the_longest_that_are_taken() -> None:
    assert parse_filter("(" * 19 + "width > 1000" + ")" * 19) == WIDE
    with pytest.raises(QueryError, match="column 21: the filter is nested more than 20 deep"):
        parse_filter("(" * 20 + "width > 1000" + ")" * 20)
    longest = "width > 1000".ljust(10_000)
    assert parse_filter(longest) == WIDE
    with pytest.raises(QueryError, match="has 10,001 characters"):
        parse_filter(longest + " ")


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ("captions = x", "caption"),
        ("categories = x", "category"),
        ("ext = x", "suffix"),
        ("file = x", "name"),
    ],
)
def test_fields_have_other_names(other: str, field: str) -> None:
    assert parse_filter(other) == Condition(field, "=", "x")


def test_what_was_found_is_told_in_short() -> None:
    with pytest.raises(QueryError, match=f"found '{'x' * 40}'$"):
        parse_filter("width > " + "x" * 50)


def test_a_field_s_own_column_is_told_behind_blanks() -> None:
    told = r"column 4: 'colour' is no field; did you mean 'country'\? expected one of"
    with pytest.raises(QueryError, match=told):
        parse_filter("   colour = red")
    with pytest.raises(QueryError, match="column 14: 'colour' is no field"):
        parse_filter("width > 1 or colour = red")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("near(-90, -180, 1)", Near(-90, -180, 1)),
        ("near(90, 180, 2.5 km)", Near(90, 180, 2.5)),
        ("NEAR ( 41.9 , -12.5 , 300 M )", Near(41.9, -12.5, 0.3)),
        ("near(0, 90.5, 1000mi)", Near(0, 90.5, 1609.344)),
    ],
)
def test_places_are_near(text: str, meant: Near) -> None:
    found = parse_filter(text)
    assert isinstance(found, Near)
    assert (found.latitude, found.longitude) == (meant.latitude, meant.longitude)
    assert found.km == pytest.approx(meant.km, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("near(90.1, 0, 1)", 6, "expected a latitude of -90 to 90, found '90.1'"),
        ("near(-91, 0, 1)", 6, "expected a latitude of -90 to 90"),
        ("near(north, 0, 1)", 6, "expected a latitude"),
        ("near('1', 0, 1)", 6, "expected a latitude"),
        ("near(0, 180.5, 1)", 9, "expected a longitude of -180 to 180, found '180.5'"),
        ("near(0, -181, 1)", 9, "expected a longitude of -180 to 180"),
        ("near(0, 0, 0)", 12, "expected a distance above 0 such as 5km, 300m or 3mi, found '0'"),
        ("near(0, 0, -1)", 12, "expected a distance above 0"),
        ("near(0, 0, 5 yards)", 14, "expected `\\)` after the distance of `near`, found 'yards'"),
        ("near(0, 0, 5yards)", 12, "expected a distance"),
        ("near(0; 0, 1)", 6, "expected a latitude"),
        ("near(0 0, 1)", 8, "expected `,` in `near"),
        ("near(0, 0, 1", 13, "expected `\\)` after the distance of `near`, found nothing"),
    ],
)
def test_what_is_no_place_is_told(text: str, column: int, said: str) -> None:
    with pytest.raises(QueryError, match=f"^the filter, column {column}: .*{said}"):
        parse_filter(text)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0", 0),
        ("1b", 1),
        ("3kB", 3_000),
        ("3KiB", 3_072),
        ("2.5k", None),
        ("2.5kb", 2_500.0),
        ("1MB", 1_000_000),
        ("1mib", 1_048_576),
        ("1gb", 10**9),
        ("1gib", 2**30),
        ("1tb", 10**12),
        ("1tib", 2**40),
        ("1ib", None),
    ],
)
def test_sizes(written: str, value: float | None) -> None:
    if value is None:
        with pytest.raises(QueryError, match="expected a size such as 500kB or 2MB"):
            parse_filter(f"size = {written}")
        return
    meant = parse_filter(f"size = {written}")
    assert meant == Condition("size", "=", value)
    assert isinstance(meant, Condition)
    assert type(meant.value) is type(value)


@pytest.mark.parametrize(
    ("written", "first", "after"),
    [
        ("1970", (1970, 1, 1), (1971, 1, 1)),
        ("1970-01-01", (1970, 1, 1), (1970, 1, 2)),
        ("1969-12-31", (1969, 12, 31), (1970, 1, 1)),
        ("2024-1", (2024, 1, 1), (2024, 2, 1)),
        ("2024-02", (2024, 2, 1), (2024, 3, 1)),
        ("2023-2-28", (2023, 2, 28), (2023, 3, 1)),
        ("2024-04", (2024, 4, 1), (2024, 5, 1)),
        ("2024-12", (2024, 12, 1), (2025, 1, 1)),
        ("2024-12-31", (2024, 12, 31), (2025, 1, 1)),
        ("'2024-12-31 23:59'", (2024, 12, 31, 23, 59), (2025, 1, 1)),
        ("2024-05-31T7:05:09", (2024, 5, 31, 7, 5, 9), (2024, 5, 31, 7, 5, 10)),
        ("2024-05-31T23:59:59", (2024, 5, 31, 23, 59, 59), (2024, 6, 1)),
        ("0001", (1, 1, 1), (2, 1, 1)),
        ("9998", (9998, 1, 1), (9999, 1, 1)),
    ],
)
def test_a_time_is_all_that_it_says(
    written: str, first: tuple[int, ...], after: tuple[int, ...]
) -> None:
    start, end = seconds(*first), seconds(*after)
    assert parse_filter(f"taken = {written}") == AllOf((since(*first), before(*after)))
    assert parse_filter(f"taken != {written}") == AnyOf((before(*first), since(*after)))
    assert parse_filter(f"taken < {written}") == Condition("taken", "<", start)
    assert parse_filter(f"taken <= {written}") == Condition("taken", "<", end)
    assert parse_filter(f"taken > {written}") == Condition("taken", ">=", end)
    assert parse_filter(f"taken >= {written}") == Condition("taken", ">=", start)


def test_texts_are_taken_as_they_are_but_for_shapes_and_suffixes() -> None:
    assert parse_filter("orientation = SQUARE") == Condition("orientation", "=", "SQUARE")
    assert parse_filter("orientation ~ land") == Condition("orientation", "~", "land")
    assert parse_filter("suffix ~ .jp") == Condition("suffix", "~", ".jp")
    assert parse_filter("suffix != .jp.g") == Condition("suffix", "!=", "jp.g")
    assert parse_filter("name = .jpg") == Condition("name", "=", ".jpg")
    for text, value in (("width = 7", 7), ("megapixels = 7.0", 7.0), ("width = -7", -7)):
        meant = parse_filter(text)
        assert isinstance(meant, Condition)
        assert (meant.value, type(meant.value)) == (value, type(value))
