"""The vectors in memory: from their file where that is in order, else from the catalog."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from store.catalog import stored_vectors
from store.database import CatalogFile
from store.errors import IndexNotWritable
from store.flat import FlatIndex
from store.generation import Generation, read_generation, remove_older, write_generation
from store.vectors import VectorIndex

__all__ = ["VectorCache"]

ROWS_AT_ONCE = 4096


class VectorCache:
    """Holds the vectors of one index, and their file.

    Args:
        folder: the index's folder.
        catalog: its open catalog.
        dim: width of its vectors.
    """

    def __init__(self, folder: Path, catalog: CatalogFile, dim: int) -> None:
        self._folder = folder
        self._catalog = catalog
        self._dim = dim
        self._held: VectorIndex | None = None
        self._held_revision = -1

    def mark_changed(self) -> None:
        """Say, inside the transaction that changes vectors, that their file is out of date."""
        self._catalog.set_meta(revision=self._revision() + 1)

    def current(self) -> VectorIndex:
        """Give the vectors as the catalog has them now; another process may have changed them."""
        revision = self._revision()
        if self._held is None or self._held_revision != revision:
            held = self._from_file(revision)
            self._held = self._from_catalog(revision) if held is None else held
            self._held_revision = revision
        return self._held

    def _revision(self) -> int:
        return int(self._catalog.meta().get("revision", 0))

    def _from_file(self, revision: int) -> FlatIndex | None:
        recorded = Generation.from_record(self._catalog.meta().get("vectors"))
        if recorded is None or recorded.revision != revision:
            return None
        return read_generation(self._folder, recorded, self._dim)

    def _from_catalog(self, revision: int) -> FlatIndex:
        index = FlatIndex(self._dim)
        rows = stored_vectors(self._catalog)
        while some := list(itertools.islice(rows, ROWS_AT_ONCE)):
            ids, vectors = zip(*some, strict=True)
            index.add(np.array(ids, dtype=np.int64), np.stack(vectors))
        try:
            written = write_generation(self._folder, index, revision)
            self._catalog.set_meta(vectors=written.to_record())
            remove_older(self._folder, written)
        except (OSError, IndexNotWritable):
            # The file only saves time: nobody is kept from searching by a full or read-only disk.
            return index
        return index
