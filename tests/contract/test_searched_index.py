"""What every index that is searched does, wherever it lies, while photos come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from store import Index, PhotoFile
from store.catalog.photo_order import PhotoOrder
from store.catalog.selection import Condition
from store.opening import open_reader
from store.postgres.address import Address
from store.postgres.push import push
from store.searched_index import Allowed, ServedIndex
from tests.postgres_server import PostgresServer

VECTORS = np.array([[1, 0], [0, 1], [1, 1], [1, 0], [2, 0]], dtype=np.float32)
NODES = np.arange(10, dtype=np.uint8).reshape(5, 2)
ACROSS, UP = np.eye(2, dtype=np.float32)


def photo(name: str, width_px: int = 10) -> PhotoFile:
    return PhotoFile(f"/photos/{name}", "/photos", 1, 2, "ab" * 32, width_px, 10, camera=name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Index.create(tmp_path / "index", "f00d", 2) as index:
        index.put_images([photo(f"{n}.jpg", 10 + n) for n in range(5)], VECTORS, NODES)
        index.put_captions(
            {2: ["two dogs"], 3: ["a dog in the long grass of a wide field", "snow"]}, origin="test"
        )
    return tmp_path / "index"


Change = Callable[[Callable[[Index], object]], None]


@pytest.fixture(params=["a folder", "PostgreSQL"])
def both(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[ServedIndex, Change]]:
    """An open index of five photos, and what changes the photos that it has."""
    address: str | None = None
    if request.param == "PostgreSQL":
        server: PostgresServer = request.getfixturevalue("postgres")
        address = server.new_database()

    def change(work: Callable[[Index], object]) -> None:
        with Index.open(folder) as index:
            work(index)
            index.finish()
            if address is not None:
                push(index, Address.parse(address))

    change(lambda index: None)
    with closing(open_reader(folder, address)) as index:
        yield index, change


Both = tuple[ServedIndex, Change]


def ids_of(index: ServedIndex, query: NDArray[np.float32], k: int = 9) -> list[int]:
    ids: list[int] = index.search(query, k)[0].tolist()
    return ids


def test_the_nearest_come_first_and_equal_ones_by_id(both: Both) -> None:
    ids, scores = both[0].search(ACROSS, 9)
    assert ids.tolist() == [5, 1, 3, 4, 2]
    assert scores.tolist() == [2, 1, 1, 1, 0]
    for k in range(6):
        assert ids_of(both[0], ACROSS, k) == ids[:k].tolist()


def test_what_is_added_is_found_under_an_id_of_its_own(both: Both) -> None:
    index, change = both
    change(lambda it: it.put_images([photo("new.jpg")], np.array([[0, 5.0]]), NODES[:1]))
    assert ids_of(index, UP, 2) == [6, 2]
    assert index.photos([6])[0].path == "/photos/new.jpg"
    assert len(index) == 6


def test_what_is_removed_is_found_no_more_and_its_id_names_nothing(both: Both) -> None:
    index, change = both
    change(lambda it: it.remove_images([5, 2]))
    assert ids_of(index, ACROSS) == [1, 3, 4]
    assert index.search_texts("dogs", 9)[0].tolist() == [3]
    assert index.photos([5]) == []
    with pytest.raises(KeyError):
        index.vectors([5])
    change(lambda it: it.put_images([photo("new.jpg")], VECTORS[:1], NODES[:1]))
    assert ids_of(index, ACROSS) == [1, 3, 4, 6]


def test_what_is_replaced_is_found_where_it_is_now(both: Both) -> None:
    index, change = both
    change(lambda it: it.put_images([photo("4.jpg")], np.array([[0, 9.0]]), NODES[:1]))
    assert ids_of(index, UP, 1) == [5]
    assert index.nodes([5]).tolist() == [[0, 1]]


def test_within_a_filter_only_what_it_lets_through_comes(both: Both) -> None:
    index, _ = both
    chosen = index.matching(Condition("width", ">", 12))
    assert len(chosen) == 2
    assert index.search(ACROSS, 9, chosen)[0].tolist() == [5, 4]
    assert index.search(ACROSS, 1, chosen)[0].tolist() == [5]
    assert index.search_texts("dog", 9, chosen)[0].tolist() == []
    nothing = index.matching(Condition("camera", "=", "none"))
    assert len(nothing) == 0
    assert index.search(ACROSS, 9, nothing)[0].tolist() == []


def test_words_are_found_by_their_stems_short_texts_first(both: Both) -> None:
    index, change = both
    assert index.search_texts("dogs", 9)[0].tolist() == [2, 3]
    assert index.search_texts("SNÖW or a zebra", 9)[0].tolist() == [3]
    assert index.search_texts("?!", 9)[0].tolist() == []
    change(lambda it: it.put_captions({1: ["a café"]}, origin="test"))
    assert index.search_texts("cafe", 9)[0].tolist() == [1]


def test_photos_come_in_an_order_with_how_many_there_are(both: Both) -> None:
    index, change = both

    def ids(order: PhotoOrder, most: int = 9, within: Allowed | None = None) -> list[int]:
        return [each.image_id for each in index.in_order(order, most, within).photos]

    dated = [replace(photo("B.jpg"), taken=datetime(2020, 1, 2)), replace(photo("a.jpg"),
             taken=datetime(2019, 1, 2), size_bytes=9)]  # fmt: skip
    change(lambda it: it.put_images(dated, VECTORS[:2], NODES[:2]))
    assert ids(PhotoOrder("taken")) == [6, 7, 1, 2, 3, 4, 5]
    assert ids(PhotoOrder("taken", backwards=True)) == [7, 6, 1, 2, 3, 4, 5]
    assert ids(PhotoOrder("size"), 3) == [7, 1, 2]
    assert ids(PhotoOrder("name")) == [1, 2, 3, 4, 5, 7, 6]
    assert ids(PhotoOrder("name", backwards=True), 2) == [6, 7]
    assert ids(PhotoOrder("id", backwards=True), 1) == [7]
    chosen = index.matching(Condition("width", ">", 12))
    assert ids(PhotoOrder("name", backwards=True), 9, chosen) == [5, 4]
    assert (
        index.in_order(PhotoOrder(), 1).total,
        index.in_order(PhotoOrder(), 0, chosen).total,
    ) == (
        7,
        2,
    )


def test_its_state_is_another_once_something_was_written(both: Both) -> None:
    index, change = both
    before = index.state()
    assert index.state() == before
    change(lambda it: it.put_captions({1: ["a dog"]}, origin="test"))
    assert index.state() != before


def test_another_width_is_refused(both: Both) -> None:
    with pytest.raises(ValueError, match=r"\(3,\), expected \(2,\)"):
        both[0].search(np.zeros(3, dtype=np.float32), 1)


def test_the_background_is_a_sample_of_what_is_there_now(both: Both) -> None:
    index, change = both
    before = index.background()
    assert before.photos == 5
    assert before.vectors.tolist() == index.vectors([1, 2, 3, 4, 5]).tolist()
    change(lambda it: it.remove_images([5, 2]))
    after = index.background()
    assert after.photos == 3
    assert after.vectors.tolist() == index.vectors([1, 3, 4]).tolist()
