"""Photos in the orders for browsing; the first second of 1970 is a date like any other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from store import Index, PhotoFile
from store.catalog.library_rows import UNDATED, LibraryRows, library_rows, perceptual_hashes_of_all
from store.catalog.photo_order import OrderedPhoto, OrderedPhotos, PhotoOrder, SortField, direction
from store.catalog.selection import Condition, Has, Not

EPOCH, SECOND_BEFORE = datetime(1970, 1, 1), datetime(1969, 12, 31, 23, 59, 59)
MAY = datetime(2024, 5, 31, 12)
MAY_S = 1_717_156_800

PHOTOS = [
    # Id, name, size in bytes, width, height, date, and perceptual hash.
    (1, "b.jpg", 30, 4, 3, EPOCH, 7),
    (2, "C.jpg", 10, 3, 4, None, None),
    (3, "a.jpg", 20, 5, 5, SECOND_BEFORE, -1),
    (4, "d.jpg", 20, 1, 2, MAY, 0),
    (5, "B.jpg", 30, 6, 1, MAY, -(2**63)),
    (6, "e.jpg", 10, 2, 2, None, None),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder: Path = tmp_path_factory.mktemp("orders") / "index"
    files = [
        PhotoFile(f"/p/{name}", "/p", size, 1, "00", width, height, taken, None, look)
        for _, name, size, width, height, taken, look in PHOTOS
    ]
    with Index.create(folder, "f1", 2) as index:
        index.put_images(files, np.ones((6, 2), np.float32), np.zeros((6, 1, 1), np.float16))
        yield index


def test_times_come_back_as_they_were(index: Index) -> None:
    assert [file.taken for file in index.files().values()] == [each[5] for each in PHOTOS]
    assert [record.file.taken for record in index.photo_records([3, 1, 2])] == [
        SECOND_BEFORE,
        EPOCH,
        None,
    ]


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (Condition("taken", "=", 0), [1]),
        (Condition("taken", "<", 0), [3]),
        (Condition("taken", ">=", 0), [1, 4, 5]),
        (Condition("taken", "!=", 0), [3, 4, 5]),
        (Has("taken"), [1, 3, 4, 5]),
        (Not(Has("taken")), [2, 6]),
    ],
)
def test_the_first_second_of_1970_is_compared(
    index: Index, condition: object, ids: list[int]
) -> None:
    assert index.matching(condition).tolist() == ids  # type: ignore[arg-type]


def test_the_library_has_the_latest_first_and_what_has_no_date_last(index: Index) -> None:
    with index.reading() as catalog:
        rows = library_rows(catalog)
        wide = library_rows(catalog, Condition("width", ">", 2))
    assert rows.image_ids.tolist() == [5, 4, 1, 3, 6, 2]
    assert rows.taken_s.tolist() == [MAY_S, MAY_S, 0, -1, UNDATED, UNDATED]
    assert rows.widths_px.tolist() == [6, 1, 4, 5, 2, 3]
    assert rows.heights_px.tolist() == [1, 2, 3, 5, 2, 4]
    assert len(rows) == 6
    assert rows.months() == [("2024-05", 2), ("1970-01", 1), ("1969-12", 1), ("", 2)]
    assert wide.image_ids.tolist() == [5, 1, 3, 2]
    assert (wide.widths_px.tolist(), wide.heights_px.tolist()) == ([6, 4, 5, 3], [1, 3, 5, 4])
    assert wide.taken_s.tolist() == [MAY_S, 0, -1, UNDATED]
    assert rows.only(np.array([2])).months() == [("", 1)]
    assert rows.only(np.array([4, 1])).months() == [("2024-05", 1), ("1970-01", 1)]
    none = rows.only(np.array([], np.int64))
    assert (len(none), none.months()) == (0, [])


@pytest.mark.parametrize(
    ("days", "months"),
    [
        ([40], [("1970-02", 1)]),
        ([40, 40], [("1970-02", 2)]),
        (
            [59, 58, 58, 31, 30, 0, -1],
            [("1970-03", 1), ("1970-02", 3), ("1970-01", 2), ("1969-12", 1)],
        ),
    ],
)
def test_months_are_counted_wherever_they_stand(
    days: list[int], months: list[tuple[str, int]]
) -> None:
    none = np.zeros(len(days), np.int64)
    assert LibraryRows(none, none, none, np.array(days) * 86_400).months() == months


def test_what_photos_look_like_is_read_as_bits(index: Index) -> None:
    with index.reading() as catalog:
        ids, hashes = perceptual_hashes_of_all(catalog)
    assert ids.tolist() == [1, 3, 4, 5]
    assert hashes.tolist() == [7, 2**64 - 1, 0, 2**63]
    assert hashes.dtype == np.uint64


@pytest.mark.parametrize(
    ("field", "backwards", "ids"),
    [
        ("taken", False, [4, 5, 1, 3, 2, 6]),
        ("taken", True, [3, 1, 4, 5, 2, 6]),
        ("size", False, [1, 5, 3, 4, 2, 6]),
        ("size", True, [2, 6, 3, 4, 1, 5]),
        ("name", False, [3, 1, 5, 2, 4, 6]),
        ("name", True, [6, 4, 2, 1, 5, 3]),
        ("id", False, [1, 2, 3, 4, 5, 6]),
        ("id", True, [6, 5, 4, 3, 2, 1]),
    ],
)
def test_orders(index: Index, field: SortField, backwards: bool, ids: list[int]) -> None:
    order = PhotoOrder(field, backwards)
    whole = index.in_order(order, 9)
    assert ([photo.image_id for photo in whole.photos], whole.total) == (ids, 6)
    for most in (0, 1, 4):
        some = index.in_order(order, most)
        assert (some.photos, some.total) == (whole.photos[:most], 6)
    assert index.in_order(order, -1).photos == []
    within = index.in_order(order, 2, np.array([2, 3, 6, 1]))
    left = [each for each in ids if each in (2, 3, 6, 1)]
    assert ([photo.image_id for photo in within.photos], within.total) == (left[:2], 4)
    # Parts of an index, merged in the same order, give the whole.
    parts = [index.in_order(order, 9, np.array(some)) for some in ([5, 2], [1, 6, 3], [4])]
    assert parts[0].merged_with(parts[1:], order) == OrderedPhotos(whole.photos, 6)


def test_keys_are_what_photos_are_ordered_by(index: Index) -> None:
    def keys(field: SortField) -> list[object]:
        return [photo.key for photo in index.in_order(PhotoOrder(field), 9).photos]

    assert keys("taken") == [MAY_S, MAY_S, 0, -1, None, None]
    assert keys("size") == [30, 30, 20, 20, 10, 10]
    assert keys("name")[:2] == [b"a.jpg", b"b.jpg"]


@pytest.mark.parametrize(
    ("field", "is_descending"), [("taken", True), ("size", True), ("name", False), ("id", False)]
)
def test_which_orders_begin_with_the_highest(field: SortField, is_descending: bool) -> None:
    assert PhotoOrder(field).descending is is_descending
    assert PhotoOrder(field, True).descending is not is_descending
    assert direction(PhotoOrder(field)) == ("DESC" if is_descending else "ASC")


def test_the_order_is_by_date_where_nothing_is_said() -> None:
    assert PhotoOrder() == PhotoOrder("taken", backwards=False)
    with pytest.raises(ValueError, match="'colour' is no order of photos"):
        PhotoOrder("colour")  # type: ignore[arg-type]


def test_a_photo_of_1970_is_merged_among_those_with_a_date() -> None:
    first = OrderedPhotos([OrderedPhoto(9, 0), OrderedPhoto(1, None)], 5)
    second = OrderedPhotos([OrderedPhoto(3, 4), OrderedPhoto(2, 0)], 7)
    merged = first.merged_with([second], PhotoOrder("taken"))
    assert merged == ([(3, 4), (2, 0), (9, 0), (1, None)], 12)
