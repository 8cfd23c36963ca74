"""The metadata of photos, and the text in them, as columns of a database and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from store.columns.codec import text_to_row
from store.types import PersonRegion, PhotoDetails, TextLine

__all__ = ["details_to_row", "row_to_details", "row_to_lines", "storable"]


def storable(text: str) -> str:
    r"""Return a text with replacements for null characters and for what is not Unicode.

    PostgreSQL can store neither.

    >>> storable("a\0b\ud800")
    'a?b?'
    """
    return text_to_row(text).replace("\0", "?")


def details_to_row(details: PhotoDetails, lines: Sequence[TextLine]) -> tuple[object, ...]:
    """Return the values of the columns `store.postgres.declarations.DETAILS_COLUMNS`."""
    return (
        _told(details.title),
        _told(details.description),
        details.rating,
        _told(details.lens),
        details.latitude,
        details.longitude,
        *map(_told, (details.sublocation, details.city, details.region, details.country)),
        details.utc_offset_min,
        storable(details.note),
        [storable(tag) for tag in details.tags],
        [storable(person.name) for person in details.people],
        json.dumps([person.box for person in details.people]),
        [storable(line.text) for line in lines],
        json.dumps([(line.confidence, *line.box) for line in lines]),
    )


def row_to_details(row: Sequence[Any]) -> PhotoDetails:
    """Return the metadata in these columns; the lines are left out."""
    title, description, rating, lens, latitude, longitude, *names, offset, note = row[:12]
    tags, people, boxes = row[12:15]
    sublocation, city, region, country = (name or "" for name in names)
    return PhotoDetails(
        title=title or "",
        description=description or "",
        rating=rating,
        tags=tuple(tags),
        people=tuple(
            PersonRegion(name, None if box is None else tuple(box))
            for name, box in zip(people, boxes, strict=True)
        ),
        latitude=latitude,
        longitude=longitude,
        sublocation=sublocation,
        city=city,
        region=region,
        country=country,
        lens=lens or "",
        utc_offset_min=offset,
        note=note,
    )


def row_to_lines(texts: Sequence[str], boxes: Sequence[Sequence[float]]) -> tuple[TextLine, ...]:
    """Return the lines of text in the columns `lines` and `line_boxes`."""
    return tuple(
        TextLine(text, box[0], tuple(box[1:]))  # type: ignore[arg-type]
        for text, box in zip(texts, boxes, strict=True)
    )


def _told(text: str) -> str | None:
    return storable(text) if text else None
