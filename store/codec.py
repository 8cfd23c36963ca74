"""Values as SQLite columns, and back: arrays as BLOBs, paths and texts that are no Unicode.

An array's layout, little-endian: `b"A1"`, length of the dtype's name (1 byte), number of dimensions
(1 byte), the dtype's name, each dimension (4 bytes), the values in C order. numpy's own `.npy`
would take 128 bytes of header for a vector; `tobytes` alone forgets the shape.
"""

from __future__ import annotations

import math
import os
import re
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["array_to_blob", "blob_to_array", "path_to_row", "row_to_path", "text_to_row"]

MAGIC = b"A1"
KINDS = "fiub"  # floats, integers, unsigned, booleans: all that a BLOB may hold
DTYPE = re.compile(rf"[<|][{KINDS}][1-9][0-9]?")
START = struct.Struct("<2sBB")


def array_to_blob(array: NDArray[Any]) -> bytes:
    r"""Give an array of numbers as bytes, its dtype and shape included.

    Args:
        array: any shape, a float, integer or boolean dtype.

    Raises:
        ValueError: another dtype.

    >>> array_to_blob(np.array([1, 2], dtype=np.uint8))
    b'A1\x03\x01|u1\x02\x00\x00\x00\x01\x02'
    """
    if array.dtype.kind not in KINDS:
        raise ValueError(f"dtype {array.dtype} cannot be stored, expected numbers or booleans")
    little = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
    name = little.dtype.str.encode("ascii")
    start = START.pack(MAGIC, len(name), little.ndim)
    return start + name + struct.pack(f"<{little.ndim}I", *little.shape) + little.tobytes()


def blob_to_array(blob: bytes) -> NDArray[Any]:
    """Give the array that `array_to_blob` made these bytes from; it shares their memory, read-only.

    Raises:
        ValueError: the bytes are cut off, too many or not an array at all.

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


def _dtype(name: str) -> np.dtype[Any]:
    # numpy would also parse lists and repeats out of a name, in places with Python's own parser.
    try:
        dtype = np.dtype(name) if DTYPE.fullmatch(name) else None
    except TypeError:
        dtype = None
    if dtype is None:
        raise ValueError(f"a stored array has the unknown dtype {name!r}")
    return dtype


def path_to_row(path: str) -> str | bytes:
    r"""Give a path as text, or as the system's bytes where these are no Unicode.

    >>> path_to_row("/photos/a.jpg"), path_to_row("/photos/\udcff.jpg")
    ('/photos/a.jpg', b'/photos/\xff.jpg')
    """
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def row_to_path(row: str | bytes) -> str:
    """Give the path that `path_to_row` made this of."""
    return row if isinstance(row, str) else os.fsdecode(row)


def text_to_row(text: str) -> str:
    r"""Give a text with a replacement in the place of what is no Unicode (a lone surrogate).

    >>> text_to_row("a dog\ud800")
    'a dog?'
    """
    return text.encode("utf-8", "replace").decode("utf-8")
