from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from store import (
    Counts,
    Index,
    IndexDamaged,
    IndexExists,
    IndexNotFound,
    IndexTooNew,
    ModelMismatch,
    Photo,
    PhotoFile,
    QuarantinedFile,
)
from store.types import ModelInfo

EAST, NORTH = [1.0, 0.0], [0.0, 1.0]


def photo(name: str, sha256: str = "00") -> PhotoFile:
    return PhotoFile(f"/photos/{name}", "/photos", 10, 20, sha256, 640, 480)


def put(index: Index, *photos: tuple[PhotoFile, list[float]]) -> list[int]:
    vectors = np.array([vector for _, vector in photos], dtype=np.float32)
    nodes = np.arange(len(photos) * 6).reshape(-1, 3, 2).astype(np.float16)
    return index.put_images([file for file, _ in photos], vectors, nodes)


def nearest(index: Index, vector: list[float], k: int = 1) -> list[int]:
    return index.search(np.array(vector, dtype=np.float32), k)[0].tolist()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "photos.index"


@pytest.fixture
def index(folder: Path) -> Iterator[Index]:
    with Index.create(folder, "f1", 2, model="m", encoders="e") as index:
        yield index


def test_an_index_says_what_it_was_made_with(folder: Path, index: Index) -> None:
    with Index.open(folder) as again:
        model = again.model
    assert (model.fingerprint, model.dim, model.name, model.encoders) == ("f1", 2, "m", "e")


def test_photos_are_found_and_told(index: Index) -> None:
    ids = put(index, (photo("a.jpg"), EAST), (photo("b.jpg"), NORTH))
    index.put_captions({ids[0]: ["two dogs", "a dog"]}, origin="captions.json")
    index.put_categories({ids[0]: ["sofa", "dog"]}, origin="instances.json")
    found, scores = index.search(np.array([2, 1], dtype=np.float32), 2)
    assert (found.tolist(), scores.tolist()) == (ids, [2.0, 1.0])
    assert index.photos(found) == [
        Photo(ids[0], "/photos/a.jpg", ("two dogs", "a dog"), ("dog", "sofa")),
        Photo(ids[1], "/photos/b.jpg"),
    ]
    assert index.counts() == Counts(images=2, captions=2, categories=2, quarantined=0)


def test_arrays_come_back_in_the_order_asked_for(index: Index) -> None:
    ids = put(index, (photo("a.jpg"), EAST), (photo("b.jpg"), NORTH))
    assert index.nodes(ids[::-1])[:, 0, 0].tolist() == [6.0, 0.0]
    assert index.nodes(ids).dtype == np.float16
    assert index.vectors(ids[::-1]).tolist() == [NORTH, EAST]
    assert index.nodes([]).shape == (0, 0, 0)
    assert index.vectors([]).shape == (0, 2)
    with pytest.raises(KeyError):
        index.nodes([99])


def test_a_replaced_photo_keeps_its_id_and_captions(index: Index) -> None:
    ids = put(index, (photo("a.jpg"), EAST), (photo("b.jpg"), NORTH))
    index.put_captions({ids[0]: ["a dog"]}, origin="o")
    assert nearest(index, EAST) == [ids[0]]
    assert put(index, (photo("a.jpg", "01"), [0.0, 5.0])) == [ids[0]]
    assert nearest(index, NORTH) == [ids[0]]
    assert index.photos([ids[0]])[0].captions == ("a dog",)
    assert len(index) == 2


def test_a_deleted_id_is_never_given_again(index: Index) -> None:
    (first,) = put(index, (photo("a.jpg"), EAST))
    index.put_captions({first: ["a dog"]}, origin="o")
    assert index.remove_images([first, 99]) == 1
    assert index.counts() == Counts(0, 0, 0, 0)
    assert nearest(index, EAST) == []
    (second,) = put(index, (photo("a.jpg"), EAST))
    assert second > first


def test_a_move_changes_the_path_only(index: Index) -> None:
    ids = put(index, (photo("a.jpg"), EAST), (photo("b.jpg"), NORTH))
    index.update_files({ids[0]: photo("b.jpg"), ids[1]: photo("a.jpg")})  # the photos swap names
    assert [found.path for found in index.photos(ids)] == ["/photos/b.jpg", "/photos/a.jpg"]
    assert nearest(index, EAST) == [ids[0]]


def test_a_file_in_quarantine_leaves_it_when_it_is_a_photo_again(index: Index) -> None:
    ids = put(index, (photo("a.jpg"), EAST))
    broken = QuarantinedFile("/photos/a.jpg", "/photos", 0, 30, "the file is empty")
    index.quarantine([broken])
    index.quarantine([broken])
    assert (len(index), index.quarantined(), nearest(index, EAST)) == (0, [broken], [])
    assert put(index, (photo("a.jpg"), EAST)) > ids
    assert index.quarantined() == []


def test_files_are_listed_by_source(index: Index) -> None:
    other = replace(photo("b.jpg"), path="/more/b.jpg", source="/more")
    ids = put(index, (photo("a.jpg"), EAST), (other, NORTH))
    assert index.files() == {ids[0]: photo("a.jpg"), ids[1]: other}
    assert index.files("/more") == {ids[1]: other}


def test_saying_the_same_of_a_photo_twice_doubles_nothing(index: Index) -> None:
    (image_id,) = put(index, (photo("a.jpg"), EAST))
    for origin in ("a.json", "a.json", "copy.json"):
        index.put_captions({image_id: ["a dog", "a dog"], 99: ["nobody"]}, origin=origin)
    assert index.photos([image_id])[0].captions == ("a dog",)
    index.put_captions({image_id: ["a cat"]}, origin="a.json")
    assert index.photos([image_id])[0].captions == ("a cat", "a dog")
    assert index.counts().captions == 2


def test_a_path_that_is_no_unicode_is_kept(index: Index) -> None:
    name = b"\xff.jpg".decode("utf-8", "surrogateescape")
    ids = put(index, (photo(name), EAST))
    assert index.photos(ids)[0].path == f"/photos/{name}"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_batch_with_a_value_that_is_not_finite_is_refused_whole(
    index: Index, value: float
) -> None:
    with pytest.raises(ValueError, match="not finite"):
        put(index, (photo("a.jpg"), EAST), (photo("b.jpg"), [value, 0.0]))
    assert len(index) == 0


def test_another_shape_is_refused(index: Index) -> None:
    with pytest.raises(ValueError, match=r"\(1, 3\).*expected \(1, 2\)"):
        put(index, (photo("a.jpg"), [1.0, 2.0, 3.0]))


def test_another_model_is_refused(folder: Path, index: Index) -> None:
    with pytest.raises(ModelMismatch, match=r"model m \(f1\), this is n \(f2\)"):
        Index.open(folder, fingerprint="f2", model="n")
    with pytest.raises(ModelMismatch):
        Index.open_or_create(folder, ModelInfo("f2", 2))
    Index.open_or_create(folder, ModelInfo("f1", 2)).close()


def test_an_index_is_not_made_twice(folder: Path, index: Index) -> None:
    index.close()
    with pytest.raises(IndexExists, match=str(folder)):
        Index.create(folder, "f1", 2)


def test_where_there_is_no_index_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound, match="is not there"):
        Index.open(tmp_path / "nowhere")
    with pytest.raises(IndexNotFound, match="holds no index"):
        Index.open(tmp_path)
    assert not Index.exists(tmp_path)


def test_an_index_that_was_never_begun_is_begun(folder: Path) -> None:
    folder.mkdir()
    (folder / "catalog.db").touch()
    with pytest.raises(IndexNotFound, match="never started"):
        Index.open(folder)
    with Index.open_or_create(folder, ModelInfo("f1", 2)) as index:
        assert len(index) == 0


def test_a_damaged_catalog_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "catalog.db").write_text("a shopping list " * 100, encoding="utf-8")
    with pytest.raises(IndexDamaged, match=r"catalog\.db"):
        Index.open(folder)


def test_a_catalog_of_a_newer_version_is_refused(folder: Path, index: Index) -> None:
    index.close()
    connection = sqlite3.connect(folder / "catalog.db")
    with connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('crossgraph', '0999_x')"
        )
    connection.close()
    before = (folder / "catalog.db").read_bytes()
    with pytest.raises(IndexTooNew, match=r"0999_x.*upgrade crossgraph"):
        Index.open(folder)
    assert (folder / "catalog.db").read_bytes() == before


def test_closing_twice_is_harmless(index: Index) -> None:
    index.close()
    index.close()
    with pytest.raises(ValueError, match="closed"):
        index.files()
