import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from store.columns.codec import (
    array_to_blob,
    arrays_to_blobs,
    blob_to_array,
    blobs_to_array,
    path_to_row,
    row_to_path,
)

NUMBERS = st.one_of(
    arrays.floating_dtypes(endianness="?"),
    arrays.integer_dtypes(endianness="?"),
    arrays.unsigned_integer_dtypes(endianness="?"),
    arrays.boolean_dtypes(),
)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@given(arrays.arrays(NUMBERS, SHAPES))
def test_an_array_comes_back_as_it_was(array: NDArray[np.generic]) -> None:
    back = blob_to_array(array_to_blob(array))
    assert (back.shape, back.dtype) == (array.shape, array.dtype.newbyteorder("<"))
    np.testing.assert_array_equal(back, array)


@given(arrays.arrays(NUMBERS, arrays.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)))
def test_a_batch_is_as_one_by_one(batch: NDArray[np.generic]) -> None:
    blobs = arrays_to_blobs(batch)
    assert blobs == [array_to_blob(array) for array in batch]
    np.testing.assert_array_equal(blobs_to_array(blobs), batch)


def test_arrays_of_two_shapes_are_no_batch() -> None:
    with pytest.raises(ValueError, match=r"shape \(1,\).*expected \(2,\)"):
        blobs_to_array([array_to_blob(np.zeros(2)), array_to_blob(np.zeros(1))])


@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name))
def test_a_path_comes_back_as_it_was(name: bytes) -> None:
    path = name.decode("utf-8", "surrogateescape")
    assert row_to_path(path_to_row(path)) == path
