"""Data for the page of the whole library, from any kind of index."""

from __future__ import annotations

import hashlib
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.query.filters import parse_filter
from search.ranking.library_duplicates import duplicate_groups
from store import Index, IndexReader
from store.catalog.library_rows import UNDATED, LibraryRows, library_rows, perceptual_hashes_of_all
from store.catalog.saved import SavedSet, delete_saved, put_saved, saved_set, saved_sets
from store.columns.codec import time_to_row
from store.reader import CATALOG_NAME
from store.searched_index import ServedIndex
from store.sqlite.catalog_file import CatalogFile
from store.types import PhotoRecord

__all__ = [
    "DuplicateCache",
    "all_saved",
    "forget",
    "library_of",
    "one_saved",
    "save",
]

PAGE = 1000


def library_of(index: ServedIndex, where: str, only: list[int] | None = None) -> LibraryRows:
    """Return the photos that pass a filter, the newest first.

    Args:
        index: an index of any kind; one not on this machine's disk takes longer.
        where: the filter as typed; empty for all.
        only: the ids to choose from, such as those of an album; None for all.

    Raises:
        QueryError: the filter cannot be read.
    """
    expression = parse_filter(where) if where.strip() else None
    if isinstance(index, IndexReader):
        with index.reading() as catalog:
            rows = library_rows(catalog, expression)
    else:
        rows = _gathered(index)
        if expression is not None:
            rows = rows.only(np.asarray(list(index.matching(expression)), np.int64))
    return rows if only is None else rows.only(np.asarray(only, np.int64))


def _gathered(index: ServedIndex) -> LibraryRows:
    photos: list[PhotoRecord] = []
    after = 0
    while ids := index.ids_after(after, PAGE):
        photos.extend(index.photo_records(ids))
        after = ids[-1]
    taken = [UNDATED if p.file.taken is None else time_to_row(p.file.taken) for p in photos]
    order = sorted(range(len(photos)), key=lambda at: (-taken[at], -photos[at].image_id))
    ordered = [photos[at] for at in order]
    return LibraryRows(
        np.array([photo.image_id for photo in ordered], np.int64),
        np.array([photo.file.width_px for photo in ordered], np.int64),
        np.array([photo.file.height_px for photo in ordered], np.int64),
        np.array([taken[at] for at in order], np.int64),
    )


class DuplicateCache:
    """Caches the groups of near-duplicates of an index's latest state."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key = b""
        self._groups: list[list[int]] = []

    def groups(self, index: ServedIndex) -> list[list[int]]:
        """Return the ids of each group, the largest group first."""
        ids, hashes = _perceptual_hashes(index)
        key = hashlib.sha256(ids.tobytes() + hashes.tobytes()).digest()
        with self._lock:
            if key != self._key:
                self._groups = [ids[rows].tolist() for rows in duplicate_groups(hashes)]
                self._key = key
            return self._groups


def _perceptual_hashes(index: ServedIndex) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    if isinstance(index, IndexReader):
        with index.reading() as catalog:
            return perceptual_hashes_of_all(catalog)
    ids: list[int] = []
    while some := index.ids_after(ids[-1] if ids else 0, PAGE):
        ids += some
    hashes = index.perceptual_hashes(ids)
    known = [at for at, known_hash in enumerate(hashes) if known_hash is not None]
    values = np.array([hashes[at] for at in known], np.int64)
    return np.array([ids[at] for at in known], np.int64), values.view(np.uint64)


def all_saved(index: ServedIndex) -> list[SavedSet]:
    """Return all saved sets of an index; none for one that is not on this machine."""
    if not isinstance(index, IndexReader):
        return []
    with index.reading() as catalog:
        return saved_sets(catalog)


def one_saved(index: ServedIndex, set_id: int) -> SavedSet | None:
    """Return a saved set; None if there is none, or the index is not on this machine."""
    if not isinstance(index, IndexReader):
        return None
    with index.reading() as catalog:
        return saved_set(catalog, set_id)


def save(folder: Path, saved: SavedSet) -> SavedSet:
    """Save a set in an index and return it with its id.

    Raises:
        IndexBusy: another process is writing.
        QueryError: another one has its name.
    """
    with closing(_catalog(folder)) as catalog, catalog.transaction():
        return SavedSet(put_saved(catalog, saved), saved.name, saved.search, saved.photos)


def forget(folder: Path, set_id: int) -> bool:
    """Delete a set; return whether there was one. Raises IndexBusy as `save`."""
    with closing(_catalog(folder)) as catalog, catalog.transaction():
        return delete_saved(catalog, set_id)


def _catalog(folder: Path) -> CatalogFile:
    with Index.open(folder):  # which reports the error if there is no index
        pass
    return CatalogFile(folder / CATALOG_NAME)
