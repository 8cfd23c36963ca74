"""Each invariant, when broken by hand, is detected and mended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from store import Index, IndexNotFound, PhotoFile, QuarantinedFile, Reembedding
from store.columns.codec import array_to_blob
from store.integrity.verify import repair, verify
from store.types import ModelInfo
from tests.unit.store.verified_index import DIM, NODES, codes, photo, photos_left, spoil, state

NAN = np.array([np.nan, 1, 0, 0], dtype=np.float16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an index of five photos, the first two with captions.

    Each vector has three numbers of unit length, and one more.
    """
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


def test_a_sound_index_is_told_in_numbers_and_not_touched(folder: Path) -> None:
    before = state(folder)
    found = verify(folder)
    assert found.problems == ()
    assert (found.images, found.captions, found.quarantined) == (5, 2, 1)
    assert (folder / found.file).is_file()
    assert repair(folder) == (found, found)
    assert state(folder) == before


def test_an_empty_index_is_sound(tmp_path: Path) -> None:
    Index.create(tmp_path / "i", "f1", DIM).close()
    assert verify(tmp_path / "i").problems == ()


VECTOR, NODE = (array_to_blob(array) for array in (np.eye(DIM, dtype=np.float16)[0], NODES))


ROWS = [
    ("INSERT INTO captions VALUES (77, 'o', 0, 'a bird', 0)", (), {"orphans": 1}, "abcde"),
    ("INSERT INTO categories VALUES (77, 'o', 0, 'bird', 0)", (), {"orphans": 1}, "abcde"),
    ("INSERT INTO nodes_1 VALUES (77, ?, 0)", (NODE,), {"orphans": 1}, "abcde"),
    ("DELETE FROM images WHERE id = 5", (), {"orphans": 1}, "abcd"),
    ("UPDATE images SET source_id = 9 WHERE id = 1", (), {"orphans": 1}, "bcde"),
    ("UPDATE quarantine SET source_id = 9", (), {"orphans": 1}, "abcde"),
    ("UPDATE images SET path = '../a.jpg' WHERE id = 1", (), {"bad-path": 1}, "bcde"),
    ("UPDATE images SET path = '/a.jpg' WHERE id = 1", (), {"bad-path": 1}, "bcde"),
    ("UPDATE quarantine SET path = 'a//b'", (), {"bad-quarantine-path": 1}, "abcde"),
    ("UPDATE quarantine SET path = 'a.jpg'", (), {"in-quarantine-too": 1}, "abcde"),
    ("UPDATE sqlite_sequence SET seq = 3 WHERE name = 'images'", (), {"bad-id": 1}, "abcde"),
    ("DELETE FROM sqlite_sequence WHERE name = 'images'", (), {"bad-id": 1}, "abcde"),
    ("DELETE FROM vectors_1 WHERE image_id < 3", (), {"no-vector": 2, "vectors-file": 1}, "cde"),
    ("DELETE FROM nodes_1 WHERE image_id = 3", (), {"no-nodes": 1}, "abde"),
    ("UPDATE vectors_1 SET vector = substr(vector, 1, 9)", (), {"bad-vector": 5}, ""),
    ("UPDATE vectors_1 SET vector = 'words' WHERE image_id = 1", (), {"bad-vector": 1}, "bcde"),
    ("UPDATE vectors_1 SET vector = ? WHERE image_id = 1", (NODE,), {"bad-vector": 1}, "bcde"),
    (
        "UPDATE vectors_1 SET vector = ? WHERE image_id = 2",
        (array_to_blob(NAN),),
        {"bad-vector": 1},
        "acde",
    ),
    (
        "UPDATE vectors_1 SET vector = ? WHERE image_id = 2",
        (array_to_blob(np.float16([0.5, 0, 0, 0.25])),),
        {"bad-vector": 1},
        "acde",
    ),
    ("UPDATE nodes_1 SET nodes = x'00' WHERE image_id = 4", (), {"bad-nodes": 1}, "abce"),
    ("UPDATE nodes_1 SET nodes = ? WHERE image_id = 4", (VECTOR,), {"bad-nodes": 1}, "abce"),
    ("UPDATE nodes_1 SET nodes = ?", (array_to_blob(np.array(1.0)),), {"bad-nodes": 5}, ""),
    (
        "UPDATE nodes_1 SET nodes = ? WHERE image_id = 1",
        (array_to_blob(np.ones((2, 2), np.float16)),),
        {"bad-nodes": 1},
        "bcde",
    ),
    (
        "UPDATE nodes_1 SET nodes = ? WHERE image_id = 5",
        (array_to_blob(np.full((3, 2), np.inf, np.float16)),),
        {"bad-nodes": 1},
        "abcd",
    ),
    ("UPDATE models SET probes = x'00'", (), {"bad-probes": 1}, "abcde"),
    ("UPDATE models SET probes = ?", (NODE,), {"bad-probes": 1}, "abcde"),
    ("INSERT INTO changes VALUES (99, 1, 0)", (), {"bad-changes": 1}, "abcde"),
    ("INSERT INTO changes VALUES (0, 1, 0)", (), {"bad-changes": 1}, "abcde"),
    ("UPDATE meta SET value = '0' WHERE key = 'revision'", (), {"bad-changes": 1}, "abcde"),
    ("UPDATE meta SET value = '[]' WHERE key = 'vectors'", (), {"vectors-file": 1}, "abcde"),
    ("UPDATE captions SET text = 'a fox' WHERE image_id = 1", (), {"bad-words": 1}, "abcde"),
    ("INSERT INTO captions VALUES (3, 'o', 0, 'a bird', 0)", (), {"bad-words": 1}, "abcde"),
    ("INSERT INTO words (rowid, name) VALUES (77, 'bird')", (), {"bad-words": 1}, "abcde"),
    ("INSERT INTO words (words) VALUES ('delete-all')", (), {"bad-words": 1}, "abcde"),
    ("UPDATE images SET path = 'red/a.jpg' WHERE id = 1", (), {"bad-words": 1}, "abcde"),
    ("DELETE FROM words_data WHERE id > 10", (), {"bad-words": 1}, "abcde"),
    ("UPDATE words_data SET block = x'00'", (), {"bad-words": 1}, "abcde"),
    ("UPDATE words_docsize SET sz = x'0505' WHERE id = 2", (), {"bad-words": 1}, "abcde"),
    (
        "UPDATE captions SET text = iif(image_id = 1, 'a cat', 'a dog')",
        (),
        {"bad-words": 1},
        "abcde",
    ),
    ("DROP TABLE words_docsize", (), {"bad-words": 1}, "abcde"),
    ("DROP TABLE words", (), {"bad-words": 1}, "abcde"),
]


@pytest.mark.parametrize(("sql", "arguments", "found", "left"), ROWS)
def test_a_damaged_catalog_is_found_out_and_mended(
    folder: Path, sql: str, arguments: tuple[object, ...], found: dict[str, int], left: str
) -> None:
    spoil(folder, sql, *arguments)
    # Mismatches with the file of vectors and with the words are consequences of the others.
    assert {code: count for code, count in codes(folder).items() if code in found} == found
    assert set(codes(folder)) - set(found) <= {"orphans", "vectors-file", "left-over", "bad-words"}
    before, after = repair(folder)
    assert all(problem.mending for problem in before.problems)
    assert after.problems == ()
    assert "".join(photos_left(folder)) == left
    assert codes(folder) == {}


def test_photos_that_were_taken_out_are_taken_as_new_under_a_new_id(folder: Path) -> None:
    spoil(folder, "DELETE FROM nodes_1 WHERE image_id = 5")
    assert "embeds them again" in repair(folder)[0].problems[0].mending
    with Index.open(folder) as index:
        assert "/photos/e.jpg" not in {file.path for file in index.files().values()}
        ids = index.put_images([photo("e.jpg")], np.eye(1, DIM, dtype=np.float32), NODES[None])
    assert ids == [6]
    assert codes(folder) == {}


def test_embeddings_that_are_under_way_may_lack_photos_but_no_halves(folder: Path) -> None:
    with Index.open(folder) as index:
        other = Reembedding(index, ModelInfo("f2", 2, "n"))
        other.put([1, 2, 3], np.eye(3, 2, dtype=np.float32), np.stack([NODES] * 3))
    assert codes(folder) == {}
    spoil(folder, "DELETE FROM nodes_2 WHERE image_id = 1")
    spoil(folder, "UPDATE vectors_2 SET vector = x'00' WHERE image_id = 2")
    assert codes(folder) == {"bad-reembedding": 2}
    assert repair(folder)[1].problems == ()
    with Index.open(folder) as index:
        assert list(Reembedding(index, ModelInfo("f2", 2)).missing()) == [1, 2, 4, 5]


def test_several_faults_at_once_are_all_mended(folder: Path) -> None:
    for sql, arguments, _, _ in ROWS[:13]:
        spoil(folder, sql, *arguments)
    assert len(codes(folder)) > 4
    assert repair(folder)[1].problems == ()


def test_what_sqlite_calls_malformed_is_told_and_left_alone(folder: Path) -> None:
    content = bytearray((folder / "catalog.db").read_bytes())
    page = 32 * 1024
    content[2 * page : 12 * page] = b"\x5a" * (10 * page)
    (folder / "catalog.db").write_bytes(content)
    before = state(folder)
    for found in (verify(folder), *repair(folder)):
        assert [problem.code for problem in found.problems] == ["catalog-malformed"]
        assert found.problems[0].mending == ""
        assert "index the photos again into another folder" in str(found.problems[0])
    assert state(folder) == before


def test_facts_that_are_no_json_cannot_be_mended(folder: Path) -> None:
    spoil(folder, "UPDATE meta SET value = '{' WHERE key = 'vectors'")
    assert codes(folder) == {"bad-facts": 1}
    before, after = repair(folder)
    assert before == after


def test_no_index_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound):
        verify(tmp_path)


def test_what_is_verified_is_told_as_it_goes(tmp_path: Path) -> None:
    from store.integrity import checks

    told: list[tuple[int, int, str]] = []
    files = [
        PhotoFile(f"/photos/{number}.jpg", "/photos", 1, 1, "00" * 32, 1, 1)
        for number in range(1, checks.ROWS_BETWEEN + 2)
    ]
    with Index.create(tmp_path / "i", "f00d", 2) as index:
        index.put_images(files, np.ones((len(files), 2)), np.zeros((len(files), 1), np.uint8))
    verify(tmp_path / "i", lambda *report: told.append(report))
    count = len(files)
    assert told == [
        (done, count, what) for what in ("vectors", "nodes") for done in (count - 1, count)
    ]
