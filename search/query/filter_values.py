"""Values of filters: texts converted to what fields are compared with, or rejected."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from store.catalog.selection import FIELDS, AllOf, AnyOf, Condition, Expression, Operator
from store.columns.codec import time_to_row

__all__ = ["DISTANCE_UNITS", "NEAR_VALUES", "TEXT_VALUES", "UNITS", "Unfit", "condition"]

SHAPES = ("landscape", "portrait", "square")
UNITS: dict[str, int] = {
    unit + last: int(base**power)
    for base, last in ((1000, "b"), (1024, "ib"))
    for power, unit in enumerate(("", "k", "m", "g", "t"))
    if last == "b" or unit
}
TEXT_VALUES = {
    name: "a number" if field.kind == "number" else "a text" for name, field in FIELDS.items()
} | {
    "size": "a size such as 500kB or 2MB",
    "taken": "a date such as 2024, 2024-05, 2024-05-31 or 2024-05-31T18:30",
    "orientation": "landscape, portrait or square",
}
"""What each field is compared with, in the words of a message."""

_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([a-zA-Z]*)")
_TIME = re.compile(
    r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2})"
    r"(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?)?)?"
)
DISTANCE_UNITS = {"": 1.0, "km": 1.0, "m": 0.001, "mi": 1.609344}
"""Units of distances, in kilometres; a number without a unit is in kilometres."""
_DISTANCE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-zA-Z]*)")


def _degrees(most: int) -> Callable[[str], float | None]:
    def read(text: str) -> float | None:
        number = float(text) if _NUMBER.fullmatch(text) else None
        return number if number is not None and -most <= number <= most else None

    return read


def _kilometres(text: str) -> float | None:
    match = _DISTANCE.fullmatch(text)
    factor = None if match is None else DISTANCE_UNITS.get(match[2].lower())
    if match is None or factor is None:
        return None
    return float(match[1]) * factor or None


NEAR_VALUES: tuple[tuple[str, Callable[[str], float | None]], ...] = (
    ("a latitude of -90 to 90", _degrees(90)),
    ("a longitude of -180 to 180", _degrees(180)),
    ("a distance above 0 such as 5km, 300m or 3mi", _kilometres),
)
"""The values of `near`: each as messages describe it, and the function that reads it from a text,
which returns None for other texts."""


class Unfit(ValueError):
    """The text is not a value of its field; the message says what was expected."""


def condition(field: str, operator: str, text: str) -> Expression:
    """Return the comparison of a field with a text.

    Raises:
        Unfit: the text is not a value of this field.

    >>> condition("size", ">", "2MB").value
    2000000
    """
    chosen = cast(Operator, operator)
    if field == "taken":
        return _taken(chosen, text)
    if field == "size":
        return Condition(field, chosen, _size(text))
    if FIELDS[field].kind == "number":
        return Condition(field, chosen, _number(field, text))
    if field == "orientation" and chosen != "~" and text.lower() not in SHAPES:
        raise Unfit(TEXT_VALUES[field])
    if field == "suffix" and chosen != "~":
        text = text.removeprefix(".")
    return Condition(field, chosen, text)


def _number(field: str, text: str) -> int | float:
    if _NUMBER.fullmatch(text) is None:
        raise Unfit(TEXT_VALUES[field])
    return float(text) if "." in text else int(text)


def _size(text: str) -> int | float:
    match = _SIZE.fullmatch(text)
    factor = None if match is None else UNITS.get(match[2].lower() or "b")
    if match is None or factor is None:
        raise Unfit(TEXT_VALUES["size"])
    return float(match[1]) * factor if "." in match[1] else int(match[1]) * factor


def _taken(operator: Operator, text: str) -> Expression:
    start, end = _span(text)
    if operator == "=":
        return AllOf((Condition("taken", ">=", start), Condition("taken", "<", end)))
    if operator == "!=":
        return AnyOf((Condition("taken", "<", start), Condition("taken", ">=", end)))
    # After a span means from its end on; up to and including it means before its end.
    bound: dict[str, tuple[Operator, int]] = {
        "<": ("<", start),
        "<=": ("<", end),
        ">": (">=", end),
        ">=": (">=", start),
    }
    return Condition("taken", *bound[operator])


def _span(text: str) -> tuple[int, int]:
    """Return the first second of a year, month, day, minute or second, and the one after it."""
    match = _TIME.fullmatch(text)
    given = [int(part) for part in match.groups() if part is not None] if match else [0]
    try:
        start = datetime(*(given + [1] * (3 - len(given))))  # type: ignore[arg-type]
        end = _after(start, len(given))
    except (ValueError, OverflowError) as error:
        raise Unfit(TEXT_VALUES["taken"]) from error
    return time_to_row(start), time_to_row(end)


def _after(start: datetime, parts: int) -> datetime:
    if parts == 1:
        return start.replace(year=start.year + 1)
    if parts == 2:
        return (start + timedelta(days=31)).replace(day=1)
    steps = {3: timedelta(days=1), 5: timedelta(minutes=1), 6: timedelta(seconds=1)}
    return start + steps[parts]
