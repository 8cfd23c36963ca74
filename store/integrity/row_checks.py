"""Damaged rows, found by their checksum and the kinds of their values."""

from __future__ import annotations

from collections.abc import Iterator

from store.columns.codec import path_to_row
from store.columns.tables import SUM, Row, columns_of, row_sum
from store.sqlite.catalog_file import CatalogFile

__all__ = ["METADATA", "READ_TEXT", "SMALL", "TEXTS", "delete_rows", "faulty_rows", "faulty_texts"]

METADATA = ("details", "tags", "people")
"""Tables that are emptied if a row is faulty: the next run reads all metadata again."""
READ_TEXT = ("text_reads", "lines")
"""Tables of which a photo's rows are deleted: the next run that reads text fills them again."""
TEXTS = ("captions", "categories")
"""Tables of which a row can be deleted, since it is read again with the annotations."""
SMALL = ("quarantine", "shards", "changes")
"""Tables of which a row can be deleted, and which are small enough to be rewritten."""


def faulty_rows(catalog: CatalogFile, table: str) -> Iterator[tuple[Row, str]]:
    """Yield each damaged row's values and the reason.

    To be called within `CatalogFile.lenient_text`: texts that are not UTF-8 then have surrogates.
    """
    columns = columns_of(table) or {}
    kinds = tuple(columns.values())
    for *values, stored_sum in catalog.rows(f"SELECT {', '.join(columns)}, {SUM} FROM {table}"):
        if not all(map(isinstance, values, kinds)):
            yield tuple(values), "a value of another kind"
        elif row_sum(*values) != stored_sum:
            yield tuple(values), "its checksum does not match"


def faulty_texts(catalog: CatalogFile, table: str) -> Iterator[str]:
    """Describe in a few words which rows of a table are damaged."""
    for values, reason in faulty_rows(catalog, table):
        shown = ", ".join(ascii(value)[:40] for value in values[:3])
        yield f"{table} ({shown}): {reason}"


def delete_rows(catalog: CatalogFile) -> None:
    """Delete the damaged rows, in the caller's transaction."""
    for table in SMALL:
        faulty = {values for values, _ in faulty_rows(catalog, table)}
        if faulty:
            columns = ", ".join(columns_of(table) or ())
            rows = list(catalog.rows(f"SELECT {columns} FROM {table}"))
            catalog.execute(f"DELETE FROM {table}")
            catalog.put(table, [row for row in rows if row not in faulty])
    for table in TEXTS:
        _delete_faulty(catalog, table, ("image_id", "origin", "position"))
    if any(next(faulty_rows(catalog, table), None) is not None for table in METADATA):
        for table in METADATA:
            catalog.execute(f"DELETE FROM {table}")
    for photo in {values[0] for table in READ_TEXT for values, _ in faulty_rows(catalog, table)}:
        for table in READ_TEXT:
            catalog.execute(
                f"DELETE FROM {table} WHERE CAST(image_id AS BLOB) IS CAST(? AS BLOB)",
                _as_bytes(photo),
            )


def _delete_faulty(catalog: CatalogFile, table: str, names: tuple[str, ...]) -> None:
    keys = [values[: len(names)] for values, _ in faulty_rows(catalog, table)]
    plain = [key for key in keys if all(map(_is_text, key))]
    where = " AND ".join(f"{name} IS ?" for name in names)
    catalog.execute_many(f"DELETE FROM {table} WHERE {where}", plain)
    # A text that is not UTF-8 cannot be passed as text, and is found by its bytes.
    where = " AND ".join(f"CAST({name} AS BLOB) IS CAST(? AS BLOB)" for name in names)
    odd = [tuple(map(_as_bytes, key)) for key in keys if not all(map(_is_text, key))]
    catalog.execute_many(f"DELETE FROM {table} WHERE {where}", odd)


def _is_text(value: object) -> bool:
    """Return whether a value can be passed to SQLite as it was read."""
    return not isinstance(value, str) or isinstance(path_to_row(value), str)


def _as_bytes(value: object) -> object:
    return path_to_row(value) if isinstance(value, str) else value
