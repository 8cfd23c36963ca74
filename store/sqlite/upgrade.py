"""What migrations do to existing rows of a catalog."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from store.columns.codec import path_to_row, row_to_path
from store.columns.documents import INSERT, WORDS, documents
from store.columns.paths import relative_path
from store.errors import IndexDamaged
from store.sqlite.functions import ROW_SUM, add_functions

__all__ = ["add_sums", "digest_of", "id_pages_of", "make_words_anew", "relative_row"]

ROWS_AT_ONCE = 4096


def digest_of(text: str) -> bytes:
    """Return the bytes of a hex digest; raises IndexDamaged if it is not one."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise IndexDamaged(
            f"the catalog cannot be upgraded: it has the sha256 {text!r}, expected a hex number"
        ) from error


def id_pages_of(connection: sqlite3.Connection) -> Iterator[list[int]]:
    """Yield the ids of all photos, ascending, a few thousand at a time."""
    ids = [row[0] for row in connection.execute("SELECT id FROM images ORDER BY id")]
    for start in range(0, len(ids), ROWS_AT_ONCE):
        yield ids[start : start + ROWS_AT_ONCE]


def make_words_anew(connection: sqlite3.Connection) -> None:
    """Rebuild the table of words in the newest form."""
    connection.execute("DROP TABLE IF EXISTS words")
    connection.execute(WORDS)
    for ids in id_pages_of(connection):
        connection.executemany(INSERT, documents(connection, ids))


def add_sums(connection: sqlite3.Connection) -> None:
    """Add a checksum to the end of each row."""
    add_functions(connection)
    columns = {
        "meta": "key, value",
        "sources": "id, root, mounts",
        "images": """id, source_id, path, size_bytes, mtime_ns, sha256, width_px, height_px,
            taken_s, camera, look, reader, damage, is_guessed""",
        "captions": "image_id, origin, position, text",
        "categories": "image_id, origin, position, text",
        "quarantine": "source_id, path, size_bytes, mtime_ns, reason, reader",
        "shards": "kind, path, size_bytes, mtime_ns, photos",
        "models": "id, fingerprint, name, encoders, dim, unit_dim",
        "changes": "revision, image_id",
    }
    connection.execute("ALTER TABLE models ADD COLUMN probes_sum INTEGER")
    for row in connection.execute("SELECT id FROM models").fetchall():
        columns |= {f"vectors_{row[0]}": "image_id, vector", f"nodes_{row[0]}": "image_id, nodes"}
    for table, names in columns.items():
        connection.execute(f"ALTER TABLE {table} ADD COLUMN sum INTEGER")
        connection.execute(f"UPDATE {table} SET sum = {ROW_SUM}({names})")
    connection.execute(
        f"UPDATE models SET probes_sum = {ROW_SUM}(id, probes) WHERE probes IS NOT NULL"
    )


def relative_row(root: str | bytes, path: str | bytes) -> str | bytes:
    """Return a photo's path relative to its source, all in the form in which rows have them."""
    return path_to_row(relative_path(row_to_path(root), row_to_path(path)))
