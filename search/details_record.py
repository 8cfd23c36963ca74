"""A photo's metadata in JSON form: in hits, over HTTP, and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.printable import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.types import PhotoDetails, TextLine

__all__ = ["details_record", "full_details_record"]

NOTHING: dict[str, object] = {
    "title": None,
    "description": None,
    "tags": [],
    "people": [],
    "place": [],
    "rating": None,
    "latitude": None,
    "longitude": None,
}


def details_record(details: PhotoDetails | None) -> dict[str, object]:
    """Return what every hit contains: empty texts and unknown numbers are null.

    `place` lists the names of where it was taken, the narrowest first.
    """
    if details is None:
        return {name: list(value) if value == [] else value for name, value in NOTHING.items()}
    return {
        "title": printable(details.title) or None,
        "description": printable_lines(details.description) or None,
        "tags": [printable(tag) for tag in details.tags],
        "people": [printable(person.name) for person in details.people],
        "place": [printable(name) for name in details.places],
        "rating": details.rating,
        "latitude": details.latitude,
        "longitude": details.longitude,
    }


def full_details_record(details: PhotoDetails, lines: Sequence[TextLine]) -> dict[str, object]:
    """Return everything known about one photo, including where people and text are in it.

    A box is left, top, right and bottom edge, as shares of width and height; that of a person
    refers to the picture as stored in its file, and may be null.
    """
    return {
        **details_record(details),
        "city": printable(details.city) or None,
        "region": printable(details.region) or None,
        "country": printable(details.country) or None,
        "lens": printable(details.lens) or None,
        "utc_offset_min": details.utc_offset_min,
        "metadata_note": printable(details.note) or None,
        "regions": [
            {"name": printable(person.name), "box": None if person.box is None else [*person.box]}
            for person in details.people
        ],
        "text": [
            {
                "text": printable(line.text),
                "confidence": round(line.confidence, 4),
                "box": [round(edge, 4) for edge in line.box],
            }
            for line in lines
        ],
    }
