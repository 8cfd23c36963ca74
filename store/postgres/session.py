"""One state of a collection at a time: which generation answers, and statements on its tables."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from store.columns.tables import Row
from store.errors import IndexNotFound, ModelMismatch
from store.postgres.connection import Connection
from store.postgres.declarations import SCHEMA
from store.postgres.generations import CollectionGeneration, current_generation

__all__ = ["Session"]

# Both hold until the transaction ends. In relaxed order, a search that has to go on since a filter
# left too little gives what it then finds too, wherever that belongs: all is sorted here.
_BEGIN = f"""SELECT number, set_config('hnsw.ef_search', coalesce(ef_search, 40)::text, true),
    set_config('hnsw.iterative_scan', 'relaxed_order', true)
    FROM {SCHEMA}.generations WHERE collection = '{{collection}}' AND state = 'answers'"""


class Session:
    """Reads what answers; follows from one snapshot to the next what is switched to.

    Args:
        server: the database.

    Raises:
        IndexNotFound: no generation answers.
    """

    def __init__(self, server: Connection) -> None:
        self.server = server
        self.generation: CollectionGeneration = current_generation(
            server, server.address.collection
        )
        self._depth = 0

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Read all of a block from one generation.

        Raises:
            IndexUnavailable: the database cannot be reached.
            ModelMismatch: the photos of the one that answers now were embedded with another model.
        """
        if self._depth:
            yield
            return
        # Its name is of letters, digits, - and _ alone.
        first = _BEGIN.format(collection=self.server.address.collection)
        with self.server.snapshot(first) as rows:
            self._follow(rows)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    def rows(self, sql: str, *arguments: object) -> list[Row]:
        """Return the rows of a statement, in a snapshot of its own where there is none."""
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
