"""Rows that are not what was written, told by their checksum and the kinds of their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from store.codec import path_to_row
from store.database import CatalogFile
from store.tables import SUM, columns_of, row_sum

__all__ = ["FORGETTABLE", "delete_rows", "faulty_rows", "faulty_texts"]

Key = tuple[Any, ...]
"""Values of the columns by which a row is known; texts as their bytes."""

FORGETTABLE = {
    "captions": ("image_id", "origin", "position"),
    "categories": ("image_id", "origin", "position"),
    "quarantine": ("source_id", "path"),
    "shards": ("kind", "path"),
    "changes": ("revision", "image_id"),
}
"""Tables of which a row can be forgotten, since it is read or made again, and their keys."""


def faulty_rows(catalog: CatalogFile, table: str) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Give a table's values and the reason, of each row that is not what was written.

    Texts that are no UTF-8 have surrogates in them: to be read in `CatalogFile.lenient_text`.
    """
    columns = columns_of(table) or {}
    kinds = tuple(columns.values())
    for *values, held in catalog.rows(f"SELECT {', '.join(columns)}, {SUM} FROM {table}"):
        if not all(map(isinstance, values, kinds)):
            yield tuple(values), "a value of another kind"
        elif row_sum(*values) != held:
            yield tuple(values), "its checksum is another"


def faulty_texts(catalog: CatalogFile, table: str) -> Iterator[str]:
    """Say in a few words which rows of a table are not what was written."""
    for values, reason in faulty_rows(catalog, table):
        shown = ", ".join(ascii(value)[:40] for value in values[:3])
        yield f"{table} ({shown}): {reason}"


def delete_rows(catalog: CatalogFile, tables: Iterable[str]) -> None:
    """Forget the rows of some tables that are not what was written, in the caller's transaction."""
    for table in tables:
        columns, key = list(columns_of(table) or ()), FORGETTABLE[table]
        places = [columns.index(name) for name in key]
        keys = [
            tuple(_bytes(values[place]) for place in places)
            for values, _ in faulty_rows(catalog, table)
        ]
        # Compared as bytes: a text that is no UTF-8 cannot be handed over as one.
        where = " AND ".join(f"CAST({name} AS BLOB) IS CAST(? AS BLOB)" for name in key)
        catalog.execute_many(f"DELETE FROM {table} WHERE {where}", keys)


def _bytes(value: object) -> object:
    return path_to_row(value) if isinstance(value, str) else value
