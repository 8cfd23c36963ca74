"""The generations of a collection: the active one, the others, and how their state changes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from store.catalog.models import Model
from store.columns.tables import Row
from store.errors import IndexBusy, IndexNotFound, QueryError
from store.postgres.connection import Connection
from store.postgres.declarations import SCHEMA, TABLES, generation_tables, table
from store.postgres.scaled_vectors import VectorPlacement
from store.vectors.choose import Measured

__all__ = [
    "CollectionGeneration",
    "activate",
    "begin",
    "current_generation",
    "drop",
    "generations",
    "mark_ready",
    "only_writer",
]

_COLUMNS = """number, state, content, created, fingerprint, model, encoders, dim, unit_dim, scale,
    photos, ef_search, kind, recall_at_100, query_ms, build_seconds"""


@dataclass(frozen=True, eq=False)
class CollectionGeneration:
    """One state of an index.

    Attributes:
        number: counts up, over all collections of a database.
        state: `filling`, `ready`, or `answers` for the active one.
        content: a digest that changes when the embeddings of the pushed index change.
        created: when the push began.
        model: the model whose embeddings it has; its id is the generation's number.
        scale: (D,) as in `VectorPlacement`.
        photos: number of photos.
        ef_search: the `hnsw.ef_search` of searches; None if they compare all vectors.
        measured: how it is searched, with recall and time.
    """

    number: int
    state: str
    content: str
    created: datetime
    model: Model
    scale: NDArray[np.float32]
    photos: int
    ef_search: int | None
    measured: Measured

    def table(self, name: str) -> str:
        """Return the full name of one of its tables."""
        return table(name, self.number)


def current_generation(server: Connection, collection: str) -> CollectionGeneration:
    """Return the active generation.

    Raises:
        IndexNotFound: none is active.
    """
    active = [each for each in generations(server, collection) if each.state == "answers"]
    if not active:
        raise IndexNotFound(
            f"{server.address.shown} has no collection {collection} that answers: write one with "
            "`crossgraph push --to`"
        )
    return active[0]


def generations(server: Connection, collection: str) -> list[CollectionGeneration]:
    """Return all generations of a collection, the newest first."""
    sql = f"""SELECT {_COLUMNS} FROM {SCHEMA}.generations WHERE collection = %s
        ORDER BY number DESC"""
    return [_generation(row) for row in server.rows(sql, collection)]


def begin(
    server: Connection, collection: str, content: str, model: Model, placement: VectorPlacement
) -> CollectionGeneration:
    """Create a generation with its tables, or return an unfinished one with the same content.

    Unfinished generations with other content, which earlier pushes left, are dropped.
    """
    for left in generations(server, collection):
        if left.state == "filling":
            if left.content == content:
                return left
            drop(server, left)
    with server.transaction():
        rows = server.rows(
            f"""INSERT INTO {SCHEMA}.generations
            (collection, state, content, fingerprint, model, encoders, dim, unit_dim, scale)
            VALUES (%s, 'filling', %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}""",
            collection, content, model.fingerprint, model.name, model.encoders, model.dim,
            model.unit_dim, placement.scale.tolist(),
        )  # fmt: skip
        generation = _generation(rows[0])
        server.execute(generation_tables(generation.number, model.dim))
    return generation


def mark_ready(
    server: Connection,
    generation: CollectionGeneration,
    photos: int,
    ef_search: int | None,
    measured: Measured,
) -> None:
    """Record that a generation is complete, with its measurements."""
    server.execute(
        f"""UPDATE {SCHEMA}.generations SET state = 'ready', photos = %s, ef_search = %s,
        kind = %s, recall_at_100 = %s, query_ms = %s, build_seconds = %s WHERE number = %s""",
        photos, ef_search, measured.kind, measured.recall_at_100, measured.query_ms,
        measured.build_seconds, generation.number,
    )  # fmt: skip


def activate(server: Connection, collection: str, number: int) -> None:
    """Make a generation the active one from the next search on, in one transaction.

    Raises:
        QueryError: the collection has no complete generation with that number.
    """
    whole = [each for each in generations(server, collection) if each.state != "filling"]
    if number not in [each.number for each in whole]:
        known = ", ".join(str(each.number) for each in whole) or "none"
        raise QueryError(
            f"{server.address.shown} has no complete generation {number}; it has {known}"
        )
    with server.transaction():
        sql = f"UPDATE {SCHEMA}.generations SET state = 'ready' WHERE state = 'answers' AND "
        server.execute(f"{sql} collection = %s", collection)
        sql = f"UPDATE {SCHEMA}.generations SET state = 'answers' WHERE number = %s"
        server.execute(sql, number)


def drop(server: Connection, generation: CollectionGeneration) -> None:
    """Drop a generation with its tables; waits until nobody reads these any more."""
    with server.transaction():
        for name in TABLES:
            server.execute(f"DROP TABLE IF EXISTS {generation.table(name)}")
        sql = f"DELETE FROM {SCHEMA}.generations WHERE number = %s"
        server.execute(sql, generation.number)


@contextmanager
def only_writer(server: Connection, collection: str) -> Generator[None]:
    """Lock a collection for writing by one process; the server unlocks it if this process dies.

    Raises:
        IndexBusy: another process is writing it.
    """
    key = f"{SCHEMA}.{collection}"
    if not server.rows("SELECT pg_try_advisory_lock(hashtext(%s))", key)[0][0]:
        raise IndexBusy(f"another process is writing {server.address.shown}: wait until it is done")
    try:
        yield
    finally:
        if server.is_open:
            server.rows("SELECT pg_advisory_unlock(hashtext(%s))", key)


def _generation(row: Row) -> CollectionGeneration:
    (number, state, content, created, fingerprint, name, encoders, dim, unit_dim, scale,
     photos, ef_search, kind, recall, query_ms, build_seconds) = row  # fmt: skip
    return CollectionGeneration(
        number,
        state,
        content,
        created,
        Model(fingerprint, dim, name, encoders, unit_dim, id=number),
        np.array(scale, dtype=np.float32),
        photos,
        ef_search,
        Measured(kind, recall, query_ms, build_seconds),
    )
