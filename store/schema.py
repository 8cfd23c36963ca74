"""The catalog's tables as numbered migrations; SQLite's `user_version` counts those applied.

A migration that was released is never edited: a change is a new one at the end.
"""

from __future__ import annotations

import sqlite3

from store.errors import IndexDamaged

__all__ = ["MIGRATIONS", "migrate", "version"]

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        # AUTOINCREMENT: the id of a deleted photo never names another one.
        """CREATE TABLE images (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            path NOT NULL UNIQUE,
            source NOT NULL,
            size_bytes INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            width_px INTEGER NOT NULL,
            height_px INTEGER NOT NULL
        )""",
        "CREATE INDEX images_source ON images (source)",
        # Apart from images and from each other: a scan of one does not read the pages of the rest.
        """CREATE TABLE vectors (
            image_id INTEGER PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
            vector BLOB NOT NULL
        )""",
        """CREATE TABLE nodes (
            image_id INTEGER PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
            nodes BLOB NOT NULL
        )""",
        """CREATE TABLE captions (
            image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
            origin NOT NULL,
            position INTEGER NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (image_id, origin, position)
        ) WITHOUT ROWID""",
        """CREATE TABLE categories (
            image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
            origin NOT NULL,
            position INTEGER NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (image_id, origin, position)
        ) WITHOUT ROWID""",
        """CREATE TABLE quarantine (
            path NOT NULL PRIMARY KEY,
            source NOT NULL,
            size_bytes INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            reason TEXT NOT NULL
        ) WITHOUT ROWID""",
    ),
)


def version(connection: sqlite3.Connection) -> int:
    """Give how many migrations the catalog has seen; 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the catalog to the newest schema, inside the caller's transaction.

    Raises:
        IndexDamaged: the catalog was made by a newer version than this one, or another program.
    """
    applied = version(connection)
    if applied > len(MIGRATIONS):
        raise IndexDamaged(
            f"the catalog has schema {applied}, this version knows up to {len(MIGRATIONS)}: "
            f"upgrade crossgraph, or index the photos anew into another folder"
        )
    if applied == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise IndexDamaged("the catalog is a database of another program")
    for statements in MIGRATIONS[applied:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
