"""Listing and activating the generations of a collection."""

from __future__ import annotations

from typing import Self

from store.postgres import generations
from store.postgres.address import Address
from store.postgres.connection import Connection
from store.postgres.declarations import check
from store.postgres.generations import CollectionGeneration

__all__ = ["DatabaseCollection"]


class DatabaseCollection:
    """A collection in a database; a context manager.

    Args:
        address: its address.

    Raises:
        IndexUnavailable: the database cannot be reached.
        IndexNotFound: no index was ever written there.
        IndexTooNew: a newer version wrote it.
    """

    def __init__(self, address: Address) -> None:
        self._server = Connection(address)
        try:
            check(self._server)
        except BaseException:
            self._server.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def generations(self) -> list[CollectionGeneration]:
        """Return all generations, the newest first."""
        return generations.generations(self._server, self._server.address.collection)

    def activate(self, number: int) -> None:
        """Make a generation the active one from the next search on.

        Raises:
            QueryError: there is no complete generation with that number.
            IndexBusy: another process is writing the collection.
        """
        name = self._server.address.collection
        with generations.only_writer(self._server, name):
            generations.activate(self._server, name, number)
