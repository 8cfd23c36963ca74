"""How SQLite opens a catalog: as usual, or as one that cannot be written at the moment.

In write-ahead mode even a reader creates two small files next to the catalog. If the folder cannot
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
    """The path of a catalog, and how it is opened.

    Attributes:
        path: the file's path.
        query: the query of SQLite's URI with the options; empty for reading and writing as usual.
    """

    path: Path
    query: str = ""

    @property
    def text(self) -> str:
        """The URI that SQLite opens."""
        return self.path.absolute().as_uri() + self.query

    @property
    def is_unwatched(self) -> bool:
        """Whether SQLite assumes that nobody writes the file, and does not check for changes."""
        return "immutable" in self.query


def uri_of(path: Path) -> CatalogUri:
    """Return how to open a catalog, which depends on whether its folder can be written."""
    # If nothing can be written, SQLite cannot create the files that write-ahead mode needs, and
    # must be told that nobody else writes either (immutable). But then it would not see what a run
    # that was killed left in these files.
    if os.access(path.parent, os.W_OK):
        return CatalogUri(path)
    return CatalogUri(path, "?mode=ro" if _left(path) else "?immutable=1")


def uri_without_room(path: Path, error: sqlite3.OperationalError) -> CatalogUri | None:
    """Return how to open a catalog without room on its disk; None if the error has another cause.

    A log that an interrupted run left is read with exclusive access, since SQLite then keeps in
    memory the data that it would otherwise share with other processes in a file.
    """
    if code_of(error) not in _NO_ROOM or not path.is_file():
        return None
    if not _left(path):
        return CatalogUri(path, "?immutable=1")
    return CatalogUri(path, "?vfs=unix-excl") if os.name == "posix" else None


def files_state(path: Path) -> object:
    """Return a value that changes when another process writes a catalog."""
    facts = path.stat()
    return facts.st_ino, facts.st_size, facts.st_mtime_ns, _left(path)


def _left(path: Path) -> bool:
    """Return whether there is a log with changes that may not be in the file itself yet."""
    log = path.with_name(f"{path.name}-wal")
    return log.is_file() and log.stat().st_size > 0
