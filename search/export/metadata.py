"""The metadata of photos that exported files contain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from search.details_record import details_record
from search.printable import printable

if TYPE_CHECKING:
    from store.types import PhotoRecord

__all__ = ["METADATA", "metadata_of"]

METADATA = (
    "taken", "camera", "title", "description", "tags", "people", "place", "rating", "latitude",
    "longitude",
)  # fmt: skip


def metadata_of(photo: PhotoRecord) -> dict[str, Any]:
    """Return the values of `METADATA`, as in the JSON of hits; None or empty if unknown."""
    file = photo.file
    return {
        "taken": None if file.taken is None else file.taken.isoformat(),
        "camera": None if file.camera is None else printable(file.camera),
        **details_record(photo.details),
    }
