"""Spans of time as filters and as phrases, at the ends of months and years."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from search.understanding.time_spans import MONTHS, TimeSpan, month_span, year_span


@pytest.mark.parametrize(
    ("first", "last", "where", "label"),
    [
        ((2019, 1, 1), (2019, 12, 31), "taken = 2019", "2019"),
        ((2019, 1, 1), (2020, 12, 31), "taken >= 2019 and taken <= 2020", "2019 to 2020"),
        ((2019, 5, 1), (2019, 5, 31), "taken = 2019-05", "May 2019"),
        ((2019, 1, 1), (2019, 1, 31), "taken = 2019-01", "January 2019"),
        ((2019, 12, 1), (2019, 12, 31), "taken = 2019-12", "December 2019"),
        (
            (2019, 2, 1),
            (2019, 12, 31),
            "taken >= 2019-02 and taken <= 2019-12",
            "February to December 2019",
        ),
        (
            (2019, 1, 1),
            (2019, 11, 30),
            "taken >= 2019-01 and taken <= 2019-11",
            "January to November 2019",
        ),
        (
            (2018, 12, 1),
            (2019, 2, 28),
            "taken >= 2018-12 and taken <= 2019-02",
            "December 2018 to February 2019",
        ),
        (
            (2020, 2, 1),
            (2020, 2, 28),  # a day before the month's end
            "taken >= 2020-02-01 and taken <= 2020-02-28",
            "1 to 28 February 2020",
        ),
        ((2020, 2, 1), (2020, 2, 29), "taken = 2020-02", "February 2020"),
        (
            (2019, 1, 2),
            (2019, 12, 31),
            "taken >= 2019-01-02 and taken <= 2019-12-31",
            "2 January to 31 December 2019",
        ),
        (
            (2018, 5, 31),
            (2019, 5, 31),
            "taken >= 2018-05-31 and taken <= 2019-05-31",
            "31 May 2018 to 31 May 2019",
        ),
        ((2019, 5, 9), (2019, 5, 9), "taken = 2019-05-09", "9 May 2019"),
        ((2019, 1, 1), None, "taken >= 2019", "since 2019"),
        ((2019, 2, 1), None, "taken >= 2019-02", "since February 2019"),
        ((2019, 2, 2), None, "taken >= 2019-02-02", "since 2 February 2019"),
        (None, (2019, 12, 31), "taken <= 2019", "up to 2019"),
        (None, (2019, 11, 30), "taken <= 2019-11", "up to November 2019"),
        (None, (2019, 12, 30), "taken <= 2019-12-30", "up to 30 December 2019"),
        (None, (9999, 12, 31), "taken <= 9999", "up to 9999"),
        ((1970, 1, 1), (1970, 1, 1), "taken = 1970-01-01", "1 January 1970"),
    ],
)
def test_dates_are_as_short_as_can_be(
    first: tuple[int, int, int] | None,
    last: tuple[int, int, int] | None,
    where: str,
    label: str,
) -> None:
    span = TimeSpan(first and date(*first), last and date(*last))
    assert (span.where, span.label) == (where, label)


def test_hours_are_told_by_the_day_on_which_they_begin() -> None:
    evening, morning = datetime(2019, 5, 30, 18, 5), datetime(2019, 5, 31, 6, 0)
    span = TimeSpan.between(evening, morning)
    assert (span.first, span.last, span.hours) == (
        date(2019, 5, 30),
        date(2019, 5, 31),
        (evening, morning),
    )
    assert span.where == "taken >= 2019-05-30T18:05 and taken < 2019-05-31T06:00"
    assert span.label == "30 May 2019 18:05 to 06:00"


def test_whole_years_and_months() -> None:
    assert year_span(2019) == TimeSpan(date(2019, 1, 1), date(2019, 12, 31))
    last_days = [month_span(2023, month).last for month in range(1, 13)]
    assert [day and day.day for day in last_days] == [
        *(31, 28, 31, 30, 31, 30),
        *(31, 31, 30, 31, 30, 31),
    ]
    assert month_span(2023, 12) == TimeSpan(date(2023, 12, 1), date(2023, 12, 31))
    assert [month_span(2023, n).label for n in range(1, 13)] == [f"{name} 2023" for name in MONTHS]
