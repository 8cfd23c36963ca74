"""Spans of time, as text for people and as filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

__all__ = ["MONTHS", "TimeSpan", "month_span", "year_span"]

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

_NIGHT = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class TimeSpan:
    """Whole days, or hours, from a first to a last one; open at an end that is None.

    Attributes:
        first: the first day.
        last: the last day, which belongs to it.
        hours: its start and end times, in place of whole days.
    """

    first: date | None
    last: date | None
    hours: tuple[datetime, datetime] | None = None

    @classmethod
    def between(cls, start: datetime, end: datetime) -> Self:
        """Return the span from one time to another."""
        return cls(start.date(), end.date(), (start, end))

    @property
    def where(self) -> str:
        """Return the filter, with dates as short as can be.

        >>> month_span(2023, 5).where, TimeSpan(date(2019, 12, 24), date(2019, 12, 26)).where
        ('taken = 2023-05', 'taken >= 2019-12-24 and taken <= 2019-12-26')
        >>> TimeSpan(date(2019, 1, 1), None).where
        'taken >= 2019'
        """
        if self.hours is not None:
            start, end = (moment.strftime(_NIGHT) for moment in self.hours)
            return f"taken >= {start} and taken < {end}"
        first, last = self._first(), self._last()
        if first and first == last:
            return f"taken = {first}"
        parts = [f"taken >= {first}" if first else "", f"taken <= {last}" if last else ""]
        return " and ".join(part for part in parts if part)

    @property
    def label(self) -> str:
        """Return the span as text for people.

        >>> month_span(2023, 5).label, TimeSpan(date(2026, 6, 1), date(2026, 8, 31)).label
        ('May 2023', 'June to August 2026')
        >>> TimeSpan(None, date(2014, 12, 31)).label
        'up to 2014'
        """
        if self.hours is not None:
            start, end = (moment.strftime("%H:%M") for moment in self.hours)
            return f"{_said(self.hours[0].date().isoformat())} {start} to {end}"
        first, last = self._first(), self._last()
        if not first:
            return f"up to {_said(last)}"
        if not last:
            return f"since {_said(first)}"
        return _said(first) if first == last else _from_to(_said(first), _said(last))

    def _first(self) -> str:
        if self.first is None:
            return ""
        return _shortened(self.first, self._precision())

    def _last(self) -> str:
        return "" if self.last is None else _shortened(self.last, self._precision())

    def _precision(self) -> int:
        """Return how many parts a date needs: 1 for whole years, 2 for whole months, else 3."""
        begins = self.first is None or self.first.day == 1
        after = None if self.last is None or self.last == date.max else _next_day(self.last)
        ends = after is None or after.day == 1
        if not (begins and ends):
            return 3
        begins = self.first is None or self.first.month == 1
        return 1 if begins and (after is None or after.month == 1) else 2


def year_span(year: int) -> TimeSpan:
    """Return a whole year."""
    return TimeSpan(date(year, 1, 1), date(year, 12, 31))


def month_span(year: int, month: int) -> TimeSpan:
    """Return a whole month.

    >>> month_span(2024, 2).last
    datetime.date(2024, 2, 29)
    """
    first = date(year, month, 1)
    return TimeSpan(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def _next_day(day: date) -> date:
    return day + timedelta(days=1)


def _shortened(day: date, parts: int) -> str:
    return "-".join(day.isoformat().split("-")[:parts])


def _from_to(first: str, last: str) -> str:
    """Return both ends as text, with common parts, such as the year, only once.

    >>> _from_to("24 December 2019", "26 December 2019"), _from_to("2015", "2018")
    ('24 to 26 December 2019', '2015 to 2018')
    """
    words, others = first.split(), last.split()
    shared = 0
    while shared < len(words) - 1 and words[-1 - shared] == others[-1 - shared]:
        shared += 1
    return f"{' '.join(words[: len(words) - shared])} to {last}"


def _said(text: str) -> str:
    """Return a filter's date as people write it.

    >>> _said("2019-12-24"), _said("2023-05"), _said("2019")
    ('24 December 2019', 'May 2023', '2019')
    """
    year, *others = text.split("-")
    month = MONTHS[int(others[0]) - 1] if others else ""
    day = str(int(others[1])) if len(others) > 1 else ""
    return " ".join(part for part in (day, month, year) if part)
