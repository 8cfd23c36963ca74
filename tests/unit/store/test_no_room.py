"""Readers work on a full disk, and see what others write later."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from store import Index, IndexNotWritable, PhotoFile
from store.integrity.verify import verify
from store.sqlite import uri

QUERY = np.ones(2, dtype=np.float32)


def add(index: Index, *names: str) -> None:
    files = [PhotoFile(f"/p/{name}.jpg", "/p", 1, 2, "00" * 32, 3, 4) for name in names]
    index.put_images(files, np.eye(len(files), 2), np.ones((len(files), 8), np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "photos.index"
    with Index.create(folder, "f1", 2) as index:
        add(index, "a", "b")
        index.put_captions({1: ["a dog"]}, origin="captions.json")
        index.finish()
    return folder


class FullDisk:
    """Simulates, while it is on, a disk without room for the files that SQLite needs to read."""

    def __init__(self) -> None:
        self.is_on = True
        self.opened: list[str] = []

    def connect(self, place: str, **options: object) -> sqlite3.Connection:
        self.opened.append(place.partition("?")[2])
        if self.is_on and place.startswith("file:") and "?" not in place:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
            raise error
        return sqlite3.Connection(place, **options)  # type: ignore[arg-type]


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[FullDisk]:
    disk = FullDisk()
    monkeypatch.setattr("store.sqlite.catalog_file.sqlite3.connect", disk.connect)
    yield disk


def test_an_index_is_read_without_any_room(folder: Path, full: FullDisk) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert verify(folder).problems == ()
    with Index.open(folder) as index:
        assert index.search(QUERY, 5)[0].tolist() == [1, 2]
        assert index.search_texts("dog", 5)[0].tolist() == [1]
        assert index.counts().images == 2
        with pytest.raises(IndexNotWritable):
            index.remove_images([1])
    assert set(full.opened) == {"", "immutable=1"}
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_what_an_interrupted_run_left_is_read_too(folder: Path, full: FullDisk) -> None:
    full.is_on = False
    writer = Index.open(folder)
    add(writer, "c")
    held = {file.name: file.read_bytes() for file in folder.glob("catalog.db*")}
    writer.close()
    for name, content in held.items():
        (folder / name).write_bytes(content)
    (folder / "catalog.db-shm").unlink()
    full.is_on = True
    with Index.open(folder) as index:
        assert len(index) == 3
    assert full.opened[-1] == "vfs=unix-excl"


def test_what_is_written_once_there_is_room_again_shows(folder: Path, full: FullDisk) -> None:
    with Index.open(folder) as reader:
        assert len(reader.search(QUERY, 5)[0]) == 2
        full.is_on = False
        with Index.open(folder) as writer:
            add(writer, "c")
        assert len(reader.search(QUERY, 5)[0]) == 3


def test_other_errors_are_not_taken_for_a_full_disk(folder: Path) -> None:
    error = sqlite3.OperationalError("no such table")
    assert uri.uri_without_room(folder / "catalog.db", error) is None
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert uri.uri_without_room(folder / "nothing.db", error) is None
    found = uri.uri_without_room(folder / "catalog.db", error)
    assert found is not None
    assert found.is_unwatched
