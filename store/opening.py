"""Indexes opened to be read, wherever they lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import CrossgraphError
from store.index import Index

if TYPE_CHECKING:
    from store.protocol import ServedIndex

__all__ = ["ExtraMissing", "open_reader", "postgres_installed"]


class ExtraMissing(CrossgraphError):
    """What is asked for needs an optional package, which is not installed."""


def open_reader(
    folder: Path, vectors: str | None = None, *, fingerprint: str | None = None, model: str = ""
) -> ServedIndex:
    """Open an index to be read.

    Args:
        folder: where it lies, if `vectors` is None.
        vectors: the address of a database that holds it, `postgresql://...`.
        fingerprint: of the model at hand, None to open it whatever made it.
        model: that model's name, for the message.

    Raises:
        CrossgraphError: as `Index.open` and `PostgresReader.open`.
        ExtraMissing: a database is named, and psycopg is not installed.
    """
    if vectors is None:
        return Index.open(folder, fingerprint=fingerprint, model=model)
    postgres_installed()
    from store.postgres.reader import PostgresReader

    return PostgresReader.open(vectors, fingerprint=fingerprint, model=model)


def postgres_installed() -> None:
    """See that what speaks to PostgreSQL is installed; ExtraMissing where it is not."""
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise ExtraMissing(
            f'an index in PostgreSQL needs psycopg ({error}): pip install "crossgraph[pgvector]"'
        ) from None
