"""A catalog of an earlier version is upgraded in place, and nothing in it is lost."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from store import Index, IndexDamaged, IndexNotFound, IndexNotWritable, Photo, PhotoFile
from store import QuarantinedFile as Broken
from store.types import ModelInfo
from tests.unit.store.version_one import (
    CAPTIONS,
    FILES,
    QUARANTINE,
    make_version_one,
    nodes_of,
    vector_of,
)


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return make_version_one(tmp_path / "index")


@contextmanager
def opened(catalog: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(catalog)) as connection:
        yield connection


def add(index: Index, path: str, source: str = "/photos") -> int:
    file = PhotoFile(path, source, 1, 2, "aa", 3, 4)
    return index.put_images([file], np.ones((1, 2), np.float32), np.ones((1, 3, 2), np.float16))[0]


def test_ids_paths_and_facts_stay(catalog: Path) -> None:
    with Index.open(catalog.parent) as index:
        files = index.files()
    assert files == {
        i: PhotoFile(
            *(os.fsdecode(path), os.fsdecode(source), 10, 20 + i, f"0{i}", 640, 480),
            reader=0,
        )
        for i, (path, source) in FILES.items()
    }


def test_embeddings_stay_byte_for_byte(catalog: Path) -> None:
    Index.open(catalog.parent).close()
    with opened(catalog) as connection:
        vectors = connection.execute("SELECT image_id, vector FROM vectors_1").fetchall()
        nodes = connection.execute("SELECT image_id, nodes FROM nodes_1").fetchall()
    assert dict(vectors) == {image_id: vector_of(image_id) for image_id in FILES}
    assert dict(nodes) == {image_id: nodes_of(image_id) for image_id in FILES}


def test_texts_quarantine_and_model_stay(catalog: Path) -> None:
    with Index.open(catalog.parent, fingerprint="f1") as index:
        photos = index.photos(list(FILES))
        broken = index.quarantined()
        model = index.model
    assert photos == [
        Photo(i, os.fsdecode(path), tuple(CAPTIONS.get(i, ())), ("dog",) if i == 1 else ())
        for i, (path, _) in FILES.items()
    ]
    assert broken == [
        Broken(os.fsdecode(path), source, 1, 2, reason, reader=0)
        for path, source, reason in QUARANTINE
    ]
    assert (model.name, model.encoders, model.dim, model.unit_dim) == ("m", "e", 2, 0)


def test_the_highest_id_is_not_given_again_though_its_photo_was_deleted(catalog: Path) -> None:
    with Index.open(catalog.parent) as index:
        assert add(index, "/photos/new.jpg") == 8


def test_foreign_keys_hold_and_cascade(catalog: Path) -> None:
    with Index.open(catalog.parent) as index:
        index.remove_images([1])
        with pytest.raises(sqlite3.IntegrityError), index.writing() as tables:
            tables.execute("INSERT INTO captions VALUES (99, 'o', 0, 'nobody', 0)")
    with opened(catalog) as connection:
        for table in ("vectors_1", "nodes_1", "captions", "categories"):
            sql = f"SELECT count(*) FROM {table} WHERE image_id = 1"
            assert connection.execute(sql).fetchone() == (0,), table
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        references = connection.execute("PRAGMA foreign_key_list(captions)").fetchall()
        assert [reference[2] for reference in references] == ["images"]


def test_the_tables_are_those_of_a_new_catalog(catalog: Path, tmp_path: Path) -> None:
    Index.open(catalog.parent).close()
    Index.create(tmp_path / "new", "f1", 2).close()
    sql = "SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2"
    with opened(catalog) as old, opened(tmp_path / "new" / "catalog.db") as new:
        tables = [
            [(kind, name, (sql or "").replace('"', "").split()) for kind, name, sql in rows]
            for rows in (old.execute(sql), new.execute(sql))
        ]
    assert tables[0] == tables[1]


def test_the_vectors_file_is_made_anew(catalog: Path) -> None:
    for _ in range(2):
        with Index.open(catalog.parent) as index:
            ids, scores = index.search(np.array([1, 0], dtype=np.float32), 2)
        assert (ids.tolist(), scores.tolist()) == ([6, 5], [6.0, 5.0])
        assert [file.name for file in catalog.parent.glob("vectors*")] == ["vectors-1-3.faiss"]


def test_it_is_indexed_on(catalog: Path) -> None:
    with Index.open(catalog.parent) as index:
        assert add(index, "/photos/2024/may/b.jpg") == 2  # the photo keeps its id
        index.finish()
    with Index.open(catalog.parent) as index:
        assert index.search(np.array([0, 1], dtype=np.float32), 9)[0].tolist() == [1, 2, 4, 5, 6]
        assert index.sources() == {"/": 1, "/broken": 0, "/old \udcfe": 1, "/photos": 3}


def test_an_upgrade_that_fails_half_way_leaves_what_was_there(
    catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(catalog) as connection:
        before = list(connection.iterdump())
    with monkeypatch.context() as broken:
        broken.setattr("store.sqlite.schema._name_the_model", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Index.open(catalog.parent)
    with opened(catalog) as connection:
        after = [line for line in connection.iterdump() if "_sqlite_migrations" not in line]
    assert after == before
    with Index.open(catalog.parent) as index:
        assert len(index) == len(FILES)


def test_one_that_cannot_be_upgraded_in_its_place_is_told(
    catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = catalog.read_bytes()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(IndexNotWritable, match=r"catalog\.db.*earlier version.*upgrade"):
        Index.open(catalog.parent)
    assert catalog.read_bytes() == before


def test_a_path_that_leads_out_of_its_folder_is_not_upgraded(catalog: Path) -> None:
    with opened(catalog) as connection, connection:
        connection.execute("UPDATE images SET path = '/photos/../etc/a.jpg' WHERE id = 1")
    with pytest.raises(IndexDamaged, match=r"\.\./etc/a\.jpg"):
        Index.open(catalog.parent)


def test_one_that_was_never_begun_is_begun(tmp_path: Path) -> None:
    folder = make_version_one(tmp_path / "index", begun=False).parent
    with pytest.raises(IndexNotFound, match="never started"):
        Index.open(folder)
    with Index.open_or_create(folder, ModelInfo("f1", 2)) as index:
        assert add(index, "/photos/a.jpg") == 1
    with opened(folder / "catalog.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_the_version_before_refuses_what_was_upgraded(catalog: Path) -> None:
    Index.open(catalog.parent).close()
    with opened(catalog) as connection:
        assert (
            connection.execute("PRAGMA user_version").fetchone()[0] > 1
        )  # the number that it checks
