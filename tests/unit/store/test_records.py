from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from store import Index, IndexDamaged, PhotoFile
from store.record_stream import records, shared_paths


@pytest.fixture
def index(tmp_path: Path) -> Index:
    index = Index.create(tmp_path / "i", "f1", 2)
    files = [
        PhotoFile(f"/{place}/{name}.jpg", f"/{place}", 1, 2, "00", 3, 4)
        for place, name in (("p", "a"), ("p", "b"), ("q", "a"), ("q", "in/c"))
    ]
    index.put_images(files, np.eye(4, 2, dtype=np.float32), np.zeros((4, 1, 1)))
    index.put_captions({2: ["z", "a"]}, origin="o")
    return index


def test_all_photos_come_by_id_in_blocks(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.sqlite.id_pages.ROWS_AT_ONCE", 3)
    with index:
        blocks = list(records(index))
    assert [[photo.image_id for photo in block] for block in blocks] == [[1, 2, 3], [4]]
    photo = blocks[0][1]
    assert (photo.relative_path, photo.captions) == ("b.jpg", ("z", "a"))
    assert photo.vector is not None
    assert photo.vector.tolist() == [0, 1]
    assert blocks[1][0].relative_path == "in/c.jpg"


def test_photos_come_in_the_order_asked_for_and_unknown_ones_are_left_out(index: Index) -> None:
    with index:
        (block,) = records(index, [4, 99, 1], vectors=False)
    assert [photo.image_id for photo in block] == [4, 1]
    assert block[0].vector is None


def test_names_that_two_folders_have_are_told(index: Index) -> None:
    with index:
        assert shared_paths(index) == {"a.jpg"}


@pytest.mark.parametrize(
    "damage", ["DELETE FROM vectors_1 WHERE image_id = 3", "UPDATE vectors_1 SET vector = x'00'"]
)
def test_a_photo_without_its_vector_is_an_error(index: Index, damage: str) -> None:
    with index:
        with index.writing() as catalog:
            catalog.execute(damage)
        with pytest.raises(IndexDamaged, match="verify --repair"):
            list(records(index))
        assert len(list(records(index, vectors=False))) == 1
