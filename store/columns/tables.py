"""The catalog's tables: their columns, the kinds of values in these, and the checksum of a row.

Every row ends with `sum`, the CRC-32 of its other values. `verify` checks each row with it, so that
a flipped bit on disk is reported; nothing else reads it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "BESIDE",
    "BLOB",
    "INTEGER",
    "PATH",
    "REAL",
    "SUM",
    "TABLES",
    "TEXT",
    "WORDS_TABLES",
    "Kinds",
    "columns_of",
    "maybe",
    "row_sum",
    "unlike",
]

Row = tuple[Any, ...]
"""A row as a query returns it: values of the types that its columns have."""

SHORT = 64
"""Largest size of a BLOB that is written as text with the rest of its row, like a SHA-256."""

Kinds = tuple[type, ...]
"""What a column may hold, as Python's classes."""

INTEGER: Kinds = (int,)
REAL: Kinds = (float,)
TEXT: Kinds = (str,)
BLOB: Kinds = (bytes,)
PATH: Kinds = (str, bytes)
"""A path that is not UTF-8 is stored as a BLOB."""

SUM = "sum"
"""The column with a row's checksum, after all others."""


def maybe(kinds: Kinds) -> Kinds:
    """Return the kinds of a column that may also be NULL."""
    return (*kinds, type(None))


_EDGES = dict.fromkeys(("left_edge", "top_edge", "right_edge", "bottom_edge"), maybe(REAL))
_TEXTS = {"image_id": INTEGER, "origin": PATH, "position": INTEGER, "text": TEXT}

TABLES: Mapping[str, Mapping[str, Kinds]] = {
    "meta": {"key": TEXT, "value": TEXT},
    "sources": {"id": INTEGER, "root": PATH, "mounts": TEXT},
    "images": {
        "id": INTEGER,
        "source_id": INTEGER,
        "path": PATH,
        "size_bytes": INTEGER,
        "mtime_ns": INTEGER,
        "sha256": BLOB,
        "width_px": INTEGER,
        "height_px": INTEGER,
        "taken_s": maybe(INTEGER),
        "camera": maybe(TEXT),
        "look": maybe(INTEGER),
        "reader": maybe(INTEGER),
        "damage": TEXT,
        "is_guessed": INTEGER,
    },
    "captions": _TEXTS,
    "categories": _TEXTS,
    "quarantine": {
        "source_id": INTEGER,
        "path": PATH,
        "size_bytes": INTEGER,
        "mtime_ns": INTEGER,
        "reason": TEXT,
        "reader": maybe(INTEGER),
    },
    "shards": {
        "kind": TEXT,
        "path": PATH,
        "size_bytes": INTEGER,
        "mtime_ns": INTEGER,
        "photos": INTEGER,
    },
    "models": {
        "id": INTEGER,
        "fingerprint": TEXT,
        "name": TEXT,
        "encoders": TEXT,
        "dim": INTEGER,
        "unit_dim": INTEGER,
    },
    "changes": {"revision": INTEGER, "image_id": INTEGER},
    "details": {
        "image_id": INTEGER,
        "reader": INTEGER,
        "title": maybe(TEXT),
        "description": maybe(TEXT),
        "rating": maybe(INTEGER),
        "lens": maybe(TEXT),
        "latitude": maybe(REAL),
        "longitude": maybe(REAL),
        "sublocation": maybe(TEXT),
        "city": maybe(TEXT),
        "region": maybe(TEXT),
        "country": maybe(TEXT),
        "is_placed": INTEGER,
        "utc_offset_min": maybe(INTEGER),
        "sidecars": TEXT,
        "note": TEXT,
    },
    "tags": {"image_id": INTEGER, "position": INTEGER, "text": TEXT},
    "people": {"image_id": INTEGER, "position": INTEGER, "text": TEXT, **_EDGES},
    "text_reads": {"image_id": INTEGER, "reader": INTEGER},
    "lines": {
        "image_id": INTEGER,
        "position": INTEGER,
        "text": TEXT,
        "confidence": REAL,
        **_EDGES,
    },
    "saved": {"id": INTEGER, "name": TEXT, "record": TEXT},
}
"""The tables that every catalog has, except the table of words, which FTS5 checks itself."""

BESIDE: Mapping[str, tuple[str, ...]] = {"models": ("probes", "probes_sum")}
"""Columns that a row's checksum does not cover; they come after the others and before `sum`."""

_EMBEDDINGS: Mapping[str, Mapping[str, Kinds]] = {
    "vectors": {"image_id": INTEGER, "vector": BLOB},
    "nodes": {"image_id": INTEGER, "nodes": BLOB},
}
_EMBEDDING = re.compile(r"(vectors|nodes)_[1-9][0-9]{0,17}")

WORDS_TABLES = frozenset(
    {"words", *(f"words_{part}" for part in ("data", "idx", "docsize", "config"))}
)
"""The table of words, and those in which FTS5 keeps it."""


def columns_of(table: str) -> Mapping[str, Kinds] | None:
    """Return the columns that a table's `sum` covers; None if the table is not ours.

    >>> list(columns_of("nodes_12")), columns_of("nodes_x")
    (['image_id', 'nodes'], None)
    """
    if _EMBEDDING.fullmatch(table):
        return _EMBEDDINGS[table.partition("_")[0]]
    return TABLES.get(table)


def row_sum(*values: object) -> int:
    r"""Return the CRC-32 of a row's values in the order of its columns.

    They are written as Python's `ascii` writes a tuple of them, except for a BLOB of more than 64
    bytes at the end: the tuple has its length instead, and its bytes follow the tuple.

    >>> row_sum(7, "a dög", None) == zlib.crc32(b"(7, 'a d\\xf6g', None)")
    True
    >>> row_sum(7, bytes(65)) == zlib.crc32(b"(7, 65)" + bytes(65))
    True
    """
    last = values[-1]
    if type(last) is bytes and len(last) > SHORT:  # none of our tables has one elsewhere
        start = (*values[:-1], len(last))
        return zlib.crc32(last, zlib.crc32(ascii(start).encode()))
    return zlib.crc32(ascii(values).encode())


def unlike(rows: Sequence[Sequence[object]], kinds: Sequence[Kinds]) -> str | None:
    """Return a description of a value of an unexpected kind; None if there is none.

    Args:
        rows: as SQLite returns them.
        kinds: the expected kinds of each column.

    >>> unlike([(7, "a"), (7, None)], (INTEGER, TEXT))
    'None, expected str'
    >>> unlike([(7, "a")], (INTEGER, TEXT)) is None
    True
    """
    for values, kind in zip(zip(*rows, strict=True), kinds, strict=False):
        # Checks each type once, not each value: a column has one or two types.
        wrong = {each for each in set(map(type, values)) if not issubclass(each, kind)}
        if wrong:
            value = next(value for value in values if type(value) in wrong)
            names = " or ".join("nothing" if one is type(None) else one.__name__ for one in kind)
            return f"{ascii(value)[:60]}, expected {names}"
    return None
