"""SQLite's errors as errors of this program: temporary ones, and damage."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from store.errors import CrossgraphError, IndexDamaged, IndexNotWritable

__all__ = ["code_of", "store_error"]

_MAY_PASS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
"""Codes with which nothing is wrong with the file: the disk is full, or another process has it."""


def store_error(error: sqlite3.DatabaseError, path: Path) -> CrossgraphError:
    """Return the error of our own tree for an error of SQLite.

    Args:
        error: SQLite's error about the file.
        path: the catalog's path.
    """
    code = code_of(error)
    if code in _MAY_PASS:
        return IndexNotWritable(f"{path}: {error}")
    if str(error).startswith(("no such table", "no such column")):
        return IndexDamaged(f"{path} is no catalog of this program: {error}")
    reason = str(error)
    if code == sqlite3.SQLITE_INTERRUPT:
        reason = "its pages form a cycle, or hold far more rows than fit into them"
    return IndexDamaged(
        f"{path} cannot be read: {reason}; index the photos again into another folder"
    )


def code_of(error: sqlite3.Error) -> int:
    """Return SQLite's primary error code; the generic one if Python raised the error itself."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF
