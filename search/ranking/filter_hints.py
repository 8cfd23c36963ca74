"""Hints for a filter that no photo passes: the values that exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from search.query.filters import parse_filter
from store.catalog.filter_fields import FIELDS
from store.catalog.photo_order import PhotoOrder
from store.catalog.selection import AllOf, AnyOf, Condition, Expression, Has
from store.columns.codec import row_to_time

if TYPE_CHECKING:
    from store.searched_index import SearchedIndex

__all__ = ["nothing_let_through"]

MOST_VALUES, MOST_FIELDS = 4, 3
MOST_NUMBERS = 10_000
"""Number of values among which the smallest and the largest are looked for."""


def nothing_let_through(index: SearchedIndex, where: str) -> str:
    """Return a line that no photo passes a filter, and which values would.

    These are the values that photos have in the fields where the filter asks for others.

    Args:
        index: the index that is searched.
        where: the filter.
    """
    return f"no photo passes the filter: {where}; {_hint(index, parse_filter(where))}"


def _hint(index: SearchedIndex, expression: Expression) -> str:
    failing: dict[str, None] = {}
    for part in _conditions(expression):
        if part.field not in failing and not len(index.matching(part)):
            failing[part.field] = None
    if not failing:
        return "photos pass each part of it, but none passes all"
    return "; ".join(_known(index, field) for field in list(failing)[:MOST_FIELDS])


def _conditions(expression: Expression) -> Iterator[Condition | Has]:
    if isinstance(expression, (Condition, Has)):
        yield expression
    elif isinstance(expression, (AllOf, AnyOf)):
        for part in expression.of:
            yield from _conditions(part)


def _known(index: SearchedIndex, field: str) -> str:
    if field == "taken":
        return _dates(index)
    if FIELDS[field].kind == "number":
        numbers = [float(value) for value, _ in index.field_values(field, MOST_NUMBERS)]
        if numbers:
            return f"{field}: {min(numbers):.15g} to {max(numbers):.15g}"
        return f"{field}: no photo has any"
    values = index.field_values(field, MOST_VALUES + 1)
    named = [
        f"{value[:60]!r} ({photos:,} photo{'' if photos == 1 else 's'})"
        for value, photos in values[:MOST_VALUES]
    ]
    more = ", …" if len(values) > MOST_VALUES else ""
    return f"{field}: {', '.join(named)}{more}" if named else f"{field}: no photo has any"


def _dates(index: SearchedIndex) -> str:
    days = []
    for backwards in (True, False):
        for photo in index.in_order(PhotoOrder("taken", backwards), 1).photos:
            if isinstance(photo.key, int):
                days.append(row_to_time(photo.key).date().isoformat())
    return f"taken: {days[0]} to {days[-1]}" if days else "taken: no photo has a date"
