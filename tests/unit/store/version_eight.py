"""A catalog as created by the last version that read no metadata."""

from __future__ import annotations

import sqlite3

from store.columns.documents import EARLIER_WORDS, plain_documents

__all__ = ["bring_back"]

TABLES = ("details", "tags", "people", "text_reads", "lines")


def bring_back(connection: sqlite3.Connection) -> None:
    """Undo migration 0009, and restore the words as they were before 0007 split some."""
    ids = [row[0] for row in connection.execute("SELECT id FROM images")]
    said = [row[:3] for row in plain_documents(connection, ids)]
    connection.execute("DROP TABLE words")
    connection.execute(EARLIER_WORDS)
    connection.executemany("INSERT INTO words (rowid, name, captions) VALUES (?, ?, ?)", said)
    for table in TABLES:
        connection.execute(f"DROP TABLE {table}")
    connection.execute("DELETE FROM _sqlite_migrations WHERE name = '0009_details'")
