"""Catalogs that somebody made to hurt whoever opens them, each a small change to a sound one."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from store.columns.tables import BESIDE, TABLES, columns_of

__all__ = ["KINDS", "Damage"]

Damage = Callable[[Path], None]
"""Changes a catalog."""

ENDLESS = """WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers)
    SELECT n AS image_id, 'o' AS origin, n AS position, 'a dog' AS text, 0 AS sum FROM numbers"""

_VALUES: dict[str, object] = {
    "text": "words",
    "blob": b"\x00\xff\x00",
    "huge": 2**63 - 1,
    "negative": -(2**63),
    "float": 1e300,
    "long": "x" * 100_000,
}

_JSON = {
    "no JSON": "{",
    "nothing": "null",
    "deep": "[" * 100_000,
    "infinite": "1e999",
    "not a number": "NaN",
    "negative": "-1",
    "huge": "9" * 400,
    "a list": "[1]",
    "an object": '{"a": 1}',
}

_RECORDS = {
    "name": "7",
    "sha256": "[]",
    "count": '"x"',
    "model_id": "1.5",
    "revision": "1e400",
    "last_id": "-1",
    "measured": '{"kind": 5, "query_ms": "x", "build_seconds": null, "recall_at_100": "y"}',
}


def _sql(*statements: str) -> Damage:
    def damage(file: Path) -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            for statement in statements:
                connection.execute(statement)

    return damage


def _value(table: str, column: str, value: object) -> Damage:
    def damage(file: Path) -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            where = f"rowid = (SELECT min(rowid) FROM {table})"
            if table not in ("images", "sources", "models", "vectors_1", "nodes_1"):
                where = "TRUE" if table == "meta" and column == "value" else f"{column} NOT NULL"
            try:
                connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value,))
            except sqlite3.IntegrityError:  # an id takes nothing but integers, a key is there once
                connection.execute(f"DELETE FROM {table} WHERE {where}")

    return damage


def _schema(old: str, new: str) -> Damage:
    """Change how tables are declared, which SQLite believes."""
    return _sql(
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_master SET sql = replace(sql, '{old}', '{new}')",
    )


def _circle(table: str) -> Damage:
    """Let the pages of a table name each other: a few thousand times a few thousand rows."""

    def damage(file: Path) -> None:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            sql = "SELECT rootpage FROM sqlite_master WHERE name = ?"
            root = connection.execute(sql, (table,)).fetchone()[0]
        content = bytearray(file.read_bytes())
        size = struct.unpack(">H", content[16:18])[0]
        page_bytes = 65536 if size == 1 else size
        start = (root - 1) * page_bytes
        pages = len(content) // page_bytes
        leaf = bytes(content[start : start + page_bytes])
        levels = [_interior(page_bytes, pages + level + 2, 1000) for level in range(4)]
        content[start : start + page_bytes] = _interior(page_bytes, pages + 1, 1000)
        content += b"".join([*levels, leaf])
        content[28:32] = struct.pack(">I", pages + 5)
        file.write_bytes(content)

    return damage


def _interior(page_bytes: int, child: int, count: int) -> bytes:
    """Return a page of a table that names one page so many times."""
    cell = struct.pack(">I", child) + b"\x01"
    first = page_bytes - len(cell) * count
    head = struct.pack(">BHHHBI", 5, 0, count, first % 65536, 0, child)
    places = struct.pack(f">{count}H", *(first + len(cell) * number for number in range(count)))
    page = (head + places).ljust(first, b"\x00") + cell * count
    assert len(page) == page_bytes
    return page


def _cut(share: float) -> Damage:
    def damage(file: Path) -> None:
        content = file.read_bytes()
        file.write_bytes(content[: int(len(content) * share)])

    return damage


def _kinds() -> dict[str, Damage]:
    kinds: dict[str, Damage] = {
        "an endless view of captions": _sql(
            "DROP TABLE captions", f"CREATE VIEW captions AS {ENDLESS}"
        ),
        "a view of photos": _sql(
            "ALTER TABLE images RENAME TO held", "CREATE VIEW images AS SELECT * FROM held"
        ),
        "a view beside": _sql(f"CREATE VIEW more AS {ENDLESS}"),
        "a trigger": _sql(
            "CREATE TRIGGER t AFTER INSERT ON images BEGIN DELETE FROM captions; END"
        ),
        "a computed column": _sql(
            "ALTER TABLE images ADD COLUMN big AS (hex(zeroblob(100000000)))"
        ),
        "an index of an expression": _sql("CREATE INDEX i ON images (hex(path))"),
        "a virtual table of captions": _sql(
            "DROP TABLE captions",
            "CREATE VIRTUAL TABLE captions USING fts5(image_id, origin, position, text, sum)",
        ),
        "another table of words": _sql(
            "DROP TABLE words", "CREATE VIRTUAL TABLE words USING fts5(name, captions)"
        ),
        "words of another tokenizer": _schema("porter unicode61", "nothing"),
        "photos in circles": _circle("images"),
        "vectors in circles": _circle("vectors_1"),
        "nodes in circles": _circle("nodes_1"),
        "cut in half": _cut(0.5),
        "cut at nine tenths": _cut(0.9),
        "empty": _cut(0),
        "a comment in the schema": _schema("CREATE TABLE captions", "CREATE TABLE captions /*"),
        "a default that runs": _schema("mounts TEXT", "mounts TEXT COLLATE nothing"),
        "vectors of a missing photo": _sql("DELETE FROM images WHERE id = 2"),
        "photos without vectors": _sql("DELETE FROM vectors_1 WHERE image_id < 3"),
        "photos without nodes": _sql("DELETE FROM nodes_1 WHERE image_id < 3"),
        "vectors of another width": _sql("UPDATE models SET dim = 5"),
        "vectors without end": _sql("UPDATE models SET dim = 1000000000"),
        "no width": _sql("UPDATE models SET dim = 0"),
        "more units than width": _sql("UPDATE models SET unit_dim = 50"),
        "a model of a negative number": _sql("UPDATE models SET id = -1"),
        "a fingerprint that is a path": _sql("UPDATE models SET fingerprint = '../../evil'"),
        "vectors that are not finite": _sql(
            "UPDATE vectors_1 SET vector = "
            "CAST(substr(vector, 1, length(vector) - 2) || x'007c' AS BLOB)"
        ),
        "an array of lists": _sql("UPDATE vectors_1 SET vector = x'413104017c4f3800ffffffff'"),
        "an array of too many": _sql("UPDATE nodes_1 SET nodes = x'413103ff7c7531'"),
        "a path that leads out": _sql("UPDATE images SET path = '../../etc/passwd' WHERE id = 1"),
        "a path with a null byte": _sql(
            "UPDATE images SET path = CAST(x'610062' AS TEXT) WHERE id = 1"
        ),
        "a text that is no UTF-8": _sql("UPDATE captions SET text = CAST(x'61ff' AS TEXT)"),
        "a photo of the highest id": _sql(
            "UPDATE images SET id = 9223372036854775807 WHERE id = 1",
            "UPDATE vectors_1 SET image_id = 9223372036854775807 WHERE image_id = 1",
            "UPDATE nodes_1 SET image_id = 9223372036854775807 WHERE image_id = 1",
            "DELETE FROM meta WHERE key = 'vectors'",
        ),
        "disks that are no list": _sql("""UPDATE sources SET mounts = '{"a": [1]}'"""),
        "disks that lead out": _sql("""UPDATE sources SET mounts = '["../.."]'"""),
        "twenty thousand changes": _sql(
            """WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
            INSERT INTO changes SELECT i, i, 0 FROM n"""
        ),
    }
    for table in (*TABLES, "vectors_1", "nodes_1", "words", "words_data"):
        kinds[f"no table {table}"] = _sql(f"DROP TABLE {table}")
    for key in ("active_model", "passed_over", "revision", "vectors"):
        for name, text in _JSON.items():
            kinds[f"{key}: {name}"] = _sql(f"UPDATE meta SET value = '{text}' WHERE key = '{key}'")
    for field, text in _RECORDS.items():
        kinds[f"vectors record: {field}"] = _sql(
            f"UPDATE meta SET value = json_set(value, '$.{field}', json('{text}')) "
            "WHERE key = 'vectors'"
            if field != "revision"
            else """UPDATE meta SET value = replace(value, '"revision": ', '"revision": 1e999')"""
        )
    for table in (*TABLES, "vectors_1", "nodes_1"):
        for column in (*(columns_of(table) or ()), *BESIDE.get(table, ()), "sum"):
            for name, value in _VALUES.items():
                kinds[f"{table}.{column} {name}"] = _value(table, column, value)
    return kinds


KINDS = _kinds()
"""By name: what is done to a sound catalog."""
