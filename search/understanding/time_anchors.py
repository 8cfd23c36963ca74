"""Times alone, without the words before them that make a range: "May 2023", "last week"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from search.understanding.holidays import HOLIDAYS, SEASONS
from search.understanding.relative_times import (
    MONTH_NUMBERS,
    WEEKDAYS,
    ago,
    last_or_this,
    latest,
    named,
    near_day,
    past,
)
from search.understanding.time_spans import TimeSpan, month_span, year_span

__all__ = ["Anchor", "Certainty", "anchor_at"]

FIRST_PHOTO = 1826
SHORT_MONTHS = {name[:3]: number for name, number in MONTH_NUMBERS.items()} | {"sept": 9}
NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
UNITS = {f"{unit}{end}": unit for unit in ("day", "week", "month", "year") for end in ("", "s")}
LONGEST_NAME = max(map(len, HOLIDAYS))

_YEAR = re.compile(r"[12]\d{3}")
_YEAR_OF_TWO = re.compile(r"'(\d\d)")
_YEARS = re.compile(r"([12]\d{3})[-\u2013/]([12]\d{3})")
_WINTER = re.compile(r"([12]\d{3})[-\u2013/]((?:[12]\d)?\d\d)")
_DECADE = re.compile(r"([12]\d\d)0'?s")
_ISO = re.compile(r"([12]\d{3})-(\d\d)(?:-(\d\d))?")
_DOTTED = re.compile(r"(\d\d?)\.(\d\d?)\.([12]\d{3})")
_SLASHED = re.compile(r"(\d\d?)/(\d\d?)/([12]\d{3})")
_DAY = re.compile(r"(\d\d?)(st|nd|rd|th)?")


class Certainty(Enum):
    """What must stand before words for them to count as a time."""

    sure = "nothing"
    if_known = "nothing, where the collection has photos of then; else a word such as in"
    after_in = "a word such as in"
    after_on = "the word on"


@dataclass(frozen=True)
class Anchor:
    """A time that was read.

    Attributes:
        span: the span that it means.
        end: index of the first word after it.
        certainty: what must stand before it.
        others: what else it may mean.
    """

    span: TimeSpan
    end: int
    certainty: Certainty = Certainty.sure
    others: tuple[TimeSpan, ...] = ()


Words = Sequence[str]


def anchor_at(words: Words, at: int, today: date) -> Anchor | None:
    """Return the time that begins at a word; None if there is none."""
    if at >= len(words):
        return None
    for read in _READERS:
        found = read(words, at, today)
        if found is not None:
            return found
    return None


def _word(words: Words, at: int) -> str:
    return words[at] if 0 <= at < len(words) else ""


def _count(words: Words, at: int) -> tuple[int, int] | None:
    """Return a small number and the index after it: "3", "three", "a couple of"."""
    word = _word(words, at)
    if word in ("a", "the") and _word(words, at + 1) == "couple":
        return 2, at + 2 + (_word(words, at + 2) == "of")
    if word == "couple":
        return 2, at + 1 + (_word(words, at + 1) == "of")
    if word in NUMBERS:
        return NUMBERS[word], at + 1
    if word in ("a", "an"):
        return 1, at + 1
    return (int(word), at + 1) if word.isascii() and word.isdigit() and len(word) < 4 else None


def _year_of(words: Words, at: int, today: date) -> tuple[int, int] | None:
    """Return a year and the index after it, also after "of"."""
    at += _word(words, at) == "of"
    word = _word(words, at)
    if _YEAR.fullmatch(word) and FIRST_PHOTO <= int(word) <= today.year + 1:
        return int(word), at + 1
    if short := _YEAR_OF_TWO.fullmatch(word):
        year = today.year // 100 * 100 + int(short[1])
        return year if year <= today.year + 1 else year - 100, at + 1
    return None


def _day_number(word: str) -> tuple[int, bool] | None:
    """Return the number of a day, and whether its ending says so, as in "5th"."""
    found = _DAY.fullmatch(word)
    return (int(found[1]), found[2] is not None) if found and 1 <= int(found[1]) <= 31 else None


def _month_number(word: str, *, short: bool = True) -> int | None:
    return MONTH_NUMBERS.get(word) or (SHORT_MONTHS.get(word) if short else None)


def _day_span(year: int, month: int, day: int) -> TimeSpan | None:
    try:
        return TimeSpan(date(year, month, day), date(year, month, day))
    except ValueError:
        return None


def _written(words: Words, at: int, today: date) -> Anchor | None:
    """Read dates in figures: 2023-05-31, 31.5.2023, 5/31/2023, 2015-2018."""
    word = words[at]
    if (years := _YEARS.fullmatch(word)) and int(years[1]) < int(years[2]) <= today.year + 1:
        span = TimeSpan(date(int(years[1]), 1, 1), date(int(years[2]), 12, 31))
        return Anchor(span, at + 1, Certainty.if_known)
    if iso := _ISO.fullmatch(word):
        year, month, day = (int(part) if part else 0 for part in iso.groups())
        if not 1 <= month <= 12:
            return None
        span_or_none = _day_span(year, month, day) if day else month_span(year, month)
        return Anchor(span_or_none, at + 1) if span_or_none else None
    if dotted := _DOTTED.fullmatch(word):
        found = _day_span(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        return Anchor(found, at + 1) if found else None
    if slashed := _SLASHED.fullmatch(word):
        one, other, year = (int(part) for part in slashed.groups())
        spans = [_day_span(year, one, other), _day_span(year, other, one)]
        there = list(dict.fromkeys(span for span in spans if span is not None))
        return Anchor(there[0], at + 1, others=tuple(there[1:])) if there else None
    return None


def _counted(words: Words, at: int, today: date) -> Anchor | None:
    """Read "yesterday", "3 weeks ago", "the last two years"."""
    if words[at : at + 4] == ["the", "day", "before", "yesterday"]:
        day = today - timedelta(days=2)
        return Anchor(TimeSpan(day, day), at + 4)
    if near := near_day(words[at], today):
        return Anchor(near, at + 1)
    if (many := _count(words, at)) and _word(words, many[1] + 1) == "ago":
        unit = UNITS.get(_word(words, many[1]))
        span = ago(many[0], unit, today) if unit else None
        return Anchor(span, many[1] + 2) if span else None
    start = at + (words[at] == "the")
    if _word(words, start) in ("last", "past") and (many := _count(words, start + 1)):
        unit = UNITS.get(_word(words, many[1]))
        span = past(many[0], unit, today) if unit else None
        return Anchor(span, many[1] + 1) if span else None
    return None


def _last_or_this(words: Words, at: int, today: date) -> Anchor | None:
    if words[at] not in ("last", "this"):
        return None
    for length in range(LONGEST_NAME, 0, -1):
        name = tuple(words[at + 1 : at + 1 + length])
        if len(name) == length and (span := last_or_this(words[at], name, today)):
            return Anchor(span, at + 1 + length)
    return None


def _day_of_month(words: Words, at: int, today: date) -> Anchor | None:
    """Read "May 5, 2023", "5 May 2023", "the 5th of May", "May 5th"."""
    start = at + (words[at] == "the")
    month, day = _month_number(_word(words, start)), _day_number(_word(words, start + 1))
    end = start + 2
    if month is None or day is None:
        day = _day_number(_word(words, start))
        of = _word(words, start + 1) == "of"
        month = _month_number(_word(words, start + 1 + of))
        end = start + 2 + of
    if month is None or day is None:
        return None
    if year := _year_of(words, end, today):
        span = _day_span(year[0], month, day[0])
        return Anchor(span, year[1]) if span else None
    spans = [_day_span(today.year - back, month, day[0]) for back in (0, 1)]
    begun = [span for span in spans if span and span.first and span.first <= today]
    certainty = Certainty.sure if day[1] else Certainty.after_on
    return Anchor(begun[0], end, certainty) if begun else None


def _named(words: Words, at: int, today: date) -> Anchor | None:
    """Read months, seasons and holidays with a year, and months without one, as in "in May"."""
    start = at + (words[at] == "the")
    for length in range(LONGEST_NAME, 0, -1):
        name = tuple(words[start : start + length])
        if len(name) != length or not _is_named(name):
            continue
        end = start + length
        if name == ("winter",) and (both := _WINTER.fullmatch(_word(words, end))):
            return _two_year_winter(int(both[1]), both[2], end + 1)
        if year := _year_of(words, end, today):
            return _of_year(name, year[0], year[1])
        span = latest(name, today)
        if name[0] in MONTH_NUMBERS and start == at and span:
            return Anchor(span, end, Certainty.after_in)
    return None


def _is_named(name: tuple[str, ...]) -> bool:
    return name in HOLIDAYS or (
        len(name) == 1 and (name[0] in SEASONS or _month_number(name[0]) is not None)
    )


def _of_year(name: tuple[str, ...], year: int, end: int) -> Anchor | None:
    month = _month_number(name[0]) if len(name) == 1 else None
    span = month_span(year, month) if month else named(name, year)
    before = named(name, year - 1) if name == ("winter",) else None
    return Anchor(span, end, others=(before,) if before else ()) if span else None


def _two_year_winter(year: int, after: str, end: int) -> Anchor | None:
    if int(after) % 100 != (year + 1) % 100:
        return None
    span = named(("winter",), year)
    return Anchor(span, end) if span else None


def _part_of_year(words: Words, at: int, today: date) -> Anchor | None:
    """Read "early 2019", "the end of May 2020"."""
    start = at + (words[at] == "the")
    part = _word(words, start)
    if part not in _PARTS or (part in ("beginning", "end") and _word(words, start + 1) != "of"):
        return None
    inner = anchor_at(words, start + 1 + (_word(words, start + 1) == "of"), today)
    if inner is None or inner.span.first is None or inner.span.last is None:
        return None
    thirds, first, last = _PARTS[part], inner.span.first, inner.span.last
    if inner.span == year_span(first.year):
        months = [date(first.year, 1 + 4 * third, 1) for third in range(3)]
        end_of = [date(first.year, 4 * third + 4, 1) for third in range(3)]
        ending = month_span(first.year, end_of[thirds].month).last
        return Anchor(TimeSpan(months[thirds], ending), inner.end)
    if inner.span == month_span(first.year, first.month):
        days = [(1, 10), (11, 20), (21, last.day)][thirds]
        return Anchor(TimeSpan(first.replace(day=days[0]), first.replace(day=days[1])), inner.end)
    return None


_PARTS = {"early": 0, "beginning": 0, "mid": 1, "late": 2, "end": 2}


def _weekday(words: Words, at: int, today: date) -> Anchor | None:
    if words[at] not in WEEKDAYS:
        return None
    span = last_or_this("last", (words[at],), today)
    return Anchor(span, at + 1, Certainty.after_on) if span else None


def _year_or_decade(words: Words, at: int, today: date) -> Anchor | None:
    start = at + (words[at] == "the")
    if (decade := _DECADE.fullmatch(_word(words, start))) and int(decade[1]) * 10 <= today.year:
        first = int(decade[1]) * 10
        span = TimeSpan(date(first, 1, 1), date(first + 9, 12, 31))
        return Anchor(span, start + 1, Certainty.if_known)
    year = _year_of(words, at, today) if _YEAR.fullmatch(words[at]) else None
    return Anchor(year_span(year[0]), year[1], Certainty.if_known) if year else None


_READERS: tuple[Callable[[Words, int, date], Anchor | None], ...] = (
    _written, _counted, _last_or_this, _day_of_month, _part_of_year, _named, _weekday,
    _year_or_decade,
)  # fmt: skip
