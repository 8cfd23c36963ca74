"""Metadata values from one part of a file, limited in size, and how several parts are combined."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from store.types import PersonRegion, PhotoDetails, PhotoMetadata

__all__ = [
    "METADATA_READER",
    "MetadataValues",
    "degrees_or_none",
    "details_from",
    "line_of",
    "lines_of_text",
    "rating_or_none",
]

METADATA_READER = 1
"""Version of the metadata reader; an index records which version read a photo's metadata."""

MOST_TAGS = 500
MOST_PEOPLE = 200
LONGEST_NAME = 200
LONGEST_TITLE = 500
LONGEST_DESCRIPTION = 10_000
LONGEST_NOTE = 300


@dataclass(frozen=True)
class MetadataValues(PhotoMetadata):
    """The values in EXIF, IPTC, XMP or a sidecar; empty or None where there is none.

    Attributes:
        taken: when it was taken, by the camera's clock; whole seconds, no time zone.
        notes: what was left out or is invalid, a few words each.
    """

    taken: datetime | None = None
    notes: tuple[str, ...] = ()


def line_of(text: object, longest: int = LONGEST_NAME) -> str:
    r"""Return a text, up to any NUL, on one line of printable characters; empty if not a string.

    >>> line_of(" two\n\x1b[31mlines\0junk"), line_of(None)
    ('two [31mlines', '')
    """
    if not isinstance(text, str):
        return ""
    head = text[: 4 * longest].split("\0")[0]
    shown = "".join(letter if letter.isprintable() else " " for letter in head)
    return " ".join(shown.split())[:longest].rstrip()


def lines_of_text(text: object) -> str:
    """Return a text of several lines, each cleaned by `line_of`, without empty ones."""
    if not isinstance(text, str):
        return ""
    lines = text[:LONGEST_DESCRIPTION].replace("\r", "\n").split("\n")
    return "\n".join(line for each in lines if (line := line_of(each, LONGEST_DESCRIPTION)))


def degrees_or_none(latitude: float, longitude: float) -> tuple[float, float] | None:
    """Return a position; None if it is invalid, or 0, 0, which receivers write without a fix.

    >>> degrees_or_none(38.7, -9.1), degrees_or_none(0, 0), degrees_or_none(float("nan"), 5)
    ((38.7, -9.1), None, None)
    """
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude == 0 and longitude == 0):
        return None
    return float(latitude), float(longitude)


def rating_or_none(value: object) -> int | None:
    """Return stars, 1 to 5, or -1 for rejected; None for anything else, including 0.

    >>> rating_or_none("4"), rating_or_none("3.0"), rating_or_none(-1), rating_or_none("nan")
    (4, 3, -1, None)
    """
    try:
        stars = round(float(str(value)[:20]))
    except (ValueError, OverflowError):
        return None
    return stars if stars == -1 or 1 <= stars <= 5 else None


def details_from(parts: Sequence[MetadataValues], sidecars: str = "") -> PhotoDetails:
    """Combine parts: each value is taken from the first part that has it, lists are joined.

    Args:
        parts: the parts in order of precedence.
        sidecars: which sidecars were read, from `sidecars_state`.
    """

    def first(name: str) -> str:
        return next((text for part in parts if (text := getattr(part, name))), "")

    tags, people = _tags(parts), _people(parts)
    notes = [note for part in parts for note in part.notes]
    for what, values, most in (("tags", tags, MOST_TAGS), ("people", people, MOST_PEOPLE)):
        if len(values) > most:
            notes.append(f"{len(values) - most:,} of {len(values):,} {what} were left out")
    where = next((part for part in parts if part.latitude is not None), MetadataValues())
    return PhotoDetails(
        title=first("title"),
        description=first("description"),
        rating=next((part.rating for part in parts if part.rating is not None), None),
        tags=tuple(tags[:MOST_TAGS]),
        people=tuple(people[:MOST_PEOPLE]),
        latitude=where.latitude,
        longitude=where.longitude,
        sublocation=first("sublocation"),
        city=first("city"),
        region=first("region"),
        country=first("country"),
        lens=first("lens"),
        utc_offset_min=next(
            (part.utc_offset_min for part in parts if part.utc_offset_min is not None), None
        ),
        sidecars=sidecars,
        note=line_of("; ".join(dict.fromkeys(notes)), LONGEST_NOTE),
        reader=METADATA_READER,
    )


def _tags(parts: Iterable[MetadataValues]) -> list[str]:
    """Return all tags, each once regardless of case."""
    kept: dict[str, str] = {}
    for part in parts:
        for tag in part.tags:
            kept.setdefault(tag.casefold(), tag)
    return list(kept.values())


def _people(parts: Iterable[MetadataValues]) -> list[PersonRegion]:
    """Return all people, each name once; an entry with a box is preferred to one without."""
    kept: dict[str, PersonRegion] = {}
    for part in parts:
        for person in part.people:
            known = kept.get(person.name.casefold())
            if known is None or (known.box is None and person.box is not None):
                kept[person.name.casefold()] = person
    return list(kept.values())
