"""Times relative to today: "last summer", "3 weeks ago", "yesterday"."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from search.understanding.holidays import HOLIDAYS, SEASONS, season_span
from search.understanding.time_spans import MONTHS, TimeSpan, month_span, year_span

__all__ = ["MONTH_NUMBERS", "WEEKDAYS", "ago", "last_or_this", "latest", "near_day", "past"]

NAMED_DAYS = {"today": 0, "yesterday": 1}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTH_NUMBERS = {month.lower(): number for number, month in enumerate(MONTHS, 1)}
SATURDAY = 5

EVENING, MORNING, NOON, MIDNIGHT = time(18), time(6), time(12), time(0)
_HOURS = {"morning": (MIDNIGHT, NOON), "afternoon": (NOON, EVENING)}


def near_day(word: str, today: date) -> TimeSpan | None:
    """Return today or yesterday; None for another word."""
    if word not in NAMED_DAYS:
        return None
    day = today - timedelta(days=NAMED_DAYS[word])
    return TimeSpan(day, day)


def last_or_this(which: str, words: tuple[str, ...], today: date) -> TimeSpan | None:
    """Return the last such time that has ended before today, or this year's, month's or week's.

    Args:
        which: "last" or "this".
        words: the words of "year", "summer", "may", "monday", "christmas eve" and so on.
        today: the day to count from.

    >>> last_or_this("last", ("summer",), date(2026, 7, 1)).label
    'June to August 2025'
    >>> last_or_this("last", ("lamp",), date(2026, 7, 1)) is None
    True
    """
    name = words[0]
    if len(words) == 1 and name in ("year", "month", "week", "weekend"):
        return _unit(name, which, today)
    if len(words) == 1 and name in ("night", "evening", *_HOURS):
        return _part_of_day(name, which, today)
    if len(words) == 1 and name in WEEKDAYS:
        return _weekday(WEEKDAYS.index(name), which, today)
    candidates = [each for year in (1, 0, -1) if (each := named(words, today.year - year))]
    if which == "last":
        ended = [each for each in candidates if each.last is not None and each.last < today]
        return ended[-1] if ended else None
    return next((each for each in candidates if _holds(each, today)), None) or named(
        words, today.year
    )


def named(words: tuple[str, ...], year: int) -> TimeSpan | None:
    """Return a season, month or holiday of a year; None if there is none with that name."""
    if len(words) == 1 and words[0] in SEASONS:
        return season_span(words[0], year)
    if len(words) == 1 and words[0] in MONTH_NUMBERS:
        return month_span(year, MONTH_NUMBERS[words[0]])
    return HOLIDAYS[words](year) if words in HOLIDAYS else None


def latest(words: tuple[str, ...], today: date) -> TimeSpan | None:
    """Return the latest one that has begun, for example this year's May from 1 May on."""
    spans = [each for year in (0, 1) if (each := named(words, today.year - year))]
    return next((each for each in spans if each.first is not None and each.first <= today), None)


def ago(count: int, unit: str, today: date) -> TimeSpan | None:
    """Return the day, week (from Monday), month or year `count` ago; None before the calendar.

    >>> ago(3, "month", date(2026, 2, 10)).label, ago(2, "day", date(2026, 3, 1)).label
    ('November 2025', '27 February 2026')
    """
    try:
        if unit == "day":
            day = today - timedelta(days=count)
            return TimeSpan(day, day)
        if unit == "week":
            monday = today - timedelta(days=today.weekday() + 7 * count)
            return TimeSpan(monday, monday + timedelta(days=6))
        if unit == "month":
            months = 12 * today.year + today.month - 1 - count
            return month_span(months // 12, months % 12 + 1)
        return year_span(today.year - count)
    except (ValueError, OverflowError):
        return None


def past(count: int, unit: str, today: date) -> TimeSpan | None:
    """Return the time from `count` days, weeks, months or years ago until today.

    >>> past(2, "week", date(2026, 3, 15)).label
    '1 to 15 March 2026'
    """
    try:
        if unit in ("day", "week"):
            days = count * (7 if unit == "week" else 1)
            return TimeSpan(today - timedelta(days=days), today)
        months = count * (12 if unit == "year" else 1)
        whole = 12 * today.year + today.month - 1 - months
        last = month_span(whole // 12, whole % 12 + 1).last
        day = today.day if last is None else min(today.day, last.day)
        return TimeSpan(date(whole // 12, whole % 12 + 1, day), today)
    except (ValueError, OverflowError):
        return None


def _holds(span: TimeSpan, today: date) -> bool:
    return span.first is not None and span.last is not None and span.first <= today <= span.last


def _unit(unit: str, which: str, today: date) -> TimeSpan | None:
    back = 1 if which == "last" else 0
    if unit != "weekend":
        return ago(back, unit, today)
    saturday = today + timedelta(days=SATURDAY - today.weekday() - 7 * back)
    return TimeSpan(saturday, saturday + timedelta(days=1))


def _weekday(number: int, which: str, today: date) -> TimeSpan:
    back = (today.weekday() - number) % 7
    if which == "last" and back == 0:
        back = 7
    day = today - timedelta(days=back)
    return TimeSpan(day, day)


def _part_of_day(name: str, which: str, today: date) -> TimeSpan | None:
    if name in ("night", "evening"):
        day = today - timedelta(days=1) if which == "last" else today
        morning = datetime.combine(day + timedelta(days=1), MORNING)
        end = morning if name == "night" else datetime.combine(day + timedelta(days=1), MIDNIGHT)
        return TimeSpan.between(datetime.combine(day, EVENING), end)
    if which == "last":
        return None
    start, end = (datetime.combine(today, moment) for moment in _HOURS[name])
    return TimeSpan.between(start, end)
