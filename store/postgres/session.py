"""Reading one generation of a collection at a time: which is active, and queries on its tables."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from store.columns.tables import Row
from store.errors import IndexNotFound, ModelMismatch
from store.postgres.connection import Connection
from store.postgres.declarations import SCHEMA
from store.postgres.generations import CollectionGeneration, current_generation

__all__ = ["Session"]

# Both settings last until the transaction ends. In relaxed order, a search that continues since a
# filter left too few results returns further ones out of order, which our code sorts.
_BEGIN = f"""SELECT number, set_config('hnsw.ef_search', coalesce(ef_search, 40)::text, true),
    set_config('hnsw.iterative_scan', 'relaxed_order', true)
    FROM {SCHEMA}.generations WHERE collection = '{{collection}}' AND state = 'answers'"""


class Session:
    """Reads the active generation; each snapshot reads the one that is active by then.

    Args:
        server: the database.

    Raises:
        IndexNotFound: no generation is active.
    """

    def __init__(self, server: Connection) -> None:
        self.server = server
        self.generation: CollectionGeneration = current_generation(
            server, server.address.collection
        )
        self._depth = 0

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Read everything in a block from one generation.

        Raises:
            IndexUnavailable: the database cannot be reached.
            IndexNotFound: no generation is active any more.
            ModelMismatch: the generation that is active now has embeddings of another model.
        """
        if self._depth:
            yield
            return
        # The name is safe in SQL: it has only letters, digits, - and _.
        first = _BEGIN.format(collection=self.server.address.collection)
        with self.server.snapshot(first) as rows:
            self._follow(rows)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    def rows(self, sql: str, *arguments: object) -> list[Row]:
        """Return the rows of a statement, in a snapshot of its own if none is open."""
        with self.snapshot():
            return self.server.rows(sql, *arguments)

    def table(self, name: str) -> str:
        """Return the full name of a table of the generation; within a snapshot only."""
        return self.generation.table(name)

    def _follow(self, rows: list[Row]) -> None:
        address = self.server.address
        if not rows:
            raise IndexNotFound(f"the collection {address.shown} no longer exists")
        if rows[0][0] == self.generation.number:
            return
        generation = current_generation(self.server, address.collection)
        known = self.generation.model
        if generation.model.fingerprint != known.fingerprint:
            raise ModelMismatch(
                f"the photos of {address.shown} were embedded again with another model than "
                f"{known.name} ({known.fingerprint[:12]}) since it was opened: open it again with "
                "that model"
            )
        self.generation = generation
