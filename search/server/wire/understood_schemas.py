"""Schemas of how a query was read, and of values to filter by."""

from __future__ import annotations

from pydantic import BaseModel

from search.understanding.chips import ChipKind

__all__ = ["ChipAnswer", "ChoiceAnswer", "UnderstoodAnswer", "ValueAnswer"]


class ChoiceAnswer(BaseModel):
    """One of several things that a part of a query may mean."""

    id: str
    kind: ChipKind
    label: str
    where: str
    photos: int | None


class ChipAnswer(ChoiceAnswer):
    """A part of a query that names something the collection knows."""

    text: str
    start: int
    end: int
    applied: bool
    choices: list[ChoiceAnswer]


class UnderstoodAnswer(BaseModel):
    """How a query's text was read."""

    rest: str
    chips: list[ChipAnswer]


class ValueAnswer(BaseModel):
    """A value of a field and how many photos have it."""

    value: str
    photos: int
