"""Check that the tables are declared as in the migrations."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from sqlite_utils import Database

from store.columns.tables import WORDS_TABLES
from store.sqlite.catalog_file import CatalogFile
from store.sqlite.schema import EMBEDDINGS, migrate
from store.sqlite.shape import plain_sql

__all__ = ["schema_faults"]


def schema_faults(catalog: CatalogFile) -> Iterator[str]:
    """Yield the tables that are missing, or declared differently than in a new catalog.

    The tables of words, which can be rebuilt, and tables of other programs are left out.
    """
    expected = _expected()
    for (number,) in catalog.rows("SELECT id FROM models"):
        for table, column in ((f"vectors_{number}", "vector"), (f"nodes_{number}", "nodes")):
            expected[table] = plain_sql(EMBEDDINGS.format(table=table, column=column))
    actual = _statements(catalog.connection)
    for table, sql in expected.items():
        if actual.get(table) != sql:
            yield f"{table} is declared differently, or missing"


def _expected() -> dict[str, str]:
    with closing(sqlite3.connect(":memory:")) as connection:
        migrate(Database(connection))
        return _statements(connection)


def _statements(connection: sqlite3.Connection) -> dict[str, str]:
    sql = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
    rows = connection.execute(sql)
    return {name: plain_sql(sql) for name, sql in rows if name not in WORDS_TABLES}
