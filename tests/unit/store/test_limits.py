"""A statement may take only as many steps as the size of its file justifies."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from store.sqlite.limits import LEAST_STEPS, STEPS_AT_ONCE, STEPS_PER_BYTE, StepBudget, set_limits

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


def test_an_endless_statement_is_ended_and_the_next_one_is_not(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        budget = set_limits(connection, tmp_path / "a.db")
        budget.begin()
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            connection.execute(ENDLESS).fetchone()
        budget.begin()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_larger_file_may_take_more(tmp_path: Path) -> None:
    file = tmp_path / "a.db"

    def steps() -> int:
        budget = StepBudget(file)
        taken = 0
        while not budget():
            taken += STEPS_AT_ONCE
        return taken

    assert steps() == LEAST_STEPS
    file.write_bytes(bytes(STEPS_AT_ONCE))
    (tmp_path / "a.db-wal").write_bytes(bytes(STEPS_AT_ONCE))
    assert steps() == LEAST_STEPS + 2 * STEPS_PER_BYTE * STEPS_AT_ONCE


def test_texts_and_schemas_have_a_limit(tmp_path: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        before = connection.getlimit(sqlite3.SQLITE_LIMIT_LENGTH)
        set_limits(connection, tmp_path / "a.db")
        assert connection.getlimit(sqlite3.SQLITE_LIMIT_LENGTH) == 2**28 < before
        with pytest.raises(sqlite3.DatabaseError):
            connection.execute("ATTACH ':memory:' AS other")
