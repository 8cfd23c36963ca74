"""Whether the SQLite in use has the WAL-reset bug, which can lose commits.

If two connections write or checkpoint at the same instant, versions up to 3.51.2 can treat the log
as written back when it is not (https://sqlite.org/wal.html). Here only the process that holds
`writer.lock` commits, and with that checkpoints, through one connection; so the bug only matters if
another program writes the catalog at the same time.
"""

from __future__ import annotations

import sqlite3

__all__ = ["has_wal_reset_fault", "sqlite_words", "wal_reset_note"]

_FIRST = (3, 7, 0)
_MENDED = (3, 51, 3)
_MENDED_TOO = ((3, 44, 6), (3, 50, 7))
"""The first versions without the bug in the series `3.44.*` and `3.50.*`."""


def has_wal_reset_fault(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Return whether a version of SQLite has the fault.

    >>> [has_wal_reset_fault(each) for each in ((3, 40, 1), (3, 44, 6), (3, 50, 6), (3, 51, 3))]
    [True, False, True, False]
    """
    if any(version[:2] == mended[:2] and version >= mended for mended in _MENDED_TOO):
        return False
    return _FIRST <= version < _MENDED


def sqlite_words() -> str:
    """Return the version in use, and whether it has the fault, in a few words."""
    known = ", which has the WAL-reset fault: see `crossgraph doctor`"
    return f"SQLite {sqlite3.sqlite_version}{known if has_wal_reset_fault() else ''}"


def wal_reset_note() -> str:
    """Return in one line what the fault means here; empty if SQLite does not have it."""
    if not has_wal_reset_fault():
        return ""
    return (
        f"SQLite {sqlite3.sqlite_version} has the WAL-reset fault (fixed in 3.51.3, 3.50.7 and "
        "3.44.6): commits can be lost if two connections write at once; crossgraph writes "
        "through one, so let no other program write catalog.db, or use a Python with a newer "
        "SQLite"
    )
