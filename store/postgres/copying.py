"""Rows in the binary format of PostgreSQL's COPY, and halfvec values in pgvector's."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from store.postgres.connection import Connection

__all__ = ["as_text", "copy_blobs", "copy_vectors", "half_rows"]

_START = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = struct.pack(">h", -1)
_BLOB = struct.Struct(">hiqi")
_ID_BYTES = 8
_LARGEST = float(np.finfo(np.float16).max)


def copy_vectors(
    server: Connection,
    table: str,
    image_ids: NDArray[np.int64],
    vectors: NDArray[np.float16],
    placed: NDArray[np.float16],
) -> None:
    """Write vectors (B, D) and their placed form (B, D + 1), in the caller's transaction.

    Args:
        server: the database.
        table: a table with the columns id, halfvec, halfvec.
        image_ids: (B,) ids that the table does not have yet.
        vectors: the vectors.
        placed: the vectors as `VectorPlacement` places them for the graph.
    """
    (_, dim), (_, wide) = vectors.shape, placed.shape
    form = np.dtype([
        ("columns", ">i2"), ("id_bytes", ">i4"), ("id", ">i8"),
        ("bytes", ">i4"), ("dim", ">i2"), ("unused", ">i2"), ("vector", ">f2", (dim,)),
        ("placed_bytes", ">i4"), ("wide", ">i2"), ("unused_too", ">i2"), ("placed", ">f2", (wide,)),
    ])  # fmt: skip
    rows = np.zeros(len(image_ids), dtype=form)
    rows["columns"], rows["id_bytes"], rows["id"] = 3, _ID_BYTES, image_ids
    rows["bytes"], rows["dim"], rows["vector"] = 4 + 2 * dim, dim, vectors
    rows["placed_bytes"], rows["wide"], rows["placed"] = 4 + 2 * wide, wide, placed
    _copy(server, table, [rows.tobytes()])


def copy_blobs(
    server: Connection, table: str, image_ids: Sequence[int], blobs: Sequence[bytes]
) -> None:
    """Write ids and bytes into a table's columns id, bytea, in the caller's transaction."""
    _copy(
        server,
        table,
        (
            _BLOB.pack(2, _ID_BYTES, image_id, len(blob)) + blob
            for image_id, blob in zip(image_ids, blobs, strict=True)
        ),
    )


def half_rows(values: Sequence[bytes], dim: int) -> NDArray[np.float16]:
    """Return halfvec values in pgvector's binary format as an array (N, D).

    >>> half_rows([bytes.fromhex("000200003c00c000")], 2).tolist()
    [[1.0, -2.0]]
    """
    form = np.dtype([("dim", ">i2"), ("unused", ">i2"), ("values", ">f2", (dim,))])
    rows = np.frombuffer(b"".join(values), dtype=form)["values"]
    return rows.astype(np.float16)


def as_text(vector: NDArray[np.floating]) -> str:
    """Return a vector as the text of a halfvec, clipped to the range of half precision.

    >>> as_text(np.array([0.5, 1e9], dtype=np.float32))
    '[0.5, 65504.0]'
    """
    return str(np.clip(vector, -_LARGEST, _LARGEST).astype(np.float16).tolist())


def _copy(server: Connection, table: str, parts: Iterable[bytes]) -> None:
    with (
        server.own_words(),
        server.get().cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)".encode()) as copy,
    ):
        copy.write(_START)
        for part in parts:
            copy.write(part)
        copy.write(_END)
