"""The tables of photos' metadata, and of the text that was read in them."""

from __future__ import annotations

__all__ = ["DETAILS_TABLES", "SAVED_TABLE"]

_OF_PHOTO = "image_id INTEGER PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE"
_EDGES = "left_edge REAL, top_edge REAL, right_edge REAL, bottom_edge REAL"


def _list(table: str, more: str = "") -> str:
    return f"""CREATE TABLE {table} (
        image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        text TEXT NOT NULL,{more}
        sum INTEGER,
        PRIMARY KEY (image_id, position)
    ) WITHOUT ROWID"""


DETAILS_TABLES = (
    f"""CREATE TABLE details (
        {_OF_PHOTO},
        reader INTEGER NOT NULL,
        title TEXT,
        description TEXT,
        rating INTEGER,
        lens TEXT,
        latitude REAL,
        longitude REAL,
        sublocation TEXT,
        city TEXT,
        region TEXT,
        country TEXT,
        is_placed INTEGER NOT NULL,
        utc_offset_min INTEGER,
        sidecars TEXT NOT NULL,
        note TEXT NOT NULL,
        sum INTEGER
    )""",
    _list("tags"),
    _list("people", f" {_EDGES},"),
    f"""CREATE TABLE text_reads (
        {_OF_PHOTO},
        reader INTEGER NOT NULL,
        sum INTEGER
    )""",
    _list("lines", f" confidence REAL NOT NULL, {_EDGES},"),
)
"""The tables as migration 0009 creates them. `text_reads` records in which photos text was read,
and by which version; edges are shares of width and height."""

SAVED_TABLE = """CREATE TABLE saved (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, record TEXT NOT NULL, sum INTEGER
)"""
"""Searches and albums that people saved, each as JSON."""
