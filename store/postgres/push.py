"""Copying an index on disk into a database as a new generation, activated once it is complete."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from store.catalog.images import vectors_after
from store.catalog.models import recall_queries
from store.columns.half_precision import half_vectors
from store.errors import IndexDamaged, QueryError
from store.postgres.address import Address
from store.postgres.connection import Connection
from store.postgres.copying import copy_blobs, copy_vectors
from store.postgres.declarations import migrate
from store.postgres.generations import (
    CollectionGeneration,
    activate,
    begin,
    drop,
    generations,
    mark_ready,
    only_writer,
)
from store.postgres.photo_rows import write_facts
from store.postgres.recall import build_graph, measure
from store.postgres.scaled_vectors import VectorPlacement
from store.reader import IndexReader
from store.sqlite.catalog_file import CatalogFile
from store.types import Block, Progress

__all__ = ["Pushed", "push"]

WIDEST = 3_999
"""Largest width of a vector: pgvector's graph takes 4,000 numbers in half precision, one of which
`VectorPlacement` adds."""


@dataclass(frozen=True)
class Pushed:
    """The result of a push.

    Attributes:
        generation: number of the generation, which is active now.
        photos: number of photos in it.
        recall_at_100: as measured; None if there were no captions to measure with.
        copy_seconds: time to write all rows.
        build_seconds: time to build and measure the graph.
    """

    generation: int
    photos: int
    recall_at_100: float | None
    copy_seconds: float
    build_seconds: float


def push(
    index: IndexReader,
    address: Address,
    *,
    queries: NDArray[np.float32] | None = None,
    progress: Progress | None = None,
) -> Pushed:
    """Write an index into a database as a new generation, which becomes the active one.

    Searches go on meanwhile and never see a part of it. Rows that a killed push wrote are used if
    the index still has the same embeddings. The generation that was active before is kept, to go
    back to; older ones are dropped.

    Args:
        index: an open index; photos keep their ids.
        address: the address to write to.
        queries: (Q, D) vectors of captions with which the search is measured if the index keeps
            none.
        progress: called with photos done, photos in all, and what is being done.

    Raises:
        IndexUnavailable: the database cannot be reached, or went away.
        IndexNotWritable: the user of the address may not write there.
        IndexBusy: another process is writing the same collection.
        IndexDamaged: the index lacks an embedding.
        IndexTooNew: a newer version wrote the database.
        QueryError: the vectors are too wide for pgvector.
    """
    if index.model.dim > WIDEST:
        raise QueryError(
            f"the model has vectors of {index.model.dim} numbers, expected at most {WIDEST}"
        )
    server = Connection(address)
    try:
        migrate(server)
        with index.reading() as catalog, only_writer(server, address.collection):
            return _Push(index, catalog, server, progress or (lambda *_: None)).run(queries)
    finally:
        server.close()


class _Push:
    """One push, from one snapshot of the index."""

    def __init__(
        self, index: IndexReader, catalog: CatalogFile, server: Connection, progress: Progress
    ) -> None:
        self._index, self._catalog, self._server = index, catalog, server
        self._progress = progress
        self._photos = len(index)

    def run(self, queries: NDArray[np.float32] | None) -> Pushed:
        collection = self._server.address.collection
        placement = VectorPlacement.of(self._index.model.dim, self._blocks)
        generation = begin(self._server, collection, self._content(), self._index.model, placement)
        began = time.perf_counter()
        self._copy_embeddings(generation, placement)
        write_facts(self._server, generation, self._catalog)
        copied = time.perf_counter()
        self._progress(self._photos, self._photos, "building the graph")
        has_graph = build_graph(self._server, generation, self._photos)
        kept = recall_queries(self._catalog, self._index.model)
        known = queries if kept is None else kept.astype(np.float32)
        ef_search, measured = measure(
            self._server, generation, has_graph, self._blocks, known, copied
        )
        before = [g.number for g in generations(self._server, collection) if g.state == "answers"]
        with self._server.transaction():
            mark_ready(self._server, generation, self._photos, ef_search, measured)
            activate(self._server, collection, generation.number)
        self._drop_old(collection, kept=[generation.number, *before])
        return Pushed(
            generation.number,
            self._photos,
            measured.recall_at_100,
            copied - began,
            measured.build_seconds,
        )

    def _copy_embeddings(
        self, generation: CollectionGeneration, placement: VectorPlacement
    ) -> None:
        """Copy vectors and nodes that are not there yet, about a thousand photos a transaction."""
        vectors, nodes = generation.table("vectors"), generation.table("nodes")
        sql = f"SELECT coalesce(max(image_id), 0), count(*) FROM {vectors}"
        last, done = self._server.rows(sql)[0]
        for ids, rows in vectors_after(self._catalog, self._index.model, last):
            halves = half_vectors(rows, ids, rows.shape)
            blobs = self._nodes(ids)
            with self._server.transaction():
                copy_vectors(self._server, vectors, ids, halves, placement.placed(rows))
                copy_blobs(self._server, nodes, ids.tolist(), blobs)
            done += len(ids)
            self._progress(done, self._photos, "copying")
        if done != self._photos:
            raise self._damaged(f"{self._photos} photos and the vectors of {done}")

    def _nodes(self, ids: NDArray[np.int64]) -> list[bytes]:
        """Return the photos' nodes for the re-ranker, as stored bytes."""
        sql = f"""SELECT image_id, nodes FROM {self._index.model.nodes}
            WHERE image_id IN (SELECT value FROM json_each(?))"""
        nodes_by_id: dict[int, bytes] = dict(self._catalog.rows(sql, json.dumps(ids.tolist())))
        if len(nodes_by_id) < len(ids):
            raise self._damaged(f"{len(ids) - len(nodes_by_id)} photos without nodes")
        return [nodes_by_id[image_id] for image_id in ids.tolist()]

    def _blocks(self) -> Iterator[Block]:
        return vectors_after(self._catalog, self._index.model, 0)

    def _content(self) -> str:
        """Return a digest that changes with any embedding of the index, and between indexes."""
        facts = next(
            self._catalog.rows(
                "SELECT count(*), max(id), total(size_bytes), total(mtime_ns) FROM images"
            )
        )
        revision = self._catalog.meta().get("revision", 0)
        content = json.dumps([self._index.model.fingerprint, revision, *facts])
        return hashlib.sha256(content.encode()).hexdigest()

    def _drop_old(self, collection: str, kept: list[int]) -> None:
        """Drop all generations except those kept: the active one and the one active before."""
        for old in generations(self._server, collection):
            if old.number not in kept:
                drop(self._server, old)

    def _damaged(self, reason: str) -> IndexDamaged:
        folder = self._index.folder
        return IndexDamaged(
            f"{folder} has {reason}: run `crossgraph verify --repair --index {folder}` and index "
            "its photos again"
        )
