"""Ids of entries in COCO files, which programs write as integers, as strings and as 1.0."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from math import isfinite
from typing import TypeAlias

__all__ = ["Id", "by_number", "known_id", "plain_id"]

Id: TypeAlias = int | str

LONGEST = 1000
"""Most digits of an id that is compared as a number."""

_DIGITS = re.compile(r"\d+", re.ASCII)


def plain_id(value: object) -> Id | None:
    """Return an id in a normal form in which `1`, `"1"` and `1.0` are equal; None if it is invalid.

    >>> plain_id(1), plain_id(" 1 "), plain_id(1.0), plain_id("a"), plain_id("007"), plain_id(None)
    (1, 1, 1, 'a', '007', None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else str(value) if isfinite(value) else None
    if not isinstance(value, str) or not (text := value.strip()):
        return None
    try:
        number = int(float(text)) if text.endswith(".0") else int(text)
    except (ValueError, OverflowError):
        return text
    return number if text.removesuffix(".0") == str(number) else text


def by_number(ids: Iterable[Id]) -> dict[int, Id | None]:
    """Return the ids by their numeric values; None where several ids have the same value.

    >>> by_number(["007", "a", 8, "08"])
    {7: '007', 8: None}
    """
    numbers: dict[int, Id | None] = {}
    for each in ids:
        number = _number(each)
        if number is not None:
            numbers[number] = None if number in numbers else each
    return numbers


def known_id(value: Id, ids: Container[Id], numbers: Mapping[int, Id | None]) -> Id:
    """Return the known id that a value refers to: an equal one, or the only one of the same number.

    Some programs write `000000000139` in one place and 139 in the other. A value without such an id
    is returned unchanged.
    """
    if value in ids:
        return value
    number = _number(value)
    other = None if number is None else numbers.get(number)
    return value if other is None else other


def _number(value: Id) -> int | None:
    if isinstance(value, int):
        return value
    return int(value) if len(value) <= LONGEST and _DIGITS.fullmatch(value) else None
