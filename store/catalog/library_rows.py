"""All photos of a catalog in the order they were taken, as compactly as a page needs them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from store.catalog.selection import Expression, matching
from store.columns.tables import INTEGER, maybe
from store.sqlite.catalog_file import CatalogFile

__all__ = ["LibraryRows", "library_rows", "perceptual_hashes_of_all"]

UNDATED = np.iinfo(np.int64).min


@dataclass(frozen=True)
class LibraryRows:
    """N photos, the latest first; those without a date at the end, by descending id.

    Attributes:
        image_ids: (N,).
        widths_px: (N,), as shown.
        heights_px: (N,), as shown.
        taken_s: (N,), seconds since 1970 of the camera's own clock; `UNDATED` if unknown.
    """

    image_ids: NDArray[np.int64]
    widths_px: NDArray[np.int64]
    heights_px: NDArray[np.int64]
    taken_s: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.image_ids)

    def only(self, image_ids: NDArray[np.int64]) -> LibraryRows:
        """Return the photos with these ids, in the same order."""
        chosen = np.isin(self.image_ids, image_ids)
        return LibraryRows(
            self.image_ids[chosen],
            self.widths_px[chosen],
            self.heights_px[chosen],
            self.taken_s[chosen],
        )

    def months(self) -> list[tuple[str, int]]:
        """Return the months, `2024-05`, in order, with their numbers of photos; "" is no date.

        >>> times = np.array([86400 * 45, 86400 * 40, UNDATED])
        >>> LibraryRows(np.arange(3), np.arange(3), np.arange(3), times).months()
        [('1970-02', 2), ('', 1)]
        """
        dated = self.taken_s != UNDATED
        months = self.taken_s[dated].astype("datetime64[s]").astype("datetime64[M]")
        starts = np.flatnonzero(np.r_[len(months) > 0, months[1:] != months[:-1]]).tolist()
        ends = [*starts[1:], len(months)][: len(starts)]
        counts = [
            (str(months[start]), int(end - start)) for start, end in zip(starts, ends, strict=True)
        ]
        undated = int((~dated).sum())
        return [*counts, *([("", undated)] if undated else [])]


def library_rows(catalog: CatalogFile, expression: Expression | None = None) -> LibraryRows:
    """Return the photos that pass a filter, or all.

    Raises:
        QueryError: the filter is too large.
    """
    kinds = (INTEGER, INTEGER, INTEGER, maybe(INTEGER))
    rows = catalog.typed(kinds, "SELECT id, width_px, height_px, taken_s FROM images")
    facts = np.array(
        [
            (i, width, height, UNDATED if taken is None else taken)
            for i, width, height, taken in rows
        ],
        dtype=np.int64,
    ).reshape(-1, 4)
    facts = facts[np.lexsort((-facts[:, 0], -facts[:, 3]))]
    # The smallest integer negated is itself, so photos without a date would come first.
    facts = np.concatenate([facts[facts[:, 3] != UNDATED], facts[facts[:, 3] == UNDATED]])
    photos = LibraryRows(*(np.ascontiguousarray(column) for column in facts.T))
    return photos if expression is None else photos.only(matching(catalog, expression))


def perceptual_hashes_of_all(catalog: CatalogFile) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return the ids (N,), ascending, and perceptual hashes (N,) of all photos that have one."""
    sql = "SELECT id, look FROM images WHERE look NOT NULL ORDER BY id"
    rows = np.array(list(catalog.typed((INTEGER, INTEGER), sql)), dtype=np.int64).reshape(-1, 2)
    return np.ascontiguousarray(rows[:, 0]), np.ascontiguousarray(rows[:, 1]).view(np.uint64)
