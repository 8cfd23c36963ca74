"""The vectors in memory: from their file if it is intact, else from the catalog.

A reader follows the catalog from one revision to the next by the ids that changed; it reads the
whole file again only if the writer has written a newer one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from store.catalog.images import stacked_arrays_of, vectors_after, vectors_of
from store.catalog.models import Model, activate, recall_queries
from store.columns.tables import INTEGER
from store.errors import CrossgraphError
from store.sqlite.catalog_file import CatalogFile
from store.types import Block, TopK
from store.vectors import choose
from store.vectors.flat import FlatIndex
from store.vectors.generation import (
    Generation,
    is_whole,
    read_generation,
    remove_others,
    write_generation,
)
from store.vectors.live import LiveVectors
from store.vectors.read_vectors import ReadVectors
from store.vectors.vector_file import DamagedVectors
from store.vectors.vector_index import FileIndex

__all__ = ["VectorCache"]

ALWAYS_COMPACT = 20_000
"""An index up to this size gets a new file after any change: it takes a fraction of a second."""

FEW = 1_000
"""Up to this many allowed vectors are read from the catalog and compared: it takes 15 ms at most,
and nothing has to be in memory. For more, a search that excludes the others is faster."""


@dataclass(frozen=True)
class _State:
    """The catalog's revision and record of the file, read in one snapshot."""

    revision: int
    generation: Generation | None


class VectorCache:
    """Manages one model's vectors of an index, and their file.

    Args:
        folder: the index's folder.
        catalog: its open catalog.
        model: the model whose vectors these are.

    Attributes:
        read: vectors that a search read from the catalog.
    """

    def __init__(self, folder: Path, catalog: CatalogFile, model: Model) -> None:
        self.read = ReadVectors()
        self._folder = folder
        self._catalog = catalog
        self._model = model
        self._live: LiveVectors | None = None
        self._revision = -1
        self._on_file = False  # whether the base was loaded from the file

    def mark_changed(self, replaced: Sequence[int]) -> None:
        """Record that vectors changed, in the transaction that changes them.

        Args:
            replaced: ids whose vectors were replaced or removed; new ids need not be given.
        """
        revision = self._state().revision + 1
        self._catalog.set_meta(revision=revision)
        rows = [(revision, image_id) for image_id in replaced]
        self._catalog.put("changes", rows, instead="OR IGNORE")

    def search(
        self, query: NDArray[np.float32], k: int, within: NDArray[np.int64] | None = None
    ) -> TopK:
        """Return ids and inner products of the k nearest vectors that the catalog has now.

        Args:
            query: (D,) float32.
            k: how many to return.
            within: (M,) the only ids to return; None for all.
        """
        with self._catalog.snapshot():
            if within is not None and len(within) <= FEW:
                return self._among(within).search(query, k)
            try:
                result = self._current().search(query, k, self._stored, within)
            except DamagedVectors:
                # Found in a part of the file that was not checked before.
                self._live = self._from_catalog(self._state().revision)
                result = self._live.search(query, k, self._stored, within)
            if within is None or len(result[0]) >= k or len(result[0]) == len(within):
                return result
            # The lists that were searched have fewer of these ids than there are.
            return self._among(within).search(query, k)

    def heal(self) -> None:
        """Write the file of a small index that lacks one, if possible.

        The file only saves time, so a full or read-only disk, or another writing process, does not
        make a search fail.
        """
        live = self._live
        if self._on_file or live is None or len(live.base) > ALWAYS_COMPACT:
            return
        lock = self._catalog.lock
        if lock.is_held or self._catalog.connection.in_transaction or not lock.try_acquire():
            return
        try:
            with suppress(OSError, CrossgraphError):
                self.compact()
        finally:
            lock.release()

    def revision(self) -> int:
        """Return a number that changes with the vectors."""
        return self._catalog.revision()

    def generation(self) -> Generation | None:
        """Return the record of the vector file; None if there is none for this model."""
        return self._state().generation

    def compact(self) -> None:
        """Update the vector file, as the only writer, if it lacks more than readers can follow.

        Raises:
            OSError: the file cannot be written.
            IndexNotWritable: the catalog cannot record it.
        """
        with self._catalog.snapshot():
            recorded, lacking = self._lacking()
            if lacking > _tolerable(0 if recorded is None else recorded.count):
                current = False  # known without reading any vector
            else:
                live = self._current()
                # An exact index was checked when it was read; of others, a search checks only the
                # lists that it reads.
                current = self._on_file and (live.base.exact or is_whole(self._folder, recorded))
        if not current:
            self.rebuild()
        elif recorded is not None:
            remove_others(self._folder, recorded.name)  # an earlier run may have ended before this

    def compact_in_passing(self) -> None:
        """Update the file between two batches, if the changes it lacks outnumber its vectors.

        It may always lack `ALWAYS_COMPACT` changes. Without an update, no vector is read.

        Raises:
            OSError: the file cannot be written.
        """
        with self._catalog.snapshot():
            recorded, lacking = self._lacking()
        if lacking > max(ALWAYS_COMPACT, 0 if recorded is None else recorded.count):
            self.rebuild()

    def rebuild(self, *, take_over: bool = False) -> None:
        """Rewrite the vector file from the catalog, as the only writer.

        Args:
            take_over: make this cache's model the active one with the new file, and drop others.

        Raises:
            OSError: the file cannot be written; the old vectors stay active.
        """
        self._live = None  # frees the old vectors before the new ones are in memory
        with self._catalog.snapshot():
            revision = self._state().revision
            base, measured, last_id = self._built()
        self._live, self._revision, self._on_file = LiveVectors(base, last_id), revision, False
        written = write_generation(
            self._folder,
            base,
            measured,
            model_id=self._model.id,
            revision=revision,
            last_id=last_id,
        )
        with self._catalog.transaction():
            if take_over:
                activate(self._catalog, self._model)
            self._catalog.set_meta(vectors=written.to_record())
            self._catalog.execute("DELETE FROM changes WHERE revision <= ?", revision)
        self._live = None  # the next search opens the file, where the vectors are mapped
        remove_others(self._folder, written.name)

    def _lacking(self) -> tuple[Generation | None, int]:
        """Return the record of the file, and how many changes the file lacks."""
        recorded = self._state().generation
        last_id, revision = (0, -1) if recorded is None else (recorded.last_id, recorded.revision)
        sql = f"""SELECT max(0, coalesce((SELECT max(image_id) FROM {self._model.vectors}), 0) - ?)
            + (SELECT count(*) FROM changes WHERE revision > ?)"""
        return recorded, int(next(self._catalog.rows(sql, last_id, revision))[0])

    def _state(self) -> _State:
        generation = Generation.from_record(self._catalog.meta().get("vectors"))
        if generation is not None and generation.model_id != self._model.id:
            generation = None
        return _State(self._catalog.revision(), generation)

    def _current(self) -> LiveVectors:
        """Return the vectors of this snapshot of the catalog."""
        state = self._state()
        if self._live is not None and self._revision == state.revision:
            return self._live
        pruned = -1 if state.generation is None else state.generation.revision
        if self._live is None or self._revision < pruned:
            self._live = self._loaded(state)
        if self._revision != state.revision:
            self._follow(self._live)
            self._revision = state.revision
        return self._live

    def _loaded(self, state: _State) -> LiveVectors:
        generation = state.generation
        if generation is not None:
            base = read_generation(self._folder, generation, self._model.dim)
            if base is not None:
                self._revision, self._on_file = generation.revision, True
                return LiveVectors(base, generation.last_id)
        return self._from_catalog(state.revision)

    def _from_catalog(self, revision: int) -> LiveVectors:
        """Return an exact index of any size: a search is waiting; the next writer makes a file."""
        self._revision, self._on_file = revision, False
        flat = FlatIndex(self._model.dim)
        last_id = 0
        for ids, vectors in self._blocks():
            flat.add(ids, vectors)
            last_id = int(ids[-1])
        return LiveVectors(flat, last_id)

    def _follow(self, live: LiveVectors) -> None:
        sql = "SELECT DISTINCT image_id FROM changes WHERE revision > ?"
        changed = [int(row[0]) for row in self._catalog.typed((INTEGER,), sql, self._revision)]
        live.remove(changed)
        known = [image_id for image_id in changed if image_id <= live.last_id]
        added = list(vectors_after(self._catalog, self._model, live.last_id))
        for start in range(0, len(known), FEW):
            some = np.array(known[start : start + FEW], dtype=np.int64)
            added += vectors_of(self._catalog, self._model, some)
        for ids, vectors in added:
            live.add(ids, vectors)

    def _built(self) -> tuple[FileIndex, choose.Measured, int]:
        """Build the index that suits this snapshot's vectors; return its highest image id too."""
        sql = f"SELECT count(*), coalesce(max(image_id), 0) FROM {self._model.vectors}"
        count, last_id = next(self._catalog.rows(sql))
        kept_queries = recall_queries(self._catalog, self._model)
        queries = np.zeros((0, self._model.dim)) if kept_queries is None else kept_queries
        base, measured = choose.build(
            self._model.dim, count, self._blocks, queries.astype(np.float32)
        )
        return base, measured, int(last_id)

    def _blocks(self) -> Iterator[Block]:
        return vectors_after(self._catalog, self._model, 0)

    def _among(self, image_ids: NDArray[np.int64]) -> FlatIndex:
        """Build an exact index of the vectors of some ids, as the catalog has them."""
        flat = FlatIndex(self._model.dim)
        for start in range(0, len(image_ids), FEW):
            for ids, vectors in vectors_of(
                self._catalog, self._model, image_ids[start : start + FEW]
            ):
                flat.add(ids, vectors)
        return flat

    def _stored(self, image_ids: Sequence[int]) -> NDArray[np.float32]:
        ids, arrays = stacked_arrays_of(self._catalog, self._model.vectors, image_ids)
        places = {image_id: place for place, image_id in enumerate(ids)}
        dim = self._model.dim
        if len(places) < len(set(image_ids)) or (ids and arrays.shape[1:] != (dim,)):
            raise self._catalog.damaged(f"fewer vectors of {self._model.name} than its vector file")
        order = [places[image_id] for image_id in image_ids]
        vectors = arrays[order].astype(np.float32).reshape(len(order), dim)
        self.read.keep(image_ids, vectors)
        return vectors


def _tolerable(base_count: int) -> int:
    """Return how many changes a reader may have to apply when it opens an index of this size."""
    return 0 if base_count <= ALWAYS_COMPACT else base_count // 50
