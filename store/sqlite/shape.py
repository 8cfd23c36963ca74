"""Checks that a catalog consists of our plain tables, before anything is read from them.

A view, a trigger, a computed column or a virtual table in place of a table would run code by the
file's author. None of our catalogs has any.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from store.columns.documents import EARLIER_WORDS, WORDS
from store.columns.tables import BESIDE, SUM, TABLES, columns_of
from store.errors import IndexDamaged
from store.sqlite.version import APPLIED

__all__ = ["check_plain", "check_tables", "plain_sql"]

_UNTRUSTED = "do not trust this index; index the photos again into another folder"


def check_plain(connection: sqlite3.Connection, path: Path) -> None:
    """Raise IndexDamaged if a catalog has more than plain tables and the table of words.

    The catalog may have any version.

    Raises:
        IndexDamaged: there is something else, which the message names.
    """
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master"):
        if kind == "index" or (kind == "table" and not _is_virtual(sql)):
            continue
        if kind == "table" and name == "words" and plain_sql(sql) in _WORDS_FORMS:
            continue
        shown = "virtual table" if kind == "table" else kind
        raise IndexDamaged(f"{path} holds the {shown} {name!r}, expected tables: {_UNTRUSTED}")


def check_tables(connection: sqlite3.Connection, path: Path) -> None:
    """Raise IndexDamaged if a catalog of this version has other columns or indexes than ours.

    A missing table of words does not prevent reading.

    Raises:
        IndexDamaged: a table is missing, or has other columns; or there is an index.
    """
    # The index of a UNIQUE column has no SQL; sqlite-utils declares one for its own table.
    sql = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql NOT NULL AND tbl_name <> ?"
    for (name,) in connection.execute(sql, (APPLIED,)):
        raise IndexDamaged(f"{path} holds the index {name!r}, expected tables: {_UNTRUSTED}")
    actual = _held_columns(connection)
    for table in sorted({*actual, *TABLES}):
        columns = columns_of(table)
        if columns is None:
            continue
        held_columns = actual.get(table, [])
        expected = [*columns, *BESIDE.get(table, ()), SUM]
        if held_columns != expected:
            raise IndexDamaged(
                f"{path} is no catalog of this program: its table {table} has the columns "
                f"{', '.join(held_columns) or 'none'}, expected {', '.join(expected)}; {_UNTRUSTED}"
            )


def plain_sql(sql: object) -> str:
    """Return a statement in a normal form, equal for equivalent ones.

    >>> plain_sql('CREATE TABLE "a"  (b)') == plain_sql("CREATE TABLE a(b)")
    True
    """
    return "".join(str(sql).replace('"', "").split())


_WORDS_FORMS = {plain_sql(WORDS), plain_sql(EARLIER_WORDS)}


def _held_columns(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the columns of each plain table; computed ones get a suffix, and so never match."""
    # One statement reads one state, even if a model's tables are created or dropped meanwhile.
    sql = """SELECT held.name, columns.name, columns.hidden
        FROM sqlite_master AS held, pragma_table_xinfo(held.name) AS columns
        WHERE held.type = 'table' AND held.sql NOT LIKE 'CREATE VIRTUAL%'"""
    columns: dict[str, list[str]] = {}
    for table, name, hidden in connection.execute(sql):
        columns.setdefault(table, []).append(f"{name} (computed)" if hidden else str(name))
    return columns


def _is_virtual(sql: object) -> bool:
    return str(sql).lstrip()[:14].upper() == "CREATE VIRTUAL"
