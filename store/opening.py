"""Opening indexes for reading, wherever they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import QueryError
from store.extras import check_extra
from store.index import Index

if TYPE_CHECKING:
    from store.searched_index import ServedIndex

__all__ = ["is_database", "open_indexes", "open_reader", "postgres_installed"]


def open_reader(
    folder: Path, vectors: str | None = None, *, fingerprint: str | None = None, model: str = ""
) -> ServedIndex:
    """Open an index for reading.

    Args:
        folder: its folder, if `vectors` is None.
        vectors: the address of a database that holds it, `postgresql://...`.
        fingerprint: fingerprint of the available model; None to open it whatever made it.
        model: that model's name, for the message.

    Raises:
        CrossgraphError: as `Index.open` and `PostgresReader.open`.
        ExtraMissing: a database is named, and psycopg is not installed.
    """
    if vectors is None:
        return Index.open(folder, fingerprint=fingerprint, model=model)
    postgres_installed()
    from store.postgres.postgres_reader import PostgresReader

    return PostgresReader.open(vectors, fingerprint=fingerprint, model=model)


def open_indexes(places: Sequence[str], *, seconds: float, strict: bool = False) -> ServedIndex:
    """Open several indexes of one model as one; raises as `SeveralIndexes.open`, which says more.

    Args:
        places: folders and addresses of databases.
        seconds: time limit for each to open, and then for one request.
        strict: refuse indexes of different models.

    Raises:
        QueryError: one is given twice, or is not a valid address.
    """
    from store.federation.federated_index import SeveralIndexes

    shown = [_shown(place) for place in places]
    identities = [_identity(place) for place in places]
    for number, identity in enumerate(identities):
        if identity in identities[:number]:
            raise QueryError(f"{shown[number]} is given twice, so its photos would appear twice")
    opening = [partial(_open, place) for place in places]
    return SeveralIndexes.open(
        list(zip(shown, opening, strict=True)), seconds=seconds, strict=strict
    )


def is_database(place: str) -> bool:
    """Return whether an index is named by a database address, not by a folder.

    As in all addresses, capitals make no difference.

    >>> is_database("POSTGRESQL://db/photos"), is_database("photos.index")
    (True, False)
    """
    return place.lower().startswith(("postgresql://", "postgres://"))


def _open(place: str) -> ServedIndex:
    return open_reader(Path(), place) if is_database(place) else open_reader(Path(place))


def _identity(place: str) -> object:
    """Return a key that is the same for two spellings of one place."""
    if not is_database(place):
        return os.path.realpath(place)
    from store.postgres.address import Address

    return Address.parse(place)


def _shown(place: str) -> str:
    if not is_database(place):
        return place
    from store.postgres.address import Address

    return Address.parse(place).shown


def postgres_installed() -> None:
    """Raise ExtraMissing unless the PostgreSQL driver is installed."""
    check_extra("psycopg", "pgvector", "an index in PostgreSQL")
