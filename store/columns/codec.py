"""Values as SQLite columns, and back: arrays as BLOBs, paths and texts that are not Unicode.

An array's layout, little-endian: `b"A1"`, length of the dtype's name (1 byte), number of dimensions
(1 byte), the dtype's name, each dimension (4 bytes), the values in C order. numpy's own `.npy`
would take 128 bytes of header for a vector; `tobytes` alone forgets the shape.
"""

from __future__ import annotations

import math
import os
import re
import struct
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.errors import IndexDamaged

__all__ = [
    "array_to_blob",
    "arrays_to_blobs",
    "blob_to_array",
    "blobs_to_array",
    "one_form",
    "path_to_row",
    "row_to_path",
    "row_to_time",
    "text_to_row",
    "time_to_row",
]

StoredArray = NDArray[Any]
"""An array with the dtype that it was written with."""

MAGIC = b"A1"
KINDS = "fiub"  # floats, integers, unsigned, booleans: all kinds that a BLOB may have
DTYPE = re.compile(rf"[<|][{KINDS}][1-9][0-9]?")
START = struct.Struct("<2sBB")
LONGEST_WORD = 1000
"""Length in characters above which a word, up to the next blank, keeps its Unicode form."""
_WORD = re.compile(r"\S+")
_EPOCH = datetime(1970, 1, 1)


def array_to_blob(array: StoredArray) -> bytes:
    r"""Return an array of numbers as bytes, its dtype and shape included.

    Args:
        array: any shape, a float, integer or boolean dtype.

    Raises:
        ValueError: the dtype is another one.

    >>> array_to_blob(np.array([1, 2], dtype=np.uint8))
    b'A1\x03\x01|u1\x02\x00\x00\x00\x01\x02'
    """
    return arrays_to_blobs(array[None])[0]


def arrays_to_blobs(arrays: StoredArray) -> list[bytes]:
    """Convert each array (...) of a batch (B, ...) as `array_to_blob` does, at the cost of one.

    Raises:
        ValueError: the dtype is another one.
    """
    if arrays.dtype.kind not in KINDS:
        raise ValueError(f"dtype {arrays.dtype} cannot be stored, expected numbers or booleans")
    little = arrays.astype(arrays.dtype.newbyteorder("<"), order="C", copy=False)
    name, shape = little.dtype.str.encode("ascii"), little.shape[1:]
    start = START.pack(MAGIC, len(name), len(shape)) + name + struct.pack(f"<{len(shape)}I", *shape)
    return [start + array.tobytes() for array in little]


def blob_to_array(blob: bytes) -> StoredArray:
    """Return the array that `array_to_blob` made these bytes from, sharing their memory, read-only.

    Raises:
        ValueError: the bytes are truncated, too many or not an array at all.

    >>> blob_to_array(array_to_blob(np.array([[0.5, 1.0]], dtype=np.float16))).tolist()
    [[0.5, 1.0]]
    """
    try:
        magic, name_bytes, ndim = START.unpack_from(blob)
        name = blob[START.size : START.size + name_bytes].decode("ascii")
        offset = START.size + name_bytes
        shape = struct.unpack_from(f"<{ndim}I", blob, offset)
    except (struct.error, UnicodeDecodeError) as error:
        raise ValueError(f"{len(blob)} bytes are no stored array: {error}") from error
    if magic != MAGIC:
        raise ValueError(f"{len(blob)} bytes are no stored array: they start with {blob[:8]!r}")
    dtype = _dtype(name)
    offset += 4 * ndim
    wanted = math.prod(shape) * dtype.itemsize
    if len(blob) - offset != wanted:
        raise ValueError(
            f"a stored array of shape {shape} and dtype {dtype} has {len(blob) - offset} bytes, "
            f"expected {wanted}"
        )
    return np.frombuffer(blob, dtype=dtype, offset=offset).reshape(shape)


def _dtype(name: str) -> np.dtype[np.generic]:
    # numpy would also parse lists and repeats in a name, partly with Python's own parser.
    try:
        dtype = np.dtype(name) if DTYPE.fullmatch(name) else None
    except TypeError:
        dtype = None
    if dtype is None:
        raise ValueError(f"a stored array has the unknown dtype {name!r}")
    return dtype


def blobs_to_array(blobs: Sequence[bytes]) -> StoredArray:
    """Return the arrays (...) of at least one blob as one, (B, ...), at the cost of one.

    Raises:
        ValueError: one is not an array, or its shape or dtype differs from the first.

    >>> blobs_to_array([array_to_blob(np.array([n], dtype=np.int8)) for n in (5, 6)]).tolist()
    [[5], [6]]
    """
    first = blob_to_array(blobs[0])
    size, offset = len(blobs[0]), len(blobs[0]) - first.nbytes
    start = blobs[0][:offset]
    for blob in blobs:
        if len(blob) != size or not blob.startswith(start):
            array = blob_to_array(blob)
            raise ValueError(
                f"a stored array has shape {array.shape} and dtype {array.dtype}, expected "
                f"{first.shape} and {first.dtype} like the others"
            )
    rows = np.frombuffer(b"".join(blobs), dtype=np.uint8).reshape(len(blobs), size)
    values = np.ascontiguousarray(rows[:, offset:]).reshape(-1).view(first.dtype)
    return values.reshape(len(blobs), *first.shape)


def path_to_row(path: str) -> str | bytes:
    r"""Return a path as text, or as the system's bytes if these are not Unicode.

    >>> path_to_row("/photos/a.jpg"), path_to_row("/photos/\udcff.jpg")
    ('/photos/a.jpg', b'/photos/\xff.jpg')
    """
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def row_to_path(row: str | bytes) -> str:
    """Return the path that `path_to_row` converted.

    Raises:
        IndexDamaged: it has another type, or a null byte, which no path has.
    """
    path = row if isinstance(row, str) else os.fsdecode(row) if isinstance(row, bytes) else "\0"
    if "\0" in path:
        raise IndexDamaged(
            f"the catalog has {ascii(row)[:60]} for a path, which it cannot be: `crossgraph "
            "verify` says more"
        )
    return path


def text_to_row(text: str) -> str:
    r"""Return a text with replacements for what is not Unicode (lone surrogates).

    >>> text_to_row("a dog\ud800")
    'a dog?'
    """
    return text.encode("utf-8", "replace").decode("utf-8")


def one_form(text: str) -> str:
    r"""Return a text in the Unicode form in which texts are compared (NFC).

    >>> one_form("Mu\u0308ller") == "M\xfcller"
    True
    """
    return text if text.isascii() else _WORD.sub(_composed, text)


def _composed(word: re.Match[str]) -> str:
    # The marks of one letter are sorted, in time quadratic in their number.
    return unicodedata.normalize("NFC", word[0]) if len(word[0]) <= LONGEST_WORD else word[0]


def time_to_row(time: datetime) -> int:
    """Return a clock's time as seconds since 1970-01-01 by the same clock, rounded down.

    Raises:
        ValueError: it has a time zone, which a camera's clock does not know.

    >>> time_to_row(datetime(1970, 1, 2, 0, 0, 5))
    86405
    """
    if time.tzinfo is not None:
        raise ValueError(f"{time} has a time zone, expected a time without one")
    return (time - _EPOCH) // timedelta(seconds=1)


def row_to_time(seconds: int) -> datetime:
    """Return the time that `time_to_row` converted."""
    return _EPOCH + timedelta(seconds=seconds)
