"""The second version's catalog is upgraded: nothing is lost, and new columns are unknown."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from store import Index, IndexDamaged, PhotoFile
from store.catalog.selection import Has
from store.integrity.verify import verify
from tests.unit.store.version_two import make_version_two

FILES = {
    1: PhotoFile("/photos/old_bridge.jpg", "/photos", 10, 21, "0a" * 32, 640, 480),
    2: PhotoFile(os.fsdecode(b"/photos/\xff dog.jpg"), "/photos", 10, 22, "0b" * 32, 640, 480),
    3: PhotoFile("/photos/c.jpg", "/photos", 10, 23, "", 640, 480),
}


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return make_version_two(tmp_path / "index")


def test_files_stay_and_their_new_facts_are_unknown(catalog: Path) -> None:
    with Index.open(catalog.parent) as index:
        read_by_the_first = {key: replace(file, reader=0) for key, file in FILES.items()}
        assert index.files() == read_by_the_first
        assert index.perceptual_hashes([1, 2, 3]) == [None, None, None]
        assert index.matching(Has("camera")).tolist() == []
        assert index.mounts("/photos") == ("/photos/disk",)
        assert [bad.reason for bad in index.quarantined()] == ["no photo"]
        assert index.photos([1])[0].captions == ("two cats", "a river")


def test_the_words_of_captions_and_names_are_found(catalog: Path) -> None:
    with Index.open(catalog.parent) as index:
        for words, found in (("bridges", [1]), ("cat river", [1]), ("dog", [2]), ("gone", [])):
            assert index.search_texts(words, 9)[0].tolist() == found, words


def test_the_upgraded_catalog_is_sound_and_gives_no_id_again(catalog: Path) -> None:
    assert verify(catalog.parent).problems == ()
    with Index.open(catalog.parent) as index, index.writing() as tables:
        tables.execute(
            "INSERT INTO images (source_id, path, size_bytes, mtime_ns, sha256,"
            " width_px, height_px) VALUES (1, 'new.jpg', 1, 1, x'00', 1, 1)"
        )
        assert next(tables.rows("SELECT max(id) FROM images")) == (5,)


def test_its_tables_are_those_of_a_new_catalog(catalog: Path, tmp_path: Path) -> None:
    Index.open(catalog.parent).close()
    Index.create(tmp_path / "new", "f1", 2).close()
    tables = []
    for file in (catalog, tmp_path / "new" / "catalog.db"):
        with closing(sqlite3.connect(file)) as connection:
            rows = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY 1").fetchall()
        tables.append([(name, (sql or "").replace('"', "").split()) for name, sql in rows])
    assert tables[0] == tables[1]


def test_checksums_take_32_bytes(catalog: Path) -> None:
    Index.open(catalog.parent).close()
    with closing(sqlite3.connect(catalog)) as connection:
        rows = connection.execute("SELECT sha256 FROM images ORDER BY id").fetchall()
    assert rows == [(b"\x0a" * 32,), (b"\x0b" * 32,), (b"",)]


def test_a_checksum_that_is_none_is_told_and_nothing_is_changed(catalog: Path) -> None:
    with closing(sqlite3.connect(catalog)) as connection, connection:
        connection.execute("UPDATE images SET sha256 = 'words' WHERE id = 2")
        before = list(connection.iterdump())
    with pytest.raises(IndexDamaged, match="sha256 'words', expected a hex number"):
        Index.open(catalog.parent)
    with closing(sqlite3.connect(catalog)) as connection:
        assert list(connection.iterdump()) == before
