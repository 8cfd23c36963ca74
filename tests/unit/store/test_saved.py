"""Damaged albums and saved searches are reported, and kept if they can be read."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from store import Index
from store.catalog.saved import SavedSet, put_saved, saved_sets
from store.integrity.verify import repair, verify
from store.sqlite.catalog_file import CatalogFile
from tests.unit.store.verified_index import DIM, spoil

ALBUM, SEARCH = SavedSet(1, "Best", photos=(3, 1)), SavedSet(2, "Dögs", "q=a+dog")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "photos.index"
    Index.create(folder, "f1", DIM).close()
    with closing(CatalogFile(folder / "catalog.db")) as catalog, catalog.transaction():
        assert [put_saved(catalog, each) for each in (ALBUM, SEARCH)] == [1, 2]
    assert verify(folder).problems == ()
    return folder


def held(folder: Path) -> list[SavedSet]:
    with closing(CatalogFile(folder / "catalog.db")) as catalog:
        return saved_sets(catalog)


UNREADABLE = {
    "no JSON": ("record", "{"),
    "deep JSON": ("record", "[" * 100_000),
    "no photos": ("record", '{"search": ""}'),
    "photos of another kind": ("record", '{"search": "", "photos": ["a"]}'),
    "a list": ("record", "[1, 2]"),
    "both at once": ("record", json.dumps({"search": "q=a", "photos": [1]})),
    "a name of blanks": ("name", " "),
    "a name of another kind": ("name", b"Best"),
    "bytes": ("record", b"{}"),
}


@pytest.mark.parametrize("fault", UNREADABLE)
def test_what_cannot_be_read_is_named_and_forgotten(folder: Path, fault: str) -> None:
    column, value = UNREADABLE[fault]
    spoil(folder, f"UPDATE saved SET {column} = ? WHERE id = 1", value)  # with the right checksum
    (problem,) = verify(folder).problems
    assert (problem.code, problem.count) == ("bad-saved", 1)
    called = "“Best”" if column == "record" else "number 1"
    assert problem.examples == (f"{called} cannot be read, and will be deleted",)
    assert repair(folder)[1].problems == ()
    assert held(folder) == [SEARCH]


def test_what_a_disk_changed_is_named_and_kept_as_it_can_be_read(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        connection.execute("UPDATE saved SET record = replace(record, '3', '2') WHERE id = 1")
    (problem,) = verify(folder).problems
    told = str(problem)
    assert "albums and saved searches that are damaged: 1 (“Best” can be read, but" in told
    assert told.endswith("--repair keeps those that can be read")
    assert repair(folder)[1].problems == ()
    assert held(folder) == [SavedSet(1, "Best", photos=(2, 1)), SEARCH]
