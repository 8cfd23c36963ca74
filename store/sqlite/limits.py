"""Limits on the cost of reading a catalog, which may be untrusted or damaged on disk.

SQLite's own limits stop rows, statements and schemas that none of our catalogs has. A statement
that takes more steps than the size of the file can explain is interrupted, such as one that follows
a cycle of pages.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

__all__ = ["StepBudget", "set_limits"]

_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 2**28,  # a JSON list of 30 million ids fits
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 2**20,  # a filter of 256 conditions takes a tenth of that
    sqlite3.SQLITE_LIMIT_COLUMN: 64,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 8,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 250_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 16,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 8,  # the cascade from a deleted photo counts as one
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}

STEPS_AT_ONCE = 250_000
"""Steps between two checks of the budget: some milliseconds."""
LEAST_STEPS = 3_000_000
STEPS_PER_ROW = 10_000
"""Steps allowed for each row that is written: a caption's words take a few hundred."""
STEPS_PER_BYTE = 8
"""Steps allowed for each byte of the catalog: the costliest filter that is accepted takes six in a
catalog with vectors and nodes."""


class StepBudget:
    """Counts the steps of one statement and interrupts it when there are too many.

    Args:
        path: the catalog, whose size is read again when the budget seems to be used up.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._most = LEAST_STEPS
        self._taken = 0

    def begin(self, rows: int = 1) -> None:
        """Start counting again; called for each statement.

        Args:
            rows: how many rows the statement is run for; each adds to the budget.
        """
        self._taken = -STEPS_PER_ROW * rows

    def __call__(self) -> int:
        """Count the steps since the last call; return 1 to interrupt the statement, 0 otherwise."""
        self._taken += STEPS_AT_ONCE
        if self._taken <= self._most:
            return 0
        self._most = LEAST_STEPS + STEPS_PER_BYTE * self._bytes()
        return int(self._taken > self._most)

    def _bytes(self) -> int:
        size_bytes = 0
        for path in (self._path, self._path.with_name(f"{self._path.name}-wal")):
            try:
                size_bytes += os.stat(path).st_size
            except OSError:
                continue
        return size_bytes


def set_limits(connection: sqlite3.Connection, path: Path) -> StepBudget:
    """Limit the statements of a connection; return the budget, to be begun for each of them."""
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    budget = StepBudget(path)
    connection.set_progress_handler(budget, STEPS_AT_ONCE)
    # The file may be untrusted: no function that its schema names may run.
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return budget
