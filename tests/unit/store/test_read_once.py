"""What an open index caches per snapshot equals the catalog, whatever is written in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from store import CrossgraphError, Index, IndexDamaged, PhotoFile
from store.columns.tables import INTEGER, TEXT

COUNT, DIM = 400, 4


def photo(number: int) -> PhotoFile:
    return PhotoFile(f"/p/{number}.jpg", "/p", 1, 2, "ab" * 32, 1, 1)


def vectors_of(seed: int, count: int = COUNT) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return drawn.astype(np.float16).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Index.create(tmp_path, "f00d", DIM) as index:
        photos = [photo(number) for number in range(COUNT)]
        index.put_images(photos, vectors_of(1), np.arange(COUNT, dtype=np.uint16)[:, None])
        index.finish()
    return tmp_path


CHANGES: dict[str, Callable[[Index], object]] = {
    "added": lambda index: index.put_images(
        [photo(COUNT)], 9 * vectors_of(2, 1), np.zeros((1, 1), np.uint16)
    ),
    "replaced": lambda index: index.put_images(
        [photo(number) for number in range(COUNT)],
        vectors_of(3),
        np.ones((COUNT, 1), np.uint16),
    ),
    "removed": lambda index: index.remove_images(range(1, COUNT // 2)),
    "said": lambda index: index.put_captions({7: ["a dog"]}, origin="file"),
    "noted": lambda index: index.put_fact("name", [1]),
}


def told(index: Index) -> list[object]:
    query = np.array([1, 0.5, -1, 2], np.float32)
    with index.snapshot():
        ids, scores = index.search(query, 20)
        return [
            ids.tolist(),
            scores.tolist(),
            index.vectors(ids).tolist(),
            index.vectors(ids[::-1][:5]).tolist(),
            index.nodes(ids).tolist(),
            index.background().vectors.tolist(),
            index.fact("name"),
            [photo.captions for photo in index.photo_records([7])],
            len(index),
        ]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("finished", [True, False])
def test_an_index_that_is_open_tells_what_one_opened_anew_does(
    folder: Path, change: Callable[[Index], object], finished: bool
) -> None:
    with Index.open(folder) as reader, Index.open(folder) as writer:
        before = told(reader)
        with reader.snapshot():
            change(writer)
            if finished:
                writer.finish()
            assert told(reader) == before, "a snapshot changed"
        after = told(reader)
        with Index.open(folder) as anew:
            assert after == told(anew)
        assert told(writer) == after
        assert after != before


def test_vectors_of_a_search_are_those_of_the_catalog_in_any_order(folder: Path) -> None:
    with Index.open(folder) as index, index.snapshot():
        ids, _ = index.search(np.ones(DIM, np.float32), 30)
        asked = [*ids[::-1].tolist(), int(ids[0]), int(ids[0])]
        within = index.vectors(asked)
        rows = vectors_of(1)[[image_id - 1 for image_id in asked]]
        assert within.tolist() == rows.tolist()
        with pytest.raises(KeyError):
            index.vectors([int(ids[0]), COUNT + 1])


def test_rows_and_their_order_are_those_that_are_asked_for(folder: Path) -> None:
    with Index.open(folder) as index:
        asked = [5, 3, 399, 3]
        assert index.nodes(asked)[:, 0].tolist() == [4, 2, 398, 2]
        assert index.vectors(asked).tolist() == vectors_of(1)[[4, 2, 398, 2]].tolist()
        assert index.vectors([]).shape == (0, DIM)


@pytest.mark.parametrize("damaged", [1, 256, 257, COUNT])
def test_a_value_of_another_kind_is_noticed_wherever_it_stands(folder: Path, damaged: int) -> None:
    with Index.open(folder) as index, index.reading() as catalog:
        sql = "SELECT id, CASE id WHEN ? THEN x'00' ELSE 'a' END FROM images ORDER BY id"
        with pytest.raises(IndexDamaged, match="expected str"):
            list(catalog.typed((INTEGER, TEXT), sql, damaged))
        assert len(list(catalog.typed((INTEGER, TEXT), sql, 0))) == COUNT


def test_ids_out_of_order_are_noticed_across_blocks(folder: Path) -> None:
    with Index.open(folder) as index, index.reading() as catalog:
        sql = "SELECT CASE id WHEN 257 THEN 256 ELSE id END FROM images ORDER BY id"
        with pytest.raises(CrossgraphError, match="the id 256 after 256"):
            list(catalog.typed((INTEGER,), sql, ascending=True))
