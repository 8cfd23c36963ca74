"""`verify` of the file of vectors, also while others write or read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from store import Index, IndexBusy, QuarantinedFile
from store.integrity.verify import repair, verify
from store.vectors.vector_file import head_sha256
from tests.unit.store.verified_index import DIM, NODES, codes, photo, photos_left, spoil, state


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an index of five photos, the first two with captions."""
    folder = tmp_path / "photos.index"
    with Index.create(folder, "f1", DIM, model="m", encoders="e", unit_dim=3) as index:
        vectors = np.eye(3, DIM, dtype=np.float32)[[0, 1, 2, 0, 1]]
        vectors[:, 3] = 0.25
        files = [photo(f"{name}.jpg") for name in "abcde"]
        ids = index.put_images(files, vectors, np.stack([NODES] * 5))
        assert ids == [1, 2, 3, 4, 5]
        index.put_captions({1: ["a dog"], 2: ["a cat"]}, origin="captions.json")
        index.put_categories({1: ["dog"]}, origin="instances.json")
        index.quarantine([QuarantinedFile("/photos/x.jpg", "/photos", 0, 30, "empty")])
        index.put_recall_queries(np.eye(2, DIM, dtype=np.float32))
        index.finish()
    return folder


def test_a_file_of_vectors_that_lags_behind_is_nothing_wrong(folder: Path) -> None:
    with Index.open(folder) as index:
        vectors = np.eye(2, DIM, dtype=np.float32)
        index.put_images([photo("a.jpg"), photo("f.jpg")], vectors, np.stack([NODES] * 2))
        index.remove_images([2])
    assert codes(folder) == {}


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def turn_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [Path.unlink, cut_off, turn_a_bit])
def test_a_damaged_file_of_vectors_is_written_anew(
    folder: Path, damage: Callable[[Path], None]
) -> None:
    damage(folder / verify(folder).file)
    assert codes(folder) == {"vectors-file": 1}
    _, after = repair(folder)
    assert after.problems == ()
    assert photos_left(folder) == list("abcde")


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ('"count": 5', '"count": 4', "expected"),
        ('"last_id": 5', '"last_id": 4', "expected"),
        ('"model_id": 1', '"model_id": 2', "no sense"),
        ('"name": "', '"name": "../', "checksum"),
    ],
)
def test_a_record_that_does_not_fit_the_file_is_found_out(
    folder: Path, was: str, becomes: str, fault: str
) -> None:
    sql = "UPDATE meta SET value = replace(value, ?, ?) WHERE key = 'vectors'"
    spoil(folder, sql, was, becomes)
    found = [problem for problem in verify(folder).problems if problem.code == "vectors-file"]
    assert re.search(fault, str(found[0]))
    assert repair(folder)[1].problems == ()


def test_left_over_files_are_removed_and_no_others(folder: Path) -> None:
    kept = set(state(folder))
    for name in ("vectors-1-99.faiss", "vectors-1-1.123.tmp"):
        (folder / name).write_bytes(b"half a file")
    assert codes(folder) == {"left-over": 2}
    assert repair(folder)[1].problems == ()
    assert set(state(folder)) == kept


def test_a_reader_that_was_open_meanwhile_follows_a_repair(folder: Path) -> None:
    with Index.open(folder) as reader:
        query = np.array([1, 0, 0, 0], dtype=np.float32)
        assert reader.search(query, 1)[0].tolist() == [1]
        spoil(folder, "UPDATE vectors_1 SET vector = x'00' WHERE image_id = 1")
        repair(folder)
        assert reader.search(query, 1)[0].tolist() == [4]


def test_a_file_that_a_writer_replaces_meanwhile_is_no_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def look(file: Path) -> str:
        looked.append(file.name)
        if len(looked) == 1:
            with Index.open(folder) as writer:
                writer.remove_images([5])
                writer.finish()
        return head_sha256(file)

    monkeypatch.setattr("store.integrity.checks.head_sha256", look)
    assert codes(folder) == {}
    assert len(set(looked)) == 2


def test_repairing_waits_for_no_writer(folder: Path) -> None:
    with Index.open(folder) as writer:
        writer.begin_writing()
        assert codes(folder) == {}
        with pytest.raises(IndexBusy):
            repair(folder)
