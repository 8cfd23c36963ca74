"""The stored rows of one search's candidates, each read once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from store.searched_index import SearchedIndex
    from store.types import PhotoRecord, TextLine

__all__ = ["CandidateRows"]

Ids = NDArray[np.int64]


class CandidateRows:
    """Reads the stored rows of candidates, and keeps them for the later steps of the search.

    Args:
        index: an open index, within one snapshot for as long as this is used.
    """

    def __init__(self, index: SearchedIndex) -> None:
        self._index = index
        self._vectors: dict[int, NDArray[np.float32]] = {}
        self._nodes: dict[int, NDArray[Any]] = {}
        self._records: dict[int, PhotoRecord | None] = {}

    def vectors(self, image_ids: Ids) -> NDArray[np.float32]:
        """Return vectors, (K, D), in the order of the ids; raises KeyError for an unknown one."""
        return _rows(self._vectors, image_ids, self._index.vectors)

    def nodes(self, image_ids: Ids) -> NDArray[Any]:
        """Return nodes, (K, P), in the order of the ids; raises KeyError for an unknown one."""
        return _rows(self._nodes, image_ids, self._index.nodes)

    def records(self, image_ids: Ids) -> dict[int, PhotoRecord]:
        """Return everything known about photos except vectors, for those ids that exist."""
        ids: list[int] = image_ids.tolist()
        unread = [image_id for image_id in ids if image_id not in self._records]
        if unread:
            self._records.update(dict.fromkeys(unread))
            read = self._index.photo_records(np.array(unread, np.int64))
            self._records.update((photo.image_id, photo) for photo in read)
        found = ((image_id, self._records[image_id]) for image_id in ids)
        return {image_id: photo for image_id, photo in found if photo is not None}

    def lines(self, image_ids: Ids) -> dict[int, tuple[TextLine, ...]]:
        """Return the text that was read in photos, for those ids that have any."""
        return self._index.lines(image_ids)


def _rows(
    kept: dict[int, NDArray[Any]], image_ids: Ids, read: Callable[[Ids], NDArray[Any]]
) -> NDArray[Any]:
    ids: list[int] = image_ids.tolist()
    unread = [image_id for image_id in ids if image_id not in kept]
    if len(unread) == len(ids):
        rows = read(image_ids)
        kept.update(zip(ids, rows, strict=True))
        return rows
    if unread:
        kept.update(zip(unread, read(np.array(unread, np.int64)), strict=True))
    return np.stack([kept[image_id] for image_id in ids])
