"""Bringing a catalog to the form that this version writes: creating or migrating its tables."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from store.errors import IndexBusy, IndexNotWritable
from store.sqlite.lock import WriterLock

__all__ = ["bring_up_to_date"]

# Of 4 to 64 KiB, this size made the smallest catalog of the shipped model's rows. A search reads a
# page for almost every candidate.
_PAGE_BYTES = 16 * 1024


def bring_up_to_date(connection: sqlite3.Connection, path: Path, lock: WriterLock) -> None:
    """Create the tables of a new catalog, or bring those of an older one up to date.

    Args:
        connection: the connection to the catalog.
        path: the catalog's path, for messages.
        lock: the lock for writing the index, which is held meanwhile.

    Raises:
        IndexBusy: another process is writing.
        IndexNotWritable: an older catalog cannot be written.
    """
    from sqlite_utils import Database  # imported here, since a search does not need it

    from store.sqlite.schema import migrate

    tables = Database(connection)
    earlier = "images" in tables.table_names()
    try:
        lock.acquire()
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # affects only a new file
        tables.enable_wal()
        migrate(tables)
        lock.release()
    except IndexBusy:
        raise
    except (IndexNotWritable, sqlite3.OperationalError) as error:
        if not earlier:
            raise
        raise IndexNotWritable(
            f"{path} was made by an earlier version and could not be upgraded: {error}; "
            "see that there is room and that its folder can be written, or copy it elsewhere"
        ) from error
