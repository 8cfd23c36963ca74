"""Queries on an open catalog of this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from store.catalog import folders, quarantine
from store.catalog import images as rows
from store.catalog.annotations import captions_among, category_counts
from store.catalog.details import (
    PhotoReading,
    ids_without_text,
    lines_of,
    readings,
    unplaced,
)
from store.catalog.field_values import field_values
from store.catalog.photo_order import OrderedPhotos, PhotoOrder, in_order
from store.catalog.shards import FinishedShard, ShardKind, finished_shards
from store.sqlite.catalog_file import CatalogFile
from store.types import Ids, PhotoDetails, PhotoFile, QuarantinedFile, TextLine

__all__ = ["CatalogReader"]


class CatalogReader:
    """The part of an open index that reads only the catalog."""

    _catalog: CatalogFile

    def files(self, source: str | None = None) -> dict[int, PhotoFile]:
        """Return image id to file, of one source or of all, by ascending id."""
        return rows.files(self._catalog, source)

    def quarantined(self, source: str | None = None) -> list[QuarantinedFile]:
        """Return the files in quarantine, of one source or of all, by path."""
        return quarantine.quarantined(self._catalog, source)

    def damaged(self) -> list[PhotoFile]:
        """Return the photos whose files are only partly readable, by path."""
        return rows.damaged(self._catalog)

    def sources(self) -> dict[str, int]:
        """Return the folders photos were found through, sorted, with their numbers of photos."""
        return folders.sources(self._catalog)

    def passed_over(self) -> dict[str, int]:
        """Return kinds of files in its sources that are not read, such as `.cr3`, and how many."""
        counts: Counter[str] = Counter()
        for kinds in folders.passed_over(self._catalog).values():
            counts.update(kinds)
        return dict(counts)

    def mounts(self, source: str) -> tuple[str, ...]:
        """Return the folders below a source that were mount points when it was last read."""
        return folders.mounts(self._catalog, source)

    def category_counts(self, most: int) -> list[tuple[str, int]]:
        """Return categories and how many photos have each: the most first, equal ones by name."""
        return category_counts(self._catalog, most)

    def some_captions(self, most: int) -> list[str]:
        """Return at most `most` different captions, spread evenly over the photos."""
        return captions_among(self._catalog, most)

    def finished_shards(self, kind: ShardKind) -> Mapping[str, FinishedShard]:
        """Return files of many photos read completely, or started (with -1 photos), by path."""
        return finished_shards(self._catalog, kind)

    def find_content(self, sha256: str) -> int | None:
        """Return the id of a photo whose file has that hex digest, the lowest; None if none has."""
        return rows.find_content(self._catalog, sha256)

    def ids_after(self, image_id: int, most: int) -> list[int]:
        """Return at most `most` ids above one, ascending."""
        sql = "SELECT id FROM images WHERE id > ? ORDER BY id LIMIT ?"
        return [int(row[0]) for row in self._catalog.rows(sql, image_id, most)]

    def state(self) -> object:
        """Return a value that changes whenever others write to the catalog."""
        return next(self._catalog.rows("PRAGMA data_version"))[0]

    def in_order(
        self, order: PhotoOrder, most: int, within: NDArray[np.int64] | None = None
    ) -> OrderedPhotos:
        """Return at most `most` first photos of an order, and how many there are in all."""
        return in_order(self._catalog, order, most, within)

    def field_values(self, field: str, most: int = 1000) -> list[tuple[str, int]]:
        """Return the values of a filter field, and how many photos have each.

        The most frequent come first, equal ones by value, at most `most`; numbers come as text.

        Raises:
            ValueError: there is no such field.
        """
        return field_values(self._catalog, field, most)

    def lines(self, image_ids: Ids) -> dict[int, tuple[TextLine, ...]]:
        """Return the text that was read in photos, for those ids that have any."""
        return lines_of(self._catalog, [int(image_id) for image_id in image_ids])

    def readings(self) -> dict[int, PhotoReading]:
        """Return how each photo's metadata was read, for those whose metadata was read."""
        return readings(self._catalog)

    def unplaced(self, most: int) -> dict[int, PhotoDetails]:
        """Return at most `most` photos with coordinates whose places were not looked up."""
        return unplaced(self._catalog, most)

    def ids_without_text(self, reader: int) -> list[int]:
        """Return photos whose text was not read by this or a newer version of its reader."""
        return ids_without_text(self._catalog, reader)
