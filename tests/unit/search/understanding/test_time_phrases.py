"""Times in queries, relative to a Sunday in November."""

from __future__ import annotations

from datetime import date

import pytest

from search.understanding.chips import ChipKind
from search.understanding.known_names import NameBook
from search.understanding.read_query import Known, read_query

TODAY = date(2026, 11, 29)
KNOWN = Known(NameBook(years=(2005, 2024)), TODAY)


@pytest.mark.parametrize(
    ("query", "rest", "where"),
    [
        ("dogs last summer", "dogs", "taken >= 2026-06 and taken <= 2026-08"),
        ("last winter", "", "taken >= 2025-12 and taken <= 2026-02"),
        ("a beach in May 2023", "a beach", "taken = 2023-05"),
        ("christmas 2019", "", "taken >= 2019-12-24 and taken <= 2019-12-26"),
        ("last christmas", "", "taken >= 2025-12-24 and taken <= 2025-12-26"),
        ("a cake at easter 2024", "a cake", "taken >= 2024-03-29 and taken <= 2024-04-01"),
        ("fireworks on New Year\u2019s Eve 2020", "fireworks", "taken = 2020-12-31"),
        ("2019 snow", "snow", "taken = 2019"),
        ("photos from 2015 to 2018", "", "taken >= 2015 and taken <= 2018"),
        ("from May to July 2020", "", "taken >= 2020-05 and taken <= 2020-07"),
        ("cats since 2018", "cats", "taken >= 2018"),
        ("cats before May 2015", "cats", "taken <= 2015-04"),
        ("after christmas 2019", "", "taken >= 2019-12-27"),
        ("5 May 2023", "", "taken = 2023-05-05"),
        ("the 5th of may 2021", "", "taken = 2021-05-05"),
        ("May 5th", "", "taken = 2026-05-05"),
        ("31.12.2019", "", "taken = 2019-12-31"),
        ("2023-05-31", "", "taken = 2023-05-31"),
        ("yesterday", "", "taken = 2026-11-28"),
        ("my dog this morning", "my dog", "taken >= 2026-11-29T00:00 and taken < 2026-11-29T12:00"),
        ("dinner last night", "dinner", "taken >= 2026-11-28T18:00 and taken < 2026-11-29T06:00"),
        ("last weekend", "", "taken >= 2026-11-21 and taken <= 2026-11-22"),
        ("on Monday", "", "taken = 2026-11-23"),
        ("3 weeks ago", "", "taken >= 2026-11-02 and taken <= 2026-11-08"),
        ("two years ago", "", "taken = 2024"),
        ("the last 3 months", "", "taken >= 2026-08-29 and taken <= 2026-11-29"),
        ("in the 1990s", "", "taken >= 1990 and taken <= 1999"),
        ("early 2019", "", "taken >= 2019-01 and taken <= 2019-04"),
        ("the end of May 2020", "", "taken >= 2020-05-21 and taken <= 2020-05-31"),
        ("summer '19", "", "taken >= 2019-06 and taken <= 2019-08"),
        ("in may", "", "taken = 2026-05"),
        ("dogs not in 2019", "dogs", "not (taken = 2019)"),
    ],
)
def test_a_time_becomes_a_filter_and_the_rest_is_looked_for(
    query: str, rest: str, where: str
) -> None:
    found = read_query(query, KNOWN)
    assert [chip.kind for chip in found.chips] == [ChipKind.time]
    assert (found.rest, found.where) == (rest, where)
    chip = found.chips[0]
    assert query[chip.start : chip.end] == chip.text


@pytest.mark.parametrize(
    "query",
    [
        "a summer day at the beach", "people march in the street", "may I see dogs",
        "a christmas tree", "about to fall", "a box spring mattress", "a sunday market",
        "the last train", "a clock at 10", "a bus with the number 1950", "the 1980s car",
        "a sign that says 2040", "at night", "in the morning", "a dog on monday's paper",
        "24 hours", "the day after tomorrow", "31.13.2019", "2023-13", "0000-00-00",
        "second hand", "a monday", "winter 2019/35", "from here to there", "between two trees",
    ],
)  # fmt: skip
def test_what_is_no_time_is_left_to_the_pictures(query: str) -> None:
    found = read_query(query, KNOWN)
    assert (found.rest, [chip.label for chip in found.chips]) == (query, [])


def test_a_number_is_a_year_where_there_are_photos_of_then() -> None:
    assert read_query("1999 party", KNOWN).chips == ()
    assert read_query("a party in 1999", KNOWN).where == "taken = 1999"


def test_where_no_photo_has_a_date_a_time_is_only_offered() -> None:
    found = read_query("dogs last summer", Known(NameBook(), TODAY))
    assert (found.rest, found.where) == ("dogs last summer", "")
    assert [chip.applied for chip in found.chips] == [False]


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("5/6/2019", ["6 May 2019", "5 June 2019"]),
        ("winter 2019", ["December 2019 to February 2020", "December 2018 to February 2019"]),
    ],
)
def test_a_time_that_may_be_two_offers_both(query: str, labels: list[str]) -> None:
    chip = read_query(query, KNOWN).chips[0]
    assert [choice.label for choice in chip.choices] == labels
    other = read_query(query, KNOWN, choose={query: f"time:{labels[1]}"})
    assert other.chips[0].label == labels[1]
    assert other.where == chip.choices[1].where


@pytest.mark.parametrize("year", [1, 1826, 9998, 9999])
def test_no_day_of_any_year_is_too_early_or_too_late(year: int) -> None:
    known = Known(NameBook(years=(year, year)), date(year, 1, 1))
    for query in ("last summer", "300 years ago", "the last 900 years", "winter 9999", "last week",
                  "the end of december 9999", "after 31.12.9999", "before 1.1.1826", "this weekend",
                  "last night", "yesterday"):  # fmt: skip
        read_query(query, known)
