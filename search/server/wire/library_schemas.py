"""Schemas for the whole library: months, albums, near-duplicates, EXIF."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from search.server.wire.schemas import ImageAnswer, MissingAnswer
from store.catalog.saved import LONGEST_NAME, LONGEST_SEARCH, MOST_PHOTOS

__all__ = [
    "DuplicatesAnswer",
    "ExifAnswer",
    "FieldsAnswer",
    "LibraryAnswer",
    "SavedAnswer",
    "SavedBody",
    "SavedListAnswer",
    "SavedSetRemoved",
]

ImageId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class MonthAnswer(BaseModel):
    """A month, and how many of the following photos were taken in it."""

    month: str = Field(description="2024-05; empty for photos without a date", examples=["2024-05"])
    photos: int


class LibraryAnswer(BaseModel):
    """Photos in the order they were taken, newest first, as columns of equal length."""

    total: int
    months: list[MonthAnswer]
    ids: list[int]
    widths_px: list[int]
    heights_px: list[int]
    degraded: bool
    missing: list[MissingAnswer]


class DuplicateGroupAnswer(BaseModel):
    """Photos that are nearly the same, the largest file first."""

    images: list[ImageAnswer]


class DuplicatesAnswer(BaseModel):
    """Some groups, the largest first, and where to continue; null at the end."""

    total: int
    photos: int
    groups: list[DuplicateGroupAnswer]
    next_offset: int | None


class ExifTagAnswer(BaseModel):
    """A fact that the camera or a program wrote into the file."""

    name: str
    value: str


class ExifAnswer(BaseModel):
    """All EXIF tags of a photo; the position is in degrees, positive to the north and east."""

    tags: list[ExifTagAnswer]
    latitude: float | None
    longitude: float | None


class FieldAnswer(BaseModel):
    """A field of filters."""

    name: str
    kind: str = Field(description="number, text or texts")
    operators: list[str]
    example: str


class FieldsAnswer(BaseModel):
    """All fields, by name."""

    fields: list[FieldAnswer]


class SavedBody(BaseModel):
    """A search to be run again, or an album of photos: one of the two."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"name": "Dogs in the snow", "search": "q=a+dog+in+snow"}]},
    )

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    search: Annotated[str, Field(max_length=LONGEST_SEARCH)] = ""
    photos: Annotated[list[ImageId], Field(max_length=MOST_PHOTOS)] = []


class SavedAnswer(BaseModel):
    """A search or an album; photos that left the index are not counted."""

    id: int
    name: str
    search: str
    photos: list[int]


class SavedListAnswer(BaseModel):
    """All searches and albums, by name."""

    saved: list[SavedAnswer]


class SavedSetRemoved(BaseModel):
    """The result of deleting a saved set; no file is deleted with it."""

    id: int
    file_deleted: bool
