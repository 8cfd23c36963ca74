"""Damaged albums and saved searches.

Only their author could make them again, so a repair keeps everything that can be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from store.catalog.saved import read_saved
from store.columns.codec import path_to_row
from store.columns.tables import columns_of
from store.integrity.row_checks import faulty_rows
from store.sqlite.catalog_file import CatalogFile

__all__ = ["forget_unreadable", "saved_faults"]

UNREADABLE = "cannot be read, and will be deleted"
CHANGED = "can be read, but was changed by damage: check its name and photos"


def saved_faults(catalog: CatalogFile) -> Iterator[str]:
    """Describe what is wrong with each damaged one and what a repair does with it."""
    changed = {values for values, _ in faulty_rows(catalog, "saved")}
    for row in _rows(catalog):
        if not _is_readable(row):
            yield f"{_called(row)} {UNREADABLE}"
        elif row in changed:
            yield f"{_called(row)} {CHANGED}"


def forget_unreadable(catalog: CatalogFile) -> None:
    """Rewrite those that can be read, in the caller's transaction; delete the others."""
    kept = [row for row in _rows(catalog) if _is_readable(row)]
    catalog.execute("DELETE FROM saved")
    catalog.put("saved", kept)


def _rows(catalog: CatalogFile) -> list[tuple[Any, ...]]:
    """Return all rows, ids first; texts that are not UTF-8 have surrogates in them."""
    return list(catalog.rows(f"SELECT {', '.join(columns_of('saved') or ())} FROM saved"))


def _is_readable(row: tuple[Any, ...]) -> bool:
    set_id, name, record = row
    texts = (name, record)
    if not isinstance(set_id, int) or not all(isinstance(text, str) for text in texts):
        return False
    if not all(isinstance(path_to_row(text), str) for text in texts):
        return False
    try:
        read_saved(set_id, name, record)
    except ValueError:
        return False
    return True


def _called(row: tuple[Any, ...]) -> str:
    name = row[1]
    return f"“{name[:40]}”" if isinstance(name, str) and name.strip() else f"number {row[0]!r}"
