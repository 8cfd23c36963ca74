"""The catalog's file: which files are accepted, who may write, and interrupted transactions."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
import sqlite_utils

from store import IndexBusy, IndexDamaged, IndexNotWritable
from store.sqlite.catalog_file import CatalogFile
from store.sqlite.schema import MIGRATIONS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "catalog.db"


def test_facts_come_back_and_the_last_one_counts(file: Path) -> None:
    catalog = CatalogFile(file)
    catalog.set_meta(dim=2, model="m")
    catalog.set_meta(dim=3)
    assert catalog.meta() == {"dim": 3, "model": "m"}
    catalog.close()


def test_a_transaction_that_fails_leaves_nothing(file: Path) -> None:
    catalog = CatalogFile(file)
    with pytest.raises(RuntimeError), catalog.transaction():
        catalog.set_meta(dim=2)
        raise RuntimeError
    assert catalog.meta() == {}
    catalog.close()


def test_a_database_of_another_program_is_refused_and_left_alone(file: Path) -> None:
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    with pytest.raises(IndexDamaged, match="another program"):
        CatalogFile(file)
    other = sqlite3.connect(file)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]
    other.close()


def test_one_whose_making_was_cut_off_is_made(file: Path) -> None:
    begun = sqlite_utils.Database(file)
    MIGRATIONS.ensure_migrations_table(begun)
    begun.close()
    catalog = CatalogFile(file)
    catalog.set_meta(dim=2)
    catalog.close()


def test_another_writer_is_told_of_and_reading_goes_on(file: Path) -> None:
    writer, waiter = CatalogFile(file), CatalogFile(file)
    with writer.transaction():
        with pytest.raises(IndexBusy, match=r"another process.*wait until it ends"):
            waiter.set_meta(dim=2)
        assert waiter.meta() == {}  # reading is still possible
    writer.close()
    waiter.set_meta(dim=2)
    waiter.close()


def test_a_folder_that_cannot_be_written_can_be_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = CatalogFile(file)
    catalog.set_meta(dim=2)
    catalog.close()
    before = sorted(file.parent.iterdir())
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    reader = CatalogFile(file)
    assert reader.meta() == {"dim": 2}
    assert sorted(file.parent.iterdir()) == before
    with pytest.raises(IndexNotWritable, match=r"readonly|cannot be written"):
        reader.set_meta(dim=3)
    reader.close()
