"""All image ids, a few hundred at a time."""

from __future__ import annotations

from collections.abc import Iterator

from store.sqlite.catalog_file import CatalogFile

__all__ = ["ROWS_AT_ONCE", "id_pages"]

ROWS_AT_ONCE = 512


def id_pages(catalog: CatalogFile) -> Iterator[list[int]]:
    """Yield all image ids, ascending, a few hundred at a time."""
    last: list[int] = [0]
    sql = "SELECT id FROM images WHERE id > ? ORDER BY id LIMIT ?"
    while last := [int(row[0]) for row in catalog.rows(sql, last[-1], ROWS_AT_ONCE)]:
        yield last
