"""The parts of a hit that frameworks receive."""

from __future__ import annotations

from search.printable import printable
from search.result import Hit
from store.photo_names import base_name

__all__ = ["metadata_of", "text_of"]

NAMES = (
    "path", "image_id", "rank", "score", "probability", "captions", "categories", "group", "taken",
    "camera", "title", "tags", "people", "place", "rating", "latitude", "longitude",
)  # fmt: skip
"""Fields of a hit's JSON form."""


def text_of(hit: Hit) -> str:
    r"""Return a photo's captions, a line each, or its file name if it has none.

    >>> from pathlib import Path
    >>> text_of(Hit(1, 2.5, 0.75, Path("/a.jpg"), 7, captions=("a dog", "a pet")))
    'a dog\na pet'
    >>> text_of(Hit(1, 2.5, 0.75, Path("/a.jpg"), 7))
    'a.jpg'
    """
    return "\n".join(map(printable, hit.captions)) or printable(base_name(hit.name))


def metadata_of(hit: Hit) -> dict[str, object]:
    """Return the fields of a hit's JSON form, without its duplicates and explanation."""
    record = hit.to_dict()
    return {name: record[name] for name in NAMES}
