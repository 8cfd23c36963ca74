from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlite_utils

from store import Index, IndexTooNew
from store.sqlite import schema, version
from store.sqlite.version import is_current


def test_it_knows_the_migrations_that_there_are() -> None:
    there = schema.MIGRATIONS.pending(sqlite_utils.Database(memory=True))
    assert tuple(migration.name for migration in there) == version.MIGRATIONS
    assert (schema.MIGRATIONS.migrations_table, schema.MIGRATIONS.name) == (
        version.APPLIED,
        version.OURS,
    )


def test_a_catalog_is_current_once_all_are_applied() -> None:
    catalog = sqlite_utils.Database(memory=True)
    assert not is_current(catalog.conn)
    schema.MIGRATIONS.apply(catalog, stop_before=version.MIGRATIONS[-1])
    assert not is_current(catalog.conn)
    schema.migrate(catalog)
    assert is_current(catalog.conn)


def test_a_newer_one_is_told_with_what_it_knows() -> None:
    catalog = sqlite_utils.Database(memory=True)
    schema.migrate(catalog)
    catalog.execute(
        f"INSERT INTO {version.APPLIED} (migration_set, name, applied_at) VALUES (?, '9999_x', '')",
        [version.OURS],
    )
    with pytest.raises(IndexTooNew, match="9999_x"):
        is_current(catalog.conn)


def test_asking_changes_nothing(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "new.db")
    assert not is_current(connection)
    connection.close()
    assert (tmp_path / "new.db").stat().st_size == 0


def test_opening_a_finished_index_imports_no_sqlite_utils(tmp_path: Path) -> None:
    Index.create(tmp_path / "index", "f1", 2).close()
    code = (
        "import sys; from pathlib import Path; from store import Index\n"
        "Index.open(Path(sys.argv[1])).close()\n"
        "sys.exit('sqlite_utils' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "index")], check=True)
