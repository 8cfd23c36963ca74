"""Named days of the year, and seasons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from search.understanding.time_spans import TimeSpan, month_span

__all__ = ["HOLIDAYS", "SEASONS", "season_span"]

SATURDAY, SUNDAY, THURSDAY = 5, 6, 3


def _days(month: int, first: int, last: int | None = None) -> Callable[[int], TimeSpan]:
    return lambda year: TimeSpan(date(year, month, first), date(year, month, last or first))


def _easter(year: int) -> TimeSpan:
    """Return Good Friday to Easter Monday, by the Gregorian computus (Meeus, Jones, Butcher).

    >>> _easter(2024).last
    datetime.date(2024, 4, 1)
    """
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (
        19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15
    ) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    sunday = date(year, month, day + 1)
    return TimeSpan(sunday - timedelta(days=2), sunday + timedelta(days=1))


def _weekday_of_month(year: int, month: int, weekday: int, number: int) -> TimeSpan:
    first = date(year, month, 1)
    day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))
    return TimeSpan(day, day)


def _turn_of_the_year(year: int) -> TimeSpan:
    return TimeSpan(date(year - 1, 12, 31), date(year, 1, 1))


HOLIDAYS: dict[tuple[str, ...], Callable[[int], TimeSpan]] = {
    ("christmas",): _days(12, 24, 26),
    ("xmas",): _days(12, 24, 26),
    ("christmas", "eve"): _days(12, 24),
    ("christmas", "day"): _days(12, 25),
    ("boxing", "day"): _days(12, 26),
    ("new", "year's", "eve"): _days(12, 31),
    ("new", "years", "eve"): _days(12, 31),
    ("new", "year's", "day"): _days(1, 1),
    ("new", "years", "day"): _days(1, 1),
    ("new", "year's"): _turn_of_the_year,
    ("new", "year"): _turn_of_the_year,
    ("easter",): _easter,
    ("halloween",): _days(10, 31),
    ("thanksgiving",): lambda year: _weekday_of_month(year, 11, THURSDAY, 4),
    ("valentine's", "day"): _days(2, 14),
    ("valentines", "day"): _days(2, 14),
    ("mother's", "day"): lambda year: _weekday_of_month(year, 5, SUNDAY, 2),
    ("father's", "day"): lambda year: _weekday_of_month(year, 6, SUNDAY, 3),
    ("st", "patrick's", "day"): _days(3, 17),
    ("independence", "day"): _days(7, 4),
}
"""By their words; each returns the days of a year. Thanksgiving, mothers' and fathers' days and
Independence Day are those of the United States."""

SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""By name: the month in which it begins in the northern hemisphere; a season has three."""


def season_span(name: str, year: int) -> TimeSpan:
    """Return the three months of a season that begins in the given year.

    >>> season_span("winter", 2019).where
    'taken >= 2019-12 and taken <= 2020-02'
    """
    month = SEASONS[name]
    last_year, last_month = (year + 1, 2) if month == 12 else (year, month + 2)
    return TimeSpan(date(year, month, 1), month_span(last_year, last_month).last)
