"""The FAISS file is a cache: whatever happens to it, searches give the catalog's answers."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from store import Index, PhotoFile
from store.integrity.verify import verify
from store.vectors.approximate import ApproximateIndex
from store.vectors.flat import FlatIndex

QUERY = np.array([1, 0], dtype=np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Index.create(tmp_path / "photos.index", "f1", 2) as index:
        add(index, "a.jpg", "b.jpg")
        index.finish()
    return tmp_path / "photos.index"


def add(index: Index, *names: str) -> list[int]:
    files = [PhotoFile(f"/photos/{name}", "/photos", 1, 2, "00", 3, 4) for name in names]
    vectors = np.array([[len(name), 1] for name in names], dtype=np.float32)
    return index.put_images(files, vectors, np.zeros((len(names), 1, 2), dtype=np.float16))


def vector_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("vectors-*"))


def found(folder: Path) -> list[int]:
    with Index.open(folder) as index:
        return index.search(QUERY, 10)[0].tolist()


def test_it_is_read_and_not_made_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the vectors were read from the catalog")

    monkeypatch.setattr("store.vectors.cache.vectors_after", refuse)
    assert found(folder) == [1, 2]


@pytest.mark.parametrize("damage", ["missing", "empty", "flipped", "another"])
def test_a_damaged_one_is_made_anew(folder: Path, damage: str) -> None:
    (file,) = vector_files(folder)
    good = file.read_bytes()
    if damage == "missing":
        file.unlink()
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "flipped":
        file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    else:
        FlatIndex(2).save(file)
    assert found(folder) == [1, 2]
    assert vector_files(folder) == [file]
    assert file.read_bytes() == good


def test_each_change_leaves_one_file(folder: Path) -> None:
    before = vector_files(folder)
    (folder / "vectors-9.123.tmp").write_bytes(b"left by a run that was killed")
    with Index.open(folder) as index:
        add(index, "c.jpg")
        index.finish()
        index.finish()
    after = vector_files(folder)
    assert len(after) == 1
    assert after != before


def test_one_that_is_behind_the_catalog_is_not_believed(folder: Path) -> None:
    with Index.open(folder) as index:  # with as many photos as before, and without `finish`
        add(index, "longer-name.jpg")
        index.remove_images([1])
    assert found(folder) == [3, 2]


def test_two_processes_see_each_other(folder: Path) -> None:
    with Index.open(folder) as reader, Index.open(folder) as writer:
        assert reader.search(QUERY, 10)[0].tolist() == [1, 2]
        add(writer, "longer-name.jpg")
        assert reader.search(QUERY, 10)[0].tolist() == [3, 1, 2]


def test_a_full_disk_keeps_nobody_from_searching(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    vector_files(folder)[0].unlink()
    monkeypatch.setattr(ApproximateIndex, "save", refuse)
    assert found(folder) == [1, 2]
    assert vector_files(folder) == []


def test_a_full_disk_is_told_with_the_name_of_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ApproximateIndex, "save", refuse)
    with Index.open(folder) as index:
        add(index, "c.jpg")
        note = index.finish()
    assert re.search(rf"No space.*{folder}/vectors-1-2\.faiss", note)


def test_a_batch_that_is_cut_off_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Index.open(folder) as index:
        monkeypatch.setattr(index._cache, "mark_changed", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            add(index, "c.jpg", "d.jpg")
        assert len(index) == 2
    assert found(folder) == [1, 2]


def test_a_damaged_blob_is_told(folder: Path) -> None:
    connection = sqlite3.connect(folder / "catalog.db")
    with connection:
        connection.execute("UPDATE nodes_1 SET nodes = x'00' WHERE image_id = 1")
    connection.close()
    with Index.open(folder) as index, pytest.raises(Exception, match="no stored array"):
        index.nodes([1])


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an index with an approximate file of three lists, all of which a search reads."""
    monkeypatch.setattr(
        "store.vectors.choose._exact_in_time", lambda *_: False
    )  # an exact search is never fast enough
    monkeypatch.setattr("store.vectors.choose.MOST_READ", 1.0)
    random = np.random.default_rng(0)
    vectors = random.standard_normal((150, 2)).astype(np.float16).astype(np.float32)
    files = [PhotoFile(f"/photos/{n}.jpg", "/photos", 1, 2, "00", 3, 4) for n in range(150)]
    with Index.create(tmp_path / "many.index", "f1", 2) as index:
        index.put_images(files, vectors, np.zeros((150, 1, 2), dtype=np.float16))
        index.put_recall_queries(vectors[:10])
        index.finish()
        generation = index.generation()
    assert generation is not None
    assert generation.measured.kind == "IVF 3 lists, 3 probed, 8 bits"
    return tmp_path / "many.index"


@pytest.mark.parametrize("at", [-1, -2000], ids=["ids", "codes"])
def test_a_damaged_list_is_found_by_the_search_that_reads_it(many: Path, at: int) -> None:
    (file,) = vector_files(many)
    before = found(many)
    content = bytearray(file.read_bytes())
    content[at] ^= 64
    queries = np.random.default_rng(1).standard_normal((20, 2)).astype(np.float32)
    with Index.open(many) as index:
        expected = [index.search(query, 5)[0].tolist() for query in queries]
    file.write_bytes(content)
    with Index.open(many) as index:
        assert [index.search(query, 5)[0].tolist() for query in queries] == expected
    assert file.read_bytes() != content  # a search mends an index of this size
    assert found(many) == before
    assert verify(many).problems == ()


def test_a_writer_finds_a_damaged_list_and_writes_the_file_anew(
    many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "store.vectors.cache.ALWAYS_COMPACT", 10
    )  # as if there were more photos: readers don't mend the file
    (file,) = vector_files(many)
    good = file.read_bytes()
    file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert [problem.code for problem in verify(many).problems] == ["vectors-file"]
    with Index.open(many) as index:
        index.finish()
    assert verify(many).problems == ()
    assert file.read_bytes() == good
