"""Rows that are not what was written, told by their checksum and the kinds of their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from store.columns.codec import path_to_row
from store.columns.tables import SUM, columns_of, row_sum
from store.sqlite.catalog_file import CatalogFile

__all__ = ["SMALL", "TEXTS", "delete_rows", "faulty_rows", "faulty_texts"]

TEXTS = ("captions", "categories")
"""Tables of which a row can be forgotten, since it is read again with the annotations."""
SMALL = ("quarantine", "shards", "changes")
"""Tables of which a row can be forgotten, and which are small enough to be written anew."""


def faulty_rows(catalog: CatalogFile, table: str) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Return a table's values and the reason, of each row that is not what was written.

    Texts that are no UTF-8 have surrogates in them: to be read in `CatalogFile.lenient_text`.
    """
    columns = columns_of(table) or {}
    kinds = tuple(columns.values())
    for *values, stored_sum in catalog.rows(f"SELECT {', '.join(columns)}, {SUM} FROM {table}"):
        if not all(map(isinstance, values, kinds)):
            yield tuple(values), "a value of another kind"
        elif row_sum(*values) != stored_sum:
            yield tuple(values), "its checksum is another"


def faulty_texts(catalog: CatalogFile, table: str) -> Iterator[str]:
    """Say in a few words which rows of a table are not what was written."""
    for values, reason in faulty_rows(catalog, table):
        shown = ", ".join(ascii(value)[:40] for value in values[:3])
        yield f"{table} ({shown}): {reason}"


def delete_rows(catalog: CatalogFile) -> None:
    """Forget all such rows that are not what was written, in the caller's transaction."""
    for table in SMALL:
        faulty = {values for values, _ in faulty_rows(catalog, table)}
        if faulty:
            columns = ", ".join(columns_of(table) or ())
            rows = list(catalog.rows(f"SELECT {columns} FROM {table}"))
            catalog.execute(f"DELETE FROM {table}")
            catalog.put(table, [row for row in rows if row not in faulty])
    for table in TEXTS:
        keys = [values[:3] for values, _ in faulty_rows(catalog, table)]
        plain = [key for key in keys if all(map(_is_text, key))]
        sql = f"DELETE FROM {table} WHERE image_id IS ? AND origin IS ? AND position IS ?"
        catalog.execute_many(sql, plain)
        # A text that is no UTF-8 cannot be handed over as one, and is found by its bytes.
        names = ("image_id", "origin", "position")
        where = " AND ".join(f"CAST({name} AS BLOB) IS CAST(? AS BLOB)" for name in names)
        odd = [tuple(map(_as_bytes, key)) for key in keys if not all(map(_is_text, key))]
        catalog.execute_many(f"DELETE FROM {table} WHERE {where}", odd)


def _is_text(value: object) -> bool:
    """Say whether a value can be handed over as it was read."""
    return not isinstance(value, str) or isinstance(path_to_row(value), str)


def _as_bytes(value: object) -> object:
    return path_to_row(value) if isinstance(value, str) else value
