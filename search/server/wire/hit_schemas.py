"""Schemas of hits, and of photos' metadata and text, in HTTP responses."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from search.result import HitGroup

__all__ = ["DetailsAnswer", "HitAnswer", "LineAnswer", "OldId", "RegionAnswer"]

OldId = Annotated[int, Field(deprecated=True, description="the old name of `image_id`")]


class DetailsAnswer(BaseModel):
    """A photo's metadata; null or empty where unknown."""

    title: str | None
    description: str | None
    tags: list[str]
    people: list[str]
    place: list[str] = Field(
        description=("names of the place where it was taken, the narrowest first")
    )
    rating: int | None
    latitude: float | None
    longitude: float | None


class HitAnswer(DetailsAnswer):
    """A photo that answers the query."""

    rank: int
    image_id: int
    id: OldId
    path: str
    score: float
    probability: float
    captions: list[str]
    categories: list[str]
    width_px: int | None
    height_px: int | None
    size_bytes: int | None
    taken: str | None
    taken_guessed: bool
    camera: str | None
    reranked: bool
    duplicates: list[HitAnswer]
    group: HitGroup
    explanation: dict[str, object] | None = None


class RegionAnswer(BaseModel):
    """A person in a photo; the box is in shares of the picture as stored in its file."""

    name: str
    box: list[float] | None


class LineAnswer(BaseModel):
    """A line of text in a photo; the box is in shares of its width and height as shown."""

    text: str
    confidence: float
    box: list[float]
