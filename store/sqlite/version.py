"""Whether a catalog has this version, checked without importing the migrations.

Every search checks this, and sqlite-utils, which applies the migrations, takes longer to import
than the rest of a search in a small index: it is imported only where migrations are applied, not
here.
"""

from __future__ import annotations

import sqlite3

from store.errors import IndexDamaged, IndexTooNew

__all__ = ["MIGRATIONS", "counted", "is_current"]

MIGRATIONS = (
    "0001_photos",
    "0002_sources_and_models",
    "0003_facts_and_words",
    "0004_shards",
    "0005_readers",
    "0006_one_form_of_names",
    "0007_parts_of_unspaced_words",
    "0008_sums",
    "0009_details",
    "0010_saved",
)
"""The names of `store.sqlite.schema`'s migrations, in their order."""

APPLIED = "_sqlite_migrations"  # sqlite-utils' own table
OURS = "crossgraph"  # the name of our migrations in it


def is_current(connection: sqlite3.Connection) -> bool:
    """Return whether no migration is left to apply; reads only.

    Raises:
        IndexTooNew: a newer version of this program made or upgraded the catalog.
        IndexDamaged: it is a database of another program.
        sqlite3.DatabaseError: it is not a database, or cannot be read.
    """
    sql = "SELECT name FROM sqlite_master WHERE type = 'table'"
    tables = {row[0] for row in connection.execute(sql)}
    applied = _applied(connection) if APPLIED in tables else []
    newer = [name for name in applied if name not in MIGRATIONS]
    if newer:
        raise IndexTooNew(
            f"the catalog was made by a newer version, which knows {newer[-1]}, this one knows "
            f"up to {MIGRATIONS[-1]}: upgrade crossgraph, or index the photos again into another "
            "folder"
        )
    # sqlite-utils writes its own table first; a run that was killed right after left it alone.
    if tables - {APPLIED} and not applied and not counted(connection):
        raise IndexDamaged("the catalog is a database of another program")
    return set(applied) == set(MIGRATIONS)


def counted(connection: sqlite3.Connection) -> bool:
    """Return whether a catalog is from the time when `user_version` counted the migrations."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0]) == 1


def _applied(connection: sqlite3.Connection) -> list[str]:
    sql = f"SELECT name FROM {APPLIED} WHERE migration_set = ? ORDER BY rowid"
    return [row[0] for row in connection.execute(sql, [OURS])]
