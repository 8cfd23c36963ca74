"""Ids of photos of several indexes.

A photo's id is the one in its own index plus `STRIDE` times the position of that index in the list,
from 0. So ids of the first are unchanged, and all stay the same as long as indexes are only added
at the end.
"""

from __future__ import annotations

from dataclasses import replace

from store.catalog.selection import AllOf, AnyOf, Condition, Expression, Not

__all__ = ["STRIDE", "divided", "moved"]

STRIDE = 2**40
"""Ids per index; with 8,192 indexes all stay below 2**53, exact in any language."""


def divided(image_ids: list[int]) -> dict[int, list[int]]:
    """Return the ids in each index, by the index's position.

    >>> divided([3, STRIDE + 1, 2])
    {0: [3, 2], 1: [1]}
    """
    by_member: dict[int, list[int]] = {}
    for image_id in image_ids:
        by_member.setdefault(image_id // STRIDE, []).append(image_id % STRIDE)
    return by_member


def moved(expression: Expression, number: int) -> Expression:
    """Return a filter for the index at a position, with that index's own ids.

    >>> moved(Condition("id", "<", STRIDE + 5), 1)
    Condition(field='id', operator='<', value=5)
    """
    if isinstance(expression, Condition):
        if expression.field != "id" or isinstance(expression.value, str):
            return expression
        return replace(expression, value=expression.value - number * STRIDE)
    if isinstance(expression, Not):
        return Not(moved(expression.of, number))
    if isinstance(expression, AllOf):
        return AllOf(tuple(moved(each, number) for each in expression.of))
    if isinstance(expression, AnyOf):
        return AnyOf(tuple(moved(each, number) for each in expression.of))
    return expression
