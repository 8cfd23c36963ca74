"""A catalog as created by the first version, when `user_version` counted the migrations."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import numpy as np

from store.columns.codec import array_to_blob

__all__ = ["CAPTIONS", "FILES", "QUARANTINE", "make_version_one", "nodes_of", "vector_of"]

SCHEMA = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
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
)

FILES: dict[int, tuple[str | bytes, str | bytes]] = {
    1: ("/photos/a.jpg", "/photos"),
    2: ("/photos/2024/may/b.jpg", "/photos"),
    4: (b"/photos/\xff.jpg", "/photos"),
    5: (b"/old \xfe/c.jpg", b"/old \xfe"),
    6: ("/d.jpg", "/"),
}
"""Maps ids to path and source; 3 and 7, the highest id, were deleted."""

CAPTIONS = {1: ["two dogs", "a dog"], 4: ["a cat"]}
QUARANTINE: list[tuple[str | bytes, str, str]] = [
    (b"/broken/\xff.jpg", "/broken", "the file is empty"),
    ("/photos/2024/bad.jpg", "/photos", "no photo"),
]
META = {
    "fingerprint": "f1",
    "model": "m",
    "encoders": "e",
    "dim": 2,
    "revision": 3,
    "vectors": {"name": "vectors-3.faiss", "sha256": "00", "count": 5, "revision": 3},
}


def vector_of(image_id: int) -> bytes:
    """Return a photo's vector as it is stored."""
    return array_to_blob(np.array([image_id, 1], dtype=np.float16))


def nodes_of(image_id: int) -> bytes:
    """Return a photo's nodes as they are stored."""
    return array_to_blob(np.full((3, 2), image_id, dtype=np.float16))


def make_version_one(folder: Path, *, begun: bool = True) -> Path:
    """Create an index in a folder that does not exist yet, and return the catalog's path."""
    folder.mkdir()
    connection = sqlite3.connect(folder / "catalog.db")
    connection.execute("PRAGMA journal_mode = wal")
    with connection:
        for statement in SCHEMA:
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
        if begun:
            _fill(connection)
            (folder / "vectors-3.faiss").write_bytes(b"IxMpxxxx")
    connection.close()
    return folder / "catalog.db"


def _fill(connection: sqlite3.Connection) -> None:
    def many(table: str, rows: list[tuple[object, ...]]) -> None:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    many("meta", [(key, json.dumps(value)) for key, value in META.items()])
    gone: dict[int, tuple[str | bytes, str | bytes]] = {
        image_id: (f"/photos/{image_id}.jpg", "/photos") for image_id in (3, 7)
    }
    files = [(i, *where, 10, 20 + i, f"0{i}", 640, 480) for i, where in (FILES | gone).items()]
    many("images", files)
    connection.execute("DELETE FROM images WHERE id IN (3, 7)")
    many("vectors", [(image_id, vector_of(image_id)) for image_id in FILES])
    many("nodes", [(image_id, nodes_of(image_id)) for image_id in FILES])
    notes = os.fsencode("/notes \udcff.json")
    said = [(i, notes, n, text) for i, texts in CAPTIONS.items() for n, text in enumerate(texts)]
    many("captions", said)
    many("categories", [(1, "/objects.json", 0, "dog")])
    many("quarantine", [(path, source, 1, 2, reason) for path, source, reason in QUARANTINE])
