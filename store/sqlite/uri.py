"""How SQLite opens a catalog: as usual, or as one that cannot be written at the moment.

In write-ahead mode even a reader creates two small files beside the catalog. If the folder cannot
be written, or its disk is full, it has to work without them.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from store.sqlite.sqlite_errors import code_of

__all__ = ["CatalogUri", "files_state", "uri_of", "uri_without_room"]

_NO_ROOM = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


@dataclass(frozen=True)
class CatalogUri:
    """Where a catalog is, and how it is opened.

    Attributes:
        path: of the file.
        query: SQLite's words for how; empty for reading and writing as usual.
    """

    path: Path
    query: str = ""

    @property
    def text(self) -> str:
        """Return what SQLite opens."""
        return self.path.absolute().as_uri() + self.query

    @property
    def is_unwatched(self) -> bool:
        """Whether SQLite takes the file for one that nobody writes, and does not look."""
        return "immutable" in self.query


def uri_of(path: Path) -> CatalogUri:
    """Return how a catalog is opened, as its folder can be written or not."""
    # Where nothing can be written, SQLite cannot make the files that write-ahead mode needs, and
    # has to be told that nobody else writes either; but then it would not see what a run that was
    # killed left in them.
    if os.access(path.parent, os.W_OK):
        return CatalogUri(path)
    return CatalogUri(path, "?mode=ro" if _left(path) else "?immutable=1")


def uri_without_room(path: Path, error: sqlite3.OperationalError) -> CatalogUri | None:
    """Return how a catalog is opened without any room on its disk; None if that is not the fault.

    What an interrupted run left is read by a process that keeps all others out, since then SQLite
    keeps in memory what would have to be in a file for them.
    """
    if code_of(error) not in _NO_ROOM or not path.is_file():
        return None
    if not _left(path):
        return CatalogUri(path, "?immutable=1")
    return CatalogUri(path, "?vfs=unix-excl") if os.name == "posix" else None


def files_state(path: Path) -> object:
    """Return what changes when another process writes a catalog."""
    facts = path.stat()
    return facts.st_ino, facts.st_size, facts.st_mtime_ns, _left(path)


def _left(path: Path) -> bool:
    """Return whether something was written that is not in the file itself yet."""
    log = path.with_name(f"{path.name}-wal")
    return log.is_file() and log.stat().st_size > 0
