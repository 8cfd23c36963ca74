import numpy as np
import pytest

from store.columns.codec import array_to_blob, blob_to_array, path_to_row, row_to_path, text_to_row


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
