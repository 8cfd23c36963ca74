"""A catalog as created by the second version: without dates, cameras, hashes and words."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from tests.unit.store.version_one import nodes_of, vector_of

__all__ = ["make_version_two"]

SCHEMA = (
    """CREATE TABLE "_sqlite_migrations" (
        "id" INTEGER PRIMARY KEY,
        "migration_set" TEXT,
        "name" TEXT,
        "applied_at" TEXT
    )""",
    """CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
        ON "_sqlite_migrations" ("migration_set", "name")""",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
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
    """CREATE TABLE sources (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        root NOT NULL UNIQUE,
        mounts TEXT NOT NULL DEFAULT '[]'
    )""",
    """CREATE TABLE models (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        fingerprint TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        encoders TEXT NOT NULL,
        dim INTEGER NOT NULL,
        unit_dim INTEGER NOT NULL,
        probes BLOB
    )""",
    """CREATE TABLE changes (
        revision INTEGER NOT NULL,
        image_id INTEGER NOT NULL,
        PRIMARY KEY (revision, image_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE "images" (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source_id INTEGER NOT NULL REFERENCES sources (id),
        path NOT NULL,
        size_bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        width_px INTEGER NOT NULL,
        height_px INTEGER NOT NULL,
        UNIQUE (source_id, path)
    )""",
    """CREATE TABLE "quarantine" (
        source_id INTEGER NOT NULL REFERENCES sources (id),
        path NOT NULL,
        size_bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (source_id, path)
    ) WITHOUT ROWID""",
    """CREATE TABLE vectors_1 (
        image_id INTEGER PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
        vector BLOB NOT NULL
    )""",
    """CREATE TABLE nodes_1 (
        image_id INTEGER PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
        nodes BLOB NOT NULL
    )""",
    "PRAGMA user_version = 2",
)
MIGRATIONS = ("0001_photos", "0002_sources_and_models")


def make_version_two(folder: Path) -> Path:
    """Create an index in a folder that does not exist yet, and return the catalog's path.

    Photo 1 has captions of two origins, photo 2 has a name that is not valid Unicode, photo 3 was
    embedded again from a file other than the indexed one; 4, the highest id, was deleted.
    """
    folder.mkdir()
    connection = sqlite3.connect(folder / "catalog.db")
    connection.execute("PRAGMA journal_mode = wal")
    with connection:
        for statement in SCHEMA:
            connection.execute(statement)
        _fill(connection)
    connection.close()
    return folder / "catalog.db"


def _fill(connection: sqlite3.Connection) -> None:
    def many(table: str, rows: list[tuple[object, ...]]) -> None:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    applied = [(n, "crossgraph", name, "2026-01-01") for n, name in enumerate(MIGRATIONS, start=1)]
    many("_sqlite_migrations", list(applied))
    many("meta", [("active_model", json.dumps(1)), ("revision", json.dumps(1))])
    many("models", [(1, "f1", "m", "e", 2, 0, None)])
    many("sources", [(1, "/photos", '["disk"]')])
    paths: list[str | bytes] = ["old_bridge.jpg", b"\xff dog.jpg", "c.jpg", "gone.jpg"]
    digests = ["0a" * 32, "0b" * 32, "", "0d" * 32]
    many(
        "images",
        [
            (n, 1, path, 10, 20 + n, digest, 640, 480)
            for n, path, digest in zip((1, 2, 3, 4), paths, digests, strict=True)
        ],
    )
    connection.execute("DELETE FROM images WHERE id = 4")
    many("vectors_1", [(n, vector_of(n)) for n in (1, 2, 3)])
    many("nodes_1", [(n, nodes_of(n)) for n in (1, 2, 3)])
    said = [(1, "a.json", 0, "two cats"), (1, "b.json", 0, "two cats"), (1, "b.json", 1, "a river")]
    many("captions", list(said))
    many("quarantine", [(1, "bad.jpg", 1, 2, "no photo")])
