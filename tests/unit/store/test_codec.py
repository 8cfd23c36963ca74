from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from store.columns.codec import (
    array_to_blob,
    arrays_to_blobs,
    blob_to_array,
    blobs_to_array,
    one_form,
    path_to_row,
    row_to_path,
    row_to_time,
    text_to_row,
    time_to_row,
)
from store.errors import IndexDamaged


def test_a_blob_says_what_it_holds() -> None:
    blob = array_to_blob(np.array([[1.5]], dtype=np.float32))
    assert blob == b"A1\x03\x02<f4" + b"\x01\0\0\0" * 2 + b"\x00\x00\xc0\x3f"


def test_big_endian_comes_back_with_its_values() -> None:
    assert blob_to_array(array_to_blob(np.array([1, 2], dtype=">i4"))).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("blob", "complaint"),
    [
        (b"", "no stored array"),
        (b"A1", "no stored array"),
        (b"\x93NUMPY\x01\x00v\x00", "no stored array"),
        (b"A1\x06\x01<f4,f4\x01\0\0\0\0\0\0\0\0\0\0\0", "unknown dtype"),
        (b"A1\x03\x01<f9\x01\0\0\0", "unknown dtype"),
        (b"A1\x03\x01<f4\x02\0\0\0\0\0\0\0", "4 bytes, expected 8"),
        (b"A1\x03\x01<f4\x01\0\0\0\0\0\0\0\0", "5 bytes, expected 4"),
    ],
)
def test_what_is_no_array_is_refused(blob: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        blob_to_array(blob)


def test_objects_are_not_stored() -> None:
    with pytest.raises(ValueError, match="dtype object cannot be stored"):
        array_to_blob(np.array([{}]))


def test_a_path_that_is_no_unicode_comes_back() -> None:
    path = b"/photos/\xff.jpg".decode("utf-8", "surrogateescape")
    assert path_to_row(path) == b"/photos/\xff.jpg"
    assert row_to_path(path_to_row(path)) == path


def test_a_lone_surrogate_in_a_text_is_replaced() -> None:
    assert text_to_row("a \ud800 dog") == "a ? dog"


def test_the_mark_of_an_array_is_looked_at() -> None:
    whole = array_to_blob(np.array([7], dtype=np.uint8))
    assert blob_to_array(whole).tolist() == [7]
    with pytest.raises(ValueError, match="they start with"):
        blob_to_array(b"A2" + whole[2:])


@pytest.mark.parametrize(
    ("dtype", "name"),
    [("?", b"|b1"), (">i2", b"<i2"), ("u8", b"<u8"), ("f2", b"<f2"), ("i1", b"|i1")],
)
def test_arrays_are_these_bytes(dtype: str, name: bytes) -> None:
    blob = array_to_blob(np.array([[0, 1]], dtype=dtype))
    head = b"A1\x03\x02" + name + b"\x01\0\0\0\x02\0\0\0"
    assert blob[: len(head)] == head
    assert blob[len(head) :] == np.array([[0, 1]]).astype(name.decode()).tobytes()


def test_a_batch_is_the_blobs_of_its_arrays_in_any_layout() -> None:
    batch = np.arange(12, dtype=">f4").reshape(3, 2, 2).transpose(0, 2, 1)
    assert arrays_to_blobs(batch) == [array_to_blob(each) for each in batch]
    assert blobs_to_array(arrays_to_blobs(batch)).tolist() == batch.tolist()
    assert arrays_to_blobs(batch[:0]) == []


@pytest.mark.parametrize(
    "other",
    [np.array([1], np.int16), np.array([1, 2], np.int8), np.array([[1]], np.int8)],
    ids=["dtype", "length", "dimensions"],
)
def test_a_batch_of_unlike_arrays_is_refused(other: np.ndarray) -> None:
    blobs = [array_to_blob(each) for each in (np.array([5], np.int8), other)]
    with pytest.raises(ValueError, match="expected \\(1,\\) and int8 like the others"):
        blobs_to_array(blobs)


def test_a_batch_of_one_dtype_s_size_but_another_dtype_is_refused() -> None:
    blobs = [array_to_blob(np.array([5], dtype)) for dtype in (np.int8, np.uint8)]
    with pytest.raises(ValueError, match="dtype uint8, expected"):
        blobs_to_array(blobs)


@pytest.mark.parametrize("row", [5, None, "a\0b", b"\0"])
def test_a_row_that_is_no_path_is_told(row: object) -> None:
    with pytest.raises(IndexDamaged, match="for a path"):
        row_to_path(row)  # type: ignore[arg-type]


def test_a_long_row_that_is_no_path_is_told_in_short() -> None:
    with pytest.raises(IndexDamaged) as raised:
        row_to_path("\0" + "x" * 1000)
    assert len(str(raised.value)) < 160


def test_times_are_seconds_since_1970_on_both_sides() -> None:
    for time, seconds in (
        (datetime(1970, 1, 1), 0),
        (datetime(1969, 12, 31, 23, 59, 59), -1),
        (datetime(2000, 2, 29, 12, 0, 0, 999_999), 951_825_600),
        (datetime(1826, 1, 1), -4_544_208_000),
    ):
        assert time_to_row(time) == seconds
        assert row_to_time(seconds) == time.replace(microsecond=0)
    with pytest.raises(ValueError, match="time zone"):
        time_to_row(datetime(2000, 1, 1, tzinfo=UTC))


def test_words_are_composed_up_to_a_length() -> None:
    mark = "e\u0301"
    assert one_form(f"caf{mark} cr{mark}me") == "caf\xe9 cr\xe9me"
    longest = "x" * (1000 - 2) + mark
    assert one_form(longest) == "x" * 998 + "\xe9"
    assert one_form("x" + longest) == "x" + longest
