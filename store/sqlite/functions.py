"""Functions of ours that statements call, beside those that SQLite has."""

from __future__ import annotations

import sqlite3

from store.columns.codec import one_form
from store.columns.tables import row_sum

__all__ = ["ONE_FORM", "ROW_SUM", "add_functions"]

ONE_FORM = "one_form"
"""The text of some bytes in the Unicode form in which texts are compared."""
ROW_SUM = "row_sum"
"""The checksum of a row's values, as `store.columns.tables.row_sum` gives it."""


def add_functions(connection: sqlite3.Connection) -> None:
    """Let the statements of a connection call them."""
    connection.create_function(ONE_FORM, 1, _one_form, deterministic=True)
    connection.create_function(ROW_SUM, -1, row_sum, deterministic=True)


def _one_form(content: str | bytes | float | None) -> str | bytes | float | None:
    return one_form(content.decode("utf-8", "replace")) if isinstance(content, bytes) else content
